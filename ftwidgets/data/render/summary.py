"""The contents of a report, the same for every format: verdict, findings by kind, sizes, lengths, shares, costs.

The words on each kind of finding come from its declaration (`FindingType`). Left out: the layout (`html.py`, `markdown.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ftwidgets.data.findings import LEVELS, Finding, Level, finding_type
from ftwidgets.data.text import pluralize, printable
from ftwidgets.data.tokens.lengths import bins

if TYPE_CHECKING:
    from ftwidgets.data.results import Fix, Results

PAGE = "docs/findings.md"
EPOCHS = 3  # for the estimate of the cost
MAX_LISTED = 200  # findings in the list of all
SHOWN_OF_A_KIND = 5  # findings that are shown of each kind


@dataclass(frozen=True)
class Kind:
    """All findings of one kind, with the words of its `FindingType`."""

    id: str
    level: Level
    count: int  # of all findings; the report may hold fewer of them
    first: list[Finding]  # those that the report holds, by line
    title: str
    why: str
    fix: str  # what to do about any of them
    repairs: list[str]  # names of the automatic fixes that some of them have

    @property
    def shared_fix(self) -> str:
        """The remedy that all of several findings share, which is then shown once for all; empty if there is none."""
        fixes = {finding.fix for finding in self.first}
        return fixes.pop() if len(fixes) == 1 and len(self.first) > 1 else ""


def kinds(report: Results) -> list[Kind]:
    """Return the kinds of findings in the report: errors first, and the most frequent of each level first."""
    by_kind: dict[str, list[Finding]] = {}
    for finding in report.findings:
        by_kind.setdefault(finding.id, []).append(finding)
    made = []
    for rule, (level, count) in report.totals.items():
        first = by_kind.get(rule, [])
        repairs = sorted({finding.repair for finding in first if finding.repair})
        if declared := finding_type(rule):
            title, why, fix = declared.title, declared.why, declared.fix
        else:  # a finding that somebody made by hand
            title, why, fix = rule, "", first[0].fix if first else ""
        made.append(Kind(rule, level, count, first, title, why, fix, repairs))
    return sorted(made, key=lambda kind: (LEVELS.index(kind.level), -kind.count, kind.id))


def verdict(report: Results) -> str:
    """Return a sentence on whether the data is ready for training."""
    if not report.ok:
        return "Not ready: a service would reject it or train wrongly. Repair the errors first."
    if any(level == "warning" for level, _ in report.totals.values()):
        return "Ready to use. Look at the warnings: they say where a better set would train better."
    return "Ready to use."


def where(finding: Finding) -> str:
    """Return the place of a finding, printable; `whole source` if it has none."""
    return printable(finding.where, 200) or "whole source"


def excerpt(finding: Finding) -> str:
    """Return the excerpt of a finding, printable; empty if the message quotes it already."""
    shown = printable(finding.excerpt or "")
    return "" if shown.rstrip("…") in finding.message else shown


def sizes(report: Results) -> list[tuple[str, str]]:
    """Return the numbers of rows, examples and tokens, each with its name."""
    found = [("Rows read", f"{report.n_rows:,}"), ("Usable examples", f"{report.n_examples:,}")]
    if report.n_examples:
        found.append((f"Tokens ({report.encoding})", f"{int(report.tokens.sum()):,}"))
    return found


def lengths(report: Results) -> str:
    """Return a sentence on the lengths of the examples."""
    if not report.n_examples:
        return "No usable example, no tokens."
    import numpy as np

    low, high = int(report.tokens.min()), int(report.tokens.max())
    total = f"{int(report.tokens.sum()):,}"
    size = pluralize(report.n_examples, "example")
    median = f"median {float(np.median(report.tokens)):,.0f}"
    return f"{size} of {low:,} to {high:,} tokens, {median}; {total} in all, counted with {report.encoding}."


def shares(numbers: Mapping[str, int], limit: int = 20) -> list[tuple[str, int]]:
    """Return names with their numbers, the most frequent first; the last entry sums up all beyond `limit`."""
    found = sorted(((printable(name), n) for name, n in numbers.items()), key=lambda entry: (-entry[1], entry[0]))
    rest = found[limit:]
    return found[:limit] + ([(f"{pluralize(len(rest), 'other')}", sum(n for _, n in rest))] if rest else [])


def columns_read(report: Results) -> list[tuple[str, str]]:
    """Return the form of the source, and the column that each part was read from."""
    form = [("Form", report.form)] if report.form else []
    return [*form, *((part.capitalize(), f'column "{printable(name)}"') for part, name in report.columns.items())]


COSTS = ("Provider", "Model", "USD for a million tokens", f"{EPOCHS} epochs", "Price read on", "Until when")


def costs(report: Results) -> list[tuple[str, ...]]:
    """Return the cells under the header `COSTS`, a row for each known price."""
    from ftwidgets.data.cost import cost, format_usd, prices

    total = int(report.tokens.sum()) if report.n_examples else 0
    rows: list[tuple[str, ...]] = []
    for price in prices():
        usd, until = format_usd(cost(total, EPOCHS, price)), price.availability() or "no end known"
        rows.append((price.provider, price.model, f"{price.usd_per_million_tokens:g}", usd, price.as_of, until))
    return rows


def cost_note() -> str:
    """Return how the costs are estimated, and where the prices are from."""
    from ftwidgets.data.cost import prices

    sources = "; ".join(dict.fromkeys(f"{price.provider}: {price.source}" for price in prices()))
    return (
        f"Tokens x {EPOCHS} epochs x price, for all usable examples; what you hold out is not billed. Look at the provider's "
        f"price list before you pay. Prices from {sources}."
    )


def length_rows(report: Results) -> list[tuple[str, str]]:
    """Return the rows of a table of lengths: a range of tokens, and how many examples have so many."""
    found = bins(report.tokens.tolist())
    return [(f"{first:,} to {last:,}" if last > first else f"{first:,}", f"{n:,}") for first, last, n in found]


def more_findings(report: Results) -> str:
    """Return how many findings are not in the list of all; empty if they all are."""
    n_listed = min(len(report.findings), MAX_LISTED)
    more = report.n_findings - n_listed
    return f"… and {pluralize(more, 'finding')} more than the {n_listed} listed here." if more > 0 else ""


def describe_fix(fix: Fix) -> str:
    """Return what a fix does, and whether it is applied only if named."""
    return f"{fix.title} (only if you name it)" if fix.requires_opt_in else fix.title
