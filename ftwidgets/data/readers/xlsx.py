"""Read an Excel workbook (.xlsx): the sheet with the columns, its cells as they were last saved, its own row numbers.

Left out: old workbooks (.xls), formulas without a saved result, formats: a number is written as Python does.
"""

import warnings
import zipfile
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ftwidgets.data.readers.columns import Header, clean_name
from ftwidgets.data.readers.file_formats import NOT_READABLE, empty_file, other_format
from ftwidgets.data.readers.in_memory import RowsInMemory
from ftwidgets.data.readers.source import UnreadableError
from ftwidgets.data.readers.table import is_empty
from ftwidgets.data.text import normalize, quote

LARGEST = 400 * 1024 * 1024  # bytes of XML, unpacked; a million rows of 400 letters
_SAVE_AS_CSV = "Open it in its program and save the sheet as CSV (UTF-8)."


@dataclass
class Sheet:
    """A sheet from its first filled row on: the number of each row, and its cells."""

    title: str
    numbers: list[int] = field(default_factory=list)
    cells: list[tuple[Any, ...]] = field(default_factory=list)


def read_workbook(path: Path, name: str, expected: Collection[str]) -> tuple[RowsInMemory, Header]:
    """Return the rows of a workbook and their header; `expected` are the names of the columns to look for.

    Raises UnreadableError if it is too large, damaged or empty, and OSError if the file cannot be read.
    """
    if (n_bytes := _unpacked_size(path)) > LARGEST:
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


def _unpacked_size(path: Path) -> int:
    try:
        with zipfile.ZipFile(path) as archive:
            return sum(member.file_size for member in archive.infolist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        return 0  # reported when it is read


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
