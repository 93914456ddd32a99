"""The history of the prompt tester: as a table for Python, and page by page as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from ftwidgets.widgets.base import markup
from ftwidgets.widgets.base.live import Live
from ftwidgets.widgets.prompt.streaming import STOPPED, PromptRequest, StreamedAnswer

if TYPE_CHECKING:
    import pandas as pd

PAGE = 5  # requests on a page of the history
SIDES = ("left", "right", "third", "fourth")  # where the answers of a request stand


@dataclass(frozen=True)
class HistoryEntry:
    """A request, the models and what they answered; `turn` counts in a conversation.

    `names` is what code calls the models, `labels` what people read, `models` what is sent.
    """

    request: PromptRequest
    names: tuple[str, ...]
    labels: tuple[str, ...]
    models: tuple[str, ...]
    answers: tuple[StreamedAnswer, ...]
    turn: int = 1


class HistoryView(Live):
    """A page of the history with buttons that turn it, the latest request first; page 0 is the latest page."""

    def __init__(self) -> None:
        self._entries: Sequence[HistoryEntry] = ()
        self._page = 0
        super().__init__()
        self.on_press(lambda button: self.turn_to(self._page + (1 if button == "older" else -1)))

    def show(self, entries: Sequence[HistoryEntry]) -> None:
        """Show the latest page of these requests."""
        self._entries = entries
        self.turn_to(0)

    def turn_to(self, page: int) -> None:
        """Show another page, or the nearest one that there is."""
        self._page = max(0, min(page, (len(self._entries) - 1) // PAGE))
        self.html = history_html(self._entries, self._page)


def to_frame(entries: Sequence[HistoryEntry]) -> pd.DataFrame:
    """Return the history as a table, one row for each request; an error is in the column of the notes."""
    import pandas as pd

    rows = []
    sides = _sides(entries)
    for entry in entries:
        request = entry.request
        row: list[object] = [request.prompt, request.system, request.temperature, request.max_tokens, request.seed, entry.turn]
        for name, answer in zip(entry.names, entry.answers, strict=True):
            row += [name, answer.text, note(request, answer)]
        row += ["", "", ""] * (len(sides) - len(entry.names))
        rows.append(row)
    columns = ["prompt", "system", "temperature", "max_tokens", "seed", "turn"]
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


def outcome(entry: HistoryEntry) -> tuple[str, str]:
    """Return how a request to several models ended, and the kind of status line for it."""
    answers, few = entry.answers, len(entry.answers) == 2
    wrong = [where for where, answer in zip(SIDES, answers, strict=False) if answer.ended == "error"]
    if wrong:
        text = _errors_text(wrong, len(answers))
        too_long = "If the conversation has become too long for a model, press New conversation."
        return f"{text} {too_long}" if entry.turn > 1 else text, "wrong"
    if any(answer.ended == STOPPED for answer in answers):
        return "Stopped.", "ok"
    done = "Both models answered." if few else f"All {len(answers)} models answered."
    return f"{done} The next prompt goes on from here; for another question, press New conversation.", "ok"


def _errors_text(wrong: Sequence[str], n_models: int) -> str:
    """Return which of the models gave an error, by their sides."""
    few = n_models == 2
    if len(wrong) == n_models:
        return "Neither model answered; each side says why." if few else "No model answered; each column says why."
    rest = "The other one answered." if few else "The others answered."
    if len(wrong) == 1:
        return f"The {wrong[0]} model gave an error; its side says why. {rest}"
    return f"These models gave an error: {', '.join(wrong)}; their columns say why. {rest}"


def settings_line(request: PromptRequest, *, most: int | None = None) -> str:
    """Return the settings of a request in a line; a system prompt longer than `most` characters is cut."""
    seed = "" if request.seed is None else f", seed {request.seed}"
    said = request.system if most is None or len(request.system) <= most else f"{request.system[:most].rstrip()}..."
    system = f'system prompt "{said}"' if request.system else "no system prompt"
    return f"temperature {request.temperature:g}, at most {request.max_tokens} tokens{seed}, {system}"


def history_html(entries: Sequence[HistoryEntry], page: int) -> str:
    """Return a page of the history as HTML with buttons that turn it, the latest request first; page 0 is the latest page."""
    if not entries:
        return markup.empty("Nothing asked yet.")
    n_pages = -(-len(entries) // PAGE)
    table = history_table(list(enumerate(entries, 1))[::-1][page * PAGE : (page + 1) * PAGE])
    if n_pages == 1:
        return table
    turn = [("newer", "Newer", page > 0), ("older", "Older", page < n_pages - 1)]
    buttons = "".join(f'<button data-press="{value}"{"" if on else " disabled"}>{text}</button> ' for value, text, on in turn)
    return f"<p>{buttons}page {page + 1} of {n_pages}</p>{table}"


def history_table(numbered: Sequence[tuple[int, HistoryEntry]]) -> str:
    """Return requests with their numbers as a table; the models and settings that all have in common stand only once."""
    entries = [entry for _, entry in numbered]
    sides = _sides(entries)
    same_models = len({entry.names for entry in entries}) == 1
    lines = [settings_line(entry.request) for entry in entries]
    same_settings = len(set(lines)) == 1
    names = [*entries[0].labels] if same_models else [side.capitalize() for side in sides]
    rows = [
        [number, entry.request.prompt, *([] if same_settings else [line]), *answer_texts(entry, named=not same_models)]
        + [""] * (len(names) - len(entry.names))
        for (number, entry), line in zip(numbered, lines, strict=True)
    ]
    header = ["No.", "Prompt", *([] if same_settings else ["Settings"]), *names]
    common = f"<p>{escape(lines[0][0].upper() + lines[0][1:])}.</p>" if same_settings else ""
    return f"{markup.table('Asked so far, newest first', header, rows, numbers=[0])}{common}"


def answer_texts(entry: HistoryEntry, *, named: bool = True) -> list[str]:
    """Return each answer as text, with how it ended and, if `named`, with its model."""
    texts = []
    for label, answer in zip(entry.labels, entry.answers, strict=True):
        ending = note(entry.request, answer)
        text = f"{answer.text} ({ending})" if ending else answer.text
        texts.append(f"{label}: {text}" if named else text)
    return texts
