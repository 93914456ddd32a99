"""The state of a job in words and as escaped HTML: a headline, a progress bar, the events, the diagnosis of its curve."""

from __future__ import annotations

import time
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import openai

from ftwidgets.jobs.diagnosis import format_loss
from ftwidgets.jobs.labels import job_label
from ftwidgets.jobs.times import clock, seconds_of
from ftwidgets.providers import TERMINAL_STATUSES
from ftwidgets.widgets.base import markup
from ftwidgets.widgets.base.failures import failure_text
from ftwidgets.widgets.monitor.chart import swatch

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

_KINDS = {"succeeded": "ok", "failed": "wrong", "cancelled": "warning", "paused": "warning"}
_VERDICTS = {"overfitting": "warning", "unstable": "warning", "diverged": "wrong"}
_MAX_EVENTS = 12  # in the list; warnings and errors are always there
LATE = 5.0  # seconds after the estimated end


def headline(details: FineTuningJob, losses: Losses) -> str:
    """Return the status of a job in a sentence, which changes with the status and with every tenth of the steps."""
    status, sentence = str(details.status), meaning(details, losses)
    return f"{status}: {sentence[0].lower()}{sentence[1:]}" if status in MEANINGS else f"{status}."


def meaning(details: FineTuningJob, losses: Losses) -> str:
    """Return what the status means in a sentence, and how far the job is to a tenth of the steps."""
    status = str(details.status)  # some are not in the client's types
    words = MEANINGS.get(status, f'the service says "{status}"')
    text = f"{words[0].upper()}{words[1:]}."
    if status == "running" and losses.total:
        return f"{text} {min(100, 10 * (10 * losses.last // losses.total))} % done."
    if status == "failed":
        error: object = details.error  # some services send a text
        reasons = [error] if isinstance(error, str) else [getattr(error, "code", None), getattr(error, "message", None)]
        return f"{text} {': '.join(str(reason) for reason in reasons if reason)}".rstrip()
    return text


def header_html(details: FineTuningJob) -> str:
    """Return the line at the top: the status as a chip, what the job is called, and its id to copy."""
    label, status = job_label(details), str(details.status)
    name = f'<strong class="ftw-cut" title="{escape(label)}">{escape(label)}</strong>'
    chip = markup.chip(status.replace("_", " "), _KINDS.get(status, "busy"))
    return f'<p class="ftw-line">{chip} {name} {markup.identifier(details.id)}</p>'


def outage_text(error: Exception | None) -> str:
    """Return why a poll found nothing, in the service's own words where there are any."""
    if isinstance(error, openai.APIStatusError) and isinstance(error.body, dict) and error.body.get("message"):
        return f"{failure_text(error)} The monitor keeps trying. The job is not affected."
    return "The service does not answer at the moment; the monitor keeps trying. The job is not affected."


def headline_html(details: FineTuningJob, losses: Losses) -> str:
    """Return what the status means, in the colour of the status."""
    kind = _KINDS.get(str(details.status), "busy")
    return f'<p class="ftw-{kind}">{escape(meaning(details, losses))}</p>'


def progress_html(details: FineTuningJob, losses: Losses) -> str:
    """Return a progress bar with its figures in words."""
    resting = {"paused", *TERMINAL_STATUSES}
    known = losses.total is not None and details.status in {"running", *resting}
    begun = "in its first step" if details.status == "running" else "not begun"
    figures = f"step {losses.last}{f' of {losses.total}' if known else ''}" if losses.last else begun
    left = time_left(details, losses)
    if not known and details.status in resting:  # a bar without a value would move, as if something were going on
        return f'<p class="ftw-progress">Steps: {figures}</p>'
    # What is left is no longer true once the kernel is gone, so it goes with it.
    after = f'<span class="ftw-while-running">, {left}</span>' if left else ""
    return markup.progress("Steps", f"{figures}{after}", losses.last if known else None, losses.total)


