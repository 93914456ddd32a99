"""What lesson 08 says, held: facts about its two files at once, the leak's effect over five seeds that draw everything anew.

A seed draws the reviews, their reposts, the splits and the order of training. The rows come from tools/write_reposts.py, so
holding the claims also holds the file of the lesson. The fresh reviews are the lesson's own file, which nothing else reads.
"""

import importlib
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from types import ModuleType
from typing import Any

import pandas as pd
import pytest

import ftwidgets
from ftwidgets import datasets
from ftwidgets.engine import NANO, Example, Hyperparameters, Model, Trainer, measure
from ftwidgets.statistics import wilson
from tests.claims.test_06_measure_it import encoded, right
from tests.notebooks.reading import minutes
from tests.notebooks.test_prose import NOTEBOOKS

LESSON = next(path for path in NOTEBOOKS if path.stem == "08_spot_the_leak")
DATA = LESSON.parent / "data"
EPOCHS, BATCH, FRESH = 4, 8, 80


@dataclass(frozen=True)
class Run:
    """One model: loss after the first and the last epoch and score at the end, on its own validation and on fresh reviews."""

    losses: tuple[float, float]
    score: float
    fresh_losses: tuple[float, float]
    fresh_scores: tuple[float, float]

    @property
    def fresh_score(self) -> float:
        """The score on fresh reviews at the end."""
        return self.fresh_scores[1]


@pytest.fixture(scope="module")
def tool() -> Iterator[ModuleType]:
    """The tool that wrote the lesson's reviews."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(LESSON.parents[1] / "tools"))
        yield importlib.import_module("write_reposts")


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return pd.read_csv(DATA / "reposts.csv")


def divided(table: pd.DataFrame, seed: int = 1) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The split of the lesson, as everybody does it."""
    validation = table.sample(frac=0.2, random_state=seed)
    return table.drop(validation.index), validation


def fresh_reviews() -> pd.DataFrame:
    return pd.read_csv(DATA / "this_week.csv")


def pairs(rows: pd.DataFrame | Path) -> list[tuple[str, str]]:
    if isinstance(rows, pd.DataFrame):
        return list(zip(rows["Prompt"], rows["Completion"], strict=True))
    chats = [json.loads(line)["messages"] for line in rows.read_text(encoding="utf-8").splitlines()]
    return [(chat[0]["content"], chat[1]["content"]) for chat in chats]


