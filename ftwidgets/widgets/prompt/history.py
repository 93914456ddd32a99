"""The history of the prompt tester: as a table, and as HTML (answers side by side, the history page by page)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from ftwidgets.widgets.base import markup
from ftwidgets.widgets.prompt.streaming import STOPPED, PromptRequest, StreamedAnswer

if TYPE_CHECKING:
    import pandas as pd

PAGE = 5  # requests on a page of the history
SIDES = ("left", "right", "third", "fourth")  # where the answers of a request stand

_TEXT = "white-space:pre-wrap;overflow-wrap:anywhere;max-width:75ch;margin:4px 0"


@dataclass(frozen=True)
class HistoryEntry:
    """A request, the models (`names` as shown, `models` as sent), and what they answered."""

    request: PromptRequest
    names: tuple[str, ...]
    models: tuple[str, ...]
    answers: tuple[StreamedAnswer, ...]


def to_frame(entries: Sequence[HistoryEntry]) -> pd.DataFrame:
    """Return the history as a table, one row for each request; an error is in the column of the notes."""
    import pandas as pd

    rows = []
    sides = _sides(entries)
    for entry in entries:
        request = entry.request
        row: list[object] = [request.prompt, request.system, request.temperature, request.max_tokens, request.seed]
        for name, answer in zip(entry.names, entry.answers, strict=True):
            row += [name, answer.text, note(request, answer)]
        row += ["", "", ""] * (len(sides) - len(entry.names))
        rows.append(row)
    columns = ["prompt", "system", "temperature", "max_tokens", "seed"]
    columns += [f"{side}{part}" for side in sides for part in ("", "_answer", "_note")]
    return pd.DataFrame(rows, columns=columns).astype({"seed": "Int64"})


def _sides(entries: Sequence[HistoryEntry]) -> Sequence[str]:
    """Return the sides that some entry has, at least the first two."""
    return SIDES[: max([2, *(len(entry.names) for entry in entries)])]


def note(request: PromptRequest, answer: StreamedAnswer) -> str:
    """Return how an answer ended, where it did not simply end."""
    match answer.ended:
        case "error":
            return answer.error
        case "length":
            return f"cut off: at most {request.max_tokens} tokens were asked for, or the model's context is full"
        case "stopped":
            return STOPPED
        case "content_filter":
            return "the service held the rest back"
        case _:
            return ""


def outcome(answers: Sequence[StreamedAnswer]) -> tuple[str, str]:
    """Return how a request to several models ended, and the kind of status line for it."""
    wrong = [where for where, answer in zip(SIDES, answers, strict=False) if answer.ended == "error"]
    few = len(answers) == 2
    if len(wrong) == len(answers):
        return "Neither model answered; each side says why." if few else "No model answered; each column says why.", "wrong"
    if wrong:
        rest = "The other one answered." if few else "The others answered."
        if len(wrong) == 1:
            return f"The {wrong[0]} model gave an error; its side says why. {rest}", "wrong"
        return f"These models gave an error: {', '.join(wrong)}; their columns say why. {rest}", "wrong"
    if any(answer.ended == STOPPED for answer in answers):
        return "Stopped.", "ok"
    return "Both models answered." if few else f"All {len(answers)} models answered.", "ok"


def settings(request: PromptRequest) -> str:
    """Return the settings of a request in a line."""
    seed = "" if request.seed is None else f", seed {request.seed}"
    system = f'system prompt "{request.system}"' if request.system else "no system prompt"
    return f"temperature {request.temperature:g}, at most {request.max_tokens} tokens{seed}, {system}"


def side_html(where: str, name: str, model: str, request: PromptRequest, answer: StreamedAnswer | None) -> str:
    """Return one of the two answers as HTML; None is no request yet."""
    title = f"{where}: {name}" if name else where
    parts = [f"<h4>{escape(title)}</h4>"]
    if model and model != name:
        parts.append(f'<p class="ftw-help" style="overflow-wrap:anywhere">{escape(model)}</p>')
    parts.append("<p>Nothing asked yet.</p>" if answer is None else _answer_html(request, answer))
    return f'<div role="group" aria-label="{escape(title)}">{"".join(parts)}</div>'


def _answer_html(request: PromptRequest, answer: StreamedAnswer) -> str:
    text = f'<p dir="auto" style="{_TEXT}">{escape(answer.text)}</p>' if answer.text else ""
    if ending := note(request, answer):
        kind = "ftw-wrong" if answer.ended == "error" else "ftw-help"
        return f'{text}<p class="{kind}">{escape(ending[0].upper() + ending[1:].removesuffix("."))}.</p>'
    if not text:
        return "<p>(an empty answer)</p>" if answer.ended else "<p>...</p>"
    return text


def history_html(entries: Sequence[HistoryEntry], page: int) -> str:
    """Return a page of the history as HTML, the latest request first; page 0 is the latest page."""
    if not entries:
        return ""
    n_pages = -(-len(entries) // PAGE)
    latest = list(enumerate(entries, 1))[::-1][page * PAGE : (page + 1) * PAGE]
    sides = _sides([entry for _, entry in latest])
    rows = [
        [number, entry.request.prompt, settings(entry.request), *answer_texts(entry), *[""] * (len(sides) - len(entry.names))]
        for number, entry in latest
    ]
    header = ["No.", "Prompt", "Settings", *map(str.capitalize, sides)]
    table = markup.table("Asked so far, newest first", header, rows, numbers=[0])
    if n_pages == 1:
        return table
    turn = [("newer", "Newer", page > 0), ("older", "Older", page < n_pages - 1)]
    buttons = "".join(f'<button data-press="{value}"{"" if on else " disabled"}>{text}</button> ' for value, text, on in turn)
    return f"{table}<p>{buttons}page {page + 1} of {n_pages}</p>"


def answer_texts(entry: HistoryEntry) -> list[str]:
    """Return each answer as text, with the name of its model and how it ended."""
    texts = []
    for name, answer in zip(entry.names, entry.answers, strict=True):
        ending = note(entry.request, answer)
        texts.append(f"{name}: {answer.text}" + (f" ({ending})" if ending else ""))
    return texts
