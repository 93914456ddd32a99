"""A text file as its readers see it: UTF-8 with LF or CRLF line ends, straight from disk or from a temporary copy."""

import io
import os
import tempfile
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from ftwidgets.data.readers.source import changed_message
from ftwidgets.errors import DataError

BLOCK = 1 << 18  # bytes read at a time
IN_MEMORY = 8 << 20  # bytes; a larger copy is an unnamed file on disk
_SEQUENTIAL_BUFFER = 1 << 20  # bytes read from a file at a time, row after row
_RANDOM_BUFFER = 1 << 13  # for single rows here and there
_MAX_LINE = 8 << 20  # bytes of a line of a table
_MAX_RECORD = 64 << 20  # of JSON, where a row may hold several pictures
_DIGITS_TO_ZERO = bytes(ord("0") if chr(byte).isdigit() and byte < 128 else ord(" ") for byte in range(256))
_LONG_NUMBER = b"0" * 19


class Utf8Copy:
    """The text, written block by block; several readers may read it at once, each from its own position."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 (it lives as long as the source)
        self._lock = threading.Lock()
        self.close = weakref.finalize(self, self._file.close)

    def write(self, data: bytes) -> None:
        """Append a block."""
        self._file.write(data)

    def open(self, buffer_size: int) -> io.BufferedReader:
        """Open the copy for reading."""
        return io.BufferedReader(_SharedReader(self), buffer_size)

    def read_at(self, offset: int, size: int) -> bytes:
        """Return up to `size` bytes from `offset` on."""
        with self._lock:
            self._file.seek(offset)
            return self._file.read(size)


class _SharedReader(io.RawIOBase):
    """A position of its own in the file of a copy."""

    def __init__(self, copy: Utf8Copy) -> None:
        self._copy, self._position = copy, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        if whence != os.SEEK_SET:
            raise io.UnsupportedOperation("only positions from the beginning are supported")
        self._position = offset
        return offset

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        data = self._copy.read_at(self._position, len(view))
        view[: len(data)] = data
        self._position += len(data)
        return len(data)


def fingerprint(path: Path) -> tuple[int, int]:
    """Return size and time of writing of a file: when either differs, the file is no longer the same."""
    status = path.stat()
    return status.st_size, status.st_mtime_ns


@dataclass
class TextStatistics:
    """What the pass over UTF-8 text counts, block by block: what reading a table, or JSON, needs to know in advance."""

    is_json: bool  # then quotes and CRs are not counted one by one, and long numbers are looked for
    n_cr: int = 0
    n_crlf: int = 0
    n_lf: int = 0
    n_quotes: int = 0
    nul_offset: int = -1  # of the first NUL byte; -1 if there is none
    long_numbers: bool = False  # whether there may be numbers of 19 or more digits
    long_line: int = 0  # the first line that is too long to be read, counted from 1; 0 if there is none
    n_bytes: int = 0
    _since_lf: int = 0  # bytes since the last LF
    _tail: bytes = field(default=b"", repr=False)  # of the block before

    def add(self, block: bytes) -> None:
        """Count one more block."""
        if self.nul_offset < 0 and (at := block.find(b"\0")) >= 0:
            self.nul_offset = self.n_bytes + at
        last = block.rfind(b"\n")
        self._since_lf = self._since_lf + len(block) if last < 0 else len(block) - last
        self.n_lf += block.count(b"\n")
        if not self.long_line and self._since_lf > (_MAX_RECORD if self.is_json else _MAX_LINE):
            self.long_line = self.n_lf + 1
        if self.is_json:
            self.n_cr += b"\r" in block
            self.long_numbers = self.long_numbers or _LONG_NUMBER in (self._tail + block).translate(_DIGITS_TO_ZERO)
        else:
            self.n_quotes += block.count(b'"')
            if b"\r" in block:
                self.n_cr += block.count(b"\r")
                self.n_crlf += block.count(b"\r\n")
            self.n_crlf += self._tail.endswith(b"\r") and block.startswith(b"\n")
        self._tail = block[-18:]
        self.n_bytes += len(block)

    @property
    def has_lone_cr(self) -> bool:
        """Whether a CR without an LF behind it ends lines; in JSON, where it is whitespace, only if no LF ends any."""
        return self.n_cr > 0 and not self.n_lf if self.is_json else self.n_cr > self.n_crlf


@dataclass(frozen=True)
class TextFile:
    """A text file that can be read as UTF-8 with LF or CRLF line ends; it is closed between readings.

    `start` is where its text begins: behind a byte order mark. `copy` is a temporary copy, where the file itself is stored
    otherwise. `has_bom` is for UTF-8 alone.
    """

    name: str
    path: Path
    fingerprint: tuple[int, int]
    statistics: TextStatistics
    start: int = 0
    copy: Utf8Copy | None = field(default=None, repr=False)
    has_bom: bool = False

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self.fingerprint[0]

    @property
    def has_cr(self) -> bool:
        """Whether lines end with CR and LF, some or all."""
        return self.copy is None and self.statistics.n_cr > 0

    @contextmanager
    def open(self, *, random_access: bool = False) -> Iterator[BinaryIO]:
        """Open the text for reading; with `random_access`, for single rows here and there, the buffer is small.

        Raises DataError if the file has changed or gone since it was opened.
        """
        buffer_size = _RANDOM_BUFFER if random_access else _SEQUENTIAL_BUFFER
        if self.copy is not None:
            with self.copy.open(buffer_size) as copy:
                yield copy
            return
        try:
            if fingerprint(self.path) != self.fingerprint:
                raise DataError(changed_message(self.name))
            file = self.path.open("rb", buffering=buffer_size)
        except OSError as error:
            raise DataError(changed_message(self.name)) from error
        with file:
            yield file


def read_blocks(path: Path, start: int) -> Iterator[bytes]:
    """Yield the bytes of a file from `start` on, a block at a time."""
    with path.open("rb") as file:
        file.seek(start)
        while block := file.read(BLOCK):
            yield block
