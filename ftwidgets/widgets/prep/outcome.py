"""Say in a sentence which rows are used, and what was written."""

from __future__ import annotations

from collections.abc import Sequence

from ftwidgets.data import Prepared, Report
from ftwidgets.data.prepare import Draft
from ftwidgets.data.text import pluralize

_NAMED = 6  # places of rows that are left out


def unused_places(base: Draft, fixed: Draft) -> list[str]:
    """Return where the rows are that are not used, as far as a finding names them: `line 7`, `line 19`.

    `base` is the data as it is, `fixed` with the chosen fixes done.
    """
    used = set(fixed.places)
    found = sorted([*base.report.findings, *fixed.report.findings], key=lambda finding: finding.order)
    return list(dict.fromkeys(finding.where for finding in found if finding.where and finding.where not in used))


def headline(report: Report, unused: Sequence[str], n_fixed: int = 0) -> str:
    """Return how many rows of the source are used, and which are not."""
    if report.unreadable:
        return "This cannot be read as training data."
    n_rows, n_used = report.n_rows, report.n_examples
    fixed = f", {n_fixed:,} of them fixed" if n_fixed else ""
    if not n_used:
        none = "The only row cannot be used." if n_rows == 1 else f"None of {n_rows:,} rows can be used."
        return none if n_rows else "There are no rows."
    if n_used >= n_rows:
        return f"All {pluralize(n_used, 'row')} will be used{fixed}." if n_used > 1 else f"The only row will be used{fixed}."
    n_left = n_rows - n_used
    return f"{n_used:,} of {n_rows:,} rows will be used{fixed}; {n_left:,} left out ({_places(unused, n_left)})."


def _places(places: Sequence[str], n_rows: int) -> str:
    """Return places in short: `lines 7, 19`, or `lines 7, 19, 23, 40, 41, 56 and 12 more`."""
    kind = "line" if places and places[0].startswith("line ") else "row"
    names = [place.removeprefix(f"{kind} ") for place in places]
    named = names if len(names) <= _NAMED + 1 else names[:_NAMED]
    more = f" and {n_rows - len(named):,} more" if n_rows > len(named) else ""
    return f"{kind}{'' if n_rows == 1 else 's'} {', '.join(named)}{more}" if named else "see the findings"


def written_text(prepared: Prepared, tokens: str) -> str:
    """Return what was written and where, without a full stop; `tokens` are those of the training file, with their noun."""
    train = f"Written: {pluralize(prepared.n_train, 'example')} ({tokens}) to train on in {prepared.train_file.as_posix()}"
    if prepared.validation_file is None:
        return f"{train}, none held out"
    return f"{train}, {prepared.n_validation:,} held out in {prepared.validation_file.as_posix()}"
