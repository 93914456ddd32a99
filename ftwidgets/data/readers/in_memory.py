"""Rows that are in memory: of a DataFrame, a list of records, a workbook, a JSON document."""

import warnings
import zipfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ftwidgets.data.findings import Finding, FindingType
from ftwidgets.data.readers.columns import Header, clean_name
from ftwidgets.data.readers.file_formats import NOT_READABLE, empty_file, other_format
from ftwidgets.data.readers.source import RowOrFindings, UnreadableError
from ftwidgets.data.readers.table import is_empty, is_missing
from ftwidgets.data.rows import Row
from ftwidgets.data.text import normalize, printable, quote

if TYPE_CHECKING:
    import pandas as pd

REPEATED_INDEX = FindingType(
    "repeated-index", "note", title="The index of the DataFrame repeats labels",
    why="A label that two rows share does not show where a problem is, so rows are named by their position.",
    fix="`frame.reset_index(drop=True)` gives each row its own label.",
)  # fmt: skip

# Columns that hold lists of messages: such a row is read as a record.
_RECORD_COLUMNS = {"messages", "conversations", "preferred_output", "chosen"}

MAX_WORKBOOK = 400 * 1024 * 1024  # bytes of XML, unpacked; a million rows of 400 letters
_SAVE_AS_CSV = "Open it in its program and save the sheet as CSV (UTF-8)."


@dataclass
class RowsInMemory:
    """Rows in memory; `findings` are what is known before they are read."""

    name: str
    values: Sequence[Any]  # what each row holds: its cells, or a record
    labels: Sequence[int | str] | None = None  # what each is called; None for their numbers from 1
    lines: Sequence[int] | None = None  # of the file
    path: Path | None = None
    size: int | None = None
    from_file: bool = False
    n_rows: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def first(self) -> Any:
        """The value of the first row, None if there is none."""
        return self.values[0] if self.values else None

    def read(self) -> Iterator[RowOrFindings]:
        """Yield all rows."""
        self.n_rows = 0
        for row in self._rows(0):
            self.n_rows += 1
            yield row

    def read_from(self, places: Sequence[Row]) -> Iterator[Iterator[RowOrFindings]]:
        """Yield, for each place, the rows from there on."""
        return (self._rows(place.order - 1) for place in places)

    def final_findings(self) -> list[Finding]:
        """Return nothing: all is known from the beginning."""
        return []

    def _rows(self, start: int) -> Iterator[Row]:
        for position in range(start, len(self.values)):
            order = position + 1
            label = order if self.labels is None else self.labels[position]
            yield Row(order, None if self.lines is None else self.lines[position], label, self.values[position])


def holds_records(frame: "pd.DataFrame") -> bool:
    """Tell whether the rows of a DataFrame are records: whether a column holds lists of messages."""
    return any(str(column) in _RECORD_COLUMNS for column in frame.columns)


def read_frame(frame: "pd.DataFrame", *, as_records: bool) -> RowsInMemory:
    """Return the rows of a DataFrame; its index labels name them, or their positions where labels repeat."""
    findings = []
    if frame.index.is_unique:
        labels = [label if type(label) is int else printable(str(label), 40) for label in frame.index.tolist()]
    else:
        labels = list(range(len(frame)))
        message = "The index of the DataFrame repeats labels, so rows are named by position, counted from 0 as .iloc does."
        findings.append(REPEATED_INDEX(message, "reset_index() gives unique labels."))
    values: list[Any] = list(frame.itertuples(index=False, name=None))
    if as_records:
        names = [str(column) for column in frame.columns]
        values = [
            {name: _to_builtin(value) for name, value in zip(names, cells, strict=True) if not is_missing(value)}
            for cells in values
        ]
    return RowsInMemory("DataFrame", values, labels, findings=findings)


def read_list(records: Sequence[Any]) -> RowsInMemory:
    """Return the rows of a list of records, or of something that can be indexed like one (a Hugging Face dataset)."""
    values = [records[position] for position in range(len(records))]
    for position, record in enumerate(values):
        if isinstance(record, Mapping):
            # Of a record that holds lists, keys without a value are left out: Hugging Face fills them in.
            is_nested = any(not isinstance(value, str) and hasattr(value, "__len__") for value in record.values())
            values[position] = {key: _to_builtin(value) for key, value in record.items() if value is not None or not is_nested}
    return RowsInMemory("records", values)


