"""Make examples of the rows of a table: the texts in their cells, or the findings that keep a row from being one.

Rows that are turns of one conversation are joined in `parsers`.
"""

import datetime
import decimal
import numbers
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ftwidgets.data.findings import Finding, FindingType, FixType
from ftwidgets.data.readers.csv import MalformedCell
from ftwidgets.data.readers.source import ParseResult, Repair, RowOrFindings
from ftwidgets.data.rows import Row, TrainingRow
from ftwidgets.data.rules.characters import HALF_CHARACTER
from ftwidgets.data.text import pluralize, quote

EMPTY_CELL = FindingType(
    "empty-cell", "error", title="A required cell is empty",
    why="Without a prompt or a completion the row is no example. It is left out.",
    fix="Fill it in or delete the row.",
)  # fmt: skip
TOO_MANY_CELLS = FindingType(
    "too-many-cells", "error", title="A row has more cells than the header",
    why="Most often a text holds the delimiter and is not in quotes, so its end lies in the next column and would be lost.",
    fix="Put the text in double quotes.",
)  # fmt: skip
DROP_OUTER_QUOTES = FixType("drop-outer-quotes", "take out quotes that became part of a text")
BLANK_BEFORE_QUOTE = FindingType(
    "blank-before-quote", "warning", title="A space before a quote",
    why="The quote does not open a quoted cell then, so the quotes are part of the text, and the model learns to write them.",
    fix="Delete the space between the delimiter and the quote.", repair=DROP_OUTER_QUOTES,
)  # fmt: skip
DROP_BLANK_ROWS = FixType("drop-blank-rows", "leave out empty rows")
BLANK_ROW = FindingType(
    "blank-row", "note", title="Rows with nothing in them",
    why="They are skipped. Spreadsheets leave them behind.",
    fix="Nothing.", repair=DROP_BLANK_ROWS,
)  # fmt: skip
NOT_TEXT = FindingType(
    "not-text", "error", title="A cell holds something that is not text",
    why="A list or an object can be written as text in several ways, so none is guessed. The row is left out.",
    fix="Turn the column into text as it should read.",
)  # fmt: skip
BLANK_CELL = FindingType(
    "blank-cell", "error", title="A cell holds only whitespace",
    why="It looks filled and says nothing: the model would learn to answer with whitespace. The row is left out.",
    fix="Fill it in or delete the row.",
)  # fmt: skip
NUMBERS_AS_TEXT = FindingType(
    "numbers-as-text", "note", title="Numbers and dates are written as text",
    why="A model reads and writes text. 1.0 and 1 are different texts, and pandas writes the first where a column has gaps. A "
        "date is written as 2024-05-01.",
    fix="If they should read differently, turn the column into text first.",
)  # fmt: skip
STRAY_QUOTE = FindingType(
    "stray-quote", "warning", title="A quote inside a quoted cell is not doubled",
    why="To every reader of CSV the cell's quotes end there, so one quote is lost and another is left, and the model learns "
        "the changed text.",
    fix='Write each quote inside a quoted cell twice, as ""in stock"".',
)  # fmt: skip

_REASONS = {"prompt": "every example needs a prompt", "completion": "every example needs an answer"}
_PLAIN_VALUES = (numbers.Number, decimal.Decimal, datetime.date, datetime.time, datetime.timedelta)
_MISSING_HINTS = {
    "DataFrame": ' If the file said "NA" or "None" there, read it with keep_default_na=False.',
    "workbook": " If the cell has a formula, open the file in its program and save it, so that the result is stored.",
}
_FORMULA_ERRORS = {"#N/A", "#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#NULL!", "#NUM!"}


@dataclass
class PlainValues:
    """The cells of one column that are numbers, dates or other values: the first of them as text, and how many of each type."""

    first: str
    where: str
    types: Counter[str] = field(default_factory=Counter)


