"""A rule that reports nothing: it counts messages by role while the rows pass, and tokens if asked to."""

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ftwidgets.data.findings import Finding
from ftwidgets.data.rows import Example, Row, RowBatch, RowLookup, TrainingRow
from ftwidgets.data.scan import Examples, in_batches
from ftwidgets.data.tokens.count import count_rows

if TYPE_CHECKING:
    import numpy as np

DEFAULT_ENCODING = "o200k_base"
_COUNTED_TOGETHER = 4096  # rows: a tokenizer's tables fill the processor's cache, so few long turns are faster than many short


class RowCounter:
    """Counts roles, and tokens if `count_tokens`."""

    def __init__(self, *, count_tokens: bool = False, encoding: str = DEFAULT_ENCODING) -> None:
        self.roles: Counter[str] = Counter()
        self.encoding = encoding
        self._counts: array[int] | None = array("i") if count_tokens else None
        self._waiting: list[TrainingRow] = []

    def update(self, batch: RowBatch) -> Iterable[tuple[int, Finding]]:
        """Count a batch."""
        self.roles.update([role for row in batch.rows for role in row.roles])
        if self._counts is not None:
            self._waiting += batch.rows
            if len(self._waiting) >= _COUNTED_TOGETHER:
                self._count_waiting()
        return ()

    def finalize(self, lookup: RowLookup) -> Iterator[tuple[int | None, Finding]]:
        """Count the last rows; yield nothing."""
        self._count_waiting()
        yield from ()

    def _count_waiting(self) -> None:
        if self._counts is not None and self._waiting:
            self._counts.extend(count_rows(self._waiting, self.encoding))
            self._waiting = []

    def tokens(self, dropped: Sequence[int] = ()) -> "np.ndarray[Any, np.dtype[np.int32]] | None":
        """Return the counted tokens of each row (without those dropped), or None if they were not counted."""
        if self._counts is None:
            return None
        import numpy as np

        return np.delete(np.frombuffer(self._counts, dtype=np.int32), list(dropped))


def count_example_tokens(examples: Sequence[Example], encoding: str) -> list[int]:
    """Count the tokens of each example."""
    rows: Iterable[TrainingRow]
    if isinstance(examples, Examples):
        rows = examples.rows()
    else:
        rows = (TrainingRow(Row(0, None, 0, None), "", "", source_example=example) for example in examples)
    return [tokens for batch in in_batches(rows) for tokens in count_rows(batch, encoding)]
