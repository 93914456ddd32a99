"""From the cells of a table's row to an example, or to what keeps it from being one.

Left out: where the cells come from, and rows that are turns of one conversation (`turns`).
"""

import datetime
import decimal
import numbers
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ftwidgets.data.findings import Finding
from ftwidgets.data.readers.csv_records import Stray
from ftwidgets.data.readers.plain_values import Overall, is_midnight
from ftwidgets.data.readers.source import Item, Mend
from ftwidgets.data.rows import Fault, Row, TrainingRow
from ftwidgets.data.text import pluralize, quote

_NEEDS = {"prompt": "every example needs a prompt", "completion": "every example needs an answer"}
_PLAIN = (numbers.Number, decimal.Decimal, datetime.date, datetime.time, datetime.timedelta)
_NO_VALUE = {
    "DataFrame": ' If the file said "NA" or "None" there, read it with keep_default_na=False.',
    "workbook": " If the cell has a formula, open the file in its program and save it, so that the result is stored.",
}
_FORMULA_ERRORS = {"#N/A", "#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#NULL!", "#NUM!"}


@dataclass
class CellReader:
    """What makes an example of a row of cells.

    Parameters
    ----------
    header
        The names of the columns.
    places
        Which column holds which part.
    system
        The system prompt of rows that have none of their own.
    kind
        `file` (cells are text), `DataFrame`, `workbook` or `records`.
    """

    header: tuple[str, ...]
    places: dict[str, int]
    system: str | None = None
    kind: str = "file"
    form: str = "table"
    overall: Overall = field(default_factory=Overall)

    def __post_init__(self) -> None:
        self.columns = {part: self.header[place] for part, place in self.places.items()}
        self._width = len(self.header)
        self._prompt, self._completion = self.places["prompt"], self.places["completion"]
        self._system, self._group, self._split = (self.places.get(part, -1) for part in ("system", "group", "split"))
        self._plain = self._system < 0 and self._group < 0 and self._split < 0

    def fresh(self, mend: Mend | None = None) -> "CellReader":
        """Return the same reader as it was before it took a row. Cells are not mended: texts are, when they are examples."""
        return replace(self, overall=Overall())

    def remarks(self) -> list[Finding]:
        """What only all rows together showed."""
        return self.overall.findings(self.columns)

    def units(self, rows: Iterator[Row | list[Finding]]) -> Iterator[Item]:
        """Yield an example or findings for each row."""
        take = self.take
        for row in rows:
            yield row if type(row) is list else take(row)  # type: ignore[arg-type]

    def take(self, row: Row) -> Item:
        """Return the row as an example, or the findings that keep it from being one."""
        values = row.values
        if len(values) == self._width:  # the short way for most rows of a file
            prompt, completion = values[self._prompt], values[self._completion]
            if (
                type(prompt) is str
                and type(completion) is str
                and self.kind == "file"
                and prompt
                and completion
                and not prompt.isspace()
                and not completion.isspace()
                and prompt[0] not in " \t"
                and completion[0] not in " \t"
            ):
                if self._plain:
                    return TrainingRow(row, prompt, completion, self.system)
                if type(values[self._system]) is str:  # no `Stray`
                    return self._usable(row, prompt, completion, ())
        return self._careful(row)

    def _usable(self, row: Row, prompt: str, completion: str, remarks: tuple[Fault, ...]) -> TrainingRow:
        own = "" if self._system < 0 else text_of(value_at(row.values, self._system))
        has_own = bool(own) and not own.isspace()
        return TrainingRow(
            row,
            prompt,
            completion,
            own if has_own else self.system,
            has_own,
            None,
            self._said(row, self._group),
            self._said(row, self._split),
            remarks,
        )

    def _said(self, row: Row, place: int) -> str | None:
        """Return what a group or split column says, without blanks around it; None where it says nothing."""
        return (text_of(value_at(row.values, place)).strip() or None) if place >= 0 else None

    def _careful(self, row: Row) -> Item:
        values = row.values
        if all(is_empty(value) for value in values):
            return [
                row.found(
                    Fault("blank-row", "note", "The row is empty.", "Delete it; it is skipped.", repair="drop-blank-rows")
                )
            ]
        stray = self._stray(values) if self.kind == "file" else []
        if any(not is_empty(value) for value in values[self._width :]):
            return [row.found(fault) for fault in (self._too_many(values), *stray)]
        faults = [
            fault
            for part in ("prompt", "completion", "system")
            if part in self.places and (fault := self._fault(row, part)) is not None
        ]
        if faults:
            return [row.found(fault) for fault in (*faults, *stray)]
        cells = {part: value_at(values, self.places[part]) for part in ("prompt", "completion")}
        texts = {part: text_of(value) for part, value in cells.items()}
        remarks = stray
        for part, value in cells.items():
            if not isinstance(value, str):
                self.overall.number(part, value, texts[part], row)
            elif self.kind == "file" and (fault := self._blank_before_quote(part, value)) is not None:
                remarks.append(fault)
        return self._usable(row, texts["prompt"], texts["completion"], tuple(remarks))

    def _fault(self, row: Row, part: str) -> Fault | None:
        """Return what is wrong with one cell, if anything is."""
        value, name = value_at(row.values, self.places[part]), self.columns[part]
        if is_missing(value) or value == "":
            return None if part == "system" else self._empty(row, part, name)
        if not isinstance(value, (str, *_PLAIN)):
            message = f"{quote(name)} holds a {type(value).__name__}, not text: {quote(_shown(value), 40)}."
            return Fault("not-text", "error", message, "Turn it into text first.", name)
        if not isinstance(value, str):
            return None
        if not value.strip():
            return None if part == "system" else self._blank(part, name, value)
        if self.kind == "workbook" and value in _FORMULA_ERRORS:
            message = f"{quote(name)} holds {value}, the mark of a formula that failed."
            return Fault("not-text", "error", message, "Mend the formula, or write the text there.", name, value)
        half = next((c for c in value if "\ud800" <= c <= "\udfff"), None)
        if half is None:
            return None
        message = f"{quote(name)} holds half a character (U+{ord(half):04X}), which no file can store."
        fix = "Read the source again with its right encoding, or delete that character."
        return Fault("half-character", "error", message, fix, name, value[:60])

    def _empty(self, row: Row, part: str, name: str) -> Fault:
        message = f"{quote(name)} is empty."
        if self.places[part] >= len(row.values):
            message = f"{quote(name)} is empty: the row has {pluralize(len(row.values), 'cell')}, the header {self._width}."
        fix = f"Fill it in or delete the row; {_NEEDS[part]}.{_NO_VALUE.get(self.kind, '')}"
        return Fault("empty-cell", "error", message, fix, name)

    def _blank(self, part: str, name: str, value: str) -> Fault:
        message, fix = f"{quote(name)} holds nothing but blanks.", f"Fill it in or delete the row; {_NEEDS[part]}."
        return Fault("blank-cell", "error", message, fix, name, value[:60])

    def _too_many(self, values: Sequence[Any]) -> Fault:
        message = f"The row has {len(values)} cells, the header {self._width}."
        fix = 'A comma (or other delimiter) inside a text needs the whole text in double quotes: "like this, one".'
        return Fault("too-many-cells", "error", message, fix, excerpt=str(values[self._width])[:60])

    def _stray(self, values: Sequence[Any]) -> list[Fault]:
        """Return the warnings for cells that a quote inside their quotes has changed."""
        faults = []
        for part in ("system", "prompt", "completion"):
            text = value_at(values, self.places.get(part, len(values)))
            if isinstance(text, Stray):
                name = self.columns[part]
                message = f"{quote(name)} has a quote inside its quotes that is not doubled; reading made it {quote(text)}."
                fix = 'Write such a quote twice, "like ""this"" one"; then the text is read as it was meant.'
                faults.append(Fault("stray-quote", "warning", message, fix, name, text[:60]))
        return faults

    def _blank_before_quote(self, part: str, text: str) -> Fault | None:
        """Return the warning for a cell where a blank before a quote made the quotes part of the text."""
        if text[0] not in " \t" or not text.lstrip().startswith('"') or not text.rstrip().endswith('"'):
            return None
        name = self.columns[part]
        message = f"{quote(name)} has a blank before its opening quote, so the quotes became text."
        fix = "Delete the blank between the delimiter and the quote."
        return Fault("blank-before-quote", "warning", message, fix, name, text[:60], "drop-outer-quotes")


def value_at(values: Sequence[Any], place: int) -> Any:
    """Return the value of a cell, None where the row is too short."""
    return values[place] if place < len(values) else None


def is_missing(value: object) -> bool:
    """Tell None, NaN, NaT and pandas.NA from values; no import of pandas needed."""
    if value is None:
        return True
    if isinstance(value, str):
        return False
    return type(value).__name__ == "NAType" or (isinstance(value, _PLAIN) and bool(value != value))


def is_empty(value: object) -> bool:
    """Tell whether a cell holds nothing, or nothing but blanks."""
    return is_missing(value) or (isinstance(value, str) and not value.strip())


def text_of(value: Any) -> str:
    """Return the value of a cell as text, empty where it is missing; a date without a time as `2024-05-01`.

    Excel and pandas store a date as the midnight it begins with.
    """
    if type(value) is str:
        return value
    if is_missing(value):
        return ""
    return value.date().isoformat() if is_midnight(value) else str(value)


def _shown(value: object) -> str:
    try:
        return repr(value)
    except Exception as error:  # whatever the object's own code does
        return f"({type(error).__name__} when shown)"
