"""Valid rows of every kind, and pieces to build wrong ones from."""

from typing import Any

Row = dict[str, Any]

USER = {"role": "user", "content": "How warm is it in Oslo?"}
ANSWER = {"role": "assistant", "content": "It is 7 degrees."}
CALL = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Oslo"}'}}
OTHER_CALL = {"id": "call_2", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Rome"}'}}
CALLING = {"role": "assistant", "content": None, "tool_calls": [CALL]}
RESULT = {"role": "tool", "tool_call_id": "call_1", "content": "7"}
TOOL = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "How warm it is.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
        "strict": True,
    },
}


def chat(*messages: Any, **beside: Any) -> Row:
    """Return a chat row of these messages."""
    return {"messages": list(messages), **beside}


def preference(**changes: Any) -> Row:
    """Return a preference row, with some keys set to something else."""
    return {
        "input": {"messages": [USER]},
        "preferred_output": [ANSWER],
        "non_preferred_output": [{"role": "assistant", "content": "No idea."}],
        **changes,
    }


def image(url: str, **detail: str) -> Row:
    """Return the part of a message that is a picture."""
    return {"type": "image_url", "image_url": {"url": url, **detail}}


def text(said: str) -> Row:
    """Return the part of a message that is text."""
    return {"type": "text", "text": said}


VALID: dict[str, Row] = {
    "question and answer": chat(USER, ANSWER),
    "system prompt": chat({"role": "system", "content": "Be brief."}, USER, ANSWER),
    "several turns": chat(USER, ANSWER, {"role": "user", "content": "And in Rome?"}, {"role": "assistant", "content": "19."}),
    "weights": chat(USER, {**ANSWER, "weight": 0}, USER, {**ANSWER, "weight": 1}),
    "answer without a question": chat({"role": "system", "content": "Say hello."}, ANSWER),
    "assistant opens": chat(ANSWER, USER, ANSWER),
    "names": chat({**USER, "name": "ada"}, {**ANSWER, "name": "weather-bot_1"}),
    "two people ask": chat({**USER, "name": "ada"}, {**USER, "name": "grace"}, ANSWER),
    "tool call at the end": chat(USER, CALLING, tools=[TOOL]),
    "tool call answered": chat(USER, CALLING, RESULT, ANSWER, tools=[TOOL], parallel_tool_calls=False),
    "tool call with text": chat(USER, {**CALLING, "content": "Let me look."}, RESULT, ANSWER, tools=[TOOL]),
    "tool call, empty content": chat(USER, {**CALLING, "content": ""}, RESULT, ANSWER, tools=[TOOL]),
    "tool call, no content": chat(USER, {"role": "assistant", "tool_calls": [CALL]}, RESULT, ANSWER, tools=[TOOL]),
    "tool call without arguments": chat(
        USER, {**CALLING, "tool_calls": [{**CALL, "function": {"name": "f", "arguments": ""}}]}
    ),
    "tool returns nothing": chat(USER, CALLING, {**RESULT, "content": ""}, ANSWER),
    "tool returns parts, under its name": chat(USER, CALLING, {**RESULT, "name": "weather", "content": [text("7")]}, ANSWER),
    "parallel tool calls": chat(
        USER,
        {"role": "assistant", "tool_calls": [CALL, OTHER_CALL]},
        {**RESULT, "tool_call_id": "call_2"},
        RESULT,
        ANSWER,
        tools=[TOOL],
        parallel_tool_calls=True,
    ),
    "calls in turn": chat(
        USER, CALLING, RESULT, {**CALLING, "tool_calls": [OTHER_CALL]}, {**RESULT, "tool_call_id": "call_2"}, ANSWER
    ),
    "the same id again, later": chat(USER, CALLING, RESULT, ANSWER, USER, CALLING, RESULT, ANSWER),
    "function call": chat(
        USER,
        {"role": "assistant", "content": None, "function_call": {"name": "weather", "arguments": "{}"}},
        {"role": "function", "name": "weather", "content": "7"},
        ANSWER,
        functions=[TOOL["function"]],
    ),
    "function returns null": chat(
        USER,
        {"role": "assistant", "function_call": {"name": "weather", "arguments": "{}"}},
        {"role": "function", "name": "weather", "content": None},
        ANSWER,
    ),
    "function without parameters": chat(
        USER, CALLING, tools=[{"type": "function", "function": {"name": "weather", "strict": None}}]
    ),
    "picture": chat(
        {"role": "user", "content": [text("What is this?"), image("https://example.org/cat.png", detail="low")]}, ANSWER
    ),
    "picture alone": chat({"role": "user", "content": [image("data:image/png;base64,iVBORw0KGgo=")]}, ANSWER),
    "sound and file": chat(
        {
            "role": "user",
            "content": [
                {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
                {"type": "file", "file": {"file_id": "file-1"}},
            ],
        },
        ANSWER,
    ),
    "text parts": chat(
        {"role": "system", "content": [text("Be "), text("brief.")]},
        {"role": "user", "content": [text("Hi")]},
        {"role": "assistant", "content": [text("Hello"), text(" there")]},
    ),
    "refusal": chat(USER, {"role": "assistant", "refusal": "I cannot say."}),
    "refusal part": chat(USER, {"role": "assistant", "content": [{"type": "refusal", "refusal": "I cannot say."}]}),
    "nulls that may be": chat(USER, {**ANSWER, "refusal": None, "audio": None, "function_call": None}),
    "sound of an earlier answer": chat(USER, {**ANSWER, "audio": {"id": "audio_1"}}, USER, ANSWER),
    "preference": preference(),
    "preference with tools": preference(
        input={"messages": [{"role": "system", "content": "Be brief."}, USER], "tools": [TOOL], "parallel_tool_calls": True},
        preferred_output=[CALLING],
    ),
    "preference without tools, as OpenAI's guide shows one": preference(
        input={"messages": [USER], "tools": [], "parallel_tool_calls": True}
    ),
    "preference after a tool": preference(input={"messages": [USER, CALLING, RESULT]}),
    "prompt and completion": {"prompt": "Capital of Norway?", "completion": "Oslo"},
    "Prompt and Completion, system": {"System": "Be brief.", "Prompt": "Capital of Norway?", "Completion": "Oslo"},
    "Hugging Face prompt and completion": {"prompt": [USER], "completion": [ANSWER], "source": "x"},
    "Hugging Face preference": {
        "prompt": [USER],
        "chosen": [ANSWER],
        "rejected": [{"role": "assistant", "content": "?"}],
        "score": 1.5,
    },
    "Alpaca": {"instruction": "Add.", "input": "1, 2", "output": "3"},
    "Alpaca without input": {"instruction": "Say hello.", "input": "", "output": "Hello.", "text": "Below is …"},
    "ShareGPT": {"id": "a", "conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}]},
}
