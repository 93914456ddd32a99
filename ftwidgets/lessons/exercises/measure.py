"""The exercises of lesson 06: size an evaluation, report an honest score, and judge two models on reviews of one's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ftwidgets.data.text import pluralize, quote
from ftwidgets.evaluation.result import MIN_EXAMPLES, Evaluation
from ftwidgets.lessons.exercises.answers import parse_number
from ftwidgets.lessons.exercises.exercise import Exercise
from ftwidgets.lessons.exercises.outcome import Outcome, not_attempted, not_yet, right, untouched

if TYPE_CHECKING:
    import pandas as pd

CANNOT = "cannot tell"
DIFFERENCE = 0.05
MIN_OWN, MIN_EACH = 10, 3  # reviews of the learner's own; of each label
_TOLERANCE = 0.05  # of the number; covers rounded z values and both definitions of the standard deviation
_FACTOR, _NEAR = 4, 0.125  # half the interval takes four times as many examples, more or less
_ROUNDING = 0.006  # of a reported share


def half_as_wide(small: object, large: object) -> Outcome:
    """Check that an evaluation has as many examples as it takes to halve the interval of the difference.

    Parameters
    ----------
    small
        The `ftwidgets.Evaluation` to start from.
    large
        The learner's. Both compare `few` and `all`.
    """
    if untouched(small, large):
        return not_attempted()
    if not isinstance(small, Evaluation) or not isinstance(large, Evaluation):
        return not_yet(f"The answer is an evaluation, such as result.sample(...) returns, and not {large!r:.60}.")
    if any(not {"few", "all"} <= set(found.models) for found in (small, large)):
        return not_yet('Both evaluations have to compare "few" and "all". Change only the number of reviews.')
    before, after = (found.difference("all", "few") for found in (small, large))
    ratio = after.n / before.n
    widths = f"The interval is {after.high - after.low:.2f} wide; before, it was {before.high - before.low:.2f}"
    if abs(ratio / _FACTOR - 1) <= _NEAR:
        return right(f"{widths}. One draw can be a little off; the rule is about the average.")
    if ratio <= 1:
        return not_yet(f"{widths}. You have {pluralize(after.n, 'review')}; a narrower interval takes more than {before.n}.")
    if abs(ratio / 2 - 1) <= _NEAR:
        return not_yet(f"{widths}. Twice as many reviews do not halve it: the number in the rule is squared.")
    if ratio < _FACTOR:
        return not_yet(f"{widths}. That is still more than half. Draw more reviews.")
    return not_yet(f"{widths}. That is narrower than it has to be. Each review can be a paid call, so draw fewer.")


def honest_report(tries: pd.DataFrame, winner: object, score: object) -> Outcome:
    """Check that a winner was chosen by the first half of the rows and that its score is that of the others.

    Parameters
    ----------
    tries
        A column of scores for each model, a row for each review.
    winner
        The name of the chosen column.
    score
        The score to report.
    """
    if untouched(winner, score):
        return not_attempted()
    half = len(tries) // 2
    parts = {"all": tries, "first": tries.iloc[:half], "second": tries.iloc[half:]}
    means = {name: {str(model): float(part[model].mean()) for model in tries.columns} for name, part in parts.items()}
    best = {name: max(found.values()) for name, found in means.items()}
    given = parse_number(score)
    if not isinstance(winner, str) or winner not in means["all"]:
        return not_yet(f"The winner is the name of a column of the table, such as {quote(str(tries.columns[0]))}.")
    if given is None:
        return not_yet(f"The score is a number from 0 to 1, and not {score!r:.60}.")

    def is_score_on(part: str) -> bool:
        return abs(given - means[part][winner]) <= _ROUNDING

    if means["all"][winner] == best["all"] and is_score_on("all"):
        return not_attempted("This is the report as it came. Choose by the first half, score on the second.")
    if means["first"][winner] < best["first"]:
        if means["second"][winner] == best["second"]:
            return not_yet("You chose by the second half. Then nothing is left for an honest score: choose by the first one.")
        return not_yet("That is not the best model on the first half. Take the mean of those rows only, then the largest.")
    if is_score_on("second"):
        return right("The rows that you chose by no longer flatter the score. It is nearer to the true 0.60, up to luck.")
    if is_score_on("first"):
        return not_yet("The winner is right. But this is its score on the rows that you chose by, so it flatters.")
    if is_score_on("all"):
        return not_yet("The winner is right. But this score still counts the rows that you chose by.")
    return not_yet("The winner is right. Now take the mean of its column over the rows that you did not choose by.")


def own_reviews(evaluation: object, verdict: object, examples: object) -> Outcome:
    """Check a verdict on reviews that the learner wrote, and the number of them that would find a difference of 0.05.

    Parameters
    ----------
    evaluation
        The `ftwidgets.Evaluation` of two models on the learner's reviews.
    verdict, examples
        As for `tell_apart`.
    """
    if untouched(evaluation, verdict, examples):
        return not_attempted("Write your reviews, run the cell above, read the interval, then fill in both answers.")
    if isinstance(evaluation, Evaluation) and (problem := _problem_with_own(evaluation)):
        return not_yet(problem)
    return tell_apart(evaluation, verdict, examples)


def _problem_with_own(evaluation: Evaluation) -> str:
    """Say what the learner's reviews lack; empty if nothing."""
    from ftwidgets import datasets

    prompts = [str(prompt) for prompt in evaluation.answers["prompt"]]
    if len(set(prompts)) < MIN_OWN:
        return f"You have {pluralize(len(set(prompts)), 'different review')}. Write {MIN_OWN} or more."
    if copied := set(prompts) & set(datasets.load("sentiment")["Prompt"]):
        return f"{quote(min(copied))} is in the bundled file. Use reviews that you wrote yourself."
    counts = evaluation.answers["reference"].value_counts()
    if unknown := set(counts.index) - {"positive", "negative"}:
        return f"The label {quote(min(unknown))} is unknown to the models. Use positive or negative, in small letters."
    if len(counts) < 2 or counts.min() < MIN_EACH:
        return f"Write at least {MIN_EACH} reviews of each label: with one label only, always giving it would win."
    if evaluation.needed(smallest=DIFFERENCE) is None:
        return "Both models score the same on every one of your reviews, so there is no spread. Add a few harder ones."
    return ""


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
    allowed: Sequence[str] = (first, second, CANNOT)
    if not isinstance(verdict, str) or verdict not in allowed:
        return not_yet(f"The verdict is one of {', '.join(map(repr, allowed))}: {verdict!r:.60}")
    hint = _hint_for_number(evaluation, examples)
    sentence = evaluation.verdict(second, first)
    better = second if sentence.startswith(f"{second} is better") else first
    if verdict != (CANNOT if sentence.startswith("cannot") else better):
        low_high = "evaluation.difference(): where do both ends of the interval lie, and where is zero?"
        few = (
            f" With fewer than {MIN_EXAMPLES} reviews the kit gives no verdict for a model."
            if len(evaluation.answers) < MIN_EXAMPLES
            else ""
        )
        return not_yet(f"The verdict does not match {low_high}{few}{'' if hint else ' The number of examples is right.'}")
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


