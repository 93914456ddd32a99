"""Safe repairs of a row's form: such as a person would agree to without looking.

    developer-to-system     the role "developer" becomes "system"
    lower-case-role         "User" becomes "user"
    drop-unknown-keys       keys that no service knows go, unless they look like a known one
    drop-empty-keys         optional keys that hold null or an empty list go
    drop-misplaced-weight   weights on what is not the assistant's go
    mend-weight             true, 1.0 and "1" become 1
    arguments-as-text       arguments of a call given as an object become JSON in a string
    drop-blank-system       system messages that say nothing go
    rename-preference-keys  "preferred_completion" becomes "preferred_output"

Left out: repairs of texts, and whatever would need a guess.
"""

from collections.abc import Collection, Sequence
from typing import Any

from ftwidgets.data.schema.chat import is_extra
from ftwidgets.data.schema.content import ACCEPTED, loose_part_keys
from ftwidgets.data.schema.formats import BESIDE, CHAT, OLDER, PREFERENCE, shape_of
from ftwidgets.data.schema.messages import mended_weight, unknown_keys
from ftwidgets.data.schema.parse import in_service_form
from ftwidgets.data.schema.preference import INPUT, KEYS, is_no_tools
from ftwidgets.data.schema.roles import OPTIONAL, is_blank_system, is_loose, settled
from ftwidgets.data.schema.tools import arguments_text

REPAIRS = (
    "developer-to-system",
    "lower-case-role",
    "drop-unknown-keys",
    "drop-empty-keys",
    "drop-misplaced-weight",
    "mend-weight",
    "arguments-as-text",
    "drop-blank-system",
    "rename-preference-keys",
)


class _Work:
    """Which repairs are wanted, and which were needed and done."""

    def __init__(self, only: Collection[str] | None) -> None:
        self._wanted = frozenset(REPAIRS if only is None else only)
        self.done: set[str] = set()

    def does(self, name: str, *, needed: bool = True) -> bool:
        """Tell whether a repair is to be done here; if so, it counts as done."""
        if not needed or name not in self._wanted:
            return False
        self.done.add(name)
        return True


def repair_row(value: object, *, only: Collection[str] | None = None) -> tuple[object, list[str]]:
    """Return a row with the safe repairs of its form done, and the names of those that it needed.

    A row of another kind (ShareGPT, Hugging Face) that needs one comes back in the services' form.

    Parameters
    ----------
    value
        What a line of JSON says. It is never changed; the result shares the parts that need no repair.
    only
        Names of the repairs that are wanted; all, if not given.

    Returns
    -------
    tuple
        The row (the same object if nothing was repaired) and the names, in the order of `REPAIRS`.
    """
    if not isinstance(value, dict):
        return value, []
    shape = shape_of(value)
    if shape in ("chat", "preference"):
        work = _Work(only)
        row = _chat(value, work) if shape == "chat" else _preference(value, work)
        return (row, [name for name in REPAIRS if name in work.done]) if work.done else (value, [])
    example = in_service_form(value)[2]
    mended, names = (value, []) if example is None else repair_row(example, only=only)
    return (mended, names) if names else (value, [])


def _chat(row: dict[Any, Any], work: _Work) -> dict[Any, Any]:
    row = _without_empty(_without_extra(row, CHAT, work), BESIDE, work)
    return {**row, "messages": _conversation(row["messages"], work)}


def _preference(row: dict[Any, Any], work: _Work) -> dict[Any, Any]:
    row = _without_extra(_renamed(row, work), KEYS, work)
    given = row.get("input")
    if isinstance(given, dict):
        optional = [key for key in INPUT[1:] if not is_no_tools(given, key)]
        given = _without_empty(_without_extra(given, INPUT, work), optional, work)
        if "messages" in given:
            given = {**given, "messages": _conversation(given["messages"], work)}
        row = {**row, "input": given}
    for name in PREFERENCE:
        output = row.get(name)
        if isinstance(output, list) and len(output) == 1:
            row = {**row, name: [_message(output[0], work, weighted=False)]}
    return row


