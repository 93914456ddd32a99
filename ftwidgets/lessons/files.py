"""Write a learner's files whole or not at all: a process that is killed leaves the old file, or none, never half of one."""

from __future__ import annotations

import os
from pathlib import Path

from ftwidgets.errors import FtwidgetsError


def replace_file(path: Path, content: bytes) -> None:
    """Write a file in place of another, or a new one."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        write_synced(temporary, content, exist_ok=True)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_synced(path: Path, content: bytes, *, exist_ok: bool = False) -> None:
    """Write a file and sync it to disk; without `exist_ok`, a FileExistsError if there is one."""
    with path.open("wb" if exist_ok else "xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def make_folder(path: Path) -> None:
    """Make a folder and those above it; an FtwidgetsError says what is in the way."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise FtwidgetsError(
            f"{path} must be a folder, and something else has its name. Move that away or rename it."
        ) from error


def require_no_folder(path: Path) -> None:
    """Raise an FtwidgetsError if a folder has the name of a file."""
    if path.is_dir():
        raise FtwidgetsError(f"{path} is a folder, and a file of that name belongs there. Move the folder away or rename it.")
