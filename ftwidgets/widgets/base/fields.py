"""A form's field: an ipywidgets input with a label that is never cut off and a sentence that says what it is for.

Left out: sliders (axe finds no name on them) and anything without a keyboard.
"""

from __future__ import annotations

from typing import Any

import ipywidgets

from ftwidgets.widgets.base.live import Live

_LABEL = "150px"


def field(control: Any, help_text: str = "", *, width: str = "460px") -> ipywidgets.VBox:
    """Put a control, whose label is its `description`, above its sentence of help (HTML, so escape what is data)."""
    control.style.description_width = _LABEL
    control.layout.width = width
    control.layout.max_width = "calc(100% - 4px)"  # it has a margin of 2px
    parts = [control]
    if help_text:
        parts.append(Live(f'<p class="ftw-help">{help_text}</p>'))
    made = ipywidgets.VBox(parts, layout=ipywidgets.Layout(overflow="visible"))
    made.add_class("ftw-field")
    return made


def button(text: str, *, primary: bool = False, tooltip: str = "") -> ipywidgets.Button:
    """Make a button wide enough for its text."""
    style = "primary" if primary else ""
    made = ipywidgets.Button(description=text, button_style=style, tooltip=tooltip or text)
    made.layout.width = "auto"
    return made


def row(*parts: Any) -> ipywidgets.HBox:
    """Put parts side by side; they wrap where the page is narrow."""
    return ipywidgets.HBox(list(parts), layout=ipywidgets.Layout(flex_flow="row wrap", align_items="center"))
