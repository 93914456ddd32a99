"""Check the content of a message: text, or a list of parts (text, image, sound, file, refusal) as its role may have them.

Source: OpenAI's published openapi.yaml, branch 2025-03-21, the ...MessageContentPart schemas. Stricter than it: blank
text, keys that a part does not have, and images that are neither a web address nor a data URL.
"""

from collections.abc import Iterator
from typing import Any

from ftwidgets.data.findings import Finding, FindingType
from ftwidgets.data.schema.display import display
from ftwidgets.data.schema.roles import MESSAGE_KEYS, MessageKeys, is_blank
from ftwidgets.data.schema.shared_findings import DROP_BLANK_SYSTEM, DROP_UNKNOWN_KEYS, UNKNOWN_KEY
from ftwidgets.data.text import join_names, quote

CONTENT_NOT_TEXT = FindingType(
    "content-not-text", "error", title="The content of a message is not text",
    why="A number or an object is rejected; only a text, or a list of text and image parts, is content.",
    fix="Write it as a text.",
)  # fmt: skip
MISSING_CONTENT = FindingType(
    "missing-content", "error", title="A message has no content",
    why="Only an assistant's message that calls a tool needs none.",
    fix="Fill it in or delete the row.",
)  # fmt: skip
EMPTY_CONTENT = FindingType(
    "empty-content", "error", title="A message is empty",
    why="Its content is empty or blank: the model would learn from nothing, or learn to answer nothing.",
    fix="Fill it in or delete the row.", optional_repairs=(DROP_BLANK_SYSTEM,),
)  # fmt: skip
BAD_CONTENT_PART = FindingType(
    "bad-content-part", "error", title="A part of a content has the wrong form",
    why='Parts are `{"type": "text", "text": ...}` or `{"type": "image_url", "image_url": {"url": ...}}`; the '
        "assistant's can only be text.",
    fix="Write the part in one of these two forms.",
)  # fmt: skip

# The types of parts that a message of each role can have; what a part holds is under the key with its type's name.
PART_TYPES: dict[str, tuple[str, ...]] = {
    "system": ("text",),
    "user": ("text", "image_url", "input_audio", "file"),
    "assistant": ("text", "refusal"),
    "tool": ("text",),
    "function": (),
}
ALL_PART_TYPES = frozenset[str]().union(*PART_TYPES.values())
_IMAGES = ("https://", "http://", "data:image/")
_MAY_BE_EMPTY = ("tool", "function")  # a tool may well return nothing


def content_findings(
    message: dict[str, Any], role: str, place: str, keys: MessageKeys = MESSAGE_KEYS, *, droppable: bool = False
) -> Iterator[Finding]:
    """Yield what is wrong with the content of a message, which has or means a role; `place` is its name, such as `Message 2`.

    A blank system prompt may be left out if it is `droppable`.
    """
    content = message.get(keys.content)
    may_be_blank = role == "assistant" and has_calls_or_refusal(message)
    if content is None:
        if not may_be_blank and not (role == "function" and keys.content in message):
            problem = (
                f"has no {quote(keys.content)}" if keys.content not in message else f"has null as its {quote(keys.content)}"
            )
            fix = "Write the text."
            if role == "assistant" and keys is MESSAGE_KEYS:
                fix = "Write the text; only a message with tool calls may go without."
            yield MISSING_CONTENT(f"{place} ({role}) {problem}.", fix, field=keys.content)
    elif isinstance(content, str):
        if is_blank(content) and not may_be_blank and role not in _MAY_BE_EMPTY:
            yield _empty_content(role, place, keys, droppable=droppable)
    elif not isinstance(content, list) or role == "function":
        text = f"{place} has {display(content)} as its {quote(keys.content)}; it must be text."
        yield CONTENT_NOT_TEXT(text, "Write it as a string.", field=keys.content)
    elif not content:
        yield _empty_content(role, place, keys, droppable=droppable)
    else:
        yield from _part_findings(content, role, place)
        if is_blank(content) and not may_be_blank and role not in _MAY_BE_EMPTY:
            yield _empty_content(role, place, keys, droppable=droppable)


