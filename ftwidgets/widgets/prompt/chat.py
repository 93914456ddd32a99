"""A conversation with several models at once, in the background: each model goes on with its own answers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ftwidgets.errors import FtwidgetsError
from ftwidgets.widgets.base.background import BackgroundTask
from ftwidgets.widgets.prompt.history import HistoryEntry
from ftwidgets.widgets.prompt.model_names import ModelNames
from ftwidgets.widgets.prompt.streaming import STOPPED, PromptRequest, StreamedAnswer, ask_all

if TYPE_CHECKING:
    import openai


class Chat:
    """Asks models, and keeps what they said.

    Parameters
    ----------
    client
        Any `openai` client.
    on_change
        Called, in another thread, while answers are written.
    on_end
        Called there when all have ended.
    on_error
        Called there with an exception, if asking itself failed. The error of one model is part of its answer.

    Attributes
    ----------
    entries
        Everything asked so far.
    turns
        The conversation that is shown; its last turn may still be written.
    """

    def __init__(
        self,
        client: openai.OpenAI,
        *,
        on_change: Callable[[], object],
        on_end: Callable[[], object],
        on_error: Callable[[Exception], object],
    ) -> None:
        self._client, self._on_change, self._on_end = client, on_change, on_end
        self.entries: list[HistoryEntry] = []
        self.turns: tuple[HistoryEntry, ...] = ()
        self.task: BackgroundTask[None] = BackgroundTask("question to the models", on_error=on_error)
        self._stop = threading.Event()

    def check_free(self) -> None:
        """Raise a FtwidgetsError while the models are answering."""
        if self.task.busy:
            raise FtwidgetsError("the models are still answering. Wait for them, or stop them.")

    def is_current(self, models: tuple[str, ...], settings: PromptRequest) -> bool:
        """Return whether there are answers, and they are those of these models with these settings."""
        if not self.turns:
            return False
        last = self.turns[-1]
        return last.models == models and replace(last.request, prompt="") == replace(settings, prompt="")

    def ask(self, request: PromptRequest, models: tuple[str, ...], names: ModelNames, *, follow_up: bool) -> None:
        """Start asking; a follow-up goes on with the turns, if there are any, and needs the same models and settings."""
        self.check_free()
        before = self.turns if follow_up else ()
        if before and not self.is_current(models, request):
            raise FtwidgetsError("models or settings have changed since the last answers. Ask without follow_up.")
        stop = self._stop = threading.Event()
        called, labels = tuple(map(names.name, models)), tuple(map(names.label, models))
        entry = HistoryEntry(request, called, labels, models, tuple(StreamedAnswer() for _ in models), len(before) + 1)
        self.task.start(lambda: self._ask(entry, before, stop))

    def stop(self) -> None:
        """Stop the answers that are being written."""
        self._stop.set()

    def clear(self) -> None:
        """Begin a new conversation; the entries stay."""
        self.check_free()
        self.turns = ()

    def _ask(self, entry: HistoryEntry, before: tuple[HistoryEntry, ...], stop: threading.Event) -> None:
        answers = list(entry.answers)

        def keep(position: int, answer: StreamedAnswer) -> None:
            answers[position] = answer
            self.turns = (*before, replace(entry, answers=tuple(answers)))
            self._on_change()

        requests = [
            (model, replace(entry.request, earlier=_earlier(before, place))) for place, model in enumerate(entry.models)
        ]
        try:
            keep(0, answers[0])
            for position, answer in enumerate(ask_all(self._client, requests, on_change=keep, stop=stop)):
                keep(position, answer)
        except Exception:
            ended = tuple(answer if answer.ended else replace(answer, ended=STOPPED) for answer in answers)
            self.turns = (*before, replace(entry, answers=ended))
            raise
        self.entries.append(self.turns[-1])
        self._on_end()


def _earlier(turns: Sequence[HistoryEntry], position: int) -> tuple[tuple[str, str], ...]:
    """Return the prompts with the answers of the model at that position; a prompt without an answer is left out."""
    pairs = ((turn.request.prompt, turn.answers[position].text) for turn in turns)
    return tuple((prompt, answer) for prompt, answer in pairs if answer)
