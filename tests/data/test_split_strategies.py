from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftwidgets.data.split_strategies import apportion, split_by_key, split_stratified, validation_size

KEYS = [f"prompt {i % 70}" for i in range(100)]  # 30 prompts are there twice


@pytest.mark.parametrize("seed", range(20))
def test_equal_prompts_stay_on_one_side(seed: int) -> None:
    """No prompt is in both, nothing is lost, both keep their order, and the size is the one asked for."""
    train, held = split_by_key(KEYS, 20, seed=seed)
    assert {KEYS[i] for i in train} & {KEYS[i] for i in held} == set()
    assert sorted(train + held) == list(range(100))
    assert train == sorted(train)
    assert held == sorted(held)
    assert len(held) == 20


def test_the_seed_alone_decides() -> None:
    """The same seed gives the same split in any process; another seed another one."""
    keys = [f"prompt {i}" for i in range(12)]
    assert split_by_key(keys, 3, seed=0) == split_by_key(keys, 3, seed=0)
    assert split_by_key(keys, 3, seed=0)[1] == [0, 2, 8]
    assert len({tuple(split_by_key(keys, 3, seed=seed)[1]) for seed in range(20)}) > 10


def test_every_row_has_the_same_chance() -> None:
    """Over many seeds each prompt is held out about as often as the others."""
    keys = [f"prompt {i}" for i in range(10)]
    times = [0] * 10
    for seed in range(1000):
        for position in split_by_key(keys, 3, seed=seed)[1]:
            times[position] += 1
    assert sum(times) == 3000
    assert all(240 < n < 360 for n in times)  # 300 expected, standard deviation 14.5


def test_a_new_row_hardly_moves_the_others() -> None:
    """Adding one row to the data takes at most one other out of validation."""
    _, before = split_by_key(KEYS, 20, seed=1)
    _, after = split_by_key([*KEYS, "a new one"], 20, seed=1)
    assert len(set(before) - set(after)) <= 2  # a prompt that is there twice counts as two rows


@pytest.mark.parametrize(
    ("validation", "n", "expected"),
    [
        (0.2, 100, 20),
        (0.2, 3, 1),
        (0.01, 20, 1),
        (0.99, 2, 1),
        (0.5, 1, 0),
        (0.0, 50, 0),
        (0, 50, 0),
        (5, 50, 5),
        (49, 50, 49),
    ],
)
def test_sizes(validation: float, n: int, expected: int) -> None:
    """A fraction above 0 holds out at least one, and something always stays for training."""
    assert validation_size(validation, n) == expected


@pytest.mark.parametrize("validation", [1.0, -0.1, float("nan"), 50, -1, True, "0.2"])
def test_impossible_sizes_are_refused_with_the_value(validation: float) -> None:
    """The message has the rule, then the value."""
    with pytest.raises(ValueError, match=str(validation)):
        validation_size(validation, 50)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from("abc")), min_size=1, max_size=60), st.data())
def test_no_split_loses_a_row_or_parts_a_group(rows: list[tuple[int, str]], data: st.DataObject) -> None:
    """Plain and stratified: together the sides are everything, in order, no key is on both, and none is too big."""
    keys, labels = [key for key, _ in rows], [label for _, label in rows]
    n, seed = data.draw(st.integers(0, len(rows) - 1)), data.draw(st.integers(0, 5))
    for train, held in (split_by_key(keys, n, seed=seed), split_stratified(keys, labels, n, seed=seed)):
        assert sorted(train + held) == list(range(len(rows)))
        assert (train, held) == (sorted(train), sorted(held))
        assert {keys[i] for i in train} & {keys[i] for i in held} == set()
        assert len(held) <= n


@pytest.mark.parametrize("seed", range(10))
def test_each_label_has_its_share(seed: int) -> None:
    """Within one row of its proportion, whatever the seed, and every seed holds out others."""
    labels = ["a"] * 60 + ["b"] * 30 + ["c"] * 10
    train, held = split_stratified(range(100), labels, 20, seed=seed)
    assert Counter(labels[i] for i in held) == {"a": 12, "b": 6, "c": 2}
    assert (train, held) == split_stratified(range(100), [label.upper() for label in labels], 20, seed=seed)
    assert held != split_stratified(range(100), labels, 20, seed=seed + 1)[1]


@given(st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 50), min_size=1), st.data())
def test_shares_follow_the_counts(counts: dict[str, int], data: st.DataObject) -> None:
    """They add up to as many as asked for if there is room, leave each label something, and miss the proportion by one."""
    room = {label: n - 1 for label, n in counts.items()}
    n = data.draw(st.integers(0, sum(counts.values())))
    parts = apportion(counts, room, n)
    assert sum(parts.values()) == min(n, sum(room.values()))
    assert all(0 <= parts[label] <= room[label] for label in counts)
    some = [label for label in counts if room[label]]
    if n >= len(some):
        assert all(parts[label] for label in some)


def test_a_rare_label_is_on_both_sides_where_it_can_be() -> None:
    """Two rows of a hundred: one of them is held out; a label with one row is trained on."""
    labels = ["a"] * 97 + ["b", "b", "c"]
    held = split_stratified(range(100), labels, 10)[1]
    assert Counter(labels[i] for i in held) == {"a": 9, "b": 1}
    assert split_stratified(["x"] * 100, labels, 10)[1] == []
