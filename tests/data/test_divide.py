import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ftwidgets.data import Prepared, prepare
from ftwidgets.errors import DataError

COLOURS = ("red", "blue", "green", "grey", "pink", "brown", "white", "black")
ROOMS = ("kitchen", "cellar", "attic", "garage", "hallway")
PAIRS = [
    (f"Where did you put the {colour} ladder of the {room}?", f"The {colour} one stands in the {room}.")
    for colour in COLOURS
    for room in ROOMS
]


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
