"""Find out how a text file is stored: one pass over its bytes, in blocks, which also counts what reading needs to know.

UTF-8 with or without byte order mark, UTF-16 and UTF-32 with one. Bytes that are no UTF-8 at all are read as
Windows-1252, which is said; text that is UTF-8 but for a few bytes is damaged, and an error. `encoding=` overrides.
Left out: guessing among other encodings.
"""

import codecs
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import IO

from ftwidgets.data.findings import Finding
from ftwidgets.data.readers.text_file import Stamp, Text
from ftwidgets.data.text import quote

BLOCK = 1 << 18
_HEAD = 4096  # bytes that show a mark, and whether it is JSON
_LONGEST_LINE = 8 << 20  # bytes of a line of a table
_LONGEST_RECORD = 64 << 20  # of JSON, where a row may hold several pictures
_IN_MEMORY = 8 << 20  # of a text that is rewritten

# UTF-32 before UTF-16: the mark of the one begins with the mark of the other.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAVE_AS_UTF8 = 'Save the file as UTF-8 (in Excel: Save As, "CSV UTF-8") and check it again.'
_OVERRIDE = 'If you know how it is stored, say so: encoding="...".'
_DIGITS = bytes(ord("0") if chr(byte).isdigit() and byte < 128 else ord(" ") for byte in range(256))
_LONG = b"0" * 19
_LINE_END = re.compile(rb"\r\n|\r|\n")


@dataclass
class _Counts:
    """What one pass over the bytes of UTF-8 text counts, block by block: what a table needs to know, or what JSON does."""

    json: bool
    n_cr: int = 0
    n_crlf: int = 0
    n_quotes: int = 0
    n_bytes: int = 0
    n_line: int = 0  # bytes since the last LF
    nul: int = -1
    long_numbers: bool = False
    n_lf: int = 0
    long_line: int = 0
    tail: bytes = field(default=b"", repr=False)

    def add(self, block: bytes) -> None:
        """Count one more block."""
        if self.nul < 0 and (at := block.find(b"\0")) >= 0:
            self.nul = self.n_bytes + at
        last = block.rfind(b"\n")
        self.n_line = self.n_line + len(block) if last < 0 else len(block) - last
        self.n_lf += block.count(b"\n")
        if not self.long_line and self.n_line > (_LONGEST_RECORD if self.json else _LONGEST_LINE):
            self.long_line = self.n_lf + 1
        if self.json:
            self.n_cr += b"\r" in block
            self.long_numbers = self.long_numbers or _LONG in (self.tail + block).translate(_DIGITS)
        else:
            self.n_quotes += block.count(b'"')
            if b"\r" in block:
                self.n_cr += block.count(b"\r")
                self.n_crlf += block.count(b"\r\n")
            self.n_crlf += self.tail.endswith(b"\r") and block.startswith(b"\n")
        self.tail = block[-18:]
        self.n_bytes += len(block)

    @property
    def lone_cr(self) -> bool:
        """Whether a CR without an LF behind it ends lines; in JSON, where it is a blank, only if no LF ends any."""
        return self.n_cr > 0 and not self.n_lf if self.json else self.n_cr > self.n_crlf


