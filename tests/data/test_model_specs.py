import datetime
import json
from collections.abc import Sequence
from typing import Any

import pytest

from ftwidgets.data import check
from ftwidgets.data.cost import prices
from ftwidgets.data.findings import Finding
from ftwidgets.data.model_specs import TooLong, TunableModel, find_model, models
from ftwidgets.data.rows import Row, RowBatch, TrainingRow
from ftwidgets.data.tokens import count_tokens, openai_count
from ftwidgets.data.tokens.openai_count import count_row_tokens
from ftwidgets.engine import NANO

MINI = "gpt-4o-mini-2024-07-18"


def row(prompt: str, completion: str, given: dict[str, Any] | None = None) -> TrainingRow:
    return TrainingRow(Row(1, 1, 1, None), prompt, completion, source_example=given)


def found(rule: TooLong, rows: Sequence[TrainingRow]) -> list[tuple[int, Finding]]:
    return list(rule.update(RowBatch(0, rows)))


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
    assert find_model("nano-2026-11").limit == config["max_position_embeddings"]


def test_prices_and_models_tell_the_same_dates() -> None:
    """Two files, one truth."""
    dates = {model.name: (model.ends, model.retires) for model in models()}
    assert {price.model: (price.ends, price.retires) for price in prices()}.items() <= dates.items()


@pytest.mark.parametrize(
    ("name", "full"),
    [
        (MINI, MINI),
        ("gpt-4o-mini", MINI),
        ("gpt-4o", "gpt-4o-2024-08-06"),
        (f"ft:{MINI}:acme::AbCdEfGh", MINI),
        ("gpt-3.5-turbo", "gpt-3.5-turbo-0125"),
        ("nano", "nano-2026-11"),
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


def test_an_unknown_model_is_named_with_the_known_ones() -> None:
    """No guess at its limit."""
    with pytest.raises(ValueError, match='No model is known here as "gpt-9"') as caught:
        find_model("gpt-9")
    assert MINI in str(caught.value)


def test_a_long_row_is_found_with_what_is_cut() -> None:
    """Outside truth: 65,536 tokens, and ` word` is one of them; its place in the batch is told."""
    rows = [row("a", "b"), row("Count", " word" * 65_530), row("Count", " word" * 65_527)]
    lengths = count_row_tokens(rows, "o200k_base")
    assert lengths[1:] == [65_530 + 1 + 8, 65_536]
    ((place, fault),) = found(TooLong(MINI), rows)
    assert (place, fault.id, fault.level) == (1, "too-long-row", "warning")
    assert "65,539 tokens" in fault.message
    assert "the first 65,536" in fault.message
    assert "last 3 tokens" in fault.message


def test_the_sandbox_counts_with_its_own_tokenizer() -> None:
    """A row at its limit passes, one token more does not; many bytes are not yet many tokens."""
    least = count_tokens([row("x", "").example])[0]
    one = count_tokens([row("x", " the").example])[0] - least
    assert one == 1
    fits, over = (row("x", " the" * (512 - least + more)) for more in (0, 1))
    assert [count_tokens([item.example])[0] for item in (fits, over)] == [512, 513]
    assert [place for place, _ in found(TooLong("nano-2026-11"), [fits, over])] == [1]


def test_short_rows_are_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A row of fewer bytes than the limit costs nothing: the counter is not called."""
    monkeypatch.setattr("ftwidgets.data.model_specs.count_rows", lambda *_: pytest.fail("counted"))
    chat = row("Q" * 30_000, "A" * 30_000)
    assert found(TooLong(MINI), [chat, row("", "", chat.example), row("é", "\ud83d")]) == []


def test_of_a_preference_row_the_longer_reading_counts() -> None:
    """Its input with one answer, not with both."""
    half = " word" * 40_000
    say = [{"role": "assistant", "content": half}]
    fits = {"input": {"messages": [{"role": "user", "content": "Q"}]}, "preferred_output": say, "non_preferred_output": say}
    over = {**fits, "input": {"messages": [{"role": "user", "content": half}]}}
    rows = [row("Q", half, fits), row(half, half, over)]
    assert [(place, fault.message.split(" tokens")[0]) for place, fault in found(TooLong(MINI), rows)] == [
        (1, "The row has 80,008")
    ]


def test_tools_count_towards_the_limit() -> None:
    """They are not in the texts of the turns, but the model reads them."""
    tool = {"type": "function", "function": {"name": "f", "description": " word" * 65_536}}
    example = {**row("Q", "A").example, "tools": [tool]}
    assert [place for place, _ in found(TooLong(MINI), [row("Q", "A", example)])] == [0]
