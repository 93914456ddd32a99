"""A table as it would be prepared: which row is which example, and on which side of the split. Nothing is written.

Left out: the files themselves (`prepare` writes them, by the same rules).
"""

from dataclasses import dataclass

from ftwidgets.prep import rules
from ftwidgets.prep.check import Examined, examine, mapped
from ftwidgets.prep.columns import DEFAULTS
from ftwidgets.prep.findings import Finding
from ftwidgets.prep.prepare import divide
from ftwidgets.prep.read import Source, read
from ftwidgets.prep.report import Report
from ftwidgets.prep.words import fold


@dataclass(frozen=True)
class Draft:
    """What is known of a source before anything is written.

    Parameters
    ----------
    report
        What `check` reports.
    places
        Where each of `report.examples` stands in the source: `line 14` or `row 14`.
    """

    report: Report
    places: list[str]
    _examined: Examined

    def sides(self, validation: float, seed: int) -> list[bool]:
        """Tell of each example whether `prepare` would hold it out with that share (or number) and that seed."""
        usable = self._examined.usable
        if not usable:
            return []  # whatever was asked for: the findings say what is wrong
        _, held, _ = divide(usable, validation, seed)
        out = set(map(id, held))
        return [id(item) in out for item in usable]


def draft(
    source: Source,
    *,
    prompt: str | None = None,
    completion: str | None = None,
    system_column: str | None = None,
    system: str | None = None,
) -> Draft:
    """Check a source as `check` does, and keep what is needed to split it. The parameters are those of `check`."""
    mapping = mapped(prompt=prompt, completion=completion, system=system_column)
    examined = examine(source, mapping, system=system)
    more = rules.size(len(examined.usable), examined.name) if examined.readable else []
    return Draft(examined.report(more), [item.row.where for item in examined.usable], examined)


def columns(source: Source) -> list[str] | Finding:
    """Return the names of the columns of a source, without repeats, or the finding that says why there are none."""
    table = read(source, DEFAULTS.values())
    return table if isinstance(table, Finding) else list(dict.fromkeys(name for name in table.header if name))


def automatic(part: str, header: list[str]) -> str | None:
    """Return the one column that is taken for a part (`prompt`, `completion`, `system`) when none is named."""
    alike = [name for name in header if fold(name) == fold(DEFAULTS[part])]
    return alike[0] if len(alike) == 1 else None
