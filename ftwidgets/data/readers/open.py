"""Open a path, a DataFrame or a list of records as a source of rows, or return the findings that say why it cannot be read."""

import difflib
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard

from ftwidgets.data import schema
from ftwidgets.data.findings import Finding, FindingType
from ftwidgets.data.readers.columns import MISSING_COLUMN, Header, clean_name, expected_columns, ignored_columns, locate_columns
from ftwidgets.data.readers.csv import find_table
from ftwidgets.data.readers.encoding import open_text
from ftwidgets.data.readers.file_formats import (
    NOT_READABLE,
    empty_file,
    is_blank,
    is_zip,
    reject_unsupported_format,
    text_format,
)
from ftwidgets.data.readers.in_memory import holds_records, read_frame, read_list, read_workbook
from ftwidgets.data.readers.json_files import open_json_lines, read_json_document
from ftwidgets.data.readers.parsers import ConversationParser, RecordParser, RecordsAsTable
from ftwidgets.data.readers.source import OpenSource, RowSource, UnreadableError
from ftwidgets.data.readers.table import CellParser
from ftwidgets.data.readers.text_file import TextFile
from ftwidgets.data.text import join_names, normalize, printable, quote
from ftwidgets.paths import expand_home, name_problem

if TYPE_CHECKING:
    import pandas as pd

NOT_FOUND = FindingType(
    "not-found", "error", title="There is no such file",
    why="Nothing was checked.",
    fix="Check the spelling of the path; it is relative to the folder in which the program or the notebook runs.",
)  # fmt: skip
SYSTEM_IS_A_COLUMN = FindingType(
    "system-is-a-column", "warning", title="The system prompt is the name of a column",
    why="`system` is the text itself. Given the name of a column, the model would get that name as its instructions.",
    fix="If the column was meant, use `system_column`.", arguments=("system_column",),
)  # fmt: skip

Source: TypeAlias = "str | os.PathLike[str] | pd.DataFrame | Sequence[Mapping[str, Any]]"

_HEAD = 64 * 1024  # bytes that tell one format from another
_TEXT_PARTS = ("prompt", "completion", "system", "conversation")


@dataclass
class _Rows:
    """The rows of a source: a table has a header, records have a first one."""

    rows: RowSource
    kind: str  # file, DataFrame, workbook or records
    header: Header | None = None
    first_record: Any = None
    findings: list[Finding] = field(default_factory=list)


def open_source(
    source: Source,
    *,
    columns: Mapping[str, str],
    system: str | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
) -> OpenSource | list[Finding]:
    """Open a source of rows, or return the findings that say why it cannot be read as training data.

    `columns` are the names of the columns by part (`prompt`, `completion`, `system`, `conversation`, `group`, `split`); the
    first three are called Prompt, Completion and System, in any case, where they are not named. `system` is the system prompt
    of rows that have none. `delimiter` and `encoding` of a text file are found by looking, where they are not given.

    Raises TypeError if the source is something else, and ValueError if `system` is blank, one column is named twice, or there
    is no such delimiter or encoding.
    """
    if system is not None and not system.strip():
        raise ValueError("system is blank; leave it out for no system prompt")
    try:
        found = _find_rows(source, columns, delimiter, encoding)
        header = found.header
        if header is None:
            if not any(part in columns for part in _TEXT_PARTS):
                return _open_records(found, columns, system)
            names = tuple(map(str, found.first_record)) if isinstance(found.first_record, dict) else ()
            header = Header(names, found.rows.from_file)
            found.rows = RecordsAsTable(found.rows, names)
        positions = locate_columns(header, columns)
        findings = [*found.findings, *ignored_columns(header, positions)]
        if system is not None and normalize(system) in map(normalize, header.names):
            message = f"system={quote(system)} is used as the text of the system prompt, and a column has that name."
            findings.append(SYSTEM_IS_A_COLUMN(message, f"If the column was meant: system_column={quote(system)}.", system))
        parser = ConversationParser if "conversation" in positions else CellParser
        cells = parser(header.names, positions, system, found.kind, split_at=header.split_at)
        return OpenSource(found.rows, cells, findings)
    except UnreadableError as unreadable:
        return unreadable.findings


def column_names(source: Source, *, delimiter: str | None = None, encoding: str | None = None) -> list[str] | Finding:
    """Return the names of the columns of a source, or the finding that says why it cannot be read.

    Each name is there once; chats and other records of a known format have no columns.
    """
    try:
        found = _find_rows(source, {}, delimiter, encoding)
    except UnreadableError as unreadable:
        return unreadable.findings[0]
    if found.header is not None:
        return list(dict.fromkeys(name for name in found.header.names if name))
    if not isinstance(found.first_record, dict) or schema.parse_row(found.first_record).format != "unknown":
        return []
    return [str(key) for key in found.first_record]


