"""One record of a CSV from the lines it stands on, as `csv.reader` reads it, and where it ends.

Most lines have no quote, or only whole cells in quotes: those are split here, several times faster than the module does;
every other line goes to the module. A test holds both to the same cells.
Left out: which delimiter it is, and what the cells mean.
"""

import csv
import re
from collections.abc import Iterator
from typing import BinaryIO


class Stray(str):
    """A cell with a quote inside its quotes that is not doubled, as it was read: not as it was meant."""


class Feed:
    """Lines for `csv.reader`: the one in hand, then, while a quote is open, those after it in the file."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._line: str | None = None
        self.n_lines = self.n_bytes = 0
        self.ended = False  # the file ended while a quote was open

    def take(self, line: str) -> None:
        """Put a line in hand; the lines read after it are counted from there."""
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
            self.ended = True
            raise StopIteration
        self.n_lines += 1
        self.n_bytes += len(raw)
        return raw.decode()


def whole_cells(line: str, delimiter: str) -> list[str] | None:
    """Return the cells of a line whose quotes enclose whole cells and nothing else; None if there is more to them."""
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


def long_cells(line: str, delimiter: str) -> list[str] | None:
    """Return the cells of one line that `csv.reader` refuses: with a very long one, or text behind a closing quote.

    None if a quote is left open. Text behind a closing quote is part of the cell, as it is for the module by default; the
    cell is a `Stray` then. Blanks behind it are no harm.
    """
    mark = re.escape(delimiter)
    cell = re.compile(rf'(?:"((?:[^"]|"")*+)"([^{mark}]*)|([^"{mark}][^{mark}]*|))({mark}|$)')
    cells: list[str] = []
    at = 0
    while (found := cell.match(line, at)) is not None:
        inside, behind, bare, end = found.groups()
        text = bare if inside is None else inside.replace('""', '"') + behind
        cells.append(Stray(text) if behind and not behind.isspace() else text)
        at = found.end()
        if not end:
            return cells
    return None


def tidy(cells: list[str]) -> list[str]:
    """Return the cells with LF line breaks: CRLF is a habit of the file, not part of the text."""
    return [cell.replace("\r\n", "\n") for cell in cells]


def reader(feed: Feed, delimiter: str) -> "Iterator[list[str]]":
    """Return the module's reader over a feed, which refuses text behind a closing quote."""
    return csv.reader(feed, delimiter=delimiter, strict=True)
