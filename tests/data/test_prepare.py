import json
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ftwidgets.data import Finding, Prepared, check, prepare, write_jsonl
from ftwidgets.data.prepare import draft
from ftwidgets.errors import DataError

TABLE = pd.DataFrame(
    {"Prompt": [f"question {n % 25}" for n in range(40)], "Completion": [f"answer {n}" for n in range(39)] + [""]}
)


def good(n: int, start: int = 0) -> pd.DataFrame:
    numbers = range(start, start + n)
    return pd.DataFrame({"Prompt": [f"question {i}" for i in numbers], "Completion": [f"answer {i}" for i in numbers]})


def lines(path: Path | None) -> list[dict[str, Any]]:
    assert path is not None
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def of(prepared: Prepared, rule: str) -> list[Finding]:
    return [finding for finding in prepared.report.findings if finding.id == rule]


def test_the_two_files_hold_every_usable_row_once(tmp_path: Path) -> None:
    """Training and validation together are the examples that check found; the result is frozen."""
    prepared = prepare(good(60), tmp_path / "new" / "folder")
    train, held = lines(prepared.train_file), lines(prepared.validation_file)
    assert (len(train), len(held)) == (prepared.n_train, prepared.n_validation) == (48, 12)
    both = sorted(train + held, key=lambda example: int(example["messages"][0]["content"].split()[1]))
    assert both == check(good(60)).examples
    assert prepared.report.ok
    assert prepared.train_file == tmp_path / "new" / "folder" / "train.jsonl"
    with pytest.raises(FrozenInstanceError):
        prepared.n_train = 0  # type: ignore[misc]


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    """From a file or from a DataFrame, today or tomorrow; another seed holds out other rows."""
    good(60).to_csv(tmp_path / "a.csv", index=False)
    one, two, other = (
        prepare(source, tmp_path / name, seed=seed)
        for source, name, seed in ((good(60), "one", 3), (tmp_path / "a.csv", "two", 3), (good(60), "other", 4))
    )
    assert one.train_file.read_bytes() == two.train_file.read_bytes()
    assert lines(one.validation_file) == lines(two.validation_file) != lines(other.validation_file)


def test_skipped_rows_are_named_and_the_rest_is_written(tmp_path: Path) -> None:
    """Nothing is lost in silence: the report counts what was skipped and says why, row by row."""
    frame = pd.concat([good(20), good(1), pd.DataFrame({"Prompt": ["x"], "Completion": [None]})], ignore_index=True)
    prepared = prepare(frame, tmp_path, validation=5)
    assert (prepared.n_train, prepared.n_validation) == (15, 5)
    assert of(prepared, "rows-skipped")[0].message == "DataFrame: 2 rows of 22 skipped (unusable or repeated)."
    assert {(f.id, f.row) for f in prepared.report.findings if f.row is not None} == {
        ("duplicate-row", 20),
        ("empty-cell", 21),
    }
    assert not prepared.report.ok


@pytest.mark.parametrize("seed", range(5))
def test_a_split_never_leaks_a_prompt(tmp_path: Path, seed: int) -> None:
    """Prompts that differ in case, blanks and Unicode form only are on one side, whatever their answers."""
    prompts = [text for i in range(20) for text in (f"Café {i}?", f"  café  {i}? ", f"CAFE\u0301 {i}?")]
    frame = pd.DataFrame({"Prompt": prompts, "Completion": [f"answer {i}" for i in range(60)]})
    prepared = prepare(frame, tmp_path, seed=seed, validation=0.3)

    def numbers(path: Path | None) -> set[str]:
        return {example["messages"][0]["content"].split()[1] for example in lines(path)}

    assert numbers(prepared.train_file) & numbers(prepared.validation_file) == set()
    assert prepared.n_validation == 18


def test_a_split_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    """One prompt in all rows cannot be on both sides: no validation file, and a warning."""
    frame = pd.DataFrame({"Prompt": ["same"] * 12, "Completion": [str(i) for i in range(12)]})
    prepared = prepare(frame, tmp_path)
    assert (prepared.n_train, prepared.n_validation, prepared.validation_file) == (12, 0, None)
    assert of(prepared, "validation-size")[0].level == "warning"


def test_no_validation_on_request(tmp_path: Path) -> None:
    """validation=0 writes one file; a validation file of an earlier run is pointed out, not deleted."""
    prepare(good(60), tmp_path)
    prepared = prepare(good(60), tmp_path, validation=0)
    assert prepared.validation_file is None
    assert prepared.n_train == 60
    assert of(prepared, "stale-file")[0].level == "warning"
    assert "none held out" in str(prepared)


def test_the_minimum_is_counted_after_the_split(tmp_path: Path) -> None:
    """Eleven rows are enough for a service, the nine left for training are not."""
    assert check(good(11)).ok
    prepared = prepare(good(11), tmp_path)
    assert prepared.n_train == 9
    assert of(prepared, "too-few-rows")[0].message == "train.jsonl has 9 usable examples; a service rejects fewer than 10."
    assert prepare(good(11), tmp_path, validation=1).report.ok


