"""A table as it was read: a header, and rows that know their place. Left out: any judgement of what is in them."""

from dataclasses import dataclass, field
from typing import Any

from ftwidgets.prep.findings import Finding, Level


@dataclass(frozen=True)
class Row:
    """One row: its position from 1, its line in the file or its label in the DataFrame, and its values."""

    order: int
    line: int | None
    label: int | str
    values: tuple[Any, ...]

    @property
    def where(self) -> str:
        """`line 14` or `row 14`, as findings call it."""
        return f"line {self.line}" if self.line is not None else f"row {self.label}"

    def finding(
        self,
        rule: str,
        level: Level,
        message: str,
        fix: str = "",
        *,
        field: str | None = None,
        excerpt: str | None = None,
    ) -> Finding:
        """Return a finding on this row."""
        return Finding(
            id=rule,
            level=level,
            message=message,
            fix=fix,
            line=self.line,
            row=self.label,
            field=field,
            excerpt=excerpt,
            order=self.order,
        )


@dataclass(frozen=True)
class Table:
    """A header (names without blanks around them), its line in the file, and the rows below it.

    `findings` are remarks made while reading. `from_file` tells a file (text cells only) from a DataFrame.
    """

    name: str
    header: tuple[str, ...]
    rows: list[Row]
    from_file: bool
    header_line: int | None = None
    findings: list[Finding] = field(default_factory=list)
