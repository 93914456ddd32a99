import pytest

from ftwidgets.prep.split import split, validation_size

KEYS = [f"prompt {i % 70}" for i in range(100)]  # 30 prompts are there twice


@pytest.mark.parametrize("seed", range(20))
def test_equal_prompts_stay_on_one_side(seed: int) -> None:
    """No prompt is in both, nothing is lost, both keep their order, and the size is the one asked for."""
    train, held = split(KEYS, 20, seed=seed)
    assert {KEYS[i] for i in train} & {KEYS[i] for i in held} == set()
    assert sorted(train + held) == list(range(100))
    assert train == sorted(train)
    assert held == sorted(held)
    assert len(held) == 20


def test_the_seed_alone_decides() -> None:
    """The same seed gives the same split in any process; another seed another one."""
    keys = [f"prompt {i}" for i in range(12)]
    assert split(keys, 3, seed=0) == split(keys, 3, seed=0)
    assert split(keys, 3, seed=0)[1] == [0, 2, 8]
    assert len({tuple(split(keys, 3, seed=seed)[1]) for seed in range(20)}) > 10


def test_every_row_has_the_same_chance() -> None:
    """Over many seeds each prompt is held out about as often as the others."""
    keys = [f"prompt {i}" for i in range(10)]
    times = [0] * 10
    for seed in range(1000):
        for position in split(keys, 3, seed=seed)[1]:
            times[position] += 1
    assert sum(times) == 3000
    assert all(240 < n < 360 for n in times)  # 300 expected, standard deviation 14.5


def test_a_new_row_hardly_moves_the_others() -> None:
    """Adding one row to the data takes at most one other out of validation."""
    _, before = split(KEYS, 20, seed=1)
    _, after = split([*KEYS, "a new one"], 20, seed=1)
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
