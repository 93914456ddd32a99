"""What is to go wrong with one job: decided when it is made and kept in its record.

So a restart changes nothing, and another process knows. The record's `fault` holds `ready_at` (the time before which it does
not leave the queue) and `stage` with `at_step` (where it fails).
Left out: who decides (`faults`), and acting on it (the runner).
"""

from __future__ import annotations

from ftwidgets.sandbox.api_errors import JobFaultError
from ftwidgets.sandbox.store.records import JobRecord

STAGES = ("validation", "training", "safety")

_MESSAGES = {
    # Words the service has used for these (a role left out of a row; an error inside); those of the safety step are ours.
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
    """Tell whether this job is to fail here.

    Parameters
    ----------
    job
        The job, as it stands in the store.
    stage
        Where it is: `"validation"` (its files are about to be checked), `"training"` (at a step, before it is logged), or
        `"safety"` (all steps have been taken, nothing has been published yet).
    step
        Which step; looked at in training only. A job with fewer steps than its fault's `at_step` does not fail.

    Returns
    -------
    JobFaultError | None
        Why it fails, in the service's words, or None.
    """
    fault = job.fault or {}
    if fault.get("stage") != stage:
        return None
    if stage == "training" and step < fault.get("at_step", 1):
        return None
    return JobFaultError(*_MESSAGES[stage])


def ready_at(job: JobRecord) -> float | None:
    """Tell the time (the clock's `time()`) before which this job waits in the queue, or None if nothing holds it back."""
    seconds: float | None = (job.fault or {}).get("ready_at")
    return seconds
