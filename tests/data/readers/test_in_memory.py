import datetime
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest

from ftwidgets.data import Finding
from ftwidgets.data.readers import OpenSource, Source, column_names, in_memory, open_source
from ftwidgets.data.rows import TrainingRow

TURNS = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]


def opened(source: Source, **options: Any) -> OpenSource:
    found = open_source(source, **{"columns": {}, **options})
    assert isinstance(found, OpenSource), found
    return found


def usable(source: OpenSource) -> list[TrainingRow]:
    return [item for item in source.read() if isinstance(item, TrainingRow)]


def found(source: OpenSource) -> list[Finding]:
    return [finding for item in source.read() if isinstance(item, list) for finding in item]


def book(path: Path, **sheets: list[list[Any]]) -> Path:
    made = openpyxl.Workbook()
    made.remove(made.active)  # type: ignore[arg-type]
    for title, rows in sheets.items():
        sheet = made.create_sheet(title)
        for row in rows:
            sheet.append(row)
    made.save(path)
    return path


def test_a_workbook_is_read_with_its_own_row_numbers(tmp_path: Path) -> None:
    """Empty rows above and between count; numbers and dates are text and said; rows empty at the end are none."""
    rows: list[list[Any]] = [
        [],
        ["Topic", " prompt", "Completion", None],
        ["x", "a", "two\nlines", None],
        [],
        ["x", 5, datetime.datetime(2026, 1, 2), "beside"],
        ["x", "c", None],
        ["x", "d", "#N/A"],
        [" "],
        [None],
    ]
    source = opened(book(tmp_path / "a.xlsx", Sheet=rows))
    assert [(item.row.line, item.prompt, item.completion) for item in usable(source)] == [
        (3, "a", "two\nlines"),
        (5, "5", "2026-01-02"),
    ]
    assert [(f.line, f.id) for f in found(source)] == [
        (4, "blank-row"),
        (6, "empty-cell"),
        (7, "not-text"),
        (None, "numbers-as-text"),
        (None, "numbers-as-text"),
    ]
    assert (source.name, source.header, source.n_rows) == ("a.xlsx", ("Topic", "prompt", "Completion"), 5)
    places = [item.row._replace(values=None) for item in usable(source)]
    assert list(source.reread(places[::-1])) == usable(source)[::-1]
    assert column_names(tmp_path / "a.xlsx") == ["Topic", "prompt", "Completion"]


@pytest.mark.parametrize(
    ("value", "text", "kind"),
    [
        (pd.Timestamp("2024-05-01"), "2024-05-01", "date"),
        (datetime.datetime(2024, 5, 1), "2024-05-01", "date"),
        (datetime.date(2024, 5, 1), "2024-05-01", "date"),
        (pd.Timestamp("2024-05-01 14:30"), "2024-05-01 14:30:00", "datetime"),
        (pd.Timestamp(ns := 1_714_521_600_000_000_001), str(pd.Timestamp(ns)), "datetime"),
        (pd.Timestamp("2024-05-01", tz="UTC"), "2024-05-01 00:00:00+00:00", "datetime"),
        (datetime.time(14, 30), "14:30:00", "time"),
        (4.0, "4.0", "float"),
        (True, "True", "bool"),
    ],
)
def test_a_plain_value_is_text_and_named_as_what_it_is(value: object, text: str, kind: str) -> None:
    """A date is no midnight, whoever stored it as one; a time that is there stays."""
    source = opened(pd.DataFrame({"Prompt": ["a"], "Completion": pd.Series([value], dtype=object)}))
    assert [item.completion for item in usable(source)] == [text]
    (finding,) = found(source)
    assert f'holds 1 cell of type {kind}; they are written as text, "{text}" for example (row 0)' in finding.message


def test_values_of_several_types_are_counted_apart() -> None:
    """The most frequent first; a gap in the column is none of them."""
    values = [4.0, pd.Timestamp("2024-05-01"), True, 2.5, None]
    source = opened(pd.DataFrame({"Prompt": list("abcde"), "Completion": pd.Series(values, dtype=object)}))
    assert [item.completion for item in usable(source)] == ["4.0", "2024-05-01", "True", "2.5"]
    (said,) = [finding for finding in found(source) if finding.id == "numbers-as-text"]
    assert "4 cells of type float (2), date (1), bool (1); " in said.message


def test_the_sheet_with_the_columns_is_taken(tmp_path: Path) -> None:
    """Else the first that is filled; where there are several, the name says which."""
    notes, data = [["Notes"], ["read me"]], [["Question", "Answer"], ["a", "b"]]
    file = book(tmp_path / "a.xlsx", Empty=[], Notes=notes, Data=data)
    source = opened(file, columns={"prompt": "question", "completion": "answer"})
    assert source.name == 'a.xlsx, sheet "Data"'
    assert [item.prompt for item in usable(source)] == ["a"]
    (missing, _) = open_source(file, columns={})  # type: ignore[misc]
    assert '"Notes"' in missing.message


def test_a_workbook_gives_what_pandas_reads(tmp_path: Path) -> None:
    """The same texts as pandas.read_excel, of a sheet that pandas wrote."""
    frame = pd.DataFrame({"Prompt": [f"q {n} ☕\nmore" for n in range(50)], "Completion": [f'"a" {n}' for n in range(50)]})
    frame.to_excel(tmp_path / "a.xlsx", index=False)
    back = pd.read_excel(tmp_path / "a.xlsx")
    assert [[item.prompt, item.completion] for item in usable(opened(tmp_path / "a.xlsx"))] == back.to_numpy().tolist()


