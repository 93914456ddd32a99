"""Tell how a job is doing: a sentence for everyone, a bar with its figures, a log. HTML is escaped here.

Left out: the curve (`chart.py`) and what it means (`ftwidgets.jobs.diagnosis`).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import openai

from ftwidgets.jobs.job import TERMINAL_STATUSES
from ftwidgets.widgets.base.failures import failure_text

if TYPE_CHECKING:
    from openai.types.fine_tuning import FineTuningJob, FineTuningJobEvent

    from ftwidgets.widgets.monitor.losses import Losses

MEANINGS = {
    "validating_files": "the service is checking the files",
    "queued": "the files are fine; it waits for its turn, which is not the same as being stuck",
    "running": "the model is being trained",
    "paused": "it waits until somebody resumes it",
    "succeeded": "the tuned model is ready",
    "failed": "there is no tuned model",
    "cancelled": "it was stopped before it had finished; there is no tuned model",
}
"""What a status means."""

_LINES = 12  # of the log


def headline(details: FineTuningJob, losses: Losses) -> str:
    """Say in a sentence where a job is; the text changes with the status and with every tenth of the way."""
    meaning = MEANINGS.get(details.status)
    text = details.status + (f": {meaning}." if meaning else ".")
    if details.status == "running" and losses.total:
        return f"{text} {10 * (10 * losses.last // losses.total)} % done."
    if str(details.status) == "paused":  # which the client's types lack
        return f"{text} client.fine_tuning.jobs.resume({details.id!r}) does that."
    if details.status == "failed":
        return f"{text} {reason(details)}".rstrip()
    return text


def reason(details: FineTuningJob) -> str:
    """Give the service's reason for a failure, if it gave one."""
    error = details.error
    return ": ".join(filter(None, (error.code, error.message))) if error else ""


def trouble(error: Exception | None) -> str:
    """Say why a look saw nothing, in the service's own words where there are any."""
    if isinstance(error, openai.APIStatusError) and isinstance(error.body, dict) and error.body.get("message"):
        return f"{failure_text(error)} The monitor goes on asking. The job is not affected."
    return "The service does not answer at the moment; the monitor goes on asking. The job is not affected."


def kind(status: str) -> str:
    """Give the look of a status."""
    return {"succeeded": "ok", "failed": "wrong", "cancelled": "wrong"}.get(status, "busy")


def bar(details: FineTuningJob, losses: Losses) -> str:
    """Make the bar with its words."""
    still = {"paused", *TERMINAL_STATUSES}
    if losses.total is None or details.status not in {"running", *still}:
        figures = f"step {losses.last}" if losses.last else "not begun"
        value = ""
    else:
        figures = f"step {losses.last} of {losses.total}"
        value = f' value="{losses.last}" max="{losses.total}"'
    left = time_left(details, losses)
    told = figures + (f", {left}" if left else "")
    if not value and details.status in still:  # a bar without a value moves, as if something were going on
        return f"<p>Steps: {told}</p>"
    return f"<p><label>Steps <progress{value}>{told}</progress></label> {told}</p>"


def time_left(details: FineTuningJob, losses: Losses) -> str:
    """Say how long a running job still takes, by the service's own estimate."""
    if details.status != "running" or not details.estimated_finish or losses.last == losses.total:
        return ""
    seconds = details.estimated_finish - time.time()
    if seconds < 1:
        return "done any moment"
    return f"about {seconds:.0f} s left" if seconds < 90 else f"about {seconds / 60:.0f} min left"


def log(events: Sequence[FineTuningJobEvent]) -> str:
    """List what happened, the latest first: every event, but of the steps' measurements only the last."""
    steps = [event for event in events if event.type == "metrics"]
    told = [event for event in events if event.type != "metrics" or event is steps[-1]]
    lines = "".join(f"<li>{_clock(event)} {escape(event.message)}</li>" for event in told[: -_LINES - 1 : -1])
    return (
        f'<p><strong>Events</strong>, the latest first</p><ul style="margin:0;padding-left:18px">{lines}</ul>' if told else ""
    )


def _clock(event: FineTuningJobEvent) -> str:
    return time.strftime("%H:%M:%S", time.localtime(event.created_at)) if event.created_at else ""
