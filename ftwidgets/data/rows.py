"""What passes from a source through the rules: rows that know their place, examples made of them, batches, faults."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from ftwidgets.data.findings import Finding
from ftwidgets.data.text import normalize_all

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Example = dict[str, Any]  # {"messages": [{"role": ..., "content": ...}, ...]}, or a preference row


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

    def found(self, finding: Finding) -> Finding:
        """Return a finding with this row as its place."""
        return replace(finding, line=self.line, row=self.label, order=self.order)


class TrainingRow(NamedTuple):
    """A row that can be trained on, as text, with remarks that do not keep it from being used.

    Of a conversation, `prompt` has all turns before the last answer, as `role: text` lines, and `completion` that answer; of a
    preference row the input and the preferred answer.
    """

    row: Row  # where it comes from
    prompt: str
    completion: str
    system: str | None = None
    own_system: bool = False  # whether the system prompt is the row's own
    source_example: Example | None = None  # as the source has it (chat or preference); None if it was made of columns
    group: str | None = None  # what its group column and its split column say, where such columns were named
    split: str | None = None
    remarks: tuple[Finding, ...] = ()

    @property
    def example(self) -> Example:
        """The row as a chat example (or the preference row that it is)."""
        if self.source_example is not None:
            return self.source_example
        turns = [("system", self.system), ("user", self.prompt), ("assistant", self.completion)]
        return {"messages": [{"role": role, "content": text} for role, text in turns if text is not None]}

    @property
    def roles(self) -> list[str]:
        """The role of each message, of a preference row those of the input and of both answers."""
        example = self.source_example
        if example is None:
            return ["user", "assistant"] if self.system is None else ["system", "user", "assistant"]
        if "messages" in example:
            return [message["role"] for message in example["messages"]]
        return [message["role"] for message in example["input"]["messages"]] + ["assistant", "assistant"]


@dataclass(frozen=True)
class RowBatch:
    """Some hundreds of consecutive usable rows, beginning at position `start` of the source's usable rows."""

    start: int
    rows: Sequence[TrainingRow]

    @cached_property
    def prompts(self) -> list[str]:
        """The prompt of each row."""
        return [row.prompt for row in self.rows]

    @cached_property
    def completions(self) -> list[str]:
        """The completion of each row."""
        return [row.completion for row in self.rows]

    @cached_property
    def systems(self) -> list[str | None]:
        """The system prompt of each row."""
        return [row.system for row in self.rows]

    @cached_property
    def normalized_prompts(self) -> list[bytes]:
        """The normalized prompt of each row, as UTF-8."""
        return normalize_all(self.prompts)

    @cached_property
    def prompt_hashes(self) -> "NDArray[np.int64]":
        """A hash of each normalized prompt."""
        return hash_all(self.normalized_prompts)

    @cached_property
    def completion_hashes(self) -> "NDArray[np.int64]":
        """A hash of each normalized completion."""
        return hash_all(normalize_all(self.completions))

    @cached_property
    def encoded(self) -> list[bytes]:
        """All texts of each row as UTF-8 (a lone surrogate as three bytes): prompt, completion, system, U+001E between.

        For quick searches: bytes that are not in it are in none of the row's texts.
        """
        joined = (f"{row.prompt}\x1e{row.completion}\x1e{row.system or ''}" for row in self.rows)
        return [text.encode("utf-8", "surrogatepass") for text in joined]


class RowLookup(Protocol):
    """Access to the usable rows when a rule has seen them all; positions count from 0."""

    def __len__(self) -> int:
        """Return how many usable rows there are."""

    def where(self, position: int) -> str:
        """Return `line 14` or `row 14`."""

    def read(self, positions: Sequence[int]) -> list[TrainingRow]:
        """Return the rows at these positions, read again from the source; many positions in one call are cheap."""


class Rule(Protocol):
    """A rule over many rows: `update` with each batch in order, then `finalize` once.

    It keeps only numbers and hashes of each row, so that a million rows fit into memory.
    """

    def update(self, batch: RowBatch) -> Iterable[tuple[int, Finding]]:
        """Add a batch; yield (index in the batch, finding) for what a row shows by itself."""

    def finalize(self, lookup: RowLookup) -> Iterator[tuple[int | None, Finding]]:
        """Yield (position, finding) for what only all rows together show; None for what concerns the whole source."""


def hash_all(texts: Sequence[bytes]) -> "NDArray[np.int64]":
    """Return Python's 64-bit hash (SipHash) of each text; only valid in this process, as the next one has another seed."""
    import numpy as np

    return np.fromiter(map(hash, texts), dtype=np.int64, count=len(texts))
