"""Scores as dots with their intervals on one axis: a table with drawn cells for the page, an SVG where no style is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

# The SVG
_LEFT, _PLOT, _RIGHT = 130, 240, 150  # pixels: names, axis, figures
_ROW, _FOOT = 28, 26
_MAX_NAME = 18  # characters
_STEPS = (0.1, 0.2, 0.25, 0.5, 1.0)


@dataclass(frozen=True)
class Dot:
    """A named value with its interval."""

    name: str
    value: float
    low: float
    high: float

    @property
    def figures(self) -> str:
        """The value and the interval as text."""
        return f"{self.value:.2f} ({self.low:.2f} to {self.high:.2f})"


def ticks(low: float, high: float) -> list[float]:
    """Return a few round values, evenly spaced, of which the first and the last hold both ends between them."""
    span = (high - low) or 1.0
    unit = 1.0
    while span / unit < 1:
        unit /= 10
    while span / unit > 10:
        unit *= 10
    step = next((unit * part for part in _STEPS if span / (unit * part) <= 6), unit * 2)
    first, last = int(low // step), -int(-high // step)
    return [round(i * step, 10) + 0.0 for i in range(first, max(last, first + 1) + 1)]


def axis(rows: Sequence[Dot]) -> list[float]:
    """Return the ticks of an axis that holds every interval; it goes from 0 to 1 wherever they do."""
    return ticks(min(0.0, *(row.low for row in rows)), max(1.0, *(row.high for row in rows)))


def dot_table(caption: str, heading: str, rows: Sequence[Dot]) -> str:
    """Return the rows as a table: name, drawing, figures. `heading` names the figures."""
    marks = axis(rows)

    def at(value: float) -> str:
        return f"{100 * (value - marks[0]) / (marks[-1] - marks[0]):.1f}%"

    grid = "".join(f'<i class="ftw-tick" style="left:{at(mark)}"></i>' for mark in marks)
    labels = "".join(f'<span style="left:{at(mark)}">{mark:g}</span>' for mark in marks)
    body = "".join(
        f'<tr><th scope="row">{escape(row.name)}</th><td><div class="ftw-track">{grid}'
        f'<i class="ftw-bar" style="left:{at(row.low)};right:calc(100% - {at(row.high)})"></i>'
        f'<i class="ftw-dot" style="left:{at(row.value)}"></i></div></td><td class="ftw-number">{escape(row.figures)}</td></tr>'
        for row in rows
    )
    head = f'<tr><th scope="col">model</th><th scope="col"><div class="ftw-axis">{labels}</div></th>'
    head += f'<th scope="col" class="ftw-number">{escape(heading)}</th></tr>'
    caption = f"<caption>{escape(caption)}</caption>"
    return f'<table class="ftw-dotplot">{caption}<thead>{head}</thead><tbody>{body}</tbody></table>'


def dot_picture(caption: str, rows: Sequence[Dot]) -> str:
    """Return the rows as an SVG; a screen reader reads the caption, then each row."""
    marks = axis(rows)

    def x(value: float) -> float:
        return _LEFT + _PLOT * (value - marks[0]) / (marks[-1] - marks[0])

    bottom, width = _ROW * len(rows), _LEFT + _PLOT + _RIGHT
    description = "; ".join(f"{row.name} {row.figures}" for row in rows)
    parts = [
        f'<svg role="img" aria-label="{escape(f"{caption}: {description}")}" viewBox="0 0 {width} {bottom + _FOOT}" '
        f'width="{width}" style="max-width:100%;height:auto;display:block" font-size="12.5" fill="currentColor">'
    ]
    parts += [
        f'<line x1="{x(value):.1f}" x2="{x(value):.1f}" y1="0" y2="{bottom + 4}" stroke="currentColor" '
        f'stroke-opacity="0.25"/><text x="{x(value):.1f}" y="{bottom + 18}" text-anchor="middle">{value:g}</text>'
        for value in marks
    ]
    parts += [_row(row, _ROW * i + _ROW / 2, x(row.low), x(row.value), x(row.high)) for i, row in enumerate(rows)]
    return "".join(parts) + "</svg>"


def _row(row: Dot, y: float, low: float, value: float, high: float) -> str:
    name = row.name if len(row.name) <= _MAX_NAME else row.name[: _MAX_NAME - 3] + "..."
    ends = "".join(f'<path d="M{end:.1f} {y - 5:.1f}v10" stroke="currentColor" stroke-width="2"/>' for end in (low, high))
    return (
        f'<text x="{_LEFT - 12}" y="{y + 4:.1f}" text-anchor="end">{escape(name)}</text>'
        f'<line x1="{low:.1f}" x2="{high:.1f}" y1="{y:.1f}" y2="{y:.1f}" stroke="currentColor" stroke-width="2"/>{ends}'
        f'<circle cx="{value:.1f}" cy="{y:.1f}" r="5" style="fill:var(--ftw-line-1,#1e78d0)"/>'
        f'<text x="{_LEFT + _PLOT + 14}" y="{y + 4:.1f}">{escape(row.figures)}</text>'
    )
