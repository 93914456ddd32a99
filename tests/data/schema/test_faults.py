import copy
from typing import Any

import pytest

from ftwidgets.data import schema
from tests.data.schema.rows import ANSWER, CALL, CALLING, RESULT, TOOL, USER, chat, image, preference, text

SYSTEM = {"role": "system", "content": "Be brief."}


def calling(**changes: Any) -> dict[str, Any]:
    """Return an assistant message with one call, some keys of the call set to something else."""
    return {"role": "assistant", "tool_calls": [{**CALL, **changes}]}


def function(**changes: Any) -> dict[str, Any]:
    return calling(function={"name": "f", "arguments": "{}", **changes})


def tool(**changes: Any) -> dict[str, Any]:
    return chat(USER, ANSWER, tools=[{**TOOL, "function": {"name": "f", **changes}}])


# (row, id of its one fault, what its message says, its repair)
FAULTS: list[tuple[Any, str, str, str | None]] = [
    ([USER, ANSWER], "not-an-object", "a list", None),
    ("text", "not-an-object", '"text"', None),
    (5, "not-an-object", "5", None),
    (None, "not-an-object", "null", None),
    ({"question": "a", "answer": "b"}, "unknown-shape", '"question", "answer"', None),
    ({"question\x1b[2J": "a"}, "unknown-shape", "\\x1b", None),
    ({}, "missing-messages", "empty object", None),
    (USER, "missing-messages", "a single message", None),
    ({"Messages": [USER, ANSWER]}, "missing-messages", '"Messages"', None),
    ({"message": [USER, ANSWER]}, "missing-messages", '"message"', None),
    ({"tools": [TOOL]}, "missing-messages", 'no "messages"', None),
    ({"messages": None}, "missing-messages", "null", None),
    ({"messages": "Hi"}, "missing-messages", '"Hi"', None),
    ({"messages": USER}, "missing-messages", "an object", None),
    ({"messages": []}, "empty-messages", "empty list", None),
    ({"conversations": []}, "empty-messages", '"conversations"', None),
    (chat(USER, "Hi", ANSWER), "not-a-message", 'Message 2 is "Hi"', None),
    (chat(USER, ANSWER, source="web"), "unknown-key", '"source"', "drop-unknown-keys"),
    (chat(USER, ANSWER, tool=[TOOL]), "unknown-key", '"tool"', None),
    (chat(USER, ANSWER, tool=None), "unknown-key", '"tool"', "drop-unknown-keys"),
    (chat(USER, {**ANSWER, "thinking": "x"}), "unknown-key", 'Message 2 has the unknown key "thinking"', "drop-unknown-keys"),
    (chat({**USER, "tool_calls": [CALL]}, ANSWER), "unknown-key", "a user message cannot have", None),
    (chat({**USER, "tool_calls": []}, ANSWER), "unknown-key", "a user message cannot have", "drop-unknown-keys"),
    (
        chat({"role": "user", "content": [{**text("a"), "cache_control": {}}]}, ANSWER),
        "unknown-key",
        'Message 1, part 1, has the unknown key "cache_control"',
        "drop-unknown-keys",
    ),
    (chat({"content": "Hi"}, ANSWER), "unknown-role", 'Message 1 has no "role"', None),
    (chat({"role": "developer", "content": "a"}, USER, ANSWER), "unknown-role", '"developer"', "developer-to-system"),
    (chat({**USER, "role": "User"}, ANSWER), "unknown-role", '"User"', "lower-case-role"),
    (chat({**USER, "role": "human"}, ANSWER), "unknown-role", '"human"', None),
    (chat(USER, {**ANSWER, "role": "assitant"}), "unknown-role", '"assitant"', None),
    (chat(USER, {**ANSWER, "role": ["assistant"]}), "unknown-role", "a list", None),
    (chat({"role": "user"}, ANSWER), "missing-content", 'Message 1 (user) has no "content"', None),
    (chat(USER, {"role": "assistant"}), "missing-content", 'Message 2 (assistant) has no "content"', None),
    (chat(USER, {"role": "assistant", "content": None}), "missing-content", "has null", None),
    (chat(USER, CALLING, {"role": "tool", "tool_call_id": "call_1"}, ANSWER), "missing-content", "Message 3 (tool)", None),
    (chat({"role": "user", "content": ""}, ANSWER), "empty-content", "Message 1 (user) is empty", None),
    (chat(USER, {"role": "assistant", "content": " \n"}), "empty-content", "Message 2", None),
    (chat({"role": "user", "content": []}, ANSWER), "empty-content", "Message 1", None),
    (chat({"role": "user", "content": [text(" ")]}, ANSWER), "empty-content", "Message 1", None),
    (chat({"role": "system", "content": ""}, USER, ANSWER), "empty-content", "Message 1 (system)", "drop-blank-system"),
    (chat({"role": "user", "content": 5}, ANSWER), "content-not-text", "has 5", None),
    (chat({"role": "user", "content": float("nan")}, ANSWER), "content-not-text", "has nan", None),
    (chat({"role": "user", "content": True}, ANSWER), "content-not-text", "has true", None),
    (chat(USER, {"role": "assistant", "content": {"a": 1}}), "content-not-text", "an object", None),
    (chat(USER, {**ANSWER, "refusal": 5}), "content-not-text", '"refusal"', None),
    (chat({"role": "user", "content": ["Hi"]}, ANSWER), "bad-content-part", 'part 1, is "Hi"', None),
    (chat({"role": "user", "content": [{"text": "Hi"}]}, ANSWER), "bad-content-part", "has no type", None),
    (chat({"role": "user", "content": [{"type": "image"}]}, ANSWER), "bad-content-part", '"image"', None),
    (chat({"role": "user", "content": [{"type": ["text"]}]}, ANSWER), "bad-content-part", "a list", None),
    (chat({"role": "user", "content": [{"type": "text"}]}, ANSWER), "bad-content-part", "null", None),
    (
        chat({"role": "user", "content": [{"type": "image_url", "image_url": "http://a.b"}]}, ANSWER),
        "bad-content-part",
        "object",
        None,
    ),
    (chat({"role": "user", "content": [image("cat.png")]}, ANSWER), "bad-content-part", '"cat.png"', None),
    (chat({"role": "user", "content": [image("https://a.b", detail="full")]}, ANSWER), "bad-content-part", '"full"', None),
    (chat({"role": "user", "content": [{"type": "file", "file": {"file_id": 5}}]}, ANSWER), "bad-content-part", "5", None),
    (
        chat({"role": "user", "content": [{"type": "input_audio", "input_audio": {}}]}, ANSWER),
        "bad-content-part",
        '"data"',
        None,
    ),
    (chat({"role": "system", "content": [image("https://a.b")]}, USER, ANSWER), "bad-content-part", "system message", None),
    (chat(USER, {**ANSWER, "audio": "x"}), "bad-content-part", '"audio"', None),
    (chat(USER), "no-assistant", "nothing to learn", None),
    (chat(SYSTEM, USER), "no-assistant", "nothing to learn", None),
    (chat(USER, ANSWER, USER), "last-not-assistant", "number 3, is the user's", None),
    (chat(USER, CALLING, RESULT), "last-not-assistant", "the tool's", None),
    (chat(USER, ANSWER, ANSWER), "same-role-twice", "Messages 2 and 3 are both the assistant's", None),
    (chat(USER, USER, ANSWER), "same-role-twice", "Messages 1 and 2 are both the user's", None),
    (chat({**USER, "name": "a"}, {**USER, "name": "a"}, ANSWER), "same-role-twice", "1 and 2", None),
    (chat(USER, ANSWER, {**ANSWER, "weight": 0}), "same-role-twice", "2 and 3", None),
    (chat(USER, SYSTEM, ANSWER), "system-not-first", "Message 2 is a system message, and not the first", None),
    (chat(SYSTEM, SYSTEM, USER, ANSWER), "system-not-first", "Message 2 is a second system message", None),
    (chat(USER, {**ANSWER, "weight": 0.5}), "bad-weight", "0.5", None),
    (chat(USER, {**ANSWER, "weight": 5}), "bad-weight", "weight 5", None),
    (chat(USER, {**ANSWER, "weight": -1}), "bad-weight", "-1", None),
    (chat(USER, {**ANSWER, "weight": float("nan")}), "bad-weight", "nan", None),
    (chat(USER, {**ANSWER, "weight": [1]}), "bad-weight", "a list", None),
    (chat(USER, {**ANSWER, "weight": True}), "bad-weight", "true", "mend-weight"),
    (chat(USER, {**ANSWER, "weight": 1.0}), "bad-weight", "1.0", "mend-weight"),
    (chat(USER, {**ANSWER, "weight": "1"}), "bad-weight", '"1"', "mend-weight"),
    (chat(USER, {**ANSWER, "weight": None}), "bad-weight", "null", "drop-empty-keys"),
    (chat(USER, {**ANSWER, "weight": 0}), "all-weights-zero", "weight 0", None),
    (chat({**USER, "weight": 1}, ANSWER), "misplaced-weight", "Message 1 (user)", "drop-misplaced-weight"),
    (chat({**USER, "name": "Ada L."}, ANSWER), "bad-name", '"Ada L."', None),
    (chat({**USER, "name": "a" * 65}, ANSWER), "bad-name", "64", None),
    (chat({**USER, "name": ""}, ANSWER), "bad-name", '""', None),
    (chat({**USER, "name": "ada\n"}, ANSWER), "bad-name", "\\n", None),
    (chat({**USER, "name": 5}, ANSWER), "bad-name", "5", None),
    (chat({**USER, "name": None}, ANSWER), "bad-name", "null", "drop-empty-keys"),
    (
        chat(
            USER,
            {"role": "assistant", "function_call": {"name": "f", "arguments": ""}},
            {"role": "function", "content": ""},
            ANSWER,
        ),
        "bad-name",
        "Message 3",
        None,
    ),
    (chat(USER, {**ANSWER, "tool_calls": None}), "bad-tool-call", "null", "drop-empty-keys"),
    (chat(USER, {**ANSWER, "tool_calls": []}), "bad-tool-call", "empty list", "drop-empty-keys"),
    (chat(USER, {**ANSWER, "tool_calls": CALL}), "bad-tool-call", "an object", None),
    (chat(USER, {**ANSWER, "tool_calls": ["f()"]}), "bad-tool-call", 'call 1, is "f()"', None),
    (chat(USER, calling(id=None)), "bad-tool-call", "null", None),
    (chat(USER, calling(type="tool")), "bad-tool-call", '"tool"', None),
    (chat(USER, calling(function=None)), "bad-tool-call", "null", None),
    (chat(USER, function(name="get weather")), "bad-tool-call", '"get weather"', None),
    (chat(USER, function(arguments="{city: Oslo}")), "bad-tool-call", "{city: Oslo}", None),
    (chat(USER, function(arguments="[1]")), "bad-tool-call", "[1]", None),
    (chat(USER, function(arguments="[" * 100_000)), "bad-tool-call", "[[[", None),
    (chat(USER, function(arguments={"city": "Oslo"})), "bad-tool-call", "an object", "arguments-as-text"),
    (chat(USER, function(arguments={"x": float("nan")})), "bad-tool-call", "an object", None),
    (chat(USER, function(arguments=None)), "bad-tool-call", "null", None),
    (chat(USER, {"role": "assistant", "tool_calls": [CALL, CALL]}), "bad-tool-call", '"call_1" of an earlier call', None),
    (chat(USER, {"role": "assistant", "function_call": {"name": "f"}}), "bad-tool-call", '"function_call"', None),
    (
        chat(USER, CALLING, USER, ANSWER),
        "unanswered-tool-call",
        'Message 2 makes a call that no tool message answers: "call_1"',
        None,
    ),
    (chat(USER, CALLING, ANSWER), "unanswered-tool-call", "Message 2", None),
    (
        chat(USER, {"role": "assistant", "tool_calls": [CALL, {**CALL, "id": "b"}]}, RESULT, ANSWER),
        "unanswered-tool-call",
        'answers: "b"',
        None,
    ),
    (
        chat(USER, {"role": "assistant", "function_call": {"name": "f", "arguments": ""}}, ANSWER),
        "unanswered-tool-call",
        "2",
        None,
    ),
    (chat(USER, RESULT, ANSWER), "tool-without-call", '"call_1"', None),
    (chat(USER, ANSWER, RESULT, ANSWER), "tool-without-call", "Message 3", None),
    (chat(USER, CALLING, RESULT, RESULT, ANSWER), "tool-without-call", "Message 4", None),
    (chat(USER, CALLING, RESULT, {"role": "tool", "content": "7"}, ANSWER), "tool-without-call", 'no "tool_call_id"', None),
    (chat(USER, CALLING, {**RESULT, "tool_call_id": 5}, ANSWER), "tool-without-call", "5", None),
    (chat(USER, ANSWER, tools=None), "bad-tools", "null", "drop-empty-keys"),
    (chat(USER, ANSWER, tools=[]), "bad-tools", "empty list", "drop-empty-keys"),
    (chat(USER, ANSWER, functions=[]), "bad-tools", '"functions"', "drop-empty-keys"),
    (chat(USER, ANSWER, parallel_tool_calls=None), "bad-tools", "null", "drop-empty-keys"),
    (chat(USER, ANSWER, parallel_tool_calls=1), "bad-tools", "is 1", None),
    (chat(USER, ANSWER, tools=TOOL), "bad-tools", "an object", None),
    (chat(USER, ANSWER, tools=["f"]), "bad-tools", '"tools", number 1, is "f"', None),
    (chat(USER, ANSWER, tools=[TOOL["function"]]), "bad-tools", '"type"', None),
    (chat(USER, ANSWER, tools=[{"type": "function"}]), "bad-tools", '"function"', None),
    (chat(USER, ANSWER, functions=[{"name": f"f{n}"} for n in range(129)]), "bad-tools", "129", None),
    (tool(name="a b"), "bad-tools", '"a b"', None),
    (tool(description=5), "bad-tools", '"description"', None),
    (tool(parameters=[]), "bad-tools", '"parameters"', None),
    (tool(parameters={"x": float("inf")}), "bad-tools", "infinity", None),
    (tool(strict="yes"), "bad-tools", '"yes"', None),
    (preference(input=None), "bad-preference", '"input" is null', None),
    (preference(input="Hi"), "bad-preference", '"Hi"', None),
    (preference(input={}), "missing-messages", '"messages" is null', None),
    (preference(input={"messages": []}), "empty-messages", '"messages"', None),
    (preference(input={"messages": [USER, ANSWER]}), "bad-preference", "ends with the assistant's", None),
    (preference(input={"messages": [USER], "source": 1}), "unknown-key", "The input", "drop-unknown-keys"),
    (preference(input={"messages": [USER], "tools": None}), "bad-tools", "null", "drop-empty-keys"),
    (preference(input={"messages": [USER, {"role": "assistant"}, USER]}), "missing-content", "Input message 2", None),
    (preference(preferred_output=None), "bad-preference", "null", None),
    (preference(preferred_output=ANSWER), "bad-preference", "an object", None),
    (preference(preferred_output=[]), "bad-preference", "0 messages", None),
    (preference(preferred_output=[ANSWER, ANSWER]), "bad-preference", "2 messages", None),
    (preference(preferred_output=[USER]), "bad-preference", "the user's", None),
    (preference(preferred_output=[{**ANSWER, "weight": 1}]), "misplaced-weight", "weight", "drop-misplaced-weight"),
    (preference(preferred_output=[{"role": "assistant", "content": ""}]), "empty-content", '"preferred_output"', None),
    (preference(non_preferred_output=[{"role": "assistant"}]), "missing-content", '"non_preferred_output"', None),
    (preference(score=1), "unknown-key", '"score"', "drop-unknown-keys"),
    (preference(preferred_completion=[ANSWER]), "bad-preference", "older name", None),
    (preference(non_preferred_output=[{**ANSWER, "content": " It is 7 degrees. "}]), "same-preference", "the same", None),
    ({"prompt": "Hi", "chosen": "a"}, "missing-content", '"rejected"', None),
    ({"prompt": 5, "chosen": "a", "rejected": "b"}, "content-not-text", '"prompt" is 5', None),
    ({"prompt": "Hi", "chosen": "a", "rejected": "a"}, "same-preference", "the same", None),
    ({"chosen": [USER, ANSWER], "rejected": [{**USER, "content": "?"}, ANSWER]}, "bad-preference", "differ", None),
    ({"chosen": "a", "rejected": "b"}, "empty-messages", "empty", None),
    ({"prompt": "Hi"}, "missing-content", 'no "completion"', None),
    ({"completion": "Hi"}, "missing-content", 'no "prompt"', None),
    ({"prompt": "Hi", "completion": None}, "missing-content", '"completion" is null', None),
    ({"prompt": "Hi", "completion": " "}, "empty-content", '"completion" is empty', None),
    ({"prompt": 5, "completion": "Hi"}, "content-not-text", '"prompt" is 5', None),
    ({"prompt": [USER], "completion": [{"role": "assistant"}]}, "missing-content", "Message 2", None),
    ({"instruction": "Hi"}, "missing-content", '"output"', None),
    ({"instruction": "Hi", "output": ["a"]}, "content-not-text", '"output" is a list', None),
    ({"instruction": "Hi", "output": "a", "history": [["a"]]}, "content-not-text", '"history", number 1', None),
    ({"instruction": "Hi", "output": "a", "history": "b"}, "content-not-text", '"history" is "b"', None),
    (
        {"conversations": [{"from": "system", "value": ""}, {"from": "gpt", "value": "a"}], "system": "Be brief."},
        "empty-content",
        "Turn 1 (system) is empty",
        "drop-blank-system",
    ),
    ({"conversations": [{"from": "human", "value": "Hi"}]}, "no-assistant", "nothing to learn", None),
    (
        {"conversations": [{"from": "human"}, {"from": "gpt", "value": "a"}]},
        "missing-content",
        'Turn 1 (user) has no "value"',
        None,
    ),
    ({"conversations": [{"from": "robot", "value": "Hi"}, {"from": "gpt", "value": "a"}]}, "unknown-role", '"robot"', None),
    ({"conversations": [{"value": "Hi"}, {"from": "gpt", "value": "a"}]}, "unknown-role", 'no "from"', None),
    (
        {"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "a"}], "system": 5},
        "content-not-text",
        "5",
        None,
    ),
    (
        {"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "a"}], "tools": "x"},
        "bad-tools",
        '"x"',
        None,
    ),
]


@pytest.mark.parametrize(("row", "rule", "says", "repair"), FAULTS, ids=lambda value: value if isinstance(value, str) else "")
def test_a_faulty_row_has_this_fault_and_no_other(row: Any, rule: str, says: str, repair: str | None) -> None:
    """One mistake is one fault, with the message's number, the value, what to do, and the repair where one is safe."""
    before = copy.deepcopy(row)
    found = schema.parse_row(row)
    assert [(fault.id, fault.repair) for fault in found.findings] == [(rule, repair)]
    (fault,) = found.findings
    assert says in fault.message
    assert fault.message.endswith(".")
    assert len(fault.message) <= 250
    assert fault.fix
    assert fault.level == ("warning" if rule == "system-not-first" else "error")
    assert (found.example is None) == (fault.level == "error")
    assert row == before or "nan" in repr(row)


EXCERPTS: list[tuple[Any, str | None]] = [
    (chat(USER, {"role": "assistant"}), "How warm is it in Oslo?"),
    (chat({"role": "user", "content": "x" * 100}), "x" * 60),
    (chat({"role": "user", "content": [text("What is this?")]}), "What is this?"),
    (chat({"role": "bot"}), None),
    (preference(score=1), "How warm is it in Oslo?"),
    ({"prompt": "Hi"}, "Hi"),
    ("a line", "a line"),
    ([USER, ANSWER], "How warm is it in Oslo?"),
    (5, None),
]


@pytest.mark.parametrize(("row", "excerpt"), EXCERPTS)
def test_a_fault_shows_how_its_row_begins(row: Any, excerpt: str | None) -> None:
    """The first text of the row, sixty characters at most, so that it can be found."""
    assert {fault.excerpt for fault in schema.parse_row(row).findings} == {excerpt}


def test_several_faults_are_all_named() -> None:
    """Nothing hides behind the first fault of a row; the order is that of the messages."""
    row = chat({"role": "User", "content": "Hi", "weight": 1}, "text", {"role": "assistant"}, source="web")
    assert [fault.id for fault in schema.parse_row(row).findings] == [
        "unknown-role",
        "misplaced-weight",
        "not-a-message",
        "missing-content",
        "unknown-key",
    ]


def test_one_mistake_does_not_draw_others_after_it() -> None:
    """A role that cannot be told leads to no guess about the order, a call without an id to none about its answer."""
    row = chat({"role": "bot", "content": "a"}, {"role": "bot", "content": "b"})
    assert {fault.id for fault in schema.parse_row(row).findings} == {"unknown-role"}
    row = chat(USER, calling(id=5), RESULT, ANSWER)
    assert {fault.id for fault in schema.parse_row(row).findings} == {"bad-tool-call"}


def test_older_names_of_preference_rows() -> None:
    """The names of the published schema, which the services no longer read, are a fault with a repair."""
    row = preference()
    row["preferred_completion"], row["non_preferred_completion"] = row.pop("preferred_output"), row.pop("non_preferred_output")
    found = schema.parse_row(row)
    assert [(fault.id, fault.repair) for fault in found.findings] == [("bad-preference", "rename-preference-keys")] * 2
    assert schema.repair_row(row)[0] == preference()


@pytest.mark.parametrize("number", [10**5000, -(10**5000)], ids=["large", "small"])
def test_numbers_too_long_to_print(number: int) -> None:
    """A number of five thousand digits, which Python does not turn into text, is named in words."""
    for row in (chat(USER, {**ANSWER, "weight": number}), chat({**USER, "content": number}, ANSWER), number):
        (fault,) = schema.parse_row(row).findings
        assert "a very large number" in fault.message
    wrong = {"type": "function", "function": {"name": "f", "parameters": {"most": number}}}
    assert [fault.id for fault in schema.parse_row(chat(USER, ANSWER, tools=[wrong])).findings] == ["bad-tools"]


def test_a_row_full_of_faults_names_twenty() -> None:
    """A broken row of a hundred thousand messages is told in a handful of findings, at once."""
    found = schema.parse_row({"messages": [5] * 100_000})
    assert len(found.findings) == 20
    assert found.example is None
