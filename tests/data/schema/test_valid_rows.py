import copy
import json
from typing import Any

import pytest

from ftwidgets.data import schema
from tests.data.schema.rows import ANSWER, CALL, CALLING, OTHER_CALL, RESULT, TOOL, USER, VALID, chat, image, preference, text


@pytest.mark.parametrize("name", VALID)
def test_valid_rows_pass(name: str) -> None:
    """A row that a service takes has no fault at all, is an example, and is left as it was."""
    before = copy.deepcopy(VALID[name])
    found = schema.parse_row(VALID[name])
    assert found.findings == []
    assert found.example is not None
    assert VALID[name] == before


@pytest.mark.parametrize("name", VALID)
def test_an_example_is_of_the_services_form(name: str) -> None:
    """What comes out is a chat or a preference row, says the same when read again, and can be written as JSON."""
    found = schema.parse_row(VALID[name])
    again = schema.parse_row(json.loads(json.dumps(found.example)))
    assert again.findings == []
    assert again.format in ("chat", "preference")
    assert again[2:] == found[2:]


KINDS: list[tuple[str, str]] = [
    ("question and answer", "chat"),
    ("tool call answered", "chat"),
    ("Hugging Face prompt and completion", "chat"),
    ("preference", "preference"),
    ("Hugging Face preference", "preference"),
    ("prompt and completion", "completion"),
    ("Prompt and Completion, system", "completion"),
    ("Alpaca", "alpaca"),
    ("ShareGPT", "sharegpt"),
]


@pytest.mark.parametrize(("name", "kind"), KINDS)
def test_a_row_knows_its_kind(name: str, kind: str) -> None:
    """The keys of a row tell its kind."""
    assert schema.parse_row(VALID[name]).format == kind


TEXTS: list[tuple[str, str, str, str | None]] = [
    ("question and answer", "How warm is it in Oslo?", "It is 7 degrees.", None),
    ("system prompt", "How warm is it in Oslo?", "It is 7 degrees.", "Be brief."),
    (
        "several turns",
        "user: How warm is it in Oslo?\nassistant: It is 7 degrees.\nuser: And in Rome?",
        "19.",
        None,
    ),
    ("answer without a question", "", "It is 7 degrees.", "Say hello."),
    ("tool call at the end", "How warm is it in Oslo?", '{"name":"weather","arguments":{"city":"Oslo"}}', None),
    (
        "tool call with text",
        'user: How warm is it in Oslo?\nassistant: Let me look.\n{"name":"weather","arguments":{"city":"Oslo"}}\ntool: 7',
        "It is 7 degrees.",
        None,
    ),
    ("text parts", "Hi", "Hello there", "Be brief."),
    ("refusal", "How warm is it in Oslo?", "I cannot say.", None),
    ("preference", "How warm is it in Oslo?", "It is 7 degrees.", None),
    ("Prompt and Completion, system", "Capital of Norway?", "Oslo", "Be brief."),
    ("Alpaca", "Add.\n\n1, 2", "3", None),
    ("Alpaca without input", "Say hello.", "Hello.", None),
    ("ShareGPT", "Hi", "Hello", None),
]


@pytest.mark.parametrize(("name", "prompt", "completion", "system"), TEXTS)
def test_the_texts_of_a_row(name: str, prompt: str, completion: str, system: str | None) -> None:
    """Prompt, completion and system prompt are what a person would call so."""
    found = schema.parse_row(VALID[name])
    assert (found.prompt, found.completion, found.system) == (prompt, completion, system)
    assert found.own_system == (system is not None)


def test_pictures_are_told_apart_in_the_texts() -> None:
    """A picture is named by eight digits that depend on its address alone."""
    addresses = "https://example.org/a.png", "https://example.org/a.png", "https://example.org/b.png"
    rows = [chat({"role": "user", "content": [text("What?"), image(address)]}, ANSWER) for address in addresses]
    one, same, other = (schema.parse_row(row).prompt for row in rows)
    assert one == same != other
    words, _, picture = one.partition("\n")
    assert words == "What?"
    assert picture.startswith("[image ")
    assert len(picture) == len("[image 12345678]")
    int(picture[7:15], 16)


def test_calls_that_differ_in_their_id_only_read_the_same() -> None:
    """Ids of calls are chance: two rows that differ in them say the same."""
    renamed = {**CALL, "id": "call_9"}
    one = schema.parse_row(chat(USER, CALLING, RESULT, ANSWER))
    other = schema.parse_row(chat(USER, {**CALLING, "tool_calls": [renamed]}, {**RESULT, "tool_call_id": "call_9"}, ANSWER))
    assert one.prompt == other.prompt
    spaced = {**CALL, "function": {"name": "weather", "arguments": '{ "city" : "Oslo" }'}}
    assert schema.parse_row(chat(USER, {**CALLING, "tool_calls": [spaced]}, RESULT, ANSWER)).prompt == one.prompt
    far = {**CALLING, "tool_calls": [{**OTHER_CALL, "id": "call_1"}]}
    assert schema.parse_row(chat(USER, far, RESULT, ANSWER)).prompt != one.prompt


