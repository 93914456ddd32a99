"""A button whose press carries what the fields of its form hold at that moment.

In JupyterLab a press can otherwise overtake the last letters that were typed: the two come in different queues.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets
import traitlets

_HERE = Path(__file__).parent


BROUGHT = (_HERE / "brought.js").read_text(encoding="utf-8")
"""The function `brought(model)`, which reads the fields on the page, for the scripts of the parts that bring them."""


class BringsValues(traitlets.HasTraits):
    """What makes a widget's presses bring the values of some fields: the front end reads `inputs` and sends them along."""

    inputs = traitlets.Dict(help="of each field: its model id, and the trait that holds its value").tag(sync=True)
    on_gone: Callable[[str], object] | None = None
    """Called with a sentence if a press brought a choice that its menu does not offer any more; nothing else is done then."""

    def bring(self, fields: Iterable[ipywidgets.Widget]) -> None:
        """Let each press bring the values of these fields."""
        self._brought = {field.model_id: field for field in fields}
        self.inputs = {name: _value_trait(field) for name, field in self._brought.items()}

    def set_brought(self, values: object) -> bool:
        """Set the fields to what a press brought; return whether every menu still offers what was chosen in it."""
        gone = ""
        for name, value in values.items() if isinstance(values, dict) else ():
            if name not in self.inputs:
                continue
            field, trait = self._brought[name], self.inputs[name]
            if trait == "index" and isinstance(value, dict):
                if value.get("label") not in (None, *field._options_labels):
                    gone = f'"{field.description}": "{value["label"]}" is not in the list any more. Choose again.'
                    continue
                value = _place(field, value.get("index"), value.get("label"))
            with suppress(traitlets.TraitError):  # the field itself shows what is wrong with it
                _set_quietly(field, trait, value)
        if gone and self.on_gone is not None:
            self.on_gone(gone)
        return not gone


def _set_quietly(field: ipywidgets.Widget, trait: str, value: object) -> None:
    """Set what the page showed, without sending it back as `set_state` does: by then something newer may be typed there."""
    read = field.trait_metadata(trait, "from_json", field._trait_from_json)
    with field._lock_property(**{trait: value}), field.hold_trait_notifications():
        field.set_trait(trait, read(value, field))


class PressButton(BringsValues, anywidget.AnyWidget):
    """A button in the look of `ipywidgets.Button`, with the same names.

    Parameters
    ----------
    description
        The text on the button.
    tooltip
        What a resting pointer shows.
    button_style
        `"primary"`, `"danger"` or empty.
    classes
        CSS classes of the button, with a blank between them.
    """

    _esm = BROUGHT + (_HERE / "press.js").read_text(encoding="utf-8")

    description = traitlets.Unicode("").tag(sync=True)
    tooltip = traitlets.Unicode("").tag(sync=True)
    disabled = traitlets.Bool(default_value=False).tag(sync=True)
    button_style = traitlets.Unicode("").tag(sync=True)
    classes = traitlets.Unicode("").tag(sync=True)
    expanded = traitlets.Unicode("", help="true or false for a button that opens and closes a part").tag(sync=True)

    def __init__(self, description: str, *, tooltip: str = "", button_style: str = "", classes: str = "") -> None:
        self._acts: list[Callable[[PressButton], object]] = []
        super().__init__(description=description, tooltip=tooltip, button_style=button_style, classes=classes)
        self.on_msg(self._received)

    def on_click(self, act: Callable[[PressButton], object]) -> None:
        """Register a function to call with this button when it is pressed."""
        self._acts.append(act)

    def click(self) -> None:
        """Do what a press does, with the values that the kernel knows."""
        for act in self._acts:
            act(self)

    def focus(self) -> None:
        """Move the keyboard focus to the button."""
        self.send({"type": "focus"})

    def _received(self, _widget: object, content: Any, _buffers: object) -> None:
        match content:
            case {"type": "press", "values": values} if not self.disabled:
                if self.set_brought(values):
                    self.click()

    def __repr__(self) -> str:
        return f"PressButton({self.description!r})"


def connect_presses(box: ipywidgets.Box, on_gone: Callable[[str], object] | None = None) -> None:
    """Let all presses in a box bring the values of the fields in it; call it again when its parts have changed.

    `on_gone` is called with a sentence in place of a press that brought a choice which its menu does not offer any more.

    A form inside the box that was connected before stays as it is.
    """
    parts = list(_walk(box))
    box.presses_connected = True
    fields = [
        part for part in parts if isinstance(part, ipywidgets.ValueWidget) and not isinstance(part, ipywidgets.FileUpload)
    ]
    for part in parts:
        if isinstance(part, BringsValues):
            part.on_gone = on_gone
            part.bring(fields)


def _walk(widget: ipywidgets.Widget) -> Iterator[ipywidgets.Widget]:
    yield widget
    for child in getattr(widget, "children", ()):
        if not hasattr(child, "presses_connected"):
            yield from _walk(child)


def _value_trait(field: ipywidgets.Widget) -> str:
    """Return the trait that travels: of a prompt box its draft, of a menu the place of the choice, with its label."""
    return next(name for name in ("draft", "value", "index") if name in field.keys)


def _place(menu: Any, place: object, label: object) -> int | None:
    """Return where a choice now stands in a menu; two choices with the same label differ by their places."""
    labels = list(menu._options_labels)
    if label is None:
        return None
    return place if isinstance(place, int) and labels[place : place + 1] == [label] else labels.index(label)
