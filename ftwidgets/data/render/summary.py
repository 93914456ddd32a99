"""What every view of a report says: the verdict, the findings of one kind together, sizes, shares, costs.

The words on each kind of finding come from its declaration (`FindingType`). Left out: how it looks (`html.py`, `markdown.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ftwidgets.data.findings import LEVELS, Finding, Level, finding_type
from ftwidgets.data.text import pluralize, printable

if TYPE_CHECKING:
    from ftwidgets.data.results import Fix, Results

PAGE = "docs/findings.md"
EPOCHS = 3  # for the estimate of the cost


@dataclass(frozen=True)
class Kind:
    """The findings of one id, with what is to be said of them all.

    Parameters
    ----------
    id, level, count
        Which, how bad, and how many there are; the report may hold fewer of them.
    first
        Those that the report holds, by line.
    title, why, todo
        What it means and what to do, as declared in its `FindingType`.
    repairs
        Names of the automatic fixes that some of them have.
    """

    id: str
    level: Level
    count: int
    first: list[Finding]
    title: str
    why: str
    todo: str
    repairs: list[str]

    @property
    def fix(self) -> str:
        """What they all say is to be done, where several say the same: once for all is enough."""
        said = {finding.fix for finding in self.first}
        return said.pop() if len(said) == 1 and len(self.first) > 1 else ""


def kinds(report: Results) -> list[Kind]:
    """Return the findings by id: errors first, of each level the most frequent first."""
    held: dict[str, list[Finding]] = {}
    for finding in report.findings:
        held.setdefault(finding.id, []).append(finding)
    made = []
    for rule, (level, count) in report.totals.items():
        first = held.get(rule, [])
        repairs = sorted({finding.repair for finding in first if finding.repair})
        if declared := finding_type(rule):
            title, why, todo = declared.title, declared.why, declared.todo
        else:  # a finding that somebody made by hand
            title, why, todo = rule, "", first[0].fix if first else ""
        made.append(Kind(rule, level, count, first, title, why, todo, repairs))
    return sorted(made, key=lambda kind: (LEVELS.index(kind.level), -kind.count, kind.id))


def verdict(report: Results) -> str:
    """Return in a sentence whether this can be trained on."""
    if not report.ok:
        return "Not ready: a service would refuse it or train wrongly. Mend the errors first."
    if any(level == "warning" for level, _ in report.totals.values()):
        return "Ready to use. Look at the warnings: they say where a better set would train better."
    return "Ready to use."


def where(finding: Finding) -> str:
    """Return the place of a finding."""
    return printable(finding.where, 200) or "whole source"


def text_at(finding: Finding) -> str:
    """Return the text at fault, unless the message quotes it already."""
    shown = printable(finding.excerpt or "")
    return "" if shown.rstrip("…") in finding.message else shown


def sizes(report: Results) -> list[tuple[str, str]]:
    """Return the figures of the set, each with its name."""
    found = [("Rows read", f"{report.n_rows:,}"), ("Usable examples", f"{report.n_examples:,}")]
    if report.n_examples:
        found.append((f"Tokens ({report.encoding})", f"{int(report.tokens.sum()):,}"))
    return found


def lengths(report: Results) -> str:
    """Return in a sentence how long the examples are."""
    if not report.n_examples:
        return "No usable example, no tokens."
    low, middle, high = (f"{value:,.0f}" for value in _quantiles(report))
    total = f"{int(report.tokens.sum()):,}"
    size = pluralize(report.n_examples, "example")
    return f"{size} of {low} to {high} tokens, median {middle}; {total} in all, counted with {report.encoding}."


def shares(numbers: Mapping[str, int], limit: int = 20) -> list[tuple[str, int]]:
    """Return names with their numbers, the most frequent first; what is beyond `limit` is summed up in a last entry."""
    found = sorted(((printable(name), n) for name, n in numbers.items()), key=lambda entry: (-entry[1], entry[0]))
    rest = found[limit:]
    return found[:limit] + ([(f"{pluralize(len(rest), 'other')}", sum(n for _, n in rest))] if rest else [])


def reading(report: Results) -> list[tuple[str, str]]:
    """Return how the source was read: its form, and which column is what."""
    told = [("Form", report.form)] if report.form else []
    return [*told, *((part.capitalize(), f'column "{printable(name)}"') for part, name in report.columns.items())]


COSTS = ("Provider", "Model", "USD for a million tokens", f"{EPOCHS} epochs", "Price read on", "Until when")


def costs(report: Results) -> list[tuple[str, ...]]:
    """Return the cells under `COSTS` for each known price: this training's sum is the fourth."""
    from ftwidgets.data.cost import cost, format_usd, prices

    total = int(report.tokens.sum()) if report.n_examples else 0
    return [
        (
            price.provider,
            price.model,
            f"{price.usd_per_million_tokens:g}",
            format_usd(cost(total, EPOCHS, price)),
            price.as_of,
            price.availability() or "no end known",
        )
        for price in prices()
    ]


def costs_said() -> str:
    """Return how the costs are reckoned, and where the prices are from."""
    from ftwidgets.data.cost import prices

    sources = "; ".join(dict.fromkeys(f"{price.provider}: {price.source}" for price in prices()))
    return (
        f"Tokens x {EPOCHS} epochs x price, for all usable examples; what you hold out is not billed. Look at the provider's "
        f"price list before you pay. Prices from {sources}."
    )


def _quantiles(report: Results) -> tuple[float, float, float]:
    import numpy as np

    return int(report.tokens.min()), float(np.median(report.tokens)), int(report.tokens.max())


def does(fix: Fix) -> str:
    """Return what a fix does, and whether it must be named to be done."""
    return f"{fix.title} (only if you name it)" if fix.requires_opt_in else fix.title
