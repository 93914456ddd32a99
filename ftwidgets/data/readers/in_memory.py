"""Rows that are in memory: of a DataFrame, a list, a workbook, a JSON document. Left out: what they mean."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ftwidgets.data.findings import Finding
from ftwidgets.data.readers.source import Walk
from ftwidgets.data.rows import Row


@dataclass
class Held:
    """Rows in memory.

    Parameters
    ----------
    name
        Of the source.
    values
        What each row holds: its cells, or a record.
    labels
        What each is called; None for their numbers from 1.
    lines
        The line of each in the file; None where there are none.
    """

    name: str
    values: Sequence[Any]
    labels: Sequence[int | str] | None = None
    lines: Sequence[int] | None = None
    path: Path | None = None
    size: int | None = None
    from_file: bool = False
    n_rows: int = 0
    notes: list[Finding] = field(default_factory=list)

    @contextmanager
    def reading(self, *, apart: bool = False) -> Iterator[Walk]:
        """Hand out the walk; see `opened.Rows`."""
        yield self._walk

    def remarks(self) -> list[Finding]:
        """Nothing: all is known from the beginning."""
        return []

    def _walk(self, place: Row | None) -> Iterator[Row | list[Finding]]:
        first = 0 if place is None else place.order - 1
        for at in range(first, len(self.values)):
            order = at + 1
            if place is None:
                self.n_rows = order
            label = order if self.labels is None else self.labels[at]
            yield Row(order, None if self.lines is None else self.lines[at], label, self.values[at])
