import pytest

from ftwidgets.prep.groups import Labels
from tests.prep.groups.rows import told, usable


def labelled(**counts: int) -> list[tuple[str, str]]:
    return [(f"text {label} {i}", label) for label, n in counts.items() for i in range(n)]


def ids(rows: list[tuple[str, str]]) -> tuple[list[tuple[int | None, str]], Labels]:
    rule = Labels()
    return [(position, fault.id) for position, fault in told(rule, usable(rows), size=16)], rule


def test_labels_are_counted() -> None:
    """Most frequent first, nothing to say of a balanced set."""
    found, rule = ids(labelled(good=20, bad=25))
    assert found == []
    assert list(rule.counts or {}) == ["bad", "good"]
    assert rule.counts == {"bad": 25, "good": 20}


@pytest.mark.parametrize(
    "rows",
    [
        labelled(good=9, bad=10),  # too few rows
        [(f"q{i}", f"answer {i}") for i in range(50)],
        [(f"q{i}", f"answer {i % 25}") for i in range(500)],  # too many labels
        [(f"q{i}", f"answer {i % 3}") for i in range(25)],  # more than a tenth
        [(f"q{i}", f"An answer as long as those that people write, number {i % 2}") for i in range(50)],
        [(f"q{i}", "yes" if i % 2 else f"No, and here is why, number {i}.") for i in range(50)],
        [(f"q{i}", f"answer {i}") for i in range(1500)] + labelled(yes=9000, no=9000),
        [],
    ],
)
def test_what_is_no_label_task(rows: list[tuple[str, str]]) -> None:
    """Few rows, many or long answers."""
    found, rule = ids(rows)
    assert found == []
    assert rule.counts is None
    assert rule.corrections == {}


@pytest.mark.parametrize(
    ("slip", "is_one"),
    [
        ("Positive", True),
        (" positive", True),
        ("positive.", True),
        ("positve", True),
        ("psoitive", True),
        ("positiv", True),
        ("posittivve", True),
        ("neutral", False),
        ("impositive", False),
        ("poetic", False),
        ("positive2", False),
    ],
)
def test_slips(slip: str, is_one: bool) -> None:
    """A rare label a letter or two from a frequent one; case and blanks; no other word."""
    found, rule = ids([*labelled(positive=30, negative=30), ("one more", slip)])
    assert found == [(60, "label-typo" if is_one else "rare-label")]
    assert rule.corrections == ({slip: "positive"} if is_one else {})
    assert rule.counts == {"positive": 31, "negative": 30} if is_one else {"positive": 30, "negative": 30, slip: 1}


@pytest.mark.parametrize(
    ("frequent", "rare"),
    [("legal", "illegal"), ("class 1", "class 2"), ("typical", "atypical"), ("yes", "yet"), ("cat", "car")],
)
def test_labels_that_differ_little_and_mean_something_else(frequent: str, rare: str) -> None:
    """Prefixes, digits, short words."""
    found, rule = ids([*[(f"a{i}", frequent) for i in range(30)], *[(f"b{i}", "other thing") for i in range(30)], ("c", rare)])
    assert found == [(60, "rare-label")]
    assert rule.corrections == {}


def test_two_spellings_that_are_both_frequent() -> None:
    """In case they are one label; by a letter they are two."""
    found, rule = ids(labelled(Yes=30, yes=20, no=30))
    assert found == [(position, "label-typo") for position in range(30, 50)]
    assert rule.corrections == {"yes": "Yes"}
    assert ids(labelled(billing=30, filling=30))[0] == []


def test_a_rare_label_names_its_rows() -> None:
    """Once, on its first row; five are enough, for a fifth of them can be held out."""
    rows = labelled(good=30, bad=30, odd=2)
    fault = told(Labels(), usable(rows))[0][1]
    assert fault.message == 'The label "odd" occurs in 2 rows only (line 62, line 63).'
    assert ids(labelled(good=30, bad=30, odd=5))[0] == []


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ({"good": 80, "bad": 20}, None),
        ({"good": 81, "bad": 19}, '"good" is the answer in 81 of 100 rows: always saying it scores 0.81.'),
        ({"a1": 100, "b1": 100, "c1": 10}, None),
        ({"a1": 101, "b1": 100, "c1": 10}, '"a1" is the answer in 101 rows, "c1" in 10.'),
        ({"good": 100}, None),
    ],
)
def test_imbalance(counts: dict[str, int], said: str | None) -> None:
    """One label over 80 %, or more than ten times as frequent as another."""
    found = [fault.message for _, fault in told(Labels(), usable(labelled(**counts)))]
    assert found == ([said] if said else [])
