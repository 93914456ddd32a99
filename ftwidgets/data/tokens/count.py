"""Count the tokens of examples: for the sandbox's base model, or in an encoding of OpenAI's (`openai_count`)."""

import json
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ftwidgets.data.rows import Example, TrainingRow
from ftwidgets.data.tokens.bpe import replace_surrogates
from ftwidgets.data.tokens.overhead import content_texts, messages_of

if TYPE_CHECKING:
    import tokenizers

# The engine's model is read as files: data must not import the engine, which is heavy and which data works without.
_MODEL = Path(__file__).parents[2] / "engine" / "nano"


def count_tokens(examples: Iterable[Example]) -> list[int]:
    """Count the tokens of each chat example for the sandbox's base model, as its engine encodes it.

    A message costs its content, its role, a token before and one behind, and the line break after that (ChatML).
    The sandbox reads text alone: of a row with tool calls, images or a preference, which it rejects, the texts are counted.

    Parameters
    ----------
    examples
        Examples, as `check` gives them in `report.examples`.

    Returns
    -------
    list of int
        A number for each example, in their order.

    Raises
    ------
    KeyError
        If one is neither a chat nor a preference row, or a message has no role.
    """
    counts = []
    for example in examples:
        if "messages" not in example and "input" not in example:
            raise KeyError("messages")
        count = 0
        for message in messages_of(example):
            count += _count_message_overhead(message["role"]) + sum(map(_count_text, content_texts(message.get("content"))))
        counts.append(count)
    return counts


def count_rows(rows: Sequence[TrainingRow], encoding: str) -> list[int]:
    """Count the tokens of rows as examples, in an encoding of OpenAI's or with the sandbox's own tokenizer (`nano`)."""
    if encoding == "nano":
        return count_tokens(row.example for row in rows)
    from ftwidgets.data.tokens.openai_count import count_row_tokens

    return count_row_tokens(rows, encoding)


@cache
def context_length() -> int:
    """Return how many tokens of an example the sandbox's base model reads; the rest is cut off."""
    config = json.loads((_MODEL / "config.json").read_text(encoding="utf-8"))
    return int(config["max_position_embeddings"])


def _count_text(text: str) -> int:
    """Count the tokens of a text alone; what looks like a special token is text, a lone surrogate is U+FFFD."""
    return len(_tokenizer().encode(replace_surrogates(text), add_special_tokens=False))


@cache
def _count_message_overhead(role: str) -> int:
    """Count the tokens around a message's content: `<|im_start|>`, role, line break, `<|im_end|>`, line break."""
    return _count_text(f"{role}\n") + _count_text("\n") + 2


@cache
def _tokenizer() -> "tokenizers.Tokenizer":
    import tokenizers

    tokenizer = tokenizers.Tokenizer.from_file(str(_MODEL / "tokenizer.json"))
    tokenizer.encode_special_tokens = True  # in this library's words: as the text they look like
    return tokenizer
