"""Count the tokens of examples: for a base model of the sandbox, or in an encoding of OpenAI's (`openai_count`)."""

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from ftwidgets.data.rows import Example, TrainingRow
from ftwidgets.data.tokens.bpe import replace_surrogates
from ftwidgets.data.tokens.openai_count import ENCODINGS, count_row_tokens
from ftwidgets.data.tokens.overhead import content_texts, messages_of
from ftwidgets.models.installed import model_folder


class ChatCounter:
    """Counts the tokens of chats with a model's tokenizer, as the engine encodes them.

    The model is read as a file: data must not import the engine, which is heavy and which data works without.
    """

    def __init__(self, tokenizer: Path) -> None:
        import tokenizers

        self._tokenizer = tokenizers.Tokenizer.from_file(str(tokenizer))
        self._tokenizer.encode_special_tokens = True  # in this library's words: as the text they look like
        self._overheads: dict[str, int] = {}

    def count(self, example: Example) -> int:
        """Count the tokens of an example; KeyError if it is neither a chat nor a preference row, or a message has no role."""
        if "messages" not in example and "input" not in example:
            raise KeyError("messages")
        count = 0
        for message in messages_of(example):
            role = message["role"]
            if role not in self._overheads:  # around the content: `<|im_start|>`, role, line break, `<|im_end|>`, line break
                self._overheads[role] = self._count_text(f"{role}\n") + self._count_text("\n") + 2
            count += self._overheads[role] + sum(map(self._count_text, content_texts(message.get("content"))))
        return count

    def count_answers(self, example: Example) -> int:
        """Count the tokens of a chat that are trained on: what assistants wrote, and an end mark after each answer."""
        answers = (turn for turn in messages_of(example) if turn["role"] == "assistant" and turn.get("weight", 1))
        return sum(1 + sum(map(self._count_text, content_texts(turn.get("content")))) for turn in answers)

    def _count_text(self, text: str) -> int:
        """Count the tokens of a text alone; what looks like a special token is text, a lone surrogate is U+FFFD."""
        return len(self._tokenizer.encode(replace_surrogates(text), add_special_tokens=False))


def count_tokens(examples: Iterable[Example], model: str = "nano") -> list[int]:
    """Count the tokens of each chat example for a base model of the sandbox, as its engine encodes it.

    A message costs its content, its role, a token before and one behind, and the line break after that (ChatML).
    The sandbox reads text alone: of a row with tool calls, images or a preference, which it rejects, the texts are counted.

    Parameters
    ----------
    examples
        Examples, as `check` gives them in `report.examples`.
    model
        The name of an installed base model: the bundled one, or one that was added.

    Returns
    -------
    list of int
        A number for each example, in their order.

    Raises
    ------
    KeyError
        If one is neither a chat nor a preference row, or a message has no role.
    ModelError
        If the model is not installed.
    """
    return list(map(chat_counter(model).count, examples))


def count_rows(rows: Sequence[TrainingRow], encoding: str) -> list[int]:
    """Count the tokens of rows as examples, in an encoding of OpenAI's or as the installed base model of that name."""
    if encoding in ENCODINGS:
        return count_row_tokens(rows, encoding)
    return count_tokens((row.example for row in rows), encoding)


def chat_counter(model: str) -> ChatCounter:
    """Return what counts chats for an installed base model; ModelError if it is not installed."""
    tokenizer = model_folder(model) / "tokenizer.json"
    return _counter(tokenizer, tokenizer.stat().st_mtime_ns)


@cache
def _counter(tokenizer: Path, _changed: int) -> ChatCounter:
    """Return the counter of a file as it was at that time: a model may be removed, and another added by the same name."""
    return ChatCounter(tokenizer)
