"""From the text of a CSV to a table: delimiter found, quoted line breaks kept, every row with its physical line.

Left out: delimiters other than comma, semicolon and tab.
"""

import csv
import io
import itertools
import secrets
from collections.abc import Collection, Iterator

from ftwidgets.prep.findings import Finding
from ftwidgets.prep.table import Row, Table
from ftwidgets.prep.words import counted, fold, quoted

_DELIMITERS = (",", ";", "\t")
_END = secrets.token_hex(16)  # fed to the reader after the last line: swallowed only by a quote left open
_LOOK_AT = 20  # records that decide on the delimiter


def parse(text: str, name: str, wanted: Collection[str]) -> Table | Finding:
    """Return the table in `text`, or the finding that says why there is none.

    `wanted` are the columns looked for. The text holds more than blanks and delimiters: `kinds` turned others away.
    """
    records = list(_records(text, _delimiter(text, wanted)))
    line, last = records.pop()
    if last is None:
        limit = counted(csv.field_size_limit(), "character")
        return _open_quote(line, f"its cell runs on for more than {limit}.")
    if last != [_END]:
        return _open_quote(line, "it is never closed, so the rest of the file became one cell.")
    filled = ((line, cells) for line, cells in records if cells)
    header_line, cells = next((line, cells) for line, cells in filled if not _is_blank(cells))
    header = tuple(map(clean, cells))
    if len(header) < 2 and not {fold(column) for column in header} & {fold(column) for column in wanted}:
        return _no_columns(name, header[0], header_line)
    tidy = _unix if "\r" in text else list
    rows = [
        Row(order=number, line=line, label=number, values=tuple(tidy(cells)))
        for number, (line, cells) in enumerate(filled, start=1)
    ]
    return Table(name=name, header=header, rows=rows, from_file=True, header_line=header_line)


def clean(name: str) -> str:
    """Return the name of a column without surrounding blanks and without stray byte order marks."""
    return name.replace("\ufeff", "").replace("\u200b", "").strip()


def _records(text: str, delimiter: str) -> Iterator[tuple[int, list[str] | None]]:
    """Yield each record with the physical line on which it begins.

    The last one is `[_END]` if all quotes are closed, and None if a cell is longer than the reader takes.
    """
    lines = io.StringIO(text if text.endswith(("\n", "\r")) else text + "\n", newline="")
    reader = csv.reader(itertools.chain(lines, [_END]), delimiter=delimiter)
    start = 1
    try:
        for cells in reader:
            yield start, cells
            start = reader.line_num + 1
    except csv.Error:
        yield start, None


def _delimiter(text: str, wanted: Collection[str]) -> str:
    """Return the delimiter that shows most of the wanted columns, else the one that makes the most regular table."""
    names = set(map(fold, wanted))

    def evidence(delimiter: str) -> tuple[int, bool, int, int]:
        filled = (cells for _, cells in _records(text, delimiter) if cells and cells != [_END] and not _is_blank(cells))
        first = list(itertools.islice(filled, _LOOK_AT))
        header = first[0] if first else []
        alike = sum(len(cells) == len(header) for cells in first)
        return (len(names & {fold(clean(cell)) for cell in header}), len(header) > 1, alike, len(header))

    return max(_DELIMITERS, key=evidence)


def _is_blank(cells: list[str]) -> bool:
    return not any(map(clean, cells))


def _unix(cells: list[str]) -> list[str]:
    """Return the cells with LF line breaks: CRLF is a habit of the file, not part of the text."""
    return [cell.replace("\r\n", "\n").replace("\r", "\n") for cell in cells]


def _open_quote(line: int, effect: str) -> Finding:
    message = f'A double quote (") opens a cell on this row and {effect}'
    fix = 'Close the quote; a quote inside a quoted cell is written twice ("").'
    return Finding(id="open-quote", level="error", message=message, fix=fix, line=line)


def _no_columns(name: str, header: str, line: int) -> Finding:
    message = f"The first line of {quoted(name)}, {quoted(header)}, has no comma, semicolon or tab that makes columns."
    fix = "A CSV with a header line such as Prompt,Completion is needed."
    return Finding(id="not-csv", level="error", message=message, fix=fix, line=line)
