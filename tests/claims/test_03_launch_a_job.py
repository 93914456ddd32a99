"""What lesson 03 says about its files, its jobs and one epoch against three, held so that it is true of more than one run."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ftwidgets import datasets, prepare
from ftwidgets.engine import NANO, Example, Hyperparameters, Model, Trainer, auto_hyperparameters
from ftwidgets.lessons.exercises import launch

LESSON = Path(__file__).parents[2] / "notebooks" / "03_launch_a_job.ipynb"


def cells() -> list[dict[str, str]]:
    found = json.loads(LESSON.read_text(encoding="utf-8"))["cells"]
    return [{"type": cell["cell_type"], "text": "".join(cell["source"])} for cell in found]


def test_the_files_of_the_lesson(tmp_path: Path) -> None:
    """'12 topics': the files hold all their rows, and the rule for `auto` gives three epochs for so many."""
    faq = datasets.load("support_faq")
    faq = faq[faq["Topic"].isin(faq["Topic"].unique()[:12])]
    assert faq["Topic"].nunique() == 12
    train, held_out = (faq[faq["Split"] == name] for name in ("train", "held-out"))
    data = prepare(train, tmp_path, validation_source=held_out)
    assert (data.n_train, data.n_validation) == (192, 24)
    assert auto_hyperparameters(data.n_train).n_epochs == 3


def test_the_order_is_the_one_that_is_checked() -> None:
    """The order in the prose is what the check asks for."""
    prose = " ".join(" ".join(cell["text"].split()) for cell in cells() if cell["type"] == "markdown")
    assert f"{launch.EPOCHS} epochs; seed {launch.SEED}; the suffix `{launch.SUFFIX}`" in prose


def test_the_minutes() -> None:
    """Read at 200 words a minute, half a minute a cell, five minutes for the exercise: as long as it says, or a little less."""
    words = sum(len(cell["text"].split()) for cell in cells() if cell["type"] == "markdown")
    code = sum(cell["type"] == "code" for cell in cells())
    assert 15 <= words / 200 + code / 2 + 5 <= 20


@pytest.mark.claims
def test_three_epochs_against_one(seeds: range, hold: Any) -> None:
    """Three end lower than one, in training and held out, and the third pass brings less than the second."""
    nano = Model.load(NANO)
    train, held_out = encoded(nano, "train"), encoded(nano, "held-out")
    losses: dict[str, list[float]] = {"training": [], "held-out": [], "passes": []}
    for seed in seeds:
        (trained_1, held_1), (trained_3, held_3) = (run(nano, train, held_out, epochs, seed) for epochs in (1, 3))
        losses["training"].append(trained_1 - trained_3)
        losses["held-out"].append(held_1[-1] - held_3[-1])
        losses["passes"].append((held_3[0] - held_3[1]) - (held_3[1] - held_3[2]))
        assert held_1[-1] > 2 * held_3[-1], "'far lower'"
    hold("02: one epoch minus three, training loss", losses["training"])
    hold("02: one epoch minus three, held-out loss", losses["held-out"])
    hold("02: gain of the second pass minus gain of the third, held-out loss", losses["passes"])


def encoded(model: Model, split: str) -> list[Example]:
    table = datasets.load("support_faq")
    table = table[table["Topic"].isin(table["Topic"].unique()[:12]) & (table["Split"] == split)]
    pairs = zip(table["Prompt"], table["Completion"], strict=True)
    chats = ([{"role": "user", "content": q}, {"role": "assistant", "content": a}] for q, a in pairs)
    return [model.tokenizer.encode_example(chat, max_tokens=512) for chat in chats]


def run(model: Model, train: list[Example], held_out: list[Example], epochs: int, seed: int) -> tuple[float, list[float]]:
    """Give the training loss of the last six steps, and the held-out loss after each epoch."""
    chosen = Hyperparameters(n_epochs=epochs, batch_size=8, learning_rate_multiplier=1.0)
    seen = list(Trainer(model, train, hyperparameters=chosen, seed=seed, validation=held_out))
    held = [metrics.full_valid_loss for metrics in seen if metrics.full_valid_loss is not None]
    return float(np.mean([metrics.train_loss for metrics in seen[-6:]])), held


PROSE = {
    "12 topics": test_the_files_of_the_lesson,
    "gives 3 epochs": test_the_files_of_the_lesson,
    "2 epochs; seed 7": test_the_order_is_the_one_that_is_checked,
    "20 minutes": test_the_minutes,
}

SOURCES: dict[str, str] = {}
