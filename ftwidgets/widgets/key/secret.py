"""A key in memory, and the field it is typed into. Neither shows or stores it; code in the same kernel can still read it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import anywidget

_HERE = Path(__file__).parent
_MIN_LENGTH = 12  # of a shorter key not even the end is shown


class Secret:
    """A key that shows only its last two characters; whitespace around it is dropped.

    The message of the ValueError for a text that cannot be a key does not repeat it.
    """

    __slots__ = ("__text",)

    def __init__(self, text: str) -> None:
        if not isinstance(text, str):
            raise ValueError("a key must be a text.")
        text = text.strip()
        if not text:
            raise ValueError("the key is empty: paste it into the field, then press the button.")
        if not (text.isascii() and text.isprintable() and " " not in text):
            raise ValueError("that is no key: there is a space, a line break or an unusual letter in it. Copy it once more.")
        self.__text = text

    def reveal(self) -> str:
        """Return the key itself, to make a client with."""
        return self.__text

    @property
    def end(self) -> str:
        """Its last two characters in words, to recognize it by."""
        return f"it ends in {self.__text[-2:]}" if len(self.__text) >= _MIN_LENGTH else "it is short"

    def __repr__(self) -> str:
        return f"<a key; {self.end}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key is not stored: set OPENAI_API_KEY in the environment instead.")


class KeyField(anywidget.AnyWidget):
    """A password field that passes what is typed on to `on_key` and stores nothing."""

    _esm = _HERE / "key.js"
    _css = _HERE / "key.css"

    def __init__(self, on_key: Callable[[str], object]) -> None:
        self._on_key = on_key
        super().__init__()
        self.on_msg(self._received)

    def _received(self, _widget: object, content: Any, _buffers: object) -> None:
        match content:
            case {"type": "key", "value": str(value)}:
                self._on_key(value)

    def __repr__(self) -> str:
        return "KeyField()"
