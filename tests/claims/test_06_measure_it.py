"""What lesson 06 says, held: the figures of its prose, and over seeds that 40 reviews usually cannot tell and 400 can."""

import json
import random
from statistics import NormalDist, fmean
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ftwidgets import Evaluation, baselines, datasets
from ftwidgets.engine import NANO, Example, Model, Trainer, auto_hyperparameters
from ftwidgets.engine.batches import collate
from ftwidgets.engine.llama import logits_of
from ftwidgets.statistics import examples_needed, paired_bootstrap, wilson
from tests.notebooks.reading import minutes
from tests.notebooks.test_prose import NOTEBOOKS

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
    hold("06: all reviews against a dozen, score", [found.difference("all", "few").estimate for found in evaluations])


@pytest.mark.claims
def test_both_beat_the_majority_baseline(evaluations: list[Evaluation], hold: Any) -> None:
    """The labels are balanced, so always giving the same one gets half of the reviews right."""
    for name in ("few", "all"):
        hold(f"06: {name} over the majority", [found.by_row["exact_match"][name].mean() - 0.5 for found in evaluations])


@pytest.mark.claims
def test_word_counts_are_as_good(evaluations: list[Evaluation], hold: Any) -> None:
    """Counting words in all training reviews gets about what tuning on them gets: less than 0.06 apart."""
    counts = baselines.naive_bayes(datasets.load("sentiment", "train"))
    bar = [float(counts([{"role": "user", "content": prompt}]) == label) for prompt, label in rows("held-out")]
    leads = [found.by_row["exact_match"]["all"].mean() - fmean(bar) for found in evaluations]
    hold("06: tuning on all within 0.06 of word counts", [0.06 - abs(lead) for lead in leads])


@pytest.mark.claims
def test_tuning_on_all_beats_the_prompt(evaluations: list[Evaluation], hold: Any) -> None:
    """The untuned base with an instruction: right where the label is the likelier of the two as the answer's first token."""
    nano, hits = Model.load(NANO), []
    for prompt, label in rows("held-out"):
        asked = f"{prompt}\nPositive or negative?"
        good, bad = (collate([example]) for example in encoded(nano, [(asked, "positive"), (asked, "negative")]))
        first = logits_of(nano.params, good)[good.predicts][0]
        hits.append(float((first[good.targets[0]] > first[bad.targets[0]]) == (label == "positive")))
    bar = fmean(hits)
    hold("06: all over the prompt", [found.by_row["exact_match"]["all"].mean() - bar for found in evaluations])


@pytest.mark.claims
def test_a_third_of_the_mistakes_were_avoidable(evaluations: list[Evaluation]) -> None:
    """Of what the better model gets wrong, the other gets a good part right, so the order of `worst` means something."""
    for found in evaluations:
        table = found.by_row["exact_match"]
        assert 0.1 < table.loc[table["all"] == 0, "few"].mean() < 0.7


@pytest.mark.claims
def test_most_draws_of_40_cannot_tell(evaluations: list[Evaluation], hold: Any) -> None:
    """More than half of them; and in some the worse model is level or in front."""
    draws = [differences(found, 40) for found in evaluations]
    hold("06: draws of 40 without a verdict", [1 - fmean(told for _, told in part) for part in draws], above=0.5)
    hold("06: draws of 40 with `few` level or in front", [fmean(gap <= 0 for gap, _ in part) for part in draws], above=0.02)


@pytest.mark.claims
def test_most_draws_of_400_can(evaluations: list[Evaluation], hold: Any) -> None:
    """A verdict, and the right one, in more than half of them."""
    draws = [differences(found, 400) for found in evaluations]
    hold("06: draws of 400 with the right verdict", [fmean(told for _, told in part) for part in draws], above=0.5)


