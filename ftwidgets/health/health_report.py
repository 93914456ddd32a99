"""What a health check found: lines, each with a verdict and, where something is wrong, its fix. As text and as HTML.

Left out: finding out (`ftwidgets.doctor`).
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from html import escape
from typing import Literal

Verdict = Literal["ok", "note", "wrong"]

_MARKS = {"ok": "ok", "note": "note", "wrong": "FIX"}
_COLOURS = {"ok": "#43a047", "note": "#1e88e5", "wrong": "#e53935"}  # seen on light and on dark
_TOPIC_WIDTH = 14
_LINE_WIDTH = 110


@dataclass(frozen=True)
class Line:
    """One thing that was looked at.

    Parameters
    ----------
    topic
        What was looked at, in a word or two.
    verdict
        `"ok"`, `"note"` (good to know, nothing is broken) or `"wrong"`.
    said
        What was found.
    fix
        What to do about it; whatever is wrong has one.
    place
        A path on this machine: shown in the terminal, left out of a notebook, because notebooks are shared.
    """

    topic: str
    verdict: Verdict
    said: str
    fix: str = ""
    place: str = ""

    def __post_init__(self) -> None:
        if self.verdict == "wrong" and not self.fix:
            raise ValueError(f'"fix" must say what to do about what is wrong: {self.topic}: {self.said}')


@dataclass(frozen=True)
class Report:
    """What a health check found; `print` it, or leave it on a notebook cell's last line."""

    lines: tuple[Line, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not any(line.verdict == "wrong" for line in self.lines)

    @property
    def verdict(self) -> str:
        """The whole in one sentence."""
        wrong = sum(line.verdict == "wrong" for line in self.lines)
        if wrong:
            return f"{wrong} {'things' if wrong > 1 else 'thing'} to fix. Do what stands there, then check again."
        if any(line.verdict == "note" for line in self.lines):
            return "Nothing is broken: the lessons can run here. Read what is marked with note."
        return "All is well: the lessons can run here."

    def text(self, *, places: bool = False) -> str:
        """Give the lines as text; `places` adds the paths of this machine, which are for a terminal only."""
        return "\n".join([*(_as_text(line, places) for line in self.lines), self.verdict])

    def __str__(self) -> str:
        return self.text()

    def table(self) -> str:
        """Give the lines as an HTML table, escaped."""
        head = "".join(f'<th scope="col" style="{_CELL}">{name}</th>' for name in ("verdict", "what", "found"))
        rows = "".join(_as_row(line) for line in self.lines)
        begin = '<table aria-label="Health check" style="border-collapse:collapse">'
        return f"{begin}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"

    def _repr_html_(self) -> str:
        return f'{self.table()}<p style="margin:6px 0">{escape(self.verdict)}</p>'


# Colours of the page are left as they are, so that it reads on light and on dark.
_CELL = "text-align:left;vertical-align:top;white-space:normal;padding:3px 12px 3px 8px;line-height:1.45"


def _as_text(line: Line, places: bool) -> str:
    said = f"{line.said} ({line.place})" if places and line.place else line.said
    begin = f"{_MARKS[line.verdict]:<6}{line.topic:<{_TOPIC_WIDTH}}"
    parts = [_wrapped(said, begin)]
    if line.fix:
        parts.append(_wrapped(line.fix, " " * len(begin) + "-> "))
    return "\n".join(parts)


def _wrapped(text: str, begin: str) -> str:
    return textwrap.fill(
        text,
        _LINE_WIDTH,
        initial_indent=begin,
        subsequent_indent=" " * len(begin),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _as_row(line: Line) -> str:
    mark = f"{_CELL};border-left:4px solid {_COLOURS[line.verdict]};font-weight:{'700' if line.verdict == 'wrong' else '400'}"
    fix = f"<br><strong>To do:</strong> {escape(line.fix)}" if line.fix else ""
    return (
        f'<tr><td style="{mark}">{_MARKS[line.verdict]}</td><th scope="row" style="{_CELL};font-weight:600">'
        f'{escape(line.topic)}</th><td style="{_CELL};max-width:75ch">{escape(line.said)}{fix}</td></tr>'
    )
