"""An exercise: a title, the function that checks an answer, up to two hints, and a solution to paste."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ftwidgets.lessons.exercises.outcome import Outcome

MAX_HINTS = 2


@dataclass(frozen=True)
class Exercise:
    """One exercise of a lesson.

    Parameters
    ----------
    title
        What to do, in a few words.
    check
        Takes the learner's answers and returns an `Outcome`.
    hints
        Up to two, the vaguer one first. None of them contains the answer.
    solution
        Code that a learner can paste into the exercise's cell.
    """

    title: str
    check: Callable[..., Outcome]
    hints: tuple[str, ...] = ()
    solution: str = ""

    def __post_init__(self) -> None:
        if isinstance(self.hints, str) or len(self.hints) > MAX_HINTS:
            raise ValueError(f'"hints" of "{self.title}" must be a tuple of at most {MAX_HINTS} texts: {self.hints!r:.80}')
