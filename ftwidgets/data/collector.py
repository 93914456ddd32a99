"""Collect findings: the first thousand of each rule whole, and how many there were of each.

Left out: telling them to anybody.
"""

from collections import Counter
from dataclasses import dataclass, field

from ftwidgets.data.findings import Finding, Level

KEPT = 1000
"""Findings of one rule that are kept whole; of more, only the number."""


@dataclass
class Tally:
    """Findings as they come in, counted by rule and by automatic repair."""

    findings: list[Finding] = field(default_factory=list)
    totals: dict[str, tuple[Level, int]] = field(default_factory=dict)
    repairs: Counter[str] = field(default_factory=Counter)

    def room(self, rule: str) -> bool:
        """Tell whether another finding of this rule would be kept whole."""
        return self.totals.get(rule, ("note", 0))[1] < KEPT

    def count(self, rule: str, level: Level, repair: str | None) -> None:
        """Count a finding; the level of a rule is that of its worst one."""
        known, n = self.totals.get(rule, (level, 0))
        self.totals[rule] = ("error" if "error" in (known, level) else known, n + 1)
        if repair is not None:
            self.repairs[repair] += 1

    def add(self, finding: Finding) -> None:
        """Count a finding, and keep it if there is room."""
        if self.room(finding.id):
            self.findings.append(finding)
        self.count(finding.id, finding.level, finding.repair)

    def take(self, other: "Tally") -> None:
        """Take in all that another tally holds and has counted."""
        self.findings += other.findings
        for rule, (level, n) in other.totals.items():
            known, before = self.totals.get(rule, (level, 0))
            self.totals[rule] = ("error" if "error" in (known, level) else known, before + n)
        self.repairs.update(other.repairs)
