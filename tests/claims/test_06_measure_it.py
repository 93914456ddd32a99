"""What lesson 06 says, held: the figures of its prose, and over seeds that 40 reviews usually cannot tell and 400 can."""

import json
import random
from statistics import NormalDist, fmean
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ftwidgets import Evaluation, datasets
from ftwidgets.engine import NANO, Example, Model, Trainer, auto_hyperparameters
from ftwidgets.engine.batches import collate
from ftwidgets.engine.llama import logits_of
from ftwidgets.statistics import examples_needed, paired_bootstrap, wilson
from tests.notebooks.test_prose import NOTEBOOKS, prose

DRAWS = 100
LESSON = next(path for path in NOTEBOOKS if path.stem == "06_measure_it")


def rows(split: str) -> list[tuple[str, str]]:
    table = datasets.load("sentiment", split)
    return list(zip(table["Prompt"], table["Completion"], strict=True))


def encoded(model: Model, pairs: list[tuple[str, str]]) -> list[Example]:
    chats = ([{"role": "user", "content": prompt}, {"role": "assistant", "content": label}] for prompt, label in pairs)
    return [model.tokenizer.encode_example(chat, max_tokens=512) for chat in chats]


def right(model: Model, held_out: list[Example]) -> list[float]:
    """Which examples greedy generation answers word for word: there, each token is the likeliest after those before it."""
    found = [1.0] * len(held_out)
    order = sorted(range(len(held_out)), key=lambda i: len(held_out[i].ids))
    for at in range(0, len(order), 16):
        part = order[at : at + 16]
        batch = collate([held_out[i] for i in part])
        hit = logits_of(model.params, batch)[batch.predicts].argmax(axis=1) == batch.targets
        for position in batch.row[batch.predicts][~hit]:
            found[part[position]] = 0.0
    return found


@pytest.fixture(scope="module")
def evaluations(seeds: range) -> list[Evaluation]:
    """For each seed the lesson's two models, from other rows each time, on all held-out reviews."""
    nano = Model.load(NANO)
    train, held_out = encoded(nano, rows("train")), encoded(nano, rows("held-out"))
    found = []
    for seed in seeds:
        order = np.random.default_rng(seed).permutation(len(train))
        scores = {}
        for name, n, epochs in (("few", 12, None), ("all", len(train), 2)):
            examples = [train[i] for i in order[:n]]
            trainer = Trainer(nano, examples, hyperparameters=auto_hyperparameters(n, n_epochs=epochs), seed=seed)
            for _ in trainer:
                pass
            scores[name] = right(trainer.model, held_out)
        answers = pd.DataFrame({"row": range(1, len(held_out) + 1)})
        found.append(Evaluation(answers, {"exact_match": pd.DataFrame(scores)}, "exact_match"))
    return found


def differences(found: Evaluation, n: int) -> list[tuple[float, bool]]:
    """The difference in 100 draws of `n` reviews, and whether a verdict for `all` is reached."""
    table = found.by_row["exact_match"]
    source = np.random.default_rng(n)
    out = []
    for _ in range(DRAWS):
        part = table.loc[source.permutation(len(table))[:n]]
        drawn = paired_bootstrap(part["all"].tolist(), part["few"].tolist(), resamples=500)
        out.append((drawn.estimate, drawn.low > 0))
    return out


@pytest.mark.claims
def test_the_model_tuned_on_all_is_better(evaluations: list[Evaluation], hold: Any) -> None:
    """On all held-out reviews; so a verdict for it is a right one."""
    hold("05: all reviews against a dozen, score", [found.difference("all", "few").estimate for found in evaluations])


@pytest.mark.claims
def test_both_beat_the_majority_baseline(evaluations: list[Evaluation], hold: Any) -> None:
    """The labels are balanced, so always giving the same one gets half of the reviews right."""
    for name in ("few", "all"):
        hold(f"05: {name} over the majority", [found.by_row["exact_match"][name].mean() - 0.5 for found in evaluations])


@pytest.mark.claims
def test_most_draws_of_40_cannot_tell(evaluations: list[Evaluation], hold: Any) -> None:
    """More than half of them; and in some the worse model is level or in front."""
    draws = [differences(found, 40) for found in evaluations]
    hold("05: draws of 40 without a verdict", [1 - fmean(told for _, told in part) for part in draws], above=0.5)
    hold("05: draws of 40 with `few` level or in front", [fmean(gap <= 0 for gap, _ in part) for part in draws], above=0.02)


@pytest.mark.claims
def test_most_draws_of_400_can(evaluations: list[Evaluation], hold: Any) -> None:
    """A verdict, and the right one, in more than half of them."""
    draws = [differences(found, 400) for found in evaluations]
    hold("05: draws of 400 with the right verdict", [fmean(told for _, told in part) for part in draws], above=0.5)


def test_the_lesson_uses_40_and_400_reviews() -> None:
    """The first evaluation has 40, the widget's 400, and the exercise the rest, which nobody looked at."""
    cells = ["".join(cell["source"]) for cell in json.loads(LESSON.read_text(encoding="utf-8"))["cells"]]
    assert sum("limit=40," in cell for cell in cells) == 1
    assert sum("limit=400," in cell for cell in cells) == 1
    assert sum("held_out.iloc[400:]" in cell for cell in cells) == 1
    assert sum("result.sample(40, seed=seed) for seed in range(100)" in cell for cell in cells) == 1
    assert len(rows("held-out")) > 400 + 100


