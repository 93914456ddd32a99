"""The exercise of lesson 06: read an evaluation of any two models, and compute how many examples a small difference takes."""

from __future__ import annotations

from ftwidgets.evaluation.result import Evaluation
from ftwidgets.lessons.exercises.answers import parse_number
from ftwidgets.lessons.exercises.exercise import Exercise
from ftwidgets.lessons.exercises.outcome import Outcome, not_attempted, not_yet, right, untouched

CANNOT = "cannot tell"
DIFFERENCE = 0.05
_TOLERANCE = 0.05  # of the number; covers rounded z values and both definitions of the standard deviation


def tell_apart(evaluation: object, verdict: object, examples: object) -> Outcome:
    """Check which of two models is better, and the number of examples that would find a difference of 0.05.

    Parameters
    ----------
    evaluation
        The `ftwidgets.Evaluation` of the two models. The right answers are computed from it.
    verdict
        The name of the better model, or `"cannot tell"`.
    examples
        How many examples find a difference of 0.05 four times in five.
    """
    if untouched(evaluation, verdict, examples):
        return not_attempted("Run the evaluation, read it, then fill in both answers.")
    if not isinstance(evaluation, Evaluation) or len(evaluation.models) != 2:
        return not_yet("The first argument is the evaluation of two models: what ftwidgets.evaluate(...) returned.")
    first, second = evaluation.models
    allowed = (first, second, CANNOT)
    if not isinstance(verdict, str) or verdict not in allowed:
        return not_yet(f"The verdict is one of {', '.join(map(repr, allowed))}: {verdict!r:.60}")
    hint = _hint_for_number(evaluation, examples)
    sentence = evaluation.verdict(second, first)
    better = second if sentence.startswith(f"{second} is better") else first
    if verdict != (CANNOT if sentence.startswith("cannot") else better):
        low_high = "evaluation.difference(): where do both ends of the interval lie, and where is zero?"
        return not_yet(f"The verdict does not go with {low_high}{'' if hint else ' The number of examples is right.'}")
    if hint:
        return not_yet(f"The verdict is right, but the number is not. {hint}")
    return right("You read the interval, not the two scores, and you know how many examples a reliable answer takes.")


def _hint_for_number(evaluation: Evaluation, examples: object) -> str:
    """Guess which wrong value went into the formula; empty if the number is right."""
    given = parse_number(examples)
    if given is None or given < 1:
        return f"It is a number of examples, 1 or more: {examples!r:.60}"

    def near(other: float | None) -> bool:
        return other is not None and abs(given - other) <= _TOLERANCE * other

    scores = evaluation.by_row[evaluation.metric]
    if near(evaluation.needed(smallest=DIFFERENCE)):
        return ""
    if near(evaluation.needed(smallest=DIFFERENCE, power=0.5)):
        return "That many find it only every second time. The formula has a second z for four times in five."
    if near(evaluation.needed()):
        return f"That is for the difference that was observed. The question is about {DIFFERENCE}."
    if any(near((2.8 * float(scores[model].std()) / DIFFERENCE) ** 2) for model in evaluation.models):
        return "That uses the spread of one model's scores. Use the spread of the difference, example by example."
    return f"Take the standard deviation of the differences, example by example, and {DIFFERENCE} for the difference."


EXERCISES = (Exercise("Tell two models apart", tell_apart),)
