"""Chat rows, as the services read them, and the two ways in which others write the same: ShareGPT and Hugging Face.

Sources: OpenAI's published openapi.yaml, branch 2025-03-21, FineTuneChatRequestInput; the ShareGPT data's `conversations`;
TRL's conversational prompt-completion rows. What such rows carry beside the conversation (ids, scores, sources) stays behind.

Left out: ShareGPT's `function_call` and `observation` turns, which name no call ids; they are refused, never ignored.
"""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from ftwidgets.data.rows import Example, Fault
from ftwidgets.data.schema.display import nearest, shown
from ftwidgets.data.schema.formats import BESIDE, CHAT, TALKS
from ftwidgets.data.schema.order import conversation_faults, list_faults
from ftwidgets.data.schema.roles import PLAIN, SHAREGPT, Keys, is_blank, is_blank_system, settled
from ftwidgets.data.schema.tools import offer_faults, parsed
from ftwidgets.data.text import quote

SPEAKERS = {
    "system": "system",
    "human": "user",
    "user": "user",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "assistant": "assistant",
    "tool": "tool",
}


def read_chat(row: dict[str, Any]) -> tuple[Iterator[Fault], Example | None]:
    """Return the faults of a chat row, and the row as it is."""
    messages = row["messages"]
    told = conversation_faults(messages) if isinstance(messages, list) and messages else list_faults(messages)
    return chain(told, offer_faults(row), _extra_faults(row)), row


def _extra_faults(row: dict[str, Any]) -> Iterator[Fault]:
    """Yield the keys beside the messages that no service knows."""
    for key in row:
        if key not in CHAT:
            meant = nearest(key, CHAT)
            mistyped = meant is not None and meant not in row
            fix = (
                f"Did you mean {quote(str(meant))}?" if mistyped else "Delete the key; a service refuses what it does not know."
            )
            repair = "drop-unknown-keys" if is_extra(row, key) else None
            yield Fault("unknown-key", "error", f"The row has the unknown key {shown(key)}.", fix, _field(key), repair=repair)


def is_extra(row: dict[str, Any], key: Any, known: tuple[str, ...] = CHAT) -> bool:
    """Tell whether an unknown key of a row can be dropped: it holds nothing, or looks like none that is known."""
    return row[key] in (None, "", [], {}) or nearest(key, known) is None


def _field(key: object) -> str | None:
    return key if isinstance(key, str) and len(key) <= 40 else None


def read_sharegpt(row: dict[str, Any]) -> tuple[Iterator[Fault], Example | None]:
    """Return the faults of a ShareGPT row, and the chat that it is."""
    name = next((key for key in (*TALKS, "messages") if isinstance(row.get(key), list)), TALKS[0])
    talk = row[name]
    if not talk:
        return list_faults(talk, name), None
    keys = keys_of(talk)
    messages = [_turn(turn, keys) for turn in talk]
    system = row.get("system")
    first = [] if not isinstance(system, str) or is_blank(system) or _has_system(messages, keys) else [_led_by(system)]
    told = chain(conversation_faults(messages, keys, called="Turn", led=bool(first)), _system_faults(system))
    beside = {key: _offered(row[key]) for key in BESIDE if row.get(key) not in (None, "", [])}
    plain = [_as_message(turn, keys) for turn in messages]
    return chain(told, offer_faults(beside)), {"messages": first + plain, **beside}


def keys_of(talk: list[Any]) -> Keys:
    """Return what the keys of these turns are called: by the first turn that shows it."""
    for turn in talk:
        if isinstance(turn, dict) and (SHAREGPT.role in turn or PLAIN.role in turn):
            return SHAREGPT if PLAIN.role not in turn else PLAIN
    return SHAREGPT


