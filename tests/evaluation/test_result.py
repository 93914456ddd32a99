"""Verdicts, by simulation, and the tables of an evaluation."""

import dataclasses
import random

import pandas as pd
import pytest

from ftwidgets.evaluation.evaluate import evaluate
from ftwidgets.evaluation.result import Evaluation
from ftwidgets.statistics import format_rounded_up
from tests.evaluation.test_evaluate import MODELS, SUMS, adder, client_of, example
from tests.test_statistics import graded


def judged(a: list[float], b: list[float]) -> Evaluation:
    by_row = {"exact_match": pd.DataFrame({"b": b, "a": a})}
    return Evaluation(answers=pd.DataFrame({"row": range(len(a))}), by_row=by_row, metric="exact_match")


def test_a_verdict_is_only_given_where_the_interval_allows_it() -> None:
    """Too few examples, and an interval that holds zero, are "cannot tell yet", never a winner."""
    few = judged([1.0] * 19, [0.0] * 19).verdict()
    assert few.startswith("cannot tell yet: a - b = +1.00")
    assert few.endswith("20 examples or more")
    even = judged([1.0, 0.0] * 30, [0.0, 1.0] * 30).verdict()
    assert even.startswith("cannot tell yet: a - b = +0.00 (95 % interval -0.2")
    assert even.endswith("if there is a difference that small, it takes more than 100,000 examples to find it")
    same = judged([0.0] * 30, [0.0] * 30).verdict()
    assert same == "cannot tell yet: a and b score the same on every example (n = 30)"
    with pytest.raises(ValueError, match='no model "c" in this evaluation; it compared: b, a'):
        judged([1.0], [0.0]).verdict("c")


@pytest.mark.parametrize(
    ("a", "b", "smallest", "outcome"),
    [
        ([1.0] * 30, [0.0, 1.0] * 15, None, "better"),
        ([0.0, 1.0] * 15, [1.0] * 30, None, "worse"),
        ([1.0] * 30, [1.0] * 30, None, "identical"),
        ([1.0] * 19, [0.0] * 19, None, "too few"),
        ([1.0, 0.0] * 15, [0.0, 1.0] * 15, None, "unclear"),
        ([1.0, 0.0] * 200, [1.0, 0.0] * 199 + [0.0, 1.0], 0.2, "no difference"),
    ],
)
def test_a_comparison_names_its_outcome(a: list[float], b: list[float], smallest: float | None, outcome: str) -> None:
    """In a word, for whoever writes a sentence of their own; the difference is that of `difference`."""
    found = judged(a, b).compare(smallest=smallest)
    assert found.outcome == outcome
    assert found.difference == judged(a, b).difference()
    assert bool(found.advice) == (outcome in ("too few", "unclear"))


def test_equal_models_are_rarely_told_apart() -> None:
    """Over 200 evaluations of two equal models, a winner is named in about 5 %, at 20 examples already."""
    source, told = random.Random(3), 0
    for _ in range(200):
        a, b = ([float(source.random() < 0.5) for _ in range(20)] for _ in range(2))
        told += not judged(a, b).verdict().startswith("cannot tell")
    assert told <= 20


def test_an_evaluation_is_a_fact_and_shows_itself_safely() -> None:
    """It cannot be changed, and names of models are text in a notebook, not HTML."""
    found = evaluate(client_of(adder), {"<b>base</b>": "m", "tuned": "ft:m:org::1"}, SUMS)
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.metric = "token_f1"  # type: ignore[misc]
    assert repr(found) == str(found)  # the scores and the verdict, also where a console shows it
    assert len(str(found).splitlines()) == 4
    html = found._repr_html_()
    assert "&lt;b&gt;base" in html
    assert "<b>" not in html
    assert "0.50 (0.35 to 0.65)" in html


