"""Find out how a text file is encoded, in one pass over its bytes, and open it as UTF-8.

UTF-8 with or without byte order mark, UTF-16 and UTF-32 with one. Bytes that are not UTF-8 at all are read as
Windows-1252, with a warning; text that is UTF-8 but for a few bytes is damaged, and an error. `encoding=` overrides.
Left out: guessing among other encodings.
"""

import codecs
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from ftwidgets.data.findings import Finding
from ftwidgets.data.readers import encoding_findings, utf8_copy
from ftwidgets.data.readers.source import UnreadableError, changed_message
from ftwidgets.data.readers.utf8_copy import DecodingError, Utf8Copy, decode_blocks, read_blocks
from ftwidgets.data.text import quote
from ftwidgets.errors import DataError

_SEQUENTIAL_BUFFER = 1 << 20  # bytes read from a file at a time, row after row
_RANDOM_BUFFER = 1 << 13  # for single rows here and there
_HEAD = 4096  # bytes that show a byte order mark, and whether it is JSON
_LONGEST_LINE = 8 << 20  # bytes of a line of a table
_LONGEST_RECORD = 64 << 20  # of JSON, where a row may hold several pictures

# UTF-32 before UTF-16: the mark of the one begins with the mark of the other.
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DIGITS_TO_ZERO = bytes(ord("0") if chr(byte).isdigit() and byte < 128 else ord(" ") for byte in range(256))
_LONG_NUMBER = b"0" * 19


@dataclass(frozen=True)
class FileFingerprint:
    """Size and time of writing: when either differs, the file is no longer the same."""

    size: int
    written: int

    @classmethod
    def of(cls, path: Path) -> "FileFingerprint":
        """Return the fingerprint of a file."""
        status = path.stat()
        return cls(status.st_size, status.st_mtime_ns)


