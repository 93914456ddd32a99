import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftwidgets.data import schema
from ftwidgets.data.schema import parse
from tests.data.schema import generated
from tests.data.schema.ids import LEVELS

KINDS = ("chat", "preference", "completion", "alpaca", "sharegpt", "unknown")


@settings(max_examples=300, deadline=None)
@given(generated.ROWS, st.none() | st.sampled_from(["Be brief.", ""]))
def test_any_row_at_all_is_an_example_or_has_a_fault(row: Any, system: str | None) -> None:
    """No value ends in an exception; a row is used exactly if nothing in it is an error; it is never changed."""
    before = copy.deepcopy(row)
    found = schema.parse_row(row, system)
    assert repr(row) == repr(before)
    assert found.format in KINDS
    for fault in found.findings:
        assert LEVELS[fault.id] == fault.level
        assert fault.repair is None or fault.repair in schema.REPAIRS
        assert fault.message.isprintable()
        assert fault.fix
        assert fault.excerpt is None or 0 < len(fault.excerpt) <= 60
    errors = [fault for fault in found.findings if fault.level == "error"]
    assert (found.example is None) == bool(errors)
    assert found.format != "unknown" or errors
    if found.example is not None:
        json.dumps(found.example, allow_nan=False)
        assert isinstance(found.prompt, str)
        assert found.completion
        again = schema.parse_row(found.example)
        assert [fault.id for fault in again.findings] == [fault.id for fault in found.findings]
        assert (again.prompt, again.completion, again.system) == (found.prompt, found.completion, found.system)


TURNS = st.lists(st.sampled_from(["Hi", "Grüße\n", "a: b", "", " ", "\u00a0"]), min_size=1, max_size=7)


@settings(max_examples=300, deadline=None)
@given(TURNS, st.booleans(), st.booleans(), st.none() | st.sampled_from(["Be brief.", " "]))
def test_the_quick_look_and_the_careful_one_agree(
    said: list[str], has_system: bool, answers_first: bool, system: str | None
) -> None:
    """A plain chat is the same whether it was recognised at once or looked at with care."""
    roles = ["user", "assistant"][:: -1 if answers_first else 1] * 4
    messages = [{"role": role, "content": text} for role, text in zip(roles, said, strict=False)]
    row = {"messages": [{"role": "system", "content": "Be kind."}] * has_system + messages}
    assert schema.parse_row(row, system) == parse._parse_carefully(row, system)


def test_plain_rows_take_the_quick_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """A chat of role and content strings is never looked at with care: a million rows are read in about a second."""
    monkeypatch.setattr(parse, "_parse_carefully", None)
    messages = [{"role": role, "content": "Hi"} for role in ("system", "user", "assistant", "user", "assistant")]
    for row in ({"messages": messages[:3]}, {"messages": messages[1:3]}, {"messages": messages}, {"messages": messages[1:]}):
        assert schema.parse_row(row).example is row
        assert schema.parse_row(row, "Be brief.").findings == []


def nested(depth: int, kind: str) -> Any:
    value: Any = "a"
    for _ in range(depth):
        value = [value] if kind == "list" else {"a": value}
    return value


@pytest.mark.parametrize("kind", ["list", "dict"])
@pytest.mark.parametrize(
    "build",
    [
        lambda deep: deep,
        lambda deep: {"messages": deep},
        lambda deep: {"messages": [deep]},
        lambda deep: {"messages": [{"role": "user", "content": deep}, {"role": "assistant", "content": [deep]}]},
        lambda deep: {"messages": [{"role": deep, "content": "a"}, {"role": "assistant", "content": "b", "weight": deep}]},
        lambda deep: {"messages": [{"role": "assistant", "content": "b", "tool_calls": [{"function": {"arguments": deep}}]}]},
        lambda deep: {
            "messages": [{"role": "assistant", "content": "b"}],
            "tools": [{"function": {"name": "f", "parameters": deep}}],
        },
        lambda deep: {
            "messages": [{"role": "assistant", "content": "b"}],
            "functions": [{"name": "f", "parameters": {"a": deep}}],
        },
        lambda deep: {"messages": [{"role": "assistant", "content": "b"}], "x": deep},
        lambda deep: {"input": deep, "preferred_output": deep, "non_preferred_output": [deep]},
        lambda deep: {"prompt": deep, "completion": deep},
        lambda deep: {"prompt": deep, "chosen": [deep, deep], "rejected": [copy.copy(deep), deep]},
        lambda deep: {"instruction": deep, "output": deep},
        lambda deep: {"conversations": [deep, {"from": deep}]},
    ],
)
def test_deep_rows_are_refused_in_words(kind: str, build: Any) -> None:
    """A value nested a hundred thousand times over is a fault of the row, and no crash."""
    deep = nested(100_000, kind)
    row = build(deep)
    try:
        found = schema.parse_row(row)
        schema.repair_row(row)
    finally:
        unwound(deep)
    assert found.example is None
    assert found.findings


def unwound(value: Any) -> None:
    """Take a deep value apart from the outside, as freeing it from the inside would overflow the stack."""
    while isinstance(value, list | dict) and value:
        value = value.popitem()[1] if isinstance(value, dict) else value.pop()
