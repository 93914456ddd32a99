"""The bytes of a text file as UTF-8 with LF or CRLF line ends, whatever they were; closed between readings.

What is stored otherwise is rewritten once into an unnamed temporary file, so that there is one way to read.
Left out: finding out the encoding (`encoding`).
"""

import io
import os
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, BinaryIO

from ftwidgets.data.readers.source import changed
from ftwidgets.errors import DataError

BLOCK = 1 << 20  # bytes read from a file at a time
APART = 1 << 13  # for single rows here and there


@dataclass(frozen=True)
class Stamp:
    """What tells that a file is no longer the same: its size, and when it was written."""

    size: int
    written: int

    @classmethod
    def of(cls, path: Path) -> "Stamp":
        """Return the stamp of a file."""
        found = path.stat()
        return cls(found.st_size, found.st_mtime_ns)


@dataclass(frozen=True)
class Text:
    """A text file that can be read as UTF-8.

    Parameters
    ----------
    name, path, stamp
        Of the file as it was found.
    start
        Where its text begins: behind a byte order mark.
    rewritten
        A temporary file that holds the text as UTF-8, where the file itself does not.
    marked
        Whether it is UTF-8 that begins with a byte order mark.
    has_cr
        Whether lines end with CR and LF, some or all.
    n_quotes
        Number of double quotes.
    long_numbers
        Whether there may be numbers of 19 or more digits.
    long_line
        The first line that is too long to be read, counted from 1; 0 if there is none.
    """

    name: str
    path: Path
    stamp: Stamp
    start: int = 0
    rewritten: IO[bytes] | None = field(default=None, repr=False)
    marked: bool = False
    has_cr: bool = False
    n_quotes: int = 0
    long_numbers: bool = False
    long_line: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __post_init__(self) -> None:
        if self.rewritten is not None:
            weakref.finalize(self, self.rewritten.close)

    @contextmanager
    def open(self, *, apart: bool = False) -> Iterator[BinaryIO]:
        """Open the text for reading; `start` is where it begins.

        `apart` tells that single rows here and there are to be read, so that little is read around each.

        Raises
        ------
        DataError
            If the file has changed or gone since it was opened.
        """
        size = APART if apart else BLOCK
        if self.rewritten is not None:
            with io.BufferedReader(_View(self.rewritten, self._lock), size) as view:
                yield view
            return
        try:
            if Stamp.of(self.path) != self.stamp:
                raise DataError(changed(self.name))
            file = self.path.open("rb", buffering=size)
        except OSError as error:
            raise DataError(changed(self.name)) from error
        with file:
            yield file


class _View(io.RawIOBase):
    """Read a file that others read too, each from a place of its own."""

    def __init__(self, file: IO[bytes], lock: threading.Lock) -> None:
        self._file, self._lock, self._at = file, lock, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        if whence != os.SEEK_SET:
            raise io.UnsupportedOperation("a view is only sought from its beginning")
        self._at = offset
        return offset

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: object) -> int:
        room = memoryview(buffer)  # type: ignore[arg-type]
        with self._lock:
            self._file.seek(self._at)
            data = self._file.read(len(room))
        room[: len(data)] = data
        self._at += len(data)
        return len(data)
