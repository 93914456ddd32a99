"""One line of JSON as a value: by orjson where it is installed, and by Python's own module wherever orjson says no.

So both accept the same lines and read the same values: NaN and Infinity, half characters, keys that are there twice
(the last one counts), numbers of any length. Left out: nesting deeper than `DEEPEST`, which nothing behind here needs.
"""

import json
import re
from collections.abc import Callable
from typing import Any

from ftwidgets.data.rows import Fault
from ftwidgets.data.text import quote

DEEPEST = 100
_LONG_NUMBER = re.compile(rb"[0-9]{19}")
_REASONS = (
    ("Expecting property name", "a name in double quotes is expected"),
    ("Illegal trailing comma", "a comma stands before the closing bracket"),
    ("Extra data", "more follows after the end of the value"),
    ("Unterminated string", "a text is not closed"),
    ("Invalid control character", "a control character stands in a text"),
    ("Invalid \\escape", "a backslash stands before a character that needs none"),
    ("Invalid \\uXXXX", "\\u is not followed by four hexadecimal digits"),
    ("Expecting ',' delimiter", "a comma or a closing bracket is expected"),
    ("Expecting ':' delimiter", "a colon is expected"),
    ("Expecting value", "a value is expected"),
    ("Unexpected UTF-8 BOM", "a byte order mark stands in the middle of the file"),
)


def parser(*, long_numbers: bool = True) -> Callable[[bytes], Any]:
    """Return a function that reads a line of JSON; it raises ValueError or RecursionError for what is none.

    `long_numbers` tells whether the file may hold numbers of 19 digits or more, which orjson rounds.
    """
    try:
        import orjson
    except ImportError:
        return _careful
    quick = orjson.loads

    def parse(raw: bytes) -> Any:
        if raw.count(b"[") + raw.count(b"{") > DEEPEST or (long_numbers and _LONG_NUMBER.search(raw)):
            return _careful(raw)
        try:
            return quick(raw)
        except ValueError:
            return _careful(raw)

    return parse


def _careful(raw: bytes) -> Any:
    text = raw.decode("utf-8")
    value = json.loads(text, parse_int=_integer)
    if raw.count(b"[") + raw.count(b"{") > DEEPEST and _depth(value) > DEEPEST:
        raise RecursionError
    return value


def _integer(digits: str) -> int | float:
    """Return an integer; one longer than Python turns into text again as the float it is near to."""
    return int(digits) if len(digits) < 4300 else float(digits)


def _depth(value: object) -> int:
    """Return how deep lists and objects stand in each other."""
    depth, level = 0, [value]
    while level:
        inner: list[object] = []
        for item in level:
            if isinstance(item, dict):
                inner += item.values()
            elif isinstance(item, list):
                inner += item
        depth += any(isinstance(item, (dict, list)) for item in level)
        level = inner
    return depth


def not_json(raw: bytes, error: Exception) -> Fault:
    """Return the fault of a line that is no JSON, with where and why."""
    whole = raw.decode("utf-8", "replace")
    text = whole.strip()
    if isinstance(error, RecursionError):
        message = f"The line nests lists and objects deeper than {DEEPEST} levels."
        return Fault("not-json", "error", message, "Write it flatter; a row is messages with texts.", excerpt=text[:60])
    place, reason = 0, "it cannot be read"
    if isinstance(error, json.JSONDecodeError):
        place = error.pos
        reason = next((words for start, words in _REASONS if error.msg.startswith(start)), error.msg.lower())
    rest = whole[place:].rstrip()
    near = f", before {quote(rest[:20], 20)}" if rest else ", at its end"
    message = f"The line is not JSON: {reason} at character {place + 1:,}{near}."
    return Fault("not-json", "error", message, _advice(text), excerpt=text[:60])


def _advice(text: str) -> str:
    if text.startswith(("{'", "{ '")):
        return 'Write names and texts in double quotes: {"messages": [...]}; json.dumps does.'
    if text in ("[", "]", "{", "}", "],", "},") or text.endswith(("{", "[")):
        return "Write each record on one line, without brackets around all of them."
    if text.endswith("},"):
        return "Delete the comma at the end of the line; lines stand by themselves."
    return "Mend the line, or delete it; each line is one JSON object."
