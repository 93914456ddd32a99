"""What lesson 04 says, held: its figures, and over seeds what its jobs and their cures do, and what the monitor calls them."""

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
from ftwidgets.engine import NANO, Model
from ftwidgets.jobs.diagnosis import Diagnosis
from ftwidgets.jobs.diagnosis import diagnose as diagnose_curve
from ftwidgets.jobs.job import Job
from ftwidgets.lessons.exercises import lesson as lesson_handle
from ftwidgets.lessons.exercises import three_jobs
from ftwidgets.lessons.exercises.watch import OWN_ROWS
from ftwidgets.sandbox.training.recorder import KEPT_EPOCHS
from tests.notebooks.reading import minutes
from tests.notebooks.test_prose import NOTEBOOKS

LESSON = next(path for path in NOTEBOOKS if path.stem == "04_watch_it_train")
SHOWN = ("setup", "rows", "train")  # the cells that the tests run


def cell(name: str) -> str:
    """The source of the lesson's cell with that id."""
    cells = json.loads(LESSON.read_text(encoding="utf-8"))["cells"]
    return next("".join(each["source"]) for each in cells if each["id"] == name)


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
    """What the first cells of the lesson make, in an empty folder."""
    before = Path.cwd()
    os.chdir(tmp_path_factory.mktemp("lesson"))
    names: dict[str, Any] = {}
    with pd.option_context("display.max_colwidth", 50):
        for name in SHOWN:
            exec(cell(name), names)
        yield names
    os.chdir(before)


JOBS = {
    "A": ("questions", {"n_epochs": 4}),
    "B": ("few", {"n_epochs": 12}),
    "B_short": ("few", {"n_epochs": 3}),
    "B_more": ("many", {"n_epochs": 1}),
    "C": ("questions", {"n_epochs": 2, "rate": 100}),
    "C_cured": ("questions", {"n_epochs": 2, "rate": 1}),
}


@pytest.fixture(scope="module")
def runs(lesson: dict[str, Any], seeds: range) -> list[dict[str, Ended]]:
    """The lesson's jobs, launched by its own function, for each seed."""
    held_out = {"questions": lesson["new_questions"], "few": lesson["new_reviews"], "many": lesson["new_reviews"]}
    rows = {"questions": lesson["questions"], "few": lesson["few"], "many": lesson["train_reviews"].head(192)}
    found = []
    for seed in seeds:
        exec(cell("train").replace("seed=1", f"seed={seed}"), lesson)
        jobs = {name: lesson["train"](name, rows[of], held_out[of], **how) for name, (of, how) in JOBS.items()}
        found.append({name: ended(job) for name, job in jobs.items()})
    return found


def answers(lesson: dict[str, Any], run: Ended) -> list[str]:
    """What a job of reviews answers to the lesson's 24."""
    found = ftwidgets.evaluate(lesson["client"], {"it": run.job.model or ""}, lesson["new_reviews"], max_tokens=5)
    return list(found.answers["it"])


def n_right(lesson: dict[str, Any], run: Ended) -> int:
    right = zip(answers(lesson, run), lesson["new_reviews"]["Completion"], strict=True)
    return sum(given == wanted for given, wanted in right)


def test_the_rows_and_steps(lesson: dict[str, Any]) -> None:
    """48 questions in four epochs, 16 reviews in twelve, and 192 in one are 48 steps each; checkpoints at 24, 36 and 48."""
    assert (len(lesson["questions"]), len(lesson["few"]), len(lesson["new_reviews"])) == (48, 16, 24)
    assert lesson["questions"]["Topic"].nunique() == 3
    assert (lesson["new_reviews"]["Completion"] == "negative").sum() == 15
    assert "batch_size=4" in cell("train")
    for name, launched in (("job-a", "n_epochs=4"), ("job-b", "n_epochs=12"), ("job-c", "n_epochs=2, rate=100")):
        assert launched in cell(name)
    assert "few, new_reviews, n_epochs=3" in cell("cures")
    assert "train_reviews.head(192), new_reviews, n_epochs=1" in cell("cures")
    assert len(lesson["train_reviews"].head(192)) // 4 == 48 // 4 * 4 == 16 // 4 * 12 == 48
    assert KEPT_EPOCHS == 3