def _to_builtin(value: Any) -> Any:
    """Return arrays as lists and mappings as dicts, all the way down: Parquet hands out arrays of them."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return {key: _to_builtin(inner) for key, inner in value.items() if not (inner is None and key != "content")}
    if isinstance(value, (list, tuple)):
        return [_to_builtin(inner) for inner in value]
    to_list = getattr(value, "tolist", None)
    return _to_builtin(to_list()) if callable(to_list) and hasattr(value, "ndim") and value.ndim else value


@dataclass
class Sheet:
    """A sheet from its first filled row on: the number of each row, and its cells."""

    title: str
    numbers: list[int] = field(default_factory=list)
    cells: list[tuple[Any, ...]] = field(default_factory=list)


def read_workbook(path: Path, name: str, expected: Collection[str]) -> tuple[RowsInMemory, Header]:
    """Return the rows of an Excel workbook (.xlsx) and their header; `expected` are the names of the columns to look for.

    They are those of the sheet with the columns, its cells as they were last saved, with its own row numbers. Left out: old
    workbooks (.xls), formulas without a saved result, formats: a number is written as Python does.

    Raises UnreadableError if it is too large, damaged or empty, and OSError if the file cannot be read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            n_bytes = sum(member.file_size for member in archive.infolist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        n_bytes = 0  # reported when it is read
    if n_bytes > MAX_WORKBOOK:
        message = f"{quote(name)} holds {n_bytes / 2**20:,.0f} MB of cells, more than can be read at once."
        raise UnreadableError(NOT_READABLE(message, _SAVE_AS_CSV))
    try:
        sheet, n_filled = _read_best_sheet(path, expected)
    except OSError:
        raise
    except Exception as error:  # openpyxl and the XML behind it raise whatever a damaged part runs into
        why = f"a workbook that cannot be read ({type(error).__name__}): it is damaged, or not quite an Excel workbook"
        fix = "Open it in Excel or LibreOffice, save it again, or save the sheet as CSV (UTF-8)."
        raise UnreadableError(other_format(name, why, fix)) from error
    if sheet is None:
        raise UnreadableError(empty_file(name, "a workbook without a filled sheet"))
    names = [clean_name("" if value is None else str(value)) for value in sheet.cells[0]]
    while names and not names[-1]:
        names.pop()
    values = [row[: len(names)] for row in sheet.cells[1:]]
    title = f"{name}, sheet {quote(sheet.title, 40)}" if n_filled > 1 else name
    rows = RowsInMemory(title, values, lines=sheet.numbers[1:], path=path, size=path.stat().st_size, from_file=True)
    return rows, Header(tuple(names), True, sheet.numbers[0])


def _read_best_sheet(path: Path, expected: Collection[str]) -> tuple[Sheet | None, int]:
    """Return the sheet with most of the expected columns (the first of equals), and how many sheets are filled."""
    import openpyxl

    names = set(map(normalize, expected))
    with path.open("rb") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about styles and validations, which are not read
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
        try:
            best: Sheet | None = None
            most, n_filled = -1, 0
            for sheet in book.worksheets:
                sheet.reset_dimensions()
                header = next((row for row in sheet.iter_rows(values_only=True) if not all(map(is_empty, row))), None)
                if header is None:
                    continue
                n_filled += 1
                n_known = len(names & {normalize(clean_name(str(value))) for value in header})
                if n_known > most:
                    most, best = n_known, Sheet(sheet.title)
            if best is None:
                return None, 0
            for number, row in enumerate(book[best.title].iter_rows(values_only=True), start=1):
                if best.cells or not all(map(is_empty, row)):
                    best.numbers.append(number)
                    best.cells.append(row)
        finally:
            book.close()
    while all(map(is_empty, best.cells[-1])):  # sheets often end with empty rows that have a format
        best.cells.pop()
        best.numbers.pop()
    return best, n_filled
