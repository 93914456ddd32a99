"""The short views of a report: text for a terminal, HTML for a notebook's cell. Both show the worst findings first."""

from collections import Counter
from html import escape

from ftwidgets.data.findings import Finding
from ftwidgets.data.render.html import table_html
from ftwidgets.data.results import Results, sort_by_level
from ftwidgets.data.text import quote

MOST_FINDINGS = 20
MOST_OF_A_KIND = 5


def text(results: Results) -> str:
    """Return the summary, the columns, the worst findings and the automatic fixes, a line each."""
    shown = _worst(results)
    lines = [results.summary, *([_columns(results)] if results.columns else [])]
    lines += [f"{finding.level:<8} {finding}" for finding in shown]
    if rest := results.count_levels(without=shown):
        lines.append(f"... and {rest} more; report.findings {_completeness(results)}.")
    return "\n".join([*lines, *([_fixes(results)] if results.repairs else [])])


def html(results: Results) -> str:
    """Return the same as a section of HTML with a table of findings."""
    shown = _worst(results)
    verdict = "Ready to use" if results.ok else "Not ready: see the errors"
    cells = [(f.level, f.where or "whole source", f.message, f.fix) for f in shown]
    rows = [tuple(map(escape, row)) for row in cells]
    table = table_html("Findings", ("Level", "Where", "What is wrong", "What to do"), rows, style="text-align:left")
    rest = results.count_levels(without=shown)
    more = f"<p>… and {rest} more; <code>report.findings</code> {_completeness(results)}.</p>"
    columns = f"<p>{escape(_columns(results))}</p>" if results.columns else ""
    fixes = f"<p>{escape(_fixes(results))}</p>" if results.repairs else ""
    return (
        f'<section class="ftwidgets-report" aria-label="Data check">'
        f"<p><strong>{verdict}.</strong> {escape(results.summary)}</p>{columns}"
        f"{table if shown else ''}{more if rest else ''}{fixes}</section>"
    )


def _worst(results: Results) -> list[Finding]:
    """Return the findings worth showing: errors first, and not many of one kind."""
    n_of_kind = Counter[str]()
    chosen = []
    for finding in sort_by_level(results.findings):
        n_of_kind[finding.id] += 1
        if n_of_kind[finding.id] <= MOST_OF_A_KIND:
            chosen.append(finding)
    return chosen[:MOST_FINDINGS]


def _completeness(results: Results) -> str:
    return "has them all" if results.n_findings == len(results.findings) else "has the first 1,000 of each kind"


def _columns(results: Results) -> str:
    return "Columns: " + ", ".join(f"{part} from {quote(name)}" for part, name in results.columns.items()) + "."


def _fixes(results: Results) -> str:
    done = ", ".join(fix.name for fix in results.fixes if not fix.requires_opt_in)
    opt_in = ", ".join(fix.name for fix in results.fixes if fix.requires_opt_in)
    sentence = f"Fixed automatically by report.apply(path), in a terminal by --fix OUT: {done}." if done else ""
    return f"{sentence} Fixed if you name it (--fixes): {opt_in}.".strip() if opt_in else sentence
