"""Safe automatic fixes of a row's form: those that a person would agree to without looking.

developer-to-system     the role "developer" becomes "system"
lower-case-role         "User" becomes "user"
drop-unknown-keys       keys that no service knows are dropped, unless they resemble a known one
drop-empty-keys         optional keys that hold null or an empty list are dropped
drop-misplaced-weight   weights on messages that are not the assistant's are dropped
mend-weight             true, 1.0 and "1" become 1
arguments-as-text       arguments of a call given as an object become JSON in a string
drop-blank-system       blank system messages are dropped
rename-preference-keys  "preferred_completion" becomes "preferred_output"
"""

from collections.abc import Collection, Sequence
from typing import Any

from ftwidgets.data.findings import FixType
from ftwidgets.data.schema.chat import CHAT_KEYS, repair_of_unknown_row_key
from ftwidgets.data.schema.content import PART_TYPES, unknown_part_keys
from ftwidgets.data.schema.formats import detect_format, to_service_format
from ftwidgets.data.schema.messages import to_weight, unknown_keys
from ftwidgets.data.schema.preference import INPUT_KEYS, OLDER_OUTPUTS, OUTPUTS, PREFERENCE_KEYS, has_empty_tools
from ftwidgets.data.schema.roles import OPTIONAL_KEYS, is_blank_system, normalize_role, repair_of_unknown_key
from ftwidgets.data.schema.shared_findings import (
    ARGUMENTS_AS_TEXT,
    DEVELOPER_TO_SYSTEM,
    DROP_BLANK_SYSTEM,
    DROP_EMPTY_KEYS,
    DROP_MISPLACED_WEIGHT,
    DROP_UNKNOWN_KEYS,
    LOWER_CASE_ROLE,
    RENAME_PREFERENCE_KEYS,
    REPAIR_WEIGHT,
)
from ftwidgets.data.schema.tools import TOOL_KEYS, arguments_text

REPAIRS = tuple(
    fix.name
    for fix in (
        DEVELOPER_TO_SYSTEM,
        LOWER_CASE_ROLE,
        DROP_UNKNOWN_KEYS,
        DROP_EMPTY_KEYS,
        DROP_MISPLACED_WEIGHT,
        REPAIR_WEIGHT,
        ARGUMENTS_AS_TEXT,
        DROP_BLANK_SYSTEM,
        RENAME_PREFERENCE_KEYS,
    )
)


def repair_row(value: object, *, only: Collection[str] | None = None) -> tuple[object, list[str]]:
    """Return a row with the safe fixes of its form done, and the names of those that it needed, in the order of `REPAIRS`.

    The value is never changed: it comes back itself if nothing was fixed, and a repaired row shares the parts that need no fix.
    A row of another format (ShareGPT, Hugging Face) that needs a fix comes back in the services' form.
    `only` names the fixes that are wanted; all, if not given.
    """
    if not isinstance(value, dict):
        return value, []
    row_format = detect_format(value)
    if row_format is not None and row_format.is_service_format:
        repairer = _Repairer(REPAIRS if only is None else only)
        row = repairer.chat(value) if row_format.name == "chat" else repairer.preference(value)
        return (row, [name for name in REPAIRS if name in repairer.done]) if repairer.done else (value, [])
    example = to_service_format(value)[2]
    repaired, names = (value, []) if example is None else repair_row(example, only=only)
    return (repaired, names) if names else (value, [])


