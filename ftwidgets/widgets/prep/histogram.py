"""A histogram of token counts, with its summary for a screen reader and its numbers in a table.

Left out: drawing it (`ftwidgets.data.render.charts`).
"""

from __future__ import annotations

from html import escape

from ftwidgets.data.render import charts
from ftwidgets.data.tokens.lengths import Lengths, bins
from ftwidgets.widgets.base import markup

_FILL = "var(--jp-brand-color1, #1976d2)"


def histogram(lengths: Lengths) -> str:
    """Draw how many examples have how many tokens.

    Parameters
    ----------
    lengths
        What `ftwidgets.data.tokens.lengths.measure` counted.

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
    numbers = markup.table("Examples by tokens", ("Tokens", "Examples"), rows, numbers=(1,))
    table = f"<details><summary>The numbers</summary>{numbers}</details>"
    title = "Histogram of tokens per example"
    drawn = charts.columns(found, title=title, summary=summary, axis="tokens of an example", fill=_FILL)
    return f"<p>{escape(summary)}</p>{drawn}{table}"
