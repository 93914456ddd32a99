import json
import re

import pandas as pd
import pytest

import ftwidgets
from ftwidgets import Evaluation, baselines, datasets
from ftwidgets.lessons.exercises import need
from ftwidgets.lessons.exercises.need import EXERCISES, lookup_with_fewer, order_number_found, own_ladder

LOOKUP, RULE, OWN = EXERCISES


class Handed:
    """Stands in for the lesson's handle and keeps what a solution hands in."""

    def check(self, number: int, *answers: object) -> None:
        """Check the answers, as the lesson's handle does."""
        self.outcome = EXERCISES[number - 1].check(*answers)


def run(solution: str) -> ftwidgets.exercises.Outcome:
    """Run a solution as a learner would who pastes it into the lesson."""
    lesson = Handed()
    space = {
        "lesson": lesson,
        "client": None,  # no baseline asks one
        "ftwidgets": ftwidgets,
        "baselines": baselines,
        "pd": pd,
        "re": re,
        "faq_train": datasets.load("support_faq", "train"),
        "faq_held_out": datasets.load("support_faq", "held-out"),
    }
    exec(solution, space)
    return lesson.outcome


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.title.split(":")[0])
def test_the_solution_is_right(exercise: ftwidgets.exercises.Exercise) -> None:
    """Pasted into the lesson, it passes the check."""
    assert run(exercise.solution).state == "right"


def test_untouched_is_not_attempted() -> None:
    """The cells as they come, and half an answer."""
    assert lookup_with_fewer(...).state == "not attempted"
    assert order_number_found(...).state == "not attempted"
    assert own_ladder(..., ..., ...).state == "not attempted"
    assert own_ladder(mine(), ..., "lookup").state == "not attempted"


def test_fewer_questions_mistakes() -> None:
    """All wordings, a lookup that is not pooled, word counts, a share, no number: each has its own message."""
    counts = need._lookup_counts()
    wrong = [counts["all"], counts["single"], counts["words"], counts["pooled"] / 96, "many", 3]
    outcomes = [lookup_with_fewer(answer) for answer in wrong]
    assert {outcome.state for outcome in outcomes} == {"not yet"}
    assert len({outcome.message for outcome in outcomes}) == len(wrong)
    assert lookup_with_fewer(str(counts["pooled"])).state == "right"
    assert "faq_train" in LOOKUP.hints[0]  # where to look, and what to change
    said = [outcome.message for outcome in outcomes] + list(LOOKUP.hints)
    assert not any(str(counts["pooled"]) in text for text in said)


def first(pattern: str) -> object:
    def find(text: str) -> str | None:
        found = re.search(pattern, text)
        return found[0] if found else None

    return find


def test_rules_that_are_not_there_yet() -> None:
    """The lesson's rule, JSON, half a repair, too strict, a number for everything, a call in place of the function."""
    old, half = first(r"\b\d{5}\b"), first(r"\b\d{5}\b(?! points)")
    strict = first(r"(?<=[Oo]rder )\d{5}\b(?! points| [A-Z])")

    def as_json(text: str) -> str:
        return '{"order": "33417"}'

    def always(text: str) -> str:
        return "12345"

    def empty(text: str) -> str:
        return ""

    def last(text: str) -> str | None:
        found = re.findall(r"\b\d{5}\b(?! points)(?! Leipzig)", text)
        return found[0] if found else None

    outcomes = [order_number_found(rule) for rule in (old, half, strict, as_json, always, last, "48822", empty)]
    assert {outcome.state for outcome in outcomes} == {"not yet"}
    messages = [outcome.message for outcome in outcomes]
    assert len(set(messages)) >= 6
    other_half = first(r"\b\d{5}\b(?! [A-Z])")
    assert "(a postcode) is still open: 1 unseen message of that kind got" in order_number_found(half).message
    assert "(a loyalty card) is still open: 2 unseen messages of that kind got" in order_number_found(other_half).message
    assert "it finds the order number in 6 of 7 unseen messages" in order_number_found(last).message
    for text in (*messages, *RULE.hints):
        assert "points" not in text
        assert "(?! points| [A-Z])" not in text


@pytest.mark.parametrize("function", [dict, abs, "abc".upper, re.search, json.loads, lambda: None])
def test_a_function_of_another_kind_is_answered_in_words(function: object) -> None:
    """A builtin, one of a library, one without an argument: the sentence says what to hand in."""
    outcome = ftwidgets.exercises.lesson("01").check(2, function)
    assert outcome.state == "not yet"
    assert "cannot be called with a message" in outcome.message
    assert "find_number, which takes a text and nothing else" in outcome.message


def test_the_better_rule_is_right_on_the_lessons_messages() -> None:
    """The solution gets all of them, the lesson's rule all but two; no unseen message is one of theirs."""
    from tests.notebooks.test_hygiene import NOTEBOOKS

    table = pd.read_csv(NOTEBOOKS[0].parent / "data" / "orders.csv")
    better = first(r"\b\d{5}\b(?! points| [A-Z])")
    found = [f'{{"order": "{number}"}}' if (number := better(text)) else '{"order": null}' for text in table["Prompt"]]  # type: ignore[operator]
    assert found == table["Completion"].tolist()
    assert not {text for text, _ in need.UNSEEN} & set(table["Prompt"])


def mine(n: int = 30) -> pd.DataFrame:
    return pd.DataFrame({"Prompt": [f"message number {i}" for i in range(n)], "Completion": ["a", "b"] * (n // 2)})


def result(scores: dict[str, list[float]], prompts: list[str] | None = None) -> Evaluation:
    n = len(next(iter(scores.values())))
    answers = pd.DataFrame({"row": range(1, n + 1), "prompt": prompts or mine()["Prompt"][:n].tolist(), "reference": "a"})
    return Evaluation(answers, {"exact_match": pd.DataFrame(scores)}, "exact_match")


BAD, GOOD = [0.0] * 19 + [1.0], [1.0] * 19 + [0.0]
RESULT = result({"cheap": BAD, "middle": GOOD, "dear": [1.0] * 20})


def test_own_ladder_wants_the_cheapest_that_is_not_clearly_worse() -> None:
    """One answer of twenty is no clear difference; 19 are."""
    assert own_ladder(mine(), RESULT, "middle").state == "right"


def test_own_ladder_mistakes() -> None:
    """Each mistake has its own message, and none names the right choice."""
    few = result({"cheap": BAD[:6], "middle": GOOD[:6], "dear": GOOD[:6]})
    faq = datasets.load("support_faq", "train").head(30)
    outcomes = [
        own_ladder(mine(), RESULT, "cheap"),
        own_ladder(mine(), RESULT, "dear"),
        own_ladder(mine(), RESULT, "best"),
        own_ladder(mine(10), RESULT, "middle"),
        own_ladder(faq, RESULT, "middle"),
        own_ladder(mine(), few, "middle"),
        own_ladder(mine(), result({"a": BAD + BAD[:10], "b": GOOD + GOOD[:10], "c": [1.0] * 30}), "b"),
        own_ladder(mine(), result({"a": BAD, "b": GOOD, "c": GOOD}, [f"x{i}" for i in range(20)]), "b"),
        own_ladder(mine(), "a table", "middle"),
        own_ladder("no file.jsonl", RESULT, "middle"),
    ]
    assert {outcome.state for outcome in outcomes} == {"not yet"}
    assert len({outcome.message for outcome in outcomes}) == len(outcomes)
    assert not any("middle" in outcome.message for outcome in outcomes if "one of" not in outcome.message)
