"""What the check of an exercise says: not attempted, not yet (and where to look, never the answer), or right.

Left out: grades, and remembering anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Literal

State = Literal["not attempted", "not yet", "right"]

_LOOKS: dict[State, tuple[str, str]] = {
    "not attempted": ("Not attempted yet.", "#1976d2"),
    "not yet": ("Not yet.", "#b26a00"),
    "right": ("Right!", "#2e7d32"),
}


@dataclass(frozen=True)
class Outcome:
    """The outcome of a check, shown as a sentence.

    Parameters
    ----------
    state
        `not attempted`, `not yet` or `right`.
    message
        For `not yet`: what was seen, and where to look. It never holds the answer.
    """

    state: State
    message: str = ""

    def __str__(self) -> str:
        return f"{_LOOKS[self.state][0]} {self.message}".rstrip()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        word, colour = _LOOKS[self.state]
        return f'<p style="border-left:4px solid {colour};padding-left:8px"><strong>{word}</strong> {escape(self.message)}</p>'


def not_attempted(message: str = "Replace the ... with your answer and run the cell again.") -> Outcome:
    """Say that nothing was tried, and how to."""
    return Outcome("not attempted", message)


def not_yet(message: str) -> Outcome:
    """Say that it is not right yet: what was seen, and where to look."""
    return Outcome("not yet", message)


def right(message: str = "") -> Outcome:
    """Say that it is right."""
    return Outcome("right", message)


def untouched(*answers: object) -> bool:
    """Tell whether an answer still is the `...` that stands in the lesson."""
    return any(answer is ... for answer in answers)
