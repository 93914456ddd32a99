from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import ftwidgets
from ftwidgets.lessons import exercises
from ftwidgets.lessons.exercises.leak import (
    _MEMBERSHIPS,
    MAX_SHARE,
    MIN_SHARE,
    _digest,
    leak_closed,
    near_copies_together,
    own_groups,
)

FILE = Path(__file__).parents[3] / "notebooks" / "data" / "tickets.csv"
TABLE = pd.read_csv(FILE, dtype=str)
SAME = TABLE["Customer"].str.strip().str.casefold()

Pair = tuple[pd.DataFrame, pd.DataFrame]


def held_where(held: pd.Series) -> Pair:
    return TABLE[~held], TABLE[held]


def held_groups(key: pd.Series, n: int, seed: int = 1) -> Pair:
    """Hold out every row of `n` of the values of a column."""
    return held_where(key.isin(key.drop_duplicates().sample(n, random_state=seed)))


def solved() -> Pair:
    return held_groups(SAME, 4)


def test_the_solution_is_right(tmp_path: Path) -> None:
    """Split by customer, however the addresses are typed; as tables in any order and dress, or as files."""
    train, held = solved()
    assert leak_closed((train, held)).state == "right"
    assert leak_closed([train.sample(frac=1, random_state=1), held.rename(columns={"Prompt": " prompt"})]).state == "right"
    made = ftwidgets.prepare(train, tmp_path, validation_source=held)
    assert leak_closed(made).state == "right"
    assert leak_closed((made.train_file, str(made.validation_file))).state == "right"


@pytest.mark.parametrize("seed", range(20))
def test_any_split_by_customer_is_right(seed: int) -> None:
    """Not one split, but all that keep the rule."""
    assert leak_closed(held_groups(SAME, 4, seed)).state == "right"


def test_the_untouched_cell_is_not_attempted() -> None:
    """The `...` of the lesson is no wrong answer, nor is half of it."""
    assert leak_closed(...).state == "not attempted"
    assert leak_closed((..., ...)).state == "not attempted"
    assert leak_closed((solved()[0], ...)).state == "not attempted"


def test_the_check_knows_the_file() -> None:
    """Each row by its prompt; rows belong together if one customer wrote them, whatever the case of the address."""
    places = [_MEMBERSHIPS[_digest(prompt)] for prompt in TABLE["Prompt"]]
    assert len(TABLE) == len(_MEMBERSHIPS) == 64
    together = pd.DataFrame({"group": [group for group, _ in places], "spelling": places, "same": SAME})
    assert (together.groupby("same")["group"].nunique() == 1).all()
    assert (together.groupby("group")["same"].nunique() == 1).all()
    assert (TABLE.groupby(together["spelling"].map(str))["Customer"].nunique() == 1).all()
    assert together["spelling"].nunique() == TABLE["Customer"].nunique() > SAME.nunique() == 20


def wrong() -> dict[str, tuple[object, str]]:
    train, held = solved()
    by_letters = held_groups(TABLE["Customer"], 6, seed=2)
    return {
        "the split of the file": (held_where(TABLE["Split"] == "validation"), "What do these two rows have in common"),
        "by letters": (by_letters, "letter by letter"),
        "the leaking rows dropped": ((train[~train.index.isin(train.index[:5])], held), "5 rows of the file are missing"),
        "on both sides": ((TABLE, held), "occurs more than once"),
        "by channel": (held_groups(TABLE["Channel"], 1), "too many to take from training"),
        "by week": (held_where(TABLE["Week"].astype(int) >= 6), "What do these two rows have in common"),
        "one customer only": (held_groups(SAME, 1), "too few for a reliable score"),
        "nothing held out": ((TABLE, TABLE.head(0)), "You hold out 0 rows of 64, too few for a reliable score"),
        "sides swapped": ((held, train), "too many to take from training"),
        "texts changed": ((train.assign(Prompt="Hello " + train["Prompt"]), held), "is not in the file"),
        "one table": (TABLE, "a pair is needed"),
        "three tables": ((train, held, held), "3 things"),
    }


@pytest.mark.parametrize("name", wrong())
def test_plausible_wrong_answers_are_told_where_to_look(name: str) -> None:
    """Each says what was seen; none names the column, and none names a customer."""
    answer, words = wrong()[name]
    outcome = leak_closed(answer)
    assert outcome.state == "not yet"
    assert words in outcome.message
    assert "customer" not in outcome.message.lower()
    assert not any(address in outcome.message for address in TABLE["Customer"])


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (None, "NoneType"),
        ("Customer", "is a str"),
        (12, "is a int"),
        ([1, 2], "training part: The answer is a int"),
        ((TABLE, None), "validation part: The answer is a NoneType"),
        ((TABLE[["Prompt"]], TABLE), "no column for the completion"),
        (("nowhere.jsonl", TABLE), "There is no file"),
        ((FILE, FILE), "is no training file"),
        ((pd.DataFrame({"Prompt": [1, {}], "Completion": ["", ""]}), TABLE), "is not in the file"),
        ((pd.DataFrame({"Prompt": ["\ud800"], "Completion": ["b"]}), TABLE), "is not in the file"),
    ],
    ids=str,
)
def test_nonsense_is_answered_in_words(answer: object, words: str) -> None:
    """Whatever is handed in: not yet, and why; never a traceback."""
    outcome = leak_closed(answer)
    assert outcome.state == "not yet"
    assert words in outcome.message


