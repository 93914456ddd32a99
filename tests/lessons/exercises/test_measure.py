import random
from typing import Any

import numpy as np
import pandas as pd
import pytest

import ftwidgets
from ftwidgets import Evaluation
from ftwidgets.lessons import exercises
from ftwidgets.lessons.exercises import measure


def evaluation(shares: tuple[float, float], n: int = 150, names: tuple[str, str] = ("A", "B"), seed: int = 1) -> Evaluation:
    source = random.Random(seed)
    table = pd.DataFrame({name: [float(source.random() < p) for _ in range(n)] for name, p in zip(names, shares, strict=True)})
    answers = pd.DataFrame({"row": range(1, n + 1), "prompt": "?", "reference": "x", names[0]: "x", names[1]: "x"})
    return Evaluation(answers=answers, by_row={"exact_match": table}, metric="exact_match")


CLOSE, AHEAD, BEHIND = evaluation((0.6, 0.64)), evaluation((0.5, 0.8)), evaluation((0.8, 0.5))


def by_hand(found: Evaluation, z: float = 1.96 + 0.84, difference: float = 0.05) -> float:
    table = found.by_row["exact_match"]
    return float((z * np.std(table["B"] - table["A"]) / difference) ** 2)


@pytest.mark.parametrize(("found", "verdict"), [(CLOSE, "cannot tell"), (AHEAD, "B"), (BEHIND, "A")])
def test_solution_is_right(found: Evaluation, verdict: str) -> None:
    """The verdict of the interval, and the number by the formula with rounded z values, whoever is ahead."""
    assert measure.tell_apart(found, verdict, round(by_hand(found))).state == "right"
    n = found.needed(smallest=0.05)
    assert n is not None
    for same in (n, str(n), np.int64(n), np.float32(n), float(n)):
        assert measure.tell_apart(found, verdict, same).state == "right"


def test_untouched_is_not_attempted() -> None:
    """The cell as it comes, and half an answer."""
    assert measure.tell_apart(CLOSE, ..., ...).state == "not attempted"
    assert measure.tell_apart(CLOSE, "A", ...).state == "not attempted"


