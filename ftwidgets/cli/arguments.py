"""Types of command line arguments, for argparse: each parses a text or raises an error that says what is allowed."""

from __future__ import annotations

import argparse
from pathlib import Path


def positive_int(text: str) -> int:
    """Parse a whole number from 1 on."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 on: {text}")
    return int(text)


def port_number(text: str) -> int:
    """Parse the number of a TCP port; 0 means any free one."""
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"must be a whole number from 0 to 65535: {text}")
    return int(text)


def folder(text: str) -> Path:
    """Parse the path of a folder that exists or can be made."""
    path = Path(text)
    if path.exists() and not path.is_dir():
        raise argparse.ArgumentTypeError(f"is a file, and a folder is needed: {text}")
    return path
