import os
import subprocess
import sys
import time
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from ftwidgets.data.rows import hash_all
from ftwidgets.data.rules import Duplicates
from ftwidgets.data.text import normalize, normalize_all
from tests.data.rules.rows import Rows, told, usable

TEXTS = st.text(alphabet=" \t\n\x0b\x1c\0AaBbßé\u00a0\ufb01\u3000'x\ud800", max_size=8)


def test_exact_repeats_and_repeats_but_for_blanks() -> None:
    """The first stays; each later one names it. Only exact ones are left out."""
    rule = Duplicates()
    rows = [
        ("A?", "x"),
        ("a? ", " X"),
        ("A?", "x"),
        ("A?", "x", "Be kind."),
        ("a?", "x", "be  KIND."),
        ("A?", "y"),
        ("a? ", " X"),
    ]
    found = told(rule, usable(rows), size=2)
    assert [(position, fault.id, fault.repair) for position, fault in found] == [
        (1, "same-but-blanks", "drop-repeats"),
        (2, "duplicate-row", "drop-repeats"),
        (4, "same-but-blanks", "drop-repeats"),
        (6, "duplicate-row", "drop-repeats"),
    ]
    assert str(found[1][1]).endswith(
        "The row is a duplicate of line 2. Nothing to do if you use prepare: it writes the row once. "
        "If you train on the file as it is, delete one."
    )
    assert found[3][1].message == "The row is a duplicate of line 3."
    assert "from line 5 only" in found[2][1].message
    assert rule.dropped == [2, 6]


def test_nothing_repeated_and_nothing_at_all() -> None:
    """Texts that would be equal if they were glued together are not."""
    for rows in ([], [("ab", "c"), ("a", "bc"), ("a b", "c")]):
        rule = Duplicates()
        assert told(rule, usable(rows)) == []
        assert rule.dropped == []


@settings(deadline=None)
@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=12))
def test_repeats_are_what_a_dictionary_says(rows: list[tuple[str, str]]) -> None:
    """Exact: equal texts; alike: equal when folded."""
    rule = Duplicates()
    found = told(rule, usable(rows), size=5)
    dropped = [i for i, row in enumerate(rows) if row in rows[:i]]
    folded = [tuple(map(normalize, row)) for row in rows]
    assert rule.dropped == dropped
    alike = [position for position, finding in found if finding.id == "same-but-blanks"]
    assert alike == [i for i, row in enumerate(folded) if row in folded[:i] and i not in dropped]


@given(st.lists(TEXTS, max_size=8))
def test_many_texts_are_normalized_as_one_would_be(texts: list[str]) -> None:
    """`normalize_all` gives what `normalize` gives, and equal texts have equal hashes."""
    normalized = normalize_all(texts)
    assert normalized == [normalize(text).encode("utf-8", "surrogatepass") for text in texts]
    numbers = hash_all(normalized).tolist()
    assert [a == b for a in numbers for b in numbers] == [a == b for a in normalized for b in normalized]


SEEDED = """
import sys
import pandas as pd
from ftwidgets.data import prepare
rows = [(f"What does part {i // 2} cost{'?' * (i % 2)}", f"{i // 2} euros") for i in range(60)]
prepared = prepare(pd.DataFrame(rows, columns=["Prompt", "Completion"]), sys.argv[1], validation=0.2)
print(prepared.validation_file.read_text())
"""


def test_no_hash_seed_decides_a_split(tmp_path: Path) -> None:
    """Keys hold within a process only; what is held out is the same in every one."""
    printed = {
        subprocess.run(
            [sys.executable, "-c", SEEDED, str(tmp_path / seed)],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(printed) == 1
    assert printed.pop().count("What does part") >= 10


def test_the_end_is_quick() -> None:
    """Whatever is to be said of 200,000 rows takes a fraction of a second: sorting, no dictionary."""
    rule = Duplicates()
    rows = usable((f"q{i % 150_000}", "a") for i in range(1000))
    told(rule, rows)
    rule._exact = rule._exact * 200
    rule._normalized = rule._normalized * 200
    start = time.process_time()
    n = sum(1 for _ in rule.finalize(Rows(rows * 200)))
    assert n == len(rule.dropped) == 199_000
    assert time.process_time() - start < 3
