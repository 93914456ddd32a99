"""The exercise of lesson 04: three jobs to diagnose, and the check of the learner's diagnoses.

The right answers are not stored: the check reads the jobs from the service, as the learner does.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ftwidgets import datasets
from ftwidgets.data import prepare, write_jsonl
from ftwidgets.jobs.diagnosis import diagnose as diagnose_curve
from ftwidgets.jobs.job import Job, launch
from ftwidgets.lessons.exercises.exercise import Exercise
from ftwidgets.lessons.exercises.outcome import Outcome, not_attempted, not_yet, right, untouched
from ftwidgets.providers import TERMINAL_STATUSES

if TYPE_CHECKING:
    import openai
    import pandas as pd

MODEL = "nano-2026-11"
MAX_LENGTH = 90  # characters; training on long reviews takes long

WORDS = ("healthy", "overfitting", "diverged", "bad file")

_HINTS = {
    "healthy": "a healthy job has succeeded, and its validation loss ends about as low as it ever was. Check both for",
    "overfitting": "in overfitting the training loss goes down to the end, and the validation loss turns up. Compare them for",
    "diverged": "a diverged job ends with a higher training loss than it began with. Compare the first steps and the last of",
    "bad file": "a job with a bad file ends before its first step, and its last events say why. Read the events of",
}


def three_jobs(client: openai.OpenAI, folder: str | Path, *, seed: int) -> dict[str, Job]:
    """Launch three jobs to diagnose.

    Parameters
    ----------
    client
        The client of the lesson.
    folder
        The folder for their files; it is created if necessary.
    seed
        Chooses the rows, their order in training, and which job gets which name.

    Returns
    -------
    dict[str, Job]
        The jobs, by name. They have just started.
    """
    path = Path(folder)
    table = datasets.load("sentiment")  # few rows and many epochs
    table = table[table["Prompt"].str.len() < MAX_LENGTH]
    few = table[table["Split"] == "train"].sample(16, random_state=seed)
    held_out = table[table["Split"] == "held-out"].head(24)
    overfitting = _launch(client, path / "one", few, held_out, seed, n_epochs=12)

    table = datasets.load("support_faq")  # a learning rate that is far too high
    table = table[table["Topic"].isin(table["Topic"].unique()[3:5])]
    train, held_out = table[table["Split"] == "train"], table[table["Split"] == "held-out"]
    diverging = _launch(client, path / "two", train, held_out, seed, n_epochs=2, learning_rate_multiplier=100)

    chats = [
        [{"role": "user", "content": f"What is {n} plus 1?"}, {"role": "assistant", "content": f"{n + 1}."}] for n in range(20)
    ]
    chats[-1].pop()  # the last example has no answer
    bad_file = launch(client, write_jsonl(({"messages": chat} for chat in chats), path / "three.jsonl"), model=MODEL)

    names = ["north", "south", "west"]
    random.Random(seed).shuffle(names)
    return dict(sorted(zip(names, (overfitting, diverging, bad_file), strict=True)))


def _launch(client: openai.OpenAI, folder: Path, rows: pd.DataFrame, held_out: pd.DataFrame, seed: int, **options: Any) -> Job:
    files = prepare(rows, folder, validation_source=held_out)
    return launch(client, files.train_file, model=MODEL, validation_file=files.validation_file, seed=seed, **options)


def diagnose(client: openai.OpenAI, jobs: Mapping[str, Job], answer: object) -> Outcome:
    """Check the learner's diagnosis of each job.

    Parameters
    ----------
    client
        The client of the lesson.
    jobs
        The jobs by the names that the lesson gives them.
    answer
        A dict from the same names to one of the `WORDS`.
    """
    if untouched(answer) or (isinstance(answer, Mapping) and untouched(*answer.values())):
        return not_attempted("Replace each ... with one of the four words.")
    if not isinstance(answer, Mapping):
        return not_yet(f"The answer is a dict from the names of the jobs to words, not {answer!r:.60}")
    if set(answer) != set(jobs):
        return not_yet(f"The answer names {', '.join(map(str, answer)) or 'no job'}; the jobs are {', '.join(jobs)}.")
    unknown = [word for word in answer.values() if not isinstance(word, str) or word not in WORDS]
    if unknown:
        return not_yet(f"The words are {', '.join(map(repr, WORDS))}: {unknown[0]!r:.60} is none of them.")
    current = {name: Job(client, job.id) for name, job in jobs.items()}
    unfinished = [name for name, job in current.items() if job.status not in TERMINAL_STATUSES]
    if unfinished:
        return not_yet(f"Job {unfinished[0]} has not ended yet. Wait for its end, and run this cell again.")
    wrong = [name for name, job in current.items() if answer[name] != _right_word(job)]
    if not wrong:
        return right("You read a job's end from its events, and its health from two curves.")
    first = wrong[0]
    word = answer[first]
    return not_yet(f'{len(jobs) - len(wrong)} of {len(jobs)} are right. You say "{word}" of {first}: {_HINTS[word]} {first}.')


def _right_word(job: Job) -> str:
    error = job.error
    if error is not None and error.code != "training_diverged":
        return "bad file"
    curve = job.curve
    label = diagnose_curve(curve).label if len(curve) else "too little to tell"
    if error is not None or label in ("diverged", "unstable"):
        return "diverged"
    return "overfitting" if label == "overfitting" else "healthy"


EXERCISES = (Exercise("Diagnose three jobs", diagnose),)