def test_a_formula_without_a_stored_result_is_an_empty_cell_that_says_so(tmp_path: Path) -> None:
    """As openpyxl writes them, and other programs."""
    source = opened(book(tmp_path / "a.xlsx", Sheet=[["Prompt", "Completion"], ["a", '="b"&"c"']]))
    (finding,) = found(source)
    assert (finding.id, "formula" in finding.fix) == ("empty-cell", True)


def test_a_workbook_that_unpacks_to_too_much_or_is_damaged_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence each: nothing is unpacked to find out, and no traceback comes of a part that is not what it should be."""
    file = book(tmp_path / "a.xlsx", Sheet=[["Prompt", "Completion"], ["a", "b"]])
    for part in ("xl/worksheets/sheet1.xml", "xl/styles.xml", "xl/workbook.xml", "[Content_Types].xml"):
        with zipfile.ZipFile(file) as whole, zipfile.ZipFile(tmp_path / "b.xlsx", "w") as broken:
            for member in whole.namelist():
                broken.writestr(member, "<" if member == part else whole.read(member))
        (finding,) = open_source(tmp_path / "b.xlsx", columns={})  # type: ignore[misc]
        assert (finding.id, "cannot be read" in finding.message) == ("other-format", True)
    monkeypatch.setattr(in_memory, "MAX_WORKBOOK", 1000)
    (finding,) = open_source(file, columns={})  # type: ignore[misc]
    assert (finding.id, "more than can be read" in finding.message) == ("not-readable", True)
    (finding,) = open_source(book(tmp_path / "c.xlsx", Sheet=[]), columns={})  # type: ignore[misc]
    assert finding.id in ("empty-file", "not-readable")


def test_a_dataframe_names_its_rows_by_its_own_index() -> None:
    """Labels of the index stand in the findings; where they repeat, positions do, and that is said."""
    frame = pd.DataFrame({"Prompt": ["a", None, ""], "Completion": ["x", "y", "z"]}, index=["p", "q", "r"])
    assert [finding.row for finding in found(opened(frame))] == ["q", "r"]
    assert [finding.row for finding in found(opened(frame.set_index(pd.Index([10, 20, 30]))))] == [20, 30]
    repeated = opened(frame.set_index(pd.Index([7, 7, 7])))
    assert [finding.row for finding in found(repeated)] == [1, 2]
    assert [finding.id for finding in repeated.findings] == ["repeated-index"]


def test_cells_that_are_no_text() -> None:
    """Numbers and dates are written as text, and said; missing values of every kind are empty; the rest is an error."""
    values = [1, 2.5, True, np.int64(7), datetime.date(2026, 1, 2), None, np.nan, pd.NA, pd.NaT, "", ["x"], b"x", "\ud83d"]
    frame = pd.DataFrame({"Prompt": [f"q{i}" for i in range(len(values))], "Completion": pd.Series(values, dtype=object)})
    source = opened(frame)
    assert [item.completion for item in usable(source)] == ["1", "2.5", "True", "7", "2026-01-02"]
    assert [(f.row, f.id) for f in found(source)[:-1]] == [
        *((row, "empty-cell") for row in range(5, 10)),
        (10, "not-text"),
        (11, "not-text"),
        (12, "half-character"),
    ]
    assert "5 cells" in found(source)[-1].message
    assert usable(source)[1] in list(source.reread([usable(source)[1].row._replace(values=None)]))


def test_a_dataframe_of_chats_is_records(tmp_path: Path) -> None:
    """Also with the arrays that Parquet hands out; missing values are keys that are not there."""
    frame = pd.DataFrame({"messages": [TURNS, np.array(TURNS, dtype=object), None], "tools": [None, np.nan, None]})
    source = opened(frame)
    assert (source.format, [item.example for item in usable(source)]) == ("chat", [{"messages": TURNS}] * 2)
    assert [(f.row, f.id) for f in found(source)] == [(2, "missing-messages")]
    assert column_names(frame) == []


def test_a_list_of_records_is_a_source() -> None:
    """Chats, pairs, or flat records whose keys are named; nothing of the caller's is changed."""
    chats = [{"messages": TURNS}, "x", {"messages": []}]
    source = opened(chats)  # type: ignore[arg-type]
    assert [item.row.where for item in usable(source)] == ["row 1"]
    assert [(f.row, f.id) for f in found(source)] == [(2, "not-an-object"), (3, "empty-messages")]
    flat = [{"q": "c", "a": None}, {"q": "a", "a": "b"}]
    mapped = opened(flat, columns={"prompt": "q", "completion": "a"})
    assert [(item.prompt, item.completion) for item in usable(mapped)] == [("a", "b")]
    assert [f.id for f in found(mapped)] == ["empty-cell"]
    assert column_names(flat) == ["q", "a"]
    assert usable(opened([])) == []


def test_something_like_a_hugging_face_dataset_is_a_source() -> None:
    """It has columns, a length and rows that are dicts; nothing is imported to know it."""

    class Dataset:
        column_names = ("messages",)

        def __len__(self) -> int:
            return 2

        def __getitem__(self, place: int) -> dict[str, Any]:
            return {"messages": TURNS}

    assert len(usable(opened(Dataset()))) == 2  # type: ignore[arg-type]


def test_the_caller_s_dataframe_stays_as_it_is() -> None:
    """Columns, values and index are untouched."""
    frame = pd.DataFrame({" prompt ": ["a", None], "COMPLETION": [1, 2]}, index=[5, 6])
    before = frame.copy(deep=True)
    list(opened(frame, system="Be brief.").read())
    pd.testing.assert_frame_equal(frame, before)
