"""Send a prompt to one or more models and report their answers while they are streamed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any

from ftwidgets.data.text import whole_characters
from ftwidgets.errors import FtwidgetsError
from ftwidgets.widgets.base.arguments import require_number, require_text, require_whole
from ftwidgets.widgets.base.failures import failure_text

if TYPE_CHECKING:
    import openai

PAUSE = 0.25
"""Seconds between two reports of a streamed answer: a page need not follow every token."""

STOPPED = "stopped"


@dataclass(frozen=True)
class PromptRequest:
    """A prompt with its settings. An empty `system` means that no system message is sent.

    `earlier` are the turns before it in the same conversation: pairs of a prompt and its answer.
    """

    prompt: str
    system: str = ""
    temperature: float = 0.0
    max_tokens: int = 60
    seed: int | None = None
    earlier: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        require_text("prompt", self.prompt)
        require_text("system", self.system)
        object.__setattr__(self, "temperature", require_number("temperature", self.temperature, least=0, most=2))
        object.__setattr__(self, "max_tokens", require_whole("max_tokens", self.max_tokens, least=1))
        if self.seed is not None:
            object.__setattr__(self, "seed", require_whole("seed", self.seed, meaning="None: no seed is sent"))

    @property
    def messages(self) -> list[dict[str, str]]:
        """The messages to send."""
        messages = [{"role": "system", "content": self.system}] if self.system else []
        for prompt, answer in self.earlier:
            messages += [{"role": "user", "content": prompt}, {"role": "assistant", "content": answer}]
        return [*messages, {"role": "user", "content": self.prompt}]

    @property
    def options(self) -> dict[str, Any]:
        """The settings to send with the messages."""
        seed = {} if self.seed is None else {"seed": self.seed}
        return {"temperature": self.temperature, "max_tokens": self.max_tokens, **seed}


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
    said, is_empty, answer, reported_at = "", True, StreamedAnswer(), monotonic()
    try:
        if not model:
            raise ValueError("no model is chosen here. Choose one.")
        messages: Any = request.messages
        chunks = client.chat.completions.create(model=model, messages=messages, stream=True, **request.options)
        with chunks:
            for chunk in chunks:
                if stop.is_set():
                    return replace(answer, ended=STOPPED)
                is_empty = False
                for choice in chunk.choices[:1]:
                    said += choice.delta.content or ""
                    answer = StreamedAnswer(whole_characters(said), choice.finish_reason or answer.ended)
                if monotonic() - reported_at >= PAUSE and not answer.ended:
                    on_change(answer)
                    reported_at = monotonic()
        if is_empty:
            raise FtwidgetsError("the service sent no answer. Check its address; it often ends in /v1.")
    except Exception as error:
        return replace(answer, ended="error", error=failure_text(error))
    return replace(answer, ended=answer.ended or "stop")


def ask_all(
    client: openai.OpenAI,
    requests: Sequence[tuple[str, PromptRequest]],
    *,
    on_change: Callable[[int, StreamedAnswer], object],
    stop: threading.Event,
) -> list[StreamedAnswer]:
    """Send a request to each of several models at once; return their answers in order. A model may be listed twice.

    `requests` are pairs of a model and what to send it. `on_change` is called with the position of a pair and its answer so
    far, and at last with its whole answer; if it raises, the asking ends, and that error is raised. Once `stop` is set, all
    answers end; one whose next token does not come soon is cut off there.
    """
    answers = [StreamedAnswer() for _ in requests]
    lock, finished = threading.Lock(), threading.Event()
    failures: list[Exception] = []

    def update(position: int, answer: StreamedAnswer) -> None:
        with lock:
            if answers[position].ended or finished.is_set():
                return
            answers[position] = answer
            try:
                on_change(position, answer)
            except Exception as error:  # raised in this thread, it would end the thread and leave the others waiting
                failures.append(error)
                stop.set()
            if failures or all(answer.ended for answer in answers):
                finished.set()

    def ask(position: int) -> None:
        model, request = requests[position]
        update(position, stream_answer(client, model, request, on_change=partial(update, position), stop=stop))

    for position in range(len(requests)):
        threading.Thread(target=ask, args=(position,), name=f"ftwidgets-answer-{position}", daemon=True).start()
    while not finished.wait(PAUSE) and not stop.is_set():
        pass
    finished.wait(4 * PAUSE)  # after a stop: time for the next token
    with lock:
        finished.set()
        if failures:
            raise failures[0]
        return [answer if answer.ended else replace(answer, ended=STOPPED) for answer in answers]
