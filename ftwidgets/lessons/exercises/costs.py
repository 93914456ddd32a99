"""The exercises of lesson 10: stay within a budget, repair a plan to move, work out the bill of the first month."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

from ftwidgets.data.cost import Price, cost, format_usd, prices
from ftwidgets.data.text import pluralize
from ftwidgets.errors import FtwidgetsError
from ftwidgets.lessons.exercises.answers import parse_number
from ftwidgets.lessons.exercises.exercise import Exercise
from ftwidgets.lessons.exercises.outcome import Outcome, not_attempted, not_yet, right, untouched
from ftwidgets.providers import facts, provider

SERVICE, MODEL = "fireworks", "up to 16B weights, full"
BUDGET = 0.15  # US dollars for one job
DAYS = 30
_HIGHEST_RATE = 0.05  # above it, a learning rate ruins a model; `launch` rejects it too
_CLOSE = 0.02  # how far an answer may be off, as a share


def price_of(model: str = MODEL) -> Price:
    """Return the price that lesson 10 estimates with: of training all weights, or `"up to 16B weights, LoRA"`."""
    return next(price for price in prices() if price.model == model)


def usd_per_hour() -> float:
    """Return what an hour of hosting costs in lesson 10, in US dollars."""
    return next(fact.usd for fact in facts(SERVICE) if fact.about == "hosting" and fact.usd is not None)


def epochs_within(file: object, n_epochs: object) -> Outcome:
    """Check the highest number of epochs whose training costs at most `BUDGET`.

    Parameters
    ----------
    file
        The training file, or its path.
    n_epochs
        The learner's number.
    """
    if untouched(file, n_epochs):
        return not_attempted("Put a number in the place of the ... and run the cell again.")
    tokens, number = _tokens(file), parse_number(n_epochs)
    if isinstance(tokens, Outcome):
        return tokens
    if number is None or number != int(number) or number < 1:
        return not_yet(f"{n_epochs!r:.40} is no number of epochs; it is a whole number from 1 on.")
    usd, paid = cost(tokens, int(number), price_of()), pluralize(int(number), "epoch")
    if usd > BUDGET:
        return not_yet(f"{paid} would cost about {usd:.3f} USD, which is over the budget of {BUDGET:.2f} USD.")
    if cost(tokens, int(number) + 1, price_of()) <= BUDGET:
        return not_yet(f"{paid} would cost about {usd:.3f} USD. That is within the budget, but one more would be, too.")
    return right(f"{usd:.3f} USD of {BUDGET:.2f} USD.")


def plan_moved(plan: object) -> Outcome:
    """Check a plan that is to work at Nebius: its model, its learning rate, and what comes before the first question.

    Parameters
    ----------
    plan
        A mapping with `model`, `learning_rate_multiplier` and `next_step`.
    """
    if untouched(plan):
        return not_attempted()
    if not isinstance(plan, Mapping):
        return not_yet(f"The plan is a {type(plan).__name__}; it must stay a dict.")
    if dict(plan) == OLD_PLAN:
        return not_attempted("This is the old plan. Repair what would go wrong at the new service, and run the cell again.")
    model, rate = str(plan.get("model", "")).lower(), plan.get("learning_rate_multiplier")
    if not model or any(name in model for name in ("gpt-4", "gpt-3", "gpt-5", "nano", "smollm")):
        return not_yet(f"The model {plan.get('model')!r:.60} is not on offer there. The new service trains open models.")
    if rate is not None:
        number = parse_number(rate)
        if number is None or number <= 0:
            return not_yet(f"{rate!r:.40} is no learning rate. Leave it out (None), or give a small positive number.")
        if number > _HIGHEST_RATE:
            return not_yet(f"With {number:g} the model would be ruined. What does this number mean at each service?")
    if str(plan.get("next_step", "")).strip().lower() != "deploy":
        return not_yet(
            "Who asks the tuned model right after training gets a 404 there. Look at the table for what comes first."
        )
    return right(f"The rest is {provider('nebius').key_variable} in the environment, and a new measurement.")


def first_month(file: object, n_epochs: object, hours_a_day: object, total: object) -> Outcome:
    """Check the bill of the first month: one training of all weights, and hosting for so many hours on each of 30 days.

    Parameters
    ----------
    file
        The learner's training file, or its path.
    n_epochs, hours_a_day
        The settings that the learner chose.
    total
        The bill in US dollars.
    """
    if untouched(file, n_epochs, hours_a_day, total):
        return not_attempted("Replace each ... and run the cell again.")
    tokens = _tokens(file)
    if isinstance(tokens, Outcome):
        return tokens
    epochs, hours, bill = parse_number(n_epochs), parse_number(hours_a_day), parse_number(total)
    if epochs is None or epochs < 1 or hours is None or not 0 < hours <= 24:
        return not_yet("The epochs are a number from 1 on, and the hours a day a number up to 24.")
    if bill is None:
        return not_yet(f"{total!r:.40} is no sum; give a number of US dollars.")
    training, hosting = cost(tokens, int(epochs), price_of()), hours * DAYS * usd_per_hour()
    if math.isclose(bill, training + hosting, rel_tol=_CLOSE):
        return right(f"{format_usd(training)} for the training, {format_usd(hosting)} for the hosting.")
    if bill < max(10 * training, 1):
        return not_yet(f"{bill:g} USD is a bill for training alone. What runs while people ask the model?")
    if math.isclose(bill, training + hours * usd_per_hour(), rel_tol=_CLOSE):
        return not_yet("That is one day. How many has the month?")
    if math.isclose(bill, training + 24 * DAYS * usd_per_hour(), rel_tol=_CLOSE):
        return not_yet("That is a model that is hosted around the clock. For how many hours a day is yours?")
    return not_yet(
        f"{bill:g} USD is too {'much' if bill > training + hosting else 'little'}. Look at hours, days and price again."
    )


def _tokens(file: object) -> int | Outcome:
    """Count the tokens of a training file, or say why that cannot be done."""
    from ftwidgets.data.check import check

    path = Path(str(getattr(file, "train_file", file)))
    try:
        report = check(path) if path.is_file() else None
    except (FtwidgetsError, OSError):
        report = None
    if report is None:
        return not_yet(f"There is no training file at {str(path)[:80]!r}. Hand in the path of a JSONL file.")
    if not report.n_examples:
        return not_yet(f"{path.name} has no usable example. Look at ftwidgets.check on it.")
    return int(report.tokens.sum())


OLD_PLAN = {"model": "gpt-4o-mini-2024-07-18", "learning_rate_multiplier": 1.8, "next_step": "chat"}
"""A plan that is right at OpenAI, and wrong in three places elsewhere."""

EXERCISES = (
    Exercise(
        "Stay within a budget",
        epochs_within,
        hints=(
            "One epoch costs tokens times price, divided by a million. How often does that fit into the budget?",
            "The tokens are tokens_of(data.train_file), the price is the last row of the table. Round down.",
        ),
        solution="""
one_epoch = tokens_of(data.train_file) * 1.00 / 1e6
most_epochs = int(0.15 / one_epoch)
lesson.check(1, data.train_file, most_epochs)
""",
    ),
    Exercise(
        "Fix a plan to move",
        plan_moved,
        hints=(
            "Three lines, three mistakes. Compare the two services in the tables of this lesson.",
            "Ask of each line what the new service would make of it: this name, this number, this step.",
        ),
        solution="""
plan = {
    "model": "meta-llama/Llama-3.1-8B-Instruct",
    "learning_rate_multiplier": 2e-5,
    "next_step": "deploy",
}
lesson.check(2, plan)
""",
    ),
    Exercise(
        "Your own data: the bill of the first month",
        first_month,
        hints=(
            "Two sums: one for the training, which is paid once, and one for the hosting, which is paid by the hour.",
            "Hosting is hours a day, times the days of the month, times the price of an hour.",
        ),
        solution="""
my_file, n_epochs, hours_a_day = data.train_file, 3, 2
training = tokens_of(my_file) * n_epochs * 1.00 / 1e6
hosting = hours_a_day * 30 * 8
lesson.check(3, my_file, n_epochs, hours_a_day, training + hosting)
""",
    ),
)
