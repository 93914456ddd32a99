"""One row at a time: is it a usable example, and if not, why. Left out: what only several rows together can show."""

import datetime
import decimal
import numbers
from dataclasses import dataclass
from typing import Any

from ftwidgets.prep.columns import Columns
from ftwidgets.prep.findings import Finding
from ftwidgets.prep.report import Example
from ftwidgets.prep.table import Row, Table
from ftwidgets.prep.words import counted, fold, quoted

_NEEDS = {"prompt": "every example needs a prompt", "completion": "every example needs an answer"}
_PLAIN = (numbers.Number, decimal.Decimal, datetime.date, datetime.time, datetime.timedelta)


@dataclass(frozen=True)
class Usable:
    """A row that can be trained on, as text."""

    row: Row
    prompt: str
    completion: str
    system: str | None
    own_system: bool = False  # True if the system prompt is the row's own

    @property
    def key(self) -> tuple[str, str]:
        """What makes two questions the same: the prompt under its system prompt, folded."""
        return (fold(self.system or ""), fold(self.prompt))

    @property
    def example(self) -> Example:
        """The row as a chat example."""
        turns = [("system", self.system), ("user", self.prompt), ("assistant", self.completion)]
        return {"messages": [{"role": role, "content": text} for role, text in turns if text is not None]}


def take(row: Row, table: Table, columns: Columns, system: str | None) -> Usable | list[Finding]:
    """Return the row as an example, or the findings that keep it from being one.

    `system` is the system prompt of rows that have none of their own.
    """
    values = row.values
    if all(_is_blank(value) for value in values):
        return [row.finding("blank-row", "note", "The row is empty.", "Delete it; it is skipped.")]
    extra = values[len(table.header) :]
    if any(not _is_blank(value) for value in extra):
        return [_too_many(row, len(table.header))]
    findings = []
    for part, place in (("prompt", columns.prompt), ("completion", columns.completion), ("system", columns.system)):
        if place is not None and (fault := _fault(row, part, place, table)) is not None:
            findings.append(fault)
    if findings:
        return findings
    own = "" if columns.system is None else _text(_value(row, columns.system))
    return Usable(
        row=row,
        prompt=_text(_value(row, columns.prompt)),
        completion=_text(_value(row, columns.completion)),
        system=own if own.strip() else system,
        own_system=bool(own.strip()),
    )


def is_number(row: Row, place: int) -> bool:
    """Tell whether the cell holds something other than text that is written as text (a number, a date)."""
    value = _value(row, place)
    return not isinstance(value, str) and isinstance(value, _PLAIN) and not _is_missing(value)


def _fault(row: Row, part: str, place: int, table: Table) -> Finding | None:
    """Return what is wrong with one cell, if anything is."""
    value, field = _value(row, place), table.header[place]
    if _is_missing(value) or value == "":
        return None if part == "system" else _empty(row, part, field, table, short=place >= len(row.values))
    if not isinstance(value, (str, *_PLAIN)):
        message = f"{quoted(field)} holds a {type(value).__name__}, not text: {quoted(repr(value), 40)}."
        return row.finding("not-text", "error", message, "Turn it into text first.", field=field)
    if not isinstance(value, str):
        return None
    if not value.strip():
        if part == "system":
            return None
        message, fix = f"{quoted(field)} holds nothing but blanks.", f"Fill it in or delete the row; {_NEEDS[part]}."
        return row.finding("blank-cell", "error", message, fix, field=field, excerpt=value[:60])
    half = next((c for c in value if "\ud800" <= c <= "\udfff"), None)
    if half is not None:
        message = f"{quoted(field)} holds half a character (U+{ord(half):04X}), which no file can store."
        fix = "Read the source again with its right encoding, or delete that character."
        return row.finding("half-character", "error", message, fix, field=field, excerpt=value[:60])
    return None


def _empty(row: Row, part: str, field: str, table: Table, *, short: bool) -> Finding:
    message = f"{quoted(field)} is empty."
    if short:
        message = f"{quoted(field)} is empty: the row has {counted(len(row.values), 'cell')}, the header {len(table.header)}."
    fix = f"Fill it in or delete the row; {_NEEDS[part]}."
    if not table.from_file:
        fix += ' If the file said "NA" or "None" there, read it with keep_default_na=False.'
    return row.finding("empty-cell", "error", message, fix, field=field)


def _too_many(row: Row, expected: int) -> Finding:
    message = f"The row has {len(row.values)} cells, the header {expected}."
    fix = 'A comma (or other delimiter) inside a text needs the whole text in double quotes: "like this, one".'
    return row.finding("too-many-cells", "error", message, fix, excerpt=str(row.values[expected])[:60])


def _value(row: Row, place: int) -> Any:
    return row.values[place] if place < len(row.values) else None


def _is_missing(value: object) -> bool:
    """Tell None, NaN, NaT and pandas.NA from values; no import of pandas needed."""
    if value is None:
        return True
    if isinstance(value, str):
        return False
    return type(value).__name__ == "NAType" or (isinstance(value, _PLAIN) and value != value)


def _is_blank(value: object) -> bool:
    return _is_missing(value) or (isinstance(value, str) and not value.strip())


def _text(value: Any) -> str:
    return "" if _is_missing(value) else str(value)
