"""Fields, buttons and rows of a form, from ipywidgets inputs. Left out: sliders, on which axe finds no name."""

from __future__ import annotations

from typing import Any

import ipywidgets

from ftwidgets.widgets.base.live import Live

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


def button(text: str, *, primary: bool = False, tooltip: str = "") -> ipywidgets.Button:
    """Return a button as wide as its text."""
    style = "primary" if primary else ""
    made = ipywidgets.Button(description=text, button_style=style, tooltip=tooltip or text)
    made.layout.width = "auto"
    return made


def row(*parts: Any) -> ipywidgets.HBox:
    """Return a box of parts side by side; they wrap where the page is narrow."""
    return ipywidgets.HBox(list(parts), layout=ipywidgets.Layout(flex_flow="row wrap", align_items="center"))
