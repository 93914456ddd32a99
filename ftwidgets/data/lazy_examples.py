"""The usable rows as chat examples: a sequence that reads them from the source when there are too many to hold.

Left out: changing them.
"""

from array import array
from collections.abc import Iterator, Sequence
from typing import overload

from ftwidgets.data.rows import Example, TrainingRow
from ftwidgets.data.scan import Seen, kept


class Examples(Sequence[Example]):
    """The examples of a source, in its order, without repeated rows.

    Parameters
    ----------
    seen
        Where the usable rows are.
    dropped
        Positions among them that are left out (repeats), rising.
    """

    def __init__(self, seen: Seen, dropped: Sequence[int] = ()) -> None:
        self.seen, self._dropped = seen, dropped
        self.positions: Sequence[int] = range(len(seen))
        if dropped:
            out = set(dropped)
            self.positions = array("q", (position for position in range(len(seen)) if position not in out))

    def rows(self) -> Iterator[TrainingRow]:
        """The rows that the examples are made of."""
        return kept(self.seen, self._dropped)

    def places(self) -> list[str]:
        """Where each stands in the source: `line 14` or `row 14`."""
        return [self.seen.where(position) for position in self.positions]

    def __len__(self) -> int:
        return len(self.positions)

    def __iter__(self) -> Iterator[Example]:
        return (row.example for row in self.rows())

    @overload
    def __getitem__(self, index: int) -> Example: ...
    @overload
    def __getitem__(self, index: slice) -> list[Example]: ...
    def __getitem__(self, index: int | slice) -> Example | list[Example]:
        if isinstance(index, slice):
            return [row.example for row in self.seen.read(self.positions[index])]
        return self.seen.read([self.positions[index]])[0].example

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or len(other) != len(self):
            return NotImplemented if not isinstance(other, Sequence) else False
        return all(mine == theirs for mine, theirs in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        if len(self) > 3:
            return f"<{len(self):,} examples, the first {self[0]!r}>"
        return repr(list(self))
