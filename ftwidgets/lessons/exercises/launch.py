"""The exercise of lesson 03: launch a job with given settings, in any way, and hand in its id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ftwidgets.lessons.exercises.answers import file_content, find_job, hyperparameter
from ftwidgets.lessons.exercises.exercise import Exercise
from ftwidgets.lessons.exercises.outcome import Outcome, not_attempted, not_yet, right, untouched

if TYPE_CHECKING:
    import openai

    from ftwidgets.jobs.job import Job

EPOCHS, SEED, SUFFIX = 2, 7, "two-passes"


def job_to_order(client: openai.OpenAI, lesson: Job, job_id: object) -> Outcome:
    """Check that a job was launched with the settings of lesson 03.

    Parameters
    ----------
    client
        The client of the lesson.
    lesson
        The lesson's own job: the exercise asks for the same model and the same two files.
    job_id
        The id of the learner's job, or the job.
    """
    if untouched(job_id):
        return not_attempted("Launch the job of the order, then put its id in the place of the ...")
    mine = find_job(client, job_id)
    if mine is None and (not isinstance(job_id, str) or not job_id.startswith("ftjob-")):
        return not_yet(f"The answer is the id of a job, a text that begins with ftjob-: {job_id!r:.60}")
    if mine is None:
        return not_yet(f"There is no job {job_id!r:.60} here. The launcher's status line and job.id show the id.")
    if mine.id == lesson.id:
        return not_yet("That is the job of step 4. Launch another one, to the order.")
    wanted = lesson.details
    differences: list[str] = []
    if mine.model != wanted.model:
        differences.append(f"it starts from {mine.model}")
    if file_content(client, mine.training_file) != file_content(client, wanted.training_file):
        differences.append("it learns from another file")
    if mine.validation_file is None:
        differences.append("it has no validation file")
    elif file_content(client, mine.validation_file) != file_content(client, wanted.validation_file):
        differences.append("it is validated with another file")
    if (epochs := hyperparameter(mine, "n_epochs")) != EPOCHS:
        differences.append(f"its n_epochs is {epochs}")
    if mine.seed != SEED:
        differences.append(f"its seed is {mine.seed}")
    if differences:
        return not_yet(f"The job differs from the order: {'; '.join(differences)}. Launch another one.")
    if mine.status != "succeeded":
        return not_yet(f"Its settings are right so far, and it is {mine.status}. Wait for its end and run this cell again.")
    if f":{SUFFIX}:" not in str(mine.fine_tuned_model):
        return not_yet(f"Everything is right except the name of the model: {mine.fine_tuned_model}. Look at the suffix.")
    return right(f"{mine.fine_tuned_model} was made to the order.")


EXERCISES = (Exercise("Launch a job to order", job_to_order),)
