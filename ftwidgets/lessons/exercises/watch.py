"""The exercises of lesson 04: a rate that still works, three jobs to diagnose and one to cure, a job of one's own.

The right answers are not stored: the check reads the jobs from the service, as the learner does.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ftwidgets import datasets
from ftwidgets.data import prepare, write_jsonl
from ftwidgets.data.text import pluralize
from ftwidgets.jobs.diagnosis import diagnose as diagnose_curve
from ftwidgets.jobs.job import Job, launch
from ftwidgets.lessons.exercises.answers import file_content, hyperparameter, parse_number
from ftwidgets.lessons.exercises.exercise import Exercise
from ftwidgets.lessons.exercises.outcome import Outcome, not_attempted, not_yet, right, untouched
from ftwidgets.lessons.exercises.own_job import not_ended, not_succeeded, own_job
from ftwidgets.providers import TERMINAL_STATUSES

if TYPE_CHECKING:
    import openai
    import pandas as pd

MODEL = "nano-2026-11"
MAX_LENGTH = 90  # characters; training on long reviews takes long

WORDS = ("healthy", "overfitting", "diverged", "bad file")
CURVE_WORDS = ("healthy", "overfitting", "unstable", "diverged")
OWN_ROWS = 10  # the fewest rows of one's own: a service wants as many

_HINTS = {
    "healthy": "a healthy job has succeeded, and its validation loss ends about as low as it ever was. Check both for",
    "overfitting": "in overfitting the training loss goes down to the end, and the validation loss turns up. Compare them for",
    "diverged": "a diverged job ends with a higher training loss than it began with. Compare the first steps and the last of",
    "bad file": "a job with a bad file ends before its first step, and its last events say why. Read the events of",
}

_CURVE_HINTS = {
    "healthy": "In a healthy job the validation loss ends about as low as it ever was. Is that so?",
    "overfitting": "In overfitting the validation loss turns up while the training loss goes down. Is that so?",
    "unstable": "In an unstable job both losses rise again after their lowest point. Is that so?",
    "diverged": "A diverged job ends with a higher training loss than it began with. Is that so?",
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
    overfitting = _launch(client, path / "one", few, held_out, seed, n_epochs=12, learning_rate_multiplier=1)

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
    options = {"model": MODEL, "batch_size": 4, "seed": seed, **options}
    return launch(client, files.train_file, validation_file=files.validation_file, **options)


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
    return not_yet(
        f'You have {len(jobs) - len(wrong)} of {len(jobs)} right. You say "{word}" of {first}: {_HINTS[word]} {first}.'
    )


def _right_word(job: Job) -> str:
    error = job.error
    if error is not None and error.code != "training_diverged":
        return "bad file"
    curve = job.curve
    label = diagnose_curve(curve).label if len(curve) else "too little to tell"
    if error is not None or label in ("diverged", "unstable"):
        return "diverged"
    return "overfitting" if label == "overfitting" else "healthy"


def relaunch_healthy(client: openai.OpenAI, jobs: Mapping[str, Job], answer: object, fixed: object) -> Outcome:
    """Check the diagnoses, then that the job that overfits was launched again and is healthy now.

    Parameters
    ----------
    client
        The client of the lesson.
    jobs, answer
        As for `diagnose`.
    fixed
        The new job, or its id.
    """
    outcome = diagnose(client, jobs, answer)
    if outcome.state != "right":
        return outcome
    if untouched(fixed):
        return not_yet("All three words are right. Now launch the one that overfits again, and put that job into `fixed`.")
    mine = own_job(client, fixed)
    if isinstance(mine, Outcome):
        return mine
    if mine.id in {job.id for job in jobs.values()}:
        return not_yet("`fixed` is one of the three jobs you were given. Launch a new one.")
    sick = next(job for job in (Job(client, each.id) for each in jobs.values()) if _right_word(job) == "overfitting")
    if file_content(client, mine.training_file) != file_content(client, sick.details.training_file):
        return not_yet("`fixed` learns from other rows. Use the training file of the job that overfits, and change a setting.")
    if mine.validation_file is None or file_content(client, mine.validation_file) != file_content(
        client, sick.details.validation_file
    ):
        return not_yet("`fixed` has another validation file, or none. Keep the one of the job that overfits.")
    if unfinished := not_ended(mine):
        return unfinished
    reading = diagnose_curve(Job(client, mine.id).curve)
    if not reading.healthy:
        return not_yet(f"The monitor calls your new job {reading.verdict}. Which setting decides how long a job trains?")
    return right("You read three jobs from their curves and their events, and cured one of them.")


def faster_but_healthy(client: openai.OpenAI, lesson: Job, job: object) -> Outcome:
    """Check that job C was launched again with a rate between those of A and C, and is healthy.

    Parameters
    ----------
    client
        The client of the lesson.
    lesson
        The lesson's job C.
    job
        The learner's job, or its id.
    """
    if untouched(job):
        return not_attempted("Launch the job with a rate of your own, then put it in the place of the ...")
    mine = own_job(client, job)
    if isinstance(mine, Outcome):
        return mine
    given = lesson.details
    if mine.id == given.id:
        return not_yet("That is the lesson's own job C. Launch another one.")
    if file_content(client, mine.training_file) != file_content(client, given.training_file):
        return not_yet("Your job learns from other rows. Change the rate only.")
    if mine.validation_file is None:
        return not_yet("Your job has no validation file, so nobody can see whether it is healthy.")
    changed = [name for name in ("n_epochs", "batch_size") if hyperparameter(mine, name) != hyperparameter(given, name)]
    if changed:
        return not_yet(f"Your job has another {' and another '.join(changed)}. Change the rate only.")
    rate = parse_number(hyperparameter(mine, "learning_rate_multiplier")) or 1.0
    if rate <= 1:
        return not_yet(f"A rate of {rate:g} is no higher than job A's. Go up.")
    if outcome := not_ended(mine):
        return outcome
    reading = diagnose_curve(Job(client, mine.id).curve)
    if not reading.healthy:
        return not_yet(f"At {rate:g} times the rate the monitor calls it {reading.verdict}. Go down.")
    return right(f"{rate:g} times job A's rate, and still healthy: {reading.text}")


def read_own_job(client: openai.OpenAI, job: object, word: object, step: object) -> Outcome:
    """Check the learner's reading of a job on rows of their own.

    Parameters
    ----------
    client
        The client of the lesson.
    job
        The job, or its id.
    word
        What its curve shows: one of `CURVE_WORDS`.
    step
        The step with the lowest validation loss.
    """
    if untouched(job, word, step):
        return not_attempted("Write your rows, launch the job, and replace each ...")
    mine = own_job(client, job)
    if isinstance(mine, Outcome):
        return mine
    rows = _user_texts(client, mine.training_file)
    if len(rows) < OWN_ROWS:
        return not_yet(f"Your training file has {pluralize(len(rows), 'row')}. Write {OWN_ROWS} or more.")
    bundled = {text for name in ("sentiment", "support_faq") for text in datasets.load(name)["Prompt"]}
    if borrowed := sum(text in bundled for text in rows):
        return not_yet(f"This kit has {borrowed} of your {pluralize(len(rows), 'row')}. Write rows of your own.")
    held_out = _user_texts(client, mine.validation_file)
    if not held_out:
        return not_yet("Your job has no validation file. Hold a few of your rows out, and hand them in.")
    if copies := sum(text in rows for text in held_out):
        both = pluralize(copies, "row")
        return not_yet(f"Your training file has {both} of the held-out file too. Then the loss tests memory only.")
    if outcome := not_ended(mine):
        return outcome
    diverged = mine.error is not None and mine.error.code == "training_diverged"  # its curve can be read all the same
    if mine.status == "failed" and not diverged and (outcome := not_succeeded(mine)):
        return outcome
    curve = Job(client, mine.id).curve
    reading, measured = diagnose_curve(curve), curve.dropna(subset="full_valid_loss")
    if reading.label == "too little to tell" or len(measured) < 2:
        return not_yet("The curve is too short to read. Train for a few epochs more.")
    if word not in CURVE_WORDS:
        return not_yet(f"The second answer is one of {', '.join(map(repr, CURVE_WORDS))}: {word!r:.60} is none of them.")
    if word != ("healthy" if reading.healthy else reading.label):
        return not_yet(f'You say "{word}". {_CURVE_HINTS[str(word)]}')
    number, lowest = parse_number(step), int(measured.sort_values("full_valid_loss")["step"].iloc[0])
    if number is None:
        return not_yet(f"The third answer is a step, a whole number: {step!r:.60}")
    if number not in set(measured["step"]):
        return not_yet(
            f"The whole validation file was not measured at step {number:g}. The ends of the epochs are the steps to look at."
        )
    if number != lowest:
        return not_yet(f"The validation loss at step {number:g} is not the lowest one. Look for the ring on the chart.")
    return right(f"{reading.text[0].upper()}{reading.text[1:]}")


def _user_texts(client: openai.OpenAI, file_id: str | None) -> list[str]:
    """Return the users' messages of a training file; none if there is no such file."""
    lines = (file_content(client, file_id) or b"").decode("utf-8", errors="replace").splitlines()
    chats = [json.loads(line)["messages"] for line in lines if line.strip()]
    return [str(turn["content"]) for chat in chats for turn in chat if turn["role"] == "user"]


