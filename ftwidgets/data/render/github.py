"""A report as annotations of a GitHub workflow: lines that GitHub shows beside the lines of the file.

Escaping and levels: docs.github.com, "Workflow commands for GitHub Actions". Left out: job summaries (Markdown is for them).
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ftwidgets.data.findings import LEVELS, Finding
from ftwidgets.data.text import pluralize

if TYPE_CHECKING:
    from ftwidgets.data.results import Results

SHOWN = 10  # of each level: GitHub shows no more of a step
_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}


def commands(report: Results, file: str, *, others: dict[str, str] | None = None) -> str:
    """Return one workflow command a line, at most ten of each level, and a last line that counts everything.

    Each id has its first line shown before any id has its second.

    Parameters
    ----------
    report
        What `check` returned.
    file
        Path of the file, seen from the repository's root: where GitHub puts the annotations.
    others
        Paths of further files, by the name that `Finding.source` gives them.
    """
    turns: Counter[str] = Counter()
    ranked: list[tuple[int, Finding]] = []  # how many of its id came before, and the finding
    for found in report.findings:
        ranked.append((turns[found.id], found))
        turns[found.id] += 1
    lines = []
    for level in LEVELS:
        chosen = sorted((pair for pair in ranked if pair[1].level == level), key=lambda pair: pair[0])[:SHOWN]
        lines += [_command(found, (others or {}).get(found.source or "", file)) for _, found in chosen]
    more = report.n_findings - len(lines)
    rest = f" {pluralize(more, 'finding')} more, not shown here." if more > 0 else ""
    return "\n".join([*lines, f"{_data(report.summary)}{rest}"])


def _command(found: Finding, file: str) -> str:
    place = {"file": file, "line": str(found.line) if found.line is not None else "", "title": found.id}
    named = ",".join(f"{name}={_property(value)}" for name, value in place.items() if value)
    return f"::{_COMMANDS[found.level]} {named}::{_data(f'{found.message} {found.fix}'.strip())}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
