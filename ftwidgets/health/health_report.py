"""The report of a health check: one line per check, with a verdict and, if something is wrong, its fix. As text and as HTML."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from html import escape
from typing import Literal

Verdict = Literal["ok", "note", "wrong"]  # a note is good to know; nothing is broken

_MARKS = {"ok": "ok", "note": "note", "wrong": "FIX"}
_COLOURS = {"ok": "#43a047", "note": "#1e88e5", "wrong": "#e53935"}  # visible on light and dark pages
# Text and background keep the colours of the page, light or dark.
_CELL = "text-align:left;vertical-align:top;white-space:normal;padding:3px 12px 3px 8px;line-height:1.45"
_TOPIC_WIDTH = 14
_LINE_WIDTH = 110


@dataclass(frozen=True)
class HealthCheck:
    """The result of one check; one that is `"wrong"` has a `fix`."""

    topic: str
    verdict: Verdict
    message: str
    fix: str = ""
    place: str = ""  # a path on this machine: shown in the terminal, but not in a notebook, because notebooks are shared

    def __post_init__(self) -> None:
        if self.verdict == "wrong" and not self.fix:
            raise ValueError(f'"fix" must say what to do about what is wrong: {self.topic}: {self.message}')


@dataclass(frozen=True)
class HealthReport:
    """The result of a health check; `print` it, or leave it on a notebook cell's last line."""

    checks: tuple[HealthCheck, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not any(check.verdict == "wrong" for check in self.checks)

    @property
    def verdict(self) -> str:
        """The result in one or two sentences."""
        wrong = sum(check.verdict == "wrong" for check in self.checks)
        if wrong:
            return f"{wrong} {'things' if wrong > 1 else 'thing'} to fix. Follow the steps above, then check again."
        if any(check.verdict == "note" for check in self.checks):
            return "Nothing is broken: the lessons can run here. Read the lines marked with note."
        return "All is well: the lessons can run here."

    def text(self, *, places: bool = False) -> str:
        """Format the report as text; `places` adds the paths of this machine, which are for a terminal only."""
        lines: list[str] = []
        for check in self.checks:
            message = f"{check.message} ({check.place})" if places and check.place else check.message
            begin = f"{_MARKS[check.verdict]:<6}{check.topic:<{_TOPIC_WIDTH}}"
            lines.append(_wrap(message, begin))
            if check.fix:
                lines.append(_wrap(check.fix, " " * len(begin) + "-> "))
        return "\n".join([*lines, self.verdict])

    def __str__(self) -> str:
        return self.text()

    def table(self) -> str:
        """Format the checks as an HTML table, escaped."""
        head = "".join(f'<th scope="col" style="{_CELL}">{name}</th>' for name in ("verdict", "what", "found"))
        rows = ""
        for check in self.checks:
            weight = "700" if check.verdict == "wrong" else "400"
            mark = f"{_CELL};border-left:4px solid {_COLOURS[check.verdict]};font-weight:{weight}"
            fix = f"<br><strong>To do:</strong> {escape(check.fix)}" if check.fix else ""
            rows += (
                f'<tr><td style="{mark}">{_MARKS[check.verdict]}</td><th scope="row" style="{_CELL};font-weight:600">'
                f'{escape(check.topic)}</th><td style="{_CELL};max-width:75ch">{escape(check.message)}{fix}</td></tr>'
            )
        begin = '<table aria-label="Health check" style="border-collapse:collapse">'
        return f"{begin}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"

    def _repr_html_(self) -> str:
        return f'{self.table()}<p style="margin:6px 0">{escape(self.verdict)}</p>'


def _wrap(text: str, begin: str) -> str:
    return textwrap.fill(
        text,
        _LINE_WIDTH,
        initial_indent=begin,
        subsequent_indent=" " * len(begin),
        break_long_words=False,
        break_on_hyphens=False,
    )