def open_text(path: Path, name: str, encoding: str | None = None) -> "tuple[Text, list[Finding]] | Finding":
    """Return the file as text, with what is to be said about its encoding; or the finding that it cannot be read as text.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If there is no encoding of that name.
    """
    codec = None if encoding is None else _codec(encoding)
    stamp = Stamp.of(path)
    with path.open("rb") as file:
        head = file.read(_HEAD)
    mark, marked_as = next(((m, e) for m, e in _MARKS if head.startswith(m)), (b"", "utf-8"))
    chosen = marked_as if codec is None else codec
    json = head[len(mark) :].lstrip(b" \t\r\n\0")[:1] in (b"{", b"[") or path.suffix.lower() in (".jsonl", ".ndjson")
    found: list[Finding] = []
    if chosen in ("utf-8", "utf-8-sig"):
        start = len(codecs.BOM_UTF8) if mark == codecs.BOM_UTF8 else 0
        counts = _scan(path, start, _Counts(json))
        if isinstance(counts, UnicodeDecodeError):
            if start or codec is not None or not _is_windows(path):
                return _wrong(path, name, start, counts, excerpt=True)
            found.append(_windows(path, name, counts))
            chosen, start = "cp1252", 0
        elif counts.nul >= 0:
            return _nul(name, _line_of(path, counts.nul + start))
        elif not counts.lone_cr:
            return _text(path, name, stamp, counts, start, None, marked=start > 0), found
    else:
        start = len(mark) if codec is None else 0
    rewritten = _rewrite(path, chosen, start, _Counts(json))
    if isinstance(rewritten, UnicodeDecodeError):
        return _wrong(path, name, start, rewritten)
    file_of_utf8, counts = rewritten
    if counts.nul >= 0:
        file_of_utf8.close()
        return _nul(name, None)
    return _text(path, name, stamp, counts, 0, file_of_utf8, marked=chosen == "utf-8" and start > 0), found


def _codec(encoding: str) -> str:
    """Return the codec's own name, or raise in words."""
    try:
        found = codecs.lookup(encoding)
        "".encode(encoding)  # a codec that turns bytes into bytes is none for text
        codecs.getincrementaldecoder(encoding)
    except (LookupError, ValueError) as error:
        raise ValueError(f'there is no text encoding {quote(encoding)}; "utf-8", "cp1252" and "utf-16" are some') from error
    return found.name


def _text(
    path: Path, name: str, stamp: Stamp, counts: _Counts, start: int, rewritten: IO[bytes] | None, *, marked: bool
) -> Text:
    return Text(
        name,
        path,
        stamp,
        start,
        rewritten,
        marked=marked,
        has_cr=rewritten is None and counts.n_cr > 0,
        n_quotes=counts.n_quotes,
        long_numbers=counts.long_numbers,
        long_line=counts.long_line,
    )


