from pathlib import Path
from typing import Any

import pytest

import ftwidgets
from ftwidgets.data.cost import cost
from ftwidgets.lessons.exercises import costs
from ftwidgets.lessons.exercises.costs import BUDGET, EXERCISES, OLD_PLAN, epochs_within, first_month, plan_moved
from ftwidgets.lessons.exercises.outcome import Outcome


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    faq = ftwidgets.datasets.load("support_faq", "train")
    return ftwidgets.prepare(faq, tmp_path_factory.mktemp("data"), seed=1).train_file


def tokens_of(path: Path) -> int:
    return int(ftwidgets.check(path).tokens.sum())


# Exercise 1


def test_the_highest_number_within_the_budget_is_right(file: Path) -> None:
    """Five for the lesson's file; a number as text, too, and the file as `prepare` returned it."""
    assert cost(tokens_of(file), 5, costs.price_of()) <= BUDGET < cost(tokens_of(file), 6, costs.price_of())
    assert epochs_within(file, 5).state == "right"
    assert epochs_within(str(file), "5").state == "right"
    assert epochs_within(file, ...).state == "not attempted"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (6, "over the budget"),
        (4, "one more would be, too"),
        (5.9, "no number of epochs"),
        ("many", "no number of epochs"),
        (0, "no number of epochs"),
        (None, "no number of epochs"),
    ],
)
def test_other_numbers_are_answered_in_words(file: Path, answer: object, words: str) -> None:
    """Too many, too few, none; never the number itself."""
    outcome = epochs_within(file, answer)
    assert outcome.state == "not yet"
    assert words in outcome.message
    assert "5 epochs" not in outcome.message


def test_a_file_that_is_none_is_said_so(tmp_path: Path) -> None:
    """Also an empty one."""
    assert "no training file" in epochs_within(tmp_path / "none.jsonl", 3).message
    (tmp_path / "empty.jsonl").write_text("", encoding="utf-8")
    assert epochs_within(tmp_path / "empty.jsonl", 3).state == "not yet"


# Exercise 2

MOVED = {"model": "Qwen/Qwen3-8B", "learning_rate_multiplier": None, "next_step": "deploy"}


@pytest.mark.parametrize("plan", [MOVED, MOVED | {"learning_rate_multiplier": 2e-5}, MOVED | {"next_step": " Deploy "}])
def test_a_plan_that_works_there_is_right(plan: object) -> None:
    """The rate left out, or a small one."""
    assert plan_moved(plan).state == "right"


@pytest.mark.parametrize("plan", [..., OLD_PLAN, dict(OLD_PLAN)])
def test_the_old_plan_is_not_attempted(plan: object) -> None:
    """As the lesson has it."""
    assert plan_moved(plan).state == "not attempted"


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (MOVED | {"model": "gpt-4.1-mini"}, "not on offer there"),
        (MOVED | {"model": "nano-2026-11"}, "not on offer there"),
        (MOVED | {"learning_rate_multiplier": 1.8}, "would be ruined"),
        (MOVED | {"learning_rate_multiplier": "slow"}, "no learning rate"),
        (MOVED | {"next_step": "chat"}, "gets a 404"),
        ({}, "not on offer there"),
        ("deploy", "a str"),
    ],
)
def test_a_plan_that_goes_wrong_is_told_where(plan: object, words: str) -> None:
    """Each mistake in words of its own; the missing step is not named."""
    outcome = plan_moved(plan)
    assert outcome.state == "not yet"
    assert words in outcome.message
    assert "deploy" not in outcome.message


# Exercise 3


def bill(file: Path, epochs: int, hours: float) -> float:
    return cost(tokens_of(file), epochs, costs.price_of()) + hours * costs.DAYS * costs.usd_per_hour()


def test_the_bill_of_the_first_month_is_right_for_any_choice(file: Path) -> None:
    """Within two per cent, for whatever file, epochs and hours."""
    assert first_month(file, 3, 2, bill(file, 3, 2)).state == "right"
    assert first_month(file, 10, 0.5, str(round(bill(file, 10, 0.5)))).state == "right"
    assert first_month(file, ..., 2, 480).state == "not attempted"


@pytest.mark.parametrize(
    ("total", "words"),
    [
        (0.08, "a bill for training alone"),
        (16.08, "That is one day"),
        (5760.08, "around the clock"),
        (900, "too much"),
        (200, "too little"),
        ("a lot", "is no sum"),
    ],
)
def test_a_wrong_bill_is_told_what_is_missing(file: Path, total: object, words: str) -> None:
    """Hosting forgotten, one day only, all hours of the day; never the sum itself."""
    outcome = first_month(file, 3, 2, total)
    assert outcome.state == "not yet"
    assert words in outcome.message
    assert "480" not in outcome.message


def test_hours_that_no_day_has_are_said_so(file: Path) -> None:
    """A day has 24."""
    assert "up to 24" in first_month(file, 3, 30, 7200).message


# All three


@pytest.mark.parametrize("number", [1, 2, 3])
def test_each_solution_is_right(file: Path, number: int) -> None:
    """The code that `lesson.solution` prints, run as a learner would paste it."""
    found: list[Outcome] = []

    class Handle:
        def check(self, exercise: int, *answers: Any) -> None:
            found.append(EXERCISES[exercise - 1].check(*answers))

    class Data:
        train_file = file

    exec(EXERCISES[number - 1].solution, {"lesson": Handle(), "data": Data, "tokens_of": tokens_of})
    assert [outcome.state for outcome in found] == ["right"]


def test_no_hint_gives_an_answer_away() -> None:
    """Two for each; none names a model, a step or a sum."""
    hints = [hint for exercise in EXERCISES for hint in exercise.hints]
    assert len(hints) == 6
    assert [word for word in ("deploy", "Llama", "2e-5", "480", " 5 ") for hint in hints if word in hint] == []
