"""A key while it is in memory: it is handed on, and never shown.

Left out: keeping it anywhere, and hiding it from code in the same kernel, which is impossible.
"""

from __future__ import annotations

from typing import NoReturn

_SHORTEST = 12  # of a shorter key not even the end is told


class Secret:
    """A key that shows nothing but its last two characters.

    Parameters
    ----------
    text
        The key; white space around it is dropped.

    Raises
    ------
    ValueError
        If it cannot be a key. The message does not repeat it.
    """

    __slots__ = ("__text",)

    def __init__(self, text: str) -> None:
        if not isinstance(text, str):
            raise ValueError("a key is handed in as text.")
        text = text.strip()
        if not text:
            raise ValueError("the key is empty: paste it into the field, then press the button.")
        if not (text.isascii() and text.isprintable() and " " not in text):
            raise ValueError("that is no key: there is a space, a line break or an unusual letter in it. Copy it once more.")
        self.__text = text

    def reveal(self) -> str:
        """Give the key itself, to make a client with."""
        return self.__text

    @property
    def end(self) -> str:
        """Tell its last two characters, to recognise it by."""
        return f"it ends in {self.__text[-2:]}" if len(self.__text) >= _SHORTEST else "it is short"

    def __repr__(self) -> str:
        return f"<a key; {self.end}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key is not stored: set OPENAI_API_KEY in the environment instead.")
