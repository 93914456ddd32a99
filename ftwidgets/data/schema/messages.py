"""One message by itself: its role, its keys, its name, its weight, its content and its calls.

Sources: OpenAI's published openapi.yaml, branch 2025-03-21, FineTuneChatRequestInput; the pattern of names is the one that
services answer with (`'^[a-zA-Z0-9_-]+$'`, 64 at most).

Left out: how messages follow each other (`turns`).
"""

from collections.abc import Iterator
from typing import Any

from ftwidgets.data.rows import Fault
from ftwidgets.data.schema.content import content_faults
from ftwidgets.data.schema.display import nearest, shown
from ftwidgets.data.schema.roles import ALLOWED, ELSEWHERE, KNOWN, PLAIN, Keys, is_loose, settled
from ftwidgets.data.schema.tools import NAME, NAME_RULE, call_faults
from ftwidgets.data.text import join_names, quote

_TALKERS = ("system", "user", "assistant")
_WEIGHTS = {"0": 0, "1": 1}


def message_faults(
    message: object, place: str, keys: Keys = PLAIN, *, droppable: bool = False, weighted: bool = True
) -> Iterator[Fault]:
    """Yield what is wrong with a message.

    Parameters
    ----------
    message, place
        The message, and what it is called in sentences: `Message 2`.
    keys
        What its keys are called.
    droppable
        Whether it may be left out where it is a system prompt that says nothing.
    weighted
        Whether an assistant message may have a weight here; in the outputs of a preference row it may not.
    """
    if not isinstance(message, dict):
        text = f"{place} is {shown(message)}; a message is an object."
        yield Fault("not-a-message", "error", text, 'Write {"role": "…", "content": "…"}.', "messages")
        return
    role, repair = settled(message.get(keys.role))
    if role is None or repair is not None:
        yield _role_fault(message, place, keys, repair)
    if role is None:
        return  # what a message may hold depends on its role
    yield from _key_faults(message, role, place, keys)
    yield from content_faults(message, role, place, keys, droppable=droppable)
    if "name" in message or role == "function":
        yield from _name_faults(message.get("name"), role, place)
    if "weight" in message:
        yield from _weight_faults(message["weight"], role, place, weighted=weighted)
    if role == "assistant":
        yield from call_faults(message, place)
        yield from _rest_faults(message, place)


def is_simple(message: object, keys: Keys = PLAIN) -> bool:
    """Tell at once that a message is right: a role of system, user or assistant, text that is not blank, and nothing else."""
    if not isinstance(message, dict) or len(message) != 2:
        return False
    role, content = message.get(keys.role), message.get(keys.content)
    return isinstance(content, str) and isinstance(role, str) and role in _TALKERS and bool(content) and not content.isspace()


def _role_fault(message: dict[str, Any], place: str, keys: Keys, repair: str | None) -> Fault:
    role = message.get(keys.role)
    if keys.role not in message:
        text, fix = f"{place} has no {quote(keys.role)}.", f"Say who speaks: {join_names(ALLOWED)}."
    elif repair == "developer-to-system":
        text, fix = f"{place} has the role {shown(role)}, which rows for training do not know.", 'Write "system".'
    else:
        text, fix = f"{place} has the unknown role {shown(role)}.", f"The roles are {join_names(ALLOWED)}."
        plain = role.strip().lower() if isinstance(role, str) else ""
        meant = settled(role)[0] or ELSEWHERE.get(plain) or nearest(role, ALLOWED)
        if meant is not None:
            fix = f"Write {quote(meant)}."
    return Fault("unknown-role", "error", text, fix, keys.role, repair=repair)


def _key_faults(message: dict[str, Any], role: str, place: str, keys: Keys) -> Iterator[Fault]:
    for key in unknown_keys(message, role, keys):
        repair = "drop-unknown-keys" if is_loose(message, key, keys) else None
        meant = nearest(key, ALLOWED[role])
        if key in KNOWN:
            text, fix = f"{place} ({role}) has the key {shown(key)}, which a {role} message cannot have.", "Delete the key."
        elif meant is not None and meant not in message:
            text, fix = f"{place} has the unknown key {shown(key)}.", f"Did you mean {quote(meant)}?"
        else:
            text, fix = f"{place} has the unknown key {shown(key)}.", "Delete the key; a service refuses what it does not know."
        yield Fault("unknown-key", "error", text, fix, key if isinstance(key, str) and len(key) <= 40 else None, repair=repair)


def unknown_keys(message: dict[str, Any], role: str, keys: Keys = PLAIN) -> list[Any]:
    """Return the keys that a message of this role cannot have (a misplaced `weight` aside)."""
    return [key for key in message if key not in ALLOWED[role] and key not in keys and key != "weight"]


def _name_faults(name: object, role: str, place: str) -> Iterator[Fault]:
    if isinstance(name, str) and NAME.fullmatch(name):
        return
    if name is None and role == "function":
        text = f'{place} (function) has no "name".'
        yield Fault("bad-name", "error", text, "Name the function that returned this.", "name")
    elif name is None:
        text = f'{place} has null as its "name".'
        yield Fault("bad-name", "error", text, "Delete the key.", "name", repair="drop-empty-keys")
    else:
        yield Fault("bad-name", "error", f"{place} has the name {shown(name)}; {NAME_RULE}.", "Change the name.", "name")


def _weight_faults(weight: object, role: str, place: str, *, weighted: bool) -> Iterator[Fault]:
    if role != "assistant" or not weighted:
        what = f"{place} ({role}) has a weight" if weighted else f"{place} has a weight, and it is a preference row"
        text = f"{what}; only the assistant's messages of a chat can have one."
        yield Fault("misplaced-weight", "error", text, "Delete the key.", "weight", repair="drop-misplaced-weight")
    elif type(weight) is not int or weight not in (0, 1):
        repair = "drop-empty-keys" if weight is None else "mend-weight" if mended_weight(weight) is not None else None
        text = f"{place} has the weight {shown(weight)}; a weight is 0 or 1."
        yield Fault("bad-weight", "error", text, "Write 1 to learn from the message, 0 not to.", "weight", repair=repair)


def mended_weight(weight: object) -> int | None:
    """Return the 0 or 1 that a weight such as `true`, `1.0` or `"1"` means; None where that cannot be told."""
    if isinstance(weight, str):
        return _WEIGHTS.get(weight.strip())
    return int(weight) if isinstance(weight, bool | int | float) and weight in (0, 1) else None


def _rest_faults(message: dict[str, Any], place: str) -> Iterator[Fault]:
    """Yield what is wrong with the refusal and the sound of an assistant message; both may be null."""
    refusal, audio = message.get("refusal"), message.get("audio")
    if refusal is not None and not isinstance(refusal, str):
        text = f'{place} has {shown(refusal)} as its "refusal"; it must be text or null.'
        yield Fault("content-not-text", "error", text, "Write it as a string.", "refusal")
    if audio is not None and not (isinstance(audio, dict) and isinstance(audio.get("id"), str)):
        text = f'{place} has {shown(audio)} as its "audio"; it must be an object with an "id", or null.'
        yield Fault("bad-content-part", "error", text, "Delete the key.", "audio")