def test_an_answer_of_b_is_two_tokens(lesson: dict[str, Any]) -> None:
    """The label and the mark that ends it, so an accuracy of one half can be had without a right label."""
    nano = Model.load(NANO)
    for row in lesson["new_reviews"].itertuples():
        chat = [{"role": "user", "content": row.Prompt}, {"role": "assistant", "content": row.Completion}]
        assert nano.tokenizer.encode_example(chat, max_tokens=512).weights.sum() == 2


def test_reading_takes_the_time_it_says() -> None:
    """To within five minutes."""
    assert minutes(LESSON) == pytest.approx(30, abs=5)


def test_the_exercises_ask_for_ten_rows() -> None:
    """As the check does."""
    assert OWN_ROWS == 10


@pytest.mark.claims
def test_a_is_healthy(runs: list[dict[str, Ended]], hold: Any) -> None:
    """Both losses fall steeply and level off, the validation loss near its lowest; that is the monitor's word too."""
    for run in runs:
        assert run["A"].job.status == "succeeded"
        assert run["A"].reading.healthy
        assert run["A"].validation[-1] <= min(run["A"].validation) + 0.02
    assert round(runs[0]["A"].curve["train_loss"].iloc[0]) == 5
    hold(
        "03: job A, fall of the training loss",
        [r["A"].curve["train_loss"].iloc[0] - r["A"].last_training for r in runs],
        above=3,
    )
    hold("03: job A, fall of the validation loss", [r["A"].validation[0] - r["A"].validation[-1] for r in runs])


@pytest.mark.claims
def test_a_answers_as_the_shop_does(lesson: dict[str, Any], runs: list[dict[str, Ended]], hold: Any) -> None:
    """Asked the lesson's three questions, the last checkpoint gives answers of the shop, the base model none."""
    known = set(lesson["questions"]["Completion"])
    asked = lesson["new_questions"].iloc[[0, 2, 4]]

    def shops(model: str | None) -> float:
        given = ftwidgets.evaluate(lesson["client"], {"it": model or ""}, asked).answers["it"]
        return fmean(text in known for text in given)

    assert shops("nano-2026-11") == 0
    hold("03: job A, share of shop's answers at the last checkpoint", [shops(run["A"].job.model) for run in runs], above=0.5)


@pytest.mark.claims
def test_b_overfits(runs: list[dict[str, Ended]], hold: Any) -> None:
    """Training to almost nothing; validation turns in the first half and rises; the end is read as overfitting."""
    for run in runs:
        assert run["B"].job.status == "succeeded"
        assert run["B"].reading.verdict == "overfitting"
        assert run["B"].reading.step <= 24
        assert run["B"].last_training < 0.05
    hold(
        "03: job B, validation loss, last over lowest",
        [r["B"].validation[-1] - min(r["B"].validation) for r in runs],
        above=0.1,
    )


@pytest.mark.claims
def test_b_collapses(lesson: dict[str, Any], runs: list[dict[str, Ended]], hold: Any) -> None:
    """It says `positive` to most reviews, where nine of 24 are; always saying so gets those nine right."""
    said = [fmean(text == "positive" for text in answers(lesson, run["B"])) for run in runs]
    hold("04: job B, share of reviews called positive", said, above=0.6)
    assert said[0] >= 0.9
    assert (lesson["new_reviews"]["Completion"] == "positive").sum() == 9


@pytest.mark.claims
def test_both_cures_lower_the_loss(runs: list[dict[str, Ended]], hold: Any) -> None:
    """Fewer epochs, and more rows in as many steps: the validation loss ends below job B's."""
    for cure in ("B_short", "B_more"):
        hold(f"04: validation loss, job B minus {cure}", [r["B"].validation[-1] - r[cure].validation[-1] for r in runs])


