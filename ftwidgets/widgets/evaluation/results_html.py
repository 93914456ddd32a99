"""The result of an evaluation as HTML: verdicts, scores as a plot and a table, the confusion table, the worst answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import combinations
from typing import TYPE_CHECKING

from ftwidgets.widgets.base import markup

if TYPE_CHECKING:
    from ftwidgets.evaluation.result import Evaluation

PAGE = 5  # answers shown at a time
_MAX_PAIRED = 4  # up to so many models every two are compared; of more, each with the first
_MAX_CHARACTERS = 400  # of a text in the table

# The plot
_LEFT, _PLOT, _RIGHT = 130, 240, 190  # pixels: names, axis, figures
_ROW, _FOOT = 28, 26
_MAX_NAME = 18  # characters
_STEPS = (0.1, 0.2, 0.25, 0.5, 1.0)


def model_pairs(names: list[str]) -> list[tuple[str, str]]:
    """Return which models to compare: the later ones with the earlier ones, the last first."""
    if len(names) > _MAX_PAIRED:
        return [(name, names[0]) for name in reversed(names[1:])]
    return [(later, earlier) for later, earlier in combinations(reversed(names), 2)]


def verdicts(result: Evaluation, smallest: float | None = None) -> list[str]:
    """Return for every pair whether one is better, and than which."""
    texts = []
    for a, b in model_pairs(result.models):
        text = result.verdict(a, b, smallest=smallest)
        for claim in (f"{a} is better", f"{a} is worse"):
            if text.startswith(claim):
                text = f"{claim} than {b}{text.removeprefix(claim)}"
                break
        texts.append(text)
    return texts


def summary(result: Evaluation, verdicts: list[str]) -> str:
    """Return the verdicts, and plots of the scores and the paired differences that they are based on."""
    table = result.scores
    columns = (table["model"], table[result.metric], table[f"{result.metric}_low"], table[f"{result.metric}_high"])
    rows = [Dot(str(name), value, low, high) for name, value, low, high in zip(*columns, strict=True)]
    caption = f"{result.metric} on {len(result.answers)} examples, with 95 % intervals"
    parts = [_heading(caption), dotplot(caption, rows, low=0.0, high=1.0)]
    differences = [(a, b, result.difference(a, b)) for a, b in model_pairs(result.models)]
    if differences:
        caption = "Differences on the same examples, with 95 % intervals; right of the dashed line the first is better"
        rows = [Dot(f"{a} - {b}", d.estimate, d.low, d.high) for a, b, d in differences]
        parts += [_heading(caption), dotplot(caption, rows, low=-0.2, high=0.2, zero=True)]
        sentences = [text[0].upper() + text[1:] if text.startswith(("cannot", "no ")) else text for text in verdicts]
        items = "".join(f"<li>{escape(text)}.</li>" for text in sentences)
        caution = f"<p>{escape(multiple_comparisons(len(differences)))}</p>" if len(differences) > 1 else ""
        parts = [_heading("Verdict" if len(differences) == 1 else "Verdicts"), f"<ul>{items}</ul>", caution, *parts]
    return "".join(parts) + scores_table(result)


def multiple_comparisons(n: int) -> str:
    """Return a warning about reading several verdicts together."""
    return (
        f"These are {n} comparisons, each with a 95 % interval of its own. Between equal models about one comparison in "
        "twenty finds a difference by chance: the more of them, the likelier one of them is wrong."
    )


def _heading(text: str) -> str:
    return f"<p><strong>{escape(text)}</strong></p>"


def scores_table(result: Evaluation) -> str:
    """Return every metric of every model with its interval, as a table."""
    shown = result.shown
    rows = shown.to_numpy().tolist()
    return markup.table("Scores, with 95 % intervals", list(shown.columns), rows, numbers=[1])


def confusion_table(result: Evaluation, model: str) -> str:
    """Return which label was answered for which; empty if the references are not labels."""
    table = result.confusion(model)
    if table.empty:
        return ""
    rows = [[label, *counts] for label, counts in zip(table.index, table.to_numpy().tolist(), strict=True)]
    header = ["right answer", *(f"answered {name}" for name in table.columns)]
    return markup.table(f'What "{model}" answered, by right answer', header, rows, numbers=range(1, len(header)))


def worst_answers(result: Evaluation, model: str, page: int = 0) -> str:
    """Return a page of one model's answers as a table, the worst first."""
    table = result.worst(model)
    part = table.iloc[page * PAGE : (page + 1) * PAGE]
    n_lowest = int((table["score"] == table["score"].min()).sum())
    caption = (
        f'Answers of "{model}", worst first: {page * PAGE + 1} to {page * PAGE + len(part)} of {len(table)} '
        f"({n_lowest} with the lowest score, {table['score'].min():.2f})"
    )
    rows = []
    for _, row in part.iterrows():
        texts = [str(row[name]) for name in ("prompt", "reference", "answer")]
        cut = [text if len(text) <= _MAX_CHARACTERS else f"{text[:_MAX_CHARACTERS]} ..." for text in texts]
        rows.append([str(row["row"]), f"{row['score']:.2f}", *cut])
    return markup.table(caption, ["row", "score", "prompt", "right answer", "answer"], rows, numbers=[0, 1])


def n_pages(result: Evaluation) -> int:
    """Return the number of pages of answers."""
    return -(-len(result.answers) // PAGE)


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
    """Return the SVG of rows of dots over one axis, for the scores of models or the differences between two.

    A screen reader reads the caption, then each row. The axis from `low` to `high` grows to hold every interval; `zero` marks
    zero with a line and writes figures with their sign.
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
    for value in _ticks(low, high):
        parts.append(
            f'<line x1="{x(value):.1f}" x2="{x(value):.1f}" y1="0" y2="{bottom + 4}" stroke="currentColor" '
            f'stroke-opacity="0.25"/><text x="{x(value):.1f}" y="{bottom + 18}" text-anchor="middle">{value:g}</text>'
        )
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
