import random

import numpy as np
import pandas as pd
import pytest

from ftwidgets import Evaluation
from ftwidgets.lessons import exercises


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
    assert exercises.tell_apart(found, verdict, round(by_hand(found))).state == "right"
    n = found.needed(smallest=0.05)
    assert n is not None
    for same in (n, str(n), np.int64(n), np.float32(n), float(n)):
        assert exercises.tell_apart(found, verdict, same).state == "right"


def test_untouched_is_not_attempted() -> None:
    """The cell as it comes, and half an answer."""
    assert exercises.tell_apart(CLOSE, ..., ...).state == "not attempted"
    assert exercises.tell_apart(CLOSE, "A", ...).state == "not attempted"


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
    said = exercises.tell_apart(CLOSE, verdict, examples)
    assert said.state == "not yet"
    assert hint in said.message
    assert str(CLOSE.needed(smallest=0.05)) not in said.message
    if verdict in ("A", "B"):
        assert "cannot tell" not in said.message


@pytest.mark.parametrize("nonsense", [None, 3, "yes", [CLOSE]])
def test_something_else_than_an_evaluation_is_said(nonsense: object) -> None:
    """In words, not as a traceback."""
    assert "one of 'A', 'B'" in exercises.tell_apart(CLOSE, pd.Series(["A", "B"]), 3).message
    assert "evaluation of two models" in exercises.tell_apart(nonsense, "A", 3).message
