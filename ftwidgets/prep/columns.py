"""Find the Prompt, Completion and System columns, whatever their case, order and surrounding blanks.

Left out: guessing from other names (`Question`, `answer_text`): the finding lists the columns and says how to map them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ftwidgets.prep.findings import Finding
from ftwidgets.prep.table import Table
from ftwidgets.prep.words import fold, listed, quoted

DEFAULTS = {"prompt": "Prompt", "completion": "Completion", "system": "System"}

# The argument that maps each part to a column.
ARGUMENTS = {"prompt": "prompt", "completion": "completion", "system": "system_column"}


@dataclass(frozen=True)
class Columns:
    """Where each part of an example is: positions in the header; `system` is None where there is no such column."""

    prompt: int
    completion: int
    system: int | None


def find(table: Table, mapping: Mapping[str, str]) -> Columns | list[Finding]:
    """Return the positions of the columns, or a finding for each that is missing or there twice.

    `mapping` holds what the caller named, such as `{"prompt": "Question"}`.
    """
    found: dict[str, int] = {}
    findings: list[Finding] = []
    for part, default in DEFAULTS.items():
        name = mapping.get(part, default)
        places = _places(table.header, name, exact_first=part in mapping)
        if len(places) == 1:
            found[part] = places[0]
        elif places:
            findings.append(_ambiguous(table, part, name, places))
        elif part != "system" or part in mapping:
            findings.append(_missing(table, part, name, first=not findings))
    if findings:
        return findings
    if len(set(found.values())) < len(found):
        same = listed(table.header[place] for place in sorted(set(found.values())))
        raise ValueError(f"prompt, completion and system need a column each; these were named: {same}")
    return Columns(prompt=found["prompt"], completion=found["completion"], system=found.get("system"))


def ignored(table: Table, columns: Columns) -> list[Finding]:
    """Return the note that names the columns which are not used, if there are any."""
    used = {columns.prompt, columns.completion, columns.system}
    others = [name for place, name in enumerate(table.header) if place not in used and name]
    if not others:
        return []
    message = f"Columns not used: {listed(others)}."
    return [Finding(id="ignored-columns", level="note", message=message)]


def _places(header: tuple[str, ...], name: str, *, exact_first: bool) -> list[int]:
    exact = [place for place, column in enumerate(header) if column == name]
    if exact_first and len(exact) == 1:
        return exact
    return [place for place, column in enumerate(header) if fold(column) == fold(name)]


def _missing(table: Table, part: str, name: str, *, first: bool) -> Finding:
    there = [column for column in table.header if column]
    fix = f'Rename a column, or say which one it is: {ARGUMENTS[part]}="...".'
    if table.from_file and first:
        fix += ' If the first line is an example already, put a header line "Prompt,Completion" above it.'
    columns = f"the columns are {listed(there)}" if there else "there are no columns at all"
    return Finding(
        id="missing-column",
        level="error",
        message=f"There is no column {quoted(name)}; {columns}.",
        fix=fix,
        line=table.header_line,
        field=name,
    )


def _ambiguous(table: Table, part: str, name: str, places: list[int]) -> Finding:
    there = ", ".join(f"{quoted(table.header[place])} (column {place + 1})" for place in places)
    return Finding(
        id="ambiguous-column",
        level="error",
        message=f"Several columns could be {quoted(name)}: {there}.",
        fix=f'Rename or delete all but one, or say which: {ARGUMENTS[part]}="..." (spelled exactly).',
        line=table.header_line,
        field=name,
    )
