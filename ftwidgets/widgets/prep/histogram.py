"""A histogram of token counts as SVG made by hand, with its summary for a screen reader and its numbers in a table.

Left out: zooming, several series, anything that moves.
"""

from __future__ import annotations

from html import escape

from ftwidgets.prep.lengths import Lengths, bins
from ftwidgets.widgets import words

_WIDTH, _HEIGHT = 600, 190
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 20, 10, 40


def histogram(lengths: Lengths) -> str:
    """Draw how many examples have how many tokens.

    Parameters
    ----------
    lengths
        What `ftwidgets.prep.lengths.measure` counted.

    Returns
    -------
    str
        HTML: the summary, the picture (`role="img"`, labelled by the summary), and the numbers in a table to open.
    """
    summary = str(lengths)
    if not lengths.tokens:
        return f"<p>{escape(summary)}</p>"
    found = bins(lengths.tokens)
    rows = [(f"{first:,} to {last:,}" if last > first else f"{first:,}", n) for first, last, n in found]
    numbers = words.table("Examples by tokens", ("Tokens", "Examples"), rows, numbers=(1,))
    table = f"<details><summary>The numbers</summary>{numbers}</details>"
    return f"<p>{escape(summary)}</p>{_svg(found, summary)}{table}"


def _svg(found: list[tuple[int, int, int]], summary: str) -> str:
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
    texts.append(_text((_LEFT + _WIDTH) / 2, _HEIGHT - 6, "tokens of an example"))
    label = escape(f"Histogram of tokens per example. {summary}", quote=True)
    return (
        f'<svg role="img" aria-label="{label}" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-size="12" '
        f'style="display:block;width:100%;max-width:{_WIDTH}px">'
        f'<g stroke="currentColor" stroke-opacity="0.25">{"".join(lines)}</g>'
        f'<g fill="var(--jp-brand-color1, #1976d2)">{"".join(bars)}</g>'
        f'<g fill="currentColor">{"".join(texts)}</g></svg>'
    )


def _text(x: float, y: float, text: str, *, anchor: str = "middle") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{text}</text>'
