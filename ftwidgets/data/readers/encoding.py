"""Find out how a text file is encoded, in one pass over its bytes, and open it as UTF-8.

UTF-8 with or without byte order mark, UTF-16 and UTF-32 with one. Bytes that are not UTF-8 at all are read as
Windows-1252, with a warning; text that is UTF-8 but for a few bytes is damaged, and an error. `encoding=` overrides.
Left out: guessing among other encodings.
"""

import codecs
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from ftwidgets.data.findings import Finding, FindingType
from ftwidgets.data.readers.source import UnreadableError
from ftwidgets.data.readers.text_file import TextFile, TextStatistics, Utf8Copy, fingerprint, read_blocks
from ftwidgets.data.text import quote

WINDOWS_1252 = FindingType(
    "windows-1252", "warning", title="The text was read as Windows-1252",
    why="It is not UTF-8. Old spreadsheet programs write Windows-1252, and its letters make sense here, but another encoding "
        "could have been meant.",
    fix='Look at the words that are quoted. If they read wrong, name the encoding: `encoding="..."`. Saved as UTF-8, nothing '
        "has to be guessed.", arguments=("encoding",),
)  # fmt: skip
WRONG_ENCODING = FindingType(
    "wrong-encoding", "error", title="The encoding of the text is not recognised",
    why="Neither UTF-8 nor UTF-16 nor Windows-1252 fits the bytes, so letters would be replaced by others.",
    fix='Save the file as UTF-8, or name its encoding: `encoding="..."`.', arguments=("encoding",),
)  # fmt: skip

_HEAD = 4096  # bytes that show a byte order mark, and whether it is JSON
# UTF-32 before UTF-16: the mark of the one begins with the mark of the other.
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAVE_AS_UTF8 = 'Save the file as UTF-8 (in Excel: Save As, "CSV UTF-8") and check it again.'
_SAVE_AS_UTF8_OR_NAME_IT = f'{_SAVE_AS_UTF8} If you know how it is stored, say so: encoding="...".'
_EXCERPT_REACH = 15  # bytes on each side of the one that does not fit


class DecodingError(Exception):
    """A byte that the codec `encoding` rejects, `offset` bytes from the beginning of the text (behind a byte order mark)."""

    def __init__(self, offset: int, encoding: str) -> None:
        super().__init__(offset, encoding)
        self.offset, self.encoding = offset, encoding


def open_text(path: Path, name: str, encoding: str | None = None) -> tuple[TextFile, list[Finding]]:
    """Open a file as text; return it with the warnings about its encoding.

    Raises UnreadableError if it is not text in that encoding, OSError if the file cannot be read, and ValueError if there is no
    encoding of that name.
    """
    codec = None if encoding is None else _codec_name(encoding)
    found = fingerprint(path)
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
                raise UnreadableError(_wrong_encoding(path, name, start, error, with_excerpt=True)) from error
            warnings.append(_windows_1252(path, name, error.offset))
            chosen, start = "cp1252", 0
        else:
            if statistics.nul_offset >= 0:
                raise UnreadableError(_nul_byte(name, _line_of(path, statistics.nul_offset + start)))
            if not statistics.has_lone_cr:
                return TextFile(name, path, found, statistics, start, has_bom=start > 0), warnings
    else:
        start = len(mark) if codec is None else 0
    copy, statistics = Utf8Copy(), TextStatistics(is_json)
    try:
        for block in _decode_blocks(read_blocks(path, start), chosen):
            statistics.add(block)
            copy.write(block)
    except DecodingError as error:
        copy.close()
        raise UnreadableError(_wrong_encoding(path, name, start, error)) from error
    if statistics.nul_offset >= 0:
        copy.close()
        raise UnreadableError(_nul_byte(name, None))
    return TextFile(name, path, found, statistics, 0, copy, has_bom=chosen == "utf-8" and start > 0), warnings


