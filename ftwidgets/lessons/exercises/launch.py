"""The exercises of lesson 03: find a better learning rate, revoke a leaked key, launch a job on rows of your own.

The leaked key is stored as a digest, so this file does not give it away.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import openai

from ftwidgets.data.text import pluralize, quote
from ftwidgets.jobs.job import Job
from ftwidgets.lessons.exercises.answers import file_content, find_job, hyperparameter
from ftwidgets.lessons.exercises.exercise import Exercise
from ftwidgets.lessons.exercises.outcome import Outcome, not_attempted, not_yet, right, untouched
from ftwidgets.lessons.exercises.own_job import not_succeeded, own_job

if TYPE_CHECKING:
    from openai.types.fine_tuning import FineTuningJob

N_RATES = 3
_KEY = "c5409fc736fa"  # digest of the key in notebooks/data/old_notebook.json
_CELLS = "f96eb1031b0f"  # digest of what that notebook holds beside the key


def better_rate(client: openai.OpenAI, lesson: Job, jobs: object) -> Outcome:
    """Check that three jobs differ from the lesson's in their rate alone, and that one ends with a lower held-out loss.

    Parameters
    ----------
    client
        The client of the lesson.
    lesson
        The lesson's own job.
    jobs
        The learner's three jobs, or their ids, in a list.
    """
    if untouched(jobs) or (isinstance(jobs, list | tuple) and (not jobs or untouched(*jobs))):
        return not_attempted("Launch three jobs, and put them into the list in the place of the ...")
    if isinstance(jobs, str | Job) or not isinstance(jobs, Iterable) or getattr(jobs, "ndim", 1) == 0:
        return not_yet(f"The answer is a list of three jobs, not {jobs!r:.60}")
    found: list[FineTuningJob] = []
    for answer in jobs:
        job = find_job(client, answer)
        if job is None:
            return not_yet(f"There is no job {answer!r:.60}. Put what with_rate(...) returns into the list.")
        found.append(job)
    original = lesson.details
    if any(job.id == original.id for job in found):
        return not_yet("One of them is the lesson's own job. Launch three others.")
    for job in found:
        if problem := _other_difference(client, job, original):
            return not_yet(f"{job.id} differs from the lesson's job in more than its rate: {problem}. Change one thing only.")
    rates = [hyperparameter(job, "learning_rate_multiplier") for job in found]
    if len(set(rates)) < N_RATES:
        return not_yet(f"That makes {pluralize(len(set(rates)), 'different rate')}. Try {N_RATES}.")
    if running := [job for job in found if job.status in ("validating_files", "queued", "running")]:
        return not_yet(f"{running[0].id} is {running[0].status}. Wait until all have ended and run this cell again.")
    losses = {rate: _held_out_loss(client, job) for rate, job in zip(rates, found, strict=True) if job.status == "succeeded"}
    before = _held_out_loss(client, original)
    tried = ", ".join(f"{loss:.2f} at {rate:g}" for rate, loss in losses.items()) or "none of the jobs succeeded"
    if not losses or min(losses.values()) >= before:
        return not_yet(f"The held-out losses are {tried}. The lesson's job has {before:.2f}. Look elsewhere between 1 and 40.")
    return right(f"The held-out losses are {tried}, against {before:.2f} before. Nothing but the rate was changed.")


def _other_difference(client: openai.OpenAI, mine: FineTuningJob, original: FineTuningJob) -> str:
    """Return what differs between two jobs beside their learning rate, or an empty text."""
    if mine.model != original.model:
        return f"it starts from {mine.model}"
    if file_content(client, mine.training_file) != file_content(client, original.training_file):
        return "it learns from another file"
    if file_content(client, mine.validation_file) != file_content(client, original.validation_file):
        return "its validation file is another one"
    for name in ("n_epochs", "batch_size"):
        found, wanted = hyperparameter(mine, name), hyperparameter(original, name)
        if found not in (wanted, "auto"):  # `auto` is filled in once the job runs
            return f"its {name} is {found}"
    return "" if mine.seed == original.seed else f"its seed is {mine.seed}"


def _held_out_loss(client: openai.OpenAI, job: FineTuningJob) -> float:
    return float(Job(client, job.id).curve["full_valid_loss"].dropna().iloc[-1])


def key_revoked(client: openai.OpenAI, key: object, copy: object) -> Outcome:
    """Check that the leaked key was found and revoked, and that the copy of the notebook is free of it and otherwise whole.

    Parameters
    ----------
    client
        The client of the lesson, with a key of its own.
    key
        The leaked key.
    copy
        The path of the copy of the notebook.
    """
    if untouched(key) or untouched(copy):
        return not_attempted("Find the key, revoke it, and put it in the place of the ...")
    if not isinstance(key, str):
        return not_yet(f"A key is a text: {key!r:.60}")
    if _digest(key) != _KEY:
        if _digest(key.strip(" \"'").removeprefix("Bearer ")) == _KEY:
            return not_yet("That is more than the key. A blank, a quote or another word came with it.")
        masked = " It is masked: nobody can use what is left of it." if "*" in key else ""
        return not_yet(f"{quote(key)} is not the key.{masked} A key is one long word that nobody could guess.")
    try:
        client.with_options(api_key=key, max_retries=0).models.list()
        return not_yet("That is the key, and the service still accepts it. Revoke it first.")
    except openai.AuthenticationError:
        pass
    try:
        client.models.list()
    except openai.AuthenticationError:
        return not_yet(
            "Your own key was revoked too. ftwidgets.faults(client).clear() takes it back; then revoke the leaked one only."
        )
    return _check_copy(key, copy)


def _check_copy(key: str, copy: object) -> Outcome:
    """Check the copy of the notebook, once the key was revoked."""
    try:
        text = Path(copy if isinstance(copy, str | os.PathLike) else "").read_text(encoding="utf-8")
    except OSError:
        return not_yet(f"The key is revoked. There is no file {str(copy)!r:.60} yet: write the copy.")
    if times := text.count(key):
        return not_yet(f"The key is revoked, but the copy still holds it ({pluralize(times, 'place')}). Search the whole file.")
    try:
        cells = json.loads(text)["cells"]
        rest = [(cell["cell_type"], _words(cell["source"]), len(cell.get("outputs", []))) for cell in cells]
    except (ValueError, KeyError, TypeError, AttributeError):
        return not_yet(
            "The key is revoked, but the copy is no notebook any more. Replace the key in the text and nothing else."
        )
    if _digest(json.dumps(rest)) != _CELLS:
        return not_yet("The key is revoked and the copy is free of it, but something else is missing from the copy.")
    return right("The key is dead, and the copy can be shared. On a real service, look at its usage page too.")


def _words(source: str) -> list[str]:
    """Return the words of a cell but the last of each line, where a key may have stood."""
    return [word for line in source.splitlines() for word in line.split()[:-1]]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:12]


def job_on_own_file(client: openai.OpenAI, lesson: Job, job_id: object) -> Outcome:
    """Check that a job on the learner's own file has succeeded, with rows held out and a name of its own.

    Parameters
    ----------
    client
        The client of the lesson.
    lesson
        The lesson's own job.
    job_id
        The learner's job, or its id.
    """
    if untouched(job_id):
        return not_attempted("Launch your job, then put it in the place of the ...")
    mine = own_job(client, job_id)
    if isinstance(mine, Outcome):
        return mine
    content = file_content(client, mine.training_file)
    if mine.id == lesson.id or content == file_content(client, lesson.details.training_file):
        return not_yet("That job learns from the lesson's file. Launch one on a file of your own.")
    if mine.validation_file is None:
        return not_yet("That job has no validation file. Hold rows out, so that a held-out loss is measured.")
    if file_content(client, mine.validation_file) == content:
        return not_yet("That job is validated with the rows it learns from. Hold other rows out.")
    if outcome := not_succeeded(mine):
        return outcome
    if "::" in str(mine.fine_tuned_model):
        return not_yet("That job has no suffix. You will want to tell your models apart.")
    return right(f"{mine.fine_tuned_model} is yours. In lesson 05 you talk to such a model.")


EXERCISES = (
    Exercise(
        "Find a better learning rate",
        better_rate,
        hints=(
            "The lesson tried 0.1, 1 and 40. Rates are compared by factors: each of yours may be twice the one before.",
            "Begin close to 1. Wait for each job with `.wait()`: a job that still runs has no last loss to compare.",
        ),
        solution="""
