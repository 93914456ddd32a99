"""What costs tokens in an example: its texts, and the tokens that the format adds around them.

Left out: images. What one costs depends on its size, which is not in the row, so a count with images is a lower bound.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ftwidgets.data.rows import Example

MESSAGE = 4
"""Around each message `<|im_start|>`, the role, `<|im_sep|>` and `<|im_end|>`: a token each, in both encodings.

The sum of these matches what OpenAI bills for training. The cookbook's counter comes to the same for a message (3 and the
role), but then adds 3 for each example, which open the answer of a *request*. In training the answer is a message of the row,
so they are not added here.
"""

NAME = 1
"""A message's `name` costs its text and a mark (OpenAI cookbook, How_to_count_tokens_with_tiktoken)."""

# The same notebook's figures for tool definitions, o200k_base and cl100k_base; they are OpenAI's estimates.
FUNCTION = {"o200k_base": 7, "cl100k_base": 10}
_PROPERTIES, _PROPERTY, _ENUM, _ENUM_VALUE, _TOOLS_END = 3, 3, -3, 3, 12


def texts_and_overhead(example: Example, encoding: str = "o200k_base") -> tuple[list[str], int]:
    """Return the texts of an example and how many tokens come on top of theirs.

    The texts are names, contents and refusals, tool calls' functions and arguments, and tool definitions; of a preference row,
    those of its input and of both answers, each once, as they are in the file (what a service bills for such a row is not
    documented). On top come `MESSAGE` and `NAME` for the messages, and for tool definitions what the cookbook's notebook adds,
    which depends on the encoding. What a service puts around a tool call is not documented and not counted.
    """
    texts: list[str] = []
    overhead = 0
    for message in messages_of(example):
        texts += [*content_texts(message.get("content")), *_strings([message.get("refusal")])]
        for call in [*_mappings(message.get("tool_calls")), {"function": message.get("function_call")}]:
            function = call.get("function")
            if isinstance(function, Mapping):
                texts += _strings([function.get("name"), function.get("arguments")])
        name = _strings([message.get("name")])
        texts += name
        overhead += MESSAGE + NAME * len(name)
    return texts, overhead + sum(_add_tools(part, texts, encoding) for part in (example, example.get("input")))


def model_inputs(example: Example) -> list[Example]:
    """Return the chats that a model reads: a chat itself, a preference row once with each of its answers."""
    if "messages" in example:
        return [example]
    row_input = example.get("input") or {}
    before = row_input.get("messages") or []
    answers = (example.get(key) or [] for key in ("preferred_output", "non_preferred_output"))
    return [{**row_input, "messages": [*before, *answer]} for answer in answers]


def messages_of(example: Example) -> Iterator[Mapping[str, Any]]:
    """Yield the messages of a chat, or of a preference row: those of its input, then both answers."""
    row_input = example.get("input")
    inner = row_input.get("messages") if isinstance(row_input, Mapping) else None
    for messages in (example.get("messages"), inner, example.get("preferred_output"), example.get("non_preferred_output")):
        yield from (message for message in messages or () if isinstance(message, Mapping))


def content_texts(content: object) -> list[str]:
    """Return the texts of a message's content: itself, or its parts that are text."""
    if isinstance(content, str):
        return [content]
    return [text for part in _mappings(content) for text in _strings([part.get("text"), part.get("refusal")])]


def _add_tools(row_or_input: object, texts: list[str], encoding: str) -> int:
    """Add the texts of tool definitions, and return their overhead as OpenAI's cookbook counts it.

    How_to_count_tokens_with_tiktoken, num_tokens_for_tools. It counts one level of properties; what is nested in them is
    counted here like them.
    """
    if not isinstance(row_or_input, Mapping):
        return 0
    functions = [tool.get("function") for tool in _mappings(row_or_input.get("tools"))]
    functions += _mappings(row_or_input.get("functions"))
    extra = 0
    for function in functions:
        if isinstance(function, Mapping):
            texts.append(f"{function.get('name', '')}:{_description(function)}")
            extra += FUNCTION[encoding] + _add_properties(function.get("parameters"), texts)
    return extra + (_TOOLS_END if extra else 0)


def _add_properties(schema: object, texts: list[str]) -> int:
    extra = 0
    pending = [schema]
    while pending:
        current = pending.pop()
        properties = current.get("properties") if isinstance(current, Mapping) else None
        if not isinstance(properties, Mapping) or not properties:
            continue
        extra += _PROPERTIES
        for name, definition in properties.items():
            extra += _PROPERTY
            if not isinstance(definition, Mapping):
                continue
            values = definition.get("enum")
            if isinstance(values, list):
                extra += _ENUM + _ENUM_VALUE * len(values)
                texts += [str(choice) for choice in values]
            texts.append(f"{name}:{definition.get('type', '')}:{_description(definition)}")
            pending += [definition, definition.get("items")]
    return extra


def _description(definition: Mapping[str, Any]) -> str:
    text = definition.get("description")
    return text.removesuffix(".") if isinstance(text, str) else ""


def _mappings(value: object) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _strings(values: Iterable[object]) -> list[str]:
    return [value for value in values if isinstance(value, str)]
