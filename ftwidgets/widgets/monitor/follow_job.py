"""Find a job, and look at it again and again, politely, until it ends or nobody wants to know any more.

Left out: threads and drawing (`monitor.py` has them), and `Job.wait`, which blocks and raises.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

import openai

from ftwidgets.errors import FtwidgetsError
from ftwidgets.jobs.job import TERMINAL_STATUSES, Job
from ftwidgets.jobs.polling import OUTAGE, Backoff, transient_errors
from ftwidgets.widgets.base.failures import explain_wrong_service

if TYPE_CHECKING:
    from openai.types.fine_tuning import FineTuningJob, FineTuningJobEvent


@dataclass(frozen=True)
class Seen:
    """What one look saw: the job and its events, oldest first, or why there was no answer."""

    details: FineTuningJob | None = None
    events: tuple[FineTuningJobEvent, ...] = ()
    trouble: Exception | None = None


def follow(job: Job, stop: threading.Event) -> Iterator[Seen]:
    """Look at a job until it has ended or `stop` is set, with the pauses of `ftwidgets.jobs.polling`.

    Raises
    ------
    openai.OpenAIError
        What the client raises: at once for a refusal, after two minutes where the service does not answer.
    FtwidgetsError
        If what answers is no such service.
    """
    backoff = Backoff()
    while not stop.is_set():
        asked = monotonic()
        try:
            with explain_wrong_service():
                details = job.details
                events = tuple(job.events)  # after the status: an ended job's events are all there
        except transient_errors() as error:
            if backoff.timed_out():
                error.add_note(f"No answer for {OUTAGE:.0f} s.")
                raise
            yield Seen(trouble=error)
        else:
            backoff.answered(monotonic() - asked)
            yield Seen(details, events)
            if details.status in TERMINAL_STATUSES:
                return
        stop.wait(backoff.next_pause())


def newest(client: openai.OpenAI) -> str:
    """Find the newest job: services list them newest first, or oldest first."""
    with explain_wrong_service():
        jobs = client.fine_tuning.jobs.list(limit=20).data
    if not jobs:
        raise FtwidgetsError("this service has no fine-tuning job of yours yet. Launch one: ftwidgets.launch(client, ...)")
    return max(jobs, key=lambda job: job.created_at or 0).id


def models(job: Job) -> dict[int, str]:
    """Give the models that can be asked, by step: the base model as step 0, the checkpoints, the tuned model."""
    try:
        kept = {point.step_number: point.fine_tuned_model_checkpoint for point in job.checkpoints}
    except openai.APIStatusError:  # a service without checkpoints
        kept = {}
    if job.model and job.model not in kept.values():
        steps = job.curve["step"]
        kept[int(steps.iloc[-1]) if len(steps) else 1] = job.model
    return {0: job.details.model, **kept} if kept else {}


def epochs(details: FineTuningJob | None) -> int | None:
    """Give the number of epochs, where the service tells."""
    method = details.method if details else None
    used = (method.supervised or method.dpo) if method else None
    chosen = (used.hyperparameters if used else None) or (details.hyperparameters if details else None)
    n_epochs = getattr(chosen, "n_epochs", None)
    return n_epochs if isinstance(n_epochs, int) else None
