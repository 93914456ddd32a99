"""Recognise what is no CSV at all, and say so in one sentence with a way on. Left out: reading those formats."""

import re

from ftwidgets.prep.findings import Finding
from ftwidgets.prep.words import quoted

_EXPORT = "Open it in its program and save the sheet as CSV (UTF-8)."
_WRONG_FILE = "Check the path; a CSV with the columns Prompt and Completion is needed."

_MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"\x89PNG", "a PNG picture", _WRONG_FILE),
    (b"\xff\xd8\xff", "a JPEG picture", _WRONG_FILE),
    (b"GIF8", "a GIF picture", _WRONG_FILE),
    (b"%PDF", "a PDF document", "Copy its table into a spreadsheet and save that as CSV (UTF-8)."),
    (b"\xd0\xcf\x11\xe0", "an old Office file (.xls, .doc)", _EXPORT),
    (b"\x1f\x8b", "a gzip archive", "Unpack it first."),
    (b"7z\xbc\xaf", "a 7z archive", "Unpack it first."),
    (b"BZh", "a bzip2 archive", "Unpack it first."),
    (b"PAR1", "a Parquet file", "Load it with pandas.read_parquet and check that DataFrame."),
    (b"SQLite format 3\0", "an SQLite database", "Load its table with pandas.read_sql and check that DataFrame."),
)

_ZIP: tuple[tuple[bytes, str, str], ...] = (
    (
        b"xl/",
        "an Excel workbook (.xlsx)",
        "Save the sheet as CSV UTF-8, or load it with pandas.read_excel and check that.",
    ),
    (b"opendocument.spreadsheet", "an OpenDocument sheet (.ods)", _EXPORT),
    (b"word/", "a Word document (.docx)", "Copy its table into a spreadsheet and save that as CSV (UTF-8)."),
)

_BLANK = re.compile(r'[\s,;"\ufeff\u200b]*')  # an empty sheet is saved as delimiters and nothing else
_JSON_LINES = re.compile(r'\s*\{\s*".*\}[ \t]*(\r\n|\n|\r)\s*\{')
_JSON = re.compile(r'\s*(\{\s*("|\})|\[\s*([\[{"\]\d]|$))')
_HTML = re.compile(r"\s*<(!doctype html|html|head|body)\b", re.IGNORECASE)
_XML = re.compile(r"\s*<\?xml\b")


def foreign_bytes(data: bytes, name: str) -> Finding | None:
    """Return the finding for a file whose first bytes give away another format."""
    if not data:
        return _not_csv(name, "empty", "There is nothing in it to train on; check the path.", rule="empty-file")
    if data.startswith(b"PK\x03\x04"):
        for part, kind, fix in _ZIP:
            if part in data:
                return _not_csv(name, f"{kind}, not a CSV", fix)
        return _not_csv(name, "a ZIP archive, not a CSV", "Unpack it first.")
    for magic, kind, fix in _MAGIC:
        if data.startswith(magic):
            return _not_csv(name, f"{kind}, not a CSV", fix)
    return None


def foreign_text(text: str, name: str) -> Finding | None:
    """Return the finding for a text that is blank, JSON, JSON Lines, HTML or XML."""
    if _BLANK.fullmatch(text):
        return _not_csv(name, "blank", "There is nothing in it to train on; check the path.", rule="empty-file")
    if _JSON_LINES.match(text) or (_JSON.match(text) and name.lower().endswith((".jsonl", ".ndjson"))):
        fix = (
            "If its lines are chat examples already, upload it as it is; "
            "else load it with pandas.read_json(path, lines=True) and check that DataFrame."
        )
        return _not_csv(name, "JSON Lines, not a CSV, and JSON Lines cannot be checked yet", fix)
    if _JSON.match(text):
        return _not_csv(name, "JSON, not a CSV", "Load it with pandas.read_json and check that DataFrame.")
    if _HTML.match(text):
        fix = "Probably the page around the file was saved; download the file itself (often a link called Raw)."
        return _not_csv(name, "a web page (HTML), not a CSV", fix)
    if _XML.match(text):
        return _not_csv(name, "XML, not a CSV", _WRONG_FILE)
    return None


def _not_csv(name: str, what: str, fix: str, *, rule: str = "not-csv") -> Finding:
    return Finding(id=rule, level="error", message=f"{quoted(name)} is {what}.", fix=fix)
