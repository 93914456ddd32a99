"""The texts of a conversation, prompt and completion, as rules compare them: duplicates, lengths, languages, secrets.

A prompt that is a single user turn is that turn's text, so that a chat and a table row with the same texts are equal.
Longer ones are lines of `role: text`. Images are named by a hash of their address; calls are JSON without their ids.
"""

import hashlib
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from ftwidgets.data.schema.display import to_json
from ftwidgets.data.schema.roles import normalize_role
from ftwidgets.data.schema.tools import parse_json

_N_SEARCHED = 20  # messages or keys that are searched for an excerpt
_KEYS_WITHOUT_TEXT = ("role", "from", "type", "name", "id", "tool_call_id", "source")


def message_text(message: dict[str, Any]) -> str:
    """Return the text of a message: its content, its refusal, its calls."""
    content = message.get("content")
    if len(message) == 2 and isinstance(content, str):
        return content
    text = content if isinstance(content, str) else ""
    if isinstance(content, list):
        only_text = all(isinstance(part, dict) and part.get("type") == "text" for part in content)
        text = ("" if only_text else "\n").join(filter(None, (_part_text(part) for part in content if isinstance(part, dict))))
    refusal = message.get("refusal")
    texts = [text, refusal if isinstance(refusal, str) else "", *_call_texts(message)]
    return "\n".join(text for text in texts if text)


def prompt_and_answer(messages: Sequence[dict[str, Any]]) -> tuple[str, str]:
    """Return (prompt, completion) of messages without their system prompt: all before the last answer, and that answer."""
    last = max((place for place, message in enumerate(messages) if message.get("role") == "assistant"), default=len(messages))
    completion = message_text(messages[last]) if last < len(messages) else ""
    return prompt_text(messages[:last]), completion


def prompt_text(messages: Sequence[dict[str, Any]]) -> str:
    """Return the turns before an answer as one text."""
    if len(messages) == 1 and messages[0].get("role") == "user":
        return message_text(messages[0])
    return "\n".join(f"{message['role']}: {message_text(message)}" for message in messages)


def split_system(messages: Sequence[dict[str, Any]]) -> tuple[str | None, Sequence[dict[str, Any]]]:
    """Return the text of the first system message, and the messages without it."""
    for place, message in enumerate(messages):
        if normalize_role(message.get("role"))[0] == "system":
            return message_text(message), [*messages[:place], *messages[place + 1 :]]
    return None, messages


def excerpt_of(row: object) -> str | None:
    """Return the beginning of the first text in a row, by which a person finds the row; None if it has no text."""
    return next((text[:60] for text in _texts(row, depth=6)), None)


def _texts(value: object, depth: int) -> Iterator[str]:
    """Yield the texts in a row, without roles, types and names."""
    if isinstance(value, str):
        if value and not value.isspace():
            yield value
    elif depth and isinstance(value, list):
        for inner in value[:_N_SEARCHED]:
            yield from _texts(inner, depth - 1)
    elif depth and isinstance(value, dict):
        for key, inner in islice(value.items(), _N_SEARCHED):
            if key not in _KEYS_WITHOUT_TEXT:
                yield from _texts(inner, depth - 1)


def _part_text(part: dict[str, Any]) -> str:
    kind = part.get("type")
    value = part.get(kind) if isinstance(kind, str) else None
    if isinstance(value, str):
        return value
    if not isinstance(value, dict):
        return ""
    if kind == "image_url":
        return f"[image {_short_hash(value.get('url'))}]"
    if kind == "input_audio":
        return f"[audio {_short_hash(value.get('data'))}]"
    return f"[file {_short_hash(value.get('file_id') or value.get('file_data') or value.get('filename'))}]"


def _short_hash(data: object) -> str:
    """Return 8 hexadecimal digits that stand for long data."""
    text = data if isinstance(data, str) else ""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()


def _call_texts(message: dict[str, Any]) -> list[str]:
    """Return the calls of a message as JSON, without their ids."""
    calls = message.get("tool_calls")
    functions = [call.get("function") for call in calls if isinstance(call, dict)] if isinstance(calls, list) else []
    functions.append(message.get("function_call"))
    texts = []
    for function in functions:
        if isinstance(function, dict):
            arguments = function.get("arguments")
            parsed = parse_json(arguments) if isinstance(arguments, str) else None
            texts.append(to_json({"name": function.get("name"), "arguments": arguments if parsed is None else parsed}) or "")
    return texts
