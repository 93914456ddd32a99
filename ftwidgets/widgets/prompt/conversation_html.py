"""A conversation with several models as HTML: the answers of a turn beside each other, with their differences marked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from html import escape

from ftwidgets.widgets.base import markup
from ftwidgets.widgets.prompt.history import HistoryEntry, note
from ftwidgets.widgets.prompt.streaming import PromptRequest, StreamedAnswer

STALE = "Models or settings have changed. Send begins a new conversation; an empty box asks the last question again."


def conversation_html(entries: Sequence[HistoryEntry], *, marked: bool = False, is_stale: bool = False) -> str:
    """Return the turns under one another, the answers of a turn beside each other.

    Parameters
    ----------
    entries
        The turns.
    marked
        Whether to mark the words in which an answer differs from the first one.
    is_stale
        Whether the form holds other models or settings by now.
    """
    if not entries:
        return markup.empty(
            "Write a prompt and press Send. The answers will stand here side by side, and you can go on from them."
        )
    stale = f'<p class="ftw-stale-note">{escape(STALE)}</p>' if is_stale else ""
    turns = "".join(_turn(entry, marked, newest=entry is entries[-1]) for entry in entries)
    kinds = f"ftw-compare ftw-compare-{len(entries[-1].models)}{' ftw-stale' if is_stale else ''}"
    return f'<div class="{kinds}">{stale}{turns}</div>'


def _turn(entry: HistoryEntry, marked: bool, *, newest: bool) -> str:
    texts = [answer.text for answer in entry.answers]
    shown = [markup.bubble("user", entry.request.prompt, who="You", newest=str(entry.turn) if newest else "")]
    for position, (label, answer) in enumerate(zip(entry.labels, entry.answers, strict=True)):
        other = 1 if position == 0 else 0
        compared = marked and other < len(texts) and answer.ended and texts[position] and texts[other]
        body = mark_differences(answer.text, texts[other]) if compared else escape(answer.text)
        shown.append(_answer(label, entry.request, answer, body))
    return "".join(shown)


def _answer(name: str, request: PromptRequest, answer: StreamedAnswer, text: str) -> str:
    ending = note(request, answer)
    if ending:
        kind = "ftw-wrong" if answer.ended == "error" else "ftw-help"
        ending = f'<p class="{kind}">{escape(ending[0].upper() + ending[1:].removesuffix("."))}.</p>'
    elif not text:
        ending = '<p class="ftw-help">An empty answer.</p>' if answer.ended else '<p class="ftw-help ftw-loading"></p>'
    said = f'<p dir="auto">{text}</p>' if text else ""
    return markup.bubble("assistant", "", who=name, body=said + ending)


def mark_differences(text: str, other: str) -> str:
    """Return a text as HTML, with `<mark>` around the words that the other text does not have at that place."""
    words = list(re.finditer(r"\S+", text))
    matcher = SequenceMatcher(None, [word[0] for word in words], other.split(), autojunk=False)
    html, done = list[str](), 0
    for kind, first, last, _, _ in matcher.get_opcodes():
        if kind in ("replace", "delete"):
            start, end = words[first].start(), words[last - 1].end()
            html.append(f"{escape(text[done:start])}<mark>{escape(text[start:end])}</mark>")
            done = end
    return "".join([*html, escape(text[done:])])
