"""What lesson 03 says about its files, its key and three learning rates, held so that it is true of more than one run."""

import json
from pathlib import Path
from typing import Any

import openai
import pytest

import ftwidgets
from ftwidgets import datasets, prepare
from ftwidgets.clients import connect
from ftwidgets.engine import NANO, Example, Hyperparameters, Model, Trainer, auto_hyperparameters
from ftwidgets.lessons.exercises import launch

LESSON = Path(__file__).parents[2] / "notebooks" / "03_launch_a_job.ipynb"
RATES = (0.1, 1.0, 40.0)
BETTER = (4.0,)  # of the exercise's solution


def cells() -> list[dict[str, str]]:
    found = json.loads(LESSON.read_text(encoding="utf-8"))["cells"]
    return [{"id": cell["id"], "type": cell["cell_type"], "text": "".join(cell["source"])} for cell in found]


def code(name: str) -> str:
    return next(cell["text"] for cell in cells() if cell["id"] == name)


def test_the_files_of_the_lesson(tmp_path: Path) -> None:
    """Eight topics: 128 examples to train on and 16 held out."""
    faq = datasets.load("support_faq")
    faq = faq[faq["Topic"].isin(faq["Topic"].unique()[:8])]
    train, held_out = (faq[faq["Split"] == name] for name in ("train", "held-out"))
    data = prepare(train, tmp_path, validation_source=held_out)
    assert (data.n_train, data.n_validation) == (128, 16)


def test_the_lesson_runs_the_rates_that_it_names() -> None:
    """The prose, the guess, the code and the exercise name the same rates."""
    assert "with_rate(0.1), 1: job, 40: with_rate(40)" in code("rates")
    assert "0.1, 1 or 40?" in code("guess-rate")
    assert '"n_epochs": 1, "learning_rate_multiplier": 1' in code("form")
    assert all(f"{rate:g}" in launch.EXERCISES[0].solution for rate in BETTER)


def test_a_deleted_key_works_until_it_is_revoked(tmp_path: Path) -> None:
    """The lesson's own cells: accepted, then 401; and the lesson's own client still works."""
    client = connect(home=tmp_path)
    said: dict[str, Any] = {}
    lesson = type("Lesson", (), {"reveal": lambda _self, name, value: said.update({name: value})})()
    scope = {
        "client": client,
        "openai": openai,
        "ftwidgets": ftwidgets,
        "lesson": lesson,
        "print": lambda text: said.update(after=text),
    }
    exec(code("leak") + "\n" + code("revoke"), scope)
    assert said == {"leak": "yes", "after": "no: 401, invalid_api_key"}
    assert client.models.list().data
    client.close()


def test_the_minutes() -> None:
    """Read at 200 words a minute, half a minute a code cell, ten minutes for the exercises: about as long as it says."""
    words = sum(len(cell["text"].split()) for cell in cells() if cell["type"] == "markdown")
    n_code = sum(cell["type"] == "code" for cell in cells())
    assert 25 <= words / 200 + n_code / 2 + 10 <= 30


@pytest.mark.claims
def test_the_rate_has_a_middle(seeds: range, hold: Any) -> None:
    """A tenth of the rate and forty times the rate end higher than 1; a rate of the solution ends lower."""
    nano = Model.load(NANO)
    train, held_out = encoded(nano, "train"), encoded(nano, "held-out")
    slow, fast, better = [], [], []
    for seed in seeds:
        low, one, high = (loss(nano, train, held_out, rate, seed) for rate in RATES)
        slow.append(low - one)
        fast.append(high - one)
        better.append(one - min(loss(nano, train, held_out, rate, seed) for rate in BETTER))
    hold("03: held-out loss at a tenth of the rate minus at 1", slow)
    hold("03: held-out loss at forty times the rate minus at 1", fast)
    hold("03: held-out loss at 1 minus at the best rate of the solution", better)


def encoded(model: Model, split: str) -> list[Example]:
    table = datasets.load("support_faq")
    table = table[table["Topic"].isin(table["Topic"].unique()[:8]) & (table["Split"] == split)]
    pairs = zip(table["Prompt"], table["Completion"], strict=True)
    chats = ([{"role": "user", "content": q}, {"role": "assistant", "content": a}] for q, a in pairs)
    return [model.tokenizer.encode_example(chat, max_tokens=512) for chat in chats]


def loss(model: Model, train: list[Example], held_out: list[Example], rate: float, seed: int) -> float:
    """Return the held-out loss after one epoch."""
    batch_size = auto_hyperparameters(len(train)).batch_size  # the lesson leaves it to the service
    chosen = Hyperparameters(n_epochs=1, batch_size=batch_size, learning_rate_multiplier=rate)
    seen = Trainer(model, train, hyperparameters=chosen, seed=seed, validation=held_out)
    return [metrics.full_valid_loss for metrics in seen if metrics.full_valid_loss is not None][-1]


PROSE = {
    "Reading and exercises: 30 minutes": test_the_minutes,
    "that 1 is the best": test_the_rate_has_a_middle,
    "a better rate than 1.": test_the_rate_has_a_middle,
    "three rates between 1 and 40": test_the_lesson_runs_the_rates_that_it_names,
}

SOURCES: dict[str, str] = {
    "2 means twice": "the field's description in OpenAI's reference: a scaling factor for the learning rate",
    "exercise 1": "the exercises of the lesson",
}