def _turn(turn: object, keys: Keys) -> Any:
    """Return a turn with its speaker called as in a chat; a ShareGPT turn without what it has besides."""
    if not isinstance(turn, dict) or keys is PLAIN:
        return turn
    kept = {key: turn[key] for key in (*keys, "weight") if key in turn and not (key == "weight" and turn[key] is None)}
    speaker = kept.get(keys.role)
    if isinstance(speaker, str):
        kept[keys.role] = SPEAKERS.get(speaker.strip().lower(), speaker)
    return kept


def _as_message(turn: Any, keys: Keys) -> Any:
    """Return a turn with the keys of a message."""
    names = dict(zip(keys, PLAIN, strict=True))
    return {names.get(key, key): held for key, held in turn.items()} if isinstance(turn, dict) and keys is not PLAIN else turn


def _offered(tools: object) -> object:
    """Return tools given as a JSON text in the list that they are."""
    listed_tools = parsed(tools) if isinstance(tools, str) else None
    return tools if listed_tools is None else listed_tools


def _system_faults(system: object) -> Iterator[Fault]:
    if system is not None and not isinstance(system, str):
        text = f'"system" is {shown(system)}; it must be text.'
        yield Fault("content-not-text", "error", text, "Write it as a string.", "system")


def read_pair(row: dict[str, Any]) -> tuple[Iterator[Fault], Example | None, str]:
    """Return the faults of a prompt/completion row, the chat that it is, and its kind: two texts, or two lists of messages."""
    named = {key.strip().lower(): key for key in reversed(row) if isinstance(key, str)}
    prompt_key, completion_key = named.get("prompt", "prompt"), named.get("completion", "completion")
    prompt, completion = row.get(prompt_key), row.get(completion_key)
    system = row.get(named.get("system", "system"))
    kind = "chat" if isinstance(prompt, list) or isinstance(completion, list) else "completion"
    told = chain(
        text_faults(row, prompt_key, is_list_fine=True),
        text_faults(row, completion_key, is_list_fine=True),
        _system_faults(system),
    )
    if not (isinstance(prompt, str | list) and isinstance(completion, str | list)):
        return told, None, kind
    messages = as_messages(prompt, "user") + as_messages(completion, "assistant")
    first = [] if not isinstance(system, str) or is_blank(system) or _has_system(messages) else [_led_by(system)]
    if kind == "completion":
        return told, {"messages": first + messages}, kind
    beside = {key: row[key] for key in BESIDE if row.get(key) is not None}
    told = chain(
        told, conversation_faults(messages, led=bool(first)) if messages else list_faults(messages), offer_faults(beside)
    )
    return told, {"messages": first + messages, **beside}, kind


def _led_by(system: str) -> dict[str, str]:
    return {"role": "system", "content": system}


def _has_system(messages: list[Any], keys: Keys = PLAIN) -> bool:
    """Tell whether messages begin with a system prompt that says something."""
    first = messages[0] if messages else None
    return isinstance(first, dict) and settled(first.get(keys.role))[0] == "system" and not is_blank_system(first, keys)


def as_messages(said: "str | list[Any]", role: str) -> list[Any]:
    """Return messages as they are, and a text as one message of this role."""
    return [{"role": role, "content": said}] if isinstance(said, str) else said


def text_faults(row: dict[str, Any], key: str, *, is_list_fine: bool = False, may_be_missing: bool = False) -> Iterator[Fault]:
    """Yield what keeps the value of a key from being used as text."""
    text = row.get(key)
    if text is None:
        if not may_be_missing:
            what = f"The row has no {quote(key)}" if key not in row else f"{quote(key)} is null"
            fix = "Add it; every example needs a prompt and an answer."
            yield Fault("missing-content", "error", f"{what}.", fix, key)
    elif isinstance(text, str):
        if is_blank(text) and not may_be_missing:
            yield Fault("empty-content", "error", f"{quote(key)} is empty.", "Fill it in, or delete the row.", key)
    elif not (is_list_fine and isinstance(text, list)):
        message = f"{quote(key)} is {shown(text)}; it must be text."
        yield Fault("content-not-text", "error", message, "Write it as a string.", key)
