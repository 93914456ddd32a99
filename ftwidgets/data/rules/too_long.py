"""The rule about rows that are too long for a model: it would not read their end."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ftwidgets.data.findings import Finding, FindingType
from ftwidgets.data.model_specs import find_model
from ftwidgets.data.rows import Example, RowBatch, RowLookup, TrainingRow
from ftwidgets.data.text import pluralize
from ftwidgets.data.tokens.count import count_rows
from ftwidgets.data.tokens.openai_count import is_plain_chat
from ftwidgets.data.tokens.overhead import model_inputs, texts_and_overhead

TOO_LONG_ROW = FindingType(
    "too-long-row", "warning", title="A row is longer than the model reads",
    why="Text beyond the limit is cut off, most often the end of the last answer: the part that should be learned.",
    fix="Shorten the row or split it.",
)  # fmt: skip

_MESSAGE_OVERHEAD = 16  # tokens: at most what any tokenizer takes for a message beside its content, if every byte is one
_FEW_MESSAGES = 6
_AFTER_ANSWER = 2  # tokens: the mark behind an answer and a line break


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
            inputs = model_inputs(row.example)
            if (n_tokens := self._longest(row, inputs)) <= limit:
                continue
            read = f"The row has {n_tokens:,} tokens, of which {self._model.name} reads the first {limit:,}"
            if self._longest(row, map(_until_answer, inputs)) - _AFTER_ANSWER >= limit:
                message = f"{read}: no part of the answer is among them, so the model would learn nothing from the row."
                yield i, TOO_LONG_ROW(message, "Shorten what comes before the answer.")
            else:
                cut = f"the last {pluralize(n_tokens - limit, 'token')} would be cut off, and with them the end of the answer"
                yield i, TOO_LONG_ROW(f"{read}: {cut}.", "Shorten it, or make several examples of it.")

    def _longest(self, row: TrainingRow, inputs: Iterable[Example]) -> int:
        """Return how many tokens the longest of these chats has, each as if it were the row's."""
        return max(count_rows([row._replace(source_example=chat) for chat in inputs], self._model.encoding))

    def finalize(self, lookup: RowLookup) -> Iterator[tuple[int | None, Finding]]:
        """Yield nothing: each row was judged by itself."""
        yield from ()


def _is_far_below(batch: RowBatch, limit: int) -> bool:
    """Return whether the longest texts of a batch show that none of its rows can have so many tokens.

    A character is at most four tokens. A message of a conversation has at least six characters in `prompt`, and at most
    64 of a name and 16 tokens of marks beside them. Rows with more than messages (tools) are not judged here.
    """
    if any(row.source_example is not None and len(row.source_example) != 1 for row in batch.rows):
        return False
    longest = (max(map(len, texts)) for texts in (batch.prompts, batch.completions, [text or "" for text in batch.systems]))
    return 16 * 4 * (sum(longest) + 10) < limit


def _until_answer(chat: Example) -> Example:
    """Return a chat up to where the first answer to learn from begins: that answer is there, and empty."""
    until: list[Mapping[str, Any]] = []
    for message in chat["messages"]:
        if message["role"] == "assistant" and message.get("weight") != 0:
            return {**chat, "messages": [*until, {"role": "assistant", "content": ""}]}
        until.append(message)
    return chat


def _upper_bound(row: TrainingRow, size: int) -> int:
    """Return a number of tokens that the row, of `size` bytes, cannot exceed."""
    example = row.source_example
    if example is None:
        return size + 3 * _MESSAGE_OVERHEAD
    if is_plain_chat(example):
        return size + len(example["messages"]) * _MESSAGE_OVERHEAD
    texts, extra = texts_and_overhead(example)
    return sum(len(text.encode("utf-8", "surrogatepass")) for text in texts) + 4 * extra + 16
