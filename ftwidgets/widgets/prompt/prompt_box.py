"""The box that a prompt is written in: Ctrl+Enter sends it, and the arrow up brings back what was sent last."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anywidget
import ipywidgets
import traitlets

_HERE = Path(__file__).parent


class PromptBox(anywidget.AnyWidget, ipywidgets.ValueWidget):
    """A text of several lines. Ctrl+Enter (Cmd+Enter) presses the button of class `ftw-send` inside the same `ftw-ask` part.

    Each text from the page comes with the time of its last letter: JupyterLab holds changes back while the kernel works, so
    that a text can come after the box was emptied of it. What the kernel sets says which letters it replaces.
    """

    _esm = _HERE / "prompt_box.js"
    _css = _HERE / "prompt.css"

    value = traitlets.Unicode("", help="the text in the box")
    draft = traitlets.Dict(help="from the page: the text, and when its last letter was typed")
    draft.tag(sync=True, echo_update=False)  # an echo would come after newer letters
    kept = traitlets.Dict(help="to the page: the text that the kernel set in place of what was typed").tag(sync=True)
    placeholder = traitlets.Unicode("").tag(sync=True)
    sent = traitlets.Unicode("", help="what was sent last").tag(sync=True)
    label = traitlets.Unicode("Prompt").tag(sync=True)

    def __init__(self, value: str = "", *, placeholder: str = "") -> None:
        self._typed = 0  # when the last letter that is known was typed, in ms since 1970 by the browser's clock
        first = {"text": value, "typed": 0}
        super().__init__(value=value, draft=first, kept=first, placeholder=placeholder)
        self.observe(self._received, names="draft")
        self.observe(self._set, names="value")

    def _received(self, change: dict[str, Any]) -> None:
        if change["new"]["typed"] > self._typed:
            self._typed = change["new"]["typed"]
            self.value = change["new"]["text"]

    def _set(self, change: dict[str, Any]) -> None:
        newest = self.draft if self.draft["typed"] > self.kept["typed"] else self.kept  # what the page shows
        if change["new"] != newest["text"]:
            self.kept = {"text": change["new"], "typed": self._typed}

    def empty(self, sent: str) -> None:
        """Empty the box, since that prompt was sent; what is being typed on the page meanwhile stays."""
        self.sent, self.value = sent, ""

    def refill(self) -> None:
        """Put what was sent back, since it was sent in vain; not if something else was written meanwhile."""
        self.value = self.value or self.sent

    def __repr__(self) -> str:
        return f"PromptBox({self.value[:40]!r})"
