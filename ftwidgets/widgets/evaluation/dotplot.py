"""A dot plot as SVG: a value with its interval in each row, for the scores of models or the differences between two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_LEFT, _PLOT, _RIGHT = 130, 240, 190  # pixels: names, axis, figures
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

    def figures(self, *, signed: bool = False) -> str:
        """Return the value and the interval as text."""
        sign = "+" if signed else ""
        return f"{self.value:{sign}.2f} ({self.low:{sign}.2f} to {self.high:{sign}.2f})"


def dotplot(caption: str, rows: Sequence[Dot], *, low: float, high: float, zero: bool = False) -> str:
    """Return the SVG of rows of dots over one axis.

    Parameters
    ----------
    caption
        What is shown; a screen reader reads it, then each row.
    rows
        From top to bottom.
    low, high
        The ends of the axis; it grows to hold every interval.
    zero
        Mark zero with a line and write figures with their sign, for differences.
    """
    low, high = min([low, *(row.low for row in rows)]), max([high, *(row.high for row in rows)])
    span = (high - low) or 1.0

    def x(value: float) -> float:
        return _LEFT + _PLOT * (value - low) / span

    height, width = _ROW * len(rows) + _FOOT, _LEFT + _PLOT + _RIGHT
    description = "; ".join(f"{row.name} {row.figures(signed=zero)}" for row in rows)
    parts = [
        f'<svg role="img" aria-label="{escape(f"{caption}: {description}")}" viewBox="0 0 {width} {height}" '
        f'width="{width}" style="max-width:100%;height:auto;display:block;color:inherit" font-size="12.5" fill="currentColor">'
    ]
    bottom = _ROW * len(rows)
    parts += [_tick(x(value), bottom, f"{value:g}") for value in _ticks(low, high)]
    if zero:
        parts.append(
            f'<line x1="{x(0):.1f}" x2="{x(0):.1f}" y1="0" y2="{bottom}" stroke="currentColor" stroke-dasharray="4 3"/>'
        )
    parts += [_row(row, _ROW * i + _ROW / 2, x(row.low), x(row.value), x(row.high), zero) for i, row in enumerate(rows)]
    return "".join(parts) + "</svg>"


def _row(row: Dot, y: float, low: float, value: float, high: float, signed: bool) -> str:
    name = row.name if len(row.name) <= _MAX_NAME else row.name[: _MAX_NAME - 3] + "..."
    return (
        f'<text x="{_LEFT - 12}" y="{y + 4:.1f}" text-anchor="end">{escape(name)}</text>'
        f'<line x1="{low:.1f}" x2="{high:.1f}" y1="{y:.1f}" y2="{y:.1f}" stroke="currentColor" stroke-width="2"/>'
        f'<line x1="{low:.1f}" x2="{low:.1f}" y1="{y - 5:.1f}" y2="{y + 5:.1f}" stroke="currentColor" stroke-width="2"/>'
        f'<line x1="{high:.1f}" x2="{high:.1f}" y1="{y - 5:.1f}" y2="{y + 5:.1f}" stroke="currentColor" stroke-width="2"/>'
        f'<circle cx="{value:.1f}" cy="{y:.1f}" r="5" style="fill:var(--jp-brand-color1,#1976d2)"/>'
        f'<text x="{_LEFT + _PLOT + 14}" y="{y + 4:.1f}">{escape(row.figures(signed=signed))}</text>'
    )


def _tick(x: float, bottom: float, text: str) -> str:
    return (
        f'<line x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{bottom + 4}" stroke="currentColor" stroke-opacity="0.25"/>'
        f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{escape(text)}</text>'
    )


def _ticks(low: float, high: float) -> list[float]:
    """Return about four round values."""
    unit = 1.0
    while (high - low) / unit < 1:
        unit /= 10
    while (high - low) / unit > 10:
        unit *= 10
    step = next((unit * part for part in _STEPS if (high - low) / (unit * part) <= 6), unit * 2)
    first = int(low / step) - 1
    values = [round((first + i) * step, 10) for i in range(int((high - low) / step) + 4)]
    return [value + 0.0 for value in values if low <= value <= high]
