"""A handful of rows as the core hands them to a rule, and what the rule says of them."""

from collections.abc import Iterable, Sequence

from ftwidgets.data.findings import Finding
from ftwidgets.data.rows import Row, RowBatch, Rule, TrainingRow


class Rows:
    """Rows in memory that rules may ask about (`RowLookup`); it notes how often rows were read again."""

    def __init__(self, rows: Sequence[TrainingRow]) -> None:
        self.rows, self.n_read = rows, 0

    def __len__(self) -> int:
        return len(self.rows)

    def where(self, position: int) -> str:
        """`line 14`."""
        return self.rows[position].row.where

    def read(self, positions: Sequence[int]) -> list[TrainingRow]:
        """The rows at some positions, which must rise."""
        assert list(positions) == sorted(set(positions))
        self.n_read += len(positions)
        return [self.rows[position] for position in positions]


def usable(texts: Iterable[tuple[str, ...]]) -> list[TrainingRow]:
    """Return rows of (prompt, completion) or (prompt, completion, system), on the lines after a header."""
    return [
        TrainingRow(Row(i + 1, i + 2, i + 1, None), one[0], one[1], one[2] if len(one) > 2 else None, len(one) > 2)
        for i, one in enumerate(texts)
    ]


def told(rule: Rule, rows: Sequence[TrainingRow], size: int = 512) -> list[tuple[int | None, Finding]]:
    """Return what a rule says of rows, seen in batches."""
    for start in range(0, len(rows), size):
        assert list(rule.update(RowBatch(start, rows[start : start + size]))) == []
    return list(rule.finalize(Rows(rows)))
