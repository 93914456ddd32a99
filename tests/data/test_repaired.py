"""Automatic fixes done while a source is read: `prepare(fix=...)`, and the preview of each."""

import json
from pathlib import Path

import pandas as pd
import pytest

from ftwidgets.data import check, prepare
from ftwidgets.data.repaired import preview_fixes
from ftwidgets.data.scan import MAX_IN_MEMORY

GOOD = [(f"question {n} about bikes?", f"the answer number {n} is this one") for n in range(30)]
ODD = [("a\u200bb, is it?", "It is b."), ("Who reads it?", "Write to ada.byron@kettles-online.com please."), GOOD[3]]


def table(rows: list[tuple[str, str]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["Prompt", "Completion"])


def test_prepare_with_fixes_writes_what_a_repaired_copy_would_give(tmp_path: Path) -> None:
    """`Report.apply` and then `prepare`, or `prepare(fix=...)` alone: the same bytes; what was settled is found no more."""
    source = table([*GOOD, *ODD])
    report = check(source)
    copied = prepare(report.apply(tmp_path / "fixed.jsonl", report.fixes).path, tmp_path / "copied")
    fixed = prepare(source, tmp_path / "fixed", fix=report.fixes)
    assert fixed.train_file.read_bytes() == copied.train_file.read_bytes()
    assert fixed.validation_file is not None
    assert copied.validation_file is not None
    assert fixed.validation_file.read_bytes() == copied.validation_file.read_bytes()
    assert fixed.report.fixes == []
    assert source["Prompt"][30] == "a\u200bb, is it?"


def test_a_row_that_only_a_fix_makes_usable_is_written(tmp_path: Path) -> None:
    """A JSON row with a wrong role, and mistyped labels: left out or wrong without the fix, right with it."""
    labels = [f"Review {n} of the lamp" for n in range(40)]
    rows = [(text, "negative" if n % 2 else "positive") for n, text in enumerate(labels)]
    rows[7] = (rows[7][0], "negatve")
    assert check(table(rows)).corrections == {"negatve": "negative"}
    made = prepare(table(rows), tmp_path / "labels", validation=0, fix=["mend-labels"])
    assert b"negatve" not in made.train_file.read_bytes()
    chats = [{"messages": [{"role": "user", "content": q}, {"role": "assistant", "content": a}]} for q, a in GOOD]
    chats[5]["messages"][1]["role"] = "Assistant"
    file = tmp_path / "chats.jsonl"
    file.write_text("".join(json.dumps(chat) + "\n" for chat in chats))
    (fix,) = [found.repair for found in check(file).findings if found.line == 6]
    assert fix is not None
    assert prepare(file, tmp_path / "without").report.n_examples == 29
    assert prepare(file, tmp_path / "with", fix=[fix]).report.n_examples == 30


def test_rows_that_are_read_again_are_fixed_too(tmp_path: Path) -> None:
    """Of a file with too many rows for the memory, each example has the fix, also one that is looked up."""
    file = tmp_path / "many.csv"
    lines = [f"question {n} about wheel {n * 3}?,the answer is {n}\u200b of them\n" for n in range(MAX_IN_MEMORY + 10)]
    file.write_text("Prompt,Completion\n" + "".join(lines), encoding="utf-8")
    report = prepare(file, tmp_path / "made", fix=["drop-invisible-characters"]).report
    assert report.examples[MAX_IN_MEMORY + 5]["messages"][1]["content"] == f"the answer is {MAX_IN_MEMORY + 5} of them"


def test_a_preview_counts_the_rows_and_shows_the_first_changes() -> None:
    """Before and after of each text, no secret among them; an empty preview where nothing can be fixed."""
    more = [(f"n{n}\u200b is which one?", f"it is the {n} of these\u200b") for n in range(5)]
    previews = preview_fixes(check(table([*GOOD, *ODD, *more])))
    assert {name: preview.n_rows for name, preview in previews.items()} == {
        "drop-invisible-characters": 6,
        "redact-email-addresses": 1,
        "drop-repeats": 0,  # the repeated row is an exact duplicate, which is no example anyway
    }
    first = previews["drop-invisible-characters"].first
    assert [(change.where, change.before, change.after) for change in first[:1]] == [("row 30", ODD[0][0], "ab, is it?")]
    assert len(first) == 3
    (redacted,) = previews["redact-email-addresses"].first
    assert "ada.byron" not in redacted.before
    assert redacted.after == "Write to [email] please."
    assert preview_fixes(check(table(GOOD))) == {}
    shouted = (GOOD[3][0].upper(), GOOD[3][1])
    (change,) = preview_fixes(check(table([*GOOD, shouted, GOOD[3]])))["drop-repeats"].first
    assert (change.where, change.left_out) == ("row 30", "repeats row 3 but for whitespace, case or Unicode form")


def test_a_fix_that_does_not_exist_is_named(tmp_path: Path) -> None:
    """Before anything is written."""
    with pytest.raises(ValueError, match='there is no fix "iron"'):
        prepare(table(GOOD), tmp_path / "made", fix=["iron"])
    assert not (tmp_path / "made").exists()
