"""A lesson's handle in its notebook: typed guesses, and exercises with a check, hints and a solution.

A check never ends in a traceback: its own failure is an outcome too. What was tried and guessed is kept (`progress_file.py`).
"""

from __future__ import annotations

import inspect
import math
import traceback
from dataclasses import replace
from datetime import UTC, datetime
from numbers import Integral, Real
from typing import TYPE_CHECKING

import openai

from ftwidgets.errors import FtwidgetsError
from ftwidgets.lessons.exercises import progress_file
from ftwidgets.lessons.exercises.behaviour import line_of_the_learner
from ftwidgets.lessons.exercises.course import Topic, find_topic
from ftwidgets.lessons.exercises.exercise import Exercise
from ftwidgets.lessons.exercises.outcome import Outcome, not_yet, untouched
from ftwidgets.lessons.exercises.sentence import Sentence

if TYPE_CHECKING:
    from ftwidgets.widgets.guess import GuessField

LONGEST = 200  # characters of a guess that are kept

_FIELD = object()
_LESSONS_OWN = ("DataFrame", "Job", "OpenAI", "Faults", "str")  # kinds of the arguments that the lesson fills in


class Lesson:
    """One lesson of the course, as its notebook uses it; `ftwidgets.exercises.lesson("03")` returns it."""

    def __init__(self, topic: Topic) -> None:
        self.number, self.title = topic.number, topic.title
        self.exercises = topic.exercises
        self._hints_shown: dict[int, int] = {}
        self._failed_checks: set[int] = set()
        self._fields: dict[str, GuessField] = {}

    def check(self, exercise: int, /, *answers: object, **options: object) -> Outcome:
        """Check an exercise and keep the outcome.

        Parameters
        ----------
        exercise
            Its number, from 1.
        answers, options
            What the exercise's check takes.

        Returns
        -------
        Outcome
            `not attempted`, `not yet` with what was found, `right`; or `not checked` if the check itself failed.
        """
        found = self._find(exercise)
        if isinstance(found, str):
            return Outcome("not checked", found)
        outcome = self._run(exercise, found, answers, options)
        if outcome.state in ("not attempted", "not checked"):
            return outcome
        notes = [progress_file.update(lambda lessons: self._keep_outcome(lessons, exercise, outcome))]
        if outcome.state == "not yet" and found.hints:
            notes.insert(0, f"Stuck? lesson.hint({exercise}) has a hint.")
        return replace(outcome, note=" ".join(filter(None, notes)))

    def hint(self, exercise: int) -> None:
        """Show the next hint for an exercise. There are two at most, and none of them is the answer."""
        found = self._find(exercise)
        if isinstance(found, str):
            _show(found)
            return
        number = self._hints_shown.get(exercise, 0) + 1
        if number > len(found.hints):
            none = "That was the last hint." if found.hints else "There is no hint for this exercise."
            _show(f"{none} lesson.solution({exercise}) shows a solution once you have tried.")
            return
        self._hints_shown[exercise] = number
        _show(f"Hint {number} of {len(found.hints)}: {found.hints[number - 1]}")

    def solution(self, exercise: int, *, anyway: bool = False) -> None:
        """Print code that solves an exercise, once it has been tried; `anyway=True` prints it at once."""
        found = self._find(exercise)
        if isinstance(found, str):
            _show(found)
        elif not found.solution:
            _show("There is no solution to show for this exercise.")
        elif anyway or self._was_tried(exercise):
            print(f"# One solution of exercise {exercise}: paste it into its cell.\n{found.solution.strip()}")
        else:
            _show(
                f"Try it first: put an answer into the cell of exercise {exercise} and run it. A wrong one counts as a try. "
                f"To see the solution now: lesson.solution({exercise}, anyway=True)"
            )

    def guess(self, name: str, question: str, value: object = _FIELD) -> None:
        """Ask for a guess before the answer is shown.

        Parameters
        ----------
        name
            Its short name, for `reveal`.
        question
            What to guess.
        value
            The guess, as plain code; `...` means that there is none yet. Left out, a field is shown to type it in.
        """
        name, question = str(name), str(question)
        text = "" if untouched(value) or value is None else " ".join(str(value).split())[:LONGEST]
        if value is _FIELD:
            self._show_field(name, question)
        elif not text:
            print(f"{question} No guess yet: put it in the place of the ...")
        else:
            self._fields.pop(name, None)
            print(" ".join(filter(None, (question, f"Your guess: {text}.", self._keep_guess(name, text)))))

    def reveal(self, name: str, measured: object) -> None:
        """Print the guess beside what was measured."""
        name = str(name)
        if untouched(measured):
            print("Nothing was measured yet: put the result in the place of the ...")
            return
        text = format_measured(measured)
        guess = self._fields[name].settle() if name in self._fields else self._kept_guess(name)
        if guess:
            progress_file.update(
                lambda lessons: progress_file.entry(lessons, self.number, "guesses", name).update(measured=text[:LONGEST])
            )
        print(f"You guessed {guess.rstrip('.')}. Measured: {text}." if guess else f"No guess. Measured: {text}.")

    def _find(self, exercise: object) -> Exercise | str:
        """Return an exercise, or a sentence that says why there is none."""
        if not self.exercises:
            return f"Lesson {self.number} has no exercises yet."
        count = len(self.exercises)
        if isinstance(exercise, Integral) and not isinstance(exercise, bool) and 1 <= int(exercise) <= count:
            return self.exercises[int(exercise) - 1]
        has = "one exercise, number 1" if count == 1 else f"{count} exercises, numbers 1 to {count}"
        return f"Lesson {self.number} has {has}; there is none with the number {exercise!r:.20}."

    def _run(self, number: int, exercise: Exercise, answers: tuple[object, ...], options: dict[str, object]) -> Outcome:
        try:
            given = inspect.signature(exercise.check).bind(*answers, **options)
        except TypeError as error:
            return Outcome("not checked", f"{_sentence(error)} Write it like this: {_usage(number, exercise)}")
        try:
            return exercise.check(*answers, **options)
        except (FtwidgetsError, openai.OpenAIError) as error:
            return Outcome("not checked", f"The check could not finish: {_sentence(error)}")
        except Exception as error:
            if place := line_of_the_learner(error):
                return not_yet(f"Your own code stopped with {type(error).__name__}: {_sentence(error)} ({place})")
            if replaced := _replaced_variable(given):
                return Outcome("not checked", replaced)
            self._failed_checks.add(number)
            file = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{file.filename.replace(chr(92), '/').rsplit('/', 1)[-1]}, line {file.lineno}"
            return Outcome(
                "not checked",
                f"The check itself failed ({type(error).__name__}: {_sentence(error)} {where}). This is not your mistake: "
                f"please report it, with your answer, as lesson {self.number}, exercise {number}.",
            )

    def _was_tried(self, exercise: int) -> bool:
        kept = progress_file.read().get(self.number, {}).get("exercises", {}).get(str(exercise), {})
        return exercise in self._failed_checks or bool(kept.get("tries"))

    def _show_field(self, name: str, question: str) -> None:
        """Show a field with the guess that was kept, if there is one."""
        from IPython.display import display

        from ftwidgets.widgets.guess import GuessField

        field = GuessField(question, self._kept_guess(name), lambda text: self._keep_guess(name, text))
        self._fields[name] = field
        display(field)

    def _kept_guess(self, name: str) -> str:
        """Return the guess that was kept, also in an earlier session; empty if there is none."""
        return str(progress_file.read().get(self.number, {}).get("guesses", {}).get(name, {}).get("guess", ""))

    def _keep_outcome(self, lessons: progress_file.Lessons, exercise: int, outcome: Outcome) -> None:
        kept = progress_file.entry(lessons, self.number, "exercises", str(exercise))
        tries = kept.get("tries")
        kept.update(tries=(tries if isinstance(tries, int) else 0) + 1, last=outcome.state, at=_now())
        kept["state"] = "right" if kept.get("state") == "right" else outcome.state  # what was solved stays solved

    def _keep_guess(self, name: str, text: str) -> str:
        """Keep a guess, or forget it if it is empty; return a sentence if that is impossible."""

        def change(lessons: progress_file.Lessons) -> None:
            if text:
                progress_file.entry(lessons, self.number, "guesses", name).update(guess=text, at=_now())
            else:
                lessons.get(self.number, {}).get("guesses", {}).pop(name, None)

        return progress_file.update(change)

    def __repr__(self) -> str:
        titles = "".join(f"\n  {number}. {exercise.title}" for number, exercise in enumerate(self.exercises, start=1))
        return f"Lesson {self.number}, {self.title}{titles}"


