"""What was asked and answered, kept as a table, and drawn: two answers side by side, the history page by page.

Left out: asking.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from ftwidgets.widgets.base import markup
from ftwidgets.widgets.prompt.streaming import STOPPED, Answer, Question
from ftwidgets.widgets.prompt.trained_prompts import Prompts, differs

if TYPE_CHECKING:
    import pandas as pd

PAGE = 5
"""So many questions are on a page of the history."""

_TEXT = "white-space:pre-wrap;overflow-wrap:anywhere;max-width:75ch;margin:4px 0"


@dataclass(frozen=True)
class Asked:
    """A question, the two models (`name` as shown, `model` as sent), and what they answered."""

    question: Question
    names: tuple[str, str]
    models: tuple[str, str]
    answers: tuple[Answer, Answer]


def frame(asked: Sequence[Asked]) -> pd.DataFrame:
    """Give the history as a table, one row a question; an error stands in the column of the notes."""
    import pandas as pd

    rows = [
        {
            "prompt": row.question.prompt,
            "system": row.question.system,
            "temperature": row.question.temperature,
            "max_tokens": row.question.max_tokens,
            "seed": row.question.seed,
            **{
                key: value
                for side, name, answer in zip(("left", "right"), row.names, row.answers, strict=True)
                for key, value in ((side, name), (f"{side}_answer", answer.text), (f"{side}_note", note(row.question, answer)))
            },
        }
        for row in asked
    ]
    columns = ["prompt", "system", "temperature", "max_tokens", "seed"]
    columns += [f"{side}{part}" for side in ("left", "right") for part in ("", "_answer", "_note")]
    return pd.DataFrame(rows, columns=columns).astype({"seed": "Int64"})


def note(question: Question, answer: Answer) -> str:
    """Say how an answer ended, where that is worth a word."""
    match answer.ended:
        case "error":
            return answer.error
        case "length":
            return f"cut off: at most {question.max_tokens} tokens were asked for, or the model's context is full"
        case "stopped":
            return STOPPED
        case "content_filter":
            return "the service held the rest back"
        case _:
            return ""


def outcome(left: Answer, right: Answer) -> tuple[str, str]:
    """Say how a question to both models ended, and which kind of news that is."""
    wrong = [where for where, answer in (("left", left), ("right", right)) if answer.ended == "error"]
    if len(wrong) == 2:
        return "Neither model answered; each side says why.", "wrong"
    if wrong:
        return f"The {wrong[0]} model gave an error; its side says why. The other one answered.", "wrong"
    if STOPPED in (left.ended, right.ended):
        return "Stopped.", "ok"
    return "Both models answered.", "ok"


def settings(question: Question) -> str:
    """Tell the settings of a question in a line."""
    seed = "" if question.seed is None else f", seed {question.seed}"
    system = f'system prompt "{question.system}"' if question.system else "no system prompt"
    return f"temperature {question.temperature:g}, at most {question.max_tokens} tokens{seed}, {system}"


def side_html(where: str, name: str, model: str, question: Question, answer: Answer | None) -> str:
    """Draw one of the two answers."""
    title = f"{where}: {name}" if name else where
    parts = [f"<h4>{escape(title)}</h4>"]
    if model and model != name:
        parts.append(f'<p class="ftw-help" style="overflow-wrap:anywhere">{escape(model)}</p>')
    if answer is None:
        parts.append("<p>Nothing asked yet.</p>")
    else:
        parts.append(_said(question, answer))
    return f'<div role="group" aria-label="{escape(title)}">{"".join(parts)}</div>'


def _said(question: Question, answer: Answer) -> str:
    said = f'<p dir="auto" style="{_TEXT}">{escape(answer.text)}</p>' if answer.text else ""
    told = note(question, answer)
    if told:
        kind = "ftw-wrong" if answer.ended == "error" else "ftw-help"
        return f'{said}<p class="{kind}">{escape(told[0].upper() + told[1:].removesuffix("."))}.</p>'
    if not said:
        return "<p>(an empty answer)</p>" if answer.ended else "<p>...</p>"
    return said


def history_html(asked: Sequence[Asked], page: int) -> str:
    """Draw a page of the history, the latest question first; page 0 is the latest one."""
    if not asked:
        return ""
    n_pages = -(-len(asked) // PAGE)
    latest = list(enumerate(asked, 1))[::-1][page * PAGE : (page + 1) * PAGE]
    rows = [[number, row.question.prompt, settings(row.question), *map(_cell, _sides(row))] for number, row in latest]
    table = markup.table("Asked so far, the latest first", ["No.", "Prompt", "Settings", "Left", "Right"], rows, numbers=[0])
    if n_pages == 1:
        return table
    turn = [("newer", "Newer", page > 0), ("older", "Older", page < n_pages - 1)]
    buttons = "".join(f'<button data-press="{value}"{"" if on else " disabled"}>{text}</button> ' for value, text, on in turn)
    return f"{table}<p>{buttons}page {page + 1} of {n_pages}</p>"


def _sides(row: Asked) -> list[tuple[str, Question, Answer]]:
    return [(name, row.question, answer) for name, answer in zip(row.names, row.answers, strict=True)]


def _cell(side: tuple[str, Question, Answer]) -> str:
    name, question, answer = side
    told = note(question, answer)
    return f"{name}: {answer.text}" + (f" ({told})" if told else "")


def parity(system: str, trained: Mapping[str, Prompts | None]) -> list[str]:
    """Say for each model whose training had other system prompts what they were.

    Parameters
    ----------
    system
        The system prompt that is sent now.
    trained
        What is known, by what the model is called here.
    """
    return [_differs(name, system, known or frozenset()) for name, known in trained.items() if differs(system, known)]


def _differs(name: str, system: str, trained: Prompts) -> str:
    now = "another one" if system.strip() else "none"
    if trained == {""}:
        return f"{name} was trained without a system prompt, and there is one now."
    if len(trained) == 1:
        return f'{name} was trained with the system prompt "{next(iter(trained))}", and there is {now} now.'
    return f"{name} was trained with {len(trained)} different system prompts, and this is none of them."