def test_the_lesson_uses_40_and_400_reviews() -> None:
    """The bars and the widget are asked 40, then all are asked 400; the draws are 100 of 40."""
    cells = ["".join(cell["source"]) for cell in json.loads(LESSON.read_text(encoding="utf-8"))["cells"]]
    assert sum("limit=40," in cell for cell in cells) == 2
    assert sum("limit=400," in cell for cell in cells) == 1
    assert sum("result.sample(40, seed=seed) for seed in range(100)" in cell for cell in cells) == 1


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


def test_24_questions_can_be_enough() -> None:
    """Where one model answers none and the other more than half, 24 give a verdict."""
    assert paired_bootstrap([1.0] * 13 + [0.0] * 11, [0.0] * 24).low > 0


def test_four_times_as_many_halve_an_interval() -> None:
    """The same scores four times over: the interval of the difference is half as wide."""
    a, b = [1.0, 0.0, 1.0, 1.0] * 10, [0.0, 0.0, 1.0, 0.0] * 10
    one, four = paired_bootstrap(a, b), paired_bootstrap(a * 4, b * 4)
    assert (four.high - four.low) / (one.high - one.low) == pytest.approx(0.5, abs=0.06)


def test_the_best_of_20_equal_models_looks_better_than_it_is() -> None:
    """All right in 60 of 100 cases; the winner of 40 reviews reports a tenth more, in the lesson's draw and on average."""
    drawn = np.random.default_rng(1).random((40, 20)) < 0.6
    assert drawn.mean(axis=0).max() > 0.7
    many = [(np.random.default_rng(seed).random((40, 20)) < 0.6).mean(axis=0).max() for seed in range(100)]
    assert fmean(many) > 0.7
    assert "numpy.random.default_rng(1).random((40, 20)) < 0.6" in LESSON.read_text(encoding="utf-8")


def test_the_exercises_ask_for_what_is_checked() -> None:
    """0.05 in the lesson is 0.05 in the check; the winner is chosen by the first 20 of 40."""
    from ftwidgets.lessons.exercises.measure import DIFFERENCE, MIN_OWN

    assert (DIFFERENCE, MIN_OWN) == (0.05, 10)
    assert 40 // 2 == 20


def test_reading_takes_the_time_it_says() -> None:
    """To within five minutes."""
    assert minutes(LESSON) == pytest.approx(30, abs=5)


PROSE = {
    "Reading and exercises: 30 minutes": test_reading_takes_the_time_it_says,
    "a 95 % interval holds the true score about 95 times in 100": test_an_interval_holds_the_truth_in_95_cases_of_100,
    "On 40 reviews, 82 % and 80 % are one review apart": test_two_scores_one_review_apart,
    "With 40 reviews it is wide, with 400 narrow": test_the_lesson_uses_40_and_400_reviews,
    "The 1.96 gives you a 95 % interval. The 0.84 makes you find the difference four times in five": (
        test_the_formula_has_these_figures
    ),
    "We have 400 answers on file now. So we can draw 40 of them": test_the_lesson_uses_40_and_400_reviews,
    "most draws of 40 can't tell": test_most_draws_of_40_cannot_tell,
    "that 40 are always too few": test_24_questions_can_be_enough,
    "24 questions can be enough": test_24_questions_can_be_enough,
    "All of them score 0": test_a_third_of_the_mistakes_were_avoidable,
    "Suppose 20 people each tune a model, and all 20 are": test_the_best_of_20_equal_models_looks_better_than_it_is,
    "on the same 40 reviews": test_the_best_of_20_equal_models_looks_better_than_it_is,
    "20 settings": test_the_best_of_20_equal_models_looks_better_than_it_is,
    "half as wide as on 40": test_four_times_as_many_halve_an_interval,
    "by the first 20 reviews instead": test_the_exercises_ask_for_what_is_checked,
    "on the other 20": test_the_exercises_ask_for_what_is_checked,
    "a difference of 0.05 four times in five": test_the_exercises_ask_for_what_is_checked,
}

SOURCES = {
    "SmolLM2": "the name of a model",
    "even at temperature 0": "OpenAI's API reference, chat completions: answers are not guaranteed to be the same twice",
}
