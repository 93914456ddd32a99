"""The state of a job in words and as escaped HTML: a headline, a progress bar, the events, the diagnosis of its curve."""

from __future__ import annotations

import time
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import openai

from ftwidgets.providers import TERMINAL_STATUSES
from ftwidgets.widgets.base.failures import failure_text

if TYPE_CHECKING:
    from openai.types.fine_tuning import FineTuningJob, FineTuningJobEvent

    from ftwidgets.jobs.diagnosis import Diagnosis
    from ftwidgets.widgets.monitor.job_progress import Losses

MEANINGS = {
    "validating_files": "the service is checking the files",
    "queued": "the files are fine; the job is waiting for its turn, so it isn't stuck",
    "running": "the model is being trained",
    "paused": "it waits until somebody resumes it",
    "succeeded": "the tuned model is ready",
    "failed": "there is no tuned model",
    "cancelled": "it was stopped before it had finished; there is no tuned model",
}
"""What a status means."""

_MAX_EVENTS = 12  # in the list; warnings and errors are always there
LATE = 5.0  # seconds after the estimated end


def headline(details: FineTuningJob, losses: Losses) -> str:
    """Return the status of a job in a sentence, which changes with the status and with every tenth of the steps."""
    meaning = MEANINGS.get(details.status)
    text = details.status + (f": {meaning}." if meaning else ".")
    if details.status == "running" and losses.total:
        return f"{text} {10 * (10 * losses.last // losses.total)} % done."
    if str(details.status) == "paused":  # not in the client's types
        return f"{text} client.fine_tuning.jobs.resume({details.id!r}) does that."
    if details.status == "failed":
        reasons = (details.error.code, details.error.message) if details.error else ()
        return f"{text} {': '.join(filter(None, reasons))}".rstrip()
    return text


def outage_text(error: Exception | None) -> str:
    """Return why a poll found nothing, in the service's own words where there are any."""
    if isinstance(error, openai.APIStatusError) and isinstance(error.body, dict) and error.body.get("message"):
        return f"{failure_text(error)} The monitor keeps trying. The job is not affected."
    return "The service does not answer at the moment; the monitor keeps trying. The job is not affected."


def headline_html(details: FineTuningJob, losses: Losses) -> str:
    """Return the headline in the colour of its status."""
    kind = {"succeeded": "ok", "failed": "wrong", "cancelled": "wrong"}.get(details.status, "busy")
    return f'<p class="ftw-{kind}">{escape(headline(details, losses))}</p>'


def progress_html(details: FineTuningJob, losses: Losses) -> str:
    """Return a progress bar with its figures in words."""
    resting = {"paused", *TERMINAL_STATUSES}
    if losses.total is None or details.status not in {"running", *resting}:
        begun = "in its first step" if details.status == "running" else "not begun"
        figures = f"step {losses.last}" if losses.last else begun
        value = ""
    else:
        figures = f"step {losses.last} of {losses.total}"
        value = f' value="{losses.last}" max="{losses.total}"'
    left = time_left(details, losses)
    text = figures + (f", {left}" if left else "")
    if not value and details.status in resting:  # a bar without a value would move, as if something were going on
        return f"<p>Steps: {text}</p>"
    return f"<p><label>Steps <progress{value}>{text}</progress></label> {text}</p>"


def time_left(details: FineTuningJob, losses: Losses) -> str:
    """Return how long a running job still takes, by the service's own estimate; empty if there is none."""
    if details.status != "running" or not details.estimated_finish or losses.last == losses.total:
        return ""
    seconds = details.estimated_finish - time.time()
    if seconds < -LATE:
        return "it takes longer than expected"
    if seconds < 1:
        return "done any moment"
    return f"about {seconds:.0f} s left" if seconds < 90 else f"about {seconds / 60:.0f} min left"


def events_html(events: Sequence[FineTuningJobEvent]) -> str:
    """Return the events as a list, the latest first; of the metrics only the last."""
    metrics = [event for event in events if event.type == "metrics"]
    shown = [event for event in events if event.type != "metrics" or event is metrics[-1]]
    if not shown:
        return ""
    items = []
    for position, event in enumerate(reversed(shown)):
        serious = event.level in ("warn", "error")
        if position >= _MAX_EVENTS and not serious:
            continue
        clock = time.strftime("%H:%M:%S", time.localtime(event.created_at)) if event.created_at else ""
        text = f"{clock} {escape(event.message)}"
        items.append(f"<li><strong>{text}</strong></li>" if serious else f"<li>{text}</li>")
    heading = "<p><strong>Events</strong>, newest first</p>"
    return f'{heading}<ul style="margin:0;padding-left:18px">{"".join(items)}</ul>'


def diagnosis_text(diagnosis: Diagnosis) -> list[str]:
    """Return what the curve says, and the rule behind it, a line each."""
    return [f"What the curve says: {diagnosis}", f"The rule: {diagnosis.rule}"]


def diagnosis_html(diagnosis: Diagnosis | None) -> str:
    """Return the same as HTML; None is a job without a curve."""
    if diagnosis is None:
        return "<p>There is no curve to read: the job has no measured steps.</p>"
    text = diagnosis.text[0].upper() + diagnosis.text[1:]
    summary = f"<strong>What the curve says: {escape(diagnosis.verdict)}.</strong> {escape(text)}"
    return f'<p>{summary}</p><p class="ftw-help">The rule. {escape(diagnosis.rule)}</p>'
