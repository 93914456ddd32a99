"""Pass every row of a source before every rule once, in batches, and gather what they find.

Left out: which rules there are, and reading. Of a row only numbers are kept here: where it is.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING

from ftwidgets.data.collector import Tally
from ftwidgets.data.findings import Finding
from ftwidgets.data.rows import Batch, Fault, Row, Rule, TrainingRow

if TYPE_CHECKING:
    from ftwidgets.data.readers import OpenSource

BATCH = 512
HELD = 5_000
"""TrainingRow rows that are held in memory; of more, only their places, and they are read again whenever they are asked for."""


@dataclass
class Seen:
    """Where the usable rows of a source are; what rules may ask about them afterwards (`RowLookup`)."""

    opened: "OpenSource"
    orders: "array[int]" = field(default_factory=lambda: array("i"))
    lines: "array[int]" = field(default_factory=lambda: array("i"))
    offsets: "array[int]" = field(default_factory=lambda: array("q"))
    labels: dict[int, int | str] = field(default_factory=dict)  # of rows whose label is not their order
    rows: list[TrainingRow] | None = field(default_factory=list)  # None when there are too many

    def extend(self, items: Sequence[TrainingRow]) -> None:
        """Note where more usable rows are."""
        rows = [item.row for item in items]
        start = len(self.orders)
        self.orders.extend([row.order for row in rows])
        self.lines.extend([-1 if row.line is None else row.line for row in rows])
        self.offsets.extend([row.offset for row in rows])
        self.labels.update((start + i, row.label) for i, row in enumerate(rows) if row.label != row.order)
        if self.rows is not None:
            self.rows = [*self.rows, *items] if len(self.rows) + len(items) <= HELD else None

    def __len__(self) -> int:
        return len(self.orders)

    def place(self, position: int) -> Row:
        """Return the row at a position, without its values."""
        line, order = self.lines[position], self.orders[position]
        return Row(order, None if line < 0 else line, self.labels.get(position, order), None, self.offsets[position])

    def where(self, position: int) -> str:
        """`line 14` or `row 14`."""
        return self.place(position).where

    def found(self, row: Row, fault: Fault) -> Finding:
        """Return a fault as a finding on a row: its field called as the source calls it, no secret quoted."""
        field = self.opened.columns.get(fault.field or "", fault.field)
        return discreet(row.found(replace(fault, field=field)))

    def read(self, positions: Sequence[int]) -> list[TrainingRow]:
        """Return the rows at some positions."""
        if self.rows is not None:
            return [self.rows[position] for position in positions]
        return list(self.opened.reread([self.place(position) for position in positions]))


def batches(rows: Iterable[TrainingRow | list[Finding]], tally: Tally) -> Iterator[list[TrainingRow]]:
    """Yield the usable rows, some hundreds at a time, and put the findings of the others into the tally."""
    waiting: list[TrainingRow] = []
    for row in rows:
        if isinstance(row, TrainingRow):
            waiting.append(row)
            if len(waiting) == BATCH:
                yield waiting
                waiting = []
        else:
            for finding in row:
                tally.add(discreet(finding) if tally.room(finding.id) else finding)
    if waiting:
        yield waiting


def scan(opened: "OpenSource", rules: Sequence[Rule], tally: Tally) -> Seen:
    """Read a source once and let every rule see every usable row; return where these are."""
    seen = Seen(opened)
    for items in batches(opened.read(), tally):
        start = len(seen)
        seen.extend(items)
        for item in items:
            for fault in item.remarks:
                tally.add(seen.found(item.row, fault))
        batch = Batch(start, items)
        for rule in rules:
            for index, fault in rule.update(batch):
                if tally.room(fault.id):
                    tally.add(seen.found(items[index].row, fault))
                else:
                    tally.count(fault.id, fault.level, fault.repair)
    for rule in rules:
        settle(rule.finalize(seen), seen, tally)
    return seen


def settle(faults: Iterable[tuple[int | None, Fault]], seen: Seen, tally: Tally, source: str | None = None) -> None:
    """Put what rules say at the end into the tally, with the beginning of the row's prompt where they quote nothing."""
    waiting: list[tuple[int, Fault]] = []
    for position, fault in faults:
        if position is None:
            tally.add(replace(fault, source=source))
        elif not tally.room(fault.id):
            tally.count(fault.id, fault.level, fault.repair)
        else:
            waiting.append((position, fault))
            if len(waiting) == BATCH:
                _tell(waiting, seen, tally, source)
                waiting = []
    _tell(waiting, seen, tally, source)


def _tell(waiting: Sequence[tuple[int, Fault]], seen: Seen, tally: Tally, source: str | None) -> None:
    silent = sorted({position for position, fault in waiting if fault.excerpt is None})
    prompts = dict(zip(silent, (unsaid(item.prompt)[:60] for item in seen.read(silent)), strict=True)) if silent else {}
    for position, fault in waiting:
        excerpt = prompts[position] if fault.excerpt is None else fault.excerpt
        finding = seen.found(seen.place(position), replace(fault, excerpt=excerpt))
        tally.add(finding if source is None else replace(finding, source=source))


def discreet(finding: Finding) -> Finding:
    """Return a finding that quotes no secret."""
    return replace(finding, message=unsaid(finding.message), excerpt=finding.excerpt and unsaid(finding.excerpt))


def unsaid(text: str) -> str:
    """Return a text without secrets and card numbers: a report must not spread what it warns of."""
    from ftwidgets.data import rules as texts

    return texts.REPAIRS["redact-card-numbers"](texts.REPAIRS["redact-secrets"](text))


def kept(seen: Seen, dropped: Iterable[int]) -> Iterator[TrainingRow]:
    """Yield the usable rows without those at the positions `dropped`, which are in rising order."""
    out = iter(dropped)
    skip = next(out, -1)
    usable = (item for item in seen.opened.read() if isinstance(item, TrainingRow)) if seen.rows is None else seen.rows
    for position, item in enumerate(usable):
        if position == skip:
            skip = next(out, -1)
        else:
            yield item


def chunks(items: Iterable[TrainingRow], size: int = BATCH) -> Iterator[list[TrainingRow]]:
    """Yield rows some hundreds at a time."""
    walk = iter(items)
    while chunk := list(islice(walk, size)):
        yield chunk
