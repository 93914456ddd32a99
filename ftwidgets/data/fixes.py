"""The automatic fixes: which there are for a report, and a new file with them done. Left out: changing the source.

Every change is in a log, row by row, and so is every row that could not be used. What a redaction took out is not in
the log: a secret should not move from one file to two.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ftwidgets.data.export import csv_line, plain_turns
from ftwidgets.data.jsonl import line, writing
from ftwidgets.data.lazy_examples import Examples
from ftwidgets.data.results import FIX_TITLES, OPT_IN_FIXES, Fix, Results
from ftwidgets.data.rows import TrainingRow
from ftwidgets.data.text import join_names, pluralize
from ftwidgets.errors import DataError

WRITTEN = (".jsonl", ".ndjson", ".csv")


@dataclass(frozen=True)
class Applied:
    """What `Report.apply` did: the new file, the log beside it, examples written, rows changed, rows left out."""

    path: Path
    log: Path
    n_written: int
    n_changed: int
    n_left_out: int

    def __str__(self) -> str:
        return (
            f"Written: {pluralize(self.n_written, 'example')} to {self.path}; "
            f"{pluralize(self.n_changed, 'row')} changed, {self.n_left_out:,} left out, each in {self.log}."
        )


def log_of(path: Path) -> Path:
    """Return where the log of a repaired file goes: beside it."""
    return path.with_name(f"{path.name}.changes.jsonl")


def apply(report: Results, path: Path, chosen: "Sequence[Fix | str] | None", *, force: bool) -> Applied:
    """Write the usable rows of a report with the chosen fixes done, and the log; see `Report.apply`."""
    from ftwidgets.data.changes import Changes

    names = _names(report, chosen)
    examples = report.examples
    if not isinstance(examples, Examples):
        raise DataError("there is nothing to write: the source could not be read.")
    if path.suffix.lower() not in WRITTEN:
        raise DataError(f"{path} is to be JSON Lines or CSV; give it a name that ends in .jsonl or .csv.")
    log = log_of(path)
    _refuse(examples, path, log, force=force)
    opened, n_written = examples.seen.opened, 0
    changes = Changes(names, report.corrections)
    path.parent.mkdir(parents=True, exist_ok=True)
    with writing(path) as file, writing(log) as lines:
        changes.write = lines.write
        table = (
            _Table(opened.header, opened.columns, with_system=_has_system(examples)) if path.suffix.lower() == ".csv" else None
        )
        if table is not None:
            file.write(table.head)
        for item in changes.made(opened):
            file.write(line(item.example) if table is None else table.row(item))
            n_written += 1
        if not n_written:
            raise DataError(f"there is nothing to write: no row of {opened.name} can be used, with these fixes or without.")
    return Applied(path, log, n_written, changes.n_changed, changes.n_left_out)


def _names(report: Results, chosen: "Sequence[Fix | str] | None") -> frozenset[str]:
    """Return the names of the fixes to be done; a name that is none is refused."""
    if chosen is None:
        return frozenset(report.repairs) - OPT_IN_FIXES
    if isinstance(chosen, str):
        chosen = [chosen]
    names = [fix.name if isinstance(fix, Fix) else fix for fix in chosen]
    if unknown := [name for name in names if name not in FIX_TITLES]:
        raise ValueError(f"there is no fix {join_names(unknown)}; there are {join_names(FIX_TITLES, len(FIX_TITLES))}")
    return frozenset(names)


def _refuse(examples: Examples, path: Path, log: Path, *, force: bool) -> None:
    """Refuse to write over the source, or over another file unless forced."""
    source = examples.seen.opened.path
    for target in (path, log):
        if source is not None and target.exists() and target.samefile(source):
            raise DataError(f"{target} is the source itself and would be overwritten. Give another name.")
        if target.exists() and not force:
            raise DataError(f"{target} is there already. Give another name, or force=True to replace it.")


def _has_system(examples: Examples) -> bool:
    """Tell whether the first example has a system prompt: one that was given for all rows is in each."""
    first = next(examples.rows(), None)
    return first is not None and first.system is not None


class _Table:
    """A CSV with the columns that the source has, or System, Prompt and Completion where it is no table."""

    def __init__(self, header: Sequence[str], columns: Mapping[str, str], *, with_system: bool) -> None:
        self._header = list(header) or ["System", "Prompt", "Completion"]
        self._places = {part: self._header.index(name) for part, name in columns.items() if name in self._header}
        if with_system and header and "system" not in columns:
            self._header.append("System")
            self._places["system"] = len(self._header) - 1
        self._own = not header or "conversation" in columns

    @property
    def head(self) -> bytes:
        """The first line."""
        return csv_line(["System", "Prompt", "Completion"] if self._own else self._header)

    def row(self, item: TrainingRow) -> bytes:
        """A row: its cells as they were, what was changed in its place."""
        turns = plain_turns(item.example)
        if isinstance(turns, str):
            raise DataError(f"{item.row.where} {turns}, which a CSV cannot hold. Write JSON Lines (.jsonl) instead.")
        if self._own:
            return csv_line([turns.get("System", ""), turns["Prompt"], turns["Completion"]])
        cells = [*item.row.values, *[""] * (len(self._header) - len(item.row.values))]
        texts = {"prompt": item.prompt, "completion": item.completion, "system": item.system or ""}
        for part in texts.keys() & self._places.keys():
            cells[self._places[part]] = texts[part]
        return csv_line("" if cell is None else cell for cell in cells[: len(self._header)])
