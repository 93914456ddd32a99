"""Paths as people write them: `~` is the home folder, and a name that no file can have is explained."""

from __future__ import annotations

import os
from pathlib import Path

from ftwidgets.errors import DataError


def expand_home(path: str | os.PathLike[str]) -> Path:
    """Return a path with the home folder in place of `~`; where that names nobody here, it is part of the name."""
    written = Path(path)
    try:
        return written.expanduser()
    except RuntimeError:
        return written


def name_problem(path: str | os.PathLike[str]) -> str:
    """Return in a few words what keeps a text from being the name of a file; empty if nothing does."""
    text = os.fspath(path)
    if "\0" in text:
        return "it holds a NUL character, which no file name can have"
    try:
        os.fsencode(text)
    except UnicodeEncodeError:
        return "it holds half of a character (a lone surrogate), which no file name can have"
    return ""


def shown_path(path: Path) -> Path:
    """Return a path as it is called from the current folder: relative where it lies below it."""
    try:
        here = Path.cwd()
    except FileNotFoundError:  # the current folder was deleted
        return path
    return path.relative_to(here) if path.is_relative_to(here) else path


def require_path(path: object, what: str) -> Path:
    """Return a path with `~` expanded; a DataError, which calls it `what`, says why it cannot be one."""
    if not isinstance(path, str | os.PathLike):
        raise DataError(f'{what} must be a path in quotes, such as "my_data": {path!r:.60}')
    if problem := name_problem(path):
        raise DataError(f"{what} is no usable path: {problem}: {os.fspath(path)!a:.60}. Type it again.")
    expanded = expand_home(path)
    if len(expanded.parts) > 1 and expanded.parts[0].startswith("~") and not Path(expanded.parts[0]).is_dir():
        raise DataError(f'{what} cannot be "{expanded}": nobody here has a home folder called {expanded.parts[0]}.')
    return expanded
