from collections.abc import Sequence
from typing import Any

import pytest

from ftwidgets.data.findings import Finding
from ftwidgets.data.rows import Row, RowBatch, TrainingRow
from ftwidgets.data.rules import TooLong
from ftwidgets.data.tokens import count_tokens
from ftwidgets.data.tokens.openai_count import count_row_tokens
from ftwidgets.engine import NANO, Tokenizer

MINI = "gpt-4o-mini-2024-07-18"


def row(prompt: str, completion: str, given: dict[str, Any] | None = None) -> TrainingRow:
    return TrainingRow(Row(1, 1, 1, None), prompt, completion, source_example=given)


def found(rule: TooLong, rows: Sequence[TrainingRow]) -> list[tuple[int, Finding]]:
    return list(rule.update(RowBatch(0, rows)))


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


def test_a_row_whose_answer_lies_beyond_the_limit_is_told_apart() -> None:
    """Outside truth: what the engine trains on, where the prompt leaves room for a token of the answer or for none."""
    tokenizer = Tokenizer.load(NANO)
    rows = [row(" the" * n, "Yes.") for n in range(490, 512)]
    trained = [tokenizer.encode_example(item.example["messages"], max_tokens=512).weights.any() for item in rows]
    assert {True, False} == set(trained)
    nothing = [place for place, fault in found(TooLong("nano-2026-11"), rows) if "learn nothing" in fault.message]
    assert nothing == [place for place, some in enumerate(trained) if not some]
    earlier = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello", "weight": 0}]
    last = rows[-1].example["messages"]
    chats = [row("", "", {"messages": [*turns, *last]}) for turns in (earlier, [{**turn, "weight": 1} for turn in earlier])]
    faults = [fault.message for _, fault in found(TooLong("nano-2026-11"), chats)]
    assert ["learn nothing" in message for message in faults] == [True, False]


def test_short_rows_are_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A row of fewer bytes than the limit costs nothing: the counter is not called."""
    monkeypatch.setattr("ftwidgets.data.rules.too_long.count_rows", lambda *_: pytest.fail("counted"))
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
