"""What only all rows of a table show: that cells are numbers, dates or other plain values.

Left out: what a row shows by itself (`cells`), and what texts and system prompts say together (`groups`).
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field

from ftwidgets.data.findings import Finding
from ftwidgets.data.rows import Row
from ftwidgets.data.text import pluralize, quote


@dataclass
class Plain:
    """Cells of a column that are no text: how many of each type, and the first of them as it is written, with its place."""

    text: str
    where: str
    kinds: dict[str, int] = field(default_factory=dict)


@dataclass
class Overall:
    """Numbers that grow while rows are read."""

    plain: dict[str, Plain] = field(default_factory=dict)  # by part

    def number(self, part: str, value: object, text: str, row: Row) -> None:
        """Count a cell that is written as text and is none."""
        found = self.plain.get(part)
        if found is None:
            found = self.plain[part] = Plain(text, row.where)
        kind = _kind(value)
        found.kinds[kind] = found.kinds.get(kind, 0) + 1

    def findings(self, columns: Mapping[str, str]) -> list[Finding]:
        """Return what is to be said when all rows have been seen."""
        findings = []
        for part in sorted(self.plain, reverse=True):  # the prompt first
            found, name = self.plain[part], columns[part]
            message = (
                f"{quote(name)} holds {pluralize(sum(found.kinds.values()), 'cell')} of type {_listed(found.kinds)}; "
                f"they are written as text, {quote(found.text)} for example ({found.where})."
            )
            fix = "If that is not how they should read, turn the column into text first."
            findings.append(Finding(id="numbers-as-text", level="note", message=message, fix=fix, field=name))
        return findings


def is_midnight(value: object) -> bool:
    """Tell whether a date is stored as the midnight it begins with, as Excel and pandas store it."""
    if not isinstance(value, datetime.datetime):
        return False
    return value.tzinfo is None and value.time() == datetime.time() and not getattr(value, "nanosecond", 0)


def _kind(value: object) -> str:
    """Return the type of a value; of one that pandas or Excel made, as Python calls it."""
    if isinstance(value, datetime.datetime):
        return "date" if is_midnight(value) else "datetime"
    return type(value).__name__


def _listed(kinds: Mapping[str, int]) -> str:
    """Return `float`; of several types `float (2), date (1)`, the most frequent first."""
    if len(kinds) == 1:
        return next(iter(kinds))
    return ", ".join(f"{kind} ({n:,})" for kind, n in sorted(kinds.items(), key=lambda item: -item[1]))
