"""The formats of a row of JSON: how each is recognised by its keys, and which function parses it.

To add a format, add a `RowFormat` to `FORMATS`, and write its parser beside those in `chat`: it returns what is
wrong with the row, and the row as services want it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ftwidgets.data.findings import Finding, FindingType
from ftwidgets.data.rows import Example
from ftwidgets.data.schema.chat import (
    CONVERSATION_KEYS,
    is_sharegpt,
    keys_by_name,
    parse_alpaca,
    parse_chat,
    parse_pair,
    parse_sharegpt,
)
from ftwidgets.data.schema.display import closest_name, display
from ftwidgets.data.schema.order import MISSING_MESSAGES
from ftwidgets.data.schema.preference import OLDER_OUTPUTS, OUTPUTS, parse_chosen, parse_preference
from ftwidgets.data.schema.tools import TOOL_KEYS
from ftwidgets.data.text import join_names

Row = dict[Any, Any]
ExampleKind = Literal["chat", "completion", "preference"]


@dataclass(frozen=True)
class RowFormat:
    """A format of rows.

    `parse` returns what is wrong with a row, and the row as services want it; None where it cannot be brought into that form.
    """

    name: str
    keys: str  # as messages show them
    example_kind: ExampleKind  # what its rows become; a file holds rows of one kind
    matches: Callable[[Row], bool]
    parse: Callable[[Row], tuple[Iterator[Finding], Example | None]]
    is_service_format: bool = False  # whether services read it as it is


def _is_pair(row: Row) -> bool:
    names = keys_by_name(row)
    return "completion" in names or ("prompt" in names and not names.keys() & {"chosen", "rejected"})


def _is_pair_of_messages(row: Row) -> bool:
    names = keys_by_name(row)
    return _is_pair(row) and any(isinstance(row.get(names.get(name, name)), list) for name in ("prompt", "completion"))


_CHOSEN = '{"prompt", "chosen", "rejected"}'
_PAIR = '{"prompt", "completion"}'

# In the order in which they are tried: the first that matches is the row's format.
FORMATS = (
    # Hugging Face (TRL)
    RowFormat("preference", _CHOSEN, "preference", lambda row: "chosen" in row and "rejected" in row, parse_chosen),
    RowFormat(
        "chat",
        '{"messages": […]}',
        "chat",
        lambda row: "messages" in row and not is_sharegpt(row["messages"]),
        parse_chat,
        is_service_format=True,
    ),
    RowFormat(
        "preference",
        '{"input", "preferred_output", "non_preferred_output"}',
        "preference",
        lambda row: "messages" not in row and any(key in row for key in (*OUTPUTS, *OLDER_OUTPUTS)),
        parse_preference,
        is_service_format=True,
    ),
    RowFormat(
        "sharegpt",
        '{"conversations": […]}',
        "chat",
        lambda row: is_sharegpt(row.get("messages")) or any(isinstance(row.get(key), list) for key in CONVERSATION_KEYS),
        parse_sharegpt,
    ),
    RowFormat("alpaca", '{"instruction", "input", "output"}', "completion", lambda row: "instruction" in row, parse_alpaca),
    # Hugging Face (TRL)
    RowFormat("chat", _PAIR, "chat", _is_pair_of_messages, parse_pair),
    # the services' old form
    RowFormat("completion", _PAIR, "completion", _is_pair, parse_pair),
    # "chosen" or "rejected" is missing
    RowFormat("preference", _CHOSEN, "preference", lambda row: "prompt" in keys_by_name(row), parse_chosen),
)

EXAMPLE_KINDS: Mapping[str, ExampleKind] = {row_format.name: row_format.example_kind for row_format in FORMATS}

NOT_AN_OBJECT = FindingType(
    "not-an-object", "error", title="A line is JSON, but not an object",
    why="Each line has to be one object in curly brackets; a list of them or plain text is rejected.",
    fix="Write each example as an object on a line of its own.",
)  # fmt: skip
UNKNOWN_SHAPE = FindingType(
    "unknown-shape", "error", title="A row has none of the known forms",
    why="It has none of the keys by which examples are known: `messages`, `prompt` and `completion`, `instruction` and "
        "`output`, `conversations`, or `input` with `preferred_output`.",
    fix="Rename the keys.", arguments=("prompt", "completion"),
)  # fmt: skip


def detect_format(row: Row) -> RowFormat | None:
    """Return the format of a row; None if its keys are those of no format."""
    return next((row_format for row_format in FORMATS if row_format.matches(row)), None)


def to_service_format(row: Row) -> tuple[str, Iterator[Finding], Example | None]:
    """Return the name of a row's format, what is wrong with it, and the row as services read it (right or wrong)."""
    row_format = detect_format(row)
    return ("unknown", unknown_format_findings(row), None) if row_format is None else (row_format.name, *row_format.parse(row))


def unknown_format_findings(row: Row) -> Iterator[Finding]:
    """Yield the finding for a row of no known format, with what it seems to be."""
    if not row:
        yield MISSING_MESSAGES("The row is an empty object.", "Delete the row, or write its messages.", "messages")
    elif "role" in row and "content" in row:
        fix = 'Put all messages of a conversation on one line: {"messages": [{…}, {…}]}.'
        yield MISSING_MESSAGES("The row is a single message.", fix, "messages")
    elif misspelled := next((key for key in row if closest_name(key, ("messages",))), None):
        message = f'The row has no "messages", but the key {display(misspelled)}.'
        yield MISSING_MESSAGES(message, 'Rename the key to "messages".', "messages")
    elif any(key in row for key in TOOL_KEYS):
        yield MISSING_MESSAGES('The row has no "messages".', "Add the messages, or delete the row.", "messages")
    else:
        keys = [key if isinstance(key, str) else display(key) for key in row]
        services_first = sorted(FORMATS, key=lambda row_format: not row_format.is_service_format)
        *known, last = dict.fromkeys(row_format.keys for row_format in services_first)
        fix = f"The known forms are {', '.join(known)} and {last}; rename its keys to those of one."
        yield UNKNOWN_SHAPE(f"The row is of no known form; its keys are {join_names(keys, 6)}.", fix)


def not_an_object(value: object) -> Finding:
    """Return the finding for a line that is JSON, but no object."""
    fix = 'Write each row as an object: {"messages": […]}.'
    if isinstance(value, list):
        fix = "Write one object a line, without brackets around all of them."
    return NOT_AN_OBJECT(f"The line is {display(value)}; a row is an object.", fix)
