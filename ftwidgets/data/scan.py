"""Read a source once, pass its usable rows through every rule in batches, and keep where each row is.

    index = scan(source, [Duplicates(), Labels(), ...], collector)     # collector holds the findings
    examples = Examples(index, dropped=duplicates.dropped)              # read again from the source if there are too many

Up to `MAX_IN_MEMORY` rows stay in memory. Of more only numbers are kept: line, order and byte offset of each.
"""

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, overload

from ftwidgets.data.findings import Finding, Level
from ftwidgets.data.rows import Example, Row, RowBatch, Rule, TrainingRow

if TYPE_CHECKING:
    from ftwidgets.data.readers import OpenSource

BATCH_SIZE = 512
MAX_IN_MEMORY = 5_000
MAX_OF_A_KIND = 1_000  # findings of one kind that are kept whole; more are only counted


@dataclass
class FindingCollector:
    """Findings as they come in, counted by kind and by automatic fix."""

    findings: list[Finding] = field(default_factory=list)
    totals: dict[str, tuple[Level, int]] = field(default_factory=dict)
    repairs: Counter[str] = field(default_factory=Counter)

    def has_capacity(self, kind: str) -> bool:
        """Return whether another finding of this kind would be kept whole."""
        return self.totals.get(kind, ("note", 0))[1] < MAX_OF_A_KIND

    def add(self, finding: Finding) -> None:
        """Count a finding, and keep it if there is capacity."""
        if self.has_capacity(finding.id):
            self.findings.append(finding)
        self.count(finding)

    def count(self, finding: Finding) -> None:
        """Count a finding without keeping it."""
        self._add_total(finding.id, finding.level, 1)
        if finding.repair is not None:
            self.repairs[finding.repair] += 1

    def merge(self, other: "FindingCollector") -> None:
        """Add all that another collector has kept and counted."""
        self.findings += other.findings
        for kind, (level, n) in other.totals.items():
            self._add_total(kind, level, n)
        self.repairs.update(other.repairs)

    def _add_total(self, kind: str, level: Level, n: int) -> None:
        """Add to the number of a kind; its level is that of its worst finding."""
        known, before = self.totals.get(kind, (level, 0))
        self.totals[kind] = ("error" if "error" in (known, level) else known, before + n)


@dataclass
class RowIndex:
    """Where the usable rows of a source are, by position from 0; the `RowLookup` of rules."""

    source: "OpenSource"
    orders: "array[int]" = field(default_factory=lambda: array("i"))
    lines: "array[int]" = field(default_factory=lambda: array("i"))
    offsets: "array[int]" = field(default_factory=lambda: array("q"))
    labels: dict[int, int | str] = field(default_factory=dict)  # of rows whose label is not their order
    rows: list[TrainingRow] | None = field(default_factory=list)  # None when there are too many

    def extend(self, items: Sequence[TrainingRow]) -> None:
        """Add the places of more usable rows."""
        rows = [item.row for item in items]
        start = len(self.orders)
        self.orders.extend([row.order for row in rows])
        self.lines.extend([-1 if row.line is None else row.line for row in rows])
        self.offsets.extend([row.offset for row in rows])
        self.labels.update((start + i, row.label) for i, row in enumerate(rows) if row.label != row.order)
        if self.rows is not None:
            self.rows = [*self.rows, *items] if len(self.rows) + len(items) <= MAX_IN_MEMORY else None

    def __len__(self) -> int:
        return len(self.orders)

    def place(self, position: int) -> Row:
        """Return the row at a position, without its values."""
        line, order = self.lines[position], self.orders[position]
        return Row(order, None if line < 0 else line, self.labels.get(position, order), None, self.offsets[position])

    def where(self, position: int) -> str:
        """Return `line 14` or `row 14`."""
        return self.place(position).where

    def locate(self, finding: Finding, row: Row) -> Finding:
        """Return a finding with its place, its field named as in the source, and no secret quoted."""
        name = self.source.columns.get(finding.field or "", finding.field)
        return redact_finding(row.found(replace(finding, field=name)))

    def read(self, positions: Sequence[int]) -> list[TrainingRow]:
        """Return the rows at some positions."""
        if self.rows is not None:
            return [self.rows[position] for position in positions]
        return list(self.source.reread([self.place(position) for position in positions]))

    def read_all(self, dropped: Iterable[int] = ()) -> Iterator[TrainingRow]:
        """Yield the usable rows without those at the positions `dropped`, which are in rising order."""
        skipped = iter(dropped)
        skip = next(skipped, -1)
        usable = (row for row in self.source.read() if isinstance(row, TrainingRow)) if self.rows is None else self.rows
        for position, row in enumerate(usable):
            if position == skip:
                skip = next(skipped, -1)
            else:
                yield row


