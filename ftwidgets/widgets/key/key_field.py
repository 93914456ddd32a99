"""The field that a key is typed into, with its buttons: what is typed leaves it once, with a press, and is stored nowhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from ftwidgets.errors import FtwidgetsError
from ftwidgets.widgets.base.press import BringsValues

_HERE = Path(__file__).parent


class KeyField(BringsValues, anywidget.AnyWidget):
    """A password field with the buttons "Use this key", "Test the connection" and "Stop".

    A press brings the key that stands in the field, and the fields of the form as the user saw them (`press.py`): so the key
    cannot reach a service that was chosen before or after. When one of these fields changes, the page empties the field.

    Parameters
    ----------
    on_press
        Called with `"use"`, `"test"` or `"stop"`, and the key in the field, which may be empty.
    on_error
        Called with the exception if the press could not be passed on.
    """

    _esm = _HERE / "key.js"
    _css = _HERE / "key.css"

    shown = traitlets.Bool(default_value=True, help="whether the service needs a key").tag(sync=True)
    ready = traitlets.Bool(default_value=False, help="whether the service has an address").tag(sync=True)
    has_key = traitlets.Bool(default_value=False, help="whether it can be tested with an empty field").tag(sync=True)
    testing = traitlets.Bool(default_value=False, help="whether a test runs").tag(sync=True)

    def __init__(self, on_press: Callable[[str, str], object], *, on_error: Callable[[Exception], object]) -> None:
        self._on_press = on_press
        self._on_error = on_error
        super().__init__()
        self.on_msg(self._received)

    def press(self, action: str, key: str = "") -> None:
        """Do what a press does: `"use"`, `"test"` or `"stop"`, with what stands in the field."""
        try:
            self._on_press(action, key)
        except Exception as error:
            self._on_error(error)

    def _received(self, _widget: object, content: Any, _buffers: object) -> None:
        match content:
            case {"type": "use" | "test" | "stop" as action, "value": str(key), **rest}:
                values: Any = rest.get("values") or {}
                self.set_brought(values)
                if key and not self._is_as_seen(values):
                    self._on_error(FtwidgetsError("the service was changed meanwhile, so the key was dropped. Type it again."))
                else:
                    self.press(action, key)

    def _is_as_seen(self, values: dict[str, object]) -> bool:
        """Return whether the form's fields now hold what stood in them on the page at the press."""
        return all(getattr(self._brought[name], trait) == values[name] for name, trait in self.inputs.items() if name in values)

    def __repr__(self) -> str:
        return "KeyField()"