def _blocks(path: Path, start: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        while block := file.read(BLOCK):
            yield block


def _scan(path: Path, start: int, counts: _Counts) -> "_Counts | UnicodeDecodeError":
    """Count what is in a file of UTF-8; or return the first byte that is none, as its place in the text."""
    decoder, plain = codecs.getincrementaldecoder("utf-8")(), True
    try:
        for block in _blocks(path, start):
            if not (plain and block.isascii()):
                decoder.decode(block)
                plain = not decoder.getstate()[0]
            counts.add(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        return _placed(error, counts.n_bytes - len(decoder.getstate()[0]))
    return counts


def _placed(error: UnicodeDecodeError, before: int) -> UnicodeDecodeError:
    """Return the error with its place in the whole text in `reason`."""
    error.reason = str(before + error.start)
    return error


def _is_windows(path: Path) -> bool:
    """Tell whether bytes that are no UTF-8 outnumber those that are: damaged UTF-8 is not taken for Windows-1252."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    n_bad = n_good = 0
    for block in chain(_blocks(path, 0), [b""]):
        text = decoder.decode(block, final=not block)
        n_bad += text.count("\ufffd")
        n_good += len(text) - len(text.encode("ascii", "ignore"))
    return n_bad * 2 > n_good  # n_good counts the bad ones too


def _rewrite(path: Path, encoding: str, start: int, counts: _Counts) -> "tuple[IO[bytes], _Counts] | UnicodeDecodeError":
    """Write the text of a file as UTF-8 with LF line ends into a temporary file."""
    file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 (it lives as long as the source)
    decoder = codecs.getincrementaldecoder(encoding)()
    ended, n_read, first = False, 0, True
    try:
        for block in chain(_blocks(path, start), [b""]):
            text = decoder.decode(block, final=not block)
            n_read += len(block)
            if first and text:
                text, first = text.removeprefix("\ufeff"), False
            if ended:  # the CR that ended the block before is written; an LF behind it is not
                text = text.removeprefix("\n")
            ended = text.endswith("\r") if text else ended
            data = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "surrogatepass")
            counts.add(data)
            file.write(data)
    except UnicodeDecodeError as error:
        file.close()
        return _placed(error, n_read - len(decoder.getstate()[0]))
    except UnicodeError as error:  # codecs such as idna say it without a place
        file.close()
        return _placed(UnicodeDecodeError(encoding, b"\0", 0, 1, str(error)), n_read)
    return file, counts


def _line_of(path: Path, offset: int) -> int:
    """Return the line, counted from 1, on which a byte of the file lies; CR, LF and CRLF each end one line."""
    n_lines, left, ended = 1, offset, False
    for block in _blocks(path, 0):
        part = block[:left]
        n_lines += len(_LINE_END.findall(part)) - (ended and part.startswith(b"\n"))
        ended = part.endswith(b"\r")
        left -= len(part)
        if left <= 0:
            break
    return n_lines


def _around(path: Path, offset: int, reach: int = 15) -> tuple[int, str]:
    """Return the byte at a place, and the words around it read as Windows-1252."""
    with path.open("rb") as file:
        file.seek(max(0, offset - reach))
        before = file.read(min(reach, offset))
        after = file.read(reach)
    left = before.decode("cp1252", "replace").splitlines() or [""]
    right = after.decode("cp1252", "replace").splitlines() or [""]
    return after[0] if after else 0, left[-1] + right[0]


def _windows(path: Path, name: str, error: UnicodeDecodeError) -> Finding:
    offset = int(error.reason)
    byte, excerpt = _around(path, offset)
    message = (
        f"{quote(name)} is not UTF-8: byte 0x{byte:02X} at offset {offset:,} does not fit. "
        f"It is read as Windows-1252, where the text there reads {quote(excerpt)}."
    )
    fix = f'If that reads wrong, say how it is stored: encoding="...". {_SAVE_AS_UTF8}'
    line = _line_of(path, offset)
    return Finding(id="windows-1252", level="warning", message=message, fix=fix, line=line, excerpt=excerpt)


def _wrong(path: Path, name: str, start: int, error: UnicodeDecodeError, *, excerpt: bool = False) -> Finding:
    offset = start + int(error.reason)
    byte, seen = _around(path, offset)
    encoding = "Windows-1252" if error.encoding in ("cp1252", "charmap") else error.encoding.upper()
    message = f"{quote(name)} is not {encoding}: byte 0x{byte:02X} at offset {offset:,} does not fit."
    if excerpt:
        message += f" In Windows-1252 the text there would read {quote(seen)}."
    line = (
        _line_of(path, offset) if error.encoding in ("utf-8", "cp1252", "charmap") else _wide_line(path, start, offset, error)
    )
    fix = f"{_SAVE_AS_UTF8} {_OVERRIDE}"
    return Finding(id="wrong-encoding", level="error", message=message, fix=fix, line=line, excerpt=seen if excerpt else None)


def _wide_line(path: Path, start: int, offset: int, error: UnicodeDecodeError) -> int | None:
    """Return the line of a place in text whose line ends are no single bytes."""
    decoder = codecs.getincrementaldecoder(error.encoding)("replace")
    n_lines, left = 1, offset - start
    for block in _blocks(path, start):
        text = decoder.decode(block[:left])
        n_lines += text.count("\n") + text.count("\r") - text.count("\r\n")
        left -= len(block)
        if left <= 0:
            break
    return n_lines


def _nul(name: str, line: int | None) -> Finding:
    return Finding(
        id="wrong-encoding",
        level="error",
        message=f"{quote(name)} holds a NUL byte: it is no text, or UTF-16 without a byte order mark.",
        fix=f"{_SAVE_AS_UTF8} {_OVERRIDE}",
        line=line,
    )
