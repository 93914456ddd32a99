"""`prepare`: check training data, split it, and write the two files that a fine-tuning job takes.

A row that cannot be used is skipped and named. Nothing is repaired unless `fix` names it; the source stays as it is.
"""

import os
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from ftwidgets.data.check import (
    CheckedSource,
    CheckOptions,
    UnreadableSource,
    check_source,
    column_mapping,
    find_leaks,
    merge_reports,
    size_findings,
    with_source,
)
from ftwidgets.data.export import atomic_write, json_line, write_jsonl
from ftwidgets.data.findings import Finding, FindingType
from ftwidgets.data.report import Report
from ftwidgets.data.results import Fix
from ftwidgets.data.scan import FindingCollector
from ftwidgets.data.splits import Split, SplitOptions, precision_note, split_source
from ftwidgets.data.text import pluralize
from ftwidgets.errors import DataError
from ftwidgets.paths import expand_home, require_path

if TYPE_CHECKING:
    from ftwidgets.data.readers import Source

ROWS_SKIPPED = FindingType(
    "rows-skipped", "note", title="Rows that are in neither of the two files",
    why="They cannot be used, or they repeat another row. Each has a finding of its own that says why.",
    fix="Repair those that you want to train on.",
)  # fmt: skip
STALE_FILE = FindingType(
    "stale-file", "warning", title="The folder holds a validation file from an earlier run",
    why="Nothing was held out this time, so that file belongs to another training file.",
    fix="Delete it if it is no longer needed.",
)  # fmt: skip

TRAIN, VALIDATION = "train.jsonl", "validation.jsonl"


@dataclass(frozen=True)
class Prepared:
    """The files written, how many examples each holds, and the report on the source.

    `validation_file` is None if nothing was held out. `report.ok` is False if something was found that a service
    would reject or that would make the result wrong; the usable rows are written all the same.
    """

    train_file: Path
    validation_file: Path | None
    report: Report
    n_train: int
    n_validation: int

    def __str__(self) -> str:
        return f"{self.report}\n{self._files()}"

    def _repr_html_(self) -> str:
        return f"{self.report._repr_html_()}<p>{escape(self._files())}</p>"

    def _files(self) -> str:
        train = f"{pluralize(self.n_train, 'example')} in {self.train_file}"
        if self.validation_file is None:
            return f"Written: {train}; none held out."
        return f"Written: {train}, {self.n_validation:,} in {self.validation_file}."


def prepare(
    source: "Source",
    folder: "str | os.PathLike[str]",
    *,
    prompt: str | None = None,
    completion: str | None = None,
    system_column: str | None = None,
    system: str | None = None,
    conversation: str | None = None,
    group: str | None = None,
    split_column: str | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
    validation: float = 0.2,
    validation_source: "Source | None" = None,
    split: str = "grouped",
    seed: int = 0,
    fix: "Sequence[Fix | str]" = (),
) -> Prepared:
    """Check training data and write `train.jsonl` and `validation.jsonl` into `folder`.

    Parameters
    ----------
    source
        Path of a file or a pandas DataFrame, as `check` takes them; neither is ever changed.
    folder
        Where the files go; made if need be. Files of those names from an earlier run are replaced.
    prompt, completion, system_column, system, conversation, delimiter, encoding
        As for `check`.
    group
        A column (customer, document) whose rows stay on one side of the split.
    split_column
        A column that says of each row whether it is to train on or held out (`train`, `validation`, `test`, ...).
    validation
        How much is held out: a fraction from 0 to below 1, or a number of examples. Not used if there is a
        `validation_source` or a `split_column`.
    validation_source
        A file or a DataFrame of its own that holds the validation rows.
    split
        `grouped`: prompts that are the same or nearly the same stay on one side. `stratified`: the same, and each label
        has its share on both sides. `random`: row by row, rejected where near-duplicates would be on both sides.
    seed
        Another seed holds out other rows.
    fix
        Automatic fixes to do in what is written: some of `check(...).fixes`, or their names. None by default.

    Returns
    -------
    Prepared
        The files, the numbers, and the report.

    Raises
    ------
    DataError
        If the source cannot be read as training data, has no usable row, or a random split would leak.
    """
    split_options = SplitOptions(validation, split, seed)
    names = {"prompt": prompt, "completion": completion, "system": system_column, "conversation": conversation}
    columns = column_mapping(**names, group=group, split=split_column)
    options = CheckOptions(columns, system, delimiter, encoding, fixes=_fix_names(fix))
    path = require_path(folder, "the folder")
    for given in (source, validation_source):
        for target in (path / TRAIN, path / VALIDATION):
            if isinstance(given, (str, os.PathLike)) and target.exists() and target.samefile(expand_home(given)):
                raise DataError(f"{target} is the source itself and would be overwritten. Give another folder.")
    checked = _check_usable(source, options)
    if validation_source is None:
        made, sources = split_source(checked, split_options), [checked]
        findings = made.findings
    else:
        other = _check_usable(validation_source, options)
        with_source(other, checked.name)
        find_leaks(checked, other)
        made, sources, findings = None, [checked, other], []
    path.mkdir(parents=True, exist_ok=True)
    n_train, n_validation = _write(sources, made, path)
    findings += size_findings(n_train, TRAIN)
    if n_validation:
        findings += precision_note(n_validation)
    elif (path / VALIDATION).exists():
        message = f"The folder holds a {VALIDATION} from an earlier run; nothing was held out this time."
        findings.append(STALE_FILE(message, "Delete it if it is no longer needed."))
    validation_file = path / VALIDATION if n_validation else None
    return Prepared(path / TRAIN, validation_file, _report(sources, findings), n_train, n_validation)


