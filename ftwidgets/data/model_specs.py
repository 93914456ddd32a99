"""The models that can be tuned: their tokenizer, their context length, their dates; and the rule on rows too long for one.

The data is dated and in `models.json` beside this file. Prices are in `ftwidgets.data.cost`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ftwidgets.data.findings import Finding, FindingType
from ftwidgets.data.rows import RowBatch, RowLookup, TrainingRow
from ftwidgets.data.text import join_names, pluralize, quote
from ftwidgets.data.tokens.count import count_rows
from ftwidgets.data.tokens.openai_count import is_plain_chat
from ftwidgets.data.tokens.overhead import model_inputs, texts_and_overhead

TOO_LONG_ROW = FindingType(
    "too-long-row",
    "warning",
    title="A row is longer than the model reads",
    why="Text beyond the limit is cut off, most often the end of the last answer: the part that should be learned.",
    todo="Shorten the row or split it.",
)

_MESSAGE_OVERHEAD = 8  # tokens: at most what any of the tokenizers takes for a message beside its content
_FEW_MESSAGES = 6


@dataclass(frozen=True)
class TunableModel:
    """A base model, as far as it matters for training data; days are YYYY-MM-DD, or None for no such day."""

    name: str  # in full, with its date
    provider: str
    encoding: str  # `o200k_base`, `cl100k_base`, or `nano` for the sandbox's own tokenizer
    limit: int  # tokens that it reads of an example; a service cuts off the rest silently
    ends: str | None  # the day from which nobody can start a job
    retires: str | None  # the day on which tuned models stop
    source: str  # where this was read, and when
    as_of: str


@cache
def models() -> tuple[TunableModel, ...]:
    """Return the known models, the sandbox's first."""
    data = Path(__file__).with_name("models.json").read_text(encoding="utf-8")
    return tuple(TunableModel(**entry) for entry in json.loads(data))


def find_model(name: str) -> TunableModel:
    """Return what is known of a model, or raise ValueError if nothing is.

    `name` is in full (`gpt-4o-mini-2024-07-18`), without the date, or that of a model tuned from it (`ft:...`).
    """
    base = name.split(":")[1] if name.startswith("ft:") and name.count(":") > 1 else name
    for model in models():
        if base in (model.name, re.sub(r"-(\d{4}-\d\d-\d\d|\d{4}-\d\d|\d{4})$", "", model.name)):
            return model
    known = join_names(model.name for model in models())
    raise ValueError(f"No model is known here as {quote(name)}. Known are {known}.")


class TooLong:
    """The rule too-long-row: a model would not read the end of the row.

    A row of fewer bytes than the limit cannot have more tokens, so in ordinary files nothing is counted. Services cut such
    a row off at its end, where the answer is, and give no warning (OpenAI's fine-tuning guide, token limits).
    """

    def __init__(self, name: str) -> None:
        self._model = find_model(name)

    def update(self, batch: RowBatch) -> Iterator[tuple[int, Finding]]:
        """Count the tokens of the rows that may be too long; yield those that are."""
        limit = self._model.limit
        if _is_far_below(batch, limit):
            return
        for i, (row, size) in enumerate(zip(batch.rows, map(len, batch.encoded), strict=True)):
            example = row.source_example
            few_messages = example is None or (len(example.get("messages", ())) < _FEW_MESSAGES and is_plain_chat(example))
            if few_messages and size < limit - _FEW_MESSAGES * _MESSAGE_OVERHEAD:
                continue
            if _upper_bound(row, size) <= limit:
                continue
            # Of a preference row the two sides are read apart, so the longer one counts.
            parts = [row._replace(source_example=part) for part in model_inputs(row.example)]
            if (n_tokens := max(count_rows(parts, self._model.encoding))) > limit:
                message = (
                    f"The row has {n_tokens:,} tokens, of which {self._model.name} reads the first {limit:,}: the last "
                    f"{pluralize(n_tokens - limit, 'token')} would be cut off, and with them the end of the answer."
                )
                yield i, TOO_LONG_ROW(message, "Shorten it, or make several examples of it.")

    def finalize(self, lookup: RowLookup) -> Iterator[tuple[int | None, Finding]]:
        """Yield nothing: each row was judged by itself."""
        yield from ()


def _is_far_below(batch: RowBatch, limit: int) -> bool:
    """Return whether the longest texts of a batch show that none of its rows can have so many tokens.

    A character is at most four tokens. A message of a conversation has at least six characters in `prompt`, and at most
    64 of a name and 8 tokens of marks beside them. Rows with more than messages (tools) are not judged here.
    """
    if any(row.source_example is not None and len(row.source_example) != 1 for row in batch.rows):
        return False
    longest = (max(map(len, texts)) for texts in (batch.prompts, batch.completions, [text or "" for text in batch.systems]))
    return 16 * 4 * (sum(longest) + 10) < limit


def _upper_bound(row: TrainingRow, size: int) -> int:
    """Return a number of tokens that the row, of `size` bytes, cannot exceed."""
    example = row.source_example
    if example is None:
        return size + 3 * _MESSAGE_OVERHEAD
    if is_plain_chat(example):
        return size + len(example["messages"]) * _MESSAGE_OVERHEAD
    texts, extra = texts_and_overhead(example)
    return sum(len(text.encode("utf-8", "surrogatepass")) for text in texts) + 2 * extra + 16
