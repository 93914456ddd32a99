from collections.abc import Callable, Sequence

import pytest

from ftwidgets.data.findings import Finding
from ftwidgets.data.rows import Row, RowBatch, RowLookup, Rule, TrainingRow

Pair = tuple[str, str]


class Rows:
    """What rules ask of the rows they have seen."""

    def __init__(self, items: Sequence[TrainingRow]) -> None:
        self._items = items

    def __len__(self) -> int:
        return len(self._items)

    def where(self, position: int) -> str:
        """`line 14`."""
        return self._items[position].row.where

    def read(self, positions: Sequence[int]) -> list[TrainingRow]:
        """The rows themselves."""
        return [self._items[position] for position in positions]


def usable(pairs: Sequence[Pair], system: str | None = None, *, own_system: bool = False) -> list[TrainingRow]:
    return [
        TrainingRow(Row(n, n + 1, n, None), prompt, completion, system, own_system)
        for n, (prompt, completion) in enumerate(pairs, 1)
    ]


def faults(rule: Rule, items: Sequence[TrainingRow], size: int = 512) -> list[tuple[int | None, Finding]]:
    found: list[tuple[int | None, Finding]] = []
    for start in range(0, len(items), size):
        found += [(start + index, fault) for index, fault in rule.update(RowBatch(start, items[start : start + size]))]
    known: RowLookup = Rows(items)
    return found + list(rule.finalize(known))


@pytest.fixture
def run() -> Callable[..., list[tuple[int | None, Finding]]]:
    """What a rule says of rows of (prompt, completion)."""

    def run(
        rule: Rule, pairs: Sequence[Pair], system: str | None = None, *, own_system: bool = False, size: int = 512
    ) -> list[tuple[int | None, Finding]]:
        return faults(rule, usable(pairs, system, own_system=own_system), size)

    return run