@dataclass
class CellParser:
    """Makes an example of a row of cells."""

    header: tuple[str, ...]
    positions: dict[str, int]  # which column holds which part
    system: str | None = None  # of rows that have none of their own
    kind: str = "file"  # where the cells are from: file (all are text), DataFrame, workbook or records
    format: str = "table"
    split_at: str = ""  # of a CSV: by which delimiter, in a few words
    plain_values: dict[str, PlainValues] = field(default_factory=dict)  # by part, the cells that are not text

    def __post_init__(self) -> None:
        self.columns = {part: self.header[position] for part, position in self.positions.items()}
        self._width = len(self.header)
        self._prompt, self._completion = self.positions["prompt"], self.positions["completion"]
        self._system, self._group, self._split = (self.positions.get(part, -1) for part in ("system", "group", "split"))
        self._is_two_columns = self._system < 0 and self._group < 0 and self._split < 0

    def restarted(self, repair: Repair | None = None) -> "CellParser":
        """Return the same parser in its first state. Cells are not repaired: the texts of examples are."""
        return replace(self, plain_values={})

    def final_findings(self) -> list[Finding]:
        """Return the notes about columns with numbers, dates or other values in them, the prompt's first."""
        findings = []
        for part in sorted(self.plain_values, reverse=True):
            found, name = self.plain_values[part], self.columns[part]
            types = ", ".join(f"{kind} ({n:,})" if len(found.types) > 1 else kind for kind, n in found.types.most_common())
            message = (
                f"{quote(name)} holds {pluralize(found.types.total(), 'cell')} of type {types}; "
                f"they are written as text, {quote(found.first)} for example ({found.where})."
            )
            fix = "If that is not how they should read, turn the column into text first."
            findings.append(NUMBERS_AS_TEXT(message, fix, field=name))
        return findings

    def parse(self, rows: Iterator[RowOrFindings]) -> Iterator[ParseResult]:
        """Yield an example or findings for each row."""
        parse_row = self.parse_row
        for row in rows:
            yield row if type(row) is list else parse_row(row)  # type: ignore[arg-type]

    def parse_row(self, row: Row) -> ParseResult:
        """Return the row as an example, or the findings that keep it from being one."""
        values = row.values
        if len(values) == self._width:  # the quick way, which most rows of a file take
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
                if self._is_two_columns:
                    return TrainingRow(row, prompt, completion, self.system)
                if type(values[self._system]) is str:  # not a MalformedCell
                    return self._example(row, prompt, completion, ())
        return self._parse_carefully(row)

    def _example(self, row: Row, prompt: str, completion: str, remarks: tuple[Finding, ...]) -> TrainingRow:
        own = "" if self._system < 0 else text_of(value_at(row.values, self._system))
        has_own = bool(own) and not own.isspace()
        group, split = self._stripped(row, self._group), self._stripped(row, self._split)
        return TrainingRow(row, prompt, completion, own if has_own else self.system, has_own, None, group, split, remarks)

    def _stripped(self, row: Row, position: int) -> str | None:
        """Return the value of a group or split column without surrounding whitespace; None where there is none."""
        return (text_of(value_at(row.values, position)).strip() or None) if position >= 0 else None

    def _parse_carefully(self, row: Row) -> ParseResult:
        values = row.values
        if all(is_empty(value) for value in values):
            blank = BLANK_ROW("The row is empty.", "Delete it; it is skipped.")
            return [row.found(blank)]
        remarks = self._malformed_cells(values) if self.kind == "file" else []
        if any(not is_empty(value) for value in values[self._width :]):
            message = f"The row has {len(values)} cells, the header {self._width}{self.split_at}."
            fix = 'A comma (or other delimiter) inside a text needs the whole text in double quotes: "like this, one".'
            too_many = TOO_MANY_CELLS(message, fix, excerpt=str(values[self._width])[:60])
            return [row.found(finding) for finding in (too_many, *remarks)]
        findings = [
            finding
            for part in ("prompt", "completion", "system")
            if part in self.positions and (finding := self._cell_finding(row, part)) is not None
        ]
        if findings:
            return [row.found(finding) for finding in (*findings, *remarks)]
        texts = {}
        for part in ("prompt", "completion"):
            value = value_at(values, self.positions[part])
            texts[part] = text_of(value)
            if not isinstance(value, str):
                column = self.plain_values.setdefault(part, PlainValues(texts[part], row.where))
                type_name = type(value).__name__
                if isinstance(value, datetime.datetime):  # also pandas' own
                    type_name = "date" if _is_date(value) else "datetime"
                column.types[type_name] += 1
            elif self.kind == "file" and value[0] in " \t" and value.lstrip()[0] == value.rstrip()[-1] == '"':
                message = f"{quote(self.columns[part])} has a space before its opening quote, so the quotes became text."
                fix = "Delete the space between the delimiter and the quote."
                remarks.append(BLANK_BEFORE_QUOTE(message, fix, field=self.columns[part], excerpt=value[:60]))
        return self._example(row, texts["prompt"], texts["completion"], tuple(remarks))

    def _cell_finding(self, row: Row, part: str) -> Finding | None:
        value, name = value_at(row.values, self.positions[part]), self.columns[part]
        if is_empty(value):
            if part == "system":
                return None
            fix = f"Fill it in or delete the row; {_REASONS[part]}."
            if isinstance(value, str) and value:
                return BLANK_CELL(f"{quote(name)} holds only whitespace.", fix, field=name, excerpt=value[:60])
            message = f"{quote(name)} is empty."
            if self.positions[part] >= len(row.values):
                n_cells = pluralize(len(row.values), "cell")
                message = f"{quote(name)} is empty: the row has {n_cells}, the header {self._width}{self.split_at}."
            return EMPTY_CELL(message, f"{fix}{_MISSING_HINTS.get(self.kind, '')}", field=name)
        if not isinstance(value, (str, *_PLAIN_VALUES)):
            try:
                shown = repr(value)
            except Exception as error:  # whatever the object's own code does
                shown = f"({type(error).__name__} when shown)"
            message = f"{quote(name)} holds a {type(value).__name__}, not text: {quote(shown, 40)}."
            return NOT_TEXT(message, "Turn it into text first.", field=name)
        if not isinstance(value, str):
            return None
        if self.kind == "workbook" and value in _FORMULA_ERRORS:
            message = f"{quote(name)} holds {value}, the mark of a formula that failed."
            return NOT_TEXT(message, "Repair the formula, or write the text there.", field=name, excerpt=value)
        surrogate = next((c for c in value if "\ud800" <= c <= "\udfff"), None)
        if surrogate is None:
            return None
        message = f"{quote(name)} holds half a character (U+{ord(surrogate):04X}), which no file can store."
        fix = "Read the source again with its right encoding, or delete that character."
        return HALF_CHARACTER(message, fix, field=name, excerpt=value[:60])

    def _malformed_cells(self, values: Sequence[Any]) -> list[Finding]:
        """Return the warnings for cells that a quote inside their quotes has changed."""
        findings = []
        for part in ("system", "prompt", "completion"):
            text = value_at(values, self.positions.get(part, len(values)))
            if isinstance(text, MalformedCell):
                name = self.columns[part]
                message = f"{quote(name)} has a quote inside its quotes that is not doubled; reading made it {quote(text)}."
                fix = 'Write such a quote twice, "like ""this"" one"; then the text is read as it was meant.'
                findings.append(STRAY_QUOTE(message, fix, field=name, excerpt=text[:60]))
        return findings


