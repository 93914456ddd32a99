from typing import Any

import pytest

from ftwidgets.data import schema
from ftwidgets.data.schema.formats import FORMATS, RowFormat, detect_format
from tests.data.schema.rows import ANSWER, USER, VALID

INCOMPLETE = {"prompt": "Hi", "chosen": "Hello"}


def test_every_format_of_the_table_is_reached() -> None:
    """No format stands behind one that takes all of its rows."""
    reached = [detect_format(row) for row in [*VALID.values(), INCOMPLETE]]
    assert [row_format for row_format in FORMATS if row_format not in reached] == []


@pytest.mark.parametrize("row_format", FORMATS, ids=lambda row_format: f"{row_format.name} {row_format.keys}")
def test_the_message_for_an_unknown_row_shows_every_format(row_format: RowFormat) -> None:
    """The keys of each format are in the advice, so that a reader can rename theirs."""
    (finding,) = schema.parse_row({"question": "a", "answer": "b"}).findings
    assert finding.id == "unknown-shape"
    assert row_format.keys in finding.fix


@pytest.mark.parametrize(
    ("row", "name"),
    [
        ({"messages": [USER, ANSWER], "chosen": "a", "rejected": "b"}, "preference"),
        ({"messages": [USER, ANSWER], "preferred_output": []}, "chat"),
        ({"messages": [{"from": "human", "value": "Hi"}], "preferred_output": []}, "sharegpt"),
        ({"conversations": [], "preferred_output": []}, "preference"),
        ({"conversations": [], "instruction": "Add."}, "sharegpt"),
        ({"conversations": "text", "instruction": "Add.", "completion": "3"}, "alpaca"),
        ({"PROMPT ": "Hi", "chosen": "a", "completion": "b"}, "completion"),
        ({"prompt": "Hi", "completion": [ANSWER]}, "chat"),
        (INCOMPLETE, "preference"),
    ],
)
def test_a_row_with_the_keys_of_two_formats_has_the_first(row: dict[str, Any], name: str) -> None:
    """The order of the table decides."""
    row_format = detect_format(row)
    assert row_format is not None
    assert row_format.name == name
