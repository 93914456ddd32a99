"""A widget of HTML that the kernel can change, that a screen reader can announce, and that can hold buttons.

`ipywidgets.HTML` can do the first; the other two need the few lines of `live.js`. Inputs are ipywidgets' own.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from ftwidgets import design
from ftwidgets.data.text import whole_characters
from ftwidgets.widgets.base.press import BROUGHT, BringsValues

_HERE = Path(__file__).parent


class Live(BringsValues, anywidget.AnyWidget):
    """HTML on the page. Pass text from data or models through `html.escape` first.

    `role` is `"status"` for a line that a screen reader announces when it changes, `"alert"` for one it announces at once.
    A click on a `<button data-press="value">` calls the functions registered by `on_press` with that value.
    A `<button data-copy="css selector">` copies the text of that element.
    A button with `data-keys="1 ArrowLeft"` is pressed by these keys too, while the keyboard is in this part; what has
    `data-focus` gets the keyboard when it appears. In a part with a height of its own, what has `data-newest` is scrolled into
    view when its value or its text changes.
    """

    _esm: Any = BROUGHT + (_HERE / "live.js").read_text(encoding="utf-8")
    _css = design.TOKENS + design.PARTS + (_HERE / "panel.css").read_text(encoding="utf-8")

    html = traitlets.Unicode("").tag(sync=True)
    role = traitlets.Unicode("").tag(sync=True)

    def __init__(self, html: str = "", *, role: str = "") -> None:
        self._pressed: list[Callable[[str], object]] = []
        super().__init__(html=html, role=role)
        self.on_msg(self._received)

    @traitlets.validate("html")
    def _whole(self, proposal: Any) -> str:
        return whole_characters(proposal["value"])  # a part of a character cannot be sent to the page

    def on_press(self, act: Callable[[str], object]) -> None:
        """Register a function to call with the value of each button that is pressed."""
        self._pressed.append(act)

    def press(self, value: str) -> None:
        """Do what a press on the button with that value does."""
        for act in self._pressed:
            act(value)

    def _received(self, _widget: object, content: Any, _buffers: object) -> None:
        match content:
            case {"type": "press", "value": str(value), **rest}:
                if self.set_brought(rest.get("values")):
                    self.press(value)

    def __repr__(self) -> str:
        return f"Live({self.html[:40]!r})"
