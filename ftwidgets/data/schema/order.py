"""A conversation as a whole: who speaks after whom, which call is answered, what is left to learn from.

Sources: two assistant turns in a row are refused by Microsoft Foundry (microsoft-foundry/fine-tuning, report of 2026-03-06:
"contains invalid schema (20)"); two user turns in a row, as any two of one role, by Together's file check ("roles must
alternate"). Tool messages in a row are the answers to parallel calls and right. Two user turns under two names are a
conversation of several people and pass. That each call has its answer before the talk goes on is OpenAI's rule for messages.
A system message that is not the first is refused by few, and odd: a warning.

Left out: single messages (`messages`).
"""

from collections.abc import Iterator, Sequence
from typing import Any

from ftwidgets.data.rows import Fault
from ftwidgets.data.schema.display import shown
from ftwidgets.data.schema.messages import is_simple, message_faults
from ftwidgets.data.schema.roles import PLAIN, Keys, is_blank_system, settled
from ftwidgets.data.text import join_names


def list_faults(messages: object, name: str = "messages") -> Iterator[Fault]:
    """Yield the fault of something that is no list of messages at all."""
    if messages == [] and isinstance(messages, list):
        yield Fault("empty-messages", "error", f'"{name}" is an empty list.', "Delete the row, or write its messages.", name)
    elif not isinstance(messages, list):
        text = f'"{name}" is {shown(messages)}; it must be a list of messages.'
        yield Fault("missing-messages", "error", text, 'Write [{"role": "…", "content": "…"}, …].', name)


def conversation_faults(
    messages: Sequence[Any], keys: Keys = PLAIN, *, called: str = "Message", answered: bool = True, led: bool = False
) -> Iterator[Fault]:
    """Yield what is wrong with a list of messages that is not empty.

    Parameters
    ----------
    messages
        The messages.
    keys
        What their keys are called.
    called
        What one of them is called, before its number.
    answered
        Whether they must end with an answer; the input of a preference row does not.
    led
        Whether a system prompt from elsewhere in the row comes before them.
    """
    droppable = led or any(not is_blank_system(message, keys) for message in messages)
    for number, message in enumerate(messages, start=1):
        if not is_simple(message, keys):
            yield from message_faults(message, f"{called} {number}", keys, droppable=droppable)
    roles = [settled(message.get(keys.role))[0] if isinstance(message, dict) else None for message in messages]
    yield from _order_faults(messages, roles, called)
    yield from _pairing_faults(messages, roles, called)
    if answered:
        yield from _answer_faults(messages, roles, called)


def _order_faults(messages: Sequence[Any], roles: list[str | None], called: str) -> Iterator[Fault]:
    late = next((place for place, role in enumerate(roles) if place and role == "system"), None)
    if late is not None:
        what = (
            "is a second system message"
            if set(roles[:late]) == {"system"}
            else "is a system message, and not the first message"
        )
        fix = "Put all instructions into one system message at the beginning."
        yield Fault("system-not-first", "warning", f"{called} {late + 1} {what}.", fix, "messages")
    for place in range(1, len(roles)):
        role = roles[place]
        if (
            role == roles[place - 1]
            and role in ("user", "assistant")
            and not _apart(messages[place - 1], messages[place], role)
        ):
            text = f"{called}s {place} and {place + 1} are both the {role}'s; services want the turns to alternate."
            yield Fault(
                "same-role-twice", "error", text, "Join them into one message, or add the turn between them.", "messages"
            )


def _apart(first: dict[str, Any], second: dict[str, Any], role: str | None) -> bool:
    """Tell whether two turns of one role are no fault of their own: two people, or a call without its answer."""
    if role == "assistant":
        return bool(first.get("tool_calls")) or first.get("function_call") is not None
    names = first.get("name"), second.get("name")
    return None not in names and names[0] != names[1]


def _pairing_faults(messages: Sequence[Any], roles: list[str | None], called: str) -> Iterator[Fault]:
    """Yield calls without an answer, and answers without a call."""
    waiting: dict[str, int] = {}  # id of a call: number of its message
    unsure = False  # some call or role before is itself at fault: say no more about pairs
    for number, (message, role) in enumerate(zip(messages, roles, strict=True), start=1):
        if role == "tool":
            name = message.get("tool_call_id")
            if not isinstance(name, str) or not name:
                text = f'{called} {number} (tool) has {shown(name) if name is not None else "no"} "tool_call_id".'
                yield Fault("tool-without-call", "error", text, "Name the id of the call that it answers.", "tool_call_id")
                unsure = True
            elif waiting.pop(name, None) is None and not unsure:
                text = f"{called} {number} answers the call {shown(name)}, which no assistant message right before it makes."
                yield Fault("tool-without-call", "error", text, "Correct the id, or delete the message.", "tool_call_id")
            continue
        if not unsure:
            yield from _unanswered(waiting, called)
            yield from _unreturned(messages, roles, number, called)
        ids = _call_ids(message) if role == "assistant" else []
        waiting = dict.fromkeys([name for name in ids if name is not None], number)
        unsure = role is None or None in ids
    if waiting and roles[-1] == "tool" and not unsure:
        yield from _unanswered(waiting, called)


def _call_ids(message: dict[str, Any]) -> list[str | None]:
    calls = message.get("tool_calls")
    if not isinstance(calls, list):
        return [] if calls is None else [None]
    ids = [call.get("id") if isinstance(call, dict) else None for call in calls]
    return [name if isinstance(name, str) and name else None for name in ids]


def _unanswered(waiting: dict[str, int], called: str) -> Iterator[Fault]:
    if waiting:
        number = next(iter(waiting.values()))
        what = "a call" if len(waiting) == 1 else f"{len(waiting)} calls"
        text = f"{called} {number} makes {what} that no tool message answers: {join_names(waiting, 3)}."
        fix = 'Add a message {"role": "tool", "tool_call_id": "…", "content": "…"} for each, right after it.'
        yield Fault("unanswered-tool-call", "error", text, fix, "tool_calls")


def _unreturned(messages: Sequence[Any], roles: list[str | None], number: int, called: str) -> Iterator[Fault]:
    """Yield the fault of an old function call after which the assistant speaks on, as if it had been answered."""
    before = number - 2
    if before < 0 or roles[number - 1] != "assistant" or roles[before] != "assistant":
        return
    if messages[before].get("function_call") is not None:
        text = f"{called} {number - 1} calls a function, and no function message answers it."
        yield Fault("unanswered-tool-call", "error", text, "Add the function message after it.", "function_call")


def _answer_faults(messages: Sequence[Any], roles: list[str | None], called: str) -> Iterator[Fault]:
    """Yield what leaves nothing to learn: no answer, none at the end, or none that counts."""
    if "assistant" not in roles:
        if None not in roles:
            text = "No message is the assistant's, so there is nothing to learn from."
            yield Fault("no-assistant", "error", text, "Add the answer, or delete the row.", "messages")
        return
    if roles[-1] not in ("assistant", None):
        text = f"The last message, number {len(roles)}, is the {roles[-1]}'s; a row ends with the assistant's answer."
        yield Fault("last-not-assistant", "error", text, "Add the answer, or delete what follows the last one.", "messages")
    weights = [message.get("weight") for message, role in zip(messages, roles, strict=True) if role == "assistant"]
    if all(type(weight) is int and weight == 0 for weight in weights):
        text = "Every assistant message has the weight 0, so there is nothing to learn from."
        yield Fault("all-weights-zero", "error", text, "Give at least one the weight 1, or delete the row.", "weight")