def lesson(number: object) -> Lesson:
    """Return the handle of a lesson.

    Parameters
    ----------
    number
        Such as `"03"`, `"3"` or `3`.

    Raises
    ------
    FtwidgetsError
        If there is no such lesson; it lists those that there are.
    """
    return Lesson(find_topic(number))


def format_measured(value: object) -> str:
    """Return a measured value as a reader wants it: numbers with three digits that matter, everything else as it is."""
    if isinstance(value, bool | Integral) or not isinstance(value, Real) or not math.isfinite(value):
        return str(value).strip().rstrip(".")
    number = float(value)
    return f"{number:.0f}" if abs(number) >= 999.5 or number == int(number) else f"{number:.3g}"


def _show(text: str) -> None:
    from IPython.display import display

    display(Sentence(text))


def _usage(number: int, exercise: Exercise) -> str:
    return f"lesson.check({number}, {', '.join(inspect.signature(exercise.check).parameters)})"


def _replaced_variable(given: inspect.BoundArguments) -> str:
    """Name an argument that is not of the kind that its check declares; a sentence, or an empty text if all of them are."""
    for name, value in given.arguments.items():
        declared = given.signature.parameters[name].annotation
        kind = declared.rsplit(".", 1)[-1] if isinstance(declared, str) else ""
        if kind in _LESSONS_OWN and kind not in (parent.__name__ for parent in type(value).__mro__):
            return (
                f"The argument `{name}` is a {type(value).__name__}, and the lesson's {kind} is needed. Has a cell of yours "
                "replaced it? Run the lesson's cells from the top, then this one."
            )
    return ""


def _sentence(error: Exception) -> str:
    text = " ".join(str(error).split())[:300] or "no message"
    return text[0].upper() + text[1:] + ("" if text[-1] in ".!?" else ".")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