def trained(nano: Model, rows: tuple[pd.DataFrame | Path, pd.DataFrame | Path], fresh: list[Example], seed: int) -> Run:
    train, held = (encoded(nano, pairs(side)) for side in rows)
    settings = Hyperparameters(n_epochs=EPOCHS, batch_size=BATCH, learning_rate_multiplier=1.0)
    trainer = Trainer(nano, train, hyperparameters=settings, seed=seed)
    epoch = -(-len(train) // BATCH)
    found = []
    for step, _ in enumerate(trainer, 1):
        if step in (epoch, EPOCHS * epoch):
            model = trainer.model
            found.append((measure(model, held)[0], measure(model, fresh)[0], fmean(right(model, fresh))))
    own, new, fresh_scores = zip(*found, strict=True)
    return Run(own, fmean(right(trainer.model, held)), new, fresh_scores)


@pytest.fixture(scope="module")
def runs(tool: ModuleType, tmp_path_factory: pytest.TempPathFactory, seeds: range) -> list[tuple[Run, Run]]:
    """For each seed the model of the random split and that of the grouped one."""
    nano, found = Model.load(NANO), []
    for seed in seeds:
        rows, fresh = tool.table(seed), encoded(nano, pairs(fresh_reviews()))
        honest = ftwidgets.prepare(rows, tmp_path_factory.mktemp("honest"), seed=seed)
        assert honest.validation_file is not None
        grouped = (honest.train_file, honest.validation_file)
        found.append((trained(nano, divided(rows, seed), fresh, seed), trained(nano, grouped, fresh, seed)))
    return found


@pytest.mark.claims
def test_the_leaky_score_is_far_above_the_fresh_one(runs: list[tuple[Run, Run]], hold: Any) -> None:
    """The same model: nearly perfect on its own validation, more than two tenths less on fresh reviews."""
    assert all(leaky.score > 0.9 for leaky, _ in runs)
    hold("08: random split, its score over the fresh one", [leaky.score - leaky.fresh_score for leaky, _ in runs], above=0.2)


@pytest.mark.claims
def test_the_intervals_do_not_touch(runs: list[tuple[Run, Run]]) -> None:
    """With 32 held-out rows and 120 fresh ones, for every seed."""
    for leaky, _ in runs:
        low, _ = wilson(round(leaky.score * 32), 32)
        _, high = wilson(round(leaky.fresh_score * FRESH), FRESH)
        assert low > high


@pytest.mark.claims
def test_the_honest_score_is_nearer_to_the_truth(runs: list[tuple[Run, Run]], hold: Any) -> None:
    """What the random split tells too much is more than what the grouped split is off by, in either direction."""
    told = [(leaky.score - leaky.fresh_score) - abs(honest.score - honest.fresh_score) for leaky, honest in runs]
    hold("08: by how much the grouped split's score is nearer to the fresh one", told)


@pytest.mark.claims
def test_the_models_are_about_equally_good(runs: list[tuple[Run, Run]]) -> None:
    """On fresh reviews less than a tenth apart on average: the split changes the figure, not the model."""
    assert abs(fmean(leaky.fresh_score - honest.fresh_score for leaky, honest in runs)) < 0.1


@pytest.mark.claims
def test_the_leaky_loss_says_go_on_and_the_truth_says_stop(runs: list[tuple[Run, Run]], hold: Any) -> None:
    """From the first epoch to the last: the loss on its own validation falls near zero, that on fresh reviews rises."""
    assert all(leaky.losses[1] < 0.1 for leaky, _ in runs)
    hold("08: random split, fall of its loss", [leaky.losses[0] - leaky.losses[1] for leaky, _ in runs])
    hold("08: random split, rise of the loss on fresh reviews", [r.fresh_losses[1] - r.fresh_losses[0] for r, _ in runs])


@pytest.mark.claims
def test_training_on_does_not_make_it_better(runs: list[tuple[Run, Run]], hold: Any) -> None:
    """Three more epochs leave the score on fresh reviews where it was: the loss that rises (above) is all that suffers."""
    gains = [leaky.fresh_scores[1] - leaky.fresh_scores[0] for leaky, _ in runs]
    hold("08: three more epochs change the fresh score by less than 0.1", [0.1 - abs(gain) for gain in gains])


@pytest.mark.claims
def test_the_honest_loss_promises_nothing(runs: list[tuple[Run, Run]], hold: Any) -> None:
    """It does not always rise (eight different reviews are few), and for every seed it ends far above the leaky one."""
    assert all(honest.losses[1] > 0.1 + leaky.losses[1] for leaky, honest in runs)
    hold("08: grouped split, its last loss over the random one's", [h.losses[1] - r.losses[1] for r, h in runs], above=0.2)


def test_the_file_is_what_the_tool_writes(tool: ModuleType, table: pd.DataFrame) -> None:
    """160 rows, 40 reviews on four sites; no text twice."""
    written = io.StringIO()
    tool.table(1).to_csv(written, index=False, lineterminator="\n")
    assert (DATA / "reposts.csv").read_text(encoding="utf-8") == written.getvalue()
    assert len(table) == 160
    assert tool.N_REVIEWS == 40
    assert table["Site"].value_counts().to_dict() == dict.fromkeys(tool.SITES, 40)
    assert table["Prompt"].str.casefold().is_unique


def test_the_lesson_splits_as_these_tests_do(table: pd.DataFrame) -> None:
    """A fifth at random, 128 and 32 rows; four epochs; and the split looks clean."""
    code = "\n".join("".join(c["source"]) for c in json.loads(LESSON.read_text(encoding="utf-8"))["cells"])
    assert "validation = table.sample(frac=0.2, random_state=1)\ntrain = table.drop(validation.index)" in code
    assert 'fresh = pd.read_csv("data/this_week.csv")' in code
    assert f'"n_epochs": {EPOCHS}, "batch_size": {BATCH}, "seed": 1' in code
    train, validation = divided(table)
    assert (len(train), len(validation)) == (128, 32)
    assert not set(train["Prompt"]) & set(validation["Prompt"])


def test_the_check_finds_the_leak(table: pd.DataFrame) -> None:
    """Nearly every held-out row has a near copy in training, and is named; fresh reviews have none."""
    train, validation = divided(table)
    report = ftwidgets.check(train, validation=validation)
    leaking = {found.row for found in report.findings if found.id == "shared-near"}
    assert len(leaking) >= 0.9 * len(validation)
    assert not report.ok
    clean = ftwidgets.check(table, validation=fresh_reviews())
    assert not [found for found in clean.findings if found.id.startswith("shared-")]


def test_a_random_split_is_refused_and_the_grouped_one_is_clean(table: pd.DataFrame, tmp_path: Path) -> None:
    """The default keeps near copies together: eight different reviews are held out, in 32 rows."""
    with pytest.raises(ftwidgets.FtwidgetsError, match="nearly"):
        ftwidgets.prepare(table, tmp_path, split="random", seed=1)
    made = ftwidgets.prepare(table, tmp_path, seed=1)
    assert (made.n_train, made.n_validation) == (128, 32)
    assert made.validation_file is not None
    report = ftwidgets.check(made.train_file, validation=made.validation_file)
    assert not [found for found in report.findings if found.id.startswith("shared-")]


def test_eight_reviews_are_held_out(tool: ModuleType, table: pd.DataFrame, tmp_path: Path) -> None:
    """The 32 rows of the grouped split are four posts each of eight reviews."""
    made = ftwidgets.prepare(table, tmp_path, seed=1)
    assert made.validation_file is not None
    held = {prompt for prompt, _ in pairs(made.validation_file)}
    reviews = datasets.load("sentiment", "train")["Prompt"]
    assert sum(review in held for review in reviews) == 8


def test_the_tickets_leak_by_customer_only() -> None:
    """64 letters: the check sees nothing in their texts, and each leak once the column is named."""
    tickets = pd.read_csv(DATA / "tickets.csv")
    assert len(tickets) == 64
    held = tickets["Split"] == "validation"
    blind = ftwidgets.check(tickets[~held], validation=tickets[held])
    assert not [found for found in blind.findings if found.id.startswith(("shared-", "near-"))]
    seen = ftwidgets.check(tickets[~held], validation=tickets[held], group="Customer")
    assert "shared-group" in seen.totals


def test_another_validation_file_leaves_the_model_as_it_is(table: pd.DataFrame) -> None:
    """Same rows, same seed, two validation sets: the same training losses and the same weights, so one stands for the other."""
    nano, settings = Model.load(NANO), Hyperparameters(n_epochs=1, batch_size=4, learning_rate_multiplier=1.0)
    rows, *validations = (encoded(nano, pairs(part)) for part in (table.head(8), table.tail(4), fresh_reviews().head(4)))
    ended = []
    for validation in validations:
        trainer = Trainer(nano, rows, validation=validation, hyperparameters=settings, seed=1)
        ended.append(([step.train_loss for step in trainer], measure(trainer.model, rows)))
    assert ended[0] == ended[1]


def test_the_fresh_file_is_read_by_this_lesson_only() -> None:
    """80 reviews, half of each label, none of them in the bundled file nor near one; no other lesson or module names it."""
    fresh, bundled = fresh_reviews(), datasets.load("sentiment")
    assert fresh["Completion"].value_counts().to_dict() == {"positive": FRESH // 2, "negative": FRESH // 2}
    report = ftwidgets.check(bundled, validation=fresh)
    assert not [found for found in report.findings if found.id.startswith("shared-")]
    root = LESSON.parents[1]
    readers = [*LESSON.parent.glob("*.ipynb"), *(root / "ftwidgets").rglob("*.py"), *(root / "tools").rglob("*.py")]
    assert [path for path in readers if "this_week" in path.read_text(encoding="utf-8")] == [LESSON]


def test_lesson_06_got_about_seven_in_ten() -> None:
    """As its stored output says: what `all` got right of 400."""
    stored = (LESSON.parent / "06_measure_it.ipynb").read_text(encoding="utf-8")
    assert re.search(r"all +400 +0\.(6[5-9]|7[0-4])", stored)


def test_the_exercise_asks_for_as_many_rows_as_the_lesson() -> None:
    """12 rows of the learner's own."""
    from ftwidgets.lessons.exercises.leak import MIN_OWN

    assert MIN_OWN == 12


def test_reading_takes_the_time_it_says() -> None:
    """To within five minutes."""
    assert minutes(LESSON) == pytest.approx(30, abs=5)


PROSE = {
    "Reading and exercises: 30 minutes": test_reading_takes_the_time_it_says,
    "holds 80 newer reviews": test_the_fresh_file_is_read_by_this_lesson_only,
    "It has 32 rows": test_a_random_split_is_refused_and_the_grouped_one_is_clean,
    "holds 64 letters": test_the_tickets_leak_by_customer_only,
    "a table of 12 rows": test_the_exercise_asks_for_as_many_rows_as_the_lesson,
}

SOURCES: dict[str, str] = {}
