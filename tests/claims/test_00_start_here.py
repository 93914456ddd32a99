"""What lesson 00 says happens, held over seeds, so that the prose is true of more than one lucky run."""

import numpy as np
import pytest

from ftwidgets import datasets
from ftwidgets.engine import NANO, Example, Hyperparameters, Model, Trainer, generate

SEEDS = (1, 2, 3)


@pytest.fixture(scope="module")
def nano() -> Model:
    return Model.load(NANO)


def twelve_topics(split: str) -> list[tuple[str, str]]:
    table = datasets.load("support_faq")
    table = table[table["Topic"].isin(table["Topic"].unique()[:12]) & (table["Split"] == split)]
    return list(zip(table["Prompt"], table["Completion"], strict=True))


def encoded(model: Model, rows: list[tuple[str, str]]) -> list[Example]:
    chats = ([{"role": "user", "content": q}, {"role": "assistant", "content": a}] for q, a in rows)
    return [model.tokenizer.encode_example(chat, max_tokens=512) for chat in chats]


def exact_match(model: Model, rows: list[tuple[str, str]]) -> float:
    right = 0
    for question, answer in rows:
        prompt = model.tokenizer.encode_prompt([{"role": "user", "content": question}])
        text = "".join(piece.text for piece in generate(model, prompt, max_tokens=60, temperature=0))
        right += text == answer
    return right / len(rows)


def test_the_base_model_answers_none(nano: Model) -> None:
    """'The base model none': untuned, not one held-out question gets the shop's answer."""
    assert exact_match(nano, twelve_topics("held-out")) == 0


@pytest.mark.parametrize("seed", SEEDS)
def test_five_epochs_make_a_help_desk(nano: Model, seed: int) -> None:
    """'Many held-out questions word for word'; both losses fall, and the held-out one ends above the training one."""
    train, held_out = twelve_topics("train"), twelve_topics("held-out")
    assert (len(train), len(held_out)) == (192, 24)
    trainer = Trainer(
        nano,
        encoded(nano, train),
        hyperparameters=Hyperparameters(n_epochs=5, batch_size=8, learning_rate_multiplier=1.0),
        seed=seed,
        validation=encoded(nano, held_out),
    )
    seen = list(trainer)
    held = [metrics.full_valid_loss for metrics in seen if metrics.full_valid_loss is not None]
    assert held[-1] < held[0] / 2
    assert np.mean([metrics.train_loss for metrics in seen[-20:]]) < held[-1] < seen[0].train_loss
    assert exact_match(trainer.model, held_out) > 0.5
