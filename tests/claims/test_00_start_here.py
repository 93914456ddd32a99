"""What lesson 00 says happens, held over seeds, so that the prose is true of more than one lucky run."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from ftwidgets import datasets
from ftwidgets.engine import NANO, Example, Hyperparameters, Model, StepMetrics, Trainer, generate
from ftwidgets.statistics import wilson
from tests.notebooks.test_prose import NOTEBOOKS, prose

EPOCHS = 5
LESSON = next(path for path in NOTEBOOKS if path.stem == "00_start_here")


@dataclass(frozen=True)
class Tuned:
    """What one seed came to."""

    steps: list[StepMetrics]
    held_out: list[float]  # loss at the end of each epoch
    one_epoch: float  # the same after a job of one epoch
    right: float  # share of held-out questions answered word for word

    @property
    def training(self) -> float:
        """The training loss at the end, over the last twenty steps."""
        return float(np.mean([metrics.train_loss for metrics in self.steps[-20:]]))


@pytest.fixture(scope="module")
def nano() -> Model:
    return Model.load(NANO)


@pytest.fixture(scope="module")
def tuned(nano: Model, seeds: range) -> list[Tuned]:
    """The lesson's job, for each seed."""
    held_out = twelve_topics("held-out")
    found = []
    for seed in seeds:
        trainer, short = job(nano, seed, EPOCHS), job(nano, seed, 1)
        steps, ends = list(trainer), [metrics.full_valid_loss for metrics in short]
        found.append(Tuned(steps, at_ends(steps), float(ends[-1] or math.nan), exact_match(trainer.model, held_out)))
    return found


def twelve_topics(split: str) -> list[tuple[str, str]]:
    table = datasets.load("support_faq")
    table = table[table["Topic"].isin(table["Topic"].unique()[:12]) & (table["Split"] == split)]
    return list(zip(table["Prompt"], table["Completion"], strict=True))


def encoded(model: Model, rows: list[tuple[str, str]]) -> list[Example]:
    chats = ([{"role": "user", "content": q}, {"role": "assistant", "content": a}] for q, a in rows)
    return [model.tokenizer.encode_example(chat, max_tokens=512) for chat in chats]


def job(nano: Model, seed: int, epochs: int) -> Trainer:
    train, held_out = (encoded(nano, twelve_topics(split)) for split in ("train", "held-out"))
    return Trainer(nano, train, hyperparameters=Hyperparameters(epochs, 8, 1.0), seed=seed, validation=held_out)


def at_ends(steps: list[StepMetrics]) -> list[float]:
    return [metrics.full_valid_loss for metrics in steps if metrics.full_valid_loss is not None]


def exact_match(model: Model, rows: list[tuple[str, str]]) -> float:
    right = 0
    for question, answer in rows:
        prompt = model.tokenizer.encode_prompt([{"role": "user", "content": question}])
        text = "".join(piece.text for piece in generate(model, prompt, max_tokens=60, temperature=0))
        right += text == answer
    return right / len(rows)


@pytest.mark.claims
def test_both_losses_fall(tuned: list[Tuned], hold: Any) -> None:
    """'Both losses fall': the training loss from the first step on, the held-out one to less than half of epoch one's."""
    hold("training loss, first step - end", [found.steps[0].train_loss - found.training for found in tuned])
    hold("held-out loss, half of the first epoch's end - end", [found.held_out[0] / 2 - found.held_out[-1] for found in tuned])


@pytest.mark.claims
def test_the_held_out_loss_ends_above_the_training_loss(tuned: list[Tuned], hold: Any) -> None:
    """'The held-out one flattens out above the other': it ends higher, and in the last two epochs it moves least."""
    hold("held-out loss - training loss, at the end", [found.held_out[-1] - found.training for found in tuned])
    first = [found.held_out[0] - found.held_out[1] for found in tuned]
    last = [abs(found.held_out[-2] - found.held_out[-1]) for found in tuned]
    hold("held-out loss: fall of epoch two - change of epoch five", [a - b for a, b in zip(first, last, strict=True)])


@pytest.mark.claims
def test_five_epochs_make_a_help_desk(tuned: list[Tuned], hold: Any) -> None:
    """'Many held-out questions word for word': more than half of them."""
    hold("share of held-out questions answered word for word, after five epochs", [found.right for found in tuned], above=0.5)


@pytest.mark.claims
def test_one_epoch_is_not_enough(tuned: list[Tuned], hold: Any) -> None:
    """The exercise: with one epoch the held-out loss ends higher than with five."""
    hold("held-out loss, one epoch - five", [found.one_epoch - found.held_out[-1] for found in tuned])


def test_the_base_model_answers_none(nano: Model) -> None:
    """'The base model none': untuned, not one held-out question gets the shop's answer."""
    assert exact_match(nano, twelve_topics("held-out")) == 0


def test_192_rows_of_12_topics_and_24_held_out() -> None:
    """The lesson's rows, and as many answers as topics."""
    train, held_out = twelve_topics("train"), twelve_topics("held-out")
    assert (len(train), len(held_out)) == (192, 24)
    assert len({answer for _, answer in train}) == len({answer for _, answer in held_out}) == 12


def test_24_questions_are_few() -> None:
    """'The interval is wide': for any score from a quarter to three quarters, three tenths of the scale or more."""
    assert all(high - low > 0.3 for low, high in (wilson(right, 24) for right in range(6, 19)))


def test_no_surprise_is_a_loss_of_0() -> None:
    """'0 would be certainty': the loss of a word is minus the logarithm of its probability."""
    assert -math.log(1.0) == 0.0


def test_a_llama_with_3_15_million_weights(nano: Model) -> None:
    """So many numbers are trained."""
    assert round(len(nano.params.flat) / 1e6, 2) == 3.15


def test_reading_takes_the_time_it_says() -> None:
    """At 200 words a minute, and ten minutes for the exercise: between 15 and 20 minutes."""
    assert 15 <= len(prose(LESSON).split()) / 200 + 10 <= 20


PROSE = {
    "show it 192 question-answer": test_192_rows_of_12_topics_and_24_held_out,
    "We take 12 topics": test_192_rows_of_12_topics_and_24_held_out,
    "none of the 12 answers fits": test_192_rows_of_12_topics_and_24_held_out,
    "The interval is wide: 24 questions": test_24_questions_are_few,
    "Reading and exercise: 20 minutes": test_reading_takes_the_time_it_says,
    "a Llama with 3.15 million weights": test_a_llama_with_3_15_million_weights,
    "0 would be certainty": test_no_surprise_is_a_loss_of_0,
}

SOURCES = {
    "removed in 2023": "openai-python 1.0.0, released 2023-11-06: FineTune and ChatCompletion are gone",
    "to new customers on 7 May 2026": "OpenAI, API deprecations: self-serve fine-tuning closed to new organisations",
    "it for everyone on 6 January 2027": "OpenAI, API deprecations: no new fine-tuning jobs from then on",
}