def test_the_draws_differ_and_nobody_is_asked() -> None:
    """The held-out set is shuffled, and its labels are as frequent as each other."""
    labels = [label for _, label in rows("held-out")]
    assert labels.count("positive") == labels.count("negative")
    assert {label for _, label in rows("train")} == {"positive", "negative"}


def test_an_interval_holds_the_truth_in_95_cases_of_100() -> None:
    """Simulated with the intervals the lesson shows: 40 reviews, a true score of 0.7."""
    source = random.Random(1)
    held = 0
    for _ in range(2000):
        low, high = wilson(sum(source.random() < 0.7 for _ in range(40)), 40)
        held += low <= 0.7 <= high
    assert held / 2000 == pytest.approx(0.95, abs=0.015)


def test_two_scores_one_review_apart() -> None:
    """33 and 32 of 40, as people write them: 82 % (of 82.5) and 80 %."""
    assert (int(100 * 33 / 40), int(100 * 32 / 40)) == (82, 80)


def test_the_formula_has_these_figures() -> None:
    """1.96 for a 95 % interval, 0.84 for four times in five; twice as sure takes four times as many."""
    normal = NormalDist()
    assert round(normal.inv_cdf(0.975), 2) == 1.96
    assert round(normal.inv_cdf(0.8), 2) == 0.84
    spread = [0.6, -0.6, 0.5, -0.5]
    one, half = (examples_needed(spread, effect=effect) for effect in (0.1, 0.05))
    assert one is not None
    assert half == pytest.approx(4 * one, rel=0.01)


@pytest.mark.claims
def test_a_difference_of_a_tenth_takes_some_hundreds(evaluations: list[Evaluation]) -> None:
    """So of the three guesses, 40 and 100 are too few and 1,000 is more than enough."""
    needed = [found.needed("all", "few", smallest=0.1) for found in evaluations]
    assert all(100 < n < 1000 for n in needed if n is not None)
    assert None not in needed


def test_24_questions_were_enough_in_lesson_00() -> None:
    """There the base model answered none and the tuned one more than half (held in lesson 00): that is a verdict."""
    table = datasets.load("support_faq", "held-out")
    topics = datasets.load("support_faq")["Topic"].unique()[:12]
    n = int(table["Topic"].isin(topics).sum())
    assert n == 24
    assert paired_bootstrap([1.0] * 13 + [0.0] * 11, [0.0] * n).low > 0


def test_the_best_of_20_equal_models_looks_better_than_it_is() -> None:
    """All right in 60 % of all cases; the winner reports over a tenth more on 40 reviews, and less of that on 400."""
    source = random.Random(2)

    def winner(n: int) -> float:
        return max(sum(source.random() < 0.6 for _ in range(n)) / n for _ in range(20))

    few, many = (fmean(winner(n) for _ in range(100)) for n in (40, 400))
    assert few > 0.7
    assert 0.62 < many < few - 0.05


def test_the_exercise_asks_for_the_difference_that_is_checked() -> None:
    """0.05 in the lesson is 0.05 in the check."""
    from ftwidgets.lessons.exercises.measure import DIFFERENCE

    assert DIFFERENCE == 0.05


def test_reading_takes_the_time_it_says() -> None:
    """At 200 words a minute, and ten minutes for the exercise: between 15 and 20 minutes, as the lesson says."""
    minutes = len(prose(LESSON).split()) / 200 + 10
    assert 15 <= minutes <= 20


PROSE = {
    "Reading and exercise: 20 minutes": test_reading_takes_the_time_it_says,
    "A 95 % interval": test_an_interval_holds_the_truth_in_95_cases_of_100,
    "95 cases of 100": test_an_interval_holds_the_truth_in_95_cases_of_100,
    "82 % is more than 80 %": test_two_scores_one_review_apart,
    "On 40 reviews, 82 % and 80 % are one review apart": test_two_scores_one_review_apart,
    "1.96 makes the interval a 95 % one, and 0.84 makes it keep clear of zero four times in five": (
        test_the_formula_has_these_figures
    ),
    "would 40 do? 100? 1,000?": test_a_difference_of_a_tenth_takes_some_hundreds,
    "The answers to 400 reviews are recorded now, so we can draw 40 of them": test_the_lesson_uses_40_and_400_reviews,
    "of 100 such draws": test_the_lesson_uses_40_and_400_reviews,
    "most draws of 40 cannot tell": test_most_draws_of_40_cannot_tell,
    "that 40 are always too few": test_24_questions_were_enough_in_lesson_00,
    "24 questions were enough": test_24_questions_were_enough_in_lesson_00,
    "20 people": test_the_best_of_20_equal_models_looks_better_than_it_is,
    "right in 60 % of all cases": test_the_best_of_20_equal_models_looks_better_than_it_is,
    "20 settings": test_the_best_of_20_equal_models_looks_better_than_it_is,
    "a difference of 0.05 four times in five": test_the_exercise_asks_for_the_difference_that_is_checked,
}

SOURCES = {
    "even at temperature 0": "OpenAI's API reference, chat completions: answers are not guaranteed to be the same twice",
}
