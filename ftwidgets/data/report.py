"""`Report`, what `check` returns: the results, and the ways to show them and to write a repaired file."""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from html import escape
from pathlib import Path

from ftwidgets.data.findings import Finding
from ftwidgets.data.results import Applied, Fix, Results, sort_by_level
from ftwidgets.data.text import quote
from ftwidgets.paths import expand_home, require_path

MAX_FINDINGS = 20
MAX_OF_A_KIND = 5


class Report(Results):
    """The outcome of a check; its fields are those of `Results`."""

    def apply(
        self, path: "str | os.PathLike[str]", fixes: "Sequence[Fix | str] | None" = None, *, force: bool = False
    ) -> Applied:
        """Write the usable rows, repaired, to a new file, and a log of every change beside it.

        Parameters
        ----------
        path
            Where to: a name in `.jsonl`, or in `.csv`. Never the source.
        fixes
            Which of `report.fixes`, or their names. By default all but those that must be named (`Fix.requires_opt_in`),
            such as taking out e-mail addresses, which may be the shop's own. `report.fixes` itself is all of them.
        force
            Whether an existing file may be replaced.

        Returns
        -------
        Applied
            The file, its log, and what was done.

        Raises
        ------
        DataError
            If there is nothing to write, the name has another ending, the path is the source, the file exists and `force`
            is not given, the source has changed since the check, or a row does not fit the format.
        """
        from ftwidgets.data.fixes import apply

        return apply(self, require_path(path, "the file to write"), fixes, force=force)

    def to_html(self, path: "str | os.PathLike[str]") -> Path:
        """Write the whole report as one self-contained HTML page; return the path."""
        from ftwidgets.data.export import atomic_write
        from ftwidgets.data.render import html

        with atomic_write(path) as file:
            file.write(html.page(self).encode("utf-8", "replace"))
        return expand_home(path)

    def to_markdown(self) -> str:
        """Return the whole report as Markdown."""
        from ftwidgets.data.render import markdown

        return markdown.text(self)

    def for_command_line(self) -> "Report":
        """Return the report with remedies that name the options of `ftwidgets check` in place of Python's arguments."""
        return replace(self, findings=[replace(finding, fix=finding.command_line_fix) for finding in self.findings])

    def __repr__(self) -> str:
        return f"<Report ok={self.ok} {self.summary}>"

    def __str__(self) -> str:
        shown = _worst(self)
        lines = [self.summary, *([_columns(self)] if self.columns else [])]
        lines += [f"{finding.level:<8} {finding}" for finding in shown]
        if rest := self.count_levels(without=shown):
            lines.append(f"... and {rest} more; report.findings {_completeness(self)}.")
        return "\n".join([*lines, *([_fixes(self)] if self.repairs else [])])

    def _repr_html_(self) -> str:
        from ftwidgets.data.render.html import table_html

        shown = _worst(self)
        verdict = "Ready to use" if self.ok else "Not ready: see the errors"
        cells = [(f.level, f.where or "whole source", f.message, f.fix) for f in shown]
        rows = [tuple(map(escape, row)) for row in cells]
        table = table_html("Findings", ("Level", "Where", "What is wrong", "What to do"), rows, style="text-align:left")
        rest = self.count_levels(without=shown)
        more = f"<p>… and {rest} more; <code>report.findings</code> {_completeness(self)}.</p>"
        columns = f"<p>{escape(_columns(self))}</p>" if self.columns else ""
        fixes = f"<p>{escape(_fixes(self))}</p>" if self.repairs else ""
        return (
            f'<section class="ftwidgets-report" aria-label="Data check">'
            f"<p><strong>{verdict}.</strong> {escape(self.summary)}</p>{columns}"
            f"{table if shown else ''}{more if rest else ''}{fixes}</section>"
        )


def _worst(results: Results) -> list[Finding]:
    """Return the findings worth showing: errors first, and not many of one kind."""
    n_of_kind = Counter[str]()
    chosen = []
    for finding in sort_by_level(results.findings):
        n_of_kind[finding.id] += 1
        if n_of_kind[finding.id] <= MAX_OF_A_KIND:
            chosen.append(finding)
    return chosen[:MAX_FINDINGS]


def _completeness(results: Results) -> str:
    return "has them all" if results.n_findings == len(results.findings) else "has the first 1,000 of each kind"


def _columns(results: Results) -> str:
    return "Columns: " + ", ".join(f"{part} from {quote(name)}" for part, name in results.columns.items()) + "."


def _fixes(results: Results) -> str:
    done = ", ".join(fix.name for fix in results.fixes if not fix.requires_opt_in)
    opt_in = ", ".join(fix.name for fix in results.fixes if fix.requires_opt_in)
    sentence = f"Fixed automatically by report.apply(path), in a terminal by --fix OUT: {done}." if done else ""
    return f"{sentence} Fixed if you name it (--fixes): {opt_in}.".strip() if opt_in else sentence
