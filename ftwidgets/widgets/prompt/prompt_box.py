"""The box that a prompt is written in: Ctrl+Enter sends it, and the arrow up brings back what was sent last."""

from __future__ import annotations

from pathlib import Path

import anywidget
import ipywidgets
import traitlets

_HERE = Path(__file__).parent


class PromptBox(anywidget.AnyWidget, ipywidgets.ValueWidget):
    """A text of several lines. Ctrl+Enter (Cmd+Enter) presses the button of class `ftw-send` inside the same `ftw-ask` part."""

    _esm = _HERE / "prompt_box.js"
    _css = _HERE / "prompt.css"

    value = traitlets.Unicode("").tag(sync=True)
    placeholder = traitlets.Unicode("").tag(sync=True)
    sent = traitlets.Unicode("", help="what was sent last").tag(sync=True)
    label = traitlets.Unicode("Prompt").tag(sync=True)

    def empty(self, sent: str) -> None:
        """Empty the box, since that prompt was sent; what is being typed on the page meanwhile stays."""
        self.sent, self.value = sent, ""

    def refill(self) -> None:
        """Put what was sent back, since it was sent in vain; not if something else was written meanwhile."""
        self.value = self.value or self.sent

    def __repr__(self) -> str:
        return f"PromptBox({self.value[:40]!r})"
