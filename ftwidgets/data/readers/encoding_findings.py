"""What is reported about bytes that do not fit their encoding: the byte, its line, and the words around it."""

import codecs
import re
from pathlib import Path

from ftwidgets.data.findings import Finding, FindingType
from ftwidgets.data.readers.utf8_copy import DecodingError, read_blocks
from ftwidgets.data.text import quote

WINDOWS_1252 = FindingType(
    "windows-1252",
    "warning",
    title="The text was read as Windows-1252",
    why=(
        "It is not UTF-8. Old spreadsheet programs write Windows-1252, and its letters make sense here, but another "
        "encoding could have been meant."
    ),
    todo=(
        'Look at the words that are quoted. If they read wrong, name the encoding: `encoding="..."`. Saved as '
        "UTF-8, nothing has to be guessed."
    ),
    arguments=("encoding",),
)
WRONG_ENCODING = FindingType(
    "wrong-encoding",
    "error",
    title="The encoding of the text is not recognised",
    why="Neither UTF-8 nor UTF-16 nor Windows-1252 fits the bytes, so letters would be replaced by others.",
    todo='Save the file as UTF-8, or name its encoding: `encoding="..."`.',
    arguments=("encoding",),
)

_SAVE_AS_UTF8 = 'Save the file as UTF-8 (in Excel: Save As, "CSV UTF-8") and check it again.'
_OVERRIDE = 'If you know how it is stored, say so: encoding="...".'
_LINE_END = re.compile(rb"\r\n|\r|\n")
_EXCERPT_REACH = 15  # bytes on each side of the one that does not fit


def windows_1252(path: Path, name: str, offset: int) -> Finding:
    """Return the warning that a file is read as Windows-1252; `offset` is its first byte that is not UTF-8."""
    byte, excerpt = _byte_and_excerpt(path, offset)
    message = (
        f"{quote(name)} is not UTF-8: byte 0x{byte:02X} at offset {offset:,} does not fit. "
        f"It is read as Windows-1252, where the text there reads {quote(excerpt)}."
    )
    fix = f'If that reads wrong, say how it is stored: encoding="...". {_SAVE_AS_UTF8}'
    line = line_of(path, offset)
    return WINDOWS_1252(message, fix, excerpt=excerpt, line=line)


def wrong_encoding(path: Path, name: str, start: int, error: DecodingError, *, with_excerpt: bool = False) -> Finding:
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
    return WRONG_ENCODING(
        message,
        f"{_SAVE_AS_UTF8} {_OVERRIDE}",
        excerpt=excerpt if with_excerpt else None,
        line=line_of(path, offset) if is_windows or error.encoding == "utf-8" else _line_in_wide_text(path, start, error),
    )


def nul_byte(name: str, line: int | None) -> Finding:
    """Return the finding for text with a NUL byte in it."""
    return WRONG_ENCODING(
        f"{quote(name)} holds a NUL byte: it is no text, or UTF-16 without a byte order mark.",
        f"{_SAVE_AS_UTF8} {_OVERRIDE}",
        line=line,
    )


def line_of(path: Path, offset: int) -> int:
    """Return the line, counted from 1, that holds a byte of the file; CR, LF and CRLF each end one line."""
    n_lines, left, ends_with_cr = 1, offset, False
    for block in read_blocks(path, 0):
        part = block[:left]
        n_lines += len(_LINE_END.findall(part)) - (ends_with_cr and part.startswith(b"\n"))
        ends_with_cr = part.endswith(b"\r")
        left -= len(part)
        if left <= 0:
            break
    return n_lines


def _line_in_wide_text(path: Path, start: int, error: DecodingError) -> int:
    """Return the line of an undecodable byte in text whose characters are several bytes each, such as UTF-16."""
    decoder = codecs.getincrementaldecoder(error.encoding)("replace")
    n_lines, left = 1, error.offset
    for block in read_blocks(path, start):
        text = decoder.decode(block[:left])
        n_lines += text.count("\n") + text.count("\r") - text.count("\r\n")
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