def _open_records(found: _Rows, columns: Mapping[str, str], system: str | None) -> OpenSource:
    record = found.first_record if isinstance(found.first_record, dict) else {}
    missing = [name for name in columns.values() if record and name not in record]
    if missing:
        there = f"in the first record; its keys are {join_names(map(str, record))}"
        findings = [
            MISSING_COLUMN(f"There is no key {quote(name)} {there}.", "Check its spelling.", field=name) for name in missing
        ]
        raise UnreadableError(*findings)
    rest = {key: value for key, value in record.items() if key not in columns.values()}
    parser = RecordParser(system, dict(columns), schema.parse_row(rest or found.first_record).format)
    return OpenSource(found.rows, parser, found.findings)


def _find_rows(source: Source, columns: Mapping[str, str], delimiter: str | None, encoding: str | None) -> _Rows:
    """Return the rows of a source of any kind, or raise UnreadableError and what `open_source` raises."""
    if _is_frame(source):
        if holds_records(source) and not any(part in columns for part in _TEXT_PARTS):
            rows = read_frame(source, as_records=True)
            return _Rows(rows, "records", first_record=rows.first, findings=rows.findings)
        rows = read_frame(source, as_records=False)
        header = Header(tuple(clean_name(str(column)) for column in source.columns))
        return _Rows(rows, "DataFrame", header, findings=rows.findings)
    if isinstance(source, (str, os.PathLike)):
        if problem := name_problem(source):
            message = f"{quote(os.fspath(source))} cannot be opened: {problem}."
            raise UnreadableError(NOT_READABLE(message, "Type the path again."))
        try:
            return _read_file(expand_home(source), columns, delimiter, encoding)
        except OSError as error:
            raise UnreadableError(_cannot_open(expand_home(source), error)) from error
    if _is_list_of_records(source):
        rows = read_list(source)
        return _Rows(rows, "records", first_record=rows.first)
    raise TypeError(
        "the source is the path of a CSV, JSON Lines or XLSX file, a list of records, or a pandas DataFrame, "
        f"not a {type(source).__name__}: pd.DataFrame(...) makes one."
    )


def _is_frame(source: object) -> "TypeGuard[pd.DataFrame]":
    """Tell whether `source` is a DataFrame, without importing pandas for those who do not use it."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(source, pandas.DataFrame)


def _is_list_of_records(source: object) -> "TypeGuard[Sequence[Any]]":
    """Tell whether `source` is a list of dicts, or can be indexed like one (a Hugging Face dataset)."""
    if isinstance(source, (str, bytes, Mapping)):
        return False
    if not isinstance(source, Sequence) and not (hasattr(source, "column_names") and hasattr(source, "__getitem__")):
        return False
    return len(source) == 0 or isinstance(source[0], Mapping)  # type: ignore[arg-type]


def _read_file(path: Path, columns: Mapping[str, str], delimiter: str | None, encoding: str | None) -> _Rows:
    name = printable(path.name)
    if path.exists() and not (path.is_file() or path.is_dir()):
        message = f"{quote(str(path))} is a device or a pipe, which can be read only once."
        raise UnreadableError(NOT_READABLE(message, "Save what comes out of it as a file."))
    with path.open("rb") as file:
        head = file.read(_HEAD)
    reject_unsupported_format(head, path, name)
    if is_zip(head):
        sheet, header = read_workbook(path, name, expected_columns(columns))
        return _Rows(sheet, "workbook", header)
    text, findings = open_text(path, name, encoding)
    match text_format(_first_text(text), name):
        case "table":
            table = find_table(text, expected_columns(columns), delimiter)
            return _Rows(table, "file", Header(table.header, True, table.header_line, table.delimiter), findings=findings)
        case "json_document":
            document = read_json_document(text)
            return _Rows(document, "records", first_record=document.first, findings=[*findings, *document.findings])
        case "json_lines":
            lines = open_json_lines(text)
            findings += lines.first_findings()
            return _Rows(lines, "records", first_record=lines.first_value(), findings=findings)


def _first_text(text: TextFile) -> str:
    """Return the first part of a text that is not blank."""
    with text.open() as file:
        file.seek(text.start)
        while data := file.read(_HEAD):
            part = data.decode("utf-8", "ignore")
            if not is_blank(part):
                return part
    raise UnreadableError(empty_file(text.name, "blank"))


def _cannot_open(path: Path, error: Exception) -> Finding:
    text = str(path)
    if "\n" in text or text.startswith(("http:", "https:")):
        kind = "the text of a table" if "\n" in text else "a web address"
        message = f"{quote(text)} is {kind}, not the path of a file."
        return NOT_FOUND(message, "Save it as a CSV file and give its path.")
    if isinstance(error, IsADirectoryError) or path.is_dir():
        return NOT_FOUND(f"{quote(text)} is a folder.", "Name a CSV file in it.")
    if not isinstance(error, FileNotFoundError):
        message = f"{quote(text)} cannot be opened: {getattr(error, 'strerror', None) or error}."
        return NOT_READABLE(message, "Check the path and its permissions.")
    try:
        neighbours = [file.name for file in path.parent.iterdir() if file.is_file()]
    except OSError:
        neighbours = []
    similar = difflib.get_close_matches(path.name, neighbours, n=1, cutoff=0.75)
    hint = f"Did you mean {quote(similar[0])}?" if similar else "Check its name and folder."
    return NOT_FOUND(f"There is no file {quote(text)}.", hint)
