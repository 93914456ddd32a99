import json
from pathlib import Path

import pandas as pd

from ftwidgets.data import check
from ftwidgets.data.scan import MAX_IN_MEMORY

KEY = "sk-proj-" + "a8Kd03mZq91LsX7vBn2W"


def rows(n: int) -> pd.DataFrame:
    numbers = range(n)
    return pd.DataFrame(
        {"Prompt": [f"Where is number {i}?" for i in numbers], "Completion": [f"It is on shelf {i * 3}." for i in numbers]}
    )


def test_what_is_read_again_is_what_is_held_in_memory(tmp_path: Path) -> None:
    """Beyond some thousands of rows only places are kept; the examples are the same, by number, slice and in a row."""
    n = MAX_IN_MEMORY + 50
    rows(n).to_csv(tmp_path / "a.csv", index=False)
    read, held = check(tmp_path / "a.csv", near=False).examples, check(rows(n), near=False).examples
    assert len(read) == len(held) == n
    assert read[MAX_IN_MEMORY + 7] == held[MAX_IN_MEMORY + 7] == read[-43]
    assert read[5:9] == list(held)[5:9]
    assert list(read)[-1] == held[-1]
    assert read == held


def test_repeats_are_left_out_of_the_examples_of_a_large_file(tmp_path: Path) -> None:
    """The rows after a repeat keep their places."""
    table = pd.concat([rows(MAX_IN_MEMORY), rows(3), rows(MAX_IN_MEMORY + 5).tail(5)])
    table.to_csv(tmp_path / "a.csv", index=False)
    report = check(tmp_path / "a.csv", near=False)
    assert report.n_examples == MAX_IN_MEMORY + 5
    assert report.totals["duplicate-row"] == ("warning", 3)
    assert report.examples[MAX_IN_MEMORY]["messages"][0]["content"] == f"Where is number {MAX_IN_MEMORY}?"
    assert len(report.tokens) == report.n_examples


def test_no_finding_spreads_a_secret(tmp_path: Path) -> None:
    """Not the rule about secrets and no other that quotes the row: repeats, contradictions, lengths."""
    said = {
        "messages": [
            {"role": "user", "content": f"{KEY} is what I use"},
            {"role": "assistant", "content": f"Then keep {KEY} safe."},
        ]
    }
    other = {"messages": [said["messages"][0], {"role": "assistant", "content": f"So it is {KEY}, then."}]}
    unusable = {"messages": [{"role": f"{KEY}", "content": f"{KEY}!"}, said["messages"][1]]}
    rows = (said, other, said, unusable)
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    report = check(tmp_path / "a.jsonl")
    assert {"secret", "duplicate-row", "different-answers", "unknown-role"} <= set(report.totals)
    assert KEY not in "".join(f"{found} {found.excerpt}" for found in report.findings)
    assert KEY not in report.to_markdown() + report.to_html(tmp_path / "a.html").read_text(encoding="utf-8")


def test_tokens_counted_on_the_way_are_those_counted_afterwards(tmp_path: Path) -> None:
    """One number for each example, repeats left out, whichever way."""
    pd.concat([rows(5000), rows(7)]).to_csv(tmp_path / "a.csv", index=False)
    on_the_way, afterwards = (check(tmp_path / "a.csv", near=False, tokens=tokens).tokens for tokens in (True, False))
    assert on_the_way.tolist() == afterwards.tolist()
    assert len(afterwards) == 5000
