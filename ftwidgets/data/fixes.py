"""Write a repaired copy of a source: read it again, apply the chosen automatic fixes, and log every change.

The log has an entry for each change and each row that could not be used. What a redaction took out is not in it: a secret
should not move from one file to two.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ftwidgets.data import rules, schema
from ftwidgets.data.export import TableWriter, atomic_write, json_line
from ftwidgets.data.findings import fix_types
from ftwidgets.data.readers.table import drop_outer_quotes
from ftwidgets.data.results import Applied, Fix, Results
from ftwidgets.data.rows import Example, Row, TrainingRow
from ftwidgets.data.scan import Examples
from ftwidgets.data.text import join_names, normalize
from ftwidgets.errors import DataError

if TYPE_CHECKING:
    from ftwidgets.data.readers import OpenSource
    from ftwidgets.data.readers.source import ParseResult

SUFFIXES = (".jsonl", ".ndjson", ".csv")


def log_path(path: Path) -> Path:
    """Return where the log of a repaired file goes: beside it."""
    return path.with_name(f"{path.name}.changes.jsonl")


def apply(results: Results, path: Path, chosen: "Sequence[Fix | str] | None", *, force: bool) -> Applied:
    """Write the usable rows of a report with the chosen fixes done, and the log; see `Report.apply`."""
    names = _chosen_names(results, chosen)
    examples = results.examples
    if not isinstance(examples, Examples):
        raise DataError("there is nothing to write: the source could not be read.")
    if path.suffix.lower() not in SUFFIXES:
        raise DataError(f"{path} must be JSON Lines or CSV: give it a name that ends in .jsonl or .csv.")
    source, log, n_written = examples.row_index.source, log_path(path), 0
    for target in (path, log):
        if source.path is not None and target.exists() and target.samefile(source.path):
            raise DataError(f"{target} is the source itself and would be overwritten. Give another name.")
        if target.exists() and not force:
            raise DataError(f"{target} already exists. Give another name, or force=True to replace it.")
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as file, atomic_write(log) as log_file:
        repairer = Repairer(names, results.corrections, lambda entry: log_file.write(json_line(entry)))
        table = None
        if path.suffix.lower() == ".csv":
            first = next(examples.rows(), None)  # a system prompt that was given for all rows is in each
            table = TableWriter(source.header, source.columns, with_system=first is not None and first.system is not None)
            file.write(table.header())
        for row in repairer.repair_rows(source):
            file.write(json_line(row.example) if table is None else table.line(row))
            n_written += 1
        if not n_written:
            raise DataError(f"there is nothing to write: no row of {source.name} can be used, with or without these fixes.")
    return Applied(path, log, n_written, repairer.n_changed, repairer.n_left_out)


def _chosen_names(results: Results, chosen: "Sequence[Fix | str] | None") -> frozenset[str]:
    if chosen is None:
        return frozenset(fix.name for fix in results.fixes if not fix.requires_opt_in)
    return fix_names(chosen)


def fix_names(chosen: "Sequence[Fix | str]") -> frozenset[str]:
    """Return the names of some fixes; raise ValueError for a name that is none."""
    listed: Collection[Any] = [chosen] if isinstance(chosen, str) or not isinstance(chosen, Collection) else chosen
    names = [fix.name if isinstance(fix, Fix) else fix for fix in listed]
    known = sorted(fix_types())
    if wrong := [name for name in names if not isinstance(name, str)]:
        there = join_names(known, len(known))
        raise ValueError(f"a fix is called by its name in quotes, not {wrong[0]!r:.60}; there are {there}")
    if unknown := [name for name in names if name not in known]:
        raise ValueError(f"there is no fix {join_names(unknown)}; there are {join_names(known, len(known))}")
    return frozenset(names)


class Repairer:
    """Applies the named fixes to the rows of a source, counts the rows it changed and left out, and logs each.

    `corrections` are mistyped labels and what they should be; `log` is called with each entry of the log.
    """

    def __init__(self, names: Collection[str], corrections: Mapping[str, str], log: Callable[[dict[str, Any]], object]) -> None:
        self.n_changed = self.n_left_out = 0
        self._names, self._corrections, self._write_log = names, corrections, log
        self._text_repairs = [(name, repair) for name, repair in rules.REPAIRS.items() if name in names]
        self._schema_repairs: list[str] = []  # done on the row that is being read
        self._first: dict[int, tuple[str, int]] = {}  # by the hash of normalized texts: where they were first, hash as they are

    def repair_rows(self, source: "OpenSource") -> Iterator[TrainingRow]:
        """Yield every usable row with the fixes applied, in the order of the source."""
        return (row for row in self.repair_all(source, rows_alone=True) if isinstance(row, TrainingRow))

    def repair_all(self, source: "OpenSource", *, rows_alone: bool = False) -> "Iterator[ParseResult]":
        """Yield every row with the fixes applied, or the findings that keep it from being used; `rows_alone` as for `read`."""
        for row in source.read(self.repair_schema, rows_alone=rows_alone):
            schema_repairs, self._schema_repairs = self._schema_repairs, []
            if not isinstance(row, TrainingRow):
                yield row
                self.n_left_out += 1
                first = row[0]
                place = Row(first.order, first.line, first.row if first.row is not None else first.order, None)
                message = " ".join(finding.message for finding in row)
                self._log(place, "cannot be used", left_out=True, message=message)
                continue
            here = original = row.row.where, hash((row.prompt, row.completion, row.system))
            if "drop-repeats" in self._names:
                key = hash((normalize(row.prompt), normalize(row.completion), normalize(row.system or "")))
                original = self._first.setdefault(key, here)
            if original[0] != here[0]:
                self.n_left_out += 1
                but = "" if original[1] == here[1] else " but for whitespace, case or Unicode form"
                self._log(row.row, "drop-repeats", left_out=True, message=f"repeats {original[0]}{but}")
            else:
                yield self.repair_texts(row, schema_repairs)

    def repair_schema(self, value: Any) -> Any:
        """Return a row of JSON with the chosen repairs of its form applied, and remember which."""
        repaired, names = schema.repair_row(value)
        chosen = [name for name in names if name in self._names]
        if not chosen:
            return value
        self._schema_repairs = chosen
        return repaired if len(chosen) == len(names) else schema.repair_row(value, only=self._names)[0]

    def repair_texts(self, row: TrainingRow, schema_repairs: Sequence[str] = ()) -> TrainingRow:
        """Return a row with its texts repaired; `schema_repairs` are what was repaired before it was parsed."""
        repaired = row
        for name in schema_repairs:
            self._log(row.row, name)
        if "drop-outer-quotes" in self._names:
            repaired = self._apply(repaired, "drop-outer-quotes", drop_outer_quotes)
        for name, repair in self._text_repairs:
            repaired = self._apply(repaired, name, repair)
        if "mend-labels" in self._names and row.completion in self._corrections:
            label = self._corrections[row.completion]
            repaired = self._apply(repaired, "mend-labels", lambda text: label if text == row.completion else text)
        self.n_changed += bool(schema_repairs) or repaired is not row
        return repaired

    def _apply(self, row: TrainingRow, name: str, repair: Callable[[str], str]) -> TrainingRow:
        """Return a row with every text repaired; the row itself if nothing changed."""
        changes: list[tuple[str, str, str]] = []

        def change(field: str, text: str) -> str:
            after = repair(text)
            if after != text:
                changes.append((field, text, after))
            return after

        if row.source_example is None:
            repaired = row._replace(
                prompt=change("prompt", row.prompt),
                completion=change("completion", row.completion),
                system=None if row.system is None else change("system", row.system),
            )
        else:
            repaired = row._replace(source_example=_map_texts(row.source_example, change))
        for field, before, after in changes:
            self._log(row.row, name, field=field, before=None if name.startswith("redact") else before, after=after)
        return repaired if changes else row

    def _log(self, row: Row, change: str, **more: object) -> None:
        self._write_log({"line": row.line, "row": row.label, "change": change, **more})


def _map_texts(example: Example, change: Callable[[str, str], str]) -> Example:
    """Return an example with `change(field, text)` in place of every text of its messages."""

    def changed_messages(messages: list[dict[str, Any]], field: str) -> list[dict[str, Any]]:
        return [changed_message(message, f"{field}[{i}].content") for i, message in enumerate(messages)]

    def changed_message(message: dict[str, Any], field: str) -> dict[str, Any]:
        content = message.get("content")
        if isinstance(content, str):
            return {**message, "content": change(field, content)}
        if isinstance(content, list):
            return {**message, "content": [changed_part(part, f"{field}[{i}].text") for i, part in enumerate(content)]}
        return message

    def changed_part(part: dict[str, Any], field: str) -> dict[str, Any]:
        return {**part, "text": change(field, part["text"])} if isinstance(part.get("text"), str) else part

    if "messages" in example:
        return {**example, "messages": changed_messages(example["messages"], "messages")}
    request = example["input"]
    return {
        **example,
        "input": {**request, "messages": changed_messages(request["messages"], "input.messages")},
        **{side: changed_messages(example[side], side) for side in ("preferred_output", "non_preferred_output")},
    }
