"""Arguments of several commands, and types for argparse: each parses a text or raises an error that says what is allowed."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Any

from ftwidgets.paths import expand_home

_COLUMNS = {
    "prompt": "what the user says, if the column is not called Prompt",
    "completion": "what the model should answer, if the column is not called Completion",
    "system-column": "the system prompt of each row, if the column is not called System",
    "conversation": "equal in neighbouring rows that are turns of one conversation",
    "group": "such as a customer, whose rows must not be both trained on and held out",
}


class UsageError(Exception):
    """A value on the command line that turns out to be wrong while the command runs; exit code 2."""


def add_reading_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say how a file of training data is read."""
    group = parser.add_argument_group("how FILE is read")
    for name, meaning in _COLUMNS.items():
        group.add_argument(f"--{name}", metavar="COL", help=f"column: {meaning}")
    group.add_argument("--system", metavar="TEXT", help="the system prompt of rows that have none")
    group.add_argument("--delimiter", metavar="D", help="between cells, if it is not detected: ';' or '\\t'")
    group.add_argument("--encoding", metavar="NAME", help="of the text, if it is not detected: cp1252")


def reading_options(options: argparse.Namespace) -> dict[str, Any]:
    """Return these options as arguments of `ftwidgets.check` and `ftwidgets.prepare`."""
    names = [*(name.replace("-", "_") for name in _COLUMNS), "system", "encoding"]
    chosen = {name: getattr(options, name) for name in names}
    return {**chosen, "delimiter": "\t" if options.delimiter == "\\t" else options.delimiter}


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
    path = expand_home(text)
    if path.exists() and not path.is_dir():
        raise argparse.ArgumentTypeError(f"is a file, and a folder is needed: {text}")
    return path


def number_or_nan(text: str) -> float:
    """Parse a number; what is none becomes NaN, which lies within no limits."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def positive_number(text: str) -> float:
    """Parse a number above 0."""
    number = number_or_nan(text)
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"must be a number above 0: {text}")
    return number


def whole_number(text: str) -> int:
    """Parse a whole number from 0 on."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"must be a whole number from 0 on: {text}")
    return int(text)


def share_or_file(text: str) -> float | Path:
    """Parse a share from 0 to below 1, or the path of a file that is there."""
    path = expand_home(text)
    if path.is_file():
        return path
    try:
        share = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"is neither a share such as 0.2 nor a file that exists: {text}") from None
    if not 0 <= share < 1:
        raise argparse.ArgumentTypeError(f"as a share must be from 0 to below 1, such as 0.2: {text}")
    return share


def temperature(text: str) -> float:
    """Parse a sampling temperature, 0 to 2."""
    number = number_or_nan(text)
    if not 0 <= number <= 2:
        raise argparse.ArgumentTypeError(f"must be a number from 0 to 2: {text}")
    return number
