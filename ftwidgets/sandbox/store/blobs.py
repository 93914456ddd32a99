"""A folder of whole files: each is written aside and renamed, so a reader never sees half of one."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Container
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

_PART = ".part"


class Blobs:
    """A folder of files named by id."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, id_: str) -> Path:
        """Name the file with the bytes of this id."""
        return self._folder / id_

    def write(self, id_: str, source: BinaryIO) -> int:
        """Copy a stream into the folder and return its length in bytes."""
        aside = self._folder / (id_ + _PART)
        try:
            with aside.open("wb") as target:
                shutil.copyfileobj(source, target, 1 << 20)
                size = target.tell()
                target.flush()
                os.fsync(target.fileno())
            aside.replace(self.path(id_))
        except BaseException:
            aside.unlink(missing_ok=True)  # on a full disk, every byte counts
            raise
        return size

    def delete(self, id_: str) -> None:
        """Delete a file; it may be gone already."""
        self.path(id_).unlink(missing_ok=True)

    def sweep(self, wanted: Container[str], *, older_than: float = 3600.0) -> None:
        """Delete what is not wanted and older than so many seconds: a process that died has left it behind."""
        limit = time.time() - older_than
        for path in self._folder.iterdir():
            with suppress(OSError):  # deleted by another process just now, or not ours in a shared folder
                if path.name not in wanted and path.stat().st_mtime < limit:
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
