"""Charts as SVG: columns for a histogram, bars for shares. A label describes each in words.

The numbers belong in a table beside the chart.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

_WIDTH, _HEIGHT = 600, 190
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 20, 10, 40
_ROW, _NAMES, _NUMBERS = 24, 150, 60
_MAX_NAME = 20  # characters of a bar's name


def columns(found: Sequence[tuple[int, int, int]], *, title: str, summary: str, axis: str, fill: str) -> str:
    """Return a histogram: a column for each (first value, last value, number) of a bin. Its texts are escaped.

    `title` and `summary` say what the chart shows and its main numbers, for screen readers; `axis` is the label below,
    `fill` the colour of the columns, as CSS writes it.
    """
    most = max(n for _, _, n in found)
    step = (_WIDTH - _LEFT - _RIGHT) / len(found)
    floor, room = _HEIGHT - _BOTTOM, _HEIGHT - _BOTTOM - _TOP
    bars, texts, lines = [], [], []
    for i, (first, _, n) in enumerate(found):
        x, tall = _LEFT + i * step, room * n / most
        bars.append(f'<rect x="{x + 1:.1f}" y="{floor - tall:.1f}" width="{step - 2:.1f}" height="{tall:.1f}"/>')
        texts.append(_text(x, floor + 14, f"{first:,}"))
    texts.append(_text(_WIDTH - _RIGHT, floor + 14, f"{found[-1][1] + 1:,}"))
    for tick in sorted({0, most // 2, most}):
        y = floor - room * tick / most
        lines.append(f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        texts.append(_text(_LEFT - 6, y + 4, f"{tick:,}", anchor="end"))
    texts.append(_text((_LEFT + _WIDTH) / 2, _HEIGHT - 6, axis))
    drawn = f'<g stroke="currentColor" stroke-opacity="0.25">{"".join(lines)}</g><g fill="{fill}">{"".join(bars)}</g>'
    return _svg(_HEIGHT, title, summary, f'{drawn}<g fill="currentColor">{"".join(texts)}</g>')


def bars(shares: Sequence[tuple[str, int]], *, title: str, summary: str, fill: str) -> str:
    """Return a bar chart: for each name a bar as long as its number; parameters as in `columns`."""
    most = max(n for _, n in shares)
    room = _WIDTH - _NAMES - _NUMBERS
    drawn, texts = [], []
    for i, (name, n) in enumerate(shares):
        y, long = i * _ROW, room * n / max(most, 1)
        short = name if len(name) <= _MAX_NAME else name[: _MAX_NAME - 1] + "…"
        drawn.append(f'<rect x="{_NAMES}" y="{y + 4}" width="{long:.1f}" height="{_ROW - 8}"/>')
        texts.append(_text(_NAMES - 8, y + 16, short, anchor="end"))
        texts.append(_text(_NAMES + long + 6, y + 16, f"{n:,}", anchor="start"))
    body = f'<g fill="{fill}">{"".join(drawn)}</g><g fill="currentColor">{"".join(texts)}</g>'
    return _svg(_ROW * len(shares), title, summary, body)


def _svg(height: int, title: str, summary: str, body: str) -> str:
    label = escape(f"{title}. {summary}", quote=True)
    return (
        f'<svg role="img" aria-label="{label}" viewBox="0 0 {_WIDTH} {height}" font-size="12" '
        f'style="display:block;width:100%;max-width:{_WIDTH}px">'
        f"<title>{escape(title)}</title><desc>{escape(summary)}</desc>{body}</svg>"
    )


def _text(x: float, y: float, text: str, *, anchor: str = "middle") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
