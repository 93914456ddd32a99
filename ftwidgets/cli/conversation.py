"""A conversation with a model: the messages so far, and its next answer, streamed piece by piece."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

from ftwidgets.cli.layout import without_controls

if TYPE_CHECKING:
    import openai

TOO_LONG = "context_length_exceeded"


class Conversation:
    """What was said to one model and by it; `sampling` holds options of each completion, such as `max_tokens`."""

    def __init__(self, client: openai.OpenAI, model: str, *, system: str | None = None, **sampling: Any) -> None:
        self.model = model
        self._client = client
        self._sampling = sampling
        self.reset(system)

    def reset(self, system: str | None) -> None:
        """Forget everything, and begin with this system prompt, if there is one."""
        self._start: list[Any] = [{"role": "system", "content": system}] if system else []
        self._turns: list[Any] = []

    def ask(self, question: str) -> Iterator[str]:
        """Yield the answer in pieces, without control characters; both are remembered, also if the answer is broken off.

        Where the conversation no longer fits into the model's context, its oldest questions and answers are dropped. Raises
        the service's error, and remembers nothing, if the question cannot be answered.
        """
        import openai

        asked = {"role": "user", "content": question}
        options = {"model": self.model, "stream": True, **self._sampling}
        while True:
            messages = [*self._start, *self._turns, asked]
            try:
                stream = self._client.chat.completions.create(messages=messages, **options)
                break
            except openai.BadRequestError as error:
                if error.code != TOO_LONG or not self._turns:
                    raise
                del self._turns[:2]
        pieces: list[str] = []
        with closing(stream):
            try:
                for chunk in stream:
                    piece = without_controls((chunk.choices[0].delta.content if chunk.choices else None) or "")
                    if piece:
                        pieces.append(piece)
                        yield piece
            finally:
                if pieces:
                    self._turns += [asked, {"role": "assistant", "content": "".join(pieces)}]
