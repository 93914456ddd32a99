"""What the form for a job shows beside its fields: the estimate as figures, where it comes from, and the list of mistakes."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from ftwidgets.providers import date_line
from ftwidgets.widgets.base import markup
from ftwidgets.widgets.launch.estimate import Estimate

NO_FIGURES = (("Time", "-"), ("Memory", "-"), ("Cost", "-"))


def figures_html(estimated: Estimate | None) -> str:
    """Return the estimate as a row of figures; without one there are dashes, so that the place stays."""
    return markup.figures(NO_FIGURES if estimated is None else estimated.figures)


def basis_html(facts: Iterable[tuple[str, str]]) -> str:
    """Return where each figure comes from, folded, with the age of the prices."""
    lines = "".join(f"<p><strong>{escape(name)}:</strong> {escape(text)}</p>" for name, text in facts)
    return markup.fold("Where these figures come from", f'{lines}<p class="ftw-soft">{escape(date_line())}</p>')


def listing(head: str, sentences: Iterable[str], kind: str) -> str:
    """Return sentences as a list under a head; `kind` is `wrong` or `warning`; nothing for no sentences."""
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
    return f'<div class="ftw-{kind}"><p>{escape(head)}</p><ul>{items}</ul></div>' if items else ""
