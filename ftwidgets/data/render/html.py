"""A report as one self-contained HTML page: no script, no network; light, dark and on paper.

Every text that comes from the data is escaped; every chart has its numbers in a table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from ftwidgets import design
from ftwidgets.data.findings import Finding
from ftwidgets.data.render import charts, summary
from ftwidgets.data.text import printable
from ftwidgets.data.tokens.lengths import bins

if TYPE_CHECKING:
    from ftwidgets.data.results import Results

_STYLE = Path(__file__).with_name("report.css")
_FILL = "var(--ftw-line-1, #1e78d0)"


def page(report: Results) -> str:
    """Return the page, to be written as UTF-8."""
    name = escape(printable(report.source, 120))
    columns = [(escape(part), escape(value)) for part, value in summary.columns_read(report)]
    reading = table_html("Form and columns", ("Part", "Read from"), columns, look="narrow")
    sections = [
        ("kinds", "What was found", "".join(map(_kind, summary.kinds(report))) or "<p>Nothing was found.</p>"),
        ("all", "All findings, by line", _all(report)),
        ("fixes", "Fixes that can be made for you", _fixes(report)),
        ("lengths", "How long the examples are", _lengths(report)),
        ("roles", "Who speaks", _shares(report.roles, "Messages by role", "Role", "Messages")),
        ("labels", "Labels", _shares(report.labels or {}, "Examples by label", "Label", "Examples")),
        ("cost", "What training would cost", _cost(report)),
        ("reading", "How the file was read", reading if columns else ""),
    ]
    shown = [section for section in sections if section[2]]
    sizes = "".join(f"<div><dt>{escape(size)}</dt><dd>{escape(value)}</dd></div>" for size, value in summary.sizes(report))
    verdict = f"<p>{escape(summary.verdict(report))}</p><p>{escape(printable(report.summary, 400))}</p>"
    links = "".join(f'<li><a href="#{place}">{title}</a></li>' for place, title, _ in shown)
    body = "".join(
        f'<section aria-labelledby="{place}"><h2 id="{place}">{title}</h2>{content}</section>'
        for place, title, content in shown
    )
    made = (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Data check: {name}</title>\n<style>\n{design.TOKENS}{_STYLE.read_text(encoding='utf-8')}</style></head>\n"
        f'<body class="ftw-page"><header><h1>Data check: {name}</h1>'
        f'<div class="verdict{"" if report.ok else " wrong"}">{verdict}</div>'
        f'<dl class="sizes">{sizes}</dl></header>\n'
        f'<nav aria-label="Contents"><ul>{links}</ul></nav>\n<main>{body}</main>\n'
        f"<footer><p>Made by <code>ftwidgets check</code> on the computer where the file is; nothing was sent anywhere. "
        f"Each kind of finding has its section, with an example, in <code>{summary.PAGE}</code>.</p></footer></body></html>\n"
    )
    return made.encode("utf-8", "backslashreplace").decode()  # half characters cannot be written


def _kind(kind: summary.Kind) -> str:
    rows = [(escape(summary.where(found)), _message(found, kind.shared_fix)) for found in kind.first[: summary.SHOWN_OF_A_KIND]]
    more = kind.count - len(rows)
    table = table_html(f"{kind.title}: where", ("Where", "What is wrong"), rows, look="quiet")
    repairs = ", ".join(f"<code>{escape(name)}</code>" for name in kind.repairs)
    return (
        f'<section class="kind" aria-labelledby="{escape(kind.id)}"><h3 id="{escape(kind.id)}">{_level(kind.level)} '
        f'{escape(kind.title)} <span class="count">({kind.count:,})</span></h3>'
        f"<p>{_our_words(kind.why)}</p><p><strong>What to do:</strong> {_our_words(kind.fix)}</p>"
        f"{f'<p><strong>Automatic fix:</strong> {repairs}</p>' if repairs else ''}{table}"
        f"{f'<p>… and {more:,} more of this kind.</p>' if more > 0 else ''}"
        f'<p class="soft">More: <code>{summary.PAGE}#{escape(kind.id)}</code></p></section>'
    )


def _all(report: Results) -> str:
    if not report.findings:
        return ""
    rows = []
    for found in report.findings[: summary.MAX_LISTED]:
        link = f'<a href="#{escape(found.id)}">{escape(found.id)}</a>'
        rows.append((escape(summary.where(found)), _level(found.level), link, _message(found)))
    more = summary.more_findings(report)
    table = table_html("All findings", ("Where", "Level", "Kind", "What is wrong, and what to do"), rows)
    return table + (f"<p>{more}</p>" if more else "")


def _fixes(report: Results) -> str:
    if not report.fixes:
        return ""
    rows = [
        (f"<code>{escape(fix.name)}</code>", escape(summary.describe_fix(fix)), f"{fix.n_findings:,}") for fix in report.fixes
    ]
    all_of_them = ""
    if any(fix.requires_opt_in for fix in report.fixes):
        all_of_them = (
            " All of them: <code>report.apply(&quot;repaired.jsonl&quot;, report.fixes)</code>, or "
            "<code>--fix repaired.jsonl --fixes all</code>."
        )
    table = table_html("Safe fixes", ("Name", "What it does", "Findings settled"), rows, numbers=(2,))
    return (
        f"{table}<p>In Python, <code>report.apply(&quot;repaired.jsonl&quot;)</code> writes a new file with these made, and a "
        "log of each change; in a terminal, <code>ftwidgets check FILE --fix repaired.jsonl</code>. The file itself stays "
        f"as it is.{all_of_them}</p>"
    )


def _lengths(report: Results) -> str:
    sentence = summary.lengths(report)
    if not report.n_examples:
        return f"<p>{sentence}</p>"
    found = bins(report.tokens.tolist())
    drawn = charts.columns(found, title="Tokens of an example", summary=sentence, axis="tokens of an example", fill=_FILL)
    table = table_html("Examples by tokens", ("Tokens", "Examples"), summary.length_rows(report), numbers=(1,), look="narrow")
    return f'<p>{escape(sentence)}</p><div class="chart">{drawn}{table}</div>'


def _shares(numbers: Mapping[str, int], title: str, name: str, noun: str) -> str:
    if not numbers:
        return ""
    found = summary.shares(numbers)
    sentence = ", ".join(f"{entry}: {n:,}" for entry, n in found[:5]) + ("." if len(found) <= 5 else " and others.")
    drawn = charts.bars(found, title=title, summary=sentence, fill=_FILL)
    rows = [(escape(entry), f"{n:,}") for entry, n in found]
    return f'<div class="chart">{drawn}{table_html(title, (name, noun), rows, numbers=(1,), look="narrow")}</div>'


def _cost(report: Results) -> str:
    if not report.n_examples:
        return ""
    cells = [tuple(map(escape, row)) for row in summary.costs(report)]
    rows = [(*row[:4], f'<span class="date">{row[4]}</span>', row[5]) for row in cells]
    return f"{table_html('Cost of the training', summary.COSTS, rows, numbers=(2, 3))}<p>{escape(summary.cost_note())}</p>"


def _message(found: Finding, shared_fix: str = "") -> str:
    """Return the message of a finding, its remedy unless that is shown for the whole kind, and its excerpt."""
    at = summary.excerpt(found)
    shown = f'<span class="at">{escape(at)}</span>' if at else ""
    fix = "" if found.fix == shared_fix else found.fix
    return f"{escape(f'{found.message} {fix}'.strip())}{shown}"


def _our_words(text: str) -> str:
    """Return words of a declaration as HTML, with what is in backticks as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _level(level: str) -> str:
    return f'<span class="level {level}">{level}</span>'


def table_html(
    caption: str,
    header: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    numbers: Sequence[int] = (),
    look: str = "",
    style: str = "",
) -> str:
    """Return a table whose cells are HTML already; the first cell of a row is its header."""

    def cell(i: int, value: str) -> str:
        tag, scope = ("th", ' scope="row"') if i == 0 else ("td", f' style="{style}"' if style else "")
        return f"<{tag}{scope}{_number(i, numbers)}>{value}</{tag}>"

    head = "".join(f'<th scope="col"{_number(i, numbers)}>{escape(name)}</th>' for i, name in enumerate(header))
    body = "".join(f"<tr>{''.join(cell(i, value) for i, value in enumerate(row))}</tr>" for row in rows)
    kind = f' class="{look}"' if look else ""
    return f"<table{kind}><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _number(i: int, numbers: Sequence[int]) -> str:
    return ' class="number"' if i in numbers else ""
