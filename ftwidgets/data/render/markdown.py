"""A report as GitHub-flavoured Markdown: for a pull request, a job summary or a mail.

Every text that comes from the data is escaped, so that it stays text. Left out: charts; their numbers are in tables.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from ftwidgets.data.render import summary
from ftwidgets.data.text import pluralize, printable

if TYPE_CHECKING:
    from ftwidgets.data.results import Results

_SPECIAL = re.compile(r"([\\`*_\[\]<>|~$])")
_LINKS = re.compile(r"(@|#(?=\d)|:(?=//)|www(?=\.))")  # what GitHub makes a mention, an issue or a link of, escaped or not


def text(report: Results) -> str:
    """Return the report as Markdown, with the same contents as `html.page`."""
    costs = f"{_table(summary.COSTS, _escaped(summary.costs(report)))}\n{plain(summary.cost_note())}\n"
    lengths = f"{plain(summary.lengths(report))}\n"
    if report.n_examples:
        lengths += f"\n{_table(('Tokens', 'Examples'), summary.length_rows(report))}"
    sections = [
        ("What was found", "\n".join(map(_kind, summary.kinds(report))) or "Nothing was found.\n"),
        ("All findings, by line", _all(report)),
        ("Fixes that can be made for you", _fixes(report)),
        ("How long the examples are", lengths),
        ("Who speaks", _shares(report.roles, ("Role", "Messages"))),
        ("Labels", _shares(report.labels or {}, ("Label", "Examples"))),
        ("What training would cost", costs if report.n_examples else ""),
        ("How the file was read", _table(("Part", "Read from"), _escaped(summary.columns_read(report)))),
    ]
    sizes = _table(("Figure", ""), _escaped(summary.sizes(report)))
    title = f"# Data check: {plain(printable(report.source, 120))}"
    head = f"{title}\n\n**{plain(summary.verdict(report))}** {plain(report.summary)}\n\n{sizes}"
    body = "".join(f"\n## {title}\n\n{content}" for title, content in sections if content)
    return f"{head}{body}".encode("utf-8", "backslashreplace").decode()


def plain(words: str) -> str:
    """Return a text escaped, so that Markdown shows exactly this text, on one line."""
    escaped = _SPECIAL.sub(r"\\\1", " ".join(words.split())).replace("&", "&amp;")
    return _LINKS.sub(r"\1<!-- -->", escaped)


def _kind(kind: summary.Kind) -> str:
    listed = ""
    for found in kind.first[: summary.SHOWN_OF_A_KIND]:
        at, fix = summary.excerpt(found), "" if found.fix == kind.shared_fix else found.fix
        message = plain(f"{found.message} {fix}".strip())
        listed += f"- {plain(summary.where(found))}: {message}{f' ({plain(at)})' if at else ''}\n"
    more = kind.count - min(len(kind.first), summary.SHOWN_OF_A_KIND)
    repairs = ", ".join(f"`{name}`" for name in kind.repairs)
    return (
        f"### {kind.id}\n\n**{kind.level}, {pluralize(kind.count, 'time')}: {kind.title}.** "
        f"{kind.why}\n\nWhat to do: {kind.fix}"
        f"{f' Automatic fix: {repairs}.' if repairs else ''}\n\n{listed}"
        f"{f'- … and {more:,} more of this kind{chr(10)}' if more > 0 else ''}"
    )


def _all(report: Results) -> str:
    if not report.findings:
        return ""
    rows = [
        (plain(summary.where(found)), found.level, f"`{found.id}`", plain(found.message), plain(found.fix))
        for found in report.findings[: summary.MAX_LISTED]
    ]
    more = summary.more_findings(report)
    rest = f"\n{more}\n" if more else ""
    return _table(("Where", "Level", "Kind", "What is wrong", "What to do"), rows) + rest


def _fixes(report: Results) -> str:
    rows = [(f"`{fix.name}`", plain(summary.describe_fix(fix)), f"{fix.n_findings:,}") for fix in report.fixes]
    note = '\nIn Python, `report.apply("repaired.jsonl")` makes them; in a terminal, '
    note += "`ftwidgets check FILE --fix repaired.jsonl`.\n"
    if any(fix.requires_opt_in for fix in report.fixes):
        note += 'All of them: `report.apply("repaired.jsonl", report.fixes)`, or `--fix repaired.jsonl --fixes all`.\n'
    return _table(("Name", "What it does", "Findings settled"), rows) + note if rows else ""


def _shares(numbers: Mapping[str, int], header: tuple[str, str]) -> str:
    return _table(header, [(plain(name), f"{n:,}") for name, n in summary.shares(numbers)])


def _escaped(rows: Iterable[Sequence[str]]) -> list[tuple[str, ...]]:
    return [tuple(map(plain, row)) for row in rows]


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(row)} |\n" for row in rows]
    return f"| {' | '.join(header)} |\n|{' --- |' * len(header)}\n{''.join(lines)}" if lines else ""