@dataclass
class TextStatistics:
    """What the pass over UTF-8 text counts, block by block: what reading a table, or JSON, needs to know in advance.

    Parameters
    ----------
    is_json
        Whether it is JSON: then quotes and CRs are not counted one by one, and long numbers are looked for.
    n_cr, n_crlf, n_lf, n_quotes
        Line ends, and double quotes.
    nul_offset
        Where the first NUL byte is; -1 if there is none.
    long_numbers
        Whether there may be numbers of 19 or more digits.
    long_line
        The first line that is too long to be read, counted from 1; 0 if there is none.
    """

    is_json: bool
    n_cr: int = 0
    n_crlf: int = 0
    n_lf: int = 0
    n_quotes: int = 0
    nul_offset: int = -1
    long_numbers: bool = False
    long_line: int = 0
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
        if not self.long_line and self._since_lf > (_LONGEST_RECORD if self.is_json else _LONGEST_LINE):
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

    Parameters
    ----------
    name, path, fingerprint
        Of the file as it was found.
    statistics
        Of its text.
    start
        Where its text begins: behind a byte order mark.
    copy
        A temporary copy as UTF-8, where the file itself is stored otherwise.
    has_bom
        Whether it is UTF-8 that begins with a byte order mark.
    """

    name: str
    path: Path
    fingerprint: FileFingerprint
    statistics: TextStatistics
    start: int = 0
    copy: Utf8Copy | None = field(default=None, repr=False)
    has_bom: bool = False

    @property
    def has_cr(self) -> bool:
        """Whether lines end with CR and LF, some or all."""
        return self.copy is None and self.statistics.n_cr > 0

    @contextmanager
    def open(self, *, random_access: bool = False) -> Iterator[BinaryIO]:
        """Open the text for reading; `start` is where it begins.

        With `random_access`, single rows here and there are read, so the buffer is small.

        Raises
        ------
        DataError
            If the file has changed or gone since it was opened.
        """
        buffer_size = _RANDOM_BUFFER if random_access else _SEQUENTIAL_BUFFER
        if self.copy is not None:
            with self.copy.open(buffer_size) as copy:
                yield copy
            return
        try:
            if FileFingerprint.of(self.path) != self.fingerprint:
                raise DataError(changed_message(self.name))
            file = self.path.open("rb", buffering=buffer_size)
        except OSError as error:
            raise DataError(changed_message(self.name)) from error
        with file:
            yield file


def open_text(path: Path, name: str, encoding: str | None = None) -> tuple[TextFile, list[Finding]]:
    """Open a file as text; return it with the warnings about its encoding.

    Raises
    ------
    UnreadableError
        If it is not text in that encoding.
    OSError
        If the file cannot be read.
    ValueError
        If there is no encoding of that name.
    """
    codec = None if encoding is None else _codec_name(encoding)
    fingerprint = FileFingerprint.of(path)
    with path.open("rb") as file:
        head = file.read(_HEAD)
    mark, marked_as = next(((m, e) for m, e in _BYTE_ORDER_MARKS if head.startswith(m)), (b"", "utf-8"))
    chosen = marked_as if codec is None else codec
    is_json = head[len(mark) :].lstrip(b" \t\r\n\0")[:1] in (b"{", b"[") or path.suffix.lower() in (".jsonl", ".ndjson")
    warnings: list[Finding] = []
    if chosen in ("utf-8", "utf-8-sig"):
        start = len(codecs.BOM_UTF8) if mark == codecs.BOM_UTF8 else 0
        try:
            statistics = _scan_utf8(path, start, is_json=is_json)
        except DecodingError as error:
            if start or codec is not None or not _is_mostly_invalid_utf8(path):
                raise UnreadableError(encoding_findings.wrong_encoding(path, name, start, error, with_excerpt=True)) from error
            warnings.append(encoding_findings.windows_1252(path, name, error.offset))
            chosen, start = "cp1252", 0
        else:
            if statistics.nul_offset >= 0:
                line = encoding_findings.line_of(path, statistics.nul_offset + start)
                raise UnreadableError(encoding_findings.nul_byte(name, line))
            if not statistics.has_lone_cr:
                return TextFile(name, path, fingerprint, statistics, start, has_bom=start > 0), warnings
    else:
        start = len(mark) if codec is None else 0
    copy, statistics = Utf8Copy(), TextStatistics(is_json)
    try:
        for block in decode_blocks(read_blocks(path, start), chosen):
            statistics.add(block)
            copy.write(block)
    except DecodingError as error:
        copy.close()
        raise UnreadableError(encoding_findings.wrong_encoding(path, name, start, error)) from error
    if statistics.nul_offset >= 0:
        copy.close()
        raise UnreadableError(encoding_findings.nul_byte(name, None))
    return TextFile(name, path, fingerprint, statistics, 0, copy, has_bom=chosen == "utf-8" and start > 0), warnings


def _codec_name(encoding: str) -> str:
    """Return the codec's own name.

    Raises
    ------
    ValueError
        If there is no codec of that name for text.
    """
    try:
        codec = codecs.lookup(encoding)
        "".encode(encoding)  # fails for a codec that turns bytes into bytes
        codecs.getincrementaldecoder(encoding)
    except (LookupError, ValueError) as error:
        raise ValueError(f'there is no text encoding {quote(encoding)}; "utf-8", "cp1252" and "utf-16" are some') from error
    return codec.name


def _scan_utf8(path: Path, start: int, *, is_json: bool) -> TextStatistics:
    """Count what is in a file of UTF-8.

    Raises
    ------
    DecodingError
        At the first byte that is not UTF-8.
    """
    statistics = TextStatistics(is_json)
    decoder, at_boundary = codecs.getincrementaldecoder("utf-8")(), True
    try:
        with path.open("rb") as file:
            file.seek(start)
            while block := file.read(utf8_copy.BLOCK):
                if not (at_boundary and block.isascii()):
                    decoder.decode(block)
                    at_boundary = not decoder.getstate()[0]
                statistics.add(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        offset = statistics.n_bytes - len(decoder.getstate()[0]) + error.start
        raise DecodingError(offset, error.encoding) from error
    return statistics


def _is_mostly_invalid_utf8(path: Path) -> bool:
    """Tell whether bytes that are not UTF-8 outnumber those that are: damaged UTF-8 is not taken for Windows-1252."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    n_invalid = n_non_ascii = 0
    for block in chain(read_blocks(path, 0), [b""]):
        text = decoder.decode(block, final=not block)
        n_invalid += text.count("\ufffd")
        n_non_ascii += len(text) - len(text.encode("ascii", "ignore"))
    return n_invalid * 2 > n_non_ascii  # n_non_ascii counts the invalid ones too
