import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings

from ftwidgets.data import schema
from tests.data.schema import generated
from tests.data.schema.rows import ANSWER, CALL, CALLING, TOOL, USER, VALID, chat, preference, text

SYSTEM = {"role": "system", "content": "Be brief."}
CALLED = {"role": "assistant", "tool_calls": [CALL]}


def with_arguments(arguments: Any) -> dict[str, Any]:
    return {"role": "assistant", "tool_calls": [{**CALL, "function": {"name": "f", "arguments": arguments}}]}


REPAIRED: list[tuple[dict[str, Any], dict[str, Any], list[str]]] = [
    (chat({**SYSTEM, "role": "developer"}, USER, ANSWER), chat(SYSTEM, USER, ANSWER), ["developer-to-system"]),
    (chat({**USER, "role": " User"}, {**ANSWER, "role": "ASSISTANT"}), chat(USER, ANSWER), ["lower-case-role"]),
    (chat(USER, {**ANSWER, "thinking": "x"}, source="web"), chat(USER, ANSWER), ["drop-unknown-keys"]),
    (
        chat({"role": "user", "content": [{**text("a"), "cache_control": {}}]}, ANSWER),
        chat({"role": "user", "content": [text("a")]}, ANSWER),
        ["drop-unknown-keys"],
    ),
    (chat(USER, {**ANSWER, "tool_calls": None, "name": None}, tools=[]), chat(USER, ANSWER), ["drop-empty-keys"]),
    (chat(USER, ANSWER, functions=None, parallel_tool_calls=None), chat(USER, ANSWER), ["drop-empty-keys"]),
    (chat({**USER, "weight": 0}, ANSWER), chat(USER, ANSWER), ["drop-misplaced-weight"]),
    (chat(USER, {**ANSWER, "weight": 1.0}), chat(USER, {**ANSWER, "weight": 1}), ["mend-weight"]),
    (chat(USER, with_arguments({"a": "ü"})), chat(USER, with_arguments('{"a":"ü"}')), ["arguments-as-text"]),
    (
        chat(USER, {"role": "assistant", "function_call": {"name": "f", "arguments": {}}}),
        chat(USER, {"role": "assistant", "function_call": {"name": "f", "arguments": "{}"}}),
        ["arguments-as-text"],
    ),
    (chat({"role": "system", "content": " "}, USER, ANSWER), chat(USER, ANSWER), ["drop-blank-system"]),
    (preference(score=1, input={"messages": [USER], "id": 1}), preference(), ["drop-unknown-keys"]),
    (preference(preferred_output=[{**ANSWER, "weight": 1}]), preference(), ["drop-misplaced-weight"]),
    (
        {
            "input": {"messages": [USER]},
            "preferred_completion": [ANSWER],
            "non_preferred_completion": preference()["non_preferred_output"],
        },
        preference(),
        ["rename-preference-keys"],
    ),
    (
        {"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello", "weight": True}]},
        chat({"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello", "weight": 1}),
        ["mend-weight"],
    ),
    ({"prompt": [{**USER, "role": "User"}], "completion": [ANSWER]}, chat(USER, ANSWER), ["lower-case-role"]),
]


@pytest.mark.parametrize(("row", "repaired", "names"), REPAIRED)
def test_safe_repairs(row: dict[str, Any], repaired: dict[str, Any], names: list[str]) -> None:
    """A repair does what its name says and no more; the row that was given stays as it was."""
    before = copy.deepcopy(row)
    assert schema.repair_row(row) == (repaired, names)
    assert row == before
    assert schema.parse_row(repaired).findings == []
    assert {fault.repair for fault in schema.parse_row(row).findings} == set(names)


def test_every_repair_is_shown() -> None:
    """The table above has each repair that there is."""
    assert {name for _, _, names in REPAIRED for name in names} == set(schema.REPAIRS)


@pytest.mark.parametrize("name", VALID)
def test_a_valid_row_needs_no_repair(name: str) -> None:
    """It comes back as the same object."""
    assert schema.repair_row(VALID[name])[0] is VALID[name]
    assert schema.repair_row(VALID[name])[1] == []


UNSAFE: list[Any] = [
    chat({"role": "user", "contents": "Hi"}, ANSWER),
    chat({"role": "user", "Content": "Hi"}, ANSWER),
    chat({**USER, "tool_calls": [CALL]}, ANSWER),
    chat(USER, ANSWER, tool=[TOOL]),
    chat({**USER, "role": "human"}, ANSWER),
    chat(USER, {**ANSWER, "weight": 0.5}),
    chat({"role": "system", "content": ""}),
    chat(USER, with_arguments("{")),
    preference(preferred_completion=[ANSWER]),
    [USER, ANSWER],
    None,
]


@pytest.mark.parametrize("row", UNSAFE)
def test_what_needs_a_guess_is_left_to_a_person(row: Any) -> None:
    """Where something might get lost, nothing is repaired, and no repair is promised."""
    assert schema.repair_row(row) == (row, [])
    found = schema.parse_row(row)
    assert found.findings
    assert [fault for fault in found.findings if fault.repair is not None] == []


def test_only_the_repairs_that_are_wanted() -> None:
    """Others stay undone."""
    row = chat({**USER, "role": "User", "weight": 1}, {**ANSWER, "id": 5}, source="web")
    assert schema.repair_row(row)[1] == ["lower-case-role", "drop-unknown-keys", "drop-misplaced-weight"]
    assert schema.repair_row(row, only=["lower-case-role"]) == (
        chat({**USER, "weight": 1}, {**ANSWER, "id": 5}, source="web"),
        ["lower-case-role"],
    )
    assert schema.repair_row(row, only=[]) == (row, [])
    assert schema.repair_row(chat(USER, CALLING), only=["mend-weight"]) == (chat(USER, CALLING), [])


@settings(max_examples=300, deadline=None)
@given(generated.ROWS)
def test_a_repair_does_all_that_is_promised_and_only_that(row: Any) -> None:
    """After it no fault has a repair; a second time changes nothing; what was not promised is not done."""
    promised = schema.parse_row(row)
    repaired, names = schema.repair_row(row)
    again = schema.parse_row(repaired)
    assert [fault for fault in again.findings if fault.repair is not None] == []
    assert schema.repair_row(repaired) == (repaired, []) or "nan" in repr(repaired)
    if len(promised.findings) < 20:
        assert {fault.repair for fault in promised.findings if fault.repair is not None} == set(names)
    if not names:
        assert repaired is row


@settings(max_examples=300, deadline=None)
@given(generated.ROWS)
def test_a_repair_adds_no_fault_of_its_own(row: Any) -> None:
    """What remains was wrong before, or was hidden behind what was repaired; a usable row stays usable as it is."""
    before, (repaired, names) = schema.parse_row(row), schema.repair_row(row)
    if before.example is not None and not names:
        assert repaired is row
    kept = {fault.id for fault in schema.parse_row(repaired).findings}
    hidden = {
        "missing-content",
        "all-weights-zero",
        "no-assistant",
        "same-role-twice",
        "system-not-first",
        "same-preference",
        "last-not-assistant",
        "unanswered-tool-call",
        "tool-without-call",
    }
    assert kept - {fault.id for fault in before.findings} <= hidden or len(before.findings) == 20


def test_a_repaired_row_can_be_written() -> None:
    """The result is JSON as before."""
    for row, repaired, _ in REPAIRED:
        assert json.loads(json.dumps(schema.repair_row(row)[0])) == repaired