def _renamed(row: dict[Any, Any], work: _Work) -> dict[Any, Any]:
    """Give the outputs the names that services read, in the place where they stand."""
    names = {older: name for older, name in OLDER.items() if older in row and name not in row}
    if not work.does("rename-preference-keys", needed=bool(names)):
        return row
    return {names.get(key, key): held for key, held in row.items()}


def _without_extra(row: dict[Any, Any], known: tuple[str, ...], work: _Work) -> dict[Any, Any]:
    extra = [key for key in row if key not in known and key not in OLDER and is_extra(row, key, known)]
    if not work.does("drop-unknown-keys", needed=bool(extra)):
        return row
    return {key: held for key, held in row.items() if key not in extra}


def _without_empty(row: dict[Any, Any], optional: Sequence[str], work: _Work) -> dict[Any, Any]:
    """Leave out optional keys that hold nothing."""
    empty = [key for key in optional if key in row and (row[key] is None or row[key] == [])]
    empty = [key for key in empty if key != "parallel_tool_calls" or row[key] is None]
    if not work.does("drop-empty-keys", needed=bool(empty)):
        return row
    return {key: held for key, held in row.items() if key not in empty}


def _conversation(messages: Any, work: _Work) -> Any:
    if not isinstance(messages, list):
        return messages
    messages = [_message(message, work) for message in messages]
    blank = [is_blank_system(message) for message in messages]
    if not work.does("drop-blank-system", needed=any(blank) and not all(blank)):
        return messages
    return [message for message, is_blank in zip(messages, blank, strict=True) if not is_blank]


def _message(message: Any, work: _Work, *, weighted: bool = True) -> Any:
    role, repair = settled(message.get("role")) if isinstance(message, dict) else (None, None)
    if role is None:
        return message
    mended = dict(message)
    if repair is not None and work.does(repair):
        mended["role"] = role
    for key in unknown_keys(message, role):
        if work.does("drop-unknown-keys", needed=is_loose(message, key)):
            del mended[key]
    if "weight" in mended:
        _mend_weight(mended, work, misplaced=role != "assistant" or not weighted)
    for key in OPTIONAL:
        if work.does("drop-empty-keys", needed=_is_empty_option(mended, key, role)):
            del mended[key]
    if role == "assistant":
        _mend_calls(mended, work)
    if isinstance(mended.get("content"), list):
        mended["content"] = [_part(part, role, work) for part in mended["content"]]
    return mended


def _mend_weight(message: dict[str, Any], work: _Work, *, misplaced: bool) -> None:
    weight = message["weight"]
    if misplaced:
        if work.does("drop-misplaced-weight"):
            del message["weight"]
        return
    plain = mended_weight(weight)
    if work.does("mend-weight", needed=type(weight) is not int and plain is not None):
        message["weight"] = plain


def _is_empty_option(message: dict[str, Any], key: str, role: str) -> bool:
    """Tell whether an optional key holds nothing; a function message needs its name."""
    if key not in message or (key == "name" and role == "function"):
        return False
    return message[key] is None or (key == "tool_calls" and message[key] == [])


def _mend_calls(message: dict[str, Any], work: _Work) -> None:
    calls = message.get("tool_calls")
    if isinstance(calls, list):
        message["tool_calls"] = [_called(call, work) for call in calls]
    if isinstance(message.get("function_call"), dict):
        message["function_call"] = _with_text(message["function_call"], work)


def _called(call: Any, work: _Work) -> Any:
    if isinstance(call, dict) and isinstance(call.get("function"), dict):
        return {**call, "function": _with_text(call["function"], work)}
    return call


def _with_text(function: dict[str, Any], work: _Work) -> dict[str, Any]:
    text = arguments_text(function.get("arguments"))
    if not work.does("arguments-as-text", needed=text is not None):
        return function
    return {**function, "arguments": text}


def _part(part: Any, role: str, work: _Work) -> Any:
    loose = loose_part_keys(part) if isinstance(part, dict) and part.get("type") in ACCEPTED[role] else []
    if not work.does("drop-unknown-keys", needed=bool(loose)):
        return part
    return {key: held for key, held in part.items() if key not in loose}