def test_the_file_is_the_trap_it_should_be() -> None:
    """Its split leaks by customer, its texts are all different, and every customer's rows have one answer."""
    held = TABLE["Split"] == "validation"
    assert MIN_SHARE < held.mean() < MAX_SHARE
    assert set(SAME[held]) & set(SAME[~held])
    assert not TABLE["Prompt"].str.casefold().duplicated().any()
    assert (TABLE.groupby(SAME)["Completion"].nunique() == 1).all()
    assert all((TABLE.groupby(name)["Completion"].nunique() > 1).all() for name in ("Agent", "Channel"))


REPOSTS = pd.read_csv(FILE.with_name("reposts.csv"))


def test_near_copies_kept_together_are_right(tmp_path: Path) -> None:
    """What `prepare` does by default."""
    assert near_copies_together(REPOSTS, ftwidgets.prepare(REPOSTS, tmp_path, seed=1)).state == "right"
    assert near_copies_together(REPOSTS, ...).state == "not attempted"


def test_other_splits_of_the_reposts_are_not_yet(tmp_path: Path) -> None:
    """By chance, by site, with rows dropped or doubled, too few held out: a sentence each."""
    drawn = REPOSTS.sample(frac=0.2, random_state=1)
    made = ftwidgets.prepare(REPOSTS, tmp_path, seed=1)
    site = REPOSTS["Site"] == "Bazaarly"
    few = REPOSTS.sample(4, random_state=1)
    wrong = [
        (REPOSTS.drop(drawn.index), drawn),
        (REPOSTS[~site], REPOSTS[site]),
        (REPOSTS.drop(drawn.index).head(50), drawn),
        (REPOSTS, drawn),
        (REPOSTS.drop(few.index), few),
        (made.train_file, made.train_file),
        made.train_file,
    ]
    said = [near_copies_together(REPOSTS, answer) for answer in wrong]
    assert {outcome.state for outcome in said} == {"not yet"}
    assert len({outcome.message for outcome in said}) == len(wrong)
    assert "near copy" in said[0].message
    assert "near copy" in said[1].message
    assert not any("prepare" in outcome.message for outcome in said)


def own_table() -> pd.DataFrame:
    rows = [
        (f"{dish} at {place}", "yes", place) for place in ("home", "work", "school", "sea") for dish in ("Soup", "Rice", "Pie")
    ]
    return pd.DataFrame(rows, columns=["Prompt", "Completion", "Place"])


def test_a_table_of_ones_own_split_by_a_column_is_right() -> None:
    """Whole groups on one side."""
    mine = own_table()
    held = mine["Place"] == "work"
    assert own_groups(mine[~held], mine[held], "Place").state == "right"
    assert own_groups(..., ..., ...).state == "not attempted"
    assert own_groups(mine, ..., "Place").state == "not attempted"


def test_other_splits_of_ones_own_table_are_not_yet() -> None:
    """Groups on both sides, another spelling of one, no groups at all, no such column, few rows, the lesson's letters."""
    mine = own_table()
    held, third = mine["Place"] == "work", mine.index % 4 == 0
    spelt = mine[~held].assign(Place=mine["Place"].where(mine.index > 0, "Work "))
    alone = mine.assign(Place=range(len(mine)))
    copied = mine[~held].assign(Prompt=mine["Prompt"].where(mine.index > 0, "Soup at work!"))
    wrong = [
        own_groups(mine[~third], mine[third], "Place"),
        own_groups(spelt, mine[held], "Place"),
        own_groups(alone[~held], alone[held], "Place"),
        own_groups(mine[~held], mine[held], "Customer"),
        own_groups(mine[~held].head(4), mine[held].head(1), "Place"),
        own_groups(mine[~held], mine[held].head(0), "Place"),
        own_groups(*solved(), "Customer"),
        own_groups(copied, mine[held], "Place"),
        own_groups([1], mine[held], "Place"),
        own_groups(mine[~held].drop(columns="Prompt"), mine[held], "Place"),
    ]
    assert [outcome.state for outcome in wrong] == ["not yet"] * len(wrong)
    assert len({outcome.message for outcome in wrong}) == len(wrong)
    assert "work" in wrong[1].message


def pasted(number: int, monkeypatch: pytest.MonkeyPatch, folder: Path) -> str:
    """Run a solution as a learner would, after the cells before it, and return how it was judged."""
    monkeypatch.chdir(folder)
    handle = exercises.lesson("08")
    *lines, last = handle.exercises[number - 1].solution.strip().splitlines()
    names: dict[str, Any] = {"ftwidgets": ftwidgets, "pd": pd, "lesson": handle, "table": REPOSTS, "tickets": TABLE.copy()}
    exec("\n".join(lines), names)
    return str(eval(last, names).state)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_each_solution_is_right_when_pasted(number: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As it is shown, into the lesson's cell."""
    assert pasted(number, monkeypatch, tmp_path) == "right"
