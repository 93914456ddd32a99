"""A conversation as two texts, prompt and completion, for whatever looks at texts: repeats, lengths, languages, secrets.

A prompt that is a single user turn is that turn's text, so that a chat and a table row that say the same are the same.
Longer ones are lines of `role: text`. Images are named by a hash of their address, calls written as JSON without their ids.

Left out: tokens as a model counts them; those are counted on the messages.
"""

import hashlib
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from ftwidgets.data.schema.display import compact
from ftwidgets.data.schema.roles import settled
from ftwidgets.data.schema.tools import parsed

_LOOKED_AT = 20  # messages or keys among which an excerpt is looked for
_NO_TEXT = ("role", "from", "type", "name", "id", "tool_call_id", "source")


def spoken(message: dict[str, Any]) -> str:
    """Return what a message says, as text: its content, its refusal, its calls."""
    content = message.get("content")
    if len(message) == 2 and isinstance(content, str):
        return content
    refusal = message.get("refusal")
    said = [_content(content), refusal if isinstance(refusal, str) else "", *_calls(message)]
    return "\n".join(text for text in said if text)


def two_texts(messages: Sequence[dict[str, Any]]) -> tuple[str, str]:
    """Return (prompt, completion) of messages without their system prompt: all before the last answer, and that answer."""
    last = max((place for place, message in enumerate(messages) if message.get("role") == "assistant"), default=len(messages))
    completion = spoken(messages[last]) if last < len(messages) else ""
    return asked(messages[:last]), completion


def asked(messages: Sequence[dict[str, Any]]) -> str:
    """Return the turns before an answer as one text."""
    if len(messages) == 1 and messages[0].get("role") == "user":
        return spoken(messages[0])
    return "\n".join(f"{message['role']}: {spoken(message)}" for message in messages)


def without_system(messages: Sequence[dict[str, Any]]) -> tuple[str | None, Sequence[dict[str, Any]]]:
    """Return the text of the first system message, and the messages without it."""
    for place, message in enumerate(messages):
        if settled(message.get("role"))[0] == "system":
            return spoken(message), [*messages[:place], *messages[place + 1 :]]
    return None, messages


def beginning(row: object) -> str | None:
    """Return the beginning of the first text in a row, by which a person finds it: a content, a prompt; None if it has none."""
    return next((text[:60] for text in _texts(row, depth=6)), None)


def _texts(held: object, depth: int) -> Iterator[str]:
    """Yield the texts of a row, without the short words that are roles, types and names."""
    if isinstance(held, str):
        if held and not held.isspace():
            yield held
    elif depth and isinstance(held, list):
        for inner in held[:_LOOKED_AT]:
            yield from _texts(inner, depth - 1)
    elif depth and isinstance(held, dict):
        for key, inner in islice(held.items(), _LOOKED_AT):
            if key not in _NO_TEXT:
                yield from _texts(inner, depth - 1)


def _content(content: object) -> str:
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    parts = [_part(part) for part in content if isinstance(part, dict)]
    only_text = all(isinstance(part, dict) and part.get("type") == "text" for part in content)
    return ("" if only_text else "\n").join(part for part in parts if part)


def _part(part: dict[str, Any]) -> str:
    kind = part.get("type")
    held = part.get(kind) if isinstance(kind, str) else None
    if isinstance(held, str):
        return held
    if not isinstance(held, dict):
        return ""
    if kind == "image_url":
        return f"[image {_mark(held.get('url'))}]"
    if kind == "input_audio":
        return f"[audio {_mark(held.get('data'))}]"
    return f"[file {_mark(held.get('file_id') or held.get('file_data') or held.get('filename'))}]"


def _mark(data: object) -> str:
    """Return 8 hex digits that stand for long data."""
    text = data if isinstance(data, str) else ""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()


def _calls(message: dict[str, Any]) -> list[str]:
    calls = message.get("tool_calls")
    functions = [call.get("function") for call in calls if isinstance(call, dict)] if isinstance(calls, list) else []
    functions.append(message.get("function_call"))
    return [_call(function) for function in functions if isinstance(function, dict)]


def _call(function: dict[str, Any]) -> str:
    arguments = function.get("arguments")
    said = parsed(arguments) if isinstance(arguments, str) else arguments
    return compact({"name": function.get("name"), "arguments": arguments if said is None else said}) or ""