def _fix_names(chosen: "Sequence[Fix | str]") -> frozenset[str]:
    if not chosen:
        return frozenset()
    from ftwidgets.data.fixes import fix_names

    return fix_names(chosen)


def _check_usable(source: "Source", options: CheckOptions) -> CheckedSource:
    """Return a checked source that has usable rows, or raise with the reason why it has none."""
    checked = check_source(source, options)
    if isinstance(checked, UnreadableSource):
        reasons = " ".join(map(str, checked.collector.findings))
        raise DataError(reasons if checked.name in reasons else f"{checked.name}: {reasons}")
    if not checked.n_usable:
        errors = [str(found) for found in checked.collector.findings if found.level == "error"]
        first = f" The first fault: {errors[0]}" if errors else ""
        raise DataError(f"{checked.name}: none of its {pluralize(checked.source.n_rows, 'row')} can be used.{first}")
    return checked


def _write(sources: Sequence[CheckedSource], split: Split | None, folder: Path) -> tuple[int, int]:
    """Write the two files, each complete or not at all; return how many examples each holds."""
    if split is None:
        write_jsonl(sources[0].examples, folder / TRAIN)
        write_jsonl(sources[1].examples, folder / VALIDATION)
        return sources[0].n_usable, sources[1].n_usable
    n_validation = sum(split.in_validation)
    with ExitStack() as files:
        train = files.enter_context(atomic_write(folder / TRAIN))
        validation = files.enter_context(atomic_write(folder / VALIDATION)) if n_validation else train
        for example, in_validation in zip(sources[0].examples, split.in_validation, strict=True):
            (validation if in_validation else train).write(json_line(example))
    return len(split.in_validation) - n_validation, n_validation


def _report(sources: Sequence[CheckedSource], findings: Iterable[Finding]) -> Report:
    """Return one report: what concerns the whole first, then each source by its lines."""
    whole = FindingCollector()
    for checked in sources:
        name, n_rows, n_skipped = checked.name, checked.source.n_rows, checked.source.n_rows - checked.n_usable
        if n_skipped > 0:
            message = f"{name}: {pluralize(n_skipped, 'row')} of {n_rows:,} skipped (unusable or repeated)."
            whole.add(ROWS_SKIPPED(message, "Each has a finding that says why."))
    for finding in findings:
        whole.add(finding)
    return merge_reports(sources[0].report(), [whole, *(checked.collector for checked in sources)])


@dataclass(frozen=True)
class Draft:
    """A source as `prepare` would write it, before anything is written."""

    report: Report
    places: list[str]  # of each of `report.examples`: `line 14` or `row 14`
    _checked: CheckedSource | UnreadableSource

    @property
    def n_fixed(self) -> int:
        """How many rows the automatic fixes have changed."""
        from ftwidgets.data.repaired import RepairedSource

        source = None if isinstance(self._checked, UnreadableSource) else self._checked.source
        return source.n_changed if isinstance(source, RepairedSource) else 0

    def preview_split(self, validation: float, seed: int) -> list[bool]:
        """Return of each example whether `prepare` would hold it out with that share (or number) and that seed."""
        if isinstance(self._checked, UnreadableSource) or not self._checked.n_usable:
            return []  # whatever the share: the findings say what is wrong
        return split_source(self._checked, SplitOptions(validation, seed=seed)).in_validation


def draft(
    source: "Source",
    *,
    prompt: str | None = None,
    completion: str | None = None,
    system_column: str | None = None,
    system: str | None = None,
    fix: "Sequence[Fix | str]" = (),
) -> Draft:
    """Check a source as `check` does, and keep what is needed to split it. The parameters are those of `prepare`."""
    columns = column_mapping(prompt=prompt, completion=completion, system=system_column)
    checked = check_source(source, CheckOptions(columns, system, fixes=_fix_names(fix)))
    if isinstance(checked, UnreadableSource):
        return Draft(checked.report(), [], checked)
    checked.check_size()
    return Draft(checked.report(), checked.examples.places(), checked)
