"""An Excel workbook (.xlsx): the sheet with the columns, its cells as they were last saved, its own row numbers.

Left out: old workbooks (.xls), formulas without a saved result, formats: a number is written as Python does.
"""

import warnings
import zipfile
from collections.abc import Collection
from pathlib import Path
from typing import Any

from ftwidgets.data.findings import Finding
from ftwidgets.data.readers.columns import clean
from ftwidgets.data.readers.in_memory import Held
from ftwidgets.data.readers.table import is_empty
from ftwidgets.data.readers.unsupported import empty, other_format
from ftwidgets.data.text import normalize, quote

LARGEST = 400 * 1024 * 1024  # bytes of XML, unpacked; a million rows of 400 letters
_SAVE_AS_CSV = "Open it in its program and save the sheet as CSV (UTF-8)."

Sheet = tuple[str, list[int], list[tuple[Any, ...]]]  # title, row numbers, cells


def read_workbook(path: Path, name: str, wanted: Collection[str]) -> "tuple[Held, tuple[str, ...], int] | Finding":
    """Return the rows of a workbook, the names of its columns and the row they stand in; or why there are none.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    if (unpacked := _unpacked(path)) > LARGEST:
        message = f"{quote(name)} holds {unpacked / 2**20:,.0f} MB of cells, more than can be read at once."
        return Finding(id="not-readable", level="error", message=message, fix=_SAVE_AS_CSV)
    try:
        found = _sheets(path, wanted)
    except OSError:
        raise
    except Exception as error:  # openpyxl and the XML behind it raise whatever a damaged part runs into
        why = f"a workbook that cannot be read ({type(error).__name__}): it is damaged, or not quite an Excel workbook"
        return other_format(name, why, "Open it in Excel or LibreOffice, save it again, or save the sheet as CSV (UTF-8).")
    if found is None:
        return empty(name, "a workbook without a filled sheet")
    (title, numbers, cells), several = found
    header = tuple(clean("" if value is None else str(value)) for value in cells[0])
    while header and not header[-1]:
        header = header[:-1]
    rows = [row[: len(header)] for row in cells[1:]]
    called = f"{name}, sheet {quote(title, 40)}" if several else name
    return Held(called, rows, lines=numbers[1:], path=path, size=path.stat().st_size, from_file=True), header, numbers[0]


def _unpacked(path: Path) -> int:
    try:
        with zipfile.ZipFile(path) as archive:
            return sum(member.file_size for member in archive.infolist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        return 0  # said when it is read


def _sheets(path: Path, wanted: Collection[str]) -> tuple[Sheet, bool] | None:
    """Return the sheet with most of the columns, the first of equals, and whether others are filled; None if none is."""
    import openpyxl

    names = set(map(normalize, wanted))
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
                known = len(names & {normalize(clean(str(value))) for value in header})
                if known > most:
                    most, best = known, (sheet.title, [], [])
            if best is None:
                return None
            title, numbers, cells = best
            for number, row in enumerate(book[title].iter_rows(values_only=True), start=1):
                if cells or not all(map(is_empty, row)):
                    numbers.append(number)
                    cells.append(row)
        finally:
            book.close()
    while all(map(is_empty, cells[-1])):  # sheets often end with empty rows that have a format
        cells.pop()
        numbers.pop()
    return best, n_filled > 1
