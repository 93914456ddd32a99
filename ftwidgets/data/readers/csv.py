"""Read a CSV: find its delimiter and its header, then yield its rows."""

import itertools
from collections import deque
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO

from ftwidgets.data.findings import Finding
from ftwidgets.data.readers.columns import clean_name
from ftwidgets.data.readers.encoding import TextFile
from ftwidgets.data.readers.file_formats import empty_file, other_format
from ftwidgets.data.readers.source import RowOrFindings, UnreadableError
from ftwidgets.data.readers.stream.csv_records import CsvRecord, split_records
from ftwidgets.data.rows import Row
from ftwidgets.data.text import normalize, quote

_DELIMITERS = (",", ";", "\t", "|", "^", "~", "\x1f", "\x01")
_N_SAMPLED = 20  # records that decide on the delimiter
_NAMED_DELIMITERS = {"tab": "\t", r"\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}


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
        self.name, self.path, self.size = self.text.name, self.text.path, self.text.fingerprint.size

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
    """Return the table in a text; `expected` are the names of the columns to look for.

    The text holds more than whitespace and delimiters: `open` has rejected others.

    Raises
    ------
    UnreadableError
        If there is no table, or a quote is never closed.
    ValueError
        If `delimiter` is no single character that could be one.
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
