"""What a saved notebook shows of DatasetPrep without a kernel."""

from __future__ import annotations

from html import escape

from ftwidgets.data.findings import Finding
from ftwidgets.widgets.base import markup
from ftwidgets.widgets.prep import costs
from ftwidgets.widgets.prep.form_words import in_form_words
from ftwidgets.widgets.prep.preparation import Preparation

_HEADER = ("Level", "Where", "What is wrong", "What to do")


def text(data: Preparation, label: str, n_epochs: int, written: str) -> str:
    """Return how many rows are used, the first findings, the split, the cost and what was written, a line each."""
    shown = data.first_findings(5)
    lines = [f"{label}: {data.headline}", *(f"  {found.level}: {in_form_words(str(found))}" for found in shown)]
    if (more := sum(data.grouped.counts) - len(shown)) > 0:
        lines.append(f"  and {more:,} more")
    if data.in_validation:
        lines += [f"{data.split_text}.", str(data.lengths), costs.cost_sentence(data.n_trained_tokens, n_epochs)]
    return "\n".join([*lines, *([f"{written}."] if written else [])])


def html(data: Preparation, label: str, model: str, costs_html: str, written: str) -> str:
    """Return the same with a table of the findings, the first conversations, the histogram and the costs."""
    split = f" {data.split_text}." if data.in_validation else ""
    parts = [f"<p><strong>{escape(label)}: {escape(data.headline)}</strong>{escape(split)}</p>"]
    if shown := data.first_findings(8):
        parts.append(markup.table("Findings", _HEADER, map(_cells, shown)))
    if (more := sum(data.grouped.counts) - len(shown)) > 0:
        parts.append(f"<p>and {more:,} more; report.findings has them</p>")
    if data.in_validation:
        parts += [data.conversations_html(0, min(2, len(data.in_validation)), model), costs_html]
    if written:
        parts.append(f"<p>{escape(written)}.</p>")
    return "".join(parts)


def _cells(found: Finding) -> tuple[str, str, str, str]:
    return found.level, found.where or "the whole data", in_form_words(found.message), in_form_words(found.fix)
