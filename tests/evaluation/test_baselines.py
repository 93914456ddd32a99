"""What any model has to beat, and evaluations that take a function in a model's place, stop early or fail half-way."""

import itertools
import threading
import time
from typing import Any

import openai
import pandas as pd
import pytest

from ftwidgets.errors import FtwidgetsError
from ftwidgets.evaluation.baselines import few_shot, majority
from ftwidgets.evaluation.confusion import confusion, labels
from ftwidgets.evaluation.evaluate import evaluate
from ftwidgets.evaluation.survey import Survey
from tests.evaluation.test_evaluate import MODELS, SUMS, adder, client_of, example

TRAIN = [example("a", "no"), example("b", "yes"), example("c", "yes ")]


def test_the_majority_is_the_commonest_training_answer() -> None:
    """It goes where a model's id goes, and its answers are scored like a model's; of equals the first one wins."""
    found = evaluate(client_of(adder), {"majority": majority(TRAIN)}, [example("?", "yes"), example("?", "no")])
    assert found.answers["majority"].tolist() == ["yes", "yes"]
    assert found.scores["exact_match"].tolist() == [0.5]
    assert majority(TRAIN[:2])([]) == "no"


def test_few_shot_puts_training_examples_before_the_question() -> None:
    """The question's own system prompt stays first, those of the examples are left out; the same seed, the same shots."""
    asked: list[dict[str, Any]] = []
    client = client_of(lambda _: "yes", asked)
    evaluate(client, {"shots": few_shot(client, "m", TRAIN, shots=2, seed=3)}, [example("d", "yes", "Be kind.")])
    roles = [turn["role"] for turn in asked[0]["messages"]]
    assert roles == ["system", "user", "assistant", "user", "assistant", "user"]
    assert asked[0]["messages"][0]["content"] == "Be kind."
    assert asked[0]["messages"][-1]["content"] == "d"
    with pytest.raises(ValueError, match='"shots" must be 1 to 3'):
        few_shot(client, "m", TRAIN, shots=4)


def test_a_function_that_fails_is_named_with_its_row() -> None:
    """Like a model that refuses."""

    def picky(messages: Any) -> str:
        raise LookupError("no idea")

    with pytest.raises(LookupError) as caught:
        evaluate(client_of(adder), {"picky": picky}, SUMS[:1])
    assert caught.value.__notes__ == ["The model picky was asked row 1: '0+1'"]


def test_limit_takes_the_first_examples() -> None:
    """And refuses none at all."""
    assert evaluate(client_of(adder), "m", SUMS, limit=3).answers["row"].tolist() == [1, 2, 3]
    with pytest.raises(ValueError, match='"limit" must be 1 or more'):
        evaluate(client_of(adder), "m", SUMS, limit=0)


def test_what_was_answered_before_a_stop_is_scored() -> None:
    """Both models are asked in turns, so rows answered by both are there; asking again goes on where it stopped."""
    stop, asked = threading.Event(), itertools.count(1)

    def slow_at_the_end(messages: Any) -> str:
        if next(asked) > 62:  # those after the sixtieth are still under way when the stop comes
            stop.wait(10)
            time.sleep(0.05)
        return adder(messages)

    survey = Survey(client_of(slow_at_the_end), MODELS, SUMS)
    survey.ask(workers=1, on_answer=lambda done, _: stop.set() if done >= 60 else None, stop=stop)
    assert 60 <= survey.done < 80
    rows = survey.result().answers["row"].tolist()
    assert rows[:20] == list(range(1, 21))
    assert len(rows) < 40
    survey.ask()
    assert survey.result().answers["row"].tolist() == list(range(1, 41))


def test_what_was_answered_before_a_failure_is_kept() -> None:
    """The error comes out, and the rows that every model had answered are scored."""

    def moody(messages: Any) -> str:
        if messages[-1]["content"] == "30+1":
            raise LookupError("not that one")
        return "1"

    survey = Survey(client_of(adder), {"base": "m", "moody": moody}, SUMS)
    with pytest.raises(LookupError):
        survey.ask(workers=1)
    rows = survey.result().answers["row"].tolist()
    assert set(range(1, 21)) <= set(rows)
    assert 31 not in rows


def test_nothing_answered_is_said() -> None:
    """There is no score of nothing."""
    survey = Survey(client_of(adder), "gone", SUMS)
    with pytest.raises(openai.NotFoundError):
        survey.ask()
    with pytest.raises(FtwidgetsError, match="nothing to score"):
        survey.result()


def test_labels_are_few_and_come_again() -> None:
    """Sums are texts; yes and no are labels; eleven are too many to read, one is none."""
    assert labels(["yes", "no "] * 4) == ["no", "yes"]
    assert labels(["yes", "no"] * 3) == []
    assert labels([str(i) for i in range(40)]) == []
    assert labels([str(i % 11) for i in range(110)]) == []
    assert labels(["yes"] * 40) == []


def test_a_confusion_table_counts_every_answer_once() -> None:
    """Rows are right labels; what is no label is counted as other, also where a label has that name."""
    table = confusion(["a"] * 4 + ["b"] * 4, ["a", "a ", "b", "A", "b", "b", "", "a or b"])
    assert table.loc["a"].tolist() == [2, 1, 1]
    assert table.loc["b"].tolist() == [0, 2, 2]
    assert list(table.columns) == ["a", "b", "other"]
    assert confusion(["other", "a"] * 4, ["x"] * 8).columns.tolist() == ["a", "other", "other (no label)"]
    assert confusion(["1", "2", "3"], ["1", "2", "3"]).empty


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


def test_a_sample_is_an_evaluation_of_fewer_examples() -> None:
    """Answers and scores stay together; the same seed draws the same examples."""
    found = evaluate(client_of(adder), MODELS, SUMS)
    some = found.sample(10, seed=3)
    assert len(some.answers) == len(set(some.answers["row"])) == 10
    assert some.by_row["exact_match"]["base"].tolist() == [float(row % 2 == 0) for row in some.answers["row"]]
    pd.testing.assert_frame_equal(some.answers, found.sample(10, seed=3).answers)
    assert some.difference().n == 10