_SOLUTION_1 = """\
my_job = train("C_again", questions, new_questions, n_epochs=2, rate=2)
my_job.wait(timeout=300)
lesson.check(1, client, job_c, my_job)
"""

_SOLUTION_2 = """\
answer = {"north": "bad file", "south": "overfitting", "west": "diverged"}
sick = given["south"].details
fixed = ftwidgets.launch(
    client, sick.training_file, model="nano-2026-11", validation_file=sick.validation_file,
    n_epochs=3, batch_size=4, learning_rate_multiplier=1, seed=2,
)
fixed.wait(timeout=300)
lesson.check(2, client, given, answer, fixed)
"""

_SOLUTION_3 = """\
pairs = ["hot cold", "big small", "old young", "fast slow", "light dark", "happy sad", "early late", "rich poor"]
pairs += ["full empty", "hard soft", "high low", "wet dry", "good bad", "near far", "thick thin"]
my_rows = pandas.DataFrame([pair.split() for pair in pairs], columns=["Prompt", "Completion"])
my_job = train("mine", my_rows.head(11), my_rows.tail(4), n_epochs=6)
curve = my_job.wait(timeout=300).curve.dropna(subset="full_valid_loss")
my_word = ftwidgets.jobs.diagnose(my_job.curve).label
if my_word in ("flat", "still falling"):
    my_word = "healthy"
my_step = curve["step"][curve["full_valid_loss"].idxmin()]
lesson.check(3, client, my_job, my_word, my_step)
"""

EXERCISES = (
    Exercise(
        "Change one thing: a higher rate that still works",
        faster_but_healthy,
        (
            "Between a rate that works and one that does not, try one in the middle. Then move up or down.",
            "Look at the training loss of the first few steps. If it rises from one step to the next, the rate is too high.",
        ),
        _SOLUTION_1,
    ),
    Exercise(
        "Fix it: diagnose three jobs, and cure the one that overfits",
        relaunch_healthy,
        (
            "A job that failed has an error and events that say why. Two jobs can fail for different reasons.",
            "For the cure: `given[...].details` has the ids of both files, and `launch` takes those ids.",
        ),
        _SOLUTION_2,
    ),
    Exercise(
        "Your own data: train on your rows, and read the curve",
        read_own_job,
        (
            "JobMonitor draws your job too. Compare the end of the validation loss with its lowest point.",
            'The curve has a validation loss over the whole file only where an epoch ends: `dropna(subset="full_valid_loss")`.',
        ),
        _SOLUTION_3,
    ),
)
