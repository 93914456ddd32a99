"""Chat rows as services read them, and rows that are converted into chats: prompt/completion, ShareGPT and Alpaca.

Sources: OpenAI's published openapi.yaml, branch 2025-03-21, FineTuneChatRequestInput; TRL's conversational prompt-completion
rows, whose two values are lists of messages; the ShareGPT data's `conversations`; Alpaca's {"instruction", "input", "output"},
with `system` and `history` (earlier turns, pairs of texts) as in LLaMA-Factory's variant; `context` and `response` are Dolly's
names for `input` and `output`. What such rows carry beside the conversation (ids, scores, sources) is dropped.

Left out: ShareGPT's `function_call` and `observation` turns, which name no call ids: they are rejected, never ignored. Alpaca's
printed prompt ("Below is an instruction …"), which a chat model does not need; its key `text` holds it.
"""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from ftwidgets.data.findings import Finding, FixType
from ftwidgets.data.rows import Example
from ftwidgets.data.schema.content import CONTENT_NOT_TEXT, EMPTY_CONTENT, MISSING_CONTENT
from ftwidgets.data.schema.display import closest_name, display, short_key
from ftwidgets.data.schema.order import conversation_findings, list_findings
from ftwidgets.data.schema.roles import MESSAGE_KEYS, SHAREGPT_KEYS, MessageKeys, is_blank, is_blank_system, normalize_role
from ftwidgets.data.schema.shared_findings import DROP_UNKNOWN_KEYS, UNKNOWN_KEY
from ftwidgets.data.schema.tools import TOOL_KEYS, parse_json, tool_findings
from ftwidgets.data.text import quote

CHAT_KEYS = ("messages", *TOOL_KEYS)
CONVERSATION_KEYS = ("conversations", "conversation")  # of ShareGPT
_SHAREGPT_ROLES = {
    "system": "system",
    "human": "user",
    "user": "user",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "assistant": "assistant",
    "tool": "tool",
}


def parse_chat(row: dict[str, Any]) -> tuple[Iterator[Finding], Example | None]:
    """Return what is wrong with a chat row, and the row as it is."""
    messages = row["messages"]
    findings = conversation_findings(messages) if isinstance(messages, list) and messages else list_findings(messages)
    return chain(findings, tool_findings(row), _unknown_key_findings(row)), row


def _unknown_key_findings(row: dict[str, Any]) -> Iterator[Finding]:
    for key in row:
        if key not in CHAT_KEYS:
            meant = closest_name(key, CHAT_KEYS)
            fix = "Delete the key; a service rejects what it does not know."
            if meant is not None and meant not in row:
                fix = f"Did you mean {quote(meant)}?"
            message = f"The row has the unknown key {display(key)}."
            yield UNKNOWN_KEY(message, fix, short_key(key), repair=repair_of_unknown_row_key(row, key, CHAT_KEYS))


def repair_of_unknown_row_key(row: dict[str, Any], key: Any, known: tuple[str, ...]) -> FixType | None:
    """Return the fix that drops an unknown key of a row, if that is safe: it holds nothing, or resembles no known key."""
    return DROP_UNKNOWN_KEYS if row[key] in (None, "", [], {}) or closest_name(key, known) is None else None


def parse_pair(row: dict[str, Any]) -> tuple[Iterator[Finding], Example | None]:
    """Return what is wrong with a prompt/completion row of texts or lists of messages, and the chat that it is."""
    names = keys_by_name(row)
    prompt_key, completion_key = names.get("prompt", "prompt"), names.get("completion", "completion")
    prompt, completion = row.get(prompt_key), row.get(completion_key)
    system = row.get(names.get("system", "system"))
    findings = chain(
        text_findings(row, prompt_key, may_be_list=True),
        text_findings(row, completion_key, may_be_list=True),
        system_findings(system),
    )
    if not (isinstance(prompt, str | list) and isinstance(completion, str | list)):
        return findings, None
    messages = to_messages(prompt, "user") + to_messages(completion, "assistant")
    first = system_messages(system, messages)
    if isinstance(prompt, str) and isinstance(completion, str):
        return findings, {"messages": first + messages}
    tools = {key: row[key] for key in TOOL_KEYS if row.get(key) is not None}
    inner = conversation_findings(messages, has_system=bool(first)) if messages else list_findings(messages)
    return chain(findings, inner, tool_findings(tools)), {"messages": first + messages, **tools}


def keys_by_name(row: dict[Any, Any]) -> dict[str, str]:
    """Return the keys of a row by their names in lower case without whitespace; of two with one name, the first."""
    return {key.strip().lower(): key for key in reversed(row) if isinstance(key, str)}


def to_messages(text_or_messages: "str | list[Any]", role: str) -> list[Any]:
    """Return messages as they are, and a text as one message of this role."""
    return [{"role": role, "content": text_or_messages}] if isinstance(text_or_messages, str) else text_or_messages


def system_messages(system: object, messages: list[Any], keys: MessageKeys = MESSAGE_KEYS) -> list[Any]:
    """Return a row's system prompt as a list of one message; empty if it has none, or the messages begin with one."""
    if not isinstance(system, str) or is_blank(system):
        return []
    first = messages[0] if messages else None
    if isinstance(first, dict) and normalize_role(first.get(keys.role))[0] == "system" and not is_blank_system(first, keys):
        return []
    return [{"role": "system", "content": system}]


