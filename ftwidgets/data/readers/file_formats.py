"""Recognise the format of a file by its first bytes, and reject those that cannot be read, with what to do instead."""

import re
import zipfile
from pathlib import Path
from typing import Literal

from ftwidgets.data.findings import Finding, FindingType
from ftwidgets.data.readers.source import UnreadableError
from ftwidgets.data.text import quote

EMPTY_FILE = FindingType(
    "empty-file", "error", title="The file is empty",
    why="There is nothing in it, or only whitespace. An export that broke off leaves such files.",
    fix="Export the data again, or give the file that you meant.",
)  # fmt: skip
OTHER_FORMAT = FindingType(
    "other-format", "error", title="The file has another format",
    why="It holds something from which training data cannot be read: a PDF, a picture, an archive, a Parquet table.",
    fix="Export it as CSV, XLSX or JSON Lines. A DataFrame can be given as it is.",
)  # fmt: skip

NOT_READABLE = FindingType(
    "not-readable", "error", title="The file cannot be opened",
    why="Nothing was checked. The system says why: most often the permission is missing, or another program holds the file.",
    fix="Check the permissions of the file and close the program that has it open.",
)  # fmt: skip

TextFormat = Literal["table", "json_lines", "json_document"]

_EXPORT = "Open it in its program and save the sheet as CSV (UTF-8)."
_WRONG_FILE = "Check the path; a CSV with the columns Prompt and Completion, or JSON Lines, is needed."
_UNPACK = "Unpack it first."

_MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"\x89PNG", "a PNG picture", _WRONG_FILE),
    (b"\xff\xd8\xff", "a JPEG picture", _WRONG_FILE),
    (b"GIF8", "a GIF picture", _WRONG_FILE),
    (b"%PDF", "a PDF document", "Copy its table into a spreadsheet and save that as CSV (UTF-8)."),
    (b"\xd0\xcf\x11\xe0", "an old Office file (.xls, .doc)", _EXPORT),
    (b"\x1f\x8b", "a gzip archive", _UNPACK),
    (b"7z\xbc\xaf", "a 7z archive", _UNPACK),
    (b"BZh", "a bzip2 archive", _UNPACK),
    (b"\xfd7zXZ\0", "an xz archive", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive", _UNPACK),
    (b"PAR1", "a Parquet file", "Load it with pandas.read_parquet and check that DataFrame."),
    (b"ARROW1", "an Arrow file", "Load it with pandas.read_feather and check that DataFrame."),
    (b"SQLite format 3\0", "an SQLite database", "Load its table with pandas.read_sql and check that DataFrame."),
)

_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")  # the name of the stream in a workbook with a password
_WHITESPACE_AND_DELIMITERS = re.compile(r'[\s,;|"\ufeff\u200b]*')  # an empty sheet is saved as delimiters and nothing else
_JSON_LINES = re.compile(r'\s*\{\s*".*\}[ \t]*(\r\n|\n|\r)\s*\{')
_JSON = re.compile(r'\s*(\{\s*("|\})|\[\s*([\[{"\]\d]|$))')
_RECORD = re.compile(r"""^[ \t\ufeff]*(?:[{\[]|["'“]\w+["'”]\s*:)""", re.MULTILINE)  # or the rest of one
_HTML = re.compile(r"\s*<(!doctype html|html|head|body)\b", re.IGNORECASE)
_XML = re.compile(r"\s*<\?xml\b")
_WHOLE_LINE = re.compile(r"\s*\{.*\}[ \t]*(?=\r?\n|\r|$)")


def is_zip(head: bytes) -> bool:
    """Tell whether a file begins as a ZIP archive does (a workbook is one)."""
    return head.startswith(b"PK\x03\x04")


def reject_unsupported_format(head: bytes, path: Path, name: str) -> None:
    """Raise UnreadableError if a file, by its first bytes, is empty or in a format that cannot be read."""
    if not head:
        raise UnreadableError(empty_file(name, "empty"))
    if is_zip(head):  # a workbook is such an archive too
        try:
            with zipfile.ZipFile(path) as archive:
                members = archive.namelist()
        except (OSError, ValueError, NotImplementedError, zipfile.BadZipFile):
            members = []
        if any(member.startswith("xl/") for member in members):
            return
        kind, fix = "a ZIP archive" if members else "a damaged ZIP archive", _UNPACK
        if any(member.startswith("word/") for member in members):
            kind, fix = "a Word document (.docx)", "Copy its table into a spreadsheet and save that as CSV (UTF-8)."
        elif "content.xml" in members:
            kind, fix = "an OpenDocument file (.ods, .odt)", _EXPORT
        raise UnreadableError(other_format(name, kind, fix))
    for magic, kind, fix in _MAGIC:
        if head.startswith(magic):
            if _ENCRYPTED in head:
                kind, fix = "an Office file with a password", "Save it without a password and check that."
            raise UnreadableError(other_format(name, kind, fix))


def text_format(text: str, name: str) -> TextFormat:
    """Return the format of a text, by its beginning and the file's name; raise UnreadableError if it cannot be read."""
    if name.lower().endswith((".jsonl", ".ndjson")) and not _HTML.match(text):
        if text.split(None, 1)[0] in ("[", "{"):
            fix = "Write each record on a line of its own. A file named .json may be written like this."
            raise UnreadableError(other_format(name, "JSON over several lines, not JSON Lines", fix))
        if not _RECORD.search(text):
            fix = 'Each line is an object: {"messages": [...]}. If it is a table, let its name end in .csv.'
            raise UnreadableError(other_format(name, "not JSON Lines: no line begins with a bracket", fix))
        return "json_lines"
    if _JSON_LINES.match(text):
        return "json_lines"
    if _JSON.match(text):
        is_one_line = _WHOLE_LINE.match(text) and '"data"' not in text[:40] and not name.lower().endswith(".json")
        return "json_lines" if is_one_line else "json_document"
    if _HTML.match(text):
        fix = "Probably the page around the file was saved; download the file itself (often a link called Raw)."
        raise UnreadableError(other_format(name, "a web page (HTML), not a CSV", fix))
    if _XML.match(text):
        raise UnreadableError(other_format(name, "XML, not a CSV", _WRONG_FILE))
    return "table"


def is_blank(text: str) -> bool:
    """Tell whether a text is whitespace and delimiters only."""
    return _WHITESPACE_AND_DELIMITERS.fullmatch(text) is not None


def empty_file(name: str, empty_or_blank: str) -> Finding:
    """Return the finding for a file with nothing in it."""
    fix = "There is nothing in it to train on; check the path."
    return EMPTY_FILE(f"{quote(name)} is {empty_or_blank}.", fix)


def other_format(name: str, description: str, fix: str, *, line: int | None = None) -> Finding:
    """Return the finding for a file in a format that cannot be read."""
    return OTHER_FORMAT(f"{quote(name)} is {description}.", fix, line=line)
