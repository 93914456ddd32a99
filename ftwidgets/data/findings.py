"""One thing found in the data: what, where, how bad, and what to do. Left out: automatic fixes."""

import dataclasses
from typing import Literal

Level = Literal["error", "warning", "note"]

# The order in which a reader wants them.
LEVELS: tuple[Level, ...] = ("error", "warning", "note")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Finding:
    """A fault or a remark, with its place.

    Parameters
    ----------
    id
        Stable name of the rule, such as `empty-cell`.
    level
        `error` (a service would refuse it, or train or measure wrongly), `warning` or `note`.
    message, fix
        What is wrong, with the value; what to do about it.
    line
        Line of the file on which the row begins, counted from 1 as an editor does; None for a DataFrame.
    row
        For a file, the number of the row, counted from 1 after the header; for a DataFrame, its index label.
    field
        Name of the column, as the source has it.
    excerpt
        The beginning of the text at fault.
    source
        Name of the file or table, where a report covers two of them.
    repair
        Name of the automatic fix that `Report.apply` has for it; None where a person must decide.
    order
        Position in the source, for sorting; 0 for what concerns the whole of it.
    """

    id: str
    level: Level
    message: str
    fix: str = ""
    line: int | None = None
    row: int | str | None = None
    field: str | None = None
    excerpt: str | None = None
    source: str | None = None
    repair: str | None = None
    order: int = dataclasses.field(default=0, compare=False, repr=False)

    @property
    def where(self) -> str:
        """`line 14` in a file, `row 14` in a DataFrame, empty for the whole; with the source where it is known."""
        place = ""
        if self.line is not None:
            place = f"line {self.line}"
        elif self.row is not None:
            place = f"row {self.row}"
        return ", ".join(part for part in (self.source, place) if part)

    def __str__(self) -> str:
        text = f"{self.message} {self.fix}".strip()
        return f"{self.where}: {text}" if self.where else text
