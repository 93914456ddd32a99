"""Parse lines of JSON with orjson where it is installed, and with Python's own module wherever orjson rejects.

So both accept the same lines and read the same values: NaN and Infinity, lone surrogates, repeated keys (the last one counts),
numbers of any length. Left out: nesting deeper than `MAX_DEPTH`, which nothing behind here needs.
"""

import json
import re
from collections.abc import Callable
from typing import Any

MAX_DEPTH = 100
_LONG_NUMBER = re.compile(rb"[0-9]{19}")


def json_parser(*, long_numbers: bool = True) -> Callable[[bytes], Any]:
    """Return a function that parses a line of JSON; it raises ValueError or RecursionError for any other line.

    `long_numbers` tells whether the file may hold numbers of 19 digits or more, which orjson rounds.
    """
    try:
        import orjson
    except ImportError:
        return _parse_carefully
    loads = orjson.loads

    def parse(raw: bytes) -> Any:
        if raw.count(b"[") + raw.count(b"{") > MAX_DEPTH or (long_numbers and _LONG_NUMBER.search(raw)):
            return _parse_carefully(raw)
        try:
            return loads(raw)
        except ValueError:
            return _parse_carefully(raw)

    return parse


def _parse_carefully(raw: bytes) -> Any:
    value = json.loads(raw.decode("utf-8"), parse_int=_parse_int)
    if raw.count(b"[") + raw.count(b"{") > MAX_DEPTH and _depth(value) > MAX_DEPTH:
        raise RecursionError
    return value


def _parse_int(digits: str) -> int | float:
    """Return an integer; one longer than Python turns into text again becomes the nearest float."""
    return int(digits) if len(digits) < 4300 else float(digits)


def _depth(value: object) -> int:
    """Return how deep lists and objects are nested."""
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
