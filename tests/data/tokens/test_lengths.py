from pathlib import Path

import pytest

from ftwidgets.data.tokens import count_tokens, lengths
from ftwidgets.data.tokens.lengths import bins, measure

OK = {"role": "assistant", "content": "ok"}
EXAMPLES = [{"messages": [{"role": "user", "content": "hi " * n}, OK]} for n in range(1, 41)]


@pytest.mark.parametrize("counts", [[7], [3, 3, 3], [0, 511, 512], list(range(1000)), [1, 100_000]])
def test_bins_hold_every_length_once(counts: list[int]) -> None:
    """At most twelve bins of one round width, without a gap, that hold every length."""
    found = bins(counts)
    width = found[0][1] - found[0][0] + 1
    assert len(found) <= 12
    assert str(width).rstrip("0") in {"1", "2", "5"}
    assert [first for first, _, _ in found] == list(range(found[0][0], found[-1][1] + 1, width))
    assert all(n == sum(first <= length <= last for length in counts) for first, last, n in found)
    assert sum(n for _, _, n in found) == len(counts)
    assert bins([]) == []


def test_all_are_counted_where_there_are_few() -> None:
    """The totals are exact, of all examples and of chosen ones."""
    found = measure(EXAMPLES)
    tokens = count_tokens(EXAMPLES)
    assert found.exact
    assert found.total == sum(tokens)
    chosen = [n % 3 == 0 for n in range(len(EXAMPLES))]
    assert found.total_of(chosen) == sum(tokens[::3])
    assert str(found).startswith(f"40 examples of {tokens[0]} to {tokens[-1]} tokens")


def test_of_many_some_are_counted_and_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where lengths recur: the estimate from a tenth of 4,000 is within five percent, and called an estimate."""
    monkeypatch.setattr(lengths, "MAX_COUNTED", 400)
    many = [EXAMPLES[(7 * n) % 40] for n in range(4001)]
    found = measure(many)
    truth = sum(count_tokens(many))
    assert not found.exact
    assert len(found.tokens) == 400
    assert found.total == pytest.approx(truth, rel=0.05)
    assert found.total_of([n % 2 == 0 for n in range(4001)]) == pytest.approx(truth / 2, rel=0.06)
    assert "of which 400 were counted" in str(found)
    assert "about" in str(found)


def test_what_is_longer_than_the_model_reads_is_said(added: Path) -> None:
    """One example of far more than the context is named as cut off; none is not mentioned."""
    long = {"messages": [{"role": "user", "content": "word " * 900}, OK]}
    assert "Longer than 512 tokens, where the sandbox cuts off: 1." in str(measure([*EXAMPLES, long]))
    assert "Longer" not in str(measure(EXAMPLES))
    reads_more = measure([*EXAMPLES, long], added.name)
    assert "Longer than 1,024 tokens" in str(reads_more)
    assert str(measure([])) == "No usable example, no tokens."
