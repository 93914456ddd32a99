"""Charts as SVG: columns for a histogram, bars for shares. A label describes each in words.

Columns are placed by shares of the width, so their texts keep their size on a narrow page; `bars` is scaled as a whole.

The numbers belong in a table beside the chart.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

_WIDTH, _HEIGHT = 600, 190
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 20, 10, 40
_ROW, _NAMES, _NUMBERS = 24, 150, 60
_CHARACTER, _NARROW = 7, 300  # pixels: of a digit, and of the columns on a narrow page
_MAX_NAME = 20  # characters of a bar's name


def columns(found: Sequence[tuple[int, int, int]], *, title: str, summary: str, axis: str, fill: str) -> str:
    """Return a histogram: a column for each (first value, last value, number) of a bin. Its texts are escaped.

    `title` and `summary` say what the chart shows and its main numbers, for screen readers; `axis` is the label below,
    `fill` the colour of the columns, as CSS writes it.
    """
    most = max(n for _, _, n in found)
    edges = [first for first, _, _ in found] + [found[-1][1] + 1]
    step = 100 / len(found)  # per cent of the width
    longest = _CHARACTER * (2 + max(len(f"{edge:,}") for edge in edges))
    every = -(-longest * len(found) // _NARROW)  # which edges have a label, where the page is narrow too
    floor, room = _HEIGHT - _BOTTOM, _HEIGHT - _BOTTOM - _TOP
    bars, texts, lines = [], [], []
    for i, (_, _, n) in enumerate(found):
        x, tall = (i + 0.02) * step, room * n / most
        bars.append(f'<rect x="{x:.2f}%" y="{floor - tall:.1f}" width="{0.96 * step:.2f}%" height="{tall:.1f}"/>')
    texts += [_text(f"{i * step:.2f}%", floor + 14, f"{edges[i]:,}") for i in range(0, len(edges), every)]
    for tick in sorted({0, most // 2, most}):
        y = floor - room * tick / most
        lines.append(f'<line x1="0" x2="100%" y1="{y:.1f}" y2="{y:.1f}"/>')
        texts.append(_text("-6", y + 4, f"{tick:,}", anchor="end"))
    texts.append(_text("50%", _HEIGHT - 6, axis))
    drawn = f'<g stroke="currentColor" stroke-opacity="0.25">{"".join(lines)}</g><g fill="{fill}">{"".join(bars)}</g>'
    margins = _LEFT + _RIGHT
    style = f"display:block;overflow:visible;height:{_HEIGHT}px;width:calc(100% - {margins}px);max-width:{_WIDTH - margins}px"
    size = f' data-size="{_WIDTH} {_HEIGHT}" data-inside="{_LEFT} {_WIDTH - margins}"'  # for a picture of a fixed width
    body = f'{drawn}<g fill="currentColor">{"".join(texts)}</g>'
    return _svg(f"{style};margin:0 {_RIGHT}px 0 {_LEFT}px", size, title, summary, body)


def bars(shares: Sequence[tuple[str, int]], *, title: str, summary: str, fill: str) -> str:
    """Return a bar chart: for each name a bar as long as its number; parameters as in `columns`."""
    most = max(n for _, n in shares)
    room = _WIDTH - _NAMES - _NUMBERS
    drawn, texts = [], []
    for i, (name, n) in enumerate(shares):
        y, long = i * _ROW, room * n / max(most, 1)
        short = name if len(name) <= _MAX_NAME else name[: _MAX_NAME - 1] + "…"
        drawn.append(f'<rect x="{_NAMES}" y="{y + 4}" width="{long:.1f}" height="{_ROW - 8}"/>')
        texts.append(_text(f"{_NAMES - 8}", y + 16, short, anchor="end"))
        texts.append(_text(f"{_NAMES + long + 6:.1f}", y + 16, f"{n:,}", anchor="start"))
    body = f'<g fill="{fill}">{"".join(drawn)}</g><g fill="currentColor">{"".join(texts)}</g>'
    box = f' viewBox="0 0 {_WIDTH} {_ROW * len(shares)}"'
    return _svg(f"display:block;width:100%;max-width:{_WIDTH}px", box, title, summary, body)


def _svg(style: str, size: str, title: str, summary: str, body: str) -> str:
    label = escape(f"{title}. {summary}", quote=True)
    return (
        f'<svg role="img" aria-label="{label}"{size} font-size="12" style="{style}">'
        f"<title>{escape(title)}</title><desc>{escape(summary)}</desc>{body}</svg>"
    )


def _text(x: str, y: float, text: str, *, anchor: str = "middle") -> str:
    return f'<text x="{x}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
