import json
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftwidgets.data import Prepared, prepare
from ftwidgets.data.splits import (
    apportion,
    find_leak,
    precision_note,
    split_by_column,
    split_by_key,
    split_stratified,
    validation_size,
)
from ftwidgets.errors import DataError

COLOURS = ("red", "blue", "green", "grey", "pink", "brown", "white", "black")
ROOMS = ("kitchen", "cellar", "attic", "garage", "hallway")
PAIRS = [
    (f"Where did you put the {colour} ladder of the {room}?", f"The {colour} one stands in the {room}.")
    for colour in COLOURS
    for room in ROOMS
]
KEYS = [f"prompt {i % 70}" for i in range(100)]  # 30 prompts are there twice


@pytest.mark.parametrize("seed", range(20))
def test_equal_prompts_stay_on_one_side(seed: int) -> None:
    """No prompt is on both sides, no row is held out twice, the order stays, and the size is the one asked for."""
    held = split_by_key(KEYS, 20, seed=seed)
    assert {KEYS[i] for i in set(range(100)) - set(held)} & {KEYS[i] for i in held} == set()
    assert held == sorted(set(held) & set(range(100)))
    assert len(held) == 20


def test_the_seed_alone_decides() -> None:
    """The same seed gives the same split in any process; another seed another one."""
    keys = [f"prompt {i}" for i in range(12)]
    assert split_by_key(keys, 3, seed=0) == split_by_key(keys, 3, seed=0)
    assert split_by_key(keys, 3, seed=0) == [0, 2, 8]
    assert len({tuple(split_by_key(keys, 3, seed=seed)) for seed in range(20)}) > 10


def test_every_row_has_the_same_chance() -> None:
    """Over many seeds each prompt is held out about as often as the others."""
    keys = [f"prompt {i}" for i in range(10)]
    times = [0] * 10
    for seed in range(1000):
        for position in split_by_key(keys, 3, seed=seed):
            times[position] += 1
    assert sum(times) == 3000
    assert all(240 < n < 360 for n in times)  # 300 expected, standard deviation 14.5


def test_a_new_row_hardly_moves_the_others() -> None:
    """Adding one row to the data takes at most one other out of validation."""
    before = split_by_key(KEYS, 20, seed=1)
    after = split_by_key([*KEYS, "a new one"], 20, seed=1)
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
    """Plain and stratified: every row is held out once at most, in order, no key is on both sides, and none is too big."""
    keys, labels = [key for key, _ in rows], [label for _, label in rows]
    n, seed = data.draw(st.integers(0, len(rows) - 1)), data.draw(st.integers(0, 5))
    for held in (split_by_key(keys, n, seed=seed), split_stratified(keys, labels, n, seed=seed)):
        assert held == sorted(set(held) & set(range(len(rows))))
        assert {keys[i] for i in set(range(len(rows))) - set(held)} & {keys[i] for i in held} == set()
        assert len(held) <= n


@pytest.mark.parametrize("seed", range(10))
def test_each_label_has_its_share(seed: int) -> None:
    """Within one row of its proportion, whatever the seed, and every seed holds out others."""
    labels = ["a"] * 60 + ["b"] * 30 + ["c"] * 10
    held = split_stratified(range(100), labels, 20, seed=seed)
    assert Counter(labels[i] for i in held) == {"a": 12, "b": 6, "c": 2}
    assert held == split_stratified(range(100), [label.upper() for label in labels], 20, seed=seed)
    assert held != split_stratified(range(100), labels, 20, seed=seed + 1)


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
    held = split_stratified(range(100), labels, 10)
    assert Counter(labels[i] for i in held) == {"a": 9, "b": 1}
    assert split_stratified(["x"] * 100, labels, 10) == []


def test_a_column_may_say_it() -> None:
    """In any case and any of the usual words; a row of which it says nothing is named and trained on."""
    sides = ["train", "Training", "TEST", "held-out", "held_out", "Validation ", "val", "dev"]
    held, findings = split_by_column(sides, [f"line {i + 2}" for i in range(8)], "Split")
    assert held == [False, False, True, True, True, True, True, True]
    assert findings == []
    held, (finding,) = split_by_column(["train", "maybe", None, "test"], [f"line {i + 2}" for i in range(4)], "Split")
    assert held == [False, False, False, True]
    assert (finding.id, finding.level, finding.field) == ("unknown-side", "error", "Split")
    assert '"Split" says neither train nor validation in 2 rows, first on line 3, but "", "maybe"' in finding.message


