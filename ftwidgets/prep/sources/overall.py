"""What only all rows of a table show: that cells are numbers.

Left out: what a row shows by itself (`cells`), and what texts and system prompts say together (`groups`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ftwidgets.prep.findings import Finding
from ftwidgets.prep.items import Row
from ftwidgets.prep.words import counted, quoted


@dataclass
class Overall:
    """Numbers that grow while rows are read."""

    numbers: dict[str, list[str | int]] = field(default_factory=dict)  # part: [count, type, text, where]

    def number(self, part: str, value: object, row: Row) -> None:
        """Count a cell that is written as text and is none."""
        found = self.numbers.setdefault(part, [0, type(value).__name__, str(value), row.where])
        found[0] = int(found[0]) + 1

    def findings(self, columns: Mapping[str, str]) -> list[Finding]:
        """Return what is to be said when all rows have been seen."""
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
