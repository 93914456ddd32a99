"""A table as it would be prepared: which row is which example, and on which side of the split. Nothing is written.

Left out: the files themselves (`prepare` writes them, by the same rules).
"""

from dataclasses import dataclass

from ftwidgets.data.divide import divide
from ftwidgets.data.examine import Examined, Options, examine, mapped
from ftwidgets.data.findings import Finding
from ftwidgets.data.lazy_examples import Examples
from ftwidgets.data.readers import DEFAULT_COLUMNS, Source, column_names
from ftwidgets.data.report import Report
from ftwidgets.data.text import normalize


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
        if not self._examined.n_usable:
            return []  # whatever was asked for: the findings say what is wrong
        return divide(self._examined, validation, seed)[0]


def draft(
    source: Source,
    *,
    prompt: str | None = None,
    completion: str | None = None,
    system_column: str | None = None,
    system: str | None = None,
) -> Draft:
    """Check a source as `check` does, and keep what is needed to split it. The parameters are those of `check`."""
    examined = examine(source, Options(mapped(prompt=prompt, completion=completion, system=system_column), system))
    examined.count()
    examples = examined.examples
    return Draft(examined.report(), examples.places() if isinstance(examples, Examples) else [], examined)


def columns(source: Source) -> list[str] | Finding:
    """Return the names of the columns of a source, without repeats, or the finding that says why there are none."""
    return column_names(source)


def automatic(part: str, header: list[str]) -> str | None:
    """Return the one column that is taken for a part (`prompt`, `completion`, `system`) when none is named."""
    alike = [name for name in header if normalize(name) == normalize(DEFAULT_COLUMNS[part])]
    return alike[0] if len(alike) == 1 else None
