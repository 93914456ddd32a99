"""Make examples of rows that hold more than one prompt and its answer; `table` does so of all others.

`RecordParser`: rows of JSON, dicts in a list, rows of a DataFrame that hold lists of messages. `RecordsAsTable`: flat records,
as rows of cells. `ConversationParser`: neighbouring rows of a table that are the turns of one
conversation, named by a column; where rows of several are mixed, each part is a conversation by itself, with a warning.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ftwidgets.data import schema
from ftwidgets.data.findings import Finding, FindingType
from ftwidgets.data.readers.source import ParseResult, Repair, RowOrFindings, RowSource
from ftwidgets.data.readers.table import CellParser, text_of, value_at
from ftwidgets.data.rows import Row, TrainingRow
from ftwidgets.data.text import quote

MIXED_FORMS = FindingType(
    "mixed-forms", "error", title="Rows of different forms in one file",
    why="A service trains on one kind: chat, preference, or prompt and completion. Rows of another kind are rejected.",
    fix="Put each form into a file of its own.",
)  # fmt: skip
CONVERSATION_INTERRUPTED = FindingType(
    "conversation-interrupted", "warning", title="A conversation goes on after rows of another",
    why="Rows of one conversation are turns only where they follow each other. Its rows further down become a conversation of "
        "their own that begins in the middle.",
    fix="Sort the table by the conversation, keeping the order of its turns.",
)  # fmt: skip

_KIND_NAMES = {"chat": "chat", "completion": "prompt and completion", "preference": "preference"}
_MAPPING_HINT = ' Or say which of its keys they are: prompt="...", completion="...".'


@dataclass
class RecordParser:
    """Makes an example of a record; one that becomes another kind of example than the first record is rejected."""

    system: str | None = None  # of records that have none of their own
    columns: dict[str, str] = field(default_factory=dict)  # the keys of group and split, which are no part of the example
    format: str = "unknown"  # of the first record, such as alpaca
    header: tuple[str, ...] = ()
    repair: Repair | None = None  # applied to each record before it is parsed

    def __post_init__(self) -> None:
        self._example_kind = schema.EXAMPLE_KINDS.get(self.format)

    def restarted(self, repair: Repair | None = None) -> "RecordParser":
        """Return the same parser in its first state; `repair` is applied to each record before it is parsed."""
        return replace(self, repair=repair)

    def final_findings(self) -> list[Finding]:
        """Return nothing: a record is judged by itself."""
        return []

    def parse(self, rows: Iterator[RowOrFindings]) -> Iterator[ParseResult]:
        """Yield an example or findings for each row."""
        parse_row, parse_record, system, example_kind = self._parse_row, schema.parse_row, self.system, self._example_kind
        example_kinds = schema.EXAMPLE_KINDS
        is_simple = self.repair is None and not self.columns and example_kind is not None
        for row in rows:
            if type(row) is list:
                yield row
            elif is_simple:  # the quick way, which most rows take
                kind, findings, example, prompt, completion, prompted, own = parse_record(row.values, system)  # type: ignore[union-attr]
                if not findings and example is not None and (kind == example_kind or example_kinds.get(kind) == example_kind):
                    yield TrainingRow(row, prompt, completion, prompted, own, example)  # type: ignore[arg-type]
                else:
                    yield parse_row(row)  # type: ignore[arg-type]
            else:
                yield parse_row(row)  # type: ignore[arg-type]

    def _parse_row(self, row: Row) -> ParseResult:
        value, texts = row.values, dict[str, str | None]()
        if self.columns and isinstance(value, dict):
            texts = {part: text_of(value.get(key)).strip() or None for part, key in self.columns.items()}
            value = {key: inner for key, inner in value.items() if key not in self.columns.values()}
        if self.repair is not None:
            value = self.repair(value)
        parsed = schema.parse_row(value, self.system)
        example_kind = schema.EXAMPLE_KINDS.get(parsed.format)
        findings = [
            replace(finding, fix=finding.fix + _MAPPING_HINT) if finding.id == "unknown-shape" else finding
            for finding in parsed.findings
        ]
        if example_kind is not None and self._example_kind is not None and example_kind != self._example_kind:
            first = _KIND_NAMES[self._example_kind]
            message = f"This is a {_KIND_NAMES[example_kind]} row; the first row of the file is a {first} row."
            fix = "A file holds rows of one kind: a training method takes one. Put the others into a file of their own."
            return [row.found(MIXED_FORMS(message, fix))]
        if parsed.example is None or any(finding.level == "error" for finding in findings):
            return [row.found(finding) for finding in findings]
        self._example_kind = self._example_kind or example_kind
        example = parsed.prompt, parsed.completion, parsed.system, parsed.own_system, parsed.example
        return TrainingRow(row, *example, texts.get("group"), texts.get("split"), tuple(findings))


@dataclass
class RecordsAsTable:
    """Flat records, {"question": ..., "answer": ...}, as rows of cells in the order of the columns; a missing key is empty."""

    rows: RowSource
    header: tuple[str, ...]

    def __post_init__(self) -> None:
        self.name, self.from_file = self.rows.name, self.rows.from_file
        self.path, self.size = self.rows.path, self.rows.size

    @property
    def n_rows(self) -> int:
        """Rows seen so far."""
        return self.rows.n_rows

    def read(self) -> Iterator[RowOrFindings]:
        """Yield all rows."""
        return map(self._to_cells, self.rows.read())

    def read_from(self, places: Sequence[Row]) -> Iterator[Iterator[RowOrFindings]]:
        """Yield, for each place, the rows from there on."""
        return (map(self._to_cells, rows) for rows in self.rows.read_from(places))

    def final_findings(self) -> list[Finding]:
        """Return what only a full read showed."""
        return self.rows.final_findings()

    def _to_cells(self, row: RowOrFindings) -> RowOrFindings:
        if isinstance(row, list):
            return row
        record: Any = row.values
        if not isinstance(record, dict):
            return [row.found(finding) for finding in schema.parse_row(record).findings]
        return row._replace(values=tuple(record.get(name) for name in self.header))


@dataclass
class ConversationParser(CellParser):
    """Makes an example of neighbouring rows with the same value in the column `conversation`."""

    def restarted(self, repair: Repair | None = None) -> "ConversationParser":
        """Return the same parser in its first state."""
        return replace(self, plain_values={})

    def parse(self, rows: Iterator[RowOrFindings]) -> Iterator[ParseResult]:
        """Yield an example or findings for each conversation; a row without a value is one by itself."""
        seen: set[int] = set()
        turns: list[ParseResult] = []
        name: str | None = None
        for row in rows:
            if isinstance(row, list):
                yield from self._finish(turns, name, seen)
                turns, name = [], None
                yield row
                continue
            value = text_of(value_at(row.values, self.positions["conversation"])).strip()
            turn = self.parse_row(row)
            if turns and value == name:
                turns.append(turn)
                continue
            yield from self._finish(turns, name, seen)
            if not value:
                turns, name = [], None
                yield turn
            else:
                turns, name = [turn], value
        yield from self._finish(turns, name, seen)

    def _finish(self, turns: list[ParseResult], name: str | None, seen: set[int]) -> Iterator[ParseResult]:
        """Yield a conversation whose last row has been read; findings if one of its rows cannot be used."""
        if not turns or name is None:
            return
        key = hash(name)
        remarks: tuple[Finding, ...] = ()
        if key in seen:
            message = f"The conversation {quote(name)} was there before, with other rows between; this is another example."
            fix = "Sort the rows so that those of one conversation are together, or give each conversation a name of its own."
            remarks = (CONVERSATION_INTERRUPTED(message, fix, self.columns["conversation"], name[:60]),)
        seen.add(key)
        findings = [finding for turn in turns if isinstance(turn, list) for finding in turn]
        if any(finding.level == "error" for finding in findings):
            left_out = f" The conversation {quote(name)} is left out with it."
            yield [
                replace(finding, message=finding.message + left_out) if finding.level == "error" else finding
                for finding in findings
            ]
            return
        if findings:
            yield findings
        usable = [turn for turn in turns if isinstance(turn, TrainingRow)]
        if usable:
            yield _join_turns(usable, remarks)


def _join_turns(turns: list[TrainingRow], remarks: tuple[Finding, ...]) -> TrainingRow:
    """Return the turns as one example: the system prompt, the group and the split are those of the first row."""
    first, last = turns[0], turns[-1]
    remarks += tuple(finding for turn in turns for finding in turn.remarks)
    if len(turns) == 1:
        return first._replace(remarks=remarks)
    messages = [] if first.system is None else [{"role": "system", "content": first.system}]
    for turn in turns:
        messages += [{"role": "user", "content": turn.prompt}, {"role": "assistant", "content": turn.completion}]
    before = messages[:-1] if first.system is None else messages[1:-1]
    prompt = "\n".join(f"{message['role']}: {message['content']}" for message in before)
    return first._replace(prompt=prompt, completion=last.completion, source_example={"messages": messages}, remarks=remarks)
