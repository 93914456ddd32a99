import datetime
import json
from pathlib import Path

import pytest

from ftwidgets.data import check
from ftwidgets.data.cost import prices
from ftwidgets.data.model_specs import TunableModel, find_model, models, sandbox_models, tokenizer_name
from ftwidgets.data.tokens import openai_count
from ftwidgets.engine import NANO

MINI = "gpt-4o-mini-2024-07-18"


@pytest.mark.parametrize("model", models(), ids=lambda model: model.name)
def test_every_model_has_a_limit_an_encoding_and_a_source(model: TunableModel) -> None:
    """And dates that are dates, in order, where it has an end."""
    assert model.limit > 0
    assert model.encoding in (*openai_count.ENCODINGS, "nano")
    assert model.source
    assert datetime.date.fromisoformat(model.as_of) <= datetime.date.today()
    if model.ends is not None and model.retires is not None:
        assert datetime.date.fromisoformat(model.ends) <= datetime.date.fromisoformat(model.retires)


def test_the_sandboxs_limit_is_its_models() -> None:
    """Outside truth: the configuration of the weights."""
    config = json.loads((NANO / "config.json").read_text(encoding="utf-8"))
    assert find_model("nano-2026-11").limit == find_model("nano-untrained").limit == config["max_position_embeddings"]


def test_prices_and_models_tell_the_same_dates() -> None:
    """Two files, one truth; what has a price by its size alone is no model of ours, and has no date of its end."""
    dates = {model.name: (model.ends, model.retires) for model in models()}
    told = {price.model: (price.ends, price.retires) for price in prices()}
    assert {name: ends for name, ends in told.items() if name in dates}.items() <= dates.items()
    assert {name for name, ends in told.items() if name not in dates and ends != (None, None)} == set()
    assert MINI in told


@pytest.mark.parametrize(
    ("name", "full"),
    [
        (MINI, MINI),
        ("gpt-4o-mini", MINI),
        ("gpt-4o", "gpt-4o-2024-08-06"),
        (f"ft:{MINI}:acme::AbCdEfGh", MINI),
        ("gpt-3.5-turbo", "gpt-3.5-turbo-0125"),
        ("nano", "nano-2026-11"),
        ("nano-untrained", "nano-untrained-2026-11"),
    ],
)
def test_a_model_is_found_by_its_names(name: str, full: str) -> None:
    """With and without its date, and as the model it was tuned from."""
    assert find_model(name).name == full


@pytest.mark.parametrize(("name", "code"), [(None, "o200k_base"), ("gpt-3.5-turbo-1106", "cl100k_base"), (MINI, "o200k_base")])
def test_the_encoding_is_the_models(name: str | None, code: str) -> None:
    """Without a model it is that of the models that can still be tuned."""
    rows = [{"messages": [{"role": "user", "content": "Q?"}, {"role": "assistant", "content": "A."}]}]
    assert check(rows, model=name).encoding == code


def test_an_added_model_has_the_context_and_the_tokenizer_of_its_card(added: Path) -> None:
    """A row of more tokens than it reads is found, and one that nano would cut is not, where this model reads it whole."""
    found = find_model("ft:tiny:acme::AbCdEfGh")
    assert (found.name, found.provider, found.encoding, found.limit) == ("tiny", "sandbox", "tiny", 1024)
    texts = ["x " * 300, "x " * 600]
    rows = [{"messages": [{"role": "user", "content": text}, {"role": "assistant", "content": "A."}]} for text in texts]
    long = [finding for finding in check(rows, model="tiny").findings if finding.id == "too-long-row"]
    assert [(finding.row, "tiny reads the first 1,024" in finding.message) for finding in long] == [(2, True)]
    assert sandbox_models() == ["nano-2026-11", "tiny"]
    assert [tokenizer_name(name) for name in ("tiny", MINI, "gone")] == ["tiny", "nano", "nano"]


def test_a_known_model_that_is_not_added_says_how(added: Path) -> None:
    """Not "unknown": the command to type."""
    with pytest.raises(ValueError, match="ftwidgets models add smollm2-135m"):
        check([], model="smollm2-135m")


def test_an_unknown_model_is_named_with_the_known_ones() -> None:
    """No guess at its limit."""
    with pytest.raises(ValueError, match='No model is known here as "gpt-9"') as caught:
        find_model("gpt-9")
    assert MINI in str(caught.value)
