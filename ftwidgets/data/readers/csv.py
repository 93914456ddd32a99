"""Read a CSV: find its delimiter and its header, then yield its rows.

Lines are split as `csv.reader` does. Most have no quote, or only whole cells in quotes: those are split here, several times
faster than the module does; every other line goes to the module. A test holds both to the same cells.
"""

import csv
import itertools
import re
from collections import deque
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO, TypeAlias

from ftwidgets.data.findings import Finding, FindingType
from ftwidgets.data.readers.columns import clean_name
from ftwidgets.data.readers.file_formats import empty_file, other_format
from ftwidgets.data.readers.source import RowOrFindings, UnreadableError
from ftwidgets.data.readers.text_file import TextFile
from ftwidgets.data.rows import Row
from ftwidgets.data.text import normalize, pluralize, quote

OPEN_QUOTE = FindingType(
    "open-quote", "error", title="A quote opens and never closes",
    why="Everything after it is one cell, so rows are lost.",
    fix="Go to the line that is named and close the quote, or double it if it belongs to the text.",
)  # fmt: skip

_DELIMITERS = (",", ";", "\t", "|", "^", "~", "\x1f", "\x01")
_N_SAMPLED = 20  # records that decide on the delimiter
_NAMED_DELIMITERS = {"tab": "\t", r"\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}

# The line and the byte offset where a record begins, and its cells; or the finding that a quote is never closed.
CsvRecord: TypeAlias = "tuple[int, int, list[str] | Finding]"


@dataclass
class CsvRows:
    """The rows of a CSV file below its header."""

    text: TextFile
    delimiter: str
    header: tuple[str, ...]
    header_line: int
    header_offset: int
    from_file: bool = True
    n_rows: int = 0

    def __post_init__(self) -> None:
        self.name, self.path, self.size = self.text.name, self.text.path, self.text.size

    def read(self) -> Iterator[RowOrFindings]:
        """Yield all rows."""
        with self.text.open() as file:
            records = split_records(file, self.text, self.delimiter, self.header_line, self.header_offset)
            next(records)  # the header
            self.n_rows = 0
            for row in _number_rows(records, 1):
                self.n_rows += 1
                yield row

    def read_from(self, places: Sequence[Row]) -> Iterator[Iterator[RowOrFindings]]:
        """Yield, for each place, the rows from there on."""
        with self.text.open(random_access=True) as file:
            for place in places:
                records = split_records(file, self.text, self.delimiter, place.line or 1, place.offset)
                yield _number_rows(records, place.order)

    def final_findings(self) -> list[Finding]:
        """Return nothing: all is known when the file is opened."""
        return []


def find_table(text: TextFile, expected: Collection[str], delimiter: str | None) -> CsvRows:
    """Return the table in a text that is not blank; `expected` are the names of the columns to look for.

    Raises UnreadableError if there is no table, or a quote is never closed; ValueError for an impossible delimiter.
    """
    if long_line := text.statistics.long_line:
        description = f"no table that can be read: line {long_line:,} has more than 8 MB"
        raise UnreadableError(other_format(text.name, description, "Save it with a line for each row.", line=long_line))
    with text.open() as file:
        line, offset, named_delimiter = _read_sep_line(file, text)
        if delimiter is None:
            delimiter = named_delimiter or _guess_delimiter(file, text, expected, line, offset)
        delimiter = _NAMED_DELIMITERS.get(delimiter, delimiter)
        if len(delimiter) != 1 or delimiter in '"\r\n' or not delimiter.isascii():
            raise ValueError(f'the delimiter is one character, such as ";" or "\\t", not {quote(delimiter)}')
        if text.statistics.n_quotes % 2:  # one may be left open; if it is, that is the last record
            last = deque(split_records(file, text, delimiter, line, offset), maxlen=1)
            if last and isinstance(last[0][2], Finding):
                raise UnreadableError(last[0][2])
        records = split_records(file, text, delimiter, line, offset)
        filled = (record for record in records if isinstance(record[2], Finding) or not _is_blank(record[2]))
        line, offset, cells = next(filled, (1, 0, []))
    if not cells:
        raise UnreadableError(empty_file(text.name, "blank"))
    if isinstance(cells, Finding):
        raise UnreadableError(cells)
    header = tuple(map(clean_name, cells))
    if len(header) < 2 and not {normalize(column) for column in header} & {normalize(column) for column in expected}:
        description = f"no table: its first line, {quote(header[0])}, has no comma, semicolon, tab or bar that makes columns"
        fix = "A CSV with a header line such as Prompt,Completion is needed."
        raise UnreadableError(other_format(text.name, description, fix, line=line))
    return CsvRows(text, delimiter, header, line, offset)


def _number_rows(records: Iterator[CsvRecord], order: int) -> Iterator[RowOrFindings]:
    """Yield records as rows; `order` is the number of the first."""
    new = tuple.__new__
    for line, offset, cells in records:
        if isinstance(cells, Finding):
            yield [replace(cells, row=order, order=order)]
        else:
            yield new(Row, (order, line, order, cells, offset))  # half the time of Row(...)
        order += 1


def _read_sep_line(file: BinaryIO, text: TextFile) -> tuple[int, int, str | None]:
    """Return the line and the offset of the table, and its delimiter if Excel's own first line (`sep=;`) names it."""
    file.seek(text.start)
    raw = file.readline(64)
    first = raw.strip().strip(b'"').lower()
    if first.startswith(b"sep=") and len(first) == 5:
        return 2, text.start + len(raw), first[4:].decode("latin-1")
    if raw.lower().strip(b"\r\n") == b"sep=\t":
        return 2, text.start + len(raw), "\t"
    return 1, text.start, None


def _guess_delimiter(file: BinaryIO, text: TextFile, expected: Collection[str], line: int, offset: int) -> str:
    """Return the delimiter that shows most of the expected columns, else the one that makes the most regular table."""
    names = set(map(normalize, expected))

    def score(delimiter: str) -> tuple[int, bool, int, int]:
        found = (cells for _, _, cells in split_records(file, text, delimiter, line, offset))
        filled = (cells for cells in found if isinstance(cells, list) and not _is_blank(cells))
        sample = list(itertools.islice(filled, _N_SAMPLED))
        header = sample[0] if sample else []
        n_as_wide = sum(len(cells) == len(header) for cells in sample)
        return (len(names & {normalize(clean_name(cell)) for cell in header}), len(header) > 1, n_as_wide, len(header))

    return max(_DELIMITERS, key=score)


def _is_blank(cells: list[str]) -> bool:
    return not any(map(clean_name, cells))


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
                cells = [cell.replace("\r\n", "\n") for cell in cells]  # CRLF is a habit of the file, not part of the text
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
