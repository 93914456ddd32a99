"""Answers that nobody expects are *not yet*: tables, arrays and long texts in the place of a dict, a job, a name."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from ftwidgets.lessons.exercises.answers import find_job, parse_number, parse_rows
from ftwidgets.lessons.exercises.leak import own_groups
from ftwidgets.lessons.exercises.try_model import own_sentence, settings_repaired

TABLE = pd.DataFrame([("a", "b", "c"), ("d", "e", "f")], columns=["Prompt", "Completion", 3])
NONSENSE = [None, [], {}, {1}, "x", TABLE, TABLE["Prompt"], np.arange(3), np.array(3.5), 10**400, b"x", lambda: 1]


@pytest.mark.parametrize("answer", NONSENSE, ids=range(len(NONSENSE)))
def test_nonsense_is_not_yet(answer: Any) -> None:
    """No comparison with it raises an error."""
    client: Any = None  # is not asked anything
    assert settings_repaired(client, "ftjob-1", answer).state == "not yet"
    assert own_groups(TABLE, TABLE, answer).state == "not yet"
    if not isinstance(answer, str):
        assert own_sentence(client, "ftjob-1", answer, TABLE, TABLE).state == "not yet"


@pytest.mark.parametrize(
    ("answer", "number"), [(np.array(3.5), 3.5), (np.int64(3), 3), (np.array("x"), None), (np.ones(1), None)]
)
def test_a_number_of_numpy_is_a_number(answer: Any, number: float | None) -> None:
    """Also in an array without a dimension, such as `.sum()` of an array can be; an array of numbers is none."""
    assert parse_number(answer) == number


def test_a_text_that_is_no_id_is_no_job() -> None:
    """A whole training file, pasted as an id, is not sent as an address."""
    client: Any = None  # is not asked anything
    assert find_job(client, "y" * 100_000) is None


def test_a_text_that_is_no_path_is_shortened() -> None:
    """The message has the beginning of it."""
    found = parse_rows("y" * 100_000)
    assert isinstance(found, str)
    assert found.startswith("There is no file 'yyy")
    assert len(found) < 200
