"""Flat records, {"question": ..., "answer": ...}, as the rows of a table: their keys are its columns.

Left out: records with lists of messages (`records`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ftwidgets.data import schema
from ftwidgets.data.findings import Finding
from ftwidgets.data.readers.source import Rows, Walk
from ftwidgets.data.rows import Row


@dataclass
class Flat:
    """Rows whose records are made cells, in the order of the columns; a key that a record lacks is an empty cell."""

    rows: Rows
    header: tuple[str, ...]

    def __post_init__(self) -> None:
        self.name, self.from_file = self.rows.name, self.rows.from_file
        self.path, self.size = self.rows.path, self.rows.size

    @property
    def n_rows(self) -> int:
        """Rows seen so far."""
        return self.rows.n_rows

    @contextmanager
    def reading(self, *, apart: bool = False) -> Iterator[Walk]:
        """Open the source; see `opened.Rows`."""
        with self.rows.reading(apart=apart) as walk:
            yield lambda place: map(self._cells, walk(place))

    def remarks(self) -> list[Finding]:
        """What only the whole of the rows showed."""
        return self.rows.remarks()

    def _cells(self, row: Row | list[Finding]) -> Row | list[Finding]:
        if isinstance(row, list):
            return row
        record: Any = row.values
        if not isinstance(record, dict):
            return [row.found(fault) for fault in schema.read(record).faults]
        return row._replace(values=tuple(record.get(name) for name in self.header))
