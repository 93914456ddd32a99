import random
import time
from collections import Counter

import pytest

from ftwidgets.data.rules import Labels
from ftwidgets.data.rules.labels import corrections, is_label_task
from tests.data.rules.rows import told, usable


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
        [(f"q{i}", f"answer {i % 201}") for i in range(4000)],  # too many labels
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
    [
        *(("legal", "illegal"), ("class 1", "class 2"), ("typical", "atypical"), ("yes", "yet"), ("cat", "car")),
        *(
            ("Grade A", "Grade B"),
            ("type II", "type III"),
            ("class 1a", "class 1b"),
            ("10-15", "10.15"),
            ("room 1.5", "room 15"),
        ),
        *(("BBB+", "BBB-"), ("good", "good-"), ("C++ code", "C# code"), (".", "!"), ("非常积极的", "非常消极的")),
        *(("hyperthyroidism", "hypothyroidism"), ("hypertension", "hypotension"), ("effect", "affect"), ("unbound", "inbound")),
        *(("external", "internal"), ("intercellular", "intracellular"), ("prescription", "proscription")),
        *(("undervalued", "overvalued"), ("increase", "decrease"), ("ascending", "descending"), ("maximize", "minimize")),
        *(("account activated", "account deactivated"), ("male doctor", "female doctor"), ("macroeconomics", "microeconomics")),
        *(("employer", "employee"), ("nitrate", "nitrite"), ("billing", "filling"), ("shipping", "shopping"), ("form", "from")),
        *(("astrology", "astronomy"), ("conservation", "conversation"), ("plane", "plant"), ("atypical", "a typical")),
    ],
)
def test_labels_that_differ_little_and_mean_something_else(frequent: str, rare: str) -> None:
    """Prefixes, digits, one letter, short words, signs, words known to be two."""
    found, rule = ids([*[(f"a{i}", frequent) for i in range(30)], *[(f"b{i}", "other thing") for i in range(30)], ("c", rare)])
    assert found == [(60, "rare-label")]
    assert rule.corrections == {}


def test_two_spellings_that_are_both_frequent() -> None:
    """In case they are one label; by a letter they are two."""
    found, rule = ids(labelled(Yes=30, yes=20, no=30))
    assert found == [(position, "label-typo") for position in range(30, 50)]
    assert rule.corrections == {"yes": "Yes"}
    assert ids(labelled(billing=30, filling=30))[0] == []


@pytest.mark.parametrize(
    ("slip", "label"),
    [
        *(("postive", "positive"), ("netural", "neutral"), ("opsitive", "positive"), ("not spma", "not spam")),
        *(
            ("hypertensoin", "hypertension"),
            ("intenral", "internal"),
            ("card_arival", "card_arrival"),
            ("not-spam", "not spam"),
        ),
        *(
            ("lable_1", "label_1"),
            ("Grade A.", "Grade A"),
            ('"positive"', "positive"),
            ("permision denied", "permission denied"),
        ),
    ],
)
def test_slips_of_the_hand_are_still_found(slip: str, label: str) -> None:
    """Once or twice; three times it is a label of its own, but for final punctuation and quotes."""
    assert corrections({label: 40, "something else": 40, slip: 1}) == {slip: label}
    assert corrections({label: 40, "something else": 40, slip: 2}) == {slip: label}
    dress = slip.strip('."') == label
    assert corrections({label: 40, "something else": 40, slip: 3}) == ({slip: label} if dress else {})
    assert corrections({label: 4, "something else": 40, slip: 1}) == {}


@pytest.mark.parametrize("other", [["Grade B"], ["Grade b"]])
def test_grades_are_labels_each(other: list[str]) -> None:
    """Four rows of another grade are no slip, in whatever case."""
    rows = [(f"q{i}", label) for i, label in enumerate(["Grade A"] * 30 + other * 4 + ["Grade C"] * 30)]
    found, rule = ids(rows)
    assert found == [(30, "rare-label")]
    assert rule.corrections == {}


NOUNS = ("card", "transfer", "account", "address", "payment", "password", "invoice", "deposit", "mortgage", "contract")
INTENTS = [f"{verb}_{noun}" for verb in ("cancel", "report", "update") for noun in NOUNS]


def test_thirty_labels_with_seven_rows_each() -> None:
    """One that is cut by a letter is found, and so is one among 150 labels."""
    answers = INTENTS * 7
    answers[100] = answers[100][:-1]
    found, rule = ids([(f"q{i}", label) for i, label in enumerate(answers)])
    assert found == [(100, "label-typo")]
    assert rule.corrections == {answers[100]: answers[70]}
    many = [f"{intent}_{way}" for intent in INTENTS for way in ("online", "branch", "abroad", "phone", "letter")] * 10
    many[200] = many[200].replace("_", "", 1)
    found, rule = ids([(f"q{i}", label) for i, label in enumerate(many)])
    assert (len(rule.counts or {}), found) == (150, [(200, "label-typo")])


NAMES = [
    *(
        "Anna",
        "Ben",
        "Clara",
        "David",
        "Emma",
        "Felix",
        "Greta",
        "Hugo",
        "Ida",
        "Jonas",
        "Klara",
        "Leon",
        "Mia",
        "Noah",
        "Olga",
    ),
    *("Paul", "Rosa", "Simon", "Tina", "Uwe", "Vera", "Willi", "Xenia", "Yann", "Zoe", "Alma", "Bruno", "Carl", "Dora", "Emil"),
]


@pytest.mark.parametrize(
    "answer",
    [
        lambda draw, i: str(draw.randint(0, 9) + draw.randint(0, 9)),
        lambda draw, i: str(draw.randint(1, 10) * draw.randint(1, 10)),
        lambda draw, i: f"{i % 20} euros",
        lambda draw, i: f"-{i % 25}.5",
        lambda draw, i: draw.choice(NAMES),
        lambda draw, i: f"{draw.choice(NAMES)} {draw.choice(NAMES)}",
        lambda draw, i: draw.choice(["Yes.", "No.", f"Yes, because of reason {i}.", f"No, and that is number {i}."]),
        lambda draw, i: draw.choice(["Yes.", "No.", "Maybe.", "Yes.", "No.", f"It depends on {i}."]),
    ],
)
def test_short_free_answers_are_no_labels(answer: object) -> None:
    """Two hundred results of sums, names of thirty, yes and no among explanations; twenty draws of each at least."""
    for seed in range(20):
        draw = random.Random(seed)
        assert not is_label_task(Counter(answer(draw, i) for i in range(200)))  # type: ignore[operator]


def test_many_spellings_are_compared_quickly() -> None:
    """Two hundred labels and eight hundred answers that are there once, all of one pattern: well under three seconds."""
    draw = random.Random(1)
    texts = [f"label number {''.join(draw.choices('abcdefgh', k=8))}" for _ in range(1000)]
    spellings = {text: 60 if i < 200 else 1 for i, text in enumerate(texts)} | {"label unmber " + texts[0][-8:]: 1}
    start = time.process_time()
    assert corrections(spellings)["label unmber " + texts[0][-8:]] == texts[0]
    assert time.process_time() - start < 3


def test_a_few_numbers_are_labels() -> None:
    """Stars, and marks from 0 to 10."""
    assert is_label_task({str(i): 20 for i in range(11)})
    assert not is_label_task({str(i): 20 for i in range(12)})


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
