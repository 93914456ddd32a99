"""What `check` returns: findings, usable examples, numbers, and the ways to read them. Left out: finding anything."""

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ftwidgets.data.findings import LEVELS, Finding, Level
from ftwidgets.data.rows import Example as Example
from ftwidgets.data.text import pluralize, quote

if TYPE_CHECKING:
    import numpy as np

    from ftwidgets.data.fixes import Applied, Fix

SHOWN = 20
OF_ONE = 5  # findings of one rule


@dataclass(frozen=True, repr=False)
class Report:
    """The outcome of a check.

    Parameters
    ----------
    findings
        What was found, in the order of the lines, at most a thousand of each rule; what concerns the whole comes first.
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
        Of each rule that found something: its level and how often, also beyond the thousand.
    repairs
        How many findings each automatic fix would settle.
    roles, labels
        Messages of each role, and rows of each label where the completions are labels; repeated rows included.
    encoding
        What tokens are counted in: `o200k_base`, `cl100k_base`, or `nano`, the sandbox's own.
    corrections
        Labels that are probably mistyped, and what they should be.
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

    @property
    def ok(self) -> bool:
        """True if nothing found is an error."""
        return all(level != "error" for level, _ in self._counts.values())

    @property
    def n_examples(self) -> int:
        """How many examples can be used."""
        return len(self.examples)

    @property
    def _counts(self) -> Mapping[str, tuple[Level, int]]:
        """`totals`, or where a report was put together by hand, what its findings say."""
        if self.totals or not self.findings:
            return self.totals
        numbers = Counter((finding.id, finding.level) for finding in self.findings)
        return {rule: (level, n) for (rule, level), n in numbers.items()}

    @cached_property
    def tokens(self) -> "np.ndarray[Any, np.dtype[np.int32]]":
        """Tokens of each example, what the format adds included; counted when first asked for, if `check` did not."""
        import numpy as np

        if self.counted_tokens is not None:
            return self.counted_tokens
        from ftwidgets.data.tokens.counting import tokens_of

        return np.asarray(tokens_of(self.examples, self.encoding), dtype=np.int32)

    @property
    def fixes(self) -> "list[Fix]":
        """The safe automatic fixes there are for what was found, and how many findings each would settle."""
        from ftwidgets.data.fixes import fixes

        return fixes(self.repairs)

    def apply(
        self, path: "str | os.PathLike[str]", fixes: "Sequence[Fix | str] | None" = None, *, force: bool = False
    ) -> "Applied":
        """Write the usable rows, repaired, to a new file, and a log of every change beside it.

        Parameters
        ----------
        path
            Where to: a name in `.jsonl`, or in `.csv`. Never the source.
        fixes
            Which of `report.fixes`, or their names; by default all but those that must be named (`Fix.asked`), such as taking
            out e-mail addresses, which may be the shop's own. `report.fixes` itself is all of them.
        force
            Whether a file that is already there may be replaced.

        Returns
        -------
        Applied
            The file, its log, and what was done.

        Raises
        ------
        DataError
            If there is nothing to write, if the name ends in something else, if the path is the source, if there is a file
            and no `force`, if the source has changed since it was checked, or if a row does not fit the format.
        """
        from ftwidgets.data.fixes import apply

        return apply(self, Path(path), fixes, force=force)

    def to_html(self, path: "str | os.PathLike[str]") -> Path:
        """Write the whole report as one HTML page that needs nothing else; return the path."""
        from ftwidgets.data.jsonl import writing
        from ftwidgets.data.render import html

        with writing(path) as file:
            file.write(html.page(self).encode("utf-8", "replace"))
        return Path(path)

    def to_markdown(self) -> str:
        """Return the whole report as Markdown."""
        from ftwidgets.data.render import markdown

        return markdown.text(self)

    @property
    def summary(self) -> str:
        """One line: rows, usable examples, and how many findings of each level."""
        found = levels(self._counts) or "nothing found"
        sizes = f"{pluralize(self.n_rows, 'row')}, {pluralize(len(self.examples), 'usable example')}"
        return f"{self.source}: {sizes}; {found}."

    def __repr__(self) -> str:
        return f"<Report ok={self.ok} {self.summary}>"

    def __str__(self) -> str:
        shown = self._shown()
        lines = [self.summary, *([self._columns_line()] if self.columns else [])]
        lines += [f"{finding.level:<8} {finding}" for finding in shown]
        if rest := self._rest(shown):
            lines.append(f"... and {rest} more; {self._where_all()}.")
        if self.repairs:
            lines.append(self._fixes_line())
        return "\n".join(lines)

    def _shown(self) -> list[Finding]:
        """Return the findings worth showing: errors first, and not many of one rule."""
        seen = Counter[str]()
        few = []
        for finding in worst_first(self.findings, len(self.findings))[0]:
            seen[finding.id] += 1
            if seen[finding.id] <= OF_ONE:
                few.append(finding)
        return few[:SHOWN]

    def _rest(self, shown: Sequence[Finding]) -> str:
        """Return how many findings of each level are not among those shown; empty for none."""
        there = Counter[Level]()
        for level, n in self._counts.values():
            there[level] += n
        there.subtract(finding.level for finding in shown)
        return ", ".join(pluralize(there[level], level) for level in LEVELS if there[level] > 0)

    def _where_all(self) -> str:
        whole = sum(n for _, n in self._counts.values()) == len(self.findings)
        return "report.findings has them all" if whole else "report.findings has the first 1,000 of each kind"

    def _fixes_line(self) -> str:
        done = ", ".join(fix.name for fix in self.fixes if not fix.asked)
        asked = ", ".join(fix.name for fix in self.fixes if fix.asked)
        text = f"Fixed automatically by report.apply(path), in a terminal by --fix OUT: {done}." if done else ""
        return f"{text} Fixed if you name it (--fixes): {asked}.".strip() if asked else text

    def _columns_line(self) -> str:
        return "Columns: " + ", ".join(f"{part} from {quote(name)}" for part, name in self.columns.items()) + "."

    def _repr_html_(self) -> str:
        shown = self._shown()
        verdict = "Ready to use" if self.ok else "Not ready: see the errors"
        body = "".join(map(_html_row, shown))
        head = "".join(f'<th scope="col">{name}</th>' for name in ("Level", "Where", "What is wrong", "What to do"))
        table = f"<table><caption>Findings</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        rest = self._rest(shown)
        more = f"<p>… and {rest} more; {self._where_all().replace('report.findings', '<code>report.findings</code>')}.</p>"
        columns = f"<p>{escape(self._columns_line())}</p>" if self.columns else ""
        fixes = f"<p>{escape(self._fixes_line())}</p>" if self.repairs else ""
        return (
            f'<section class="ftwidgets-report" aria-label="Data check">'
            f"<p><strong>{verdict}.</strong> {escape(self.summary)}</p>{columns}"
            f"{table if shown else ''}{more if rest else ''}{fixes}</section>"
        )


def worst_first(findings: Sequence[Finding], limit: int = SHOWN) -> tuple[list[Finding], list[Finding]]:
    """Return the findings worth showing, errors first, each level by line; and the others."""
    by_level = sorted(findings, key=lambda finding: LEVELS.index(finding.level))
    return by_level[:limit], by_level[limit:]


def levels(totals: Mapping[str, tuple[Level, int]]) -> str:
    """Return `2 errors, 1 warning`; empty where nothing was found."""
    numbers = Counter[Level]()
    for level, n in totals.values():
        numbers[level] += n
    return ", ".join(pluralize(numbers[level], level) for level in LEVELS if numbers[level])


def tally(findings: Sequence[Finding]) -> str:
    """Return `2 errors, 1 warning`; empty where there are no findings."""
    numbers = Counter(finding.level for finding in findings)
    return ", ".join(pluralize(numbers[level], level) for level in LEVELS if numbers[level])


def _html_row(finding: Finding) -> str:
    cells = (finding.where or "whole source", finding.message, finding.fix)
    return (
        f'<tr><th scope="row">{finding.level}</th>'
        + "".join(f'<td style="text-align:left">{escape(cell)}</td>' for cell in cells)
        + "</tr>"
    )
