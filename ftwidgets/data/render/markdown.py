"""A report as GitHub-flavoured Markdown: for a pull request, a job summary or a mail.

Every text that comes from the data is escaped, so that it stays text. Left out: charts; their numbers are in tables.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from ftwidgets.data.findings import Finding
from ftwidgets.data.render import summary as parts
from ftwidgets.data.text import pluralize, printable
from ftwidgets.data.tokens.lengths import bins

if TYPE_CHECKING:
    from ftwidgets.data.results import Results

LISTED = 200  # findings in the table of all
FIRST = 5  # findings of a kind

_SIGNS = re.compile(r"([\\`*_\[\]<>|~$])")
_LINKS = re.compile(r"(@|#(?=\d)|:(?=//)|www(?=\.))")  # what GitHub makes a mention, an issue or a link of, escaped or not


def text(report: Results) -> str:
    """Return the report as Markdown; `html.page` tells the same."""
    sections = [
        ("What was found", _kinds(report)),
        ("All findings, by line", _all(report)),
        ("Fixes that can be made for you", _fixes(report)),
        ("How long the examples are", _lengths(report)),
        ("Who speaks", _shares(report.roles, ("Role", "Messages"))),
        ("Labels", _shares(report.labels or {}, ("Label", "Examples"))),
        ("What training would cost", _cost(report)),
        ("How the file was read", _table(("Part", "Read from"), [tuple(map(plain, row)) for row in parts.reading(report)])),
    ]
    sizes = _table(("Figure", ""), [tuple(map(plain, row)) for row in parts.sizes(report)])
    title = f"# Data check: {plain(printable(report.source, 120))}"
    head = f"{title}\n\n**{plain(parts.verdict(report))}** {plain(report.summary)}\n\n{sizes}"
    body = "".join(f"\n## {title}\n\n{content}" for title, content in sections if content)
    return f"{head}{body}".encode("utf-8", "backslashreplace").decode()


def plain(said: str) -> str:
    """Return what Markdown shows as exactly this text, on one line."""
    escaped = _SIGNS.sub(r"\\\1", " ".join(said.split())).replace("&", "&amp;")
    return _LINKS.sub(r"\1<!-- -->", escaped)


def _kinds(report: Results) -> str:
    return "\n".join(map(_kind, parts.kinds(report))) or "Nothing was found.\n"


def _kind(kind: parts.Kind) -> str:
    listed = "".join(f"- {_line(found, kind.fix)}\n" for found in kind.first[:FIRST])
    more = kind.count - min(len(kind.first), FIRST)
    repairs = ", ".join(f"`{name}`" for name in kind.repairs)
    return (
        f"### {kind.id}\n\n**{kind.level}, {pluralize(kind.count, 'time')}: {kind.title}.** "
        f"{kind.why}\n\nWhat to do: {kind.todo}"
        f"{f' Automatic fix: {repairs}.' if repairs else ''}\n\n{listed}"
        f"{f'- … and {more:,} more of this kind{chr(10)}' if more > 0 else ''}"
    )


def _line(found: Finding, said: str) -> str:
    at, fix = parts.text_at(found), "" if found.fix == said else found.fix
    return f"{plain(parts.where(found))}: {plain(f'{found.message} {fix}'.strip())}" + (f" ({plain(at)})" if at else "")


def _all(report: Results) -> str:
    if not report.findings:
        return ""
    rows = [
        (plain(parts.where(found)), found.level, f"`{found.id}`", plain(found.message), plain(found.fix))
        for found in report.findings[:LISTED]
    ]
    more = sum(count for _, count in report.totals.values()) - len(rows)
    rest = f"\n… and {pluralize(more, 'finding')} more than the {len(rows)} listed here.\n" if more > 0 else ""
    return _table(("Where", "Level", "Kind", "What is wrong", "What to do"), rows) + rest


def _fixes(report: Results) -> str:
    rows = [(f"`{fix.name}`", plain(parts.does(fix)), f"{fix.n_findings:,}") for fix in report.fixes]
    told = '\nIn Python, `report.apply("mended.jsonl")` makes them; in a terminal, `ftwidgets check FILE --fix mended.jsonl`.\n'
    if any(fix.requires_opt_in for fix in report.fixes):
        told += 'All of them: `report.apply("mended.jsonl", report.fixes)`, or `--fix mended.jsonl --fixes all`.\n'
    return _table(("Name", "What it does", "Findings settled"), rows) + told if rows else ""


def _lengths(report: Results) -> str:
    summary = f"{plain(parts.lengths(report))}\n"
    if not report.n_examples:
        return summary
    found = bins(report.tokens.tolist())
    rows = [(f"{first:,} to {last:,}" if last > first else f"{first:,}", f"{n:,}") for first, last, n in found]
    return f"{summary}\n{_table(('Tokens', 'Examples'), rows)}"


def _shares(numbers: Mapping[str, int], header: tuple[str, str]) -> str:
    return _table(header, [(plain(name), f"{n:,}") for name, n in parts.shares(numbers)])


def _cost(report: Results) -> str:
    if not report.n_examples:
        return ""
    table = _table(parts.COSTS, [tuple(map(plain, row)) for row in parts.costs(report)])
    return f"{table}\n{plain(parts.costs_said())}\n"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(row)} |\n" for row in rows]
    return f"| {' | '.join(header)} |\n|{' --- |' * len(header)}\n{''.join(lines)}" if lines else ""
