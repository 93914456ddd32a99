"""The box that a prompt is written in: Ctrl+Enter sends it, and what was sent is replaced by the next letters."""

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
    label = traitlets.Unicode("Prompt").tag(sync=True)

    def report_sent(self) -> None:
        """Let the next letters replace the text, which was sent."""
        self.send({"type": "sent", "value": self.value})

    def __repr__(self) -> str:
        return f"PromptBox({self.value[:40]!r})"
