"""Check one message by itself: its role, its keys, its name, its weight, its content and its calls.

Sources: OpenAI's published openapi.yaml, branch 2025-03-21, FineTuneChatRequestInput; the pattern of names is the one in the
services' error messages (`'^[a-zA-Z0-9_-]+$'`, 64 at most).
"""

from collections.abc import Iterator
from typing import Any

from ftwidgets.data.findings import Finding, FindingType, FixType
from ftwidgets.data.schema.content import BAD_CONTENT_PART, CONTENT_NOT_TEXT, content_findings
from ftwidgets.data.schema.display import closest_name, display, short_key
from ftwidgets.data.schema.roles import (
    ALL_KEYS,
    KEYS_BY_ROLE,
    MESSAGE_KEYS,
    OTHER_NAMES,
    MessageKeys,
    normalize_role,
    repair_of_unknown_key,
)
from ftwidgets.data.schema.shared_findings import (
    DEVELOPER_TO_SYSTEM,
    DROP_EMPTY_KEYS,
    DROP_MISPLACED_WEIGHT,
    LOWER_CASE_ROLE,
    REPAIR_WEIGHT,
    UNKNOWN_KEY,
)
from ftwidgets.data.schema.tools import NAME, NAME_RULE, call_findings
from ftwidgets.data.text import join_names, quote

UNKNOWN_ROLE = FindingType(
    "unknown-role", "error", title="A role that no service knows in training data",
    why="The roles are system, user, assistant, tool and function, in lower case. `developer` is a role of newer models' "
        "requests, and is rejected in training files.",
    fix="Use `system` for `developer`; write the others in lower case.",
    optional_repairs=(DEVELOPER_TO_SYSTEM, LOWER_CASE_ROLE),
)  # fmt: skip
NOT_A_MESSAGE = FindingType(
    "not-a-message", "error", title="A turn is not a message",
    why="Each turn is an object with `role` and `content`; plain text does not say who speaks.",
    fix='Write `{"role": "user", "content": "..."}`.',
)  # fmt: skip
BAD_NAME = FindingType(
    "bad-name", "error", title="A name that services reject",
    why="The name of a speaker or a function has at most 64 letters, digits, `_` and `-`.",
    fix="Use only these characters.", optional_repairs=(DROP_EMPTY_KEYS,),
)  # fmt: skip
MISPLACED_WEIGHT = FindingType(
    "misplaced-weight", "error", title="A weight on a message that is not the assistant's",
    why="Only answers are learned, so only they have a weight. Services reject it elsewhere.",
    fix="Delete it.", repair=DROP_MISPLACED_WEIGHT,
)  # fmt: skip
BAD_WEIGHT = FindingType(
    "bad-weight", "error", title="A weight is neither 0 nor 1",
    why="`weight` says whether an answer is learned (1) or only read (0). Other values are rejected, or quietly taken for 1.",
    fix="Write 0 or 1.", optional_repairs=(REPAIR_WEIGHT, DROP_EMPTY_KEYS),
)  # fmt: skip

_SIMPLE_ROLES = ("system", "user", "assistant")
_WEIGHTS = {"0": 0, "1": 1}


def message_findings(
    message: object, where: str, keys: MessageKeys = MESSAGE_KEYS, *, droppable: bool = False, weighted: bool = True
) -> Iterator[Finding]:
    """Yield what is wrong with a message; `where` is its name in sentences, such as `Message 2`.

    A blank system prompt may be left out if it is `droppable`. An assistant message may have a weight if `weighted`; in the
    outputs of a preference row it may not.
    """
    if not isinstance(message, dict):
        text = f"{where} is {display(message)}; a message is an object."
        yield NOT_A_MESSAGE(text, 'Write {"role": "…", "content": "…"}.', field="messages")
        return
    role, repair = normalize_role(message.get(keys.role))
    if role is None or repair is not None:
        yield _role_finding(message, where, keys, repair)
    if role is None:
        return  # what a message may hold depends on its role
    yield from _key_findings(message, role, where, keys)
    yield from content_findings(message, role, where, keys, droppable=droppable)
    if "name" in message or role == "function":
        yield from _name_findings(message.get("name"), role, where)
    if "weight" in message:
        yield from _weight_findings(message["weight"], role, where, weighted=weighted)
    if role == "assistant":
        yield from call_findings(message, where)
        yield from _refusal_and_audio_findings(message, where)


def is_simple(message: object, keys: MessageKeys = MESSAGE_KEYS) -> bool:
    """Tell quickly that nothing is wrong: a system, user or assistant message of text that is not blank, and no other keys."""
    if not isinstance(message, dict) or len(message) != 2:
        return False
    role, content = message.get(keys.role), message.get(keys.content)
    return (
        isinstance(content, str) and isinstance(role, str) and role in _SIMPLE_ROLES and bool(content) and not content.isspace()
    )


