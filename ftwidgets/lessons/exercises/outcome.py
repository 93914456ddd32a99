"""The outcome of an exercise's check: not attempted, not yet (with a hint, never the answer), right, or not checked."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Literal

State = Literal["not attempted", "not yet", "right", "not checked"]

_LABELS: dict[State, tuple[str, str]] = {
    "not attempted": ("Not attempted yet.", "#1976d2"),
    "not yet": ("Not yet.", "#b26a00"),
    "right": ("Right!", "#2e7d32"),
    "not checked": ("This was not checked.", "#616161"),
}


@dataclass(frozen=True)
class Outcome:
    """The outcome of a check; a notebook shows it as a sentence."""

    state: State
    message: str = ""  # for `not yet`: what was found, and where to look; it never contains the answer
    note: str = ""  # about the check itself, such as that its result could not be kept

    def __str__(self) -> str:
        return " ".join(filter(None, (_LABELS[self.state][0], self.message, self.note)))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        label, colour = _LABELS[self.state]
        text = f"<strong>{label}</strong> {escape(self.message)}"
        note = f"<br><small>{escape(self.note)}</small>" if self.note else ""
        return f'<p style="border-left:4px solid {colour};padding-left:8px">{text}{note}</p>'


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
