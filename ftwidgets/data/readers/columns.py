"""Find the Prompt, Completion and System columns, whatever their case, order and surrounding whitespace.

Other names (`Question`, `Answer`) are not read without being asked to: the finding lists the columns, says how to map them, and
names those that `guess_columns` takes for the two.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ftwidgets.data.findings import Finding, FindingType
from ftwidgets.data.readers.source import UnreadableError
from ftwidgets.data.text import join_names, normalize, quote

MISSING_COLUMN = FindingType(
    "missing-column", "error", title="A column is not there",
    why="Without a prompt and a completion for each row there is nothing to train on.",
    fix='Name the columns: `prompt="Question"`, `completion="Answer"`; in a terminal `--prompt Question --completion Answer`.',
    arguments=("prompt", "completion", "system_column", "conversation", "group"),
)  # fmt: skip
AMBIGUOUS_COLUMN = FindingType(
    "ambiguous-column", "error", title="Two columns have the name that is looked for",
    why="Only you can know which of them is meant.",
    fix="Rename or delete one of them, or name the right one exactly.",
    arguments=("prompt", "completion", "system_column", "conversation", "group"),
)  # fmt: skip
IGNORED_COLUMNS = FindingType(
    "ignored-columns", "note", title="Columns that are not used",
    why="They stay out of the training file. That is right for remarks and dates, and wrong if one of them is a system prompt "
        "under another name.",
    fix='Nothing, or name the column for its part, such as `system_column="Role"`.',
)  # fmt: skip

DEFAULT_COLUMNS = {"prompt": "Prompt", "completion": "Completion", "system": "System"}

# What these columns are often called elsewhere, the likeliest name first.
SYNONYMS = {
    "prompt": ("prompt", "question", "instruction", "user", "query", "input", "request", "message", "text", "review", "source"),
    "completion": (
        *("completion", "answer", "response", "output", "assistant", "reply", "label", "category", "sentiment", "intent"),
        *("class", "target"),
    ),
    "system": ("system", "system prompt", "system message"),
}

# The argument that maps each part to a column.
ARGUMENTS = {
    "prompt": "prompt",
    "completion": "completion",
    "system": "system_column",
    "conversation": "conversation",
    "group": "group",
    "split": "split_column",
}
_REQUIRED = ("prompt", "completion")


DELIMITER_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar (|)"}


@dataclass(frozen=True)
class Header:
    """The names of the columns, and where they are: the line in a file, or none; a CSV's rows were split at a delimiter."""

    names: tuple[str, ...]
    from_file: bool = False
    line: int | None = None
    delimiter: str = ""

    @property
    def split_at(self) -> str:
        """The delimiter in a few words, to be put behind what was made of the rows; empty if nothing was split."""
        name = DELIMITER_NAMES.get(self.delimiter) or quote(self.delimiter)
        return f" (the cells are split at each {name})" if self.delimiter else ""


def clean_name(name: str) -> str:
    """Return the name of a column without surrounding whitespace and without stray byte order marks."""
    return name.replace("\ufeff", "").replace("\u200b", "").strip()


def guess_columns(names: Sequence[str]) -> dict[str, str]:
    """Return by part (`prompt`, `completion`, `system`) the column that is probably it, judged by its name alone.

    Case, surrounding whitespace, `_` and `-` do not count, nor does a plural's s. Of two columns, where one is known, the other
    is the other part; where none is, the first is the prompt. A part without a likely column is left out.
    """
    found: dict[str, str] = {}
    plain = [" ".join(normalize(name).replace("_", " ").replace("-", " ").split()) for name in names]
    for part, synonyms in SYNONYMS.items():
        for synonym in synonyms:
            alike = [name for name, known in zip(names, plain, strict=True) if known in (synonym, f"{synonym}s")]
            if len(alike) == 1:
                found[part] = alike[0]
            if alike:
                break
    both = {"prompt", "completion"}
    if len(names) == 2 and len(found.keys() & both) == 1:
        (known_part,) = found.keys() & both
        (missing,) = both - {known_part}
        found[missing] = next(name for name in names if name != found[known_part])
    if len(names) == 2 and not found and all(plain):
        found = {"prompt": names[0], "completion": names[1]}
    return found


def expected_columns(mapping: Mapping[str, str]) -> list[str]:
    """Return the column names to look for; they help to find the delimiter and the sheet."""
    return [*(mapping.get(part, name) for part, name in DEFAULT_COLUMNS.items()), *mapping.values()]


def locate_columns(header: Header, mapping: Mapping[str, str]) -> dict[str, int]:
    """Return the position of the column of each part; `mapping` has the columns that the caller named, by part.

    Raises UnreadableError with a finding for each column that is missing or there twice, and ValueError if one column is named
    for two of prompt, completion and system.
    """
    positions: dict[str, int] = {}
    findings: list[Finding] = []
    for part, name in {**DEFAULT_COLUMNS, **mapping}.items():
        candidates = [position for position, column in enumerate(header.names) if column == name]
        if part not in mapping or len(candidates) != 1:
            candidates = [position for position, column in enumerate(header.names) if normalize(column) == normalize(name)]
        if len(candidates) == 1:
            positions[part] = candidates[0]
        elif candidates:
            found = ", ".join(f"{quote(header.names[position])} (column {position + 1})" for position in candidates)
            message = f"Several columns could be {quote(name)}: {found}."
            fix = f'Rename or delete all but one, or say which: {ARGUMENTS[part]}="..." (spelled exactly).'
            findings.append(AMBIGUOUS_COLUMN(message, fix, field=name, line=header.line))
        elif part in mapping or part in _REQUIRED:
            guessed = guess_columns(header.names).get(part) if part not in mapping else None
            named = f"{ARGUMENTS[part]}={quote(guessed or '...')}"
            message, fix = f"There is no column {quote(name)} either.", f"Say which one it is: {named}."
            if not any(finding.id == MISSING_COLUMN.id for finding in findings):  # the columns are listed once
                names = join_names(column for column in header.names if column)
                columns = f"the columns are {names}{header.split_at}" if names else "there are no columns at all"
                message = f"There is no column {quote(name)}; {columns}."
                fix = f"Rename a column, or say which one it is: {named}."
                if header.from_file and header.line is not None:
                    fix += ' If the first line is an example already, put a header line "Prompt,Completion" above it.'
            findings.append(MISSING_COLUMN(message, fix, field=name, line=header.line))
    if findings:
        raise UnreadableError(*findings)
    texts = [positions[part] for part in DEFAULT_COLUMNS if part in positions]
    if len(set(texts)) < len(texts):
        same = join_names(header.names[position] for position in sorted(set(texts)))
        raise ValueError(f"prompt, completion and system need a column each; these were named: {same}")
    return positions


def ignored_columns(header: Header, positions: Mapping[str, int]) -> list[Finding]:
    """Return the note that names the columns which are not used, if there are any."""
    used = set(positions.values())
    others = [name for position, name in enumerate(header.names) if position not in used and name]
    if not others:
        return []
    return [IGNORED_COLUMNS(f"Columns not used: {join_names(others)}.")]