class Examples(Sequence[Example]):
    """The examples of a source, in its order; a large source is read again when asked.

    Rows at the positions `dropped` (repeats), which are rising, are left out.
    """

    def __init__(self, row_index: RowIndex, dropped: Sequence[int] = ()) -> None:
        self.row_index, self._dropped = row_index, dropped
        self.positions: Sequence[int] = range(len(row_index))
        if dropped:
            out = set(dropped)
            self.positions = array("q", (position for position in range(len(row_index)) if position not in out))

    def rows(self) -> Iterator[TrainingRow]:
        """Yield the rows that the examples are made of."""
        return self.row_index.read_all(self._dropped)

    def places(self) -> list[str]:
        """Return where each example is in the source: `line 14` or `row 14`."""
        return [self.row_index.where(position) for position in self.positions]

    def __len__(self) -> int:
        return len(self.positions)

    def __iter__(self) -> Iterator[Example]:
        return (row.example for row in self.rows())

    @overload
    def __getitem__(self, index: int) -> Example: ...
    @overload
    def __getitem__(self, index: slice) -> list[Example]: ...
    def __getitem__(self, index: int | slice) -> Example | list[Example]:
        if isinstance(index, slice):
            return [row.example for row in self.row_index.read(self.positions[index])]
        return self.row_index.read([self.positions[index]])[0].example

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(other) == len(self) and all(mine == theirs for mine, theirs in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        if len(self) > 3:
            return f"<{len(self):,} examples, the first {self[0]!r}>"
        return repr(list(self))


def scan(source: "OpenSource", rules: Sequence[Rule], collector: FindingCollector) -> RowIndex:
    """Read a source once, pass every usable row through every rule, and return where the rows are."""
    index = RowIndex(source)
    for rows in in_batches(_usable_rows(source.read(), collector)):
        batch = RowBatch(len(index), rows)
        index.extend(rows)
        for row in rows:
            for finding in row.remarks:
                collector.add(index.locate(finding, row.row))
        for rule in rules:
            for i, finding in rule.update(batch):
                if collector.has_capacity(finding.id):
                    collector.add(index.locate(finding, rows[i].row))
                else:
                    collector.count(finding)
    for rule in rules:
        collect_final_findings(rule.finalize(index), index, collector)
    return index


def _usable_rows(rows: Iterable[TrainingRow | list[Finding]], collector: FindingCollector) -> Iterator[TrainingRow]:
    """Yield the usable rows, and collect the findings of the others."""
    for row in rows:
        if isinstance(row, TrainingRow):
            yield row
        else:
            for finding in row:
                collector.add(redact_finding(finding) if collector.has_capacity(finding.id) else finding)


def collect_final_findings(
    findings: Iterable[tuple[int | None, Finding]], index: RowIndex, collector: FindingCollector, source: str | None = None
) -> None:
    """Collect what rules found when they had seen all rows; a finding without an excerpt quotes the row's prompt.

    Each comes with the position of its row, or None if it concerns the whole source. It gets the name `source`, where a report
    covers two.
    """
    waiting: list[tuple[int, Finding]] = []
    for position, finding in findings:
        if position is None:
            collector.add(replace(finding, source=source))
        elif not collector.has_capacity(finding.id):
            collector.count(finding)
        else:
            waiting.append((position, finding))
            if len(waiting) == BATCH_SIZE:
                _collect(waiting, index, collector, source)
                waiting = []
    _collect(waiting, index, collector, source)


def _collect(waiting: Sequence[tuple[int, Finding]], index: RowIndex, collector: FindingCollector, source: str | None) -> None:
    without = sorted({position for position, finding in waiting if finding.excerpt is None})
    rows = index.read(without) if without else []
    prompts = {position: redact(row.prompt)[:60] for position, row in zip(without, rows, strict=True)}
    for position, finding in waiting:
        excerpt = prompts[position] if finding.excerpt is None else finding.excerpt
        located = index.locate(replace(finding, excerpt=excerpt), index.place(position))
        collector.add(located if source is None else replace(located, source=source))


def redact_finding(finding: Finding) -> Finding:
    """Return a finding that quotes no secret."""
    return replace(finding, message=redact(finding.message), excerpt=finding.excerpt and redact(finding.excerpt))


def redact(text: str) -> str:
    """Return a text without secrets and card numbers: a report must not spread what it warns of."""
    from ftwidgets.data.rules.personal.numbers import redact_cards
    from ftwidgets.data.rules.secrets import redact_secrets

    return redact_cards(redact_secrets(text))


def in_batches(rows: Iterable[TrainingRow], size: int = BATCH_SIZE) -> Iterator[list[TrainingRow]]:
    """Yield rows some hundreds at a time."""
    remaining = iter(rows)
    while batch := list(islice(remaining, size)):
        yield batch
