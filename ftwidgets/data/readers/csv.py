"""A CSV of any size: delimiter found, quoted line breaks kept, each row with its line and its place in the file.

Left out: what the rows mean (`cells`).
"""

import csv
import itertools
from collections import deque
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import BinaryIO

from ftwidgets.data.findings import Finding
from ftwidgets.data.readers.columns import clean
from ftwidgets.data.readers.csv_records import Feed, long_cells, reader, tidy, whole_cells
from ftwidgets.data.readers.source import Walk
from ftwidgets.data.readers.text_file import Text
from ftwidgets.data.readers.unsupported import empty, other_format
from ftwidgets.data.rows import Row
from ftwidgets.data.text import normalize, pluralize, quote

_DELIMITERS = (",", ";", "\t", "|", "^", "~", "\x1f", "\x01")
_LOOK_AT = 20  # records that decide on the delimiter
_NAMED = {"tab": "\t", r"\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}

Record = tuple[int, int, "list[str] | Finding"]  # line, offset, cells; or that a quote is open


@dataclass
class Delimited:
    """The rows of a CSV file below its header."""

    text: Text
    delimiter: str
    header: tuple[str, ...]
    header_line: int
    header_offset: int
    from_file: bool = True
    n_rows: int = 0

    def __post_init__(self) -> None:
        self.name, self.path, self.size = self.text.name, self.text.path, self.text.stamp.size

    @contextmanager
    def reading(self, *, apart: bool = False) -> Iterator[Walk]:
        """Open the file; see `opened.Rows`."""
        with self.text.open(apart=apart) as file:
            yield lambda place: self._walk(file, place)

    def remarks(self) -> list[Finding]:
        """Nothing: all is known when the file is opened."""
        return []

    def _walk(self, file: BinaryIO, place: Row | None) -> Iterator[Row | list[Finding]]:
        order, line, offset = 0, self.header_line, self.header_offset
        if place is not None:
            order, line, offset = place.order - 1, place.line or 1, place.offset
        records = _records(file, self.text, self.delimiter, line, offset)
        if place is None:
            next(records)  # the header
        new = tuple.__new__
        try:
            for line, offset, cells in records:
                order += 1
                if isinstance(cells, Finding):
                    yield [replace(cells, row=order, order=order)]
                    continue
                yield new(Row, (order, line, order, cells, offset))  # half the time of Row(...)
        finally:
            if place is None:
                self.n_rows = order


def look(text: Text, wanted: Collection[str], delimiter: str | None) -> Delimited | Finding:
    """Return the table in a text, or the finding that says why there is none.

    `wanted` are the columns looked for. The text holds more than blanks and delimiters: `kinds` turned others away.

    Raises
    ------
    ValueError
        If `delimiter` is no single character that could be one.
    """
    if text.long_line:
        what = f"no table that can be read: line {text.long_line:,} has more than 8 MB"
        return other_format(text.name, what, "Save it with a line for each row.", line=text.long_line)
    with text.open() as file:
        begin = _first_line(file, text)
        if delimiter is None:
            delimiter = begin[2] or _delimiter(file, text, wanted, begin[:2])
        delimiter = _checked(delimiter)
        if text.n_quotes % 2 and (open_quote := _left_open(file, text, delimiter, begin[:2])) is not None:
            return open_quote
        records = _records(file, text, delimiter, *begin[:2])
        filled = (record for record in records if isinstance(record[2], Finding) or not _is_blank(record[2]))
        line, offset, cells = next(filled, (1, 0, []))
        if not cells:
            return empty(text.name, "blank")
        if isinstance(cells, Finding):
            return cells
        header = tuple(map(clean, cells))
        if len(header) < 2 and not {normalize(column) for column in header} & {normalize(column) for column in wanted}:
            return _no_columns(text.name, header[0], line)
    return Delimited(text, delimiter, header, line, offset)


def _records(file: BinaryIO, text: Text, delimiter: str, line: int, offset: int) -> Iterator[Record]:
    """Yield each record that is no blank line: its line, its offset, its cells, or the finding about an open quote."""
    file.seek(offset)
    feed = Feed(file)
    slow = reader(feed, delimiter)
    end = "\r\n" if text.has_cr else "\n"
    for raw in iter(file.readline, b""):
        start, first = offset, line
        offset += len(raw)
        line += 1
        body = raw.decode().rstrip(end)
        if '"' not in body:
            if body:
                yield first, start, body.split(delimiter)
            continue
        cells = whole_cells(body, delimiter)
        if cells is None:
            feed.take(body + "\n")
            try:
                cells = next(slow)
            except csv.Error as error:
                cells = None if feed.n_lines or feed.ended else long_cells(body, delimiter)
                if cells is None:
                    yield first, start, _open_quote(first, _effect(error, feed, first))
                    if feed.ended or _is_limit(error):
                        return
            line += feed.n_lines
            offset += feed.n_bytes
            if feed.n_lines and text.has_cr and cells is not None:
                cells = tidy(cells)
        if cells is not None:
            yield first, start, cells


def _is_limit(error: csv.Error) -> bool:
    """Tell whether a cell was longer than the module takes."""
    return "limit" in str(error)


def _first_line(file: BinaryIO, text: Text) -> tuple[int, int, str | None]:
    """Return where the table begins, and its delimiter if Excel's own first line (`sep=;`) names it."""
    file.seek(text.start)
    raw = file.readline(64)
    first = raw.strip().strip(b'"').lower()
    if first.startswith(b"sep=") and len(first) == 5:
        return 2, text.start + len(raw), first[4:].decode("latin-1")
    if raw.lower().strip(b"\r\n") == b"sep=\t":
        return 2, text.start + len(raw), "\t"
    return 1, text.start, None


def _delimiter(file: BinaryIO, text: Text, wanted: Collection[str], begin: tuple[int, int]) -> str:
    """Return the delimiter that shows most of the wanted columns, else the one that makes the most regular table."""
    names = set(map(normalize, wanted))

    def evidence(delimiter: str) -> tuple[int, bool, int, int]:
        found = (cells for _, _, cells in _records(file, text, delimiter, *begin))
        filled = (cells for cells in found if isinstance(cells, list) and not _is_blank(cells))
        first = list(itertools.islice(filled, _LOOK_AT))
        header = first[0] if first else []
        alike = sum(len(cells) == len(header) for cells in first)
        return (len(names & {normalize(clean(cell)) for cell in header}), len(header) > 1, alike, len(header))

    return max(_DELIMITERS, key=evidence)


def _checked(delimiter: str) -> str:
    delimiter = _NAMED.get(delimiter, delimiter)
    if len(delimiter) != 1 or delimiter in '"\r\n' or not delimiter.isascii():
        raise ValueError(f'the delimiter is one character, such as ";" or "\\t", not {quote(delimiter)}')
    return delimiter


def _left_open(file: BinaryIO, text: Text, delimiter: str, begin: tuple[int, int]) -> Finding | None:
    """Return the finding for a quote that is never closed, where the number of quotes makes one likely."""
    last = deque(_records(file, text, delimiter, *begin), maxlen=1)
    return last[0][2] if last and isinstance(last[0][2], Finding) else None


def _is_blank(cells: list[str]) -> bool:
    return not any(map(clean, cells))


def _effect(error: csv.Error, feed: Feed, first: int) -> str:
    """Return what became of the rows below an open quote."""
    if feed.ended:
        return "it is never closed, so the rest of the file became one cell."
    if _is_limit(error):
        return f"its cell runs on for more than {pluralize(csv.field_size_limit(), 'character')}."
    end = first + feed.n_lines
    return f"the next one, on line {end:,}, stands in the middle of a text, so all between became one cell; it is left out."


def _open_quote(line: int, effect: str) -> Finding:
    message = f'A double quote (") opens a cell on this row and {effect}'
    fix = 'Close the quote; a quote inside a quoted cell is written twice ("").'
    return Finding(id="open-quote", level="error", message=message, fix=fix, line=line)


def _no_columns(name: str, header: str, line: int) -> Finding:
    what = f"no table: its first line, {quote(header)}, has no comma, semicolon, tab or bar that makes columns"
    return other_format(name, what, "A CSV with a header line such as Prompt,Completion is needed.", line=line)
