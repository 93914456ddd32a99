"""An evaluation as HTML: the scores drawn and as a table, the verdicts, the confusion table, the worst answers.

Left out: the form and the buttons' doings.
"""

from __future__ import annotations

from html import escape
from itertools import combinations
from typing import TYPE_CHECKING

from ftwidgets.widgets.base import markup
from ftwidgets.widgets.evaluation.dotplot import Dot, dots

if TYPE_CHECKING:
    import pandas as pd

    from ftwidgets.evaluation.result import Evaluation

PAGE = 5  # answers shown at a time
_PAIRED = 4  # of so many models every two are compared; of more, each with the first
_LONGEST = 400  # letters of a text in the table


def pairs(names: list[str]) -> list[tuple[str, str]]:
    """List which model to compare with which: the later ones with the earlier ones, the last first."""
    if len(names) > _PAIRED:
        return [(name, names[0]) for name in reversed(names[1:])]
    return [(later, earlier) for later, earlier in combinations(reversed(names), 2)]


def verdicts(result: Evaluation, smallest: float | None = None) -> list[str]:
    """Say for every pair whether one is better, and than which."""
    return [_than(a, b, result.verdict(a, b, smallest=smallest)) for a, b in pairs(result.models)]


def _than(a: str, b: str, text: str) -> str:
    for word in ("better", "worse"):
        if text.startswith(f"{a} is {word}"):
            return f"{a} is {word} than {b}{text[len(f'{a} is {word}') :]}"
    return text


def summary(result: Evaluation, said: list[str]) -> str:
    """Show the verdicts, and draw the scores and the paired differences that they rest on."""
    table = result.scores
    columns = (table["model"], table[result.metric], table[f"{result.metric}_low"], table[f"{result.metric}_high"])
    rows = [Dot(str(name), value, low, high) for name, value, low, high in zip(*columns, strict=True)]
    caption = f"{result.metric} on {len(result.answers)} examples, with 95 % intervals"
    drawn = [_heading(caption), dots(caption, rows, low=0.0, high=1.0)]
    found = [(a, b, result.difference(a, b)) for a, b in pairs(result.models)]
    if found:
        caption = "Differences on the same examples, with 95 % intervals; right of the dashed line the first is better"
        apart = [Dot(f"{a} - {b}", d.estimate, d.low, d.high) for a, b, d in found]
        drawn += [_heading(caption), dots(caption, apart, low=-0.2, high=0.2, zero=True)]
        listed = "".join(f"<li>{escape(_sentence(text))}</li>" for text in said)
        mind = f"<p>{escape(several(len(found)))}</p>" if len(found) > 1 else ""
        drawn = [_heading("Verdict" if len(found) == 1 else "Verdicts"), f"<ul>{listed}</ul>", mind, *drawn]
    return "".join(drawn) + scores(result)


def several(n: int) -> str:
    """Say what to mind where several verdicts stand together."""
    return (
        f"These are {n} comparisons, each with a 95 % interval of its own. Between equal models about one comparison in "
        "twenty finds a difference by chance: the more of them, the likelier one of them is wrong."
    )


def _heading(text: str) -> str:
    return f"<p><strong>{escape(text)}</strong></p>"


def scores(result: Evaluation) -> str:
    """List every metric of every model with its interval."""
    shown = result.shown
    rows = shown.to_numpy().tolist()
    return markup.table("Scores, with 95 % intervals", list(shown.columns), rows, numbers=[1])


def confused(result: Evaluation, model: str) -> str:
    """Show which label was taken for which; nothing where the references are no labels."""
    table = result.confusion(model)
    if table.empty:
        return ""
    rows = [[label, *counts] for label, counts in zip(table.index, table.to_numpy().tolist(), strict=True)]
    header = ["right answer", *(f"answered {name}" for name in table.columns)]
    return markup.table(f'What "{model}" took for what', header, rows, numbers=range(1, len(header)))


def worst(result: Evaluation, model: str, page: int = 0) -> str:
    """Show a page of one model's answers, the worst first."""
    table = result.worst(model)
    part = table.iloc[page * PAGE : (page + 1) * PAGE]
    nothing = int((table["score"] == table["score"].min()).sum())
    caption = (
        f'Answers of "{model}", worst first: {page * PAGE + 1} to {page * PAGE + len(part)} of {len(table)} '
        f"({nothing} with the lowest score, {table['score'].min():.2f})"
    )
    return markup.table(caption, ["row", "score", "prompt", "right answer", "answer"], _cells(part), numbers=[0, 1])


def n_pages(result: Evaluation) -> int:
    """Count the pages of answers."""
    return -(-len(result.answers) // PAGE)


def _cells(table: pd.DataFrame) -> list[list[str]]:
    texts = ["prompt", "reference", "answer"]
    return [
        [str(row["row"]), f"{row['score']:.2f}", *(_short(str(row[name])) for name in texts)] for _, row in table.iterrows()
    ]


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ..."


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}." if not text[0].isupper() and text.startswith(("cannot", "no ")) else f"{text}."
