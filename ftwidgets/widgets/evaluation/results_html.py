"""The result of an evaluation as HTML: the verdict, one picture, and folded what a closer look shows."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from ftwidgets.widgets.base import markup
from ftwidgets.widgets.evaluation import verdict_words
from ftwidgets.widgets.evaluation.dotplot import Dot, dot_picture, dot_table

if TYPE_CHECKING:
    from ftwidgets.evaluation.result import Evaluation
    from ftwidgets.widgets.evaluation.verdict_words import Verdict

PAGE = 10  # answers shown at a time
_MAX_CHARACTERS = 400  # of a text in the table
_NAMES = {"exact_match": "right answers", "token_f1": "token F1"}
_MEANINGS = {
    "exact_match": "An answer is right if it is the very same text as the right one.",
    "token_f1": "Token F1 is how many words an answer and the right one share: 1 if all, 0 if none.",
}
_INTERVAL = "The line through each dot is its 95 % interval: with other examples like these, the score would likely lie on it."


def verdicts(result: Evaluation, smallest: float | None = None) -> list[Verdict]:
    """Return the verdict on every pair, the most interesting first."""
    pairs = verdict_words.model_pairs(result.models)
    return [verdict_words.describe(result, a, b, smallest=smallest) for a, b in pairs]


def verdict_card(result: Evaluation, found: list[Verdict]) -> str:
    """Return the first verdict in large letters, or the score of the only model."""
    if not found:
        return f'<div class="ftw-card"><p class="ftw-verdict">{escape(verdict_words.describe_one(result))}.</p></div>'
    first = found[0]
    claim = f'<p class="ftw-verdict">{escape(first.claim)}: {escape(first.counts)}.</p><p>{escape(first.interval)}</p>'
    return f'<div class="ftw-card ftw-card-{first.kind}">{claim}</div>'


def other_verdicts(found: list[Verdict]) -> str:
    """Return the verdicts after the first, folded, with a word of caution; empty if there are none."""
    if len(found) < 2:
        return ""
    items = "".join(f"<li>{escape(f'{verdict.claim}. {verdict.interval}')}</li>" for verdict in found[1:])
    text = f"<ul>{items}</ul><p>{escape(verdict_words.caution(len(found)))}</p>"
    return markup.fold(f"How do the others compare? ({len(found) - 1} more)", text)


def scores(result: Evaluation, metric: str = "") -> list[Dot]:
    """Return the score of each model with its interval, by the main metric or another."""
    table, metric = result.scores, metric or result.metric
    columns = (table["model"], table[metric], table[f"{metric}_low"], table[f"{metric}_high"])
    return [Dot(str(name), value, low, high) for name, value, low, high in zip(*columns, strict=True)]


def picture(result: Evaluation, *, still: bool = False) -> str:
    """Return the scores as dots with intervals; `still` returns an SVG that needs no style."""
    name = _NAMES.get(result.metric, result.metric)
    caption = f"{name[0].upper()}{name[1:]} on {len(result.answers)} examples, with 95 % intervals"
    words = f"{_MEANINGS.get(result.metric, '')} {_INTERVAL}".strip()
    meaning = f'<p class="ftw-help">{escape(words)}</p>'
    if still:
        return f"<p><strong>{escape(caption)}</strong></p>{dot_picture(caption, scores(result))}{meaning}"
    heading = "share (interval)" if result.metric == "exact_match" else "score (interval)"
    return dot_table(caption, heading, scores(result)) + meaning


def other_metrics(result: Evaluation) -> str:
    """Return the scores by the other metrics, folded; empty where they say the same as the main one."""
    parts = []
    for metric in result.by_row:
        if metric != result.metric and not result.by_row[metric].equals(result.by_row[result.metric]):
            rows = [(dot.name, dot.figures) for dot in scores(result, metric)]
            name = _NAMES.get(metric, metric)
            table = markup.table(f"{name[0].upper()}{name[1:]}, with 95 % intervals", ["model", "score"], rows)
            meaning = f'<p class="ftw-help">{escape(_MEANINGS.get(metric, ""))}</p>'
            parts.append(markup.fold(f"By another metric: {name}", table + meaning))
    return "".join(parts)


def confusion_table(result: Evaluation, model: str) -> str:
    """Return which label was answered for which, folded; empty if the references are not labels."""
    table = result.confusion(model)
    if table.empty:
        return ""
    rows = [[label, *counts] for label, counts in zip(table.index, table.to_numpy().tolist(), strict=True)]
    header = ["right answer", *(f"answered {name}" for name in table.columns)]
    caption = f'What "{model}" answered, by right answer'
    return markup.fold("Which labels were confused?", markup.table(caption, header, rows, numbers=range(1, len(header))))


def worst_answers(result: Evaluation, model: str, page: int = 0, *, rows_in_words: str) -> str:
    """Return a page of one model's answers as a table, the worst first, each beside the right one.

    `rows_in_words` says of which file the rows are.
    """
    table = result.worst(model)
    part = table.iloc[page * PAGE : (page + 1) * PAGE]
    share = verdict_words.is_share(result, model)
    counted = f'"row" counts {rows_in_words}'
    caption = f'Answers of "{model}", worst first: {page * PAGE + 1} to {page * PAGE + len(part)} of {len(table)}; {counted}'
    rows = []
    for _, row in part.iterrows():
        texts = [str(row[name]) for name in ("prompt", "reference", "answer")]
        cut = [text if len(text) <= _MAX_CHARACTERS else f"{text[:_MAX_CHARACTERS]} ..." for text in texts]
        score = ("right" if row["score"] else "wrong") if share else f"{row['score']:.2f}"
        rows.append([str(row["row"]), *cut, score])
    header = ["row", "prompt", "right answer", "answer", "right?" if share else "score"]
    return f'<div class="ftw-answers">{markup.table(caption, header, rows, numbers=[0] if share else [0, 4])}</div>'


def closer_look(result: Evaluation, model: str, page: int, *, rows_in_words: str, buttons: bool = True) -> str:
    """Return what a closer look at one model shows, a fold for each question; a page without a kernel has no `buttons`."""
    last = n_pages(result) - 1
    turning = (
        f'<p><button data-press="-1" aria-disabled="{str(page == 0).lower()}">Previous answers</button> '
        f'<button data-press="1" aria-disabled="{str(page == last).lower()}">Next answers</button> '
        f"page {page + 1} of {last + 1}</p>"
    )
    table = worst_answers(result, model, page, rows_in_words=rows_in_words)
    answers = markup.fold("Which answers were worst?", table + (turning if buttons and last > 0 else ""))
    return confusion_table(result, model) + answers


def n_pages(result: Evaluation) -> int:
    """Return the number of pages of answers."""
    return -(-len(result.answers) // PAGE)
