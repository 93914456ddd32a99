"""Find the Prompt, Completion and System columns, whatever their case, order and surrounding blanks.

Left out: guessing from other names (`Question`, `answer_text`): the finding lists the columns and says how to map them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ftwidgets.data.findings import Finding
from ftwidgets.data.text import join_names, normalize, quote

DEFAULTS = {"prompt": "Prompt", "completion": "Completion", "system": "System"}

# The argument that maps each part to a column.
ARGUMENTS = {
    "prompt": "prompt",
    "completion": "completion",
    "system": "system_column",
    "conversation": "conversation",
    "group": "group",
    "split": "split_column",
}
_NEEDED = ("prompt", "completion")


@dataclass(frozen=True)
class Header:
    """The names of the columns, and where they stand: the line in a file, or none."""

    names: tuple[str, ...]
    from_file: bool = False
    line: int | None = None


def clean(name: str) -> str:
    """Return the name of a column without surrounding blanks and without stray byte order marks."""
    return name.replace("\ufeff", "").replace("\u200b", "").strip()


def wanted(mapping: Mapping[str, str]) -> list[str]:
    """Return the names of the columns looked for; they help to tell the delimiter and the sheet."""
    return [*(mapping.get(part, name) for part, name in DEFAULTS.items()), *mapping.values()]


def find(header: Header, mapping: Mapping[str, str]) -> dict[str, int] | list[Finding]:
    """Return the position of the column of each part, or a finding for each that is missing or there twice.

    `mapping` holds what the caller named, such as `{"prompt": "Question"}`.

    Raises
    ------
    ValueError
        If one column is named for two of prompt, completion and system.
    """
    found: dict[str, int] = {}
    findings: list[Finding] = []
    for part, name in {**DEFAULTS, **mapping}.items():
        places = _places(header.names, name, exact_first=part in mapping)
        if len(places) == 1:
            found[part] = places[0]
        elif places:
            findings.append(_ambiguous(header, part, name, places))
        elif part in mapping or part in _NEEDED:
            findings.append(_missing(header, part, name, first=not findings))
    if findings:
        return findings
    texts = [found[part] for part in DEFAULTS if part in found]
    if len(set(texts)) < len(texts):
        same = join_names(header.names[place] for place in sorted(set(texts)))
        raise ValueError(f"prompt, completion and system need a column each; these were named: {same}")
    return found


def ignored(header: Header, found: Mapping[str, int]) -> list[Finding]:
    """Return the note that names the columns which are not used, if there are any."""
    used = set(found.values())
    others = [name for place, name in enumerate(header.names) if place not in used and name]
    if not others:
        return []
    return [Finding(id="ignored-columns", level="note", message=f"Columns not used: {join_names(others)}.")]


def has_texts(names: Sequence[str]) -> bool:
    """Tell whether a prompt and a completion column are among the names, in any case."""
    folded = {normalize(name) for name in names}
    return all(normalize(DEFAULTS[part]) in folded for part in _NEEDED)


def _places(names: tuple[str, ...], name: str, *, exact_first: bool) -> list[int]:
    exact = [place for place, column in enumerate(names) if column == name]
    if exact_first and len(exact) == 1:
        return exact
    return [place for place, column in enumerate(names) if normalize(column) == normalize(name)]


def _missing(header: Header, part: str, name: str, *, first: bool) -> Finding:
    there = [column for column in header.names if column]
    fix = f'Rename a column, or say which one it is: {ARGUMENTS[part]}="...".'
    if header.from_file and header.line is not None and first:
        fix += ' If the first line is an example already, put a header line "Prompt,Completion" above it.'
    columns = f"the columns are {join_names(there)}" if there else "there are no columns at all"
    return Finding(
        id="missing-column",
        level="error",
        message=f"There is no column {quote(name)}; {columns}.",
        fix=fix,
        line=header.line,
        field=name,
    )


def _ambiguous(header: Header, part: str, name: str, places: list[int]) -> Finding:
    there = ", ".join(f"{quote(header.names[place])} (column {place + 1})" for place in places)
    return Finding(
        id="ambiguous-column",
        level="error",
        message=f"Several columns could be {quote(name)}: {there}.",
        fix=f'Rename or delete all but one, or say which: {ARGUMENTS[part]}="..." (spelled exactly).',
        line=header.line,
        field=name,
    )
