import json
import os
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ftwidgets.data import Fix, check
from ftwidgets.errors import DataError


def chat(prompt: str, completion: str, **more: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": prompt}, {"role": "assistant", "content": completion}], **more}


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def written(path: Path, rows: list[Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


GOOD = [
    chat(f"What does part {n} of the kettle do?", f"Part {n} of the kettle is number {n * 7} in the list.") for n in range(30)
]


def test_a_report_names_the_fixes_it_has(tmp_path: Path) -> None:
    """Each with the number of findings it would settle, and only those that something was found for."""
    rows = [*GOOD, GOOD[3], GOOD[4], chat("Whom do I write to about it?", "Write to ada.byron@kettles-online.com about it.")]
    report = check(written(tmp_path / "a.jsonl", rows))
    assert {fix.name: fix.n_findings for fix in report.fixes} == {"drop-repeats": 2, "redact-email-addresses": 1}
    assert all(isinstance(fix, Fix) and fix.name in str(fix) for fix in report.fixes)
    assert check(written(tmp_path / "b.jsonl", GOOD)).fixes == []


def test_the_new_file_is_clean_of_what_was_fixed_and_the_source_is_as_it_was(tmp_path: Path) -> None:
    """Duplicates gone, an address redacted, a role in place; the log accounts for each; nothing else differs."""
    odd = {
        "messages": [
            {"role": "developer", "content": "Be kind."},
            *chat("Hm?", "Yes, that is the kettle's own lid.")["messages"],
        ]
    }
    rows = [*GOOD, GOOD[3], chat("Whom do I write to about it?", "Write to ada.byron@kettles-online.com about it."), odd]
    source = written(tmp_path / "a.jsonl", rows)
    before = source.read_bytes()
    report = check(source)
    applied = report.apply(tmp_path / "new" / "b.jsonl", report.fixes)
    assert source.read_bytes() == before
    made = lines(applied.path)
    assert made[:30] == GOOD
    assert made[30]["messages"][1]["content"] == "Write to [email] about it."
    assert made[31]["messages"][0] == {"role": "system", "content": "Be kind."}
    assert (applied.n_written, applied.n_changed, applied.n_left_out) == (32, 2, 1)
    log = {(entry["line"], entry["change"]): entry for entry in lines(applied.log)}
    assert set(log) == {(31, "drop-repeats"), (32, "redact-email-addresses"), (33, "developer-to-system")}
    assert log[31, "drop-repeats"]["message"] == "repeats line 4"
    again = check(applied.path)
    assert not {"duplicate-row", "email-address", "unknown-role"} & set(again.totals)
    assert again.fixes == []


def test_what_a_redaction_took_out_is_not_in_the_log(tmp_path: Path) -> None:
    """A secret does not move from one file into two."""
    report = check(written(tmp_path / "a.jsonl", [*GOOD, chat("Whom do I ask?", "Ask ada.byron@kettles-online.com, please.")]))
    applied = report.apply(tmp_path / "b.jsonl", report.fixes)
    assert "ada.byron" not in applied.log.read_text(encoding="utf-8")
    assert "ada.byron" not in applied.path.read_text(encoding="utf-8")


def test_only_the_chosen_fixes_are_done(tmp_path: Path) -> None:
    """By name or as the report gave them; a name that is none is refused with the names there are."""
    rows = [*GOOD, GOOD[3], chat("Whom do I ask?", "Ask ada.byron@kettles-online.com, please.")]
    report = check(written(tmp_path / "a.jsonl", rows))
    assert report.apply(tmp_path / "none.jsonl", []).n_written == 32
    assert report.apply(tmp_path / "one.jsonl", ["redact-email-addresses"]).n_changed == 1
    repeats = [fix for fix in report.fixes if fix.name == "drop-repeats"]
    assert report.apply(tmp_path / "two.jsonl", repeats).n_left_out == 1
    with pytest.raises(
        ValueError, match=r'there is no fix "drop-everything"; there are "arguments-as-text", .*"drop-blank-rows"'
    ):
        report.apply(tmp_path / "three.jsonl", ["drop-everything"])
    assert not (tmp_path / "three.jsonl").exists()


def test_what_may_be_right_is_changed_only_if_named(tmp_path: Path) -> None:
    """The shop's own address, or a label that looks like another: listed, and left as it is unless it is named."""
    rows = [*GOOD, GOOD[3], chat("Whom do I ask?", "Ask help@kettles-online.com, please.")]
    report = check(written(tmp_path / "a.jsonl", rows))
    assert [(fix.name, fix.requires_opt_in) for fix in report.fixes] == [
        ("drop-repeats", False),
        ("redact-email-addresses", True),
    ]
    assert "Fixed if you name it (--fixes): redact-email-addresses." in str(report)
    made = lines(report.apply(tmp_path / "b.jsonl").path)
    assert made == [*GOOD, rows[-1]]


@pytest.mark.parametrize("name", ["b.xlsx", "b.tsv", "b", "b.json"])
def test_a_name_that_promises_another_format_is_refused(name: str, tmp_path: Path) -> None:
    """No JSON Lines in a file called a workbook."""
    with pytest.raises(DataError, match=r"ends in \.jsonl or \.csv"):
        check(written(tmp_path / "a.jsonl", GOOD)).apply(tmp_path / name)


def test_nothing_to_write_is_said(tmp_path: Path) -> None:
    """No empty file takes the place of one, and a folder or a device is not replaced."""
    source = written(tmp_path / "a.jsonl", [{"messages": []}] * 12)
    with pytest.raises(DataError, match=r"no row of a\.jsonl can be used"):
        check(source).apply(tmp_path / "b.jsonl")
    (tmp_path / "folder.jsonl").mkdir()
    with pytest.raises(DataError, match="is no file"):
        check(written(source, GOOD)).apply(tmp_path / "folder.jsonl", force=True)
    with pytest.raises(DataError, match="is no file"):
        check(source).to_html(os.devnull)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jsonl", "folder.jsonl"]


def test_a_table_keeps_its_other_columns(tmp_path: Path) -> None:
    """From CSV to CSV, what is not changed stays as it was, column for column; to JSON Lines too."""
    table = pd.DataFrame(
        {
            "Topic": [f"topic, {n}" for n in range(30)],
            "Prompt": [f"Where is the {n}. lid?" for n in range(29)] + ["Whom do I ask?"],
            "Completion": [f"It is on shelf {n}." for n in range(29)] + ["Ask ada.byron@kettles-online.com, please."],
        }
    )
    table.to_csv(tmp_path / "a.csv", index=False)
    report = check(tmp_path / "a.csv")
    applied = report.apply(tmp_path / "b.csv", "redact-email-addresses")
    expected = table.copy()
    expected.loc[29, "Completion"] = "Ask [email], please."
    pd.testing.assert_frame_equal(pd.read_csv(applied.path), expected)
    assert len(lines(report.apply(tmp_path / "b.jsonl").path)) == 30


def test_rows_that_cannot_be_used_are_in_the_log(tmp_path: Path) -> None:
    """Nothing disappears in silence: the log says which rows are not in the new file, and why."""
    source = tmp_path / "a.jsonl"
    text = "".join(json.dumps(row) + "\n" for row in GOOD) + '{"messages": []}\nno json\n'
    source.write_text(text, encoding="utf-8")
    applied = check(source).apply(tmp_path / "b.jsonl")
    assert applied.n_left_out == 2
    assert [(entry["line"], entry["left_out"]) for entry in lines(applied.log)] == [(31, True), (32, True)]


def test_nothing_is_written_over(tmp_path: Path) -> None:
    """Not the source, and another file only if asked."""
    source = written(tmp_path / "a.jsonl", GOOD)
    report = check(source)
    with pytest.raises(DataError, match="is the source itself"):
        report.apply(source, force=True)
    (tmp_path / "b.jsonl").write_text("mine", encoding="utf-8")
    with pytest.raises(DataError, match="already exists"):
        report.apply(tmp_path / "b.jsonl")
    assert (tmp_path / "b.jsonl").read_text(encoding="utf-8") == "mine"
    assert report.apply(tmp_path / "b.jsonl", force=True).n_written == 30
    with pytest.raises(DataError, match="could not be read"):
        check(tmp_path / "nowhere.jsonl").apply(tmp_path / "c.jsonl")


def test_a_source_that_changed_since_is_not_mixed_up(tmp_path: Path) -> None:
    """The rows that were checked are no longer there: that is said, and nothing is written."""
    source = written(tmp_path / "a.jsonl", GOOD)
    report = check(source)
    written(source, GOOD[5:])
    with pytest.raises(DataError, match="changed since it was checked"):
        report.apply(tmp_path / "b.jsonl")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jsonl"]


def test_a_mistyped_label_is_repaired(tmp_path: Path) -> None:
    """A label close to a frequent one becomes that one, in a table and in JSON Lines alike."""
    labels = ["positive", "negative"] * 20
    table = pd.DataFrame({"Prompt": [f"Review {n}: the {n}. visit was as it was." for n in range(40)], "Completion": labels})
    table.loc[7, "Completion"] = "negatve"
    report = check(table)
    assert report.corrections == {"negatve": "negative"}
    made = lines(report.apply(tmp_path / "a.jsonl", "mend-labels").path)
    assert [row["messages"][-1]["content"] for row in made] == labels
