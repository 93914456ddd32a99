"""The result of an evaluation as HTML: verdicts, scores as a plot and a table, the confusion table, the worst answers."""

from __future__ import annotations

from html import escape
from itertools import combinations
from typing import TYPE_CHECKING

from ftwidgets.widgets.base import markup
from ftwidgets.widgets.evaluation.dotplot import Dot, dotplot

if TYPE_CHECKING:
    from ftwidgets.evaluation.result import Evaluation

PAGE = 5  # answers shown at a time
_MAX_PAIRED = 4  # up to so many models every two are compared; of more, each with the first
_MAX_CHARACTERS = 400  # of a text in the table


def model_pairs(names: list[str]) -> list[tuple[str, str]]:
    """Return which models to compare: the later ones with the earlier ones, the last first."""
    if len(names) > _MAX_PAIRED:
        return [(name, names[0]) for name in reversed(names[1:])]
    return [(later, earlier) for later, earlier in combinations(reversed(names), 2)]


def verdicts(result: Evaluation, smallest: float | None = None) -> list[str]:
    """Return for every pair whether one is better, and than which."""
    return [_name_both(a, b, result.verdict(a, b, smallest=smallest)) for a, b in model_pairs(result.models)]


def _name_both(a: str, b: str, text: str) -> str:
    for word in ("better", "worse"):
        if text.startswith(f"{a} is {word}"):
            return f"{a} is {word} than {b}{text[len(f'{a} is {word}') :]}"
    return text


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
        items = "".join(f"<li>{escape(_sentence(text))}</li>" for text in verdicts)
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
    return markup.table(f'What "{model}" took for what', header, rows, numbers=range(1, len(header)))


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


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}." if not text[0].isupper() and text.startswith(("cannot", "no ")) else f"{text}."
