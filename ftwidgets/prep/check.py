"""Look at a table of prompts and completions and say everything that is wrong with it. Left out: changing any of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ftwidgets.prep import rules
from ftwidgets.prep.columns import DEFAULTS, find, ignored
from ftwidgets.prep.findings import Finding
from ftwidgets.prep.read import Source, read
from ftwidgets.prep.report import Report
from ftwidgets.prep.rows import Usable, take
from ftwidgets.prep.words import fold, quoted, visible


@dataclass(frozen=True)
class Examined:
    """What is known of a source before its rows are counted against a minimum; not `readable` if no row can be used."""

    name: str
    findings: list[Finding]
    readable: bool = False
    usable: list[Usable] = field(default_factory=list)
    n_rows: int = 0
    columns: dict[str, str] = field(default_factory=dict)

    def report(self, more: list[Finding]) -> Report:
        """Return the report, with `more` findings sorted in by their place."""
        return Report(
            findings=sorted([*self.findings, *more], key=lambda finding: finding.order),
            examples=[item.example for item in self.usable],
            source=self.name,
            n_rows=self.n_rows,
            columns=self.columns,
        )


def check(
    source: Source,
    *,
    prompt: str | None = None,
    completion: str | None = None,
    system_column: str | None = None,
    system: str | None = None,
) -> Report:
    """Check a CSV file or a DataFrame of prompts and completions.

    Parameters
    ----------
    source
        Path of a CSV file (comma, semicolon or tab; UTF-8 or UTF-16), or a pandas DataFrame, which stays as it is.
    prompt, completion, system_column
        Names of the columns, where they are not called Prompt, Completion and System in some case.
    system
        A system prompt (the text itself) for every row that has none in the System column.

    Returns
    -------
    Report
        Findings with line numbers, and the usable rows as chat examples. An unreadable source is a finding too.
    """
    mapping = mapped(prompt=prompt, completion=completion, system=system_column)
    examined = examine(source, mapping, system=system)
    return examined.report(rules.size(len(examined.usable), examined.name) if examined.readable else [])


def mapped(**names: str | None) -> dict[str, str]:
    """Return the column names that the caller gave."""
    return {part: name for part, name in names.items() if name is not None}


def examine(source: Source, mapping: Mapping[str, str], *, system: str | None) -> Examined:
    """Read `source` and apply every rule that does not depend on what the rows are for."""
    if system is not None and not system.strip():
        raise ValueError("system is blank; leave it out for no system prompt")
    table = read(source, [mapping.get(part, name) for part, name in DEFAULTS.items()])
    if isinstance(table, Finding):
        return Examined(name=visible(Path(str(source)).name or str(source)), findings=[table])
    columns = find(table, mapping)
    if isinstance(columns, list):
        return Examined(name=table.name, findings=columns, n_rows=len(table.rows))
    findings = [*table.findings, *ignored(table, columns)]
    usable: list[Usable] = []
    for row in table.rows:
        taken = take(row, table, columns, system)
        if isinstance(taken, Usable):
            usable.append(taken)
        else:
            findings += taken
    usable, repeated = rules.repeats(usable)
    findings += repeated
    findings += rules.contradictions(usable, table.header[columns.completion])
    findings += rules.numbers_as_text(usable, table, columns)
    findings += rules.blanks_before_quotes(usable, table, columns)
    findings += rules.system_gaps(usable, table, columns, system)
    findings += _system_named_like_a_column(table.header, system)
    places = {"prompt": columns.prompt, "completion": columns.completion, "system": columns.system}
    return Examined(
        name=table.name,
        findings=findings,
        readable=True,
        usable=usable,
        n_rows=len(table.rows),
        columns={part: table.header[place] for part, place in places.items() if place is not None},
    )


def _system_named_like_a_column(header: tuple[str, ...], system: str | None) -> list[Finding]:
    """Return a warning if the text given as system prompt is the name of a column: probably it was meant as one."""
    if system is None or fold(system) not in map(fold, header):
        return []
    message = f"system={quoted(system)} is used as the text of the system prompt, and a column has that name."
    fix = f"If the column was meant: system_column={quoted(system)}."
    return [Finding(id="system-is-a-column", level="warning", message=message, fix=fix, field=system)]
