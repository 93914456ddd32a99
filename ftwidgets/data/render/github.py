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

    Each id has its first line shown before any id has its second. `file` is the path of the file, seen from the repository's
    root: where GitHub puts the annotations; `others` are paths of further files, by the name that `Finding.source` gives them.
    """
    turns: Counter[str] = Counter()
    ranked: list[tuple[int, Finding]] = []  # how many of its id came before, and the finding
    for found in report.findings:
        ranked.append((turns[found.id], found))
        turns[found.id] += 1
    lines = []
    for level in LEVELS:
        chosen = sorted((pair for pair in ranked if pair[1].level == level), key=lambda pair: pair[0])[:SHOWN]
        for _, found in chosen:
            path, line = (others or {}).get(found.source or "", file), "" if found.line is None else str(found.line)
            place = {"file": path, "line": line, "title": found.id}
            named = ",".join(f"{name}={_escape(value, ':,')}" for name, value in place.items() if value)
            lines.append(f"::{_COMMANDS[found.level]} {named}::{_escape(f'{found.message} {found.fix}'.strip())}")
    more = report.n_findings - len(lines)
    rest = f" {pluralize(more, 'finding')} more, not shown here." if more > 0 else ""
    return "\n".join([*lines, f"{_escape(report.summary)}{rest}"])


def _escape(text: str, also: str = "") -> str:
    for character in "%\r\n" + also:
        text = text.replace(character, f"%{ord(character):02X}")
    return text
