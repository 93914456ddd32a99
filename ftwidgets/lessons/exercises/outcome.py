"""The outcome of an exercise's check: not attempted, not yet (with a hint, never the answer), or right."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Literal

State = Literal["not attempted", "not yet", "right"]

_LABELS: dict[State, tuple[str, str]] = {
    "not attempted": ("Not attempted yet.", "#1976d2"),
    "not yet": ("Not yet.", "#b26a00"),
    "right": ("Right!", "#2e7d32"),
}


@dataclass(frozen=True)
class Outcome:
    """The outcome of a check; a notebook shows it as a sentence."""

    state: State
    message: str = ""  # for `not yet`: what was found, and where to look; it never contains the answer

    def __str__(self) -> str:
        return f"{_LABELS[self.state][0]} {self.message}".rstrip()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        label, colour = _LABELS[self.state]
        return f'<p style="border-left:4px solid {colour};padding-left:8px"><strong>{label}</strong> {escape(self.message)}</p>'


def not_attempted(message: str = "Replace the ... with your answer and run the cell again.") -> Outcome:
    """Return the outcome for an untouched exercise, with what to do."""
    return Outcome("not attempted", message)


def not_yet(message: str) -> Outcome:
    """Return the outcome for a wrong answer: what was found, and where to look."""
    return Outcome("not yet", message)


def right(message: str = "") -> Outcome:
    """Return the outcome for a right answer."""
    return Outcome("right", message)


def untouched(*answers: object) -> bool:
    """Return whether any answer is still the `...` of the lesson."""
    return any(answer is ... for answer in answers)