def has_calls_or_refusal(message: dict[str, Any]) -> bool:
    """Tell whether an assistant message needs no content: it has calls, or a refusal."""
    refusal = message.get("refusal")
    return (
        bool(message.get("tool_calls"))
        or message.get("function_call") is not None
        or (isinstance(refusal, str) and not is_blank(refusal))
    )


def _empty_content(role: str, place: str, keys: MessageKeys, *, droppable: bool) -> Finding:
    fix = "Fill it in, or delete the row."
    repair = None
    if role == "system":
        fix = "Fill it in, or leave the message out."
        repair = DROP_BLANK_SYSTEM if droppable else None
    return EMPTY_CONTENT(f"{place} ({role}) is empty.", fix, field=keys.content, repair=repair)


def _part_findings(parts: list[Any], role: str, place: str) -> Iterator[Finding]:
    for number, part in enumerate(parts, start=1):
        where = f"{place}, part {number},"
        kind = part.get("type") if isinstance(part, dict) else None
        if not isinstance(part, dict):
            text = f"{where} is {display(part)}; a part is an object."
            yield BAD_CONTENT_PART(text, '{"type": "text", "text": "…"} is one.', "content")
        elif not isinstance(kind, str) or kind not in PART_TYPES[role]:
            problem = f"has the type {display(kind)}" if "type" in part else "has no type"
            text = f"{where} {problem}; a {role} message can have {join_names(PART_TYPES[role])}."
            yield BAD_CONTENT_PART(text, "Change or delete the part.", "content")
        else:
            found = _describe_problem(part, kind)
            if found is not None:
                yield BAD_CONTENT_PART(f"{where} {found[0]}", found[1], "content")
            for key in unknown_part_keys(part):
                message = f"{where} has the unknown key {display(key)}."
                yield UNKNOWN_KEY(message, "Delete the key.", field="content", repair=DROP_UNKNOWN_KEYS)


def unknown_part_keys(part: dict[str, Any]) -> list[Any]:
    """Return the keys of a part of a known type that are not its own."""
    kind = part.get("type")
    if not isinstance(kind, str) or kind not in ALL_PART_TYPES or kind not in part:
        return []
    return [key for key in part if key not in ("type", kind)]


def _describe_problem(part: dict[str, Any], kind: str) -> tuple[str, str] | None:
    """Return what is wrong with a part of this type, and what to do; None if nothing is."""
    value = part.get(kind)
    if kind in ("text", "refusal"):
        if isinstance(value, str):
            return None
        return f"has {display(value)} as its {quote(kind)}; it must be text.", "Write a string."
    if not isinstance(value, dict):
        return f"has {display(value)} as its {quote(kind)}; it must be an object.", f'Write {{"{kind}": {{…}}}}.'
    if kind == "image_url":
        url, detail = value.get("url"), value.get("detail", "auto")
        if not isinstance(url, str):
            return f'has {display(url)} as the "url" of its image; it must be text.', "Write a web address, or a data URL."
        if not url.lower().startswith(_IMAGES):
            fix = "Give a web address (https://…), or the image itself as data:image/png;base64,…"
            return f"has the image {quote(url)}, which is neither a web address nor a data URL.", fix
        if detail not in ("auto", "low", "high"):
            return f'has {display(detail)} as the "detail" of its image.', 'Write "auto", "low" or "high".'
        return None
    if kind == "input_audio":
        good = isinstance(value.get("data"), str) and value.get("format") in ("wav", "mp3")
        return None if good else ('needs "data" (text) and "format" ("wav" or "mp3").', "Add what is missing.")
    for key in ("filename", "file_data", "file_id"):
        if key in value and not isinstance(value[key], str):
            return f"has {display(value[key])} as its {quote(key)}; it must be text.", "Write a string."
    return None
