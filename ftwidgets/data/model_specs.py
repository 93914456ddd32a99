"""What is known of the models that can be tuned: how they cut text into tokens, how much of an example they read, until when.

Dated data, read in `models.json` beside this file. Left out: prices (`ftwidgets.data.cost`), and asking a service.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ftwidgets.data.rows import Batch, Fault, RowLookup, TrainingRow
from ftwidgets.data.text import join_names, pluralize, quote
from ftwidgets.data.tokens.counting import count
from ftwidgets.data.tokens.encodings import is_plain
from ftwidgets.data.tokens.overhead import parts, sequences

DEFAULT_ENCODING = "o200k_base"

_DATA = Path(__file__).with_name("models.json")
_AROUND = 8  # tokens: at most what any of the tokenizers takes for a message beside its content
_FEW = 6
_SHORT = _FEW * _AROUND


@dataclass(frozen=True)
class Model:
    """A base model, as far as it matters for training data.

    Parameters
    ----------
    name, provider
        The model's full name, with its date, and who offers it.
    encoding
        `o200k_base`, `cl100k_base`, or `nano` for the sandbox's own tokenizer.
    limit
        Tokens that it reads of an example; a service cuts off the rest without a word.
    ends, retires
        The day from which nobody can start a job, and the day on which tuned models stop (YYYY-MM-DD); None: no such day.
    source, as_of
        Where that was read, and when.
    """

    name: str
    provider: str
    encoding: str
    limit: int
    ends: str | None
    retires: str | None
    source: str
    as_of: str


def models() -> list[Model]:
    """Return the known models, the sandbox's first."""
    return list(_read())


def find(name: str) -> Model:
    """Return what is known of a model.

    Parameters
    ----------
    name
        Its full name (`gpt-4o-mini-2024-07-18`), the same without a date, or that of a model tuned from it (`ft:...`).

    Raises
    ------
    ValueError
        If nothing is known of it.
    """
    base = name.split(":")[1] if name.startswith("ft:") and name.count(":") > 1 else name
    for model in _read():
        if base in (model.name, re.sub(r"-(\d{4}-\d\d-\d\d|\d{4}-\d\d|\d{4})$", "", model.name)):
            return model
    known = join_names(model.name for model in _read())
    raise ValueError(f"No model is known here as {quote(name)}. Known are {known}.")


def limit(name: str) -> int:
    """Return how many tokens of an example the model reads."""
    return find(name).limit


def encoding(name: str | None) -> str:
    """Return how the model cuts text into tokens; without a model, as the GPT-4o and GPT-4.1 families do."""
    return DEFAULT_ENCODING if name is None else find(name).encoding


class TooLong:
    """Finds rows of which a model would not read the end.

    A row of fewer bytes than the limit cannot have more tokens, so that in ordinary files nothing is counted. Services cut
    such a row off at its end, where the answer is, and do not say so (OpenAI's fine-tuning guide, token limits).

    Parameters
    ----------
    name
        The model's name, as `find` takes it.
    """

    def __init__(self, name: str) -> None:
        self._model = find(name)

    def update(self, batch: Batch) -> Iterator[tuple[int, Fault]]:
        """Count the rows that may be too long; yield those that are."""
        most = self._model.limit
        if _far_below(batch, most):
            return
        for i, (item, size) in enumerate(zip(batch.rows, map(len, batch.encoded), strict=True)):
            example = item.source_example
            if size < most - _SHORT and (example is None or (len(example.get("messages", ())) < _FEW and is_plain(example))):
                continue
            if _at_most(item, size) > most and (tokens := self._longest(item)) > most:
                yield i, self._fault(tokens)

    def finalize(self, lookup: RowLookup) -> Iterator[tuple[int | None, Fault]]:
        """Nothing to say."""
        yield from ()

    def _longest(self, item: TrainingRow) -> int:
        """Count what is read in one go; of a preference row the longer of its two."""
        return max(count([item._replace(source_example=part) for part in sequences(item.example)], self._model.encoding))

    def _fault(self, tokens: int) -> Fault:
        model, most = self._model.name, self._model.limit
        read = f"The row has {tokens:,} tokens, of which {model} reads the first {most:,}"
        return Fault(
            "too-long-row",
            "warning",
            f"{read}: the last {pluralize(tokens - most, 'token')} would be cut off, and with them the end of the answer.",
            "Shorten it, or make several examples of it.",
        )


def _far_below(batch: Batch, most: int) -> bool:
    """Tell from the longest texts of a batch that none of its rows can have so many tokens.

    A character is at most four tokens. A message of a conversation has at least six characters in `prompt`, and at most
    64 of a name and 8 tokens of marks beside them. Rows with more than messages (tools) are for a close look.
    """
    if any(item.source_example is not None and len(item.source_example) != 1 for item in batch.rows):
        return False
    longest = (max(map(len, texts)) for texts in (batch.prompts, batch.completions, [text or "" for text in batch.systems]))
    return 16 * 4 * (sum(longest) + 10) < most


def _at_most(item: TrainingRow, size: int) -> int:
    """Return a number of tokens that the row, of `size` bytes, cannot exceed."""
    example = item.source_example
    if example is None:
        return size + 3 * _AROUND
    if is_plain(example):
        return size + len(example["messages"]) * _AROUND
    texts, extra = parts(example)
    return sum(len(text.encode("utf-8", "surrogatepass")) for text in texts) + 2 * extra + 16


@cache
def _read() -> tuple[Model, ...]:
    return tuple(Model(**entry) for entry in json.loads(_DATA.read_text(encoding="utf-8")))
