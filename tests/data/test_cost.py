import datetime
import json
from pathlib import Path

import pytest

from ftwidgets.clients import connect
from ftwidgets.data import prepare
from ftwidgets.data.cost import Price, cost, format_usd, prices
from ftwidgets.data.tokens import count_tokens
from ftwidgets.jobs.job import launch


def test_the_sandbox_is_free_and_first() -> None:
    """The first price is the sandbox's, and it is nothing."""
    first = prices()[0]
    assert (first.provider, first.model, cost(10**9, 50, first)) == ("sandbox", "nano-2026-11", 0.0)


def test_the_guides_example_comes_out() -> None:
    """OpenAI's guide: 100,000 tokens, 3 epochs of gpt-4o-mini, about 0.90 USD."""
    mini = next(price for price in prices() if price.model.startswith("gpt-4o-mini"))
    assert cost(100_000, 3, mini) == pytest.approx(0.90)


@pytest.mark.parametrize("price", prices(), ids=lambda price: price.model)
def test_every_price_says_when_and_where_it_was_read(price: Price) -> None:
    """A date in the past, a source, a note; no model is there twice."""
    assert datetime.date(2026, 1, 1) < datetime.date.fromisoformat(price.as_of) < datetime.date(2030, 1, 1)
    assert price.source
    assert price.note
    assert [other.model for other in prices()].count(price.model) == 1


@pytest.mark.parametrize(
    ("today", "expired", "state"),
    [
        ("2027-01-05", False, "New jobs until 2027-01-06. Models tuned from it stop on 2027-01-14."),
        ("2027-01-06", True, "Expired: no new jobs since 2027-01-06. Models tuned from it stop on 2027-01-14."),
        ("2027-01-14", True, "Expired: no new jobs since 2027-01-06. Models tuned from it stopped on 2027-01-14."),
    ],
)
def test_a_price_says_when_it_ends(today: str, expired: bool, state: str) -> None:
    """The day from which nobody can start a job makes it expired, and the sentence says so."""
    price = Price("OpenAI", "m", 3.0, "a page", "2026-11-22", "", ends="2027-01-06", retires="2027-01-14")
    day = datetime.date.fromisoformat(today)
    assert (price.expired(day), price.availability(day)) == (expired, state)


def test_what_is_shut_down_is_expired_and_the_sandbox_never_is() -> None:
    """In the data too: GPT-4.1 nano ended on 2026-10-23."""
    day = datetime.date(2026, 11, 22)
    assert [price.model for price in prices() if price.expired(day)] == ["gpt-4.1-nano-2025-04-14"]
    assert (prices()[0].expired(day), prices()[0].availability(day)) == (False, "")


def test_a_negative_number_is_refused() -> None:
    """A sign error does not become a credit note."""
    with pytest.raises(ValueError, match="cannot be negative: -1 tokens"):
        cost(-1, 3, prices()[0])


@pytest.mark.parametrize(
    ("amount", "text"), [(0, "0 USD"), (0.004, "0.004 USD"), (0.00021, "0.0002 USD"), (0.9, "0.90 USD"), (1250, "1,250.00 USD")]
)
def test_amounts_read_well(amount: float, text: str) -> None:
    """No bill of `0.00 USD` that is not nothing."""
    assert format_usd(amount) == text


def test_the_tokens_are_those_a_job_is_billed_for(tmp_path: Path) -> None:
    """Outside truth: `trained_tokens` of a finished job is the count of the training file times its epochs."""
    csv = tmp_path / "small.csv"
    csv.write_text("Prompt,Completion\n" + "".join(f"what is {n},it is {n * n}\n" for n in range(10)), encoding="utf-8")
    made = prepare(csv, tmp_path, validation=0)
    lines = made.train_file.read_text(encoding="utf-8").splitlines()
    client = connect(home=tmp_path / "home")
    job = launch(client, made.train_file, model="nano-2026-11", n_epochs=2).wait(timeout=60)
    assert job.details.trained_tokens == 2 * sum(count_tokens(map(json.loads, lines)))
    client.close()
