"""Who speaks in a message, and which keys a message of that role may have.

The roles and keys are those of OpenAI's published openapi.yaml (branch 2025-03-21, FineTuneChatRequestInput). The schema
allows any key beside them; the services and the cookbook's check refuse what they do not know, and so do we. `name` on a
tool message is in no schema and in many guides; it is let pass.

Left out: in which order roles may follow each other (`turns`).
"""

from typing import Any, NamedTuple

from ftwidgets.data.schema.display import nearest

ALLOWED: dict[str, frozenset[str]] = {
    "system": frozenset(("role", "content", "name")),
    "user": frozenset(("role", "content", "name")),
    "assistant": frozenset(("role", "content", "name", "refusal", "audio", "tool_calls", "function_call", "weight")),
    "tool": frozenset(("role", "content", "name", "tool_call_id")),
    "function": frozenset(("role", "content", "name")),
}
KNOWN = frozenset[str]().union(*ALLOWED.values())

# Keys that may be left out: where they hold nothing, leaving them out says the same.
OPTIONAL = ("name", "tool_calls", "weight")

# What other programs call the speakers: no repair, as a person should see that the file is of another kind.
ELSEWHERE = {
    "human": "user",
    "gpt": "assistant",
    "bot": "assistant",
    "model": "assistant",
    "ai": "assistant",
    "chatbot": "assistant",
}


class Keys(NamedTuple):
    """What the keys for speaker and text are called: `role` and `content`, or ShareGPT's `from` and `value`."""

    role: str = "role"
    content: str = "content"


PLAIN = Keys()
SHAREGPT = Keys("from", "value")


def settled(role: object) -> tuple[str | None, str | None]:
    """Return the role that is meant, and the repair that makes it so; (None, None) where it cannot be told."""
    if not isinstance(role, str):
        return None, None
    if role in ALLOWED:
        return role, None
    plain = role.strip().lower()
    if plain == "developer":  # newer models' name for system; the training schema knows system only
        return "system", "developer-to-system"
    return (plain, "lower-case-role") if plain in ALLOWED else (None, None)


def is_blank(content: object) -> bool:
    """Tell whether a content is there and says nothing: blank text, no parts, or blank text parts only."""
    if isinstance(content, str):
        return not content or content.isspace()
    if isinstance(content, list):
        return all(isinstance(part, dict) and part.get("type") == "text" and _blank_text(part) for part in content)
    return False


def _blank_text(part: "dict[object, object]") -> bool:
    text = part.get("text")
    return isinstance(text, str) and (not text or text.isspace())


def is_blank_system(message: object, keys: Keys = PLAIN) -> bool:
    """Tell whether a message is a system prompt that says nothing, so that it can be left out."""
    if not isinstance(message, dict) or settled(message.get(keys.role))[0] != "system":
        return False
    return is_blank(message.get(keys.content))


def is_loose(message: dict[str, Any], key: Any, keys: Keys = PLAIN) -> bool:
    """Tell whether an unknown key can be dropped from a message: it holds nothing, or no word of ours is hidden in it.

    A key that looks like a known one (`contents`, `tool_call`) may hold what the message lacks; that is for a person.
    """
    if message[key] in (None, "", [], {}):
        return True
    if key in KNOWN or nearest(key, KNOWN) is not None:
        return False
    return keys.content in message or bool(message.get("tool_calls")) or message.get("function_call") is not None
