"""Split a CSV into records as `csv.reader` does, each with its line and its byte offset, so that it can be read again.

Most lines have no quote, or only whole cells in quotes: those are split here, several times faster than the module does;
every other line goes to the module. A test holds both to the same cells.
"""

import csv
import re
from collections.abc import Iterator
from typing import BinaryIO, TypeAlias

from ftwidgets.data.findings import Finding, FindingType
from ftwidgets.data.readers.encoding import TextFile
from ftwidgets.data.text import pluralize

OPEN_QUOTE = FindingType(
    "open-quote",
    "error",
    title="A quote opens and never closes",
    why="Everything after it is one cell, so rows are lost.",
    todo="Go to the line that is named and close the quote, or double it if it belongs to the text.",
)

# The line and the byte offset where a record begins, and its cells; or the finding that a quote is never closed.
CsvRecord: TypeAlias = "tuple[int, int, list[str] | Finding]"


class MalformedCell(str):
    """A cell with a quote inside its quotes that is not doubled: its text as it was read, not as it was meant."""


class LineFeeder:
    """Feeds lines to `csv.reader`: the current one, then, while a quote is open, those after it in the file."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._line: str | None = None
        self.n_lines = self.n_bytes = 0  # read after the current line
        self.at_end = False  # the file ended while a quote was open

    def set_line(self, line: str) -> None:
        """Make a line the current one."""
        self._line = line
        self.n_lines = self.n_bytes = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._line
        if line is not None:
            self._line = None
            return line
        raw = self._file.readline()
        if not raw:
            self.at_end = True
            raise StopIteration
        self.n_lines += 1
        self.n_bytes += len(raw)
        return raw.decode()


def split_records(file: BinaryIO, text: TextFile, delimiter: str, line: int, offset: int) -> Iterator[CsvRecord]:
    """Yield the records of a CSV from an offset on, which is the beginning of a line; blank lines are skipped."""
    file.seek(offset)
    feeder = LineFeeder(file)
    reader = csv.reader(feeder, delimiter=delimiter, strict=True)  # strict: rejects text behind a closing quote
    line_end = "\r\n" if text.has_cr else "\n"
    for raw in iter(file.readline, b""):
        start, first = offset, line
        offset += len(raw)
        line += 1
        body = raw.decode().rstrip(line_end)
        if '"' not in body:
            if body:
                yield first, start, body.split(delimiter)
            continue
        cells = split_quoted_line(body, delimiter)
        if cells is None:
            feeder.set_line(body + "\n")
            try:
                cells = next(reader)
            except csv.Error as error:
                cells = None if feeder.n_lines or feeder.at_end else split_malformed_line(body, delimiter)
                if cells is None:
                    too_long = "limit" in str(error)
                    yield first, start, _open_quote(feeder, first, too_long=too_long)
                    if feeder.at_end or too_long:
                        return
            line += feeder.n_lines
            offset += feeder.n_bytes
            if feeder.n_lines and text.has_cr and cells is not None:
                cells = normalize_newlines(cells)
        if cells is not None:
            yield first, start, cells


def split_quoted_line(line: str, delimiter: str) -> list[str] | None:
    """Return the cells of a line whose quotes enclose whole cells and nothing else; None for any other line."""
    parts = line.split('"')
    last = len(parts) - 1
    if last % 2:
        return None
    first = parts[0]
    cells = []
    if first:
        if first[-1] != delimiter:
            return None
        cells = first[:-1].split(delimiter)
    for place in range(2, last, 2):
        cells.append(parts[place - 1])
        between = parts[place]
        if between != delimiter:
            if len(between) < 2 or between[0] != delimiter or between[-1] != delimiter:
                return None
            cells += between[1:-1].split(delimiter)
    cells.append(parts[last - 1])
    rest = parts[last]
    if rest:
        if rest[0] != delimiter:
            return None
        cells += rest[1:].split(delimiter)
    return cells


def split_malformed_line(line: str, delimiter: str) -> list[str] | None:
    """Return the cells of one line that `csv.reader` rejects: with a very long cell, or text behind a closing quote.

    None if a quote is left open. Text behind a closing quote is part of the cell, as it is for the module by default; the
    cell is a `MalformedCell` then. Whitespace behind it does no harm.
    """
    escaped = re.escape(delimiter)
    cell = re.compile(rf'(?:"((?:[^"]|"")*+)"([^{escaped}]*)|([^"{escaped}][^{escaped}]*|))({escaped}|$)')
    cells: list[str] = []
    position = 0
    while (match := cell.match(line, position)) is not None:
        inside, behind, bare, end = match.groups()
        text = bare if inside is None else inside.replace('""', '"') + behind
        cells.append(MalformedCell(text) if behind and not behind.isspace() else text)
        position = match.end()
        if not end:
            return cells
    return None


def normalize_newlines(cells: list[str]) -> list[str]:
    """Return the cells with LF line breaks: CRLF is a habit of the file, not part of the text."""
    return [cell.replace("\r\n", "\n") for cell in cells]


def _open_quote(feeder: LineFeeder, line: int, *, too_long: bool) -> Finding:
    """Return the finding for a quote that is never closed, with what became of the rows below it."""
    if feeder.at_end:
        effect = "it is never closed, so the rest of the file became one cell."
    elif too_long:
        effect = f"its cell runs on for more than {pluralize(csv.field_size_limit(), 'character')}."
    else:
        end = line + feeder.n_lines
        effect = (
            f"the next one, on line {end:,}, is in the middle of a text, so everything between became one cell; it is left out."
        )
    message = f'A double quote (") opens a cell on this row and {effect}'
    fix = 'Close the quote; a quote inside a quoted cell is written twice ("").'
    return OPEN_QUOTE(message, fix, line=line)
