"""Ask one or two models a question, and hand the answers on while they are being written.

Left out: talks of several turns (each question stands alone), and anything that draws.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from time import monotonic
from typing import TYPE_CHECKING, Any

from ftwidgets.widgets.base import markup
from ftwidgets.widgets.base.failures import failure_text

if TYPE_CHECKING:
    import openai

PAUSE = 0.25
"""Seconds between two looks at an answer that is being written: a page need not follow every word."""

STOPPED = "stopped"


@dataclass(frozen=True)
class Question:
    """A prompt, and how it is to be answered. An empty `system` means that no system message is sent.

    Raises
    ------
    ValueError
        If `temperature` or `max_tokens` is nothing that can be sent.
    """

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
        """The settings to send with them."""
        seed = {} if self.seed is None else {"seed": self.seed}
        return {"temperature": self.temperature, "max_tokens": self.max_tokens, **seed}

    def code(self, models: Sequence[str]) -> str:
        """Write the calls that ask the models: streamed, one after the other, the texts kept in `answers`."""
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
class Answer:
    """What a model has said so far, and how that ended.

    `ended` is empty while the answer is being written, then the service's word (`stop`, or `length` where the most
    tokens were reached), `stopped` where the learner stopped it, or `error`, with the reason in words in `error`.
    """

    text: str = ""
    ended: str = ""
    error: str = ""


def stream(
    client: openai.OpenAI,
    model: str,
    question: Question,
    *,
    on_change: Callable[[Answer], object],
    stop: threading.Event,
) -> Answer:
    """Ask one model; a failure is part of the answer, not an exception.

    Parameters
    ----------
    client
        Any `openai` client.
    model, question
        Who is asked, and what.
    on_change
        Called with the answer so far, a few times a second.
    stop
        Set by somebody else, it ends the answer at its next word.

    Returns
    -------
    Answer
        How it ended.
    """
    answer, told = Answer(), monotonic()
    try:
        if not model:
            raise ValueError("there is no model on this side. Name one.")
        messages: Any = question.messages
        chunks = client.chat.completions.create(model=model, messages=messages, stream=True, **question.options)
        with chunks:
            for chunk in chunks:
                if stop.is_set():
                    return replace(answer, ended=STOPPED)
                for choice in chunk.choices[:1]:
                    said = answer.text + (choice.delta.content or "")
                    answer = Answer(said, choice.finish_reason or answer.ended)
                if monotonic() - told >= PAUSE and not answer.ended:
                    on_change(answer)
                    told = monotonic()
    except Exception as error:
        return replace(answer, ended="error", error=failure_text(error))
    return replace(answer, ended=answer.ended or "stop")


def ask_all(
    client: openai.OpenAI,
    models: Sequence[str],
    question: Question,
    *,
    on_change: Callable[[int, Answer], object],
    stop: threading.Event,
) -> list[Answer]:
    """Ask several models at once.

    Parameters
    ----------
    client, question
        As for `stream`.
    models
        Who is asked; the same one may be there twice.
    on_change
        Called with the position of a model and its answer so far, last of all with how it ended.
    stop
        Set by somebody else, it ends all answers; one that does not come to its next word is left behind.

    Returns
    -------
    list[Answer]
        In the order of the models.
    """
    answers = [Answer() for _ in models]
    lock, over = threading.Lock(), threading.Event()

    def note(place: int, answer: Answer) -> None:
        with lock:
            if answers[place].ended or over.is_set():
                return
            answers[place] = answer
            on_change(place, answer)
            if all(given.ended for given in answers):
                over.set()

    def ask(place: int) -> None:
        told = stream(client, models[place], question, on_change=lambda answer: note(place, answer), stop=stop)
        note(place, told)

    for place in range(len(models)):
        threading.Thread(target=ask, args=(place,), name=f"ftwidgets-answer-{place}", daemon=True).start()
    while not over.wait(PAUSE) and not stop.is_set():
        pass
    over.wait(4 * PAUSE)  # after a stop: the time to come to the next word
    with lock:
        over.set()
        return [given if given.ended else replace(given, ended=STOPPED) for given in answers]
