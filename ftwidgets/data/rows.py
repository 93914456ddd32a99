"""What passes from a source through the rules: rows that know their place, examples made of them, batches, faults.

Left out: any judgement of what is in them.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from ftwidgets.data import hashes
from ftwidgets.data.findings import Finding, Level

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Example = dict[str, Any]  # {"messages": [{"role": ..., "content": ...}, ...]}, or a preference row


class Fault(NamedTuple):
    """What a rule found, before it is known where: `Row.found` makes a finding of it.

    `repair` names the automatic fix, where a safe one exists.
    """

    id: str
    level: Level
    message: str
    fix: str = ""
    field: str | None = None
    excerpt: str | None = None
    repair: str | None = None


class Row(NamedTuple):
    """One row: its position from 1, its line in the file or its label in the DataFrame, and its values.

    `values` are the cells of a table row, or what a line of JSON says; `offset` is where its first byte lies in the file.
    """

    order: int
    line: int | None
    label: int | str
    values: Any
    offset: int = -1

    @property
    def where(self) -> str:
        """`line 14` or `row 14`, as findings call it."""
        return f"line {self.line}" if self.line is not None else f"row {self.label}"

    def found(self, fault: Fault) -> Finding:
        """Return a fault as a finding on this row."""
        return Finding(**fault._asdict(), line=self.line, row=self.label, order=self.order)


class TrainingRow(NamedTuple):
    """A row that can be trained on, as text, with remarks that do not keep it from being used.

    Parameters
    ----------
    row
        Where it comes from.
    prompt, completion
        What is asked and what is answered. Of a conversation: all turns before the last answer, as `role: text` lines,
        and the last answer. Of a preference row: the input, and the preferred answer.
    system
        The system prompt, if there is one; `own_system` tells whether it is the row's own.
    source_example
        The example as the source has it (chat or preference); None if it was made of columns.
    group, split
        What its group column and its split column say, where such columns were named.
    """

    row: Row
    prompt: str
    completion: str
    system: str | None = None
    own_system: bool = False
    source_example: Example | None = None
    group: str | None = None
    split: str | None = None
    remarks: tuple[Fault, ...] = ()

    @property
    def example(self) -> Example:
        """The row as a chat example (or the preference row that it is)."""
        if self.source_example is not None:
            return self.source_example
        turns = [("system", self.system), ("user", self.prompt), ("assistant", self.completion)]
        return {"messages": [{"role": role, "content": text} for role, text in turns if text is not None]}


@dataclass(frozen=True)
class Batch:
    """Some hundreds of usable rows in a row, `start` rows into the source's usable rows; rules look at a batch at a time."""

    start: int
    items: Sequence[TrainingRow]

    @cached_property
    def prompts(self) -> list[str]:
        """The prompt of each."""
        return [item.prompt for item in self.items]

    @cached_property
    def completions(self) -> list[str]:
        """The completion of each."""
        return [item.completion for item in self.items]

    @cached_property
    def systems(self) -> list[str | None]:
        """The system prompt of each."""
        return [item.system for item in self.items]

    @cached_property
    def folded_prompts(self) -> list[bytes]:
        """The prompt of each, folded, as UTF-8."""
        return hashes.folded(self.prompts)

    @cached_property
    def prompt_keys(self) -> "NDArray[np.int64]":
        """A number for each prompt, equal where the prompts are the same when folded."""
        return hashes.keys(self.folded_prompts)

    @cached_property
    def completion_keys(self) -> "NDArray[np.int64]":
        """A number for each completion, likewise."""
        return hashes.keys(hashes.folded(self.completions))

    @cached_property
    def blobs(self) -> list[bytes]:
        """Everything a row says as UTF-8 (a lone surrogate as its three bytes): prompt, completion, system, U+001E between.

        For quick looks: what is not in the blob is in none of its texts.
        """
        joined = (f"{item.prompt}\x1e{item.completion}\x1e{item.system or ''}" for item in self.items)
        return [text.encode("utf-8", "surrogatepass") for text in joined]


class Known(Protocol):
    """What a rule may ask about the usable rows it has seen, when all have been seen; positions count from 0."""

    def __len__(self) -> int:
        """How many usable rows there are."""

    def where(self, position: int) -> str:
        """`line 14` or `row 14`."""

    def items(self, positions: Sequence[int]) -> list[TrainingRow]:
        """The rows themselves, read again from the source: for a handful, or for candidates in one call."""


class Rule(Protocol):
    """A rule over many rows: it sees each batch once, in order, and says the rest when all have been seen.

    It keeps little of each row (numbers, hashes), so that a million rows fit.
    """

    def see(self, batch: Batch) -> Iterable[tuple[int, Fault]]:
        """Look at a batch; yield (index in the batch, fault) for what can be said of a row by itself."""

    def finish(self, known: Known) -> Iterator[tuple[int | None, Fault]]:
        """Yield (position, fault) for what only all rows show; None for what concerns the whole source."""
