"""From bytes to text: UTF-8 with or without byte order mark, UTF-16 and UTF-32 with one.

Left out, on purpose: guessing. Another encoding is reported with the place of the first byte that does not fit.
"""

import codecs

from ftwidgets.prep.findings import Finding
from ftwidgets.prep.words import quoted

# UTF-32 before UTF-16: the mark of the one begins with the mark of the other.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

_SAVE_AS_UTF8 = 'Save the file as UTF-8 (in Excel: Save As, "CSV UTF-8") and check it again.'


def decode(data: bytes, name: str) -> str | Finding:
    """Return the text of `data`, or the finding that says where it stops being text."""
    mark, encoding = next(((m, e) for m, e in _MARKS if data.startswith(m)), (b"", "utf-8"))
    body = data[len(mark) :]
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError as error:
        return _wrong_encoding(body, error, name, offset=len(mark) + error.start)
    nul = text.find("\0")
    if nul >= 0:
        return Finding(
            id="wrong-encoding",
            level="error",
            message=f"{quoted(name)} holds a NUL byte: it is no text, or UTF-16 without a byte order mark.",
            fix=_SAVE_AS_UTF8,
            line=line_at(text, nul),
        )
    return text


def line_at(text: str, position: int) -> int:
    """Return the line, counted from 1, on which `position` of `text` lies; CR, LF and CRLF each end one line."""
    breaks = text.count("\n", 0, position) + text.count("\r", 0, position) - text.count("\r\n", 0, position)
    return breaks + 1


def _wrong_encoding(body: bytes, error: UnicodeDecodeError, name: str, *, offset: int) -> Finding:
    before = body[: error.start].decode(error.encoding)  # valid: the error is the first one
    byte = f"byte 0x{body[error.start]:02X} at offset {offset:,}"
    message = f"{quoted(name)} is not {error.encoding.upper()}: {byte} does not fit."
    excerpt = None
    if error.encoding == "utf-8":
        excerpt = _as_windows(body, error.start)
        message += f" In Windows-1252 the text there would read {quoted(excerpt)}."
    return Finding(
        id="wrong-encoding",
        level="error",
        message=message,
        fix=_SAVE_AS_UTF8,
        line=line_at(before, len(before)),
        excerpt=excerpt,
    )


def _as_windows(body: bytes, position: int, around: int = 15) -> str:
    """Return the words around a byte read as Windows-1252, so that the reader can judge; the file is not read so."""
    left = body[max(0, position - around) : position].decode("cp1252", "replace").splitlines() or [""]
    right = body[position : position + around].decode("cp1252", "replace").splitlines() or [""]
    return left[-1] + right[0]
