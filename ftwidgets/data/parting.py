"""Check a source, part it into training and validation, and write both. Left out: the function a user calls (`prepare`)."""

import os
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from ftwidgets.data.collector import Tally
from ftwidgets.data.divide import WAYS, divide
from ftwidgets.data.examine import Examined, Options, compare, examine, joined, named
from ftwidgets.data.findings import Finding
from ftwidgets.data.jsonl import line, write_jsonl, writing
from ftwidgets.data.readers import Source
from ftwidgets.data.report import Report
from ftwidgets.data.rules import size
from ftwidgets.data.splits import size_note
from ftwidgets.data.text import pluralize
from ftwidgets.errors import DataError

TRAIN, VALIDATION = "train.jsonl", "validation.jsonl"


@dataclass(frozen=True)
class Wish:
    """How much is to be held out, in which way, and by which seed."""

    validation: float
    way: str
    seed: int


@dataclass(frozen=True)
class Parted:
    """Where the two files are (the second may not be there), the report, and how many examples each holds."""

    train: Path
    validation: Path
    report: Report
    n_train: int
    n_validation: int


def refuse_way(way: str) -> None:
    """Raise ValueError for a way to split that there is not."""
    if way not in WAYS:
        raise ValueError(f"split is one of {', '.join(WAYS)}: {way!r}")


def part(source: Source, folder: Path, options: Options, validation_source: "Source | None", wish: Wish) -> Parted:
    """Write the two files; see `prepare`."""
    _refuse_overwriting(folder, [source, validation_source])
    main = _examine(source, options)
    if validation_source is None:
        held, findings = divide(main, wish.validation, wish.seed, wish.way)
        sources = [main]
    else:
        given = named(_examine(validation_source, options), main.name)
        compare(main, given)
        held, findings, sources = None, [], [main, given]
    folder.mkdir(parents=True, exist_ok=True)
    n_train, n_held = _write(sources, held, folder)
    findings += size.size(n_train, TRAIN)
    if not n_held and (folder / VALIDATION).exists():
        findings.append(_stale())
    elif n_held:
        findings += size_note(n_held)
    return Parted(folder / TRAIN, folder / VALIDATION, _report(sources, findings), n_train, n_held)


def _examine(source: Source, options: Options) -> Examined:
    """Return what is known of a source that can be used, or raise with the reason why it cannot."""
    examined = examine(source, options)
    if not examined.readable:
        reasons = " ".join(map(str, examined.tally.findings))
        raise DataError(reasons if examined.name in reasons else f"{examined.name}: {reasons}")
    if not examined.n_usable:
        assert examined.opened is not None
        errors = [str(found) for found in examined.tally.findings if found.level == "error"]
        first = f" The first fault: {errors[0]}" if errors else ""
        raise DataError(f"{examined.name}: none of its {pluralize(examined.opened.n_rows, 'row')} can be used.{first}")
    return examined


def _write(sources: Sequence[Examined], held: "Sequence[bool] | None", folder: Path) -> tuple[int, int]:
    """Write the two files, each complete or not at all; return how many examples each holds."""
    if held is None:
        write_jsonl(sources[0].examples, folder / TRAIN)
        write_jsonl(sources[1].examples, folder / VALIDATION)
        return sources[0].n_usable, sources[1].n_usable
    n_held = sum(held)
    with ExitStack() as both:
        train = both.enter_context(writing(folder / TRAIN))
        validation = both.enter_context(writing(folder / VALIDATION)) if n_held else train
        for example, out in zip(sources[0].examples, held, strict=True):
            (validation if out else train).write(line(example))
    return len(held) - n_held, n_held


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


def _report(sources: Sequence[Examined], findings: Iterable[Finding]) -> Report:
    """Return one report: what concerns the whole first, then each source by its lines."""
    whole = Tally()
    for finding in (*(found for examined in sources for found in _skipped(examined)), *findings):
        whole.add(finding)
    return joined(sources[0].report(), [whole, *(examined.tally for examined in sources)])


def _skipped(examined: Examined) -> list[Finding]:
    """Return the note that counts the rows which are in neither file; each has a finding of its own that says why."""
    n_rows = examined.opened.n_rows if examined.opened is not None else 0
    missing = n_rows - examined.n_usable
    if missing <= 0:
        return []
    message = f"{examined.name}: {pluralize(missing, 'row')} of {n_rows:,} skipped (unusable or repeated)."
    return [Finding(id="rows-skipped", level="note", message=message, fix="Each has a finding that says why.")]
