"""What the form for a job shows beside its fields: the estimate, where it comes from, and what is said below the buttons."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from ftwidgets.providers import date_line
from ftwidgets.widgets.base import markup
from ftwidgets.widgets.launch.estimate import Estimate
from ftwidgets.widgets.launch.launched_job import LaunchedJob

NO_FIGURES = (("Time", "-"), ("Memory", "-"), ("Cost", "-"))


def figures_html(estimated: Estimate | None) -> str:
    """Return the estimate as a row of figures; without one there are dashes, so that the place stays."""
    return markup.figures(NO_FIGURES if estimated is None else estimated.figures)


def basis_html(facts: Iterable[tuple[str, str]]) -> str:
    """Return where each figure comes from, folded, with the age of the prices."""
    lines = "".join(f"<p><strong>{escape(name)}:</strong> {escape(text)}</p>" for name, text in facts)
    return markup.fold("Where these figures come from", f'{lines}<p class="ftw-soft">{escape(date_line())}</p>')


def status_html(
    *,
    said: Sequence[tuple[str, str]],
    launched: LaunchedJob | None,
    problems: Sequence[str],
    questions: Sequence[str],
    asked: bool,
    notes: Sequence[str],
) -> str:
    """Return what stands below the buttons: what was said with its kind, the job, and what is wrong or questionable."""
    parts = [f'<p class="ftw-{kind}">{escape(text)}</p>' for text, kind in said if text]
    if launched is not None:
        job_id = markup.identifier(launched.job.id)
        parts.append(f'<p class="ftw-ok">Launched: <strong>{escape(launched.label)}</strong> {job_id} It runs on its own.</p>')
    ask = "Press again to launch it all the same:" if asked else "Are you sure?"
    parts += [_listing("To be corrected:", problems, "wrong"), _listing(ask, questions, "warning")]
    return "".join([*parts, _listing("Look at this first:", notes, "warning")])


def _listing(head: str, sentences: Iterable[str], kind: str) -> str:
    """Return sentences as a list under a head; nothing for no sentences."""
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
    return f'<div class="ftw-{kind}"><p>{escape(head)}</p><ul>{items}</ul></div>' if items else ""
