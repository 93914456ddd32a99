"""Convert rows of other formats into chats: ShareGPT and Alpaca.

Sources: the ShareGPT data's `conversations`; Alpaca's {"instruction", "input", "output"}, with `system` and `history` (earlier
turns, pairs of texts) as in LLaMA-Factory's variant; `context` and `response` are Dolly's names for `input` and `output`.
What such rows carry beside the conversation (ids, scores, sources) is dropped.

Left out: ShareGPT's `function_call` and `observation` turns, which name no call ids: they are rejected, never ignored. Alpaca's
printed prompt ("Below is an instruction …"), which a chat model does not need; its key `text` holds it.
"""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from ftwidgets.data.findings import Finding
from ftwidgets.data.rows import Example
from ftwidgets.data.schema.chat import system_findings, system_messages, text_findings
from ftwidgets.data.schema.content import CONTENT_NOT_TEXT
from ftwidgets.data.schema.display import display
from ftwidgets.data.schema.order import conversation_findings, list_findings
from ftwidgets.data.schema.roles import MESSAGE_KEYS, SHAREGPT_KEYS, MessageKeys, is_blank
from ftwidgets.data.schema.tools import TOOL_KEYS, parse_json, tool_findings

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
    keys = _keys_of(turns)
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


def _keys_of(turns: list[Any]) -> MessageKeys:
    """Return what the keys of these turns are called, by the first turn that shows it."""
    for turn in turns:
        if isinstance(turn, dict) and (SHAREGPT_KEYS.role in turn or MESSAGE_KEYS.role in turn):
            return SHAREGPT_KEYS if MESSAGE_KEYS.role not in turn else MESSAGE_KEYS
    return SHAREGPT_KEYS


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
    findings = [
        *text_findings(row, "instruction"),
        *text_findings(row, input_key, may_be_missing=True),
        *text_findings(row, output_key),
        *text_findings(row, "system", may_be_missing=True),
        *_history_findings(row.get("history")),
    ]
    if findings:
        return iter(findings), None
    prompt = row["instruction"]
    if row.get(input_key) and not is_blank(row[input_key]):
        prompt = f"{prompt}\n\n{row[input_key]}"
    turns = [("system", row["system"])] if row.get("system") and not is_blank(row["system"]) else []
    for question, answer in row.get("history") or ():
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
