"""A question with a field to type a guess into; each change reaches the kernel at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from ftwidgets.widgets.base.arguments import require_text
from ftwidgets.widgets.base.panel import Panel

SETTLED = 0.2
"""Seconds in which what was typed arrives: with ipykernel 7.1 a cell may overtake the last letters (7.4 does not let it)."""

_HERE = Path(__file__).parent


class GuessInput(anywidget.AnyWidget):
    """The field itself: it calls `on_text` with what is in it, and whether the learner has finished typing."""

    _esm = _HERE / "guess.js"
    _css = _HERE / "guess.css"

    question = traitlets.Unicode("").tag(sync=True)
    value = traitlets.Unicode("").tag(sync=True)

    def __init__(self, question: str, value: str, on_text: Callable[[str, bool], object]) -> None:
        self._on_text = on_text
        self.on_a_page = False
        super().__init__(question=question, value=value)
        self.on_msg(self._received)

    def _received(self, _widget: object, content: Any, _buffers: object) -> None:
        match content:
            case {"type": "shown"}:
                self.on_a_page = True
            case {"type": "type" | "keep" as kind, "value": str(value)}:
                self._on_text(value, kind == "keep")

    def __repr__(self) -> str:
        return f"GuessInput({self.question[:40]!r})"


class GuessField(Panel):
    """Ask for a guess; `.value` is what the field holds.

    Parameters
    ----------
    question
        What to guess.
    value
        An earlier guess.
    on_keep
        Called with a new guess when Enter or Keep is pressed or the field is left; returns a sentence if it could not be kept.
    """

    def __init__(self, question: str, value: str, on_keep: Callable[[str], str]) -> None:
        require_text("question", question)
        self.value = self._kept = require_text("value", value)
        self._on_keep = on_keep
        self._changed_at = time.monotonic()
        self._input = GuessInput(question, value, self._on_text)
        super().__init__(question, [self._input], bare=True)

    def settle(self) -> str:
        """Wait until what was just typed has arrived, keep it, and return it."""
        if self._input.on_a_page:  # JupyterLab brings messages to the kernel in two queues: a cell may overtake the letters
            self._changed_at = max(self._changed_at, time.monotonic())
            while (left := self._changed_at + SETTLED - time.monotonic()) > 0:
                time.sleep(left)
        self.keep()
        return self.value

    def keep(self) -> None:
        """Keep what the field holds, unless it is kept already."""
        if self.value != self._kept:
            self._kept = self._input.value = self.value
            note = self._on_keep(self.value)
            self.show_status(
                note or (f"Kept: {self.value}" if self.value else "The guess was removed."), "wrong" if note else "ok"
            )
            self.update_static_view()

    def _on_text(self, text: str, finished: bool) -> None:
        self._changed_at = time.monotonic()
        self.value = " ".join(text.split())
        if finished:
            self.catch_errors(self.keep)()

    @property
    def code(self) -> str:
        """The guess as a comment."""
        return f"# {self.title} {self.value}".rstrip()

    def static_text(self) -> str:
        """Return the guess, or where to type it."""
        return f"Your guess: {self.value}" if self.value else "No guess yet. In JupyterLab there is a field for it here."

    def static_html(self) -> str:
        """Return the same as a paragraph."""
        return f"<p>{escape(self.static_text())}</p>"