def test_a_split_that_parts_a_group_is_refused() -> None:
    """The first pairs are named with their lines, and what to do instead."""
    keys, places = [i // 2 for i in range(12)], [f"line {i + 2}" for i in range(12)]
    fault = find_leak(keys, [1, 3, 5, 6, 7, 9], places)
    assert fault is not None
    assert (fault.id, fault.level) == ("straddling-near-duplicates", "error")
    assert "line 2 (train) and line 3 (validation); line 4 (train) and line 5 (validation); " in fault.message
    assert fault.message.endswith(", and 1 more pair.")
    assert 'split="grouped"' in fault.fix
    assert find_leak(keys, [0, 1, 6, 7], places) is None
    assert find_leak(keys, split_by_key(keys, 6), places) is None


@pytest.mark.parametrize(
    ("n", "said"),
    [
        (40, "40 held-out examples: a score of 0.80 means 0.65 to 0.90, one of 0.50 means 0.35 to 0.65 (95 % interval)."),
        (10, "10 held-out examples: a score of 0.80 means 0.49 to 0.94, one of 0.50 means 0.24 to 0.76 (95 % interval)."),
        (3, "3 held-out examples: a score of 0.67 means 0.21 to 0.94, one of 0.33 means 0.06 to 0.79 (95 % interval)."),
        (1, "1 held-out example: a score of 1.00 means 0.21 to 1.00, one of 0.00 means 0.00 to 0.79 (95 % interval)."),
        (300, None),
        (0, None),
    ],
)
def test_what_so_many_examples_can_tell(n: int, said: str | None) -> None:
    """Wilson's interval in words; a remark only where it is wider than a tenth."""
    notes = precision_note(n)
    assert [(note.id, note.level, note.message) for note in notes] == ([("validation-size", "note", said)] if said else [])


def sides(prepared: Prepared) -> tuple[list[str], list[str]]:
    def prompts(path: Path | None) -> list[str]:
        lines = path.read_text(encoding="utf-8").splitlines() if path is not None else []
        return [json.loads(line)["messages"][-2]["content"] for line in lines]

    return prompts(prepared.train_file), prompts(prepared.validation_file)


def table(rows: list[tuple[str, str]], **columns: list[Any]) -> pd.DataFrame:
    return pd.DataFrame({"Prompt": [p for p, _ in rows], "Completion": [c for _, c in rows], **columns})


def test_near_duplicates_stay_on_one_side(tmp_path: Path) -> None:
    """By default; each wording of a question is where the others are, whatever the seed."""
    again = [(prompt.replace("Where did", "where  did").replace("?", " ?!"), answer) for prompt, answer in PAIRS]
    for seed in range(4):
        train, held = sides(prepare(table(PAIRS + again), tmp_path, seed=seed))
        assert len(train) + len(held) == 80
        bare = [{"".join(filter(str.isalpha, prompt.lower())) for prompt in side} for side in (train, held)]
        assert bare[0] & bare[1] == set()


def test_a_random_split_that_would_leak_is_refused(tmp_path: Path) -> None:
    """It names rows that would be on both sides, says what to do instead, and writes nothing."""
    again = [(prompt.replace("?", " ?!"), answer) for prompt, answer in PAIRS]
    with pytest.raises(DataError, match="grouped"):
        prepare(table(PAIRS + again), tmp_path / "out", split="random")
    assert not (tmp_path / "out").exists()
    train, held = sides(prepare(table(PAIRS), tmp_path / "out", split="random", validation=8))
    assert (len(train), len(held)) == (32, 8)


def test_a_stratified_split_gives_each_label_its_share(tmp_path: Path) -> None:
    """A rare label is in both files."""
    rows = [(prompt, "rare" if number % 8 == 0 else "common") for number, (prompt, _) in enumerate(PAIRS)]
    prepared = prepare(table(rows), tmp_path, split="stratified", validation=0.4)
    assert prepared.validation_file is not None
    labels = [json.loads(line)["messages"][-1]["content"] for line in prepared.validation_file.read_text().splitlines()]
    assert (labels.count("rare"), labels.count("common")) == (2, 14)


def test_rows_of_one_group_stay_on_one_side(tmp_path: Path) -> None:
    """Customers here, who ask different things; blank means nobody's."""
    customers = [f"customer {number // 4}" for number in range(36)] + [""] * 4
    source = table(PAIRS, Customer=customers)
    of = dict(zip(source["Prompt"], customers, strict=True))
    for seed in range(4):
        train, held = sides(prepare(source, tmp_path, group="customer", seed=seed, validation=0.3))
        assert len(train) + len(held) == 40
        assert {of[prompt] for prompt in train} & {of[prompt] for prompt in held} <= {""}


def test_groups_and_near_duplicates_hang_together(tmp_path: Path) -> None:
    """If one of a customer's questions is also another's, both customers are on one side."""
    rows = [*PAIRS[:4], (PAIRS[3][0].upper(), PAIRS[3][1]), *PAIRS[4:]]
    customers = ["a"] * 4 + ["b"] * 4 + [f"c{number}" for number in range(33)]
    of = dict(zip([prompt for prompt, _ in rows], customers, strict=True))
    for seed in range(6):
        train, held = sides(prepare(table(rows, Who=customers), tmp_path, group="Who", seed=seed, validation=0.5))
        assert {"a", "b"} <= {of[prompt] for prompt in train} or {"a", "b"} <= {of[prompt] for prompt in held}


def test_a_column_may_say_the_side(tmp_path: Path) -> None:
    """As the bundled datasets have it; what it says of each row is done, whatever the seed."""
    split = ["held-out" if number % 4 == 0 else "train" for number in range(40)]
    train, held = sides(prepare(table(PAIRS, Split=split), tmp_path, split_column="Split"))
    assert held == [prompt for number, (prompt, _) in enumerate(PAIRS) if number % 4 == 0]
    assert len(train) == 30


def test_an_unknown_way_is_refused(tmp_path: Path) -> None:
    """With the ways there are."""
    with pytest.raises(ValueError, match="split is one of grouped, stratified, random: 'kfold'"):
        prepare(table(PAIRS), tmp_path, split="kfold")