def test_validation_rows_from_a_source_of_their_own(tmp_path: Path) -> None:
    """They are checked too, by name; a prompt that is also trained on is an error that names both places."""
    held = pd.concat([good(9, start=100), pd.DataFrame({"Prompt": ["QUESTION  3", ""], "Completion": ["x", "y"]})])
    held.to_csv(tmp_path / "held.csv", index=False)
    good(50).to_csv(tmp_path / "train.csv", index=False)
    prepared = prepare(tmp_path / "train.csv", tmp_path / "out", validation_source=tmp_path / "held.csv")
    assert (prepared.n_train, prepared.n_validation) == (50, 10)
    (leak,) = of(prepared, "shared-prompt")
    assert leak.level == "error"
    assert str(leak).startswith("held.csv, line 11: The prompt is also in the training rows (line 5)")
    assert of(prepared, "empty-cell")[0].where == "held.csv, line 12"
    assert of(prepared, "too-few-rows") == []
    clean = prepare(good(50), tmp_path / "out", validation_source=good(3, start=50))
    assert [(found.id, found.level) for found in clean.report.findings] == [("validation-size", "note")]
    assert lines(clean.validation_file) == check(good(3, start=50)).examples


def test_two_tables_of_one_name_are_told_apart(tmp_path: Path) -> None:
    """Row 0 of the validation frame is not taken for row 0 of the training frame."""
    held = pd.DataFrame({"Prompt": ["", "a"], "Completion": ["x", "y"]})
    prepared = prepare(good(50), tmp_path, validation_source=held)
    assert of(prepared, "empty-cell")[0].where == "DataFrame (validation), row 0"


def test_a_constant_system_prompt_and_mapped_columns(tmp_path: Path) -> None:
    """The arguments of check mean the same here."""
    frame = good(50).rename(columns={"Prompt": "Q", "Completion": "A"})
    prepared = prepare(frame, tmp_path, prompt="q", completion="a", system="Be brief.")
    assert {example["messages"][0]["content"] for example in lines(prepared.train_file)} == {"Be brief."}


def test_what_is_written_is_clean(tmp_path: Path) -> None:
    """The examples of a messy file, put in a table again, give no finding but the size."""
    rows = "Prompt;Completion\n" + "".join(f"q{i};a{i}\n" for i in range(60)) + "x;\n;y\nq1;a1\n"
    (tmp_path / "a.csv").write_text(rows, encoding="utf-16")
    prepared = prepare(tmp_path / "a.csv", tmp_path / "out", validation=0)
    again = pd.DataFrame([[turn["content"] for turn in e["messages"]] for e in lines(prepared.train_file)])
    assert check(again, prompt="0", completion="1").findings == []


def test_nothing_usable_is_an_error(tmp_path: Path) -> None:
    """The first fault stands in the message, and no file is written."""
    with pytest.raises(DataError, match=r'none of its 1 row can be used\. The first fault: row 0: "Completion" is empty'):
        prepare(pd.DataFrame({"Prompt": ["a"], "Completion": [""]}), tmp_path / "out")
    with pytest.raises(DataError, match='no column "Prompt"'):
        prepare(pd.DataFrame({"a": [1]}), tmp_path / "out")
    with pytest.raises(ValueError, match="validation=60 must"):
        prepare(good(60), tmp_path / "out", validation=60)
    assert not (tmp_path / "out").exists()


def test_the_source_is_never_written_over(tmp_path: Path) -> None:
    """A file that bears the name of an output keeps its bytes."""
    source = write_jsonl(check(good(20)).examples, tmp_path / "train.jsonl")
    before = source.read_bytes()
    with pytest.raises(DataError, match="is the source itself"):
        prepare(source, tmp_path)
    assert source.read_bytes() == before
    prepared = prepare(source, tmp_path / "out")
    assert prepared.n_train == 16
    assert source.read_bytes() == before


def test_it_shows_its_files(tmp_path: Path) -> None:
    """In a terminal and, escaped, in a notebook."""
    prepared = prepare(good(60), tmp_path / "a & b")
    assert f"Written: 48 examples in {prepared.train_file}, 12 in {prepared.validation_file}." in str(prepared)
    assert "a &amp; b" in prepared._repr_html_()


def test_a_leak_names_the_first_training_row_with_that_prompt(tmp_path: Path) -> None:
    """So that the reader looks at the original, not at a later variation of it."""
    frame = pd.concat([good(50), pd.DataFrame({"Prompt": ["Question 3"], "Completion": ["x"]})], ignore_index=True)
    (leak,) = of(prepare(frame, tmp_path, validation_source=good(1, start=3)), "shared-prompt")
    assert "(row 3)" in leak.message


@pytest.mark.parametrize("validation", [0, 0.2, 0.5, 7])
@pytest.mark.parametrize("seed", [0, 5])
def test_the_sides_are_those_that_prepare_writes(validation: float, seed: int, tmp_path: Path) -> None:
    """What a draft holds out is what is written as held out, example for example."""
    seen = draft(TABLE, system="Be brief.")
    sides = seen.preview_split(validation, seed)
    made = prepare(TABLE, tmp_path, system="Be brief.", validation=validation, seed=seed)
    lines = {False: made.train_file, True: made.validation_file}
    for side, file in lines.items():
        written = [json.loads(line) for line in file.read_text().splitlines()] if file is not None else []
        assert written == [example for example, held in zip(seen.report.examples, sides, strict=True) if held is side]


def test_a_source_without_a_usable_row_has_no_sides(tmp_path: Path) -> None:
    """Whatever is to be held out: the report says what is wrong."""
    assert draft(tmp_path / "nowhere.csv").preview_split(5, 0) == []


def test_the_report_is_the_checks_and_the_places_are_the_rows() -> None:
    """Nothing is found that `check` does not find; each example knows its row."""
    seen = draft(TABLE)
    assert seen.report == check(TABLE)
    assert seen.places[:2] == ["row 0", "row 1"]
    assert len(seen.places) == len(seen.report.examples) == 39