def _codec_name(encoding: str) -> str:
    """Return the codec's own name; raise ValueError if there is no codec of that name for text."""
    try:
        codec = codecs.lookup(encoding)
        "".encode(encoding)  # fails for a codec that turns bytes into bytes
        codecs.getincrementaldecoder(encoding)
    except (LookupError, ValueError) as error:
        raise ValueError(f'there is no text encoding {quote(encoding)}; "utf-8", "cp1252" and "utf-16" are some') from error
    return codec.name


def _scan_utf8(path: Path, start: int, *, is_json: bool) -> TextStatistics:
    """Count what is in a file of UTF-8; raise DecodingError at the first byte that is not UTF-8."""
    statistics = TextStatistics(is_json)
    decoder, at_boundary = codecs.getincrementaldecoder("utf-8")(), True
    try:
        for block in read_blocks(path, start):
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


def _decode_blocks(blocks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """Yield the text of a file as UTF-8 with LF line ends, block by block; raise DecodingError for a byte that does not fit."""
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


def _windows_1252(path: Path, name: str, offset: int) -> Finding:
    """Return the warning that a file is read as Windows-1252; `offset` is its first byte that is not UTF-8."""
    byte, excerpt = _byte_and_excerpt(path, offset)
    message = (
        f"{quote(name)} is not UTF-8: byte 0x{byte:02X} at offset {offset:,} does not fit. "
        f"It is read as Windows-1252, where the text there reads {quote(excerpt)}."
    )
    fix = f'If that reads wrong, say how it is stored: encoding="...". {_SAVE_AS_UTF8}'
    return WINDOWS_1252(message, fix, excerpt=excerpt, line=_line_of(path, offset))


def _wrong_encoding(path: Path, name: str, start: int, error: DecodingError, *, with_excerpt: bool = False) -> Finding:
    """Return the finding for a byte that does not fit; `start` is where the text begins in the file."""
    offset = start + error.offset
    byte, excerpt = _byte_and_excerpt(path, offset)
    is_windows = error.encoding in ("cp1252", "charmap")
    message = (
        f"{quote(name)} is not {'Windows-1252' if is_windows else error.encoding.upper()}: "
        f"byte 0x{byte:02X} at offset {offset:,} does not fit."
    )
    if with_excerpt:
        message += f" In Windows-1252 the text there would read {quote(excerpt)}."
    is_wide = not is_windows and error.encoding != "utf-8"  # several bytes for each character, such as UTF-16
    line = _line_of(path, error.offset, start, error.encoding) if is_wide else _line_of(path, offset)
    return WRONG_ENCODING(message, _SAVE_AS_UTF8_OR_NAME_IT, excerpt=excerpt if with_excerpt else None, line=line)


def _nul_byte(name: str, line: int | None) -> Finding:
    message = f"{quote(name)} holds a NUL byte: it is no text, or UTF-16 without a byte order mark."
    return WRONG_ENCODING(message, _SAVE_AS_UTF8_OR_NAME_IT, line=line)


def _line_of(path: Path, offset: int, start: int = 0, encoding: str = "latin-1") -> int:
    """Return the line, counted from 1, of the byte `offset` bytes behind `start`; CR, LF and CRLF each end one line."""
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    n_lines, left, ends_with_cr = 1, offset, False
    for block in read_blocks(path, start):
        text = decoder.decode(block[:left])
        n_lines += text.count("\n") + text.count("\r") - text.count("\r\n") - (ends_with_cr and text.startswith("\n"))
        ends_with_cr = text.endswith("\r") if text else ends_with_cr
        left -= len(block)
        if left <= 0:
            break
    return n_lines


def _byte_and_excerpt(path: Path, offset: int) -> tuple[int, str]:
    """Return the byte at an offset, and the words around it read as Windows-1252."""
    with path.open("rb") as file:
        file.seek(max(0, offset - _EXCERPT_REACH))
        before = file.read(min(_EXCERPT_REACH, offset))
        after = file.read(_EXCERPT_REACH)
    left = before.decode("cp1252", "replace").splitlines() or [""]
    right = after.decode("cp1252", "replace").splitlines() or [""]
    return after[0] if after else 0, left[-1] + right[0]