@pytest.mark.claims
def test_only_more_rows_make_the_answers_better(lesson: dict[str, Any], runs: list[dict[str, Ended]], hold: Any) -> None:
    """More rows: more of the 24 right. Fewer epochs: it still says `positive` more often than not."""
    counted = {name: [n_right(lesson, run[name]) for run in runs] for name in ("B", "B_more")}
    more = [a - b for a, b in zip(counted["B_more"], counted["B"], strict=True)]
    hold("04: right of 24, more rows minus job B", more)
    assert len(more) == 1 or 3 <= fmean(more) <= 7
    said = [fmean(text == "positive" for text in answers(lesson, run["B_short"])) for run in runs]
    hold("04: fewer epochs, share of reviews called positive", said, above=0.5)


@pytest.mark.claims
def test_c_diverges_and_a_smaller_rate_cures_it(runs: list[dict[str, Ended]], hold: Any) -> None:
    """Within a few steps above the beginning, for good; the service rejects the model. At rate 1 it is healthy."""
    for run in runs:
        losses = list(run["C"].curve["train_loss"])
        assert run["C"].job.status == "failed"
        assert run["C"].job.error is not None
        assert run["C"].job.error.code == "training_diverged"
        assert run["C"].reading.verdict == "diverged"
        assert min(losses[3:]) > losses[0]
        assert run["C_cured"].reading.healthy
        assert len(run["C_cured"].curve) == len(losses)
    hold(
        "03: job C, rise of the training loss",
        [r["C"].last_training - r["C"].curve["train_loss"].iloc[0] for r in runs],
        above=3,
    )


@pytest.mark.claims
def test_the_exercise_has_its_three_troubles(lesson: dict[str, Any]) -> None:
    """The three jobs of the lesson's seed are in the trouble they were made for, each in another."""
    given = three_jobs(lesson["client"], "my_data/three_jobs", seed=2)
    runs = {name: ended(job) for name, job in given.items()}
    codes = {name: run.job.error.code if run.job.error else run.reading.label for name, run in runs.items()}
    assert sorted(codes.values()) == ["invalid_training_file", "overfitting", "training_diverged"]
    lesson["given"] = given


@pytest.mark.claims
@pytest.mark.parametrize("number", [1, 2, 3])
def test_the_solutions_are_right(lesson: dict[str, Any], number: int) -> None:
    """Each solution, run where the lesson would run it, is right; so the exercise can be solved."""
    handle = lesson_handle("04")
    names = {**lesson, "lesson": handle, "ftwidgets": ftwidgets}
    names["job_c"] = lesson["train"]("C", lesson["questions"], lesson["new_questions"], n_epochs=2, rate=100)
    ended(names["job_c"])
    *code, check = handle.exercises[number - 1].solution.strip().splitlines()
    exec("\n".join(code), names)
    outcome = eval(check, names)
    assert outcome.state == "right", outcome


PROSE = {
    "Reading and exercises: 30 minutes": test_reading_takes_the_time_it_says,
    "Job A learns 48 questions": test_the_rows_and_steps,
    "Job B learns 16 reviews, 12 times over. That is 48 steps too": test_the_rows_and_steps,
    "one for each of the last three epochs": test_the_rows_and_steps,
    "Here are the 24 held-out reviews": test_the_rows_and_steps,
    "would get nine right": test_b_collapses,
    "Show 192 reviews once each: that is 48 steps again": test_the_rows_and_steps,
    "at 100 times the learning rate": test_the_rows_and_steps,
    "A rate of 100 is too high. Is 1 the best?": test_c_diverges_and_a_smaller_rate_cures_it,
    "with a rate above 1 at which": test_c_diverges_and_a_smaller_rate_cures_it,
    "both losses fall steeply, then level off": test_a_is_healthy,
    "The last checkpoint gives the shop's answers": test_a_answers_as_the_shop_does,
    "The validation loss turns in the first half of the run": test_b_overfits,
    "within a few steps the loss is above where it began, and it never comes back": test_c_diverges_and_a_smaller_rate_cures_it,
    "After three epochs on 16 reviews": test_only_more_rows_make_the_answers_better,
    "over five seeds, about five more of the 24 than job B": test_only_more_rows_make_the_answers_better,
    "24 reviews are few": test_the_rows_and_steps,
    "Write ten rows or more": test_the_exercises_ask_for_ten_rows,
}

SOURCES: dict[str, str] = {}
