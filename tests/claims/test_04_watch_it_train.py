"""What lesson 04 says, held: its figures, and over seeds what its jobs do and what the monitor reads out of their curves."""

import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import pandas as pd
import pytest

import ftwidgets
from ftwidgets.engine import NANO, Hyperparameters, Model, auto_hyperparameters
from ftwidgets.jobs.diagnosis import Diagnosis
from ftwidgets.jobs.diagnosis import diagnose as diagnose_curve
from ftwidgets.jobs.job import Job
from ftwidgets.jobs.polling import LOCAL_PAUSE
from ftwidgets.lessons.exercises import diagnose, three_jobs
from ftwidgets.sandbox.training.recorder import KEPT_EPOCHS
from ftwidgets.widgets.monitor.probe_prompts import PROMPTS
from tests.notebooks.test_prose import NOTEBOOKS, prose

LESSON = next(path for path in NOTEBOOKS if path.stem == "04_watch_it_train")


def cell(containing: str) -> str:
    """The lesson's code cell with that text."""
    cells = json.loads(LESSON.read_text(encoding="utf-8"))["cells"]
    found = ["".join(each["source"]) for each in cells if each["cell_type"] == "code" and containing in "".join(each["source"])]
    assert len(found) == 1, containing
    return found[0]


@dataclass(frozen=True)
class Ended:
    """A job that has ended, with its curve and what the monitor reads out of it."""

    job: Job
    curve: pd.DataFrame
    reading: Diagnosis

    @property
    def validation(self) -> list[float]:
        """The loss over all of validation, at the end of each epoch."""
        return list(self.curve["full_valid_loss"].dropna())

    @property
    def accuracy(self) -> list[float]:
        """The share of validation tokens guessed right, at the end of each epoch."""
        return list(self.curve["full_valid_accuracy"].dropna())

    @property
    def last_training(self) -> float:
        """The mean training loss of the last twelve steps: an epoch of job A, three of job B."""
        return fmean(self.curve["train_loss"].tail(12))


def ended(job: Job) -> Ended:
    with contextlib.suppress(ftwidgets.FtwidgetsError):
        job.wait(timeout=600)
    return Ended(job, job.curve, diagnose_curve(job.curve))


@pytest.fixture(scope="module")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What the first cell of the lesson makes, in an empty folder."""
    before = Path.cwd()
    os.chdir(tmp_path_factory.mktemp("lesson"))
    names: dict[str, Any] = {}
    with pd.option_context("display.max_colwidth", 50):
        exec(cell("ftwidgets.connect()"), names)
        yield names
    os.chdir(before)


@pytest.fixture(scope="module")
def runs(lesson: dict[str, Any], seeds: range) -> list[dict[str, Ended]]:
    """The lesson's three jobs, launched by its own code, for each seed."""
    found = []
    for seed in seeds:
        exec(cell("def train(").replace('"seed": 1', f'"seed": {seed}'), lesson)
        found.append({name: ended(job) for name, job in lesson["jobs"].items()})
    return found


def test_the_rows_and_steps(lesson: dict[str, Any]) -> None:
    """48 questions in four epochs and 16 reviews in twelve are 48 steps each; checkpoints at 24, 36 and 48."""
    assert (len(lesson["questions"]), len(lesson["few"])) == (48, 16)
    assert lesson["questions"]["Topic"].nunique() == 3
    assert "n_epochs=4)" in cell("def train(")
    assert "n_epochs=12)" in cell("def train(")
    assert "learning_rate_multiplier=100)" in cell("def train(")
    for rows, epochs in ((48, 4), (16, 12)):
        chosen = auto_hyperparameters(rows, n_epochs=epochs)
        assert chosen == Hyperparameters(n_epochs=epochs, batch_size=4, learning_rate_multiplier=1.0)
        assert rows // chosen.batch_size * epochs == 48
    assert KEPT_EPOCHS == 3


def test_an_answer_of_b_is_two_tokens(lesson: dict[str, Any]) -> None:
    """The label and the mark that ends it, so an accuracy of one half can be had without a right label."""
    nano = Model.load(NANO)
    for row in lesson["new_reviews"].itertuples():
        chat = [{"role": "user", "content": row.Prompt}, {"role": "assistant", "content": row.Completion}]
        assert nano.tokenizer.encode_example(chat, max_tokens=512).weights.sum() == 2


def test_reading_takes_the_time_it_says() -> None:
    """At 200 words a minute, half a minute a cell and five minutes for the exercise: 15 to 20 minutes."""
    cells = json.loads(LESSON.read_text(encoding="utf-8"))["cells"]
    code = sum(each["cell_type"] == "code" for each in cells)
    assert 15 <= len(prose(LESSON).split()) / 200 + code / 2 + 5 <= 20


def test_a_few_times_a_second() -> None:
    """That is how often the monitor asks a service in the same process."""
    assert 2 <= 1 / LOCAL_PAUSE <= 5
    assert len(PROMPTS) == 3


@pytest.mark.claims
def test_a_is_healthy(runs: list[dict[str, Ended]], hold: Any) -> None:
    """Both losses fall steeply and level off; the validation loss ends about as low as it ever was."""
    for run in runs:
        assert run["A"].job.status == "succeeded"
        assert run["A"].reading.label in ("flat", "still falling")
        assert run["A"].validation[-1] <= min(run["A"].validation) + 0.02
    hold(
        "03: job A, fall of the training loss",
        [r["A"].curve["train_loss"].iloc[0] - r["A"].last_training for r in runs],
        above=3,
    )
    hold("03: job A, fall of the validation loss", [r["A"].validation[0] - r["A"].validation[-1] for r in runs])


