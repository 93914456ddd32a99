"""What `check` returns: findings, usable examples, and the two ways to read them (terminal and notebook).

Left out: export to a file.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

from ftwidgets.prep.findings import LEVELS, Finding
from ftwidgets.prep.words import counted, quoted

Example = dict[str, list[dict[str, str]]]  # {"messages": [{"role": ..., "content": ...}, ...]}

SHOWN = 20


@dataclass(frozen=True, repr=False)
class Report:
    """The outcome of a check.

    Parameters
    ----------
    findings
        Everything found, in the order of the lines; what concerns the whole source comes first.
    examples
        The usable rows as chat examples, in the order of the source.
    source
        Name of the file, or `DataFrame`.
    n_rows
        Rows read, usable or not.
    columns
        Which column each part was read from, such as `{"prompt": "Question", "completion": "Answer"}`.
    """

    findings: list[Finding]
    examples: list[Example] = field(default_factory=list)
    source: str = ""
    n_rows: int = 0
    columns: dict[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """True if nothing found is an error."""
        return all(finding.level != "error" for finding in self.findings)

    @property
    def summary(self) -> str:
        """One line: rows, usable examples, and how many findings of each level."""
        found = tally(self.findings) or "nothing found"
        sizes = f"{counted(self.n_rows, 'row')}, {counted(len(self.examples), 'usable example')}"
        return f"{self.source}: {sizes}; {found}."

    def __repr__(self) -> str:
        return f"<Report ok={self.ok} {self.summary}>"

    def __str__(self) -> str:
        shown, rest = worst_first(self.findings)
        lines = [self.summary, *([self._columns_line()] if self.columns else [])]
        lines += [f"{finding.level:<8} {finding}" for finding in shown]
        if rest:
            lines.append(f"... and {tally(rest)} more; report.findings has them all.")
        return "\n".join(lines)

    def _columns_line(self) -> str:
        return "Columns: " + ", ".join(f"{part} from {quoted(name)}" for part, name in self.columns.items()) + "."

    def _repr_html_(self) -> str:
        shown, rest = worst_first(self.findings)
        verdict = "Ready to use" if self.ok else "Not ready: see the errors"
        body = "".join(map(_html_row, shown))
        head = "".join(f'<th scope="col">{name}</th>' for name in ("Level", "Where", "What is wrong", "What to do"))
        table = f"<table><caption>Findings</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        more = f"<p>… and {tally(rest)} more; <code>report.findings</code> has them all.</p>" if rest else ""
        columns = f"<p>{escape(self._columns_line())}</p>" if self.columns else ""
        return (
            f'<section class="ftwidgets-report" aria-label="Data check">'
            f"<p><strong>{verdict}.</strong> {escape(self.summary)}</p>{columns}"
            f"{table if shown else ''}{more}</section>"
        )


def worst_first(findings: Sequence[Finding], limit: int = SHOWN) -> tuple[list[Finding], list[Finding]]:
    """Return the findings worth showing, errors first, each level by line; and the others."""
    by_level = sorted(findings, key=lambda finding: LEVELS.index(finding.level))
    return by_level[:limit], by_level[limit:]


def tally(findings: Sequence[Finding]) -> str:
    """Return `2 errors, 1 warning`; empty where there are no findings."""
    numbers = Counter(finding.level for finding in findings)
    return ", ".join(counted(numbers[level], level) for level in LEVELS if numbers[level])


def _html_row(finding: Finding) -> str:
    cells = (finding.where or "whole source", finding.message, finding.fix)
    return (
        f'<tr><th scope="row">{finding.level}</th>'
        + "".join(f'<td style="text-align:left">{escape(cell)}</td>' for cell in cells)
        + "</tr>"
    )
