"""A temporary copy of a text file as UTF-8 with LF line ends, for files that are stored otherwise.

So that everything after it reads one encoding only.
"""

import codecs
import io
import os
import tempfile
import threading
import weakref
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

BLOCK = 1 << 18  # bytes read at a time
IN_MEMORY = 8 << 20  # bytes; a larger copy is an unnamed file on disk


class DecodingError(Exception):
    """A byte that does not belong to the encoding.

    Parameters
    ----------
    offset
        Where it is, counted from the beginning of the text (behind a byte order mark).
    encoding
        The codec that rejected it.
    """

    def __init__(self, offset: int, encoding: str) -> None:
        super().__init__(offset, encoding)
        self.offset, self.encoding = offset, encoding


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


def read_blocks(path: Path, start: int) -> Iterator[bytes]:
    """Yield the bytes of a file from `start` on, a block at a time."""
    with path.open("rb") as file:
        file.seek(start)
        while block := file.read(BLOCK):
            yield block


def decode_blocks(blocks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """Yield the text of a file as UTF-8 with LF line ends, block by block.

    Raises
    ------
    DecodingError
        For the first byte that does not belong to the encoding.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    ends_with_cr, n_read, is_first = False, 0, True
    try:
        for block in chain(blocks, [b""]):
            text = decoder.decode(block, final=not block)
            n_read += len(block)
            if is_first and text:
                text, is_first = text.removeprefix("\ufeff"), False
            if ends_with_cr:  # the CR that ended the block before is written as LF; an LF behind it is not
                text = text.removeprefix("\n")
            ends_with_cr = text.endswith("\r") if text else ends_with_cr
            yield text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "surrogatepass")
    except UnicodeDecodeError as error:
        raise DecodingError(n_read - len(decoder.getstate()[0]) + error.start, error.encoding) from error
    except UnicodeError as error:  # codecs such as idna name no place
        raise DecodingError(n_read, encoding) from error
