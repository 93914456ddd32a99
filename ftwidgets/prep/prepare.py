"""Turn a table into the two files a fine-tuning job takes: checked, split, written, and said what became of each row.

Left out: repairing anything. A row that cannot be used is skipped and named.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path

from ftwidgets.errors import DataError
from ftwidgets.prep import rules
from ftwidgets.prep.check import Examined, examine, mapped
from ftwidgets.prep.findings import Finding
from ftwidgets.prep.jsonl import write_jsonl
from ftwidgets.prep.read import Source
from ftwidgets.prep.report import Report
from ftwidgets.prep.rows import Usable
from ftwidgets.prep.split import split, validation_size
from ftwidgets.prep.words import counted, fold

TRAIN, VALIDATION = "train.jsonl", "validation.jsonl"


@dataclass(frozen=True)
class Prepared:
    """The files written, how many examples each holds, and the report on the source.

    `validation_file` is None if nothing was held out. `report.ok` is False if something was found that a service
    would refuse or that would make the result wrong; the usable rows are written all the same.
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
        train = f"{counted(self.n_train, 'example')} in {self.train_file}"
        if self.validation_file is None:
            return f"Written: {train}; none held out."
        return f"Written: {train}, {self.n_validation:,} in {self.validation_file}."


def prepare(
    source: Source,
    folder: "str | os.PathLike[str]",
    *,
    prompt: str | None = None,
    completion: str | None = None,
    system_column: str | None = None,
    system: str | None = None,
    validation: float = 0.2,
    validation_source: "Source | None" = None,
    seed: int = 0,
) -> Prepared:
    """Check a CSV file or a DataFrame and write `train.jsonl` and `validation.jsonl` into `folder`.

    Parameters
    ----------
    source
        Path of a CSV file or a pandas DataFrame; neither is ever changed.
    folder
        Where the files go; made if need be. Files of those names from an earlier run are replaced.
    prompt, completion, system_column
        Names of the columns, where they are not called Prompt, Completion and System in some case.
    system
        A system prompt (the text itself) for every row that has none in the System column.
    validation
        How much is held out: a fraction from 0 to below 1, or a number of examples. Prompts that differ only in
        case and blanks stay on one side. Not used if there is a `validation_source`.
    validation_source
        A file or a DataFrame of its own that holds the validation rows.
    seed
        Another seed holds out other rows.

    Returns
    -------
    Prepared
        The files, the numbers, and the report.

    Raises
    ------
    DataError
        If the source cannot be read as a table with those columns, or has no usable row.
    """
    mapping = mapped(prompt=prompt, completion=completion, system=system_column)
    main = _examine(source, mapping, system)
    if validation_source is None:
        train, held, findings = divide(main.usable, validation, seed)
        sources = [main]
    else:
        given = _named(_examine(validation_source, mapping, system), main.name)
        train, held, sources = main.usable, given.usable, [main, given]
        findings = [replace(found, source=given.name) for found in rules.shared(train, held)]
    target = Path(folder)
    _refuse_overwriting(target, [source, validation_source])
    target.mkdir(parents=True, exist_ok=True)
    train_file = write_jsonl([item.example for item in train], target / TRAIN)
    validation_file = write_jsonl([item.example for item in held], target / VALIDATION) if held else None
    findings += rules.size(len(train), TRAIN)
    if not held and (target / VALIDATION).exists():
        findings.append(_stale())
    return Prepared(
        train_file=train_file,
        validation_file=validation_file,
        report=_report(sources, findings),
        n_train=len(train),
        n_validation=len(held),
    )


def _examine(source: Source, mapping: dict[str, str], system: str | None) -> Examined:
    """Return what is known of a source that can be used, or raise with the reason why it cannot."""
    examined = examine(source, mapping, system=system)
    if not examined.readable:
        reasons = " ".join(map(str, examined.findings))
        raise DataError(reasons if examined.name in reasons else f"{examined.name}: {reasons}")
    if not examined.usable:
        errors = [str(found) for found in examined.findings if found.level == "error"]
        first = f" The first fault: {errors[0]}" if errors else ""
        raise DataError(f"{examined.name}: none of its {counted(examined.n_rows, 'row')} can be used.{first}")
    return examined


def divide(usable: Sequence[Usable], validation: float, seed: int) -> tuple[list[Usable], list[Usable], list[Finding]]:
    """Return the rows to train on, the rows to hold out, and a remark if fewer are held out than asked for."""
    wanted = validation_size(validation, len(usable))
    train, held = split([fold(item.prompt) for item in usable], wanted, seed=seed)
    findings = []
    if len(held) < wanted:
        message = f"{counted(len(held), 'example')} held out instead of {wanted:,}: rows with the same prompt stay together."
        findings.append(Finding(id="validation-size", level="note" if held else "warning", message=message))
    return [usable[i] for i in train], [usable[i] for i in held], findings


def _named(examined: Examined, other: str) -> Examined:
    """Return the validation source with its name in each finding: its line 3 is not the other line 3."""
    name = examined.name if examined.name != other else f"{examined.name} (validation)"
    return replace(examined, name=name, findings=[replace(found, source=name) for found in examined.findings])


def _refuse_overwriting(folder: Path, sources: "Sequence[Source | None]") -> None:
    for source in sources:
        if not isinstance(source, (str, os.PathLike)):
            continue
        for name in (TRAIN, VALIDATION):
            target = folder / name
            if target.exists() and target.samefile(source):
                raise DataError(f"{target} is the source itself and would be overwritten. Give another folder.")


def _stale() -> Finding:
    message = f"The folder holds a {VALIDATION} from an earlier run; nothing was held out this time."
    return Finding(id="stale-file", level="warning", message=message, fix="Delete it if it is no longer needed.")


def _report(sources: Sequence[Examined], findings: list[Finding]) -> Report:
    """Return one report: what concerns the whole first, then each source by its lines."""
    whole = [found for found in findings if not found.order]
    parts = [sources[0].report(whole)]
    for examined in sources[1:]:
        parts.append(examined.report([found for found in findings if found.order]))
    skipped = [finding for examined in sources for finding in _skipped(examined)]
    return replace(parts[0], findings=[*skipped, *(found for part in parts for found in part.findings)])


def _skipped(examined: Examined) -> list[Finding]:
    """Return the note that counts the rows which are in neither file; each has a finding of its own that says why."""
    missing = examined.n_rows - len(examined.usable)
    if not missing:
        return []
    message = f"{examined.name}: {counted(missing, 'row')} of {examined.n_rows:,} skipped (unusable or repeated)."
    return [Finding(id="rows-skipped", level="note", message=message, fix="Each has a finding that says why.")]
