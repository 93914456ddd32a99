"""Fields, buttons, rows and folded sections of a form, from ipywidgets inputs.

Sliders are not used: axe finds no name on them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ipywidgets

from ftwidgets.widgets.base.live import Live
from ftwidgets.widgets.base.press import PressButton

_LABEL = "150px"


def field(control: Any, help_text: str = "", *, width: str = "460px") -> ipywidgets.VBox:
    """Return a control above a sentence of help (HTML: escape what is data); the label is the control's `description`."""
    control.style.description_width = _LABEL
    control.layout.width = width
    control.layout.max_width = "calc(100% - 4px)"  # it has a margin of 2px
    parts = [control]
    if help_text:
        parts.append(Live(f'<p class="ftw-help">{help_text}</p>'))
    made = ipywidgets.VBox(parts, layout=ipywidgets.Layout(overflow="visible"))
    made.add_class("ftw-field")
    return made


def button(text: str, *, primary: bool = False, tooltip: str = "") -> PressButton:
    """Return a button as wide as its text."""
    return PressButton(text, tooltip=tooltip or text, button_style="primary" if primary else "")


def row(*parts: Any) -> ipywidgets.HBox:
    """Return a box of parts side by side; they wrap where the page is narrow."""
    return ipywidgets.HBox(list(parts), layout=ipywidgets.Layout(flex_flow="row wrap", align_items="center"))


class Fold(ipywidgets.VBox):
    """A section that a button opens and closes; its parts keep their values while it is closed.

    Parameters
    ----------
    title
        The text on the button.
    parts
        What is folded.
    is_open
        Whether it begins open.
    """

    def __init__(self, title: str, parts: Sequence[ipywidgets.Widget], *, is_open: bool = False) -> None:
        self.title = title
        self._body = ipywidgets.VBox(list(parts))
        self.toggle = PressButton(title, classes="ftw-fold-toggle")
        self.toggle.on_click(lambda _button: self.show(self.toggle.expanded != "true"))
        super().__init__([self.toggle, self._body], layout=ipywidgets.Layout(overflow="visible"))
        self.show(is_open)

    def show(self, is_open: bool = True) -> None:
        """Open the section, or close it."""
        self.toggle.expanded = "true" if is_open else "false"
        self.toggle.description = self.toggle.tooltip = f"{'▾' if is_open else '▸'} {self.title}"
        self._body.layout.display = "" if is_open else "none"
