"""A source with automatic fixes done while it is read, and a preview of what each fix would change.

The source itself stays as it is. Writing a repaired copy with a log of every change is in `fixes`.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from ftwidgets.data.fixes import Repairer
from ftwidgets.data.readers.source import OpenSource, ParseResult, Repair
from ftwidgets.data.results import Results
from ftwidgets.data.rows import Row, TrainingRow
from ftwidgets.data.scan import Examples, redact

MAX_PREVIEWED = 20_000  # rows that a preview reads
_SHOWN = 3  # changes that a preview keeps of each fix


class RepairedSource(OpenSource):
    """A source whose rows come with the named fixes done; `corrections` are mistyped labels and what they should be.

    `n_changed` counts the rows that the last full read changed.
    """

    def __init__(self, source: OpenSource, names: Collection[str], corrections: Mapping[str, str]) -> None:
        super().__init__(source._rows, source._parser, source.findings)
        self.n_changed = 0
        self._source, self._names, self._corrections = source, names, corrections

    def read(self, repair: Repair | None = None, *, rows_alone: bool = False) -> Iterator[ParseResult]:
        """Yield each row with the fixes done, or the findings that keep it from being an example."""
        repairer = Repairer(self._names, self._corrections, _ignore)
        for row in repairer.repair_all(self._source, rows_alone=rows_alone):
            if isinstance(row, TrainingRow):
                yield self._without_settled(row)
            elif left := [finding for finding in row if finding.repair not in self._names]:
                yield left
        self.n_changed = repairer.n_changed

    def reread(self, places: Sequence[Row], repair: Repair | None = None) -> Iterator[TrainingRow]:
        """Yield the usable rows at some places again, with the fixes done."""
        repairer = Repairer(self._names, self._corrections, _ignore)
        for row in self._source.reread(places, repairer.repair_schema):
            yield self._without_settled(repairer.repair_texts(row))

    def _without_settled(self, row: TrainingRow) -> TrainingRow:
        """Return a row without the remarks that a fix has settled."""
        return row._replace(remarks=tuple(finding for finding in row.remarks if finding.repair not in self._names))


def _ignore(_entry: object) -> None:
    """Take an entry of the log and do nothing with it."""


@dataclass(frozen=True)
class Change:
    """What a fix would do to one text: where it is, and the text before and after, or why the row is left out.

    With none of them, the form of the row is repaired.
    """

    where: str
    before: str = ""
    after: str = ""
    left_out: str = ""


@dataclass
class FixPreview:
    """What a fix would do: how many rows it changes or leaves out, and the first changes."""

    n_rows: int = 0
    first: list[Change] = field(default_factory=list)


def preview_fixes(results: Results) -> dict[str, FixPreview]:
    """Return what each fix in `results.fixes` would do to the examples, by its name.

    An exact duplicate is no example, so a fix does nothing to it. The first 20,000 rows are read. Secrets are not shown,
    neither before nor after.
    """
    previews = {fix.name: FixPreview() for fix in results.fixes}
    if not previews or not isinstance(results.examples, Examples):
        return previews
    seen: set[tuple[str, str]] = set()
    used = set(results.examples.places()) if "drop-repeats" in previews else set[str]()

    def note(entry: dict[str, Any]) -> None:
        preview = previews.get(entry["change"])
        if preview is None:
            return
        where = f"line {entry['line']}" if entry["line"] is not None else f"row {entry['row']}"
        if where not in used and entry.get("left_out"):
            return
        preview.n_rows += (entry["change"], where) not in seen
        seen.add((entry["change"], where))
        if len(preview.first) < _SHOWN:
            before, after = entry.get("before"), entry.get("after") or ""
            hidden = "(not shown: it holds what is taken out)" if before is None and after else ""
            preview.first.append(Change(where, redact(before or hidden), redact(after), entry.get("message", "")))

    repairer = Repairer(previews.keys(), results.corrections, note)
    for _row in islice(repairer.repair_all(results.examples.row_index.source, rows_alone=True), MAX_PREVIEWED):
        pass
    return previews
