"""The facts of a check: findings, usable examples, counts. `Report` adds the ways to show and use them (`report`)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ftwidgets.data.findings import LEVELS, Finding, Level, fix_type
from ftwidgets.data.rows import Example
from ftwidgets.data.text import pluralize

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Fix:
    """An automatic fix: its name, what it does, how many findings it settles, and whether it is done only if named."""

    name: str
    title: str
    n_findings: int
    requires_opt_in: bool = False

    def __str__(self) -> str:
        named = ", if you name it" if self.requires_opt_in else ""
        return f"{self.name}: {self.title} ({pluralize(self.n_findings, 'finding')}{named})"


@dataclass(frozen=True)
class Applied:
    """What `Report.apply` did: the new file, the log beside it, examples written, rows changed, rows left out."""

    path: Path
    log: Path
    n_written: int
    n_changed: int
    n_left_out: int

    def __str__(self) -> str:
        return (
            f"Written: {pluralize(self.n_written, 'example')} to {self.path}; "
            f"{pluralize(self.n_changed, 'row')} changed, {self.n_left_out:,} left out, each in {self.log}."
        )


@dataclass(frozen=True, repr=False)
class Results:
    """The outcome of a check.

    Parameters
    ----------
    findings
        What was found, in the order of the lines, at most a thousand of each kind; what concerns the whole comes first.
    examples
        The usable rows as chat (or preference) examples, in the order of the source, repeats left out.
    source
        Name of the file, or `DataFrame`.
    n_rows
        Rows read, usable or not.
    columns
        Which column each part was read from, such as `{"prompt": "Question", "completion": "Answer"}`.
    form
        What the rows are: `table`, `chat`, `preference`, `completion`, `alpaca`, `sharegpt`.
    totals
        Of each kind that was found: its level and how often, also beyond the thousand. Counted from `findings` if not given.
    repairs
        How many findings each automatic fix settles.
    roles, labels
        Messages of each role, and rows of each label where the completions are labels; repeated rows included.
    encoding
        What tokens are counted in: `o200k_base`, `cl100k_base`, or the sandbox's base model of that name.
    corrections
        Labels that are probably mistyped, and what they should be.
    unreadable
        Names of the sources that could not be read as training data at all: of the data, or of the validation data.
    """

    findings: list[Finding]
    examples: Sequence[Example] = field(default_factory=list)
    source: str = ""
    n_rows: int = 0
    columns: dict[str, str] = field(default_factory=dict)
    form: str = ""
    totals: Mapping[str, tuple[Level, int]] = field(default_factory=dict)
    repairs: Mapping[str, int] = field(default_factory=dict)
    labels: Mapping[str, int] | None = None
    roles: Mapping[str, int] = field(default_factory=dict)
    encoding: str = "o200k_base"
    counted_tokens: "np.ndarray[Any, np.dtype[np.int32]] | None" = field(default=None, compare=False)
    corrections: Mapping[str, str] = field(default_factory=dict)
    unreadable: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.findings and not self.totals:
            numbers = Counter((finding.id, finding.level) for finding in self.findings)
            object.__setattr__(self, "totals", {rule: (level, n) for (rule, level), n in numbers.items()})

    @property
    def ok(self) -> bool:
        """True if nothing found is an error."""
        return all(level != "error" for level, _ in self.totals.values())

    @property
    def n_examples(self) -> int:
        """How many examples can be used."""
        return len(self.examples)

    @property
    def n_findings(self) -> int:
        """How many findings there are, also beyond the thousand of each kind."""
        return sum(n for _, n in self.totals.values())

    @cached_property
    def tokens(self) -> "np.ndarray[Any, np.dtype[np.int32]]":
        """Tokens of each example, what the format adds included; counted when first asked for, if `check` did not."""
        import numpy as np

        if self.counted_tokens is not None:
            return self.counted_tokens
        from ftwidgets.data.tokens.row_counter import count_example_tokens

        return np.asarray(count_example_tokens(self.examples, self.encoding), dtype=np.int32)

    @property
    def fixes(self) -> list[Fix]:
        """The safe automatic fixes for what was found, the one that settles the most findings first."""
        ranked = sorted(self.repairs.items(), key=lambda item: (-item[1], item[0]))
        types = [(fix_type(name), n) for name, n in ranked]
        return [Fix(fix.name, fix.title, n, fix.requires_opt_in) for fix, n in types]

    @property
    def summary(self) -> str:
        """One line: rows, usable examples, and how many findings of each level."""
        sizes = f"{pluralize(self.n_rows, 'row')}, {pluralize(self.n_examples, 'usable example')}"
        return f"{self.source}: {sizes}; {self.count_levels() or 'nothing found'}."

    def count_levels(self, *, without: Sequence[Finding] = ()) -> str:
        """Return how many findings there are of each level but for those `without`, such as `2 errors, 1 warning`, or ""."""
        numbers = Counter[Level]()
        for level, n in self.totals.values():
            numbers[level] += n
        numbers.subtract(finding.level for finding in without)
        return ", ".join(pluralize(numbers[level], level) for level in LEVELS if numbers[level] > 0)


def sort_by_level(findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings with errors first, then warnings, then notes; within a level in their order."""
    return sorted(findings, key=lambda finding: LEVELS.index(finding.level))
