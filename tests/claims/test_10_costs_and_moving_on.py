"""What lesson 10 says, held: what training and hosting cost by the data, a tuned model ends with its base, weights move.

No effect here depends on a seed of training.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

import ftwidgets
from ftwidgets.clients import _sandboxes
from ftwidgets.data.cost import cost, prices
from ftwidgets.lessons.exercises import costs
from ftwidgets.providers import SERVICES, facts, provider
from tests.notebooks.reading import minutes
from tests.notebooks.test_prose import NOTEBOOKS, prose

LESSON = next(path for path in NOTEBOOKS if path.stem == "10_costs_and_moving_on")
QUESTION: dict[str, Any] = {"max_tokens": 60, "temperature": 0, "messages": [{"role": "user", "content": "where is my order"}]}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[openai.OpenAI]:
    home: Path = tmp_path_factory.mktemp("home")
    yield ftwidgets.connect(home=home)
    _sandboxes.pop(home.resolve()).close()


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    faq = ftwidgets.datasets.load("support_faq", "train")
    some = faq[faq["Topic"].isin(faq["Topic"].unique()[:4])]
    return ftwidgets.prepare(some, tmp_path_factory.mktemp("data"), seed=1).train_file


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> int:
    faq = ftwidgets.datasets.load("support_faq", "train")
    data = ftwidgets.prepare(faq, tmp_path_factory.mktemp("costs"), seed=1)
    return int(ftwidgets.check(data.train_file).tokens.sum())


def cells() -> dict[str, Any]:
    return {cell["id"]: cell for cell in json.loads(LESSON.read_text(encoding="utf-8"))["cells"]}


def printed(cell: str) -> str:
    """What a cell has printed and shown, as plain text."""
    return "".join(
        "".join(out.get("text", out.get("data", {}).get("text/plain", ""))) for out in cells()[cell].get("outputs", [])
    )


def test_the_table_of_costs_is_tokens_times_epochs_times_price(tokens: int) -> None:
    """Cents at Fireworks; each row with the day on which its price was read; what has ended is left out."""
    shown = printed("training")
    for price in prices():
        assert (price.model in shown) == (not price.expired())
        assert cost(tokens, 3, price) == pytest.approx(3 * tokens * price.usd_per_million_tokens / 1e6)
        if not price.expired():
            assert price.as_of in shown
    lora = next(price for price in prices() if price.model.endswith("LoRA"))
    assert 0.01 < cost(tokens, 3, lora) < 0.1
    assert f"Measured: {cost(tokens, 3, lora):.3f} USD" in shown
    assert f"{tokens:,} tokens" in printed("tokens")


def test_a_weekend_of_hosting_pays_for_thousands_of_trainings(tokens: int) -> None:
    """Also of the dearer kind, where all weights are trained; a month around the clock is 720 hours at 8 USD."""
    full = cost(tokens, 3, costs.price_of())
    assert 48 * costs.usd_per_hour() / full > 2000
    assert "Measured: 5,760 USD" in printed("hosting")
    assert 24 * costs.DAYS * costs.usd_per_hour() == 5760


def test_the_price_of_hosting_is_that_of_the_data_and_of_its_day() -> None:
    """8 USD an hour, on a page of October 2026."""
    (hosting,) = (fact for fact in facts("fireworks") if fact.about == "hosting")
    assert (hosting.usd, hosting.per, hosting.as_of[:7]) == (8, "hour", "2026-10")
    assert costs.usd_per_hour() == 8


def test_the_tables_are_the_facts() -> None:
    """Every service, every fact of the columns, whole and with its date, in the stored output too."""
    for cell, about in (
        ("facts", ("training", "hosting", "asking")),
        ("facts-rest", ("newcomers", "method", "deployment", "weights")),
    ):
        shown = " ".join(printed(cell).split())
        for name, label in SERVICES.items():
            assert label in shown
            assert all(" ".join(str(fact).split()) in shown for fact in facts(name) if fact.about in about)
    assert sum(fact.says is None for fact in facts()) >= 5  # "many cells"
    served = next(fact.says or "" for fact in facts("nebius") if fact.about == "hosting")
    assert served.startswith("none for a LoRA")


def test_the_dates_are_those_of_the_data() -> None:
    """Each of OpenAI's days stands in the table of the lesson, and the addresses in the text are the profiles'."""
    service = provider("openai")
    for day in (service.closed_to_newcomers, service.closed_to_inactive, service.no_new_jobs, service.models_end):
        assert f"| {day} |" in prose(LESSON)
    assert provider("nebius").key_variable in prose(LESSON)
    assert provider("foundry").address_form in prose(LESSON)
    assert "60 days" in service.warning
    assert (provider("nebius").learning_rate_multiplier, provider("foundry").learning_rate_multiplier) == ("absolute", "factor")


def test_the_adapter_is_about_a_tenth() -> None:
    """Of the size of the whole model, as stored."""
    sizes = {form: float(size) for form, size in re.findall(r"(\w+): ([\d.]+) MB", printed("both-size"))}
    assert set(sizes) == {"huggingface", "adapter", "gguf"}
    assert 0.07 < sizes["adapter"] / sizes["huggingface"] < 0.13


def test_a_tuned_model_ends_with_its_base_and_its_weights_move(client: openai.OpenAI, small: Path, tmp_path: Path) -> None:
    """Gone on the day, in the words of a 404; the exported weights give the same answer, word for word, elsewhere."""
    tuned = ftwidgets.launch(client, small, model="nano-2026-11", n_epochs=2).wait(timeout=300).model
    assert tuned is not None
    before = client.chat.completions.create(model=tuned, **QUESTION).choices[0].message.content
    ftwidgets.export(client, tuned, tmp_path / "exported")
    faults = ftwidgets.faults(client)
    faults.shut_down("nano-2026-11", "2099-12-31")
    assert client.models.retrieve(tuned).to_dict()["shutdown_date"] == "2099-12-31"
    faults.shut_down("nano-2026-11", "2026-11-01")
    with pytest.raises(openai.NotFoundError, match="deprecated"):
        client.chat.completions.create(model=tuned, **QUESTION)
    faults.clear()
    ftwidgets.models.add(tmp_path / "exported", name="moved", folder=tmp_path / "store")
    with ftwidgets.Sandbox(tmp_path / "vendor", models=tmp_path / "store") as vendor:
        moved = vendor.client().chat.completions.create(model="moved", **QUESTION).choices[0].message.content
    assert moved == before
    assert "Measured: yes" in printed("moving")


def test_the_exercise_has_a_budget_and_a_month() -> None:
    """15 cents, 30 days."""
    assert (costs.BUDGET, costs.DAYS) == (0.15, 30)


def test_reading_takes_the_time_it_says() -> None:
    """To within five minutes."""
    assert minutes(LESSON) == pytest.approx(30, abs=5)


PROSE = {
    "Reading and exercises: 30 minutes": test_reading_takes_the_time_it_says,
    "the page of October 2026 asks 8 USD an hour": test_the_price_of_hosting_is_that_of_the_data_and_of_its_day,
    "a month of 30 days": test_the_exercise_has_a_budget_and_a_month,
    "30 days of hosting": test_the_exercise_has_a_budget_and_a_month,
    "You have 15 cents": test_the_exercise_has_a_budget_and_a_month,
    "| 2026-05-07 |": test_the_dates_are_those_of_the_data,
    "| 2026-07-02 |": test_the_dates_are_those_of_the_data,
    "for 60 days": test_the_dates_are_those_of_the_data,
    "| 2027-01-06 |": test_the_dates_are_those_of_the_data,
    "| 2027-01-14 |": test_the_dates_are_those_of_the_data,
}

SOURCES = {
    "| 2026-10-23 | GPT-4, the model": (
        "OpenAI's deprecations page, as quoted on 2026-10-15 (importstatic.com): gpt-4 and gpt-4-0613"
    ),
    "models tuned from GPT-4o and GPT-4.1 stop": (
        "the same page, as quoted on 2026-10-28 and 2026-11-10: fine-tuned versions follow the schedule of their base models"
    ),
}
