"""What only all rows of a table show: cells that are numbers, rows without a system prompt among rows with one.

Left out: what a row shows by itself (`cells`), and what texts say together (`groups`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ftwidgets.prep.findings import Finding
from ftwidgets.prep.items import Row
from ftwidgets.prep.words import counted, quoted


@dataclass
class Overall:
    """Numbers that grow while rows are read."""

    n_own: int = 0
    n_gaps: int = 0
    first_gap: str = ""
    numbers: dict[str, list[str | int]] = field(default_factory=dict)  # part: [count, type, text, where]

    def system(self, has_own: bool, row: Row) -> None:
        """Count a row of a table with a system column."""
        if has_own:
            self.n_own += 1
            return
        self.n_gaps += 1
        if self.n_gaps == 1:
            self.first_gap = row.where

    def number(self, part: str, value: object, row: Row) -> None:
        """Count a cell that is written as text and is none."""
        found = self.numbers.setdefault(part, [0, type(value).__name__, str(value), row.where])
        found[0] = int(found[0]) + 1

    def findings(self, columns: Mapping[str, str], system: str | None) -> list[Finding]:
        """Return what is to be said when all rows have been seen."""
        return [*self._numbers(columns), *self._gaps(columns, system)]

    def _numbers(self, columns: Mapping[str, str]) -> list[Finding]:
        findings = []
        for part in sorted(self.numbers, reverse=True):  # the prompt first
            n, kind, text, where = self.numbers[part]
            name = columns[part]
            message = (
                f"{quoted(name)} holds {counted(int(n), 'cell')} of type {kind}; "
                f"they are written as text, {quoted(str(text))} for example ({where})."
            )
            fix = "If that is not how they should read, turn the column into text first."
            findings.append(Finding(id="numbers-as-text", level="note", message=message, fix=fix, field=name))
        return findings

    def _gaps(self, columns: Mapping[str, str], system: str | None) -> list[Finding]:
        if not self.n_gaps or (not self.n_own and system is None):
            return []
        name, n = columns["system"], self.n_own + self.n_gaps
        message = f"{quoted(name)} is empty in {self.n_gaps:,} of {counted(n, 'row')}, first on {self.first_gap}"
        if system is not None:
            message += "; the constant system prompt is used."
            return [Finding(id="system-filled", level="note", message=message, field=name)]
        message += "; these get none."
        fix = "Fill them in, or give system= a text for them; the prompt at use should match the one in training."
        return [Finding(id="system-missing", level="warning", message=message, fix=fix, field=name)]
