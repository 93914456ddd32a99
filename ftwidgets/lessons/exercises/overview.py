"""What a learner has done so far, lesson by lesson: as a table in a notebook, as text, and as plain facts."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

from ftwidgets.lessons.exercises import progress_file
from ftwidgets.lessons.exercises.course import TOPICS

_MARKS = {"right": "right", "not yet": "not yet", "open": "-"}


@dataclass(frozen=True)
class LessonProgress:
    """A lesson: the state of each of its exercises (`right`, `not yet` or `open`), and how many guesses were made in it."""

    number: str
    title: str
    states: tuple[str, ...]
    guesses: int


class Progress:
    """The lessons with what was done in each; a notebook shows a table, `print` the same as text."""

    def __init__(self, lessons: list[LessonProgress], problem: str = "") -> None:
        self.lessons = lessons
        self.problem = problem  # with the file in which it is kept; a sentence, or empty

    @property
    def summary(self) -> str:
        """All lessons in a sentence."""
        states = [state for lesson in self.lessons for state in lesson.states]
        guesses = sum(lesson.guesses for lesson in self.lessons)
        solved, tried = states.count("right"), states.count("not yet")
        return (
            f"{solved} of {len(states)} exercises solved, {tried} tried and not solved yet, {states.count('open')} open. "
            f"{guesses} {'guess' if guesses == 1 else 'guesses'} made."
        )

    def facts(self) -> dict[str, Any]:
        """Return everything as JSON can hold it."""
        return {
            "summary": self.summary,
            "problem": self.problem,
            "lessons": [
                {"lesson": lesson.number, "title": lesson.title, "exercises": list(lesson.states), "guesses": lesson.guesses}
                for lesson in self.lessons
            ],
        }

    def __str__(self) -> str:
        most = self._most_exercises()
        header = ["lesson", *(f"exercise {number}" for number in range(1, most + 1)), "guesses"]
        rows = [header, *(self._cells(lesson, most) for lesson in self.lessons)]
        widths = [max(len(row[column]) for row in rows) for column in range(len(header))]
        lines = ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
        return "\n".join([*lines, self.summary, *filter(None, [self.problem])])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        most = self._most_exercises()
        header = "".join(
            f'<th scope="col" style="text-align:left">{name}</th>'
            for name in ("Lesson", *(f"Exercise {number}" for number in range(1, most + 1)), "Guesses")
        )
        rows = "".join(f"<tr>{self._html_cells(lesson, most)}</tr>" for lesson in self.lessons)
        problem = f"<p>{escape(self.problem)}</p>" if self.problem else ""
        table = f"<table><thead><tr>{header}</tr></thead><tbody>{rows}</tbody></table>"
        return f"<p><strong>{self.summary}</strong></p>{problem}{table}"

    def _most_exercises(self) -> int:
        return max((len(lesson.states) for lesson in self.lessons), default=0)

    def _cells(self, lesson: LessonProgress, most: int) -> list[str]:
        marks = [_MARKS[state] for state in lesson.states]
        return [f"{lesson.number} {lesson.title}", *marks, *[""] * (most - len(marks)), str(lesson.guesses)]

    def _html_cells(self, lesson: LessonProgress, most: int) -> str:
        name, *marks, guesses = self._cells(lesson, most)
        cells = "".join(
            f'<td style="text-align:left">{f"<strong>{mark}</strong>" if mark == "right" else mark}</td>' for mark in marks
        )
        return f'<th scope="row" style="text-align:left">{escape(name)}</th>{cells}<td style="text-align:left">{guesses}</td>'


def progress() -> Progress:
    """Return what you have done in each lesson: the exercises that are right, not yet right or open, and your guesses."""
    kept = progress_file.read()
    lessons = []
    for topic in TOPICS:
        mine = kept.get(topic.number, {})
        tried = mine.get("exercises", {})
        states = tuple(_state(tried.get(str(number), {})) for number in range(1, len(topic.exercises) + 1))
        guesses = sum(bool(guess.get("guess")) for guess in mine.get("guesses", {}).values())
        lessons.append(LessonProgress(topic.number, topic.title, states, guesses))
    return Progress(lessons, progress_file.find_problem())


def _state(kept: dict[str, Any]) -> str:
    return str(kept["state"]) if kept.get("state") in ("right", "not yet") else "open"