@pytest.mark.parametrize("name", VALID)
def test_a_constant_system_prompt_goes_to_rows_without_one(name: str) -> None:
    """It stands in front of the messages, in a copy; a row's own system prompt stays."""
    before = copy.deepcopy(VALID[name])
    plain, led = schema.parse_row(VALID[name]), schema.parse_row(VALID[name], "Answer in rhyme.")
    assert VALID[name] == before
    assert led.findings == []
    if plain.own_system:
        assert led == plain
        return
    assert (led.prompt, led.completion, led.system, led.own_system) == (
        plain.prompt,
        plain.completion,
        "Answer in rhyme.",
        False,
    )
    assert plain.example is not None
    assert led.example is not None
    was, now = (found.get("input", found)["messages"] for found in (plain.example, led.example))
    assert now == [{"role": "system", "content": "Answer in rhyme."}, *was]
    assert {key: held for key, held in led.example.items() if key not in ("messages", "input")} == {
        key: held for key, held in plain.example.items() if key not in ("messages", "input")
    }


def test_a_blank_constant_is_none() -> None:
    """An empty system prompt is not put in front of anything."""
    for blank in ("", " \n"):
        for row in (chat(USER, ANSWER), preference(), chat(USER, CALLING)):
            assert schema.parse_row(row, blank).example == row
            assert schema.parse_row(row, blank).system is None


CONVERTED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (
        {"prompt": "Hi", "completion": " Hello"},
        chat({"role": "user", "content": "Hi"}, {"role": "assistant", "content": " Hello"}),
    ),
    ({"prompt": [USER], "completion": [ANSWER], "tools": [TOOL]}, chat(USER, ANSWER, tools=[TOOL])),
    ({"prompt": "How warm is it in Oslo?", "completion": [ANSWER]}, chat(USER, ANSWER)),
    (
        {"prompt": "Hi", "chosen": "Hello.", "rejected": "No."},
        {
            "input": {"messages": [{"role": "user", "content": "Hi"}]},
            "preferred_output": [{"role": "assistant", "content": "Hello."}],
            "non_preferred_output": [{"role": "assistant", "content": "No."}],
        },
    ),
    (
        {"prompt": "How warm is it in Oslo?", "chosen": [USER, ANSWER], "rejected": [USER, {**ANSWER, "content": "?"}]},
        preference(non_preferred_output=[{**ANSWER, "content": "?"}]),
    ),
    (
        {"chosen": [USER, ANSWER], "rejected": [USER, {**ANSWER, "content": "?"}]},
        preference(non_preferred_output=[{**ANSWER, "content": "?"}]),
    ),
    (
        {"prompt": [USER], "chosen": [USER, ANSWER], "rejected": [USER, {**ANSWER, "content": "?"}]},
        preference(non_preferred_output=[{**ANSWER, "content": "?"}]),
    ),
    (
        {"prompt": [USER, ANSWER], "chosen": [USER, ANSWER], "rejected": [USER, {**ANSWER, "content": "?"}]},
        {
            "input": {"messages": [USER, ANSWER, USER]},
            "preferred_output": [ANSWER],
            "non_preferred_output": [{**ANSWER, "content": "?"}],
        },
    ),
    (
        {"instruction": "Now?", "output": "Yes.", "history": [["Before?", "No."]], "system": "Be brief."},
        chat(
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Before?"},
            {"role": "assistant", "content": "No."},
            {"role": "user", "content": "Now?"},
            {"role": "assistant", "content": "Yes."},
        ),
    ),
    (
        {"instruction": "Who?", "context": "Ada wrote it.", "response": "Ada.", "category": "qa"},
        chat({"role": "user", "content": "Who?\n\nAda wrote it."}, {"role": "assistant", "content": "Ada."}),
    ),
    (
        {
            "conversations": [{"from": "Human", "value": "Hi"}, {"from": "gpt", "value": "Hello", "weight": 1}],
            "system": "Be brief.",
            "tools": json.dumps([TOOL]),
        },
        chat(
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "Hello", "weight": 1},
            tools=[TOOL],
        ),
    ),
    ({"conversations": [USER, ANSWER], "source": "x"}, chat(USER, ANSWER)),
    (
        {"messages": [{"from": "user", "value": "Hi"}, {"from": "assistant", "value": "Hello"}]},
        chat({"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}),
    ),
]


@pytest.mark.parametrize(("row", "example"), CONVERTED)
def test_rows_of_other_kinds_become_the_services_form(row: dict[str, Any], example: dict[str, Any]) -> None:
    """Hugging Face, Alpaca and ShareGPT rows say the same as a chat or preference row."""
    found = schema.parse_row(row)
    assert found.findings == []
    assert found.example == example
