"""Baselines: what any model has to beat."""

from typing import Any

import pytest

from ftwidgets.evaluation.baselines import few_shot, majority
from ftwidgets.evaluation.evaluate import evaluate
from tests.evaluation.test_evaluate import adder, client_of, example

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
