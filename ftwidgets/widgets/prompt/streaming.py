"""Send a prompt to one or more models and report their answers while they are streamed.

Each request is a conversation of its own. Left out: several turns.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any

from ftwidgets.widgets.base import markup
from ftwidgets.widgets.base.failures import failure_text

if TYPE_CHECKING:
    import openai

PAUSE = 0.25
"""Seconds between two reports of a streamed answer: a page need not follow every token."""

STOPPED = "stopped"


@dataclass(frozen=True)
class PromptRequest:
    """A prompt with its settings. An empty `system` means that no system message is sent."""

    prompt: str
    system: str = ""
    temperature: float = 0.0
    max_tokens: int = 60
    seed: int | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.temperature, int | float) or not 0 <= self.temperature <= 2:
            raise ValueError(f'"temperature" must be a number from 0 to 2: {self.temperature!r}')
        if not isinstance(self.max_tokens, int) or self.max_tokens < 1:
            raise ValueError(f'"max_tokens" must be a whole number from 1: {self.max_tokens!r}')

    @property
    def messages(self) -> list[dict[str, str]]:
        """The messages to send."""
        first = [{"role": "system", "content": self.system}] if self.system else []
        return [*first, {"role": "user", "content": self.prompt}]

    @property
    def options(self) -> dict[str, Any]:
        """The settings to send with the messages."""
        seed = {} if self.seed is None else {"seed": self.seed}
        return {"temperature": self.temperature, "max_tokens": self.max_tokens, **seed}

    def code(self, models: Sequence[str]) -> str:
        """Return the calls that ask the models: streamed, one after the other, with the texts in `answers`."""
        messages = "".join(
            f'    {{"role": "{message["role"]}", "content": {markup.literal(message["content"])}}},\n'
            for message in self.messages
        )
        options = "".join(f"        {name}={markup.literal(value)},\n" for name, value in self.options.items())
        return (
            f"messages = [\n{messages}]\n"
            "answers = []\n"
            f"for model in [{', '.join(map(markup.literal, models))}]:\n"
            "    stream = client.chat.completions.create(\n"
            "        model=model,\n"
            "        messages=messages,\n"
            f"{options}"
            "        stream=True,\n"
            "    )\n"
            '    answers.append("")\n'
            '    print(model, end=": ")\n'
            "    for chunk in stream:\n"
            '        text = (chunk.choices[0].delta.content or "") if chunk.choices else ""\n'
            "        answers[-1] += text\n"
            '        print(text, end="", flush=True)\n'
            "    print()\n"
        )


@dataclass(frozen=True)
class StreamedAnswer:
    """The answer of a model so far, and how it ended.

    `ended` is empty while the answer is being streamed. Then it is the service's finish reason (`stop`, or `length` at the
    limit of tokens), `stopped` if the user stopped it, or `error`, with the reason as a sentence in `error`.
    """

    text: str = ""
    ended: str = ""
    error: str = ""


def stream_answer(
    client: openai.OpenAI,
    model: str,
    request: PromptRequest,
    *,
    on_change: Callable[[StreamedAnswer], object],
    stop: threading.Event,
) -> StreamedAnswer:
    """Send a request to one model and return its whole answer; a failure becomes part of it, not an exception.

    `on_change` is called with the answer so far, a few times a second; `stop` ends the answer at its next token once it is set.
    """
    answer, reported_at = StreamedAnswer(), monotonic()
    try:
        if not model:
            raise ValueError("there is no model on this side. Name one.")
        messages: Any = request.messages
        chunks = client.chat.completions.create(model=model, messages=messages, stream=True, **request.options)
        with chunks:
            for chunk in chunks:
                if stop.is_set():
                    return replace(answer, ended=STOPPED)
                for choice in chunk.choices[:1]:
                    text = answer.text + (choice.delta.content or "")
                    answer = StreamedAnswer(text, choice.finish_reason or answer.ended)
                if monotonic() - reported_at >= PAUSE and not answer.ended:
                    on_change(answer)
                    reported_at = monotonic()
    except Exception as error:
        return replace(answer, ended="error", error=failure_text(error))
    return replace(answer, ended=answer.ended or "stop")


def ask_all(
    client: openai.OpenAI,
    models: Sequence[str],
    request: PromptRequest,
    *,
    on_change: Callable[[int, StreamedAnswer], object],
    stop: threading.Event,
) -> list[StreamedAnswer]:
    """Send a request to several models at once; return their answers in order. A model may be listed twice.

    `on_change` is called with the position of a model and its answer so far, and at last with its whole answer. Once `stop` is
    set, all answers end; one whose next token does not come soon is cut off there.
    """
    answers = [StreamedAnswer() for _ in models]
    lock, finished = threading.Lock(), threading.Event()

    def update(position: int, answer: StreamedAnswer) -> None:
        with lock:
            if answers[position].ended or finished.is_set():
                return
            answers[position] = answer
            on_change(position, answer)
            if all(answer.ended for answer in answers):
                finished.set()

    def ask(position: int) -> None:
        update(position, stream_answer(client, models[position], request, on_change=partial(update, position), stop=stop))

    for position in range(len(models)):
        threading.Thread(target=ask, args=(position,), name=f"ftwidgets-answer-{position}", daemon=True).start()
    while not finished.wait(PAUSE) and not stop.is_set():
        pass
    finished.wait(4 * PAUSE)  # after a stop: time for the next token
    with lock:
        finished.set()
        return [answer if answer.ended else replace(answer, ended=STOPPED) for answer in answers]
