"""Free space, checked before anything large is written."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ftwidgets.errors import ModelError


def format_size(n_bytes: int) -> str:
    """Write a number of bytes for people: `271 MB`, `4.2 GB`."""
    return (
        f"{n_bytes / 1e9:.1f} GB"
        if n_bytes >= 1e9
        else f"{n_bytes / 1e6:.1f} MB"
        if n_bytes < 1e7
        else f"{n_bytes / 1e6:.0f} MB"
    )


def free_space(folder: Path) -> int:
    """Return how many bytes are free where `folder` is, or will be."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def require_space(folder: Path, needed: int) -> None:
    """Raise ModelError if less than `needed` bytes are free."""
    free = free_space(folder)
    if free < needed:
        raise ModelError(
            f"{folder}: {format_size(needed)} are needed and {format_size(free)} are free. Make room, "
            "or name a folder on another disk with FTWIDGETS_MODELS in the environment."
        )


@contextmanager
def full_disk_explained(folder: Path) -> Iterator[None]:
    """Raise ModelError in place of the operating system's error when the disk is full or may not be written to."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise ModelError(f"{folder}: no space is left on the disk. Make room and give the same command again.") from error
        if error.errno in (errno.EACCES, errno.EROFS):
            raise ModelError(
                f"{folder}: this folder cannot be written to ({error.strerror}). Name another one with FTWIDGETS_MODELS "
                "in the environment."
            ) from error
        raise
