"""How many tokens a chat example has for the sandbox's base model, the marks around each turn included.

Left out: other models' tokenizers (their counts differ), and cutting off what a model's context does not hold.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ftwidgets.data.rows import Example
from ftwidgets.data.tokens.bpe import whole
from ftwidgets.data.tokens.overhead import messages_of, text_of

if TYPE_CHECKING:
    import tokenizers

_TOKENIZER = Path(__file__).parents[2] / "engine" / "nano" / "tokenizer.json"

CONTEXT = 512
"""Tokens that the sandbox's base model reads of an example; what lies behind them is cut off."""


def count_tokens(examples: Iterable[Example]) -> list[int]:
    """Count the tokens of each chat example, as the sandbox's engine encodes it.

    A message costs its content, its role, a mark before and a mark behind, and the line break after that (ChatML).
    The sandbox reads text alone: of a row with tool calls, images or a preference, which it refuses, the texts are counted.

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
    return [_example(example) for example in examples]


def _example(example: Example) -> int:
    if "messages" not in example and "input" not in example:
        raise KeyError("messages")
    return sum(map(_message, messages_of(example)))


def _message(message: Mapping[str, Any]) -> int:
    return _around(message["role"]) + sum(map(_length, text_of(message.get("content"))))


def _length(text: str) -> int:
    """Count the tokens of a text alone; what looks like a special token is text, a half character is U+FFFD."""
    return len(_tokenizer().encode(whole(text), add_special_tokens=False))


@cache
def _around(role: str) -> int:
    """Count what a message costs beside its content: `<|im_start|>`, role, line break, `<|im_end|>`, line break."""
    return _length(f"{role}\n") + _length("\n") + 2


@cache
def _tokenizer() -> "tokenizers.Tokenizer":
    import tokenizers

    loaded = tokenizers.Tokenizer.from_file(str(_TOKENIZER))
    loaded.encode_special_tokens = True  # in this library's words: as the text they look like
    return loaded