EXERCISES = (
    Exercise(
        "An interval half as wide",
        half_as_wide,
        hints=(
            "Read step 5 again: how does the number of reviews grow when the interval shrinks?",
            "The rule squares the fraction. Put half the difference into it and compare the two numbers.",
        ),
        solution="mine = result.sample(160)\nlesson.check(1, first, mine)",
    ),
    Exercise(
        "An honest report",
        honest_report,
        hints=(
            "Cut the table in two with tries.iloc[...] before you choose anything.",
            "One half decides who wins. Only the other half may decide what you report.",
        ),
        solution=(
            "chosen_by, reported_on = tries.iloc[:20], tries.iloc[20:]\nwinner = chosen_by.mean().idxmax()\n"
            "score = reported_on[winner].mean()\nlesson.check(2, tries, winner, score)"
        ),
    ),
    Exercise(
        "A verdict on your own reviews",
        own_reviews,
        hints=(
            "Look at the two ends of the interval first. Is zero between them? And how many reviews are there?",
            'Take the differences review by review: table["all"] - table["few"]. Their .std() is the spread of step 5.',
        ),
        solution="""\
texts = [
    ("The zip broke on day one.", "negative"), ("Does what it says, every morning.", "positive"),
    ("I love it, my whole family uses it.", "positive"), ("Cheap, loud, and now dead.", "negative"),
    ("Not the worst I have owned, and that is all I can say for it.", "negative"),
    ("I hated the colour, then I used it. Now I hide it from my sister.", "positive"),
    ("Great. Another charger that fits nothing.", "negative"), ("Ten years old and still my favourite.", "positive"),
    ("It was a gift, so at least it cost me nothing.", "negative"), ("I bought it by mistake. Lucky me.", "positive"),
    ("Sturdy, simple, done.", "positive"), ("If you like waiting, buy it.", "negative"),
]
mine = ftwidgets.evaluate(client, models, pandas.DataFrame(texts, columns=["Prompt", "Completion"]), max_tokens=4)
examples = mine.needed("all", "few", smallest=0.05)
verdict = "cannot tell"  # fewer than 20 reviews cannot give more; with more of them, read mine.verdict("all", "few")
lesson.check(3, mine, verdict, examples)""",
    ),
)
