"""A source that is open for reading: where its rows come from, what makes examples of them, and both together."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from ftwidgets.data.findings import Finding
from ftwidgets.data.rows import Row, TrainingRow
from ftwidgets.errors import DataError

RowOrFindings: TypeAlias = "Row | list[Finding]"  # the findings of a row that could not even be split into cells, or parsed
ParseResult: TypeAlias = "TrainingRow | list[Finding]"
Repair = Callable[[Any], Any]


class UnreadableError(Exception):
    """Raised while a source is opened, when it cannot be read as training data; `open_source` returns its findings."""

    def __init__(self, *findings: Finding) -> None:
        super().__init__(*findings)
        self.findings = list(findings)


class RowSource(Protocol):
    """Where rows come from: a file or a table in memory. `n_rows` counts the rows that the last full read has seen."""

    name: str  # of the file, or what the source is
    from_file: bool

    @property
    def path(self) -> Path | None:
        """Where the file is."""

    @property
    def size(self) -> int | None:
        """Bytes of the file."""

    @property
    def n_rows(self) -> int:
        """Rows seen so far."""

    def read(self) -> Iterator[RowOrFindings]:
        """Yield all rows."""

    def read_from(self, places: Sequence[Row]) -> Iterator[Iterator[RowOrFindings]]:
        """Yield, for each place, the rows from there on; the places need no values."""

    def final_findings(self) -> list[Finding]:
        """Return what only a full read showed."""


class RowParser(Protocol):
    """Makes examples of rows."""

    format: str
    columns: dict[str, str]
    header: tuple[str, ...]

    def parse(self, rows: Iterator[RowOrFindings]) -> Iterator[ParseResult]:
        """Yield an example, or the findings that keep a row from being one, for each row (or each conversation)."""

    def final_findings(self) -> list[Finding]:
        """Return what only all rows together showed, after all have been parsed."""

    def restarted(self, repair: Repair | None = None) -> "RowParser":
        """Return the same parser in its first state; `repair` is applied to each row's value before it is parsed."""


class OpenSource:
    """A source that can be read as often as needed; its file is closed between readings.

    `findings` are about the whole source: those that are known before its rows are read.
    """

    def __init__(self, rows: RowSource, parser: RowParser, findings: Sequence[Finding] = ()) -> None:
        self._rows, self._parser = rows, parser
        self.findings = list(findings)
        self.name, self.from_file, self.path, self.size = rows.name, rows.from_file, rows.path, rows.size
        self.format, self.columns, self.header = parser.format, parser.columns, parser.header

    @property
    def n_rows(self) -> int:
        """Rows seen so far, usable or not."""
        return self._rows.n_rows

    def read(self, repair: Repair | None = None, *, rows_alone: bool = False) -> Iterator[ParseResult]:
        """Yield each row as an example, or as the findings that keep it from being one.

        What only all rows together showed comes last, as a list of findings of its own, unless `rows_alone`. `repair` is
        applied to the value of each row of JSON before it is parsed.

        Raises DataError if the file has changed since it was opened.
        """
        parser = self._parser.restarted(repair)
        yield from parser.parse(self._rows.read())
        if not rows_alone and (findings := [*self._rows.final_findings(), *parser.final_findings()]):
            yield findings

    def reread(self, places: Sequence[Row], repair: Repair | None = None) -> Iterator[TrainingRow]:
        """Yield the usable rows at some places again, in the order of `places`, which need no values; `repair` as for `read`.

        Raises DataError if the file has changed since it was opened.
        """
        parser = self._parser.restarted(repair)
        for rows in self._rows.read_from(places):
            row = next(parser.parse(rows), None)
            if not isinstance(row, TrainingRow):
                raise DataError(changed_message(self.name))
            yield row


def changed_message(name: str) -> str:
    """Return the sentence for a source that changed since it was opened."""
    return f"{name} changed since it was checked. Check it again."