def time_left(details: FineTuningJob, losses: Losses) -> str:
    """Return how long a running job still takes, by the service's own estimate; empty if there is none."""
    end = seconds_of(details.estimated_finish)
    if details.status != "running" or not end or losses.last == losses.total:
        return ""
    seconds = end - time.time()
    if seconds < -LATE:
        return "it takes longer than expected"
    if seconds < 1:
        return "done any moment"
    return f"about {seconds:.0f} s left" if seconds < 90 else f"about {seconds / 60:.0f} min left"


def events_html(events: Sequence[FineTuningJobEvent]) -> str:
    """Return the events as a folded list, the latest first; of the metrics only the last. A warning opens it."""
    metrics = [event for event in events if event.type == "metrics"]
    shown = [event for event in events if event.type != "metrics" or event is metrics[-1]]
    if not shown:
        return ""
    items = []
    for position, event in enumerate(reversed(shown)):
        serious = event.level in ("warn", "error")
        if position >= _MAX_EVENTS and not serious:
            continue
        text = f"{clock(event.created_at, '%H:%M:%S')} {escape(event.message or '')}"
        items.append(f"<li><strong>{text}</strong></li>" if serious else f"<li>{text}</li>")
    serious = any(event.level in ("warn", "error") for event in shown)
    return markup.fold("Events, newest first", f"<ul>{''.join(items)}</ul>", is_open=serious)


def best_text(losses: Losses, epochs: int | None, steps: Sequence[int] = ()) -> str:
    """Return where the validation loss was lowest, in words; `steps` are those with a checkpoint, once they are known."""
    low = losses.lowest_validation()
    if low is None:
        return ""
    step, loss = low
    epoch = losses.epoch_of(step, epochs)
    where = f"after epoch {epoch} of {epochs} (step {step})" if epoch else f"at step {step}"
    kept = "" if not steps or step in steps else "; no checkpoint was kept there"
    return f"lowest {format_loss(loss)} {where}{kept}"


def legend_html(lines: Sequence[tuple[str, str]]) -> str:
    """Return the legend of a chart: of each line how it is drawn, its name, and what there is to say about it."""
    items = (
        f"<li>{swatch(i)} {escape(name)}{f': {escape(words)}' if words else ''}</li>" for i, (name, words) in enumerate(lines)
    )
    return f'<ul class="ftw-legend">{"".join(items)}</ul>'


def diagnosis_text(diagnosis: Diagnosis) -> list[str]:
    """Return what the curve says, and the rule behind it, a line each."""
    return [f"What the curve says: {diagnosis}", f"The rule: {diagnosis.rule}"]


def diagnosis_html(diagnosis: Diagnosis | None, best: str = "") -> str:
    """Return the same as HTML, with what to do about overfitting, and the rule folded; None is a job without a curve.

    `best` is what the checkpoint with the lowest loss is called; empty if none was kept there.
    """
    if diagnosis is None:
        return "<p>There is no curve to read: the job has no measured steps.</p>"
    text = diagnosis.text[0].upper() + diagnosis.text[1:]
    kind = _VERDICTS.get(diagnosis.label, "ok" if diagnosis.healthy else "")
    verdict = f'<p class="ftw-verdict">What the curve says: {escape(diagnosis.verdict)}.</p>'
    todo = ""
    if diagnosis.label == "overfitting":
        kept = f', or use the checkpoint of the lowest loss: its button under the chart says "{best}"' if best else ""
        by_heart = "Where each row is a fact of its own, knowing the rows by heart can be what you want: ask the model first."
        todo = f"<p><strong>What to do:</strong> train for fewer epochs, add rows{escape(kept)}. {by_heart}</p>"
    rule = markup.fold("The rule", f"<p>{escape(diagnosis.rule)}</p>")
    return f'<div class="ftw-card{f" ftw-card-{kind}" if kind else ""}">{verdict}{todo}<p>{escape(text)}</p>{rule}</div>'
