"""From a path, a DataFrame or a list of records to something that can be read, or to the findings that say why not.

Left out: reading itself: each kind has a module of its own.
"""

import difflib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from ftwidgets.data.findings import Finding
from ftwidgets.data.readers import csv, jsonl_lines, unsupported
from ftwidgets.data.readers.columns import Header, find, ignored, wanted
from ftwidgets.data.readers.conversations import TurnReader
from ftwidgets.data.readers.encoding import open_text
from ftwidgets.data.readers.flat_records import Flat
from ftwidgets.data.readers.frame import frame_header, is_frame, is_records, of_records, read_frame, record
from ftwidgets.data.readers.in_memory import Held
from ftwidgets.data.readers.json_document import read_document
from ftwidgets.data.readers.json_records import RecordReader, kind_of, missing_key
from ftwidgets.data.readers.source import Opened, Rows
from ftwidgets.data.readers.table import CellReader
from ftwidgets.data.readers.text_file import Text
from ftwidgets.data.readers.xlsx import read_workbook
from ftwidgets.data.text import join_names, normalize, printable, quote

if TYPE_CHECKING:
    import pandas as pd

Source: TypeAlias = "str | os.PathLike[str] | pd.DataFrame | Sequence[Mapping[str, Any]]"

_HEAD = 64 * 1024  # bytes that tell one format from another
_TEXTS = ("prompt", "completion", "system", "conversation")


@dataclass
class _Found:
    """A source, recognised: a table has a header; records have a first one."""

    rows: Rows
    kind: str  # file, DataFrame, workbook or records
    header: Header | None = None
    first: Any = None
    findings: Sequence[Finding] = ()


def open_source(
    source: Source,
    *,
    columns: Mapping[str, str],
    system: str | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
) -> Opened | list[Finding]:
    """Open a source of rows, or return the findings that say why it cannot be read as training data.

    Parameters
    ----------
    source
        Path of a CSV, JSON, JSON Lines or XLSX file, a pandas DataFrame, or a list of records.
    columns
        The names of the columns by part (`prompt`, `completion`, `system`, `conversation`, `group`, `split`); the first
        three are called Prompt, Completion and System, in any case, where they are not named.
    system
        The system prompt of rows that have none of their own.
    delimiter, encoding
        Of a text file, where it should not be found by looking.

    Raises
    ------
    TypeError
        If the source is something else.
    ValueError
        If `system` is blank, one column is named twice, or there is no such delimiter or encoding.
    """
    if system is not None and not system.strip():
        raise ValueError("system is blank; leave it out for no system prompt")
    found = _look(source, columns, delimiter, encoding)
    if isinstance(found, Finding):
        return [found]
    if found.header is None and any(part in columns for part in _TEXTS):
        names = tuple(map(str, found.first)) if isinstance(found.first, dict) else ()
        found = _Found(Flat(found.rows, names), "records", Header(names, found.rows.from_file), findings=found.findings)
    return _records(found, columns, system) if found.header is None else _table(found, found.header, columns, system)


def column_names(source: Source, *, delimiter: str | None = None, encoding: str | None = None) -> list[str] | Finding:
    """Return the names of the columns of a source, or the finding that says why it cannot be read.

    Each name is there once; chats and other records of a known form have no columns.
    """
    found = _look(source, {}, delimiter, encoding)
    if isinstance(found, Finding):
        return found
    if found.header is not None:
        return list(dict.fromkeys(name for name in found.header.names if name))
    if not isinstance(found.first, dict) or kind_of(found.first) != "unknown":
        return []
    return [str(key) for key in found.first]


def _table(found: _Found, header: Header, columns: Mapping[str, str], system: str | None) -> Opened | list[Finding]:
    places = find(header, columns)
    if isinstance(places, list):
        return places
    findings = [*found.findings, *ignored(header, places), *_system_named_like_a_column(header.names, system)]
    kind = TurnReader if "conversation" in places else CellReader
    return Opened(found.rows, kind(header.names, places, system, found.kind), findings)


def _records(found: _Found, columns: Mapping[str, str], system: str | None) -> Opened | list[Finding]:
    keys = found.first if isinstance(found.first, dict) else {}
    missing = [missing_key(name, join_names(map(str, keys))) for name in columns.values() if keys and name not in keys]
    if missing:
        return missing
    rest = {key: value for key, value in keys.items() if key not in columns.values()}
    reader = RecordReader(system, dict(columns), kind_of(rest or found.first))
    return Opened(found.rows, reader, found.findings)