@pytest.mark.claims
def test_a_answers_as_the_shop_does(lesson: dict[str, Any], runs: list[dict[str, Ended]], hold: Any) -> None:
    """Asked the lesson's three questions, the last checkpoint gives answers of the shop, the base model none."""
    answers = set(lesson["questions"]["Completion"])
    asked = list(lesson["new_questions"]["Prompt"].iloc[[0, 2, 4]])

    def shops(model: str | None) -> float:
        given = [
            lesson["client"]
            .chat.completions.create(model=model, messages=[{"role": "user", "content": text}], temperature=0, max_tokens=60)
            .choices[0]
            .message.content
            for text in asked
        ]
        return fmean(text in answers for text in given)

    assert shops("nano-2026-11") == 0
    hold("03: job A, share of shop's answers at the last checkpoint", [shops(run["A"].job.model) for run in runs], above=0.5)


@pytest.mark.claims
def test_b_overfits(runs: list[dict[str, Ended]], hold: Any) -> None:
    """Training to almost nothing; validation turns in the first half and rises; the end is read as overfitting."""
    for run in runs:
        assert run["B"].job.status == "succeeded"
        assert run["B"].reading.label == "overfitting"
        assert run["B"].reading.step <= 24
        assert run["B"].last_training < 0.05
        assert run["A"].last_training < 0.05
    hold(
        "03: job B, validation loss, last over lowest",
        [r["B"].validation[-1] - min(r["B"].validation) for r in runs],
        above=0.1,
    )


@pytest.mark.claims
def test_b_answers_get_worse(runs: list[dict[str, Ended]], hold: Any) -> None:
    """After the turn the accuracy falls too, though by far less than the loss rises."""
    falls = []
    for run in runs:
        validation, accuracy = run["B"].validation, run["B"].accuracy
        turn = validation.index(min(validation))
        assert validation[-1] > 2 * validation[turn]
        assert accuracy[-1] > accuracy[turn] / 1.5
        falls.append(accuracy[turn] - accuracy[-1])
    hold("03: job B, token accuracy, at the lowest validation loss minus at the end", falls)


@pytest.mark.claims
def test_c_diverges(runs: list[dict[str, Ended]], hold: Any) -> None:
    """Within a few steps above the beginning, for good; the service refuses the model, the curve is read as diverged."""
    for run in runs:
        losses = list(run["C"].curve["train_loss"])
        assert run["C"].job.status == "failed"
        assert run["C"].job.error is not None
        assert run["C"].job.error.code == "training_diverged"
        assert run["C"].reading.label == "diverged"
        assert min(losses[3:]) > losses[0]
    hold(
        "03: job C, rise of the training loss",
        [r["C"].last_training - r["C"].curve["train_loss"].iloc[0] for r in runs],
        above=3,
    )


@pytest.mark.claims
def test_the_exercise_has_its_three_troubles(lesson: dict[str, Any], seeds: range) -> None:
    """For each seed the three jobs are in the trouble they were made for, each in another; their names are shuffled."""
    found = []
    for seed in seeds:
        given = three_jobs(lesson["client"], "my_data/three_jobs", seed=seed)
        runs = {name: ended(job) for name, job in given.items()}
        codes = {name: run.job.error.code if run.job.error else run.reading.label for name, run in runs.items()}
        words = {"invalid_training_file": "bad file", "training_diverged": "diverged", "overfitting": "overfitting"}
        answer = {name: words[code] for name, code in codes.items()}
        assert sorted(answer.values()) == ["bad file", "diverged", "overfitting"]
        assert diagnose(lesson["client"], given, answer).state == "right"
        found.append(tuple(answer.values()))
    assert len(seeds) == 1 or len(set(found)) > 1


PROSE = {
    "Reading and exercise: 20 minutes": test_reading_takes_the_time_it_says,
    "Job A learns 48 questions": test_the_rows_and_steps,
    "Job B learns 16 reviews, 12 times over": test_the_rows_and_steps,
    "a learning rate 100 times as high": test_the_rows_and_steps,
    "steps 100 times as long": test_the_rows_and_steps,
    "Job B takes 48 steps too": test_the_rows_and_steps,
    "one for each of the last three epochs": test_the_rows_and_steps,
    "The monitor asks the service a few times a second": test_a_few_times_a_second,
    "both losses fall steeply, then level off": test_a_is_healthy,
    "the last checkpoint gives the shop's answers": test_a_answers_as_the_shop_does,
    "the validation loss turns in the first half of the run and rises": test_b_overfits,
    "by its training loss B looks as good as A": test_b_overfits,
    "Here an answer is two tokens": test_an_answer_of_b_is_two_tokens,
    "after the turn the accuracy falls too, though by far less than the loss rises": test_b_answers_get_worse,
    "*A loss of 0 is good:*": test_b_overfits,
    "A training loss near 0": test_b_overfits,
    "within a few steps the loss is above where it began, and it never comes back": test_c_diverges,
}

SOURCES: dict[str, str] = {}
