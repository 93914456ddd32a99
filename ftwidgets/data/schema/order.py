"""Check the order of messages in a conversation: the roles alternate, each call is answered, the assistant answers last.

Sources: two assistant turns in a row are rejected by Microsoft Foundry (microsoft-foundry/fine-tuning, report of 2026-03-06:
"contains invalid schema (20)"); two user turns in a row, as any two of one role, by Together's file check ("roles must
alternate"). Tool messages in a row are right: they answer parallel calls. Two user turns under two names are right too: a
conversation of several people. That each call has its answer before the conversation goes on is OpenAI's rule for messages.
A system message that is not the first is rejected by few services, so it is a warning.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from ftwidgets.data.findings import Finding, FindingType
from ftwidgets.data.schema.display import display
from ftwidgets.data.schema.messages import is_simple, message_findings
from ftwidgets.data.schema.roles import MESSAGE_KEYS, MessageKeys, is_blank_system, normalize_role
from ftwidgets.data.text import join_names

EMPTY_MESSAGES = FindingType(
    "empty-messages", "error", title="A conversation has no turns",
    why="There is nothing to read and nothing to learn.",
    fix="Fill it in or delete the row.",
)  # fmt: skip
MISSING_MESSAGES = FindingType(
    "missing-messages", "error", title="A chat row has no messages",
    why="Its other keys are those of a chat row, but the conversation is missing.",
    fix="Add `messages`, a list of turns.",
)  # fmt: skip
SYSTEM_NOT_FIRST = FindingType(
    "system-not-first", "warning", title="A system prompt in the middle",
    why="Most models expect it as the first message.",
    fix="Move it to the beginning.",
)  # fmt: skip
UNANSWERED_TOOL_CALL = FindingType(
    "unanswered-tool-call", "error", title="A tool call without its result",
    why="Every call has to be followed by a `tool` message with its id, before any other message.",
    fix="Add the result.",
)  # fmt: skip
LAST_NOT_ASSISTANT = FindingType(
    "last-not-assistant", "error", title="The last turn is not the assistant's",
    why="A question at the end has no answer to learn.",
    fix="Add the answer or delete the last turn.",
)  # fmt: skip
ALL_WEIGHTS_ZERO = FindingType(
    "all-weights-zero", "error", title="Every answer has the weight 0",
    why="Then nothing of the row is learned.",
    fix="Give at least one answer the weight 1, or delete the row.",
)  # fmt: skip
SAME_ROLE_TWICE = FindingType(
    "same-role-twice", "error", title="Two turns of one role in a row",
    why="Chat templates of many models expect user and assistant to take turns, and reject the row or join the two.",
    fix="Join the two into one turn.",
)  # fmt: skip
NO_ASSISTANT = FindingType(
    "no-assistant", "error", title="The assistant does not answer",
    why="Training teaches what the assistant says. In a row without it there is nothing to learn, and services reject it.",
    fix="Add the answer or delete the row.",
)  # fmt: skip
TOOL_WITHOUT_CALL = FindingType(
    "tool-without-call", "error", title="A tool's result without a call",
    why="Its `tool_call_id` is that of no call before it.",
    fix="Add the call, or correct the id.",
)  # fmt: skip


def list_findings(messages: object, name: str = "messages") -> Iterator[Finding]:
    """Yield the finding for something that is no list of messages, or an empty one."""
    if messages == [] and isinstance(messages, list):
        yield EMPTY_MESSAGES(f'"{name}" is an empty list.', "Delete the row, or write its messages.", field=name)
    elif not isinstance(messages, list):
        text = f'"{name}" is {display(messages)}; it must be a list of messages.'
        yield MISSING_MESSAGES(text, 'Write [{"role": "…", "content": "…"}, …].', field=name)


def conversation_findings(
    messages: Sequence[Any],
    keys: MessageKeys = MESSAGE_KEYS,
    *,
    label: str = "Message",
    needs_answer: bool = True,
    has_system: bool = False,
) -> Iterator[Finding]:
    """Yield what is wrong with a list of messages that is not empty; `label` is what one is called, before its number.

    `needs_answer` is False for the input of a preference row, which need not end with an answer. `has_system` tells whether a
    system prompt from elsewhere in the row comes before the messages.
    """
    droppable = has_system or any(not is_blank_system(message, keys) for message in messages)
    for number, message in enumerate(messages, start=1):
        if not is_simple(message, keys):
            yield from message_findings(message, f"{label} {number}", keys, droppable=droppable)
    roles = [normalize_role(message.get(keys.role))[0] if isinstance(message, dict) else None for message in messages]
    yield from _order_findings(messages, roles, label)
    yield from _call_findings(messages, roles, label)
    if needs_answer:
        yield from _answer_findings(messages, roles, label)


def _order_findings(messages: Sequence[Any], roles: list[str | None], label: str) -> Iterator[Finding]:
    late = next((position for position, role in enumerate(roles) if position and role == "system"), None)
    if late is not None:
        is_second = set(roles[:late]) == {"system"}
        what = "is a second system message" if is_second else "is a system message, and not the first message"
        fix = "Put all instructions into one system message at the beginning."
        yield SYSTEM_NOT_FIRST(f"{label} {late + 1} {what}.", fix, field="messages")
    for position in range(1, len(roles)):
        role, first, second = roles[position], messages[position - 1], messages[position]
        if role != roles[position - 1] or role not in ("user", "assistant"):
            continue
        if role == "assistant" and (first.get("tool_calls") or first.get("function_call") is not None):
            continue  # the missing answer to the call is reported
        names = first.get("name"), second.get("name")
        if role == "user" and None not in names and names[0] != names[1]:
            continue  # two people
        text = f"{label}s {position} and {position + 1} are both the {role}'s; services want the turns to alternate."
        yield SAME_ROLE_TWICE(text, "Join them into one message, or add the turn between them.", field="messages")


def _call_findings(messages: Sequence[Any], roles: list[str | None], label: str) -> Iterator[Finding]:
    open_calls: dict[str, int] = {}  # id of a call: number of its message
    unsure = False  # a call or a role before is wrong itself, so calls and answers cannot be matched
    for number, (message, role) in enumerate(zip(messages, roles, strict=True), start=1):
        if role == "tool":
            name = message.get("tool_call_id")
            if not isinstance(name, str) or not name:
                text = f'{label} {number} (tool) has {display(name) if name is not None else "no"} "tool_call_id".'
                yield TOOL_WITHOUT_CALL(text, "Name the id of the call that it answers.", field="tool_call_id")
                unsure = True
            elif open_calls.pop(name, None) is None and not unsure:
                text = f"{label} {number} answers the call {display(name)}, which no assistant message right before it makes."
                yield TOOL_WITHOUT_CALL(text, "Correct the id, or delete the message.", field="tool_call_id")
            continue
        if not unsure:
            yield from _unanswered_calls(open_calls, label)
            before = messages[number - 2] if number > 1 and role == "assistant" and roles[number - 2] == "assistant" else {}
            if before.get("function_call") is not None:  # the old form of a call
                text = f"{label} {number - 1} calls a function, and no function message answers it."
                yield UNANSWERED_TOOL_CALL(text, "Add the function message after it.", field="function_call")
        calls = message.get("tool_calls") if role == "assistant" else None
        ids: list[str | None] = [] if calls is None else [None]  # calls that are no list cannot be matched either
        if isinstance(calls, list):
            named = (call.get("id") if isinstance(call, dict) else None for call in calls)
            ids = [name if isinstance(name, str) and name else None for name in named]
        open_calls = dict.fromkeys([name for name in ids if name is not None], number)
        unsure = role is None or None in ids
    if open_calls and roles[-1] == "tool" and not unsure:
        yield from _unanswered_calls(open_calls, label)


def _unanswered_calls(open_calls: dict[str, int], label: str) -> Iterator[Finding]:
    if open_calls:
        number = next(iter(open_calls.values()))
        what = "a call" if len(open_calls) == 1 else f"{len(open_calls)} calls"
        text = f"{label} {number} makes {what} that no tool message answers: {join_names(open_calls, 3)}."
        fix = 'Add a message {"role": "tool", "tool_call_id": "…", "content": "…"} for each, right after it.'
        yield UNANSWERED_TOOL_CALL(text, fix, field="tool_calls")


def _answer_findings(messages: Sequence[Any], roles: list[str | None], label: str) -> Iterator[Finding]:
    """Yield what leaves nothing to learn from: no answer, none at the end, or only answers of weight 0."""
    if "assistant" not in roles:
        if None not in roles:
            text = "No message is the assistant's, so there is nothing to learn from."
            yield NO_ASSISTANT(text, "Add the answer, or delete the row.", field="messages")
        return
    if roles[-1] not in ("assistant", None):
        text = f"The last message, number {len(roles)}, is the {roles[-1]}'s; a row ends with the assistant's answer."
        yield LAST_NOT_ASSISTANT(text, "Add the answer, or delete what follows the last one.", field="messages")
    weights = [message.get("weight") for message, role in zip(messages, roles, strict=True) if role == "assistant"]
    if all(type(weight) is int and weight == 0 for weight in weights):
        text = "Every assistant message has the weight 0, so there is nothing to learn from."
        yield ALL_WEIGHTS_ZERO(text, "Give at least one the weight 1, or delete the row.", field="weight")
