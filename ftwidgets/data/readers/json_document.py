"""A JSON file that is one list of records, or an object with such a list under `data`. Left out: files over 200 MB."""

from typing import Any

from ftwidgets.data.findings import Finding
from ftwidgets.data.readers.in_memory import Held
from ftwidgets.data.readers.json_values import not_json, parser
from ftwidgets.data.readers.text_file import Text
from ftwidgets.data.readers.unsupported import other_format
from ftwidgets.data.text import pluralize, quote

LARGEST = 200 * 1024 * 1024
_UNDER = ("data", "train", "rows", "examples")


def read_document(text: Text) -> Held | Finding:
    """Return the records of a JSON file, or the finding that says why there are none."""
    name = text.name
    if text.stamp.size > LARGEST:
        message = f"{quote(name)} is one JSON document of {text.stamp.size / 2**20:,.0f} MB, more than can be read at once."
        return Finding(id="not-readable", level="error", message=message, fix="Write it as JSON Lines: one record a line.")
    with text.open() as file:
        file.seek(text.start)
        raw = file.read()
    try:
        value = parser(long_numbers=text.long_numbers)(raw)
    except (ValueError, RecursionError) as error:
        fault = not_json(raw, error)
        message = fault.message.replace("The line", quote(name), 1)
        line = raw.decode("utf-8", "replace").count("\n", 0, getattr(error, "pos", 0)) + 1
        return Finding(id="not-json", level="error", message=message, fix="Mend the file there.", line=line)
    records = value if isinstance(value, list) else _under(value)
    if records is None or any(not isinstance(record, dict) for record in records[:1]):
        fix = 'Write a list of records, [{"messages": [...]}, ...], or JSON Lines: one record a line.'
        return other_format(name, "JSON, but no list of records", fix)
    return Held(name, records, path=text.path, size=text.stamp.size, from_file=True, notes=_left(name, value, records))


def _left(name: str, value: Any, records: list[Any]) -> list[Finding]:
    """Return the note about other lists of records beside those that are read, such as those of a split."""
    lists = {key: held for key, held in value.items() if _is_list(held)} if isinstance(value, dict) else {}
    read = next((key for key, held in lists.items() if held is records), None)
    others = [f"{quote(key)} ({pluralize(len(held), 'record')})" for key, held in lists.items() if held is not records]
    if read is None or not others:
        return []
    message = f"{quote(name)} is read under {quote(read)}; not used: {', '.join(others[:5])}."
    fix = "Write each list into a file of its own, if it is to be checked too."
    return [Finding(id="ignored-columns", level="note", message=message, fix=fix)]


def _is_list(held: object) -> bool:
    return isinstance(held, list) and bool(held) and isinstance(held[0], dict)


def _under(value: Any) -> list[Any] | None:
    """Return the list of records that an object holds, or the record that it is itself in a list."""
    if not isinstance(value, dict):
        return None
    for key in _UNDER:
        held = value.get(key)
        if _is_list(held):
            return held
    return [value] if {"messages", "conversations", "prompt", "instruction", "input"} & set(value) else None