def drop_outer_quotes(text: str) -> str:
    """Return a text without the quotes that became part of it because whitespace stood before them."""
    bare = text.strip()
    if text[:1] in (" ", "\t") and len(bare) > 1 and bare.startswith('"') and bare.endswith('"'):
        return bare[1:-1].replace('""', '"')
    return text


def value_at(values: Sequence[Any], position: int) -> Any:
    """Return the value of a cell, None where the row is too short."""
    return values[position] if position < len(values) else None


def is_missing(value: object) -> bool:
    """Tell whether a value is None, NaN, NaT or pandas.NA, without importing pandas."""
    if value is None:
        return True
    if isinstance(value, str):
        return False
    return type(value).__name__ == "NAType" or (isinstance(value, _PLAIN_VALUES) and bool(value != value))


def is_empty(value: object) -> bool:
    """Tell whether a cell holds nothing, or nothing but whitespace."""
    return is_missing(value) or (isinstance(value, str) and not value.strip())


def text_of(value: Any) -> str:
    """Return the value of a cell as text, empty where it is missing; a date without a time as `2024-05-01`."""
    if type(value) is str:
        return value
    if is_missing(value):
        return ""
    return value.date().isoformat() if _is_date(value) else str(value)


def _is_date(value: object) -> bool:
    """Tell whether a datetime is a date without a time: Excel and pandas store the midnight it begins with."""
    if not isinstance(value, datetime.datetime):
        return False
    return value.tzinfo is None and value.time() == datetime.time() and not getattr(value, "nanosecond", 0)
