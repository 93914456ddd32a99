"""The learner's own job, as the checks of several lessons ask for it: it is there, it has ended, it has succeeded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ftwidgets.lessons.exercises.answers import find_job
from ftwidgets.lessons.exercises.outcome import Outcome, not_yet
from ftwidgets.providers import TERMINAL_STATUSES

if TYPE_CHECKING:
    import openai
    from openai.types.fine_tuning import FineTuningJob

MORE_ROWS = "Put more rows into the training file"


def own_job(client: openai.OpenAI, answer: object) -> FineTuningJob | Outcome:
    """Return the learner's job, given as the job itself or its id; or what to hand in if there is none."""
    job = find_job(client, answer)
    return not_yet(f"There is no job {answer!r:.60}. Hand in your job, or its id.") if job is None else job


def not_ended(job: FineTuningJob) -> Outcome | None:
    """Return what to do first while a job has not ended; None once it has."""
    if job.status in TERMINAL_STATUSES:
        return None
    return not_yet(f"Your job is {job.status}. Wait for its end, and run this cell again.")


def not_succeeded(job: FineTuningJob, *, more_rows: str = MORE_ROWS) -> Outcome | None:
    """Return what to do while a job has not succeeded: which job, why it failed, the next step; None once it has succeeded.

    Parameters
    ----------
    job
        The learner's job.
    more_rows
        What to do when the training file had too few examples.
    """
    if job.status == "succeeded" and job.fine_tuned_model is not None:
        return None
    if outcome := not_ended(job):
        return outcome
    if job.status == "cancelled":
        return not_yet(f"Your job {job.id} was cancelled, so there is no model to check. Launch it again and let it end.")
    why, code = (job.error.message, job.error.code) if job.error is not None else ("", "")
    cure = {"invalid_n_examples": more_rows, "training_diverged": "Take a smaller learning rate"}.get(code, "Correct that")
    failed = f"Your job {job.id} failed, so there is no model to check{f': {why}'.rstrip('.') if why else ''}."
    return not_yet(f"{failed} {cure}, launch the job again, and hand in the new one.")
