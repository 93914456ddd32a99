"""Poll a fine-tuning job and yield what each poll found; find the newest job, and the models of its checkpoints."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

import openai

from ftwidgets.errors import FtwidgetsError
from ftwidgets.jobs.job import Job
from ftwidgets.jobs.polling import OUTAGE, Backoff, raise_if_closed, transient_errors
from ftwidgets.providers import TERMINAL_STATUSES
from ftwidgets.widgets.base.failures import explain_wrong_service

if TYPE_CHECKING:
    from openai.types.fine_tuning import FineTuningJob, FineTuningJobEvent


@dataclass(frozen=True)
class JobSnapshot:
    """What one poll found: the job and its events, oldest first, or why there was no answer."""

    details: FineTuningJob | None = None
    events: tuple[FineTuningJobEvent, ...] = ()
    error: Exception | None = None


def poll(job: Job, stop: threading.Event) -> Iterator[JobSnapshot]:
    """Poll a job until it has ended or `stop` is set, with the pauses of `ftwidgets.jobs.polling`.

    What the client raises comes at once where the service rejects the request, after two minutes where it does not answer.
    """
    backoff = Backoff()
    while not stop.is_set():
        asked = monotonic()
        try:
            with explain_wrong_service():
                details = job.details
                events = tuple(job.events)  # after the status: an ended job's events are all there
        except transient_errors() as error:
            raise_if_closed(error, job.id)
            if backoff.timed_out():
                error.add_note(f"No answer for {OUTAGE:.0f} s.")
                raise
            yield JobSnapshot(error=error)
        else:
            backoff.answered(monotonic() - asked)
            yield JobSnapshot(details, events)
            if details.status in TERMINAL_STATUSES:
                return
        stop.wait(backoff.next_pause())


def newest_job(client: openai.OpenAI) -> str:
    """Return the id of the newest job, whether the service lists it first or last."""
    with explain_wrong_service():
        jobs = client.fine_tuning.jobs.list(limit=20).data
    if not jobs:
        raise FtwidgetsError("this service has no fine-tuning job of yours yet. Launch one: ftwidgets.launch(client, ...)")
    return max(jobs, key=lambda job: job.created_at or 0).id


def checkpoint_models(job: Job) -> dict[int, str]:
    """Return the models that can be asked, by step: the base model as step 0, the checkpoints, the tuned model."""
    try:
        models = {point.step_number: point.fine_tuned_model_checkpoint for point in job.checkpoints}
    except openai.APIStatusError:  # a service without checkpoints
        models = {}
    if job.model and job.model not in models.values():
        steps = job.curve["step"]
        models[int(steps.iloc[-1]) if len(steps) else 1] = job.model
    return {0: job.details.model, **models} if models else {}


def n_epochs(details: FineTuningJob | None) -> int | None:
    """Return the number of epochs, where the service tells it."""
    method = details.method if details else None
    used = (method.supervised or method.dpo) if method else None
    chosen = (used.hyperparameters if used else None) or (details.hyperparameters if details else None)
    epochs = getattr(chosen, "n_epochs", None)
    return epochs if isinstance(epochs, int) else None
