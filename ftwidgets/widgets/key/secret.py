"""A key in memory, bound to one address. It is never shown or stored; code in the same kernel can still read it."""

from __future__ import annotations

from typing import NoReturn

from ftwidgets.errors import FtwidgetsError
from ftwidgets.widgets.key.address import same_address

_MIN_LENGTH = 12  # of a shorter key not even the end is shown


class Secret:
    """A key that shows only its last two characters, for the service at one address; whitespace around it is dropped.

    The message of the ValueError for a text that cannot be a key does not repeat it.
    """

    __slots__ = ("__address", "__text")

    def __init__(self, text: str, address: str) -> None:
        if not isinstance(text, str):
            raise ValueError("a key must be a text.")
        text = text.strip()
        if not text:
            raise ValueError("the key is empty: paste it into the field, then press the button.")
        if not (text.isascii() and text.isprintable() and " " not in text):
            raise ValueError("that is no key: there is a space, a line break or an unusual letter in it. Copy it once more.")
        self.__text = text
        self.__address = address

    def reveal(self, address: str) -> str:
        """Return the key itself, to make a client with; a FtwidgetsError if it was given for another address."""
        if not same_address(address, self.__address):
            raise FtwidgetsError("the key was given for another address. Type the key of this service.")
        return self.__text

    @property
    def end(self) -> str:
        """Its last two characters in words, to recognize it by."""
        return f"ends in {self.__text[-2:]}" if len(self.__text) >= _MIN_LENGTH else "a short one"

    def __repr__(self) -> str:
        return f"<a key; {self.end}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key is not stored: set OPENAI_API_KEY in the environment instead.")
