"""A source that is open for reading: where its rows come from, what makes examples of them, and both together.

Left out: every kind of file (`delimited`, `lines`, `held`) and every kind of row (`cells`, `records`).
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from ftwidgets.data.findings import Finding
from ftwidgets.data.rows import Row, TrainingRow
from ftwidgets.errors import DataError

Item: TypeAlias = "TrainingRow | list[Finding]"
Walk = Callable[[Row | None], Iterator[Row | list[Finding]]]
Mend = Callable[[Any], Any]


class Rows(Protocol):
    """Where rows come from: a file or a table in memory. `n_rows` counts the rows that the last whole walk has seen."""

    @property
    def name(self) -> str:
        """Name of the file, or what the source is."""

    @property
    def from_file(self) -> bool:
        """Whether it is a file."""

    @property
    def path(self) -> Path | None:
        """Where the file is."""

    @property
    def size(self) -> int | None:
        """Bytes of the file."""

    @property
    def n_rows(self) -> int:
        """Rows seen so far."""

    def reading(self, *, apart: bool = False) -> AbstractContextManager[Walk]:
        """Open the source; the walk that is handed out yields the rows from a place on, or all of them for None.

        `apart` tells that single rows here and there are to be read.
        """

    def remarks(self) -> list[Finding]:
        """What only the whole of the rows showed, after a whole walk."""


class Reader(Protocol):
    """What makes an example of a row."""

    form: str
    columns: dict[str, str]
    header: tuple[str, ...]

    def units(self, rows: Iterator[Row | list[Finding]]) -> Iterator[Item]:
        """Yield an example, or the findings that keep a row from being one, for each row (or each conversation)."""

    def remarks(self) -> list[Finding]:
        """What only the whole of the rows showed, after all have been taken."""

    def fresh(self, mend: Mend | None = None) -> "Reader":
        """Return the same reader as it was before it took a row; `mend` goes over each value first."""


class Opened:
    """A source that can be read, as often as need be; it is closed between readings.

    Parameters
    ----------
    rows, reader
        Where its rows come from, and what makes examples of them.
    findings
        What is to be said of the whole source before its rows are read.
    """

    def __init__(self, rows: Rows, reader: Reader, findings: Sequence[Finding] = ()) -> None:
        self._rows, self._reader = rows, reader
        self.findings = list(findings)
        self.name, self.from_file, self.path, self.size = rows.name, rows.from_file, rows.path, rows.size
        self.form, self.columns, self.header = reader.form, reader.columns, reader.header

    @property
    def n_rows(self) -> int:
        """Rows seen so far, usable or not."""
        return self._rows.n_rows

    def items(self, mend: Mend | None = None) -> Iterator[Item]:
        """Yield each row as an example, or as the findings that keep it from being one.

        What only all rows together showed comes last, as a list of findings of its own.

        Parameters
        ----------
        mend
            Repairs the value of a row of JSON before it is judged; then nothing is said about the whole.

        Raises
        ------
        DataError
            If the file has changed since it was opened.
        """
        reader = self._reader.fresh(mend)
        with self._rows.reading() as walk:
            yield from reader.units(walk(None))
        if mend is None and (remarks := [*self._rows.remarks(), *reader.remarks()]):
            yield remarks

    def again(self, places: Sequence[Row]) -> Iterator[TrainingRow]:
        """Yield the usable rows at some places anew, in the order of `places`, which need no values.

        Raises
        ------
        DataError
            If the file has changed since it was opened.
        """
        reader = self._reader.fresh()
        with self._rows.reading(apart=True) as walk:
            for place in places:
                item = next(reader.units(walk(place)), None)
                if not isinstance(item, TrainingRow):
                    raise DataError(changed(self.name))
                yield item


def changed(name: str) -> str:
    """Return the sentence for a source that is no longer what it was."""
    return f"{name} changed since it was checked. Check it again."
