"""Which form a row of JSON has, told by its keys.

    chat            {"messages": [{"role", "content"}, …], "tools"?, "functions"?, "parallel_tool_calls"?}
    preference      {"input": {"messages": […]}, "preferred_output": [{…}], "non_preferred_output": [{…}]}
    chosen          {"prompt", "chosen", "rejected"}: Hugging Face's preference rows
    pair            {"prompt", "completion"}: two texts (the services' old form), or two lists of messages (Hugging Face)
    alpaca          {"instruction", "input"?, "output"}
    sharegpt        {"conversations": [{"from", "value"}, …]}

Left out: whether such a row is right.
"""

from collections.abc import Iterator
from typing import Any

from ftwidgets.data.rows import Fault
from ftwidgets.data.schema.display import nearest, shown
from ftwidgets.data.text import join_names

PREFERENCE = ("preferred_output", "non_preferred_output")
OLDER = {"preferred_completion": "preferred_output", "non_preferred_completion": "non_preferred_output"}
TALKS = ("conversations", "conversation")
BESIDE = ("tools", "functions", "parallel_tool_calls")  # what a chat row may have beside its messages
CHAT = ("messages", *BESIDE)

_KNOWN_FORMS = (
    'Known are {"messages": […]}, {"prompt", "completion"}, {"input", "preferred_output", "non_preferred_output"}, '
    '{"prompt", "chosen", "rejected"}, {"instruction", "input", "output"} and {"conversations": […]}; '
    "rename its keys to one of these."
)


def shape_of(row: dict[Any, Any]) -> str | None:
    """Return the form of a row; None if its keys are those of no form."""
    if "chosen" in row and "rejected" in row:
        return "chosen"
    if "messages" in row:
        return "sharegpt" if _is_sharegpt(row["messages"]) else "chat"
    if any(key in row for key in (*PREFERENCE, *OLDER)):
        return "preference"
    if any(isinstance(row.get(key), list) for key in TALKS):
        return "sharegpt"
    if "instruction" in row:
        return "alpaca"
    names = {key.strip().lower() for key in row if isinstance(key, str) and len(key) < 20}
    if "completion" in names or ("prompt" in names and not names & {"chosen", "rejected"}):
        return "pair"
    return "chosen" if "prompt" in names else None


def unknown_faults(row: dict[Any, Any]) -> Iterator[Fault]:
    """Yield the fault of a row of no known form, with what it seems to be."""
    if not row:
        yield Fault(
            "missing-messages", "error", "The row is an empty object.", "Delete the row, or write its messages.", "messages"
        )
    elif "role" in row and "content" in row:
        text, fix = "The row is a single message.", 'Put all messages of a conversation on one line: {"messages": [{…}, {…}]}.'
        yield Fault("missing-messages", "error", text, fix, "messages")
    elif near := next((key for key in row if nearest(key, ("messages",))), None):
        text = f'The row has no "messages", but the key {shown(near)}.'
        yield Fault("missing-messages", "error", text, 'Rename the key to "messages".', "messages")
    elif any(key in row for key in BESIDE):
        yield Fault(
            "missing-messages", "error", 'The row has no "messages".', "Add the messages, or delete the row.", "messages"
        )
    else:
        keys = [key if isinstance(key, str) else shown(key) for key in row]
        yield Fault("unknown-shape", "error", f"The row is of no known form; its keys are {join_names(keys, 6)}.", _KNOWN_FORMS)


def not_an_object(value: object) -> Fault:
    """Return the fault of a line that is JSON and no object."""
    fix = 'Write each row as an object: {"messages": […]}.'
    if isinstance(value, list):
        fix = "Write one object a line, without brackets around all of them."
    return Fault("not-an-object", "error", f"The line is {shown(value)}; a row is an object.", fix)


def _is_sharegpt(messages: object) -> bool:
    first = messages[0] if isinstance(messages, list) and messages else None
    return isinstance(first, dict) and "from" in first and "value" in first and "role" not in first