def system_findings(system: object) -> Iterator[Finding]:
    """Yield the finding for a row's own system prompt that is not text."""
    if system is not None and not isinstance(system, str):
        yield CONTENT_NOT_TEXT(f'"system" is {display(system)}; it must be text.', "Write it as a string.", "system")


def text_findings(
    row: dict[str, Any], key: str, *, may_be_list: bool = False, may_be_missing: bool = False
) -> Iterator[Finding]:
    """Yield what keeps the value of a key from being used as text."""
    text = row.get(key)
    if text is None:
        if not may_be_missing:
            message = f"{quote(key)} is null." if key in row else f"The row has no {quote(key)}."
            yield MISSING_CONTENT(message, "Add it; every example needs a prompt and an answer.", key)
    elif isinstance(text, str):
        if is_blank(text) and not may_be_missing:
            yield EMPTY_CONTENT(f"{quote(key)} is empty.", "Fill it in, or delete the row.", key)
    elif not (may_be_list and isinstance(text, list)):
        yield CONTENT_NOT_TEXT(f"{quote(key)} is {display(text)}; it must be text.", "Write it as a string.", key)


def is_sharegpt(messages: object) -> bool:
    """Tell whether a list of messages has ShareGPT's keys, `from` and `value`."""
    first = messages[0] if isinstance(messages, list) and messages else None
    return isinstance(first, dict) and "from" in first and "value" in first and "role" not in first


def parse_sharegpt(row: dict[str, Any]) -> tuple[Iterator[Finding], Example | None]:
    """Return what is wrong with a ShareGPT row, and the chat that it is."""
    name = next((key for key in (*CONVERSATION_KEYS, "messages") if isinstance(row.get(key), list)), CONVERSATION_KEYS[0])
    turns = row[name]
    if not turns:
        return list_findings(turns, name), None
    keys = SHAREGPT_KEYS
    for turn in turns:  # the first that shows its keys decides for all
        if isinstance(turn, dict) and (SHAREGPT_KEYS.role in turn or MESSAGE_KEYS.role in turn):
            keys = SHAREGPT_KEYS if MESSAGE_KEYS.role not in turn else MESSAGE_KEYS
            break
    if keys is SHAREGPT_KEYS:
        turns = [_with_known_role(turn) for turn in turns]
    first = system_messages(row.get("system"), turns, keys)
    tools = {key: row[key] for key in TOOL_KEYS if row.get(key) not in (None, "", [])}
    for key, value in tools.items():
        if isinstance(value, str) and (parsed := parse_json(value)) is not None:
            tools[key] = parsed
    findings = chain(
        conversation_findings(turns, keys, label="Turn", has_system=bool(first)),
        system_findings(row.get("system")),
        tool_findings(tools),
    )
    names = dict(zip(keys, MESSAGE_KEYS, strict=True))
    messages = [
        {names.get(key, key): value for key, value in turn.items()} if isinstance(turn, dict) else turn for turn in turns
    ]
    return findings, {"messages": first + messages, **tools}


def _with_known_role(turn: object) -> Any:
    """Return a ShareGPT turn with the role's name in a chat, and without keys that a message does not have."""
    if not isinstance(turn, dict):
        return turn
    known = {key: turn[key] for key in SHAREGPT_KEYS if key in turn}
    if turn.get("weight") is not None:
        known["weight"] = turn["weight"]
    role = known.get(SHAREGPT_KEYS.role)
    if isinstance(role, str):
        known[SHAREGPT_KEYS.role] = _SHAREGPT_ROLES.get(role.strip().lower(), role)
    return known


def parse_alpaca(row: dict[str, Any]) -> tuple[Iterator[Finding], Example | None]:
    """Return what is wrong with an Alpaca row, and the chat that it is: the prompt is instruction, blank line, input."""
    input_key = "context" if "context" in row and "input" not in row else "input"
    output_key = "response" if "response" in row and "output" not in row else "output"
    history = row.get("history")
    findings = [
        *text_findings(row, "instruction"),
        *text_findings(row, input_key, may_be_missing=True),
        *text_findings(row, output_key),
        *text_findings(row, "system", may_be_missing=True),
        *_history_findings(history),
    ]
    if findings:
        return iter(findings), None
    prompt = row["instruction"]
    if row.get(input_key) and not is_blank(row[input_key]):
        prompt = f"{prompt}\n\n{row[input_key]}"
    turns = [("system", row["system"])] if row.get("system") and not is_blank(row["system"]) else []
    for question, answer in history or ():
        turns += [("user", question), ("assistant", answer)]
    turns += [("user", prompt), ("assistant", row[output_key])]
    return iter(()), {"messages": [{"role": role, "content": text} for role, text in turns]}


def _history_findings(history: object) -> Iterator[Finding]:
    if history is None or history == []:
        return
    fix = 'Write [["question", "answer"], …], or leave it out.'
    if not isinstance(history, list):
        yield CONTENT_NOT_TEXT(f'"history" is {display(history)}; it must be a list of pairs.', fix, "history")
        return
    for number, pair in enumerate(history, start=1):
        is_pair = isinstance(pair, list) and len(pair) == 2
        if not is_pair or not all(isinstance(text, str) and not is_blank(text) for text in pair):
            yield CONTENT_NOT_TEXT(f'"history", number {number}, is no pair of texts.', fix, "history")