my_jobs = []
for rate in (2, 4, 8):
    my_jobs.append(with_rate(rate).wait())
lesson.check(1, client, job, my_jobs)
""",
    ),
    Exercise(
        "Revoke a leaked key",
        key_revoked,
        hints=(
            "The code of that notebook is fine. A notebook also keeps what its cells printed, and its text.",
            "A search for `sk-` in the file's text finds every place. `text.replace(my_key, '[removed]')` replaces them all.",
        ),
        solution="""
import re

text = Path("data/old_notebook.json").read_text(encoding="utf-8")
my_key = re.findall(r"sk-[\\w-]{16,}", text)[0]
revoke(my_key)
Path("my_data/clean_notebook.json").write_text(text.replace(my_key, "[removed]"), encoding="utf-8")
lesson.check(2, client, my_key, "my_data/clean_notebook.json")
""",
    ),
    Exercise(
        "Launch a job on rows of your own",
        job_on_own_file,
        hints=(
            "`ftwidgets.prepare(rows, 'my_data/own', validation=0.2)` writes both files from a DataFrame or a CSV.",
            "`ftwidgets.launch` takes the two files, `model=` and `suffix=`. Then `.wait()` for the job.",
        ),
        solution="""
import pandas as pd

rows = []
for number in range(2, 22):
    rows.append((f"What is {number} plus one?", f"It is {number + 1}."))
own = ftwidgets.prepare(pd.DataFrame(rows, columns=["Prompt", "Completion"]), "my_data/own", validation=0.2)
options = {"model": "nano-2026-11", "n_epochs": 2, "suffix": "my-own"}
my_job = ftwidgets.launch(client, own.train_file, validation_file=own.validation_file, **options).wait()
lesson.check(3, client, job, my_job)
""",
    ),
)
