"""Planned faults of a job: `fault` in its record says how it fails, or until when it waits in the queue.

A fault is decided when the job is made (`ftwidgets.sandbox.faults`) and kept in its record, so it survives a restart and holds
in every process. The record's `fault` has `ready_at`, the time before which the job does not leave the queue, or `stage` with
`at_step`, where it fails, or both.
"""

from __future__ import annotations

from ftwidgets.sandbox.api_errors import JobFaultError
from ftwidgets.sandbox.store.records import JobRecord

STAGES = ("validation", "training", "safety")

_MESSAGES = {
    # The service has used these words (a role left out of a row; an internal error); those of the safety step are our own.
    "validation": (
        "invalid_training_file",
        "The job failed due to an invalid training file. Invalid file format. Example 1, message 1 Discriminator 'role' is "
        "missing in value",
        "training_file",
    ),
    "training": ("server_error", "The job failed due to an internal error", None),
    "safety": (
        "model_failed_safety_evaluation",
        "The fine-tuned model did not pass the safety evaluation and cannot be used. It failed in the following categories: "
        "hate. Look through your training data for examples of this kind and remove them.",
        "training_file",
    ),
}


def job_fault(job: JobRecord, stage: str, step: int = 0) -> JobFaultError | None:
    """Return the planned error of a job at this point, in the service's words, or None if it does not fail here.

    Parameters
    ----------
    job
        The job, as it is in the store.
    stage
        `"validation"` (its files are about to be checked), `"training"` (at a step, before it is logged), or `"safety"` (all
        steps are done, no model is published yet).
    step
        The step; used in training only. A job with fewer steps than its fault's `at_step` does not fail.
    """
    fault = job.fault or {}
    if fault.get("stage") != stage:
        return None
    if stage == "training" and step < fault.get("at_step", 1):
        return None
    return JobFaultError(*_MESSAGES[stage])


def ready_at(job: JobRecord) -> float | None:
    """Return the time (the clock's `time()`) before which a job waits in the queue, or None if nothing holds it back."""
    seconds: float | None = (job.fault or {}).get("ready_at")
    return seconds