def test_cannot_tell_yet_says_how_many_it_would_take() -> None:
    """The number is the formula's, for the observed difference or for the smallest that matters, and more than there were."""
    a, b = graded(random.Random(0), 40)
    found = judged(a, b)
    said, needed = found.verdict(), found.needed()
    assert needed is not None
    assert needed > 40
    assert said.endswith(
        f"if the difference is as large as it looks, you would need about {format_rounded_up(needed)} examples"
    )
    half = found.needed(smallest=0.05)
    assert half is not None
    assert found.verdict(smallest=0.05).endswith(
        f"to find a difference of 0.05 you would need about {format_rounded_up(half)} examples"
    )
    assert found.needed(power=0.5) < needed  # type: ignore[operator]
    with pytest.raises(ValueError, match='"smallest" must be above 0'):
        found.verdict(smallest=-0.1)


def test_a_difference_too_small_to_matter_is_called_so() -> None:
    """With a smallest difference, nearly equal models are, and a sure little lead is called little."""
    even = [float(i % 2) for i in range(1000)]
    a, b = [*even, 1.0, 0.0], [*even, 0.0, 1.0]
    assert judged(a, b).verdict(smallest=0.05).startswith("no difference of 0.05 or more: a - b = +0.00")
    ahead = [1.0] * 10 + [0.0] * 490
    assert judged(ahead, [0.0] * 500).verdict(smallest=0.05).startswith("a is better, but by less than 0.05: +0.02")
    assert judged(ahead, [0.0] * 500).verdict().startswith("a is better: +0.02")


def test_a_verdict_with_a_smallest_difference_never_asks_for_fewer_than_there_are() -> None:
    """Where the interval ends on both sides of the smallest difference, the number is that of the observed one."""
    lead = judged([1.0] * 26 + [0.0] * 18 + [0.0] * 356, [0.0] * 26 + [1.0] * 18 + [0.0] * 356)
    found = lead.difference()
    assert found.low < 0 < found.estimate < 0.05 < found.high
    asked = int(lead.verdict(smallest=0.05).split("about ")[1].split(" ")[0].replace(",", ""))
    assert asked > 400


def test_the_worst_answers_come_first() -> None:
    """By the metric, then by the other metrics, then in order; the columns are the answer's story."""
    prompts = [example("q1", "one two"), example("q2", "one two"), example("q3", "one two")]
    said = {"q1": "one two", "q2": "three", "q3": "one"}
    found = evaluate(client_of(lambda body: said[body["messages"][-1]["content"]]), "m", prompts)
    table = found.worst()
    assert table["prompt"].tolist() == ["q2", "q3", "q1"]
    assert table["score"].tolist() == [0, 0, 1]
    assert list(table.columns) == ["row", "score", "prompt", "reference", "answer"]
    assert isinstance(found.confusion(), pd.DataFrame)


def test_among_equally_wrong_answers_those_come_first_that_other_models_got_right() -> None:
    """Labels are right or wrong, so most scores are equal: the others' scores decide, then the length of the prompt."""
    prompts = ["a long prompt", "short", "nobody knows this", "easy for the others", "right"]
    table = pd.DataFrame({"base": [0, 1, 0, 1, 0], "few": [0, 0, 0, 1, 0], "tuned": [0, 0, 0, 0, 1]}, dtype=float)
    answers = pd.DataFrame({"row": range(1, 6), "prompt": prompts, "reference": "x", "base": "y", "few": "y", "tuned": "y"})
    found = Evaluation(answers, {"exact_match": table}, "exact_match")
    expected = ["easy for the others", "short", "a long prompt", "nobody knows this", "right"]
    assert found.worst("tuned")["prompt"].tolist() == expected
    alone = Evaluation(answers, {"exact_match": table[["tuned"]]}, "exact_match")
    assert alone.worst()["prompt"].tolist() == ["short", "a long prompt", "nobody knows this", "easy for the others", "right"]


def test_a_sample_is_an_evaluation_of_fewer_examples() -> None:
    """Answers and scores stay together; the same seed draws the same examples."""
    found = evaluate(client_of(adder), MODELS, SUMS)
    some = found.sample(10, seed=3)
    assert len(some.answers) == len(set(some.answers["row"])) == 10
    assert some.by_row["exact_match"]["base"].tolist() == [float(row % 2 == 0) for row in some.answers["row"]]
    pd.testing.assert_frame_equal(some.answers, found.sample(10, seed=3).answers)
    assert some.difference().n == 10