class _Repairer:
    """Does the fixes that are wanted; `done` are the names of those that were needed."""

    def __init__(self, wanted: Collection[str]) -> None:
        self._wanted = frozenset(wanted)
        self.done: set[str] = set()

    def _does(self, fix: FixType, *, if_needed: bool = True) -> bool:
        """Tell whether a fix is to be done here; if so, it counts as done."""
        if not if_needed or fix.name not in self._wanted:
            return False
        self.done.add(fix.name)
        return True

    def chat(self, row: dict[Any, Any]) -> dict[Any, Any]:
        """Return a chat row repaired."""
        row = self._drop_empty(self._drop_unknown(row, CHAT_KEYS), TOOL_KEYS)
        return {**row, "messages": self._messages(row["messages"])}

    def preference(self, row: dict[Any, Any]) -> dict[Any, Any]:
        """Return a preference row repaired."""
        new_names = {older: name for older, name in OLDER_OUTPUTS.items() if older in row and name not in row}
        if self._does(RENAME_PREFERENCE_KEYS, if_needed=bool(new_names)):
            row = {new_names.get(key, key): value for key, value in row.items()}
        row = self._drop_unknown(row, PREFERENCE_KEYS)
        row_input = row.get("input")
        if isinstance(row_input, dict):
            optional = [key for key in INPUT_KEYS[1:] if not has_empty_tools(row_input, key)]
            row_input = self._drop_empty(self._drop_unknown(row_input, INPUT_KEYS), optional)
            if "messages" in row_input:
                row_input = {**row_input, "messages": self._messages(row_input["messages"])}
            row = {**row, "input": row_input}
        for name in OUTPUTS:
            output = row.get(name)
            if isinstance(output, list) and len(output) == 1:
                row = {**row, name: [self._message(output[0], weighted=False)]}
        return row

    def _drop_unknown(self, row: dict[Any, Any], known: tuple[str, ...]) -> dict[Any, Any]:
        unknown = [key for key in row if key not in known and key not in OLDER_OUTPUTS]
        dropped = [key for key in unknown if repair_of_unknown_row_key(row, key, known)]
        if not self._does(DROP_UNKNOWN_KEYS, if_needed=bool(dropped)):
            return row
        return {key: value for key, value in row.items() if key not in dropped}

    def _drop_empty(self, row: dict[Any, Any], optional: Sequence[str]) -> dict[Any, Any]:
        empty = [key for key in optional if key in row and (row[key] is None or row[key] == [])]
        empty = [key for key in empty if key != "parallel_tool_calls" or row[key] is None]
        if not self._does(DROP_EMPTY_KEYS, if_needed=bool(empty)):
            return row
        return {key: value for key, value in row.items() if key not in empty}

    def _messages(self, messages: Any) -> Any:
        if not isinstance(messages, list):
            return messages
        messages = [self._message(message) for message in messages]
        are_blank = [is_blank_system(message) for message in messages]
        if not self._does(DROP_BLANK_SYSTEM, if_needed=any(are_blank) and not all(are_blank)):
            return messages
        return [message for message, is_blank in zip(messages, are_blank, strict=True) if not is_blank]

    def _message(self, message: Any, *, weighted: bool = True) -> Any:
        role, fix = normalize_role(message.get("role")) if isinstance(message, dict) else (None, None)
        if role is None:
            return message
        repaired = dict(message)
        if fix is not None and self._does(fix):
            repaired["role"] = role
        for key in unknown_keys(message, role):
            if self._does(DROP_UNKNOWN_KEYS, if_needed=repair_of_unknown_key(message, key) is not None):
                del repaired[key]
        if "weight" in repaired and (role != "assistant" or not weighted):
            if self._does(DROP_MISPLACED_WEIGHT):
                del repaired["weight"]
        elif "weight" in repaired:
            weight = to_weight(repaired["weight"])
            if self._does(REPAIR_WEIGHT, if_needed=type(repaired["weight"]) is not int and weight is not None):
                repaired["weight"] = weight
        for key in OPTIONAL_KEYS:
            if key not in repaired or (key == "name" and role == "function"):  # a function message needs its name
                continue
            is_empty = repaired[key] is None or (key == "tool_calls" and repaired[key] == [])
            if self._does(DROP_EMPTY_KEYS, if_needed=is_empty):
                del repaired[key]
        calls = repaired.get("tool_calls")
        if role == "assistant" and isinstance(calls, list):
            repaired["tool_calls"] = [
                {**call, "function": self._function(call["function"])}
                if isinstance(call, dict) and isinstance(call.get("function"), dict)
                else call
                for call in calls
            ]
        if role == "assistant" and isinstance(repaired.get("function_call"), dict):
            repaired["function_call"] = self._function(repaired["function_call"])
        if isinstance(repaired.get("content"), list):
            parts = repaired["content"] = list(repaired["content"])
            for i, part in enumerate(parts):
                unknown = unknown_part_keys(part) if isinstance(part, dict) and part.get("type") in PART_TYPES[role] else []
                if self._does(DROP_UNKNOWN_KEYS, if_needed=bool(unknown)):
                    parts[i] = {key: value for key, value in part.items() if key not in unknown}
        return repaired

    def _function(self, function: dict[str, Any]) -> dict[str, Any]:
        text = arguments_text(function.get("arguments"))
        return {**function, "arguments": text} if self._does(ARGUMENTS_AS_TEXT, if_needed=text is not None) else function
