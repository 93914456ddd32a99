"""The roles of messages, and the keys that a message of each role may have.

The roles and keys are those of OpenAI's published openapi.yaml (branch 2025-03-21, FineTuneChatRequestInput). The schema
allows any key beside them; the services and the cookbook's check reject what they do not know, and so do we. `name` on a
tool message is in no schema but in many guides; it is accepted.
"""

from typing import Any, NamedTuple

from ftwidgets.data.findings import FixType
from ftwidgets.data.schema.display import closest_name
from ftwidgets.data.schema.shared_findings import DEVELOPER_TO_SYSTEM, DROP_UNKNOWN_KEYS, LOWER_CASE_ROLE

KEYS_BY_ROLE: dict[str, frozenset[str]] = {
    "system": frozenset(("role", "content", "name")),
    "user": frozenset(("role", "content", "name")),
    "assistant": frozenset(("role", "content", "name", "refusal", "audio", "tool_calls", "function_call", "weight")),
    "tool": frozenset(("role", "content", "name", "tool_call_id")),
    "function": frozenset(("role", "content", "name")),
}
ALL_KEYS = frozenset[str]().union(*KEYS_BY_ROLE.values())

# Keys that may be left out: an empty one means the same as none.
OPTIONAL_KEYS = ("name", "tool_calls", "weight")

# What other programs call the roles. There is no automatic fix: a person should see that the file has another format.
OTHER_NAMES = {
    "human": "user",
    "gpt": "assistant",
    "bot": "assistant",
    "model": "assistant",
    "ai": "assistant",
    "chatbot": "assistant",
}


class MessageKeys(NamedTuple):
    """The names of the keys for role and content: `role` and `content`, or ShareGPT's `from` and `value`."""

    role: str = "role"
    content: str = "content"


MESSAGE_KEYS = MessageKeys()
SHAREGPT_KEYS = MessageKeys("from", "value")


def normalize_role(role: object) -> tuple[str | None, FixType | None]:
    """Return the role that is meant, and the fix that writes it so; (None, None) where it is not known."""
    if not isinstance(role, str):
        return None, None
    if role in KEYS_BY_ROLE:
        return role, None
    plain = role.strip().lower()
    if plain == "developer":  # newer models' name for system; the training schema knows system only
        return "system", DEVELOPER_TO_SYSTEM
    return (plain, LOWER_CASE_ROLE) if plain in KEYS_BY_ROLE else (None, None)


def is_blank(content: object) -> bool:
    """Tell whether a content is there but blank: whitespace, no parts, or blank text parts only."""
    if isinstance(content, str):
        return not content or content.isspace()
    if isinstance(content, list):
        texts = [part.get("text") if isinstance(part, dict) and part.get("type") == "text" else None for part in content]
        return all(isinstance(text, str) and (not text or text.isspace()) for text in texts)
    return False


def is_blank_system(message: object, keys: MessageKeys = MESSAGE_KEYS) -> bool:
    """Tell whether a message is a system prompt that is blank, so that it can be left out."""
    if not isinstance(message, dict) or normalize_role(message.get(keys.role))[0] != "system":
        return False
    return is_blank(message.get(keys.content))


def repair_of_unknown_key(message: dict[str, Any], key: Any, keys: MessageKeys = MESSAGE_KEYS) -> FixType | None:
    """Return the fix that drops an unknown key of a message, if that is safe.

    It is where the key holds nothing, or where the message has its content. A key that resembles a known one (`contents`,
    `tool_call`) may hold what the message lacks; that is for a person to decide.
    """
    if message[key] in (None, "", [], {}):
        return DROP_UNKNOWN_KEYS
    if key in ALL_KEYS or closest_name(key, ALL_KEYS) is not None:
        return None
    has_content = keys.content in message or bool(message.get("tool_calls")) or message.get("function_call") is not None
    return DROP_UNKNOWN_KEYS if has_content else None
