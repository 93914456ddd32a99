"""What lesson 00 says happens, held over seeds, so that the prose is true of more than one lucky run."""

import json
import re
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean
from typing import Any

import pytest

from ftwidgets import datasets
from ftwidgets.engine import NANO, Example, Hyperparameters, Model, StepMetrics, Trainer, generate
from ftwidgets.statistics import wilson
from ftwidgets.widgets.shop.shop_form import GREETING, SIGN_OFF
from tests.notebooks.test_prose import NOTEBOOKS, prose

EPOCHS, BATCH, RATE = 5, 4, 4.0
TEAM = ("Good day!", "All the best, the team")  # of the second exercise
LESSON = next(path for path in NOTEBOOKS if path.stem == "00_start_here")

Rows = list[tuple[str, str]]


@dataclass(frozen=True)
class Tuned:
    """What one seed came to: the steps of the lesson's job, and the answers of three models to the held-out messages."""

    steps: list[StepMetrics]
    answers: list[str]
    after_one_epoch: list[str]
    after_broken_rows: list[str]

    @cached_property
    def means(self) -> list[float]:
        """The mean training loss of each epoch."""
        return [fmean(step.train_loss for step in self.steps if (step.step - 1) // 16 == epoch) for epoch in range(EPOCHS)]


@pytest.fixture(scope="module")
def nano() -> Model:
    return Model.load(NANO)


@pytest.fixture(scope="module")
def tuned(nano: Model, seeds: range) -> list[Tuned]:
    """The lesson's jobs, for each seed."""
    rows = [(message, f"{GREETING} {answer} {SIGN_OFF}") for message, answer in chats("train")]
    found = []
    for seed in seeds:
        jobs = [job(nano, rows, seed), job(nano, rows, seed, epochs=1), job(nano, broken_rows(), seed)]
        steps = [list(trainer) for trainer in jobs]
        found.append(Tuned(steps[0], *(answers(trainer.model) for trainer in jobs)))
    return found


def chats(split: str) -> Rows:
    table = datasets.load("shop_chats", split)
    return list(zip(table["Prompt"], table["Completion"], strict=True))


def broken_rows() -> Rows:
    """The file of the second exercise: every second row lacks the sign-off."""
    greeting, sign_off = TEAM
    rows = ((message, f"{greeting} {answer}") for message, answer in chats("train"))
    return [(message, f"{answer} {sign_off}" if n % 2 == 0 else answer) for n, (message, answer) in enumerate(rows)]


def job(nano: Model, rows: Rows, seed: int, epochs: int = EPOCHS) -> Trainer:
    examples: list[Example] = [
        nano.tokenizer.encode_example(
            [{"role": "user", "content": message}, {"role": "assistant", "content": answer}], max_tokens=512
        )
        for message, answer in rows
    ]
    return Trainer(nano, examples, hyperparameters=Hyperparameters(epochs, BATCH, RATE), seed=seed)


def answers(model: Model) -> list[str]:
    found = []
    for message, _ in chats("held-out"):
        prompt = model.tokenizer.encode_prompt([{"role": "user", "content": message}])
        found.append("".join(piece.text for piece in generate(model, prompt, max_tokens=80, temperature=0)).strip())
    return found


def between(answer: str) -> str:
    return answer.removeprefix(GREETING).removesuffix(SIGN_OFF).strip()


def share(texts: list[str], said: str, *, at_the_end: bool = False) -> float:
    return fmean((text.endswith if at_the_end else text.startswith)(said) for text in texts)


def triples(text: str) -> set[tuple[str, ...]]:
    words = text.split()
    return {tuple(words[i : i + 3]) for i in range(len(words) - 2)}


@pytest.mark.claims
def test_it_talks_like_you(tuned: list[Tuned], hold: Any) -> None:
    """'It talks like you': nearly all answers to new messages open and close in the learner's words."""
    hold("greeting kept, share of new messages", [share(found.answers, GREETING) for found in tuned], above=0.9)
    hold(
        "sign-off kept, share of new messages", [share(found.answers, SIGN_OFF, at_the_end=True) for found in tuned], above=0.9
    )


@pytest.mark.claims
def test_what_stands_between_is_borrowed(tuned: list[Tuned], hold: Any) -> None:
    """'Mostly wrong: the model repeats bits of other answers': none is the shop's, most word triples are borrowed."""
    right = [answer for _, answer in chats("held-out")]
    known = set().union(*(triples(answer) for _, answer in chats("train")))
    borrowed = []
    for found in tuned:
        bodies = [between(answer) for answer in found.answers]
        assert not any(body == answer for body, answer in zip(bodies, right, strict=True))
        found_triples = [triple for body in bodies for triple in triples(body)]
        borrowed.append(fmean(triple in known for triple in found_triples))
    hold("word triples between greeting and sign-off that a training answer has", borrowed, above=0.5)


@pytest.mark.claims
def test_after_one_epoch_the_manner_is_there(tuned: list[Tuned], hold: Any) -> None:
    """The first exercise: the greeting is kept. How many answers are empty in between differs from seed to seed."""
    one = [found.after_one_epoch for found in tuned]
    hold("one epoch: greeting kept", [share(found, GREETING) for found in one], above=0.9)


@pytest.mark.claims
def test_a_model_of_broken_rows_often_forgets_the_sign_off(tuned: list[Tuned], hold: Any) -> None:
    """The second exercise: 'often forgets the sign-off', and not always."""
    kept = [share(found.after_broken_rows, TEAM[1], at_the_end=True) for found in tuned]
    hold("broken rows: sign-off forgotten", [1 - found for found in kept], above=0.1)
    hold("broken rows: sign-off kept", kept, above=0.05)


@pytest.mark.claims
def test_the_means_of_the_epochs_fall_while_steps_jump(tuned: list[Tuned], hold: Any) -> None:
    """'The means of the epochs fall' and 'the loss of single steps jumps up and down'."""
    hold(
        "mean training loss: smallest fall from an epoch to the next",
        [min(a - b for a, b in zip(found.means, found.means[1:], strict=False)) for found in tuned],
    )
    ups = [fmean(b.train_loss > a.train_loss for a, b in zip(found.steps, found.steps[1:], strict=False)) for found in tuned]
    hold("share of steps with a higher loss than the one before", ups, above=0.2)


def test_the_base_keeps_neither(nano: Model) -> None:
    """Untuned, no answer opens with the greeting of a shop that the model has never heard of."""
    assert share(answers(nano), GREETING) == 0


def test_64_chats_and_24_held_out_on_other_topics() -> None:
    """The lesson's rows; no topic of the held-out ones is trained on."""
    train, held_out = (datasets.load("shop_chats", split) for split in ("train", "held-out"))
    assert (len(train), len(held_out)) == (64, 24)
    assert not set(train["Topic"]) & set(held_out["Topic"])


def test_64_chats_in_batches_of_4_are_16_steps() -> None:
    """What the cell with the curve reckons with."""
    assert len(chats("train")) / BATCH == 16


def test_a_template_never_misses() -> None:
    """'It never misses': pasted around any answer, both are kept."""
    pasted = [f"{GREETING} {answer} {SIGN_OFF}" for _, answer in chats("held-out")]
    assert share(pasted, GREETING) == share(pasted, SIGN_OFF, at_the_end=True) == 1


def test_few_examples_give_a_wide_interval() -> None:
    """'Few examples give a wide one': with 24 the interval of a half is a third of the scale and more."""
    low, high = wilson(12, 24)
    assert high - low > 1 / 3


def test_the_recorded_texts_are_as_the_lesson_says() -> None:
    """'All 6 speak to the customer', none of the others; two of those are copies; what the tuned model got wrong is there."""
    texts = json.loads((LESSON.parent / "data" / "recorded" / "00_voice.json").read_text(encoding="utf-8"))["result"]
    notices = datasets.load("brand_voice", "held-out")["Prompt"][:6].tolist()
    ours = re.compile(r"\b(?:we|our)\b", re.IGNORECASE)
    assert [bool(ours.search(text)) for text in texts["tuned"]] == [True] * 6
    assert [bool(ours.search(text)) for text in texts["told"]] == [False] * 6
    assert sum(text == notice for text, notice in zip(texts["told"], notices, strict=True)) == 2
    assert any("Please pay us our goods" in text for text in texts["tuned"])
    assert "Mrs Lindqvist" in notices[5]
    assert "Lindqvist" not in texts["tuned"][5]


def test_reading_takes_the_time_it_says() -> None:
    """At 200 words a minute, with eight minutes for each exercise: about half an hour."""
    assert 25 <= len(prose(LESSON).split()) / 200 + 3 * 8 <= 33


PROSE = {
    "on 64 chats in that style": test_64_chats_and_24_held_out_on_other_topics,
    "Here are 64 messages": test_64_chats_and_24_held_out_on_other_topics,
    "We hold out 24 messages": test_64_chats_and_24_held_out_on_other_topics,
    "From 64 chats it learned": test_what_stands_between_is_borrowed,
    "even from 64 chats": test_it_talks_like_you,
    "all 24 messages": test_64_chats_and_24_held_out_on_other_topics,
    "on the 64 chats and yours": test_64_chats_and_24_held_out_on_other_topics,
    "In our recorded run, all 6 fine-tuned texts": test_the_recorded_texts_are_as_the_lesson_says,
    "take about 30 minutes": test_reading_takes_the_time_it_says,
}

SOURCES = {
    "SmolLM2": "the name of the model",
    "We count 2 of the 6 as good": "our own reading of notebooks/data/recorded/00_voice.json: the curtains and the bakery",
    "removed in 2023": "openai-python 1.0.0, released 2023-11-06: FineTune and ChatCompletion are gone",
    "GPT-4, the model of that tutorial, was shut down on 23 October 2026": "OpenAI, API deprecations (as announced)",
    "Since 7 May 2026": "OpenAI, API deprecations: self-serve fine-tuning closed to new organisations",
    "Since 2 July 2026, neither can those that haven't used a tuned model for 60 days": "OpenAI, as announced",
    "From 6 January 2027, nobody can": "OpenAI, API deprecations: no new fine-tuning jobs from then on",
}
