"""The exercise of lesson 00: launch the same job with one epoch, and compare the held-out losses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ftwidgets.jobs.job import Job
from ftwidgets.lessons.exercises.answers import file_content, find_job, hyperparameter
from ftwidgets.lessons.exercises.exercise import Exercise
from ftwidgets.lessons.exercises.outcome import Outcome, not_attempted, not_yet, right, untouched

if TYPE_CHECKING:
    import openai
    from openai.types.fine_tuning import FineTuningJob

WORDS = ("higher", "lower", "the same")


def one_epoch(client: openai.OpenAI, lesson: FineTuningJob, job_id: object, held_out_loss: object) -> Outcome:
    """Check that a second job differs from the lesson's by its epochs alone, and that its held-out loss was compared correctly.

    Parameters
    ----------
    client
        The client of the lesson.
    lesson
        The lesson's own job.
    job_id
        The id of the learner's job, or the job.
    held_out_loss
        `"higher"`, `"lower"` or `"the same"`: the loss of the learner's job after its last step, compared with the lesson's.
    """
    if untouched(job_id, held_out_loss):
        return not_attempted("Launch the job of step 7 again with one epoch, then fill in both answers.")
    mine = find_job(client, job_id)
    if mine is None:
        return not_yet(f"There is no job {job_id!r:.60}. The id is what `job.id` shows after jobs.create(...).")
    original = client.fine_tuning.jobs.retrieve(lesson.id)
    if mine.id == original.id:
        return not_yet("That is the lesson's own job. Launch a second one, under another name, and hand in its id.")
    epochs = hyperparameter(mine, "n_epochs")
    if epochs != 1:
        return not_yet(f"That job has n_epochs = {epochs}. Look at the method of jobs.create(...).")
    if mine.status != "succeeded":
        return not_yet(f"That job is {mine.status}. Wait until it has succeeded, and run this cell again.")
    both = (mine, original)
    pairs = {name: [getattr(job, name) for job in both] for name in ("model", "seed")}
    pairs |= {name: [file_content(client, getattr(job, name)) for job in both] for name in ("training_file", "validation_file")}
    pairs |= {name: [hyperparameter(job, name) for job in both] for name in ("batch_size", "learning_rate_multiplier")}
    for name, (found, expected) in pairs.items():
        if found != expected:
            return not_yet(f"That job has another {name} than the lesson's. Change the epochs and nothing else.")
    if not isinstance(held_out_loss, str) or held_out_loss not in WORDS:
        return not_yet(f"The second answer is one of {', '.join(map(repr, WORDS))}: {held_out_loss!r:.60}")
    here, there = _held_out_loss(client, mine), _held_out_loss(client, lesson)
    truth = "the same" if here == there else "higher" if here > there else "lower"
    if held_out_loss != truth:
        return not_yet("The job is right. Compare the last full_valid_loss in ftwidgets.Job(client, id).curve of both jobs.")
    return right("One epoch is not enough to learn these answers; the held-out loss shows it.")


def _held_out_loss(client: openai.OpenAI, job: FineTuningJob) -> float:
    return float(Job(client, job.id).curve["full_valid_loss"].dropna().iloc[-1])


EXERCISES = (Exercise("Train for one epoch only", one_epoch),)
