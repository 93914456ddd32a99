import json
from pathlib import Path

import pandas as pd
import pytest

from ftwidgets.data import Finding, check, prepare
from ftwidgets.data.draft import automatic, columns, draft

TABLE = pd.DataFrame(
    {"Prompt": [f"question {n % 25}" for n in range(40)], "Completion": [f"answer {n}" for n in range(39)] + [""]}
)


@pytest.mark.parametrize("validation", [0, 0.2, 0.5, 7])
@pytest.mark.parametrize("seed", [0, 5])
def test_the_sides_are_those_that_prepare_writes(validation: float, seed: int, tmp_path: Path) -> None:
    """What a draft holds out is what is written as held out, example for example."""
    seen = draft(TABLE, system="Be brief.")
    sides = seen.sides(validation, seed)
    made = prepare(TABLE, tmp_path, system="Be brief.", validation=validation, seed=seed)
    lines = {False: made.train_file, True: made.validation_file}
    for side, file in lines.items():
        written = [json.loads(line) for line in file.read_text().splitlines()] if file is not None else []
        assert written == [example for example, held in zip(seen.report.examples, sides, strict=True) if held is side]


def test_a_source_without_a_usable_row_has_no_sides(tmp_path: Path) -> None:
    """Whatever is to be held out: the report says what is wrong."""
    assert draft(tmp_path / "nowhere.csv").sides(5, 0) == []


def test_the_report_is_the_checks_and_the_places_are_the_rows() -> None:
    """Nothing is found that `check` does not find; each example knows its row."""
    seen = draft(TABLE)
    assert seen.report == check(TABLE)
    assert seen.places[:2] == ["row 0", "row 1"]
    assert len(seen.places) == len(seen.report.examples) == 39


def test_columns_are_listed_or_the_reason_is_given(tmp_path: Path) -> None:
    """Names once each, blank ones left out; a file that is no table gives its finding."""
    file = tmp_path / "a.csv"
    file.write_text("Prompt, Note ,,Note,Completion\n1,2,3,4,5\n", encoding="utf-8-sig")
    assert columns(file) == ["Prompt", "Note", "Completion"]
    assert isinstance(columns(tmp_path / "b.csv"), Finding)


def test_a_column_is_automatic_if_it_is_the_only_one_of_its_name() -> None:
    """As `check` chooses: whatever the case, but not among two."""
    assert automatic("prompt", ["PROMPT ", "Answer"]) == "PROMPT "
    assert automatic("prompt", ["prompt", "Prompt"]) is None
    assert automatic("completion", ["Prompt"]) is None
