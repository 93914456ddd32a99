"""How many tokens a chat example has for the sandbox's base model, the marks around each turn included.

Left out: other models' tokenizers (their counts differ), and cutting off what a model's context does not hold.
"""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ftwidgets.prep.report import Example

if TYPE_CHECKING:
    import tokenizers

_TOKENIZER = Path(__file__).parent.parent / "engine" / "nano" / "tokenizer.json"

CONTEXT = 512
"""Tokens that the sandbox's base model reads of an example; what lies behind them is cut off."""


def count_tokens(examples: Iterable[Example]) -> list[int]:
    """Count the tokens of each chat example, as the sandbox's engine encodes it.

    A message costs its content, its role, a mark before and a mark behind, and the line break after that (ChatML).

    Parameters
    ----------
    examples
        Chat examples, as `check` gives them in `report.examples`.

    Returns
    -------
    list of int
        A number for each example, in their order.
    """
    return [sum(_message(turn["role"], turn["content"] or "") for turn in example["messages"]) for example in examples]


def _message(role: str, content: str) -> int:
    return _around(role) + _length(content)


def _length(text: str) -> int:
    """Count the tokens of a text alone; what looks like a special token is text."""
    return len(_tokenizer().encode(text, add_special_tokens=False))


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
