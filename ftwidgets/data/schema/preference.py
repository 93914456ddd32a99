"""Preference rows: one input, a preferred answer and one that is not.

Sources: OpenAI's published openapi.yaml, branch 2025-03-21, FineTunePreferenceRequestInput, and the guides, after which the
services read `preferred_output` and `non_preferred_output`: the schema's older `preferred_completion` is an error with a safe
repair, as a file with it is refused. Hugging Face's {"prompt", "chosen", "rejected"} (TRL) is read as the same.

Left out: several answers to one input, which no service takes.
"""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from ftwidgets.data.rows import Example, Fault
from ftwidgets.data.schema.chat import as_messages, is_extra, text_faults
from ftwidgets.data.schema.conversation_text import spoken
from ftwidgets.data.schema.display import shown
from ftwidgets.data.schema.formats import BESIDE, OLDER, PREFERENCE
from ftwidgets.data.schema.messages import message_faults
from ftwidgets.data.schema.order import conversation_faults, list_faults
from ftwidgets.data.schema.roles import settled
from ftwidgets.data.schema.tools import offer_faults
from ftwidgets.data.text import quote

INPUT = ("messages", "tools", "parallel_tool_calls")
KEYS = ("input", *PREFERENCE)


def is_no_tools(given: dict[Any, Any], key: str) -> bool:
    """Tell whether a key of an input says that there are no tools, as the example of OpenAI's guide to DPO has it."""
    return key == "tools" and given.get(key) == []


def read_preference(row: dict[str, Any]) -> tuple[Iterator[Fault], Example | None]:
    """Return the faults of a preference row, and the row as it is."""
    return chain(_older_faults(row), _input_faults(row), _output_faults(row), _extra_faults(row)), row


def _older_faults(row: dict[str, Any]) -> Iterator[Fault]:
    for older, name in OLDER.items():
        if older in row:
            text = f"{quote(older)} is an older name; services read {quote(name)}."
            repair = "rename-preference-keys" if name not in row else None
            yield Fault("bad-preference", "error", text, f"Rename the key to {quote(name)}.", older, repair=repair)


def _input_faults(row: dict[str, Any]) -> Iterator[Fault]:
    given = row.get("input")
    if not isinstance(given, dict):
        what = 'The row has no "input"' if "input" not in row else f'"input" is {shown(given)}'
        yield Fault("bad-preference", "error", f"{what}; it must be an object.", 'Write {"messages": […]}.', "input")
        return
    messages = given.get("messages")
    if not isinstance(messages, list) or not messages:
        yield from list_faults(messages)
    else:
        yield from conversation_faults(messages, called="Input message", answered=False)
        last = messages[-1]
        if isinstance(last, dict) and settled(last.get("role"))[0] == "assistant":
            text = "The input ends with the assistant's message; the outputs are its answers, so another must speak last."
            yield Fault("bad-preference", "error", text, "Move the message, or add the user's turn after it.", "input")
    yield from offer_faults({key: given[key] for key in INPUT if key in given and not is_no_tools(given, key)})
    for key in given:
        if key not in INPUT:
            yield _unknown(given, key, INPUT, "The input")


def _output_faults(row: dict[str, Any]) -> Iterator[Fault]:
    outputs = {name: row.get(name, row.get(older)) for older, name in OLDER.items()}
    for name, output in outputs.items():
        yield from _one_output(output, name, missing=name not in row and not any(row.get(o) for o in OLDER if OLDER[o] == name))
    preferred, other = (_only(output) for output in outputs.values())
    if preferred is not None and other is not None and spoken(preferred).strip() == spoken(other).strip():
        text = "The preferred answer and the other one say the same, so there is nothing to prefer."
        yield Fault("same-preference", "error", text, "Change one of them, or delete the row.", PREFERENCE[1])


def _one_output(output: object, name: str, *, missing: bool) -> Iterator[Fault]:
    fix = 'Write [{"role": "assistant", "content": "…"}].'
    if missing:
        yield Fault("bad-preference", "error", f"The row has no {quote(name)}.", fix, name)
    elif not isinstance(output, list):
        text = f"{quote(name)} is {shown(output)}; it must be a list with one message."
        yield Fault("bad-preference", "error", text, fix, name)
    elif len(output) != 1:
        text = f"{quote(name)} has {len(output):,} messages; it must have one, the assistant's."
        yield Fault("bad-preference", "error", text, fix, name)
    else:
        place = f"The message of {quote(name)}"
        yield from message_faults(output[0], place, weighted=False)
        role = settled(output[0].get("role"))[0] if isinstance(output[0], dict) else None
        if role is not None and role != "assistant":
            yield Fault("bad-preference", "error", f"{place} is the {role}'s; it must be the assistant's.", fix, name)


def _only(output: object) -> dict[str, Any] | None:
    """Return the one message of an output, where it is one that can be compared."""
    one = output[0] if isinstance(output, list) and len(output) == 1 else None
    return one if isinstance(one, dict) and spoken(one) else None


def _extra_faults(row: dict[str, Any]) -> Iterator[Fault]:
    for key in row:
        if key not in KEYS and key not in OLDER:
            yield _unknown(row, key, KEYS, "The row")


def _unknown(holder: dict[str, Any], key: Any, known: tuple[str, ...], called: str) -> Fault:
    repair = "drop-unknown-keys" if is_extra(holder, key, known) else None
    field = key if isinstance(key, str) and len(key) <= 40 else None
    fix = "Delete the key; a service refuses what it does not know."
    return Fault("unknown-key", "error", f"{called} has the unknown key {shown(key)}.", fix, field, repair=repair)


def read_chosen(row: dict[str, Any]) -> tuple[Iterator[Fault], Example | None]:
    """Return the faults of a row with `chosen` and `rejected`, and the preference row that it is.

    Each of the two is an answer (a text, or a list of one message), or the whole conversation with its answer.
    """
    chosen, rejected, prompt = row.get("chosen"), row.get("rejected"), row.get("prompt")
    if not (isinstance(chosen, str | list) and isinstance(rejected, str | list) and isinstance(prompt, str | list | None)):
        keys = [("chosen", False), ("rejected", False), ("prompt", True)]
        return chain.from_iterable(text_faults(row, k, is_list_fine=True, may_be_missing=m) for k, m in keys), None
    better, worse = as_messages(chosen, "assistant"), as_messages(rejected, "assistant")
    if not _same(better[:-1], worse[:-1]):
        text = '"chosen" and "rejected" differ before their last message; only the answer may differ.'
        return iter([Fault("bad-preference", "error", text, "Give both the same conversation.", "rejected")]), None
    asked = [] if prompt is None or prompt == "" else as_messages(prompt, "user")
    before = better[:-1]
    # A conversation that begins with the prompt holds it already; one beside a prompt in one text does, too (UltraFeedback).
    whole = before if before and (isinstance(prompt, str) or _same(before[: len(asked)], asked)) else asked + before
    beside = {key: row[key] for key in BESIDE if key in INPUT and row.get(key) is not None}
    made = {"input": {"messages": whole, **beside}, PREFERENCE[0]: better[-1:], PREFERENCE[1]: worse[-1:]}
    return read_preference(made)[0], made


def _same(some: list[Any], others: list[Any]) -> bool:
    try:
        return some == others
    except RecursionError:
        return False