WRONG = {
    "higher score": ("B", by_hand(CLOSE), "where do both ends"),
    "wrong model": ("A", 1, "where do both ends"),
    "one half": ("cannot tell", by_hand(CLOSE, z=1.96), "every second time"),
    "observed": ("cannot tell", by_hand(CLOSE, difference=CLOSE.difference().estimate), "that was observed"),
    "one model": ("cannot tell", (2.8 * float(CLOSE.by_row["exact_match"]["A"].std()) / 0.05) ** 2, "one model's scores"),
    "out of the air": ("cannot tell", 40, "standard deviation of the differences"),
    "no name": ("the second", 40, "one of 'A', 'B', 'cannot tell'"),
    "no number": ("cannot tell", "many", "a number of examples"),
    "not a number": ("cannot tell", float("nan"), "a number of examples"),
    "no end": ("cannot tell", float("inf"), "a number of examples"),
    "far too large": ("cannot tell", 10**400, "a number of examples"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_answers_say_where_to_look(name: str) -> None:
    """Each plausible mistake has its own sentence, and none of them gives the answer away."""
    verdict, examples, hint = WRONG[name]
    said = measure.tell_apart(CLOSE, verdict, examples)
    assert said.state == "not yet"
    assert hint in said.message
    assert str(CLOSE.needed(smallest=0.05)) not in said.message
    if verdict in ("A", "B"):
        assert "cannot tell" not in said.message


@pytest.mark.parametrize("nonsense", [None, 3, "yes", [CLOSE]])
def test_something_else_than_an_evaluation_is_said(nonsense: object) -> None:
    """In words, not as a traceback."""
    assert "one of 'A', 'B'" in measure.tell_apart(CLOSE, pd.Series(["A", "B"]), 3).message
    assert "evaluation of two models" in measure.tell_apart(nonsense, "A", 3).message


TWO = ("few", "all")
FORTY = evaluation((0.5, 0.7), n=40, names=TWO)


def drawn(n: int) -> Evaluation:
    return evaluation((0.5, 0.7), n=n, names=TWO, seed=2)


@pytest.mark.parametrize("n", [145, 160, 175])
def test_four_times_as_many_are_half_as_wide(n: int) -> None:
    """Exactly, or nearly."""
    assert measure.half_as_wide(FORTY, drawn(n)).state == "right"


def test_other_numbers_of_reviews_are_not_yet() -> None:
    """Each mistake has its own sentence, none names the number."""
    wrong = [FORTY, drawn(80), drawn(120), drawn(400), 160, evaluation((0.5, 0.7), n=160)]
    said = [measure.half_as_wide(FORTY, answer) for answer in wrong]
    assert {outcome.state for outcome in said} == {"not yet"}
    assert len({outcome.message for outcome in said}) == len(wrong)
    assert not any("160" in outcome.message for outcome in [*said[:4], said[5]])
    assert measure.half_as_wide(FORTY, ...).state == "not attempted"


TRIES = pd.DataFrame(np.random.default_rng(1).random((40, 20)) < 0.6, columns=[f"person {i}" for i in range(1, 21)]).astype(
    float
)
FIRST, SECOND = TRIES.iloc[:20], TRIES.iloc[20:]
BEST = str(FIRST.mean().idxmax())


def test_the_honest_report_is_right() -> None:
    """Chosen by the first half, scored on the second; rounded too."""
    honest = SECOND[BEST].mean()
    assert measure.honest_report(TRIES, BEST, honest).state == "right"
    assert measure.honest_report(TRIES, BEST, f"{honest:.2f}").state == "right"


def test_a_flattering_report_is_not_yet() -> None:
    """The report as it came is no attempt; each mistake has its own sentence, and none names winner or score."""
    top = str(TRIES.mean().idxmax())
    assert measure.honest_report(TRIES, top, TRIES[top].mean()).state == "not attempted"
    assert measure.honest_report(TRIES, ..., ...).state == "not attempted"
    second, honest = str(SECOND.mean().idxmax()), float(SECOND[BEST].mean())
    wrong: list[tuple[object, object]] = [
        (BEST, FIRST[BEST].mean()),
        (BEST, TRIES[BEST].mean()),
        (BEST, 0.01),
        (BEST, "good"),
        (second, FIRST[second].mean()),
        (str(FIRST.mean().idxmin()), honest),
        ("nobody", honest),
    ]
    said = [measure.honest_report(TRIES, *answer) for answer in wrong]
    assert {outcome.state for outcome in said} == {"not yet"}
    assert len({outcome.message for outcome in said}) == len(wrong)
    assert not any(BEST in outcome.message.split() or f"{honest:.2f}" in outcome.message for outcome in said)


def own(labels: str, right: str, prompts: list[str] | None = None) -> Evaluation:
    """An evaluation of reviews with the labels p and n, where `all` is right at each 1 and `few` at every second one."""
    names = {"p": "positive", "n": "negative"}
    table = pd.DataFrame({"few": [float(i % 2) for i in range(len(right))], "all": [float(mark) for mark in right]})
    texts = prompts or [f"My own review, number {i}." for i in range(len(labels))]
    answers = pd.DataFrame({"row": range(1, len(labels) + 1), "prompt": texts, "reference": [names[c] for c in labels]})
    return Evaluation(answers.assign(few="", all=""), {"exact_match": table}, "exact_match")


def test_a_verdict_on_own_reviews() -> None:
    """Twelve reviews, both labels: no verdict, and the number from their own spread."""
    mine = own("pn" * 6, "110111011110")
    n = mine.needed("all", "few", smallest=0.05)
    assert measure.own_reviews(mine, "cannot tell", n).state == "right"
    assert measure.own_reviews(mine, ..., ...).state == "not attempted"
    assert measure.own_reviews(own("pn", "11"), ..., ...).state == "not attempted"


def test_what_own_reviews_lack_is_said() -> None:
    """Too few, copied, of one label, without any difference: a sentence each, and a wrong verdict another."""
    from ftwidgets import datasets

    copied = datasets.load("sentiment")["Prompt"].head(12).tolist()
    wrong = [
        (own("pn", "11"), "cannot tell", 5),
        (own("pn" * 6, "110111011110", copied), "cannot tell", 5),
        (own("p" * 12, "110111011110"), "cannot tell", 5),
        (own("pn" * 6, "010101010101"), "cannot tell", 5),
        (own("pn" * 6, "110111011110"), "all", 5),
        (own("pn" * 6, "110111011110"), "cannot tell", 5),
    ]
    said = [measure.own_reviews(*answer) for answer in wrong]
    assert {outcome.state for outcome in said} == {"not yet"}
    assert len({outcome.message for outcome in said}) == len(wrong)
    assert not any("cannot tell" in outcome.message for outcome in said[:5])


@pytest.mark.parametrize("number", [1, 2, 3])
def test_each_solution_is_right_when_pasted(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is shown, into the lesson's cell; the third one with models that differ."""
    handle = exercises.lesson("06")
    *lines, last = handle.exercises[number - 1].solution.strip().splitlines()
    models = {"few": lambda messages: "positive", "all": lambda messages: "negative"}
    names: dict[str, Any] = {"ftwidgets": ftwidgets, "pandas": pd, "lesson": handle, "client": None, "models": models}
    names |= {"first": FORTY, "result": drawn(400), "tries": TRIES}
    exec("\n".join(lines), names)
    assert eval(last, names).state == "right"