def _look(source: Source, columns: Mapping[str, str], delimiter: str | None, encoding: str | None) -> _Found | Finding:
    """Return the source, recognised, or the finding that says why it cannot be read."""
    if is_frame(source):
        records = of_records(source) and not any(part in columns for part in _TEXTS)
        held = read_frame(source, records=records)
        if records:
            return _Found(held, "records", first=held.values[0] if held.values else None, findings=held.notes)
        return _Found(held, "DataFrame", Header(frame_header(source)), findings=held.notes)
    if isinstance(source, (str, os.PathLike)):
        try:
            return _file(Path(source), columns, delimiter, encoding)
        except (OSError, UnicodeEncodeError) as error:
            return _cannot_open(Path(source), error)
        except ValueError as error:
            if "\0" not in str(source):
                raise
            return _cannot_open(Path(source), error)
    if is_records(source):
        held = Held("records", [record(source[place]) for place in range(len(source))])
        return _Found(held, "records", first=held.values[0] if held.values else None)
    raise TypeError(
        "the source is the path of a CSV, JSON Lines or XLSX file, a list of records, or a pandas DataFrame, "
        f"not a {type(source).__name__}: pd.DataFrame(...) makes one."
    )


def _file(path: Path, columns: Mapping[str, str], delimiter: str | None, encoding: str | None) -> _Found | Finding:
    name = printable(path.name)
    if path.exists() and not (path.is_file() or path.is_dir()):
        message = f"{quote(str(path))} is a device or a pipe, which can be read only once."
        return Finding(id="not-readable", level="error", message=message, fix="Save what comes out of it as a file.")
    with path.open("rb") as file:
        head = file.read(_HEAD)
    foreign = unsupported.foreign_bytes(head, path, name)
    if foreign is not None:
        return foreign
    if unsupported.is_zip(head):
        return _workbook(path, name, columns)
    opened = open_text(path, name, encoding)
    if isinstance(opened, Finding):
        return opened
    text, findings = opened
    start = _beginning(text)
    if start is None:
        return unsupported.empty(name, "blank")
    kind = unsupported.text_kind(start, name)
    if isinstance(kind, Finding):
        return kind
    if kind == "table":
        table = csv.look(text, wanted(columns), delimiter)
        if isinstance(table, Finding):
            return table
        return _Found(table, "file", Header(table.header, True, table.header_line), findings=findings)
    if kind == "document":
        held = read_document(text)
        if isinstance(held, Finding):
            return held
        first = held.values[0] if held.values else None
        return _Found(held, "records", first=first, findings=[*findings, *held.notes])
    rows = jsonl_lines.look(text)
    return (
        rows
        if isinstance(rows, Finding)
        else _Found(rows, "records", first=rows.first(), findings=[*findings, *rows.findings()])
    )


def _workbook(path: Path, name: str, columns: Mapping[str, str]) -> _Found | Finding:
    book = read_workbook(path, name, wanted(columns))
    if isinstance(book, Finding):
        return book
    held, header, line = book
    return _Found(held, "workbook", Header(header, True, line))


def _beginning(text: Text) -> str | None:
    """Return the first part of a text that is not blank, None if all of it is."""
    with text.open() as file:
        file.seek(text.start)
        while data := file.read(_HEAD):
            part = data.decode("utf-8", "ignore")
            if not unsupported.is_blank(part):
                return part
    return None


def _cannot_open(path: Path, error: Exception) -> Finding:
    text = str(path)
    if "\n" in text or text.startswith(("http:", "https:")):
        kind = "the text of a table" if "\n" in text else "a web address"
        message = f"{quote(text)} is {kind}, not the path of a file."
        return Finding(id="not-found", level="error", message=message, fix="Save it as a CSV file and give its path.")
    if isinstance(error, IsADirectoryError) or path.is_dir():
        return Finding(id="not-found", level="error", message=f"{quote(text)} is a folder.", fix="Name a CSV file in it.")
    if not isinstance(error, FileNotFoundError):
        message = f"{quote(text)} cannot be opened: {getattr(error, 'strerror', None) or error}."
        return Finding(id="not-readable", level="error", message=message, fix="Check the path and its permissions.")
    close = difflib.get_close_matches(path.name, _files_beside(path), n=1, cutoff=0.75)
    hint = f"Did you mean {quote(close[0])}?" if close else "Check its name and folder."
    return Finding(id="not-found", level="error", message=f"There is no file {quote(text)}.", fix=hint)


def _files_beside(path: Path) -> list[str]:
    try:
        return [file.name for file in path.parent.iterdir() if file.is_file()]
    except OSError:
        return []


def _system_named_like_a_column(header: tuple[str, ...], system: str | None) -> list[Finding]:
    """Return a warning if the text given as system prompt is the name of a column: probably it was meant as one."""
    if system is None or normalize(system) not in map(normalize, header):
        return []
    message = f"system={quote(system)} is used as the text of the system prompt, and a column has that name."
    fix = f"If the column was meant: system_column={quote(system)}."
    return [Finding(id="system-is-a-column", level="warning", message=message, fix=fix, field=system)]
