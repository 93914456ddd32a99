import pytest

from ftwidgets.data.tokens.overhead import model_inputs, texts_and_overhead

ASK = {"role": "user", "content": "Rain?"}
CALL = {
    "role": "assistant",
    "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "rain", "arguments": '{"at": "Ulm"}'}}],
}
RESULT = {"role": "tool", "tool_call_id": "c1", "content": "no"}
ODD = {"role": "assistant", "content": "Eh"}
OLD_CALL = {"role": "assistant", "function_call": {"name": "f", "arguments": "{}"}}
SEE = {"role": "user", "content": [{"type": "text", "text": "What?"}, {"type": "image_url", "image_url": {"url": "x"}}]}
SAY = {"role": "assistant", "content": "No.", "weight": 1}
TOOL = {
    "type": "function",
    "function": {
        "name": "rain",
        "description": "Tells the weather.",
        "parameters": {
            "type": "object",
            "properties": {
                "at": {"type": "string", "description": "A town."},
                "unit": {"type": "string", "description": "Of measure", "enum": ["mm", "in"]},
            },
        },
    },
}


@pytest.mark.parametrize(
    ("example", "texts", "extra"),
    [
        ({"messages": [ASK, SAY]}, ["Rain?", "No."], 8),
        ({"messages": [{**ASK, "name": "ann"}, SAY]}, ["Rain?", "ann", "No."], 9),
        ({"messages": [ASK, CALL, RESULT, SAY]}, ["Rain?", "rain", '{"at": "Ulm"}', "no", "No."], 16),
        ({"messages": [ASK, {"role": "assistant", "content": None, "refusal": "Never."}]}, ["Rain?", "Never."], 8),
        ({"messages": [ASK, OLD_CALL]}, ["Rain?", "f", "{}"], 8),
        (
            {"messages": [SEE, SAY]},
            ["What?", "No."],
            8,
        ),
        (
            {"input": {"messages": [ASK]}, "preferred_output": [SAY], "non_preferred_output": [ODD]},
            ["Rain?", "No.", "Eh"],
            12,
        ),
    ],
)
def test_what_costs_tokens(example: dict, texts: list[str], extra: int) -> None:
    """Texts, names, tool calls; four for a message and one for a name; nothing for an image."""
    assert texts_and_overhead(example) == (texts, extra)


@pytest.mark.parametrize(("encoding", "start"), [("o200k_base", 7), ("cl100k_base", 10)])
def test_tool_definitions_cost_what_the_cookbook_says(encoding: str, start: int) -> None:
    """The notebook's arithmetic by hand: start + 3 + two properties (3 each) + enum (-3 + 2 x 3) + 12, and its lines."""
    texts, extra = texts_and_overhead({"messages": [], "tools": [TOOL]}, encoding)
    assert sorted(texts) == sorted(["rain:Tells the weather", "at:string:A town", "mm", "in", "unit:string:Of measure"])
    assert extra == start + 3 + 2 * 3 + (-3 + 2 * 3) + 12


def test_a_preference_row_is_read_twice() -> None:
    """Its input with each of its answers: what must fit into a model at once."""
    row = {"input": {"messages": [ASK]}, "preferred_output": [SAY], "non_preferred_output": [RESULT]}
    assert [part["messages"] for part in model_inputs(row)] == [[ASK, SAY], [ASK, RESULT]]
    assert model_inputs({"messages": [ASK, SAY]}) == [{"messages": [ASK, SAY]}]


@pytest.mark.parametrize(
    "example",
    [
        {"messages": [ASK], "tools": [{"function": {"name": "f", "parameters": {"properties": {"a": 1, "b": {"enum": 3}}}}}]},
        {
            "messages": [{"role": "assistant", "tool_calls": [None, {"function": 7}], "content": [None, {"text": 3}]}],
            "tools": 3,
        },
        {"messages": None, "input": [], "functions": [3]},
    ],
)
def test_odd_rows_are_counted_not_refused(example: dict) -> None:
    """A rule of form says what is wrong with them; counting stays calm."""
    texts, _ = texts_and_overhead(example)
    assert all(isinstance(text, str) for text in texts)
