"""The content of a message: text, or a list of parts (text, image, sound, file, refusal) as its role may have them.

Source: OpenAI's published openapi.yaml, branch 2025-03-21, the ...MessageContentPart schemas. Stricter than it: blank
text, keys that a part does not have, and images that are neither a web address nor a data URL.

Left out: whether an image can be fetched, its size, and its kind.
"""

from collections.abc import Iterator
from typing import Any

from ftwidgets.data.rows import Fault
from ftwidgets.data.schema.display import shown
from ftwidgets.data.schema.roles import PLAIN, Keys, is_blank
from ftwidgets.data.text import join_names, quote

# What a part of each type holds, under the key of the same name.
PARTS = {"text": "text", "refusal": "refusal", "image_url": "image_url", "input_audio": "input_audio", "file": "file"}
ACCEPTED: dict[str, tuple[str, ...]] = {
    "system": ("text",),
    "user": ("text", "image_url", "input_audio", "file"),
    "assistant": ("text", "refusal"),
    "tool": ("text",),
    "function": (),
}
_IMAGES = ("https://", "http://", "data:image/")
_MAY_BE_EMPTY = ("tool", "function")  # a tool may well return nothing


def content_faults(
    message: dict[str, Any], role: str, place: str, keys: Keys = PLAIN, *, droppable: bool = False
) -> Iterator[Fault]:
    """Yield what is wrong with the content of a message.

    Parameters
    ----------
    message, role
        The message, and the role that it has (or means).
    place
        What it is called, such as `Message 2`.
    keys
        What its keys are called.
    droppable
        Whether it may be left out where it is a system prompt that says nothing.
    """
    content = message.get(keys.content)
    otherwise = role == "assistant" and says_otherwise(message)
    if content is None:
        if not otherwise and not (role == "function" and keys.content in message):
            yield _missing(message, role, place, keys)
    elif isinstance(content, str):
        if is_blank(content) and not otherwise and role not in _MAY_BE_EMPTY:
            yield _empty(role, place, keys, droppable=droppable)
    elif not isinstance(content, list) or role == "function":
        message_text = f"{place} has {shown(content)} as its {quote(keys.content)}; it must be text."
        yield Fault("content-not-text", "error", message_text, "Write it as a string.", keys.content)
    elif not content:
        yield _empty(role, place, keys, droppable=droppable)
    else:
        yield from _parts(content, role, place)
        if is_blank(content) and not otherwise and role not in _MAY_BE_EMPTY:
            yield _empty(role, place, keys, droppable=droppable)


def says_otherwise(message: dict[str, Any]) -> bool:
    """Tell whether an assistant message says something without content: calls, or a refusal."""
    refusal = message.get("refusal")
    return (
        bool(message.get("tool_calls"))
        or message.get("function_call") is not None
        or (isinstance(refusal, str) and not is_blank(refusal))
    )


def _missing(message: dict[str, Any], role: str, place: str, keys: Keys) -> Fault:
    name = quote(keys.content)
    what = f"has no {name}" if keys.content not in message else f"has null as its {name}"
    fix = "Write the text."
    if role == "assistant" and keys is PLAIN:
        fix = "Write the text; only a message with tool calls may go without."
    return Fault("missing-content", "error", f"{place} ({role}) {what}.", fix, keys.content)


def _empty(role: str, place: str, keys: Keys, *, droppable: bool) -> Fault:
    fix = "Fill it in, or delete the row."
    repair = None
    if role == "system":
        fix = "Fill it in, or leave the message out."
        repair = "drop-blank-system" if droppable else None
    return Fault("empty-content", "error", f"{place} ({role}) is empty.", fix, keys.content, repair=repair)


def _parts(parts: list[Any], role: str, place: str) -> Iterator[Fault]:
    for number, part in enumerate(parts, start=1):
        where = f"{place}, part {number},"
        kind = part.get("type") if isinstance(part, dict) else None
        if not isinstance(part, dict):
            yield _bad(f"{where} is {shown(part)}; a part is an object.", '{"type": "text", "text": "…"} is one.')
        elif not isinstance(kind, str) or kind not in ACCEPTED[role]:
            what = "has no type" if "type" not in part else f"has the type {shown(kind)}"
            yield _bad(f"{where} {what}; a {role} message can have {join_names(ACCEPTED[role])}.", "Change or delete the part.")
        else:
            wrong = _wrong(part, kind)
            if wrong is not None:
                yield _bad(f"{where} {wrong[0]}", wrong[1])
            for key in loose_part_keys(part):
                message = f"{where} has the unknown key {shown(key)}."
                yield Fault("unknown-key", "error", message, "Delete the key.", "content", repair="drop-unknown-keys")


def loose_part_keys(part: dict[str, Any]) -> list[Any]:
    """Return the keys of a part of a known type that are not its own."""
    kind = part.get("type")
    if not isinstance(kind, str) or kind not in PARTS or PARTS[kind] not in part:
        return []
    return [key for key in part if key not in ("type", PARTS[kind])]


def _wrong(part: dict[str, Any], kind: str) -> tuple[str, str] | None:
    """Say what is wrong with a part of this type, and what to do."""
    held = part.get(PARTS[kind])
    if kind in ("text", "refusal"):
        return (
            None if isinstance(held, str) else (f"has {shown(held)} as its {quote(kind)}; it must be text.", "Write a string.")
        )
    if not isinstance(held, dict):
        return f"has {shown(held)} as its {quote(kind)}; it must be an object.", f'Write {{"{kind}": {{…}}}}.'
    if kind == "image_url":
        return _wrong_image(held)
    if kind == "input_audio":
        good = isinstance(held.get("data"), str) and held.get("format") in ("wav", "mp3")
        return None if good else ('needs "data" (text) and "format" ("wav" or "mp3").', "Add what is missing.")
    odd = [key for key in ("filename", "file_data", "file_id") if key in held and not isinstance(held[key], str)]
    return (f"has {shown(held[odd[0]])} as its {quote(odd[0])}; it must be text.", "Write a string.") if odd else None


def _wrong_image(image: dict[str, Any]) -> tuple[str, str] | None:
    url, detail = image.get("url"), image.get("detail", "auto")
    if not isinstance(url, str):
        return f'has {shown(url)} as the "url" of its image; it must be text.', "Write a web address, or a data URL."
    if not url.lower().startswith(_IMAGES):
        fix = "Give a web address (https://…), or the image itself as data:image/png;base64,…"
        return f"has the image {quote(url)}, which is neither a web address nor a data URL.", fix
    if detail not in ("auto", "low", "high"):
        return f'has {shown(detail)} as the "detail" of its image.', 'Write "auto", "low" or "high".'
    return None


def _bad(message: str, fix: str) -> Fault:
    return Fault("bad-content-part", "error", message, fix, "content")
