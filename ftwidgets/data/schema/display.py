"""Name JSON values in messages: `5`, `null`, `"text"`, `an empty list`; always short. Lists and objects are not shown."""

import json
from collections.abc import Iterable
from difflib import get_close_matches

from ftwidgets.data.text import quote

_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
_MAX_NAME = 40  # a longer key misspells none that is known, and comparing it would take time


def display(value: object, limit: int = 40) -> str:
    """Return a value in a few words."""
    if isinstance(value, str):
        return quote(value, limit)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if abs(value) < 10**18 else "a very large number"
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    if isinstance(value, dict):
        return "an object" if value else "an empty object"
    return f"a {type(value).__name__}"


def closest_name(key: object, known: Iterable[str]) -> str | None:
    """Return the name that `key` seems to misspell: another case, a letter more or less, a plural."""
    if not isinstance(key, str) or len(key) > _MAX_NAME:
        return None
    names = sorted(known)
    found = get_close_matches(key.strip().lower(), names, n=1, cutoff=0.8)
    return found[0] if found else None


def short_key(key: object) -> str | None:
    """Return a key as the field of a finding; None if it is no text, or too long."""
    return key if isinstance(key, str) and len(key) <= _MAX_NAME else None


def to_json(value: object) -> str | None:
    """Return a value as JSON without spaces; None if it cannot be written: a NaN, nested too deep, a type that JSON lacks."""
    try:
        return _ENCODER.encode(value)
    except (ValueError, TypeError, RecursionError):
        return None
