"""Count, while the rows pass: messages by role, tokens if asked to. Left out: any judgement."""

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ftwidgets.data.rows import Batch, Example, Fault, Row, RowLookup, TrainingRow
from ftwidgets.data.scan import Examples, in_batches

if TYPE_CHECKING:
    import numpy as np

ENCODING = "o200k_base"
_TOGETHER = 4096  # rows: a tokenizer's tables fill the processor's cache, so that it is better used seldom and for long


class Counting:
    """A rule that finds nothing: it counts roles, and tokens where `count`."""

    def __init__(self, *, count: bool = False, encoding: str = ENCODING) -> None:
        self.roles: Counter[str] = Counter()
        self.encoding = encoding
        self._counts: array[int] | None = array("i") if count else None
        self._waiting: list[TrainingRow] = []

    def update(self, batch: Batch) -> Iterable[tuple[int, Fault]]:
        """Count a batch."""
        self.roles.update([role for item in batch.rows for role in _roles(item)])
        if self._counts is not None:
            self._waiting += batch.rows
            if len(self._waiting) >= _TOGETHER:
                self._count()
        return ()

    def finalize(self, lookup: RowLookup) -> Iterator[tuple[int | None, Fault]]:
        """Count the last rows; nothing to say."""
        self._count()
        yield from ()

    def _count(self) -> None:
        if self._counts is not None and self._waiting:
            self._counts.extend(count(self._waiting, self.encoding))
            self._waiting = []

    def tokens(self, dropped: Sequence[int] = ()) -> "np.ndarray[Any, np.dtype[np.int32]] | None":
        """Return the counted tokens of each row (without those dropped), or None if they were not counted."""
        if self._counts is None:
            return None
        import numpy as np

        return np.delete(np.frombuffer(self._counts, dtype=np.int32), list(dropped))


def count(items: Sequence[TrainingRow], encoding: str) -> list[int]:
    """Count the tokens of rows as examples, by an encoding of OpenAI's or by the sandbox's own tokenizer (`nano`)."""
    if encoding == "nano":
        from ftwidgets.data.tokens.nano import count_tokens

        return count_tokens(item.example for item in items)
    from ftwidgets.data.tokens.encodings import row_tokens

    return row_tokens(items, encoding)


def _roles(item: TrainingRow) -> list[str]:
    example = item.source_example
    if example is None:
        return ["user", "assistant"] if item.system is None else ["system", "user", "assistant"]
    if "messages" in example:
        return [message["role"] for message in example["messages"]]
    return [message["role"] for message in example["input"]["messages"]] + ["assistant", "assistant"]


def tokens_of(examples: Sequence[Example], encoding: str) -> list[int]:
    """Count the tokens of each example."""
    rows = examples.rows() if isinstance(examples, Examples) else map(_bare, examples)
    return [tokens for batch in in_batches(rows) for tokens in count(batch, encoding)]


def _bare(example: Example) -> TrainingRow:
    return TrainingRow(Row(0, None, 0, None), "", "", source_example=example)
