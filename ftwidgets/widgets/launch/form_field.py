"""A field of a form that is read as text, with its sentence of help and room for what is wrong with it.

Left out: what the values mean.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any, Generic, TypeVar

import ipywidgets
from traitlets import TraitError

from ftwidgets.widgets.base import fields
from ftwidgets.widgets.base.failures import failure_text
from ftwidgets.widgets.base.live import Live

Value = TypeVar("Value")


class Entry(Generic[Value]):
    """A control and the function that reads it.

    Parameters
    ----------
    control
        An ipywidgets input; its `description` is the label.
    help_text
        One sentence: what it does and when to change it.
    read
        Makes a value of the text, or raises a ValueError that says what to write instead.
    """

    def __init__(self, control: Any, help_text: str, read: Callable[[str], Value]) -> None:
        self.control = control
        self._read = read
        self._told = Live(role="status")
        self._told.layout.margin = "0"
        parts = [fields.field(control, help_text, width="436px"), self._told]
        self.box = ipywidgets.VBox(parts, layout={"flex": "1 1 420px", "max_width": "100%", "overflow": "visible"})

    @property
    def name(self) -> str:
        """The label."""
        return str(self.control.description)

    @property
    def text(self) -> str:
        """What stands in it."""
        return str(self.control.value or "")

    def put(self, value: object) -> None:
        """Write a value into it; None empties it.

        Raises
        ------
        ValueError
            If it is a menu without that value.
        """
        try:
            self.control.value = "" if value is None else str(value)
        except TraitError:
            raise ValueError(f'{self.name}: "{value!s:.40}" is not in the menu.') from None

    def value(self) -> Value:
        """Read it.

        Raises
        ------
        ValueError
            With what to write instead.
        """
        return self._read(self.text)

    def problem(self) -> str:
        """Tell what is wrong with it in a sentence; empty if nothing is."""
        try:
            self.value()
        except (ValueError, OSError) as error:
            return failure_text(error)
        return ""

    def tell(self, text: str, kind: str = "wrong") -> None:
        """Write a sentence under the field; an empty one clears it."""
        self._told.html = f'<p class="ftw-{kind}" style="margin:0 0 4px 158px">{escape(text)}</p>' if text else ""