def _role_finding(message: dict[str, Any], where: str, keys: MessageKeys, repair: FixType | None) -> Finding:
    role = message.get(keys.role)
    if keys.role not in message:
        text, fix = f"{where} has no {quote(keys.role)}.", f"Say who speaks: {join_names(KEYS_BY_ROLE)}."
    elif repair is DEVELOPER_TO_SYSTEM:
        text, fix = f"{where} has the role {display(role)}, which rows for training do not know.", 'Write "system".'
    else:
        text, fix = f"{where} has the unknown role {display(role)}.", f"The roles are {join_names(KEYS_BY_ROLE)}."
        plain = role.strip().lower() if isinstance(role, str) else ""
        meant = normalize_role(role)[0] or OTHER_NAMES.get(plain) or closest_name(role, KEYS_BY_ROLE)
        if meant is not None:
            fix = f"Write {quote(meant)}."
    return UNKNOWN_ROLE(text, fix, field=keys.role, repair=repair)


def _key_findings(message: dict[str, Any], role: str, where: str, keys: MessageKeys) -> Iterator[Finding]:
    for key in unknown_keys(message, role, keys):
        meant = closest_name(key, KEYS_BY_ROLE[role])
        text, fix = f"{where} has the unknown key {display(key)}.", "Delete the key; a service rejects what it does not know."
        if key in ALL_KEYS:
            text, fix = f"{where} ({role}) has the key {display(key)}, which a {role} message cannot have.", "Delete the key."
        elif meant is not None and meant not in message:
            fix = f"Did you mean {quote(meant)}?"
        yield UNKNOWN_KEY(text, fix, short_key(key), repair=repair_of_unknown_key(message, key, keys))


def unknown_keys(message: dict[str, Any], role: str, keys: MessageKeys = MESSAGE_KEYS) -> list[Any]:
    """Return the keys that a message of this role cannot have (a misplaced `weight` aside)."""
    return [key for key in message if key not in KEYS_BY_ROLE[role] and key not in keys and key != "weight"]


def _name_findings(name: object, role: str, where: str) -> Iterator[Finding]:
    if isinstance(name, str) and NAME.fullmatch(name):
        return
    if name is None and role == "function":
        text = f'{where} (function) has no "name".'
        yield BAD_NAME(text, "Name the function that returned this.", field="name")
    elif name is None:
        text = f'{where} has null as its "name".'
        yield BAD_NAME(text, "Delete the key.", field="name", repair=DROP_EMPTY_KEYS)
    else:
        yield BAD_NAME(f"{where} has the name {display(name)}; {NAME_RULE}.", "Change the name.", field="name")


def _weight_findings(weight: object, role: str, where: str, *, weighted: bool) -> Iterator[Finding]:
    if role != "assistant" or not weighted:
        what = f"{where} ({role}) has a weight" if weighted else f"{where} has a weight, and it is a preference row"
        text = f"{what}; only the assistant's messages of a chat can have one."
        yield MISPLACED_WEIGHT(text, "Delete the key.", field="weight")
    elif type(weight) is not int or weight not in (0, 1):
        repair = REPAIR_WEIGHT if to_weight(weight) is not None else None
        if weight is None:
            repair = DROP_EMPTY_KEYS
        text = f"{where} has the weight {display(weight)}; a weight is 0 or 1."
        yield BAD_WEIGHT(text, "Write 1 to learn from the message, 0 not to.", field="weight", repair=repair)


def to_weight(weight: object) -> int | None:
    """Return the 0 or 1 that a weight such as `true`, `1.0` or `"1"` means; None for any other value."""
    if isinstance(weight, str):
        return _WEIGHTS.get(weight.strip())
    return int(weight) if isinstance(weight, bool | int | float) and weight in (0, 1) else None


def _refusal_and_audio_findings(message: dict[str, Any], where: str) -> Iterator[Finding]:
    """Yield what is wrong with the refusal and the audio of an assistant message; both may be null."""
    refusal, audio = message.get("refusal"), message.get("audio")
    if refusal is not None and not isinstance(refusal, str):
        text = f'{where} has {display(refusal)} as its "refusal"; it must be text or null.'
        yield CONTENT_NOT_TEXT(text, "Write it as a string.", field="refusal")
    if audio is not None and not (isinstance(audio, dict) and isinstance(audio.get("id"), str)):
        text = f'{where} has {display(audio)} as its "audio"; it must be an object with an "id", or null.'
        yield BAD_CONTENT_PART(text, "Delete the key.", field="audio")
