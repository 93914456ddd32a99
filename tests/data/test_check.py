import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ftwidgets.data import Finding, Report, check


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "faq.csv"
    file.write_bytes(text.encode())
    return file


def of(report: Report, rule: str) -> list[Finding]:
    return [finding for finding in report.findings if finding.id == rule]


def good(n: int) -> pd.DataFrame:
    return pd.DataFrame({"Prompt": [f"question {i}" for i in range(n)], "Completion": [f"answer {i}" for i in range(n)]})


def test_a_clean_file_has_no_findings(tmp_path: Path) -> None:
    """Fifty good rows give fifty examples, nothing else, and the examples are what a service takes."""
    good(50).to_csv(tmp_path / "a.csv", index=False)
    report = check(tmp_path / "a.csv")
    assert report.ok
    assert report.findings == []
    assert report.examples[0] == {
        "messages": [{"role": "user", "content": "question 0"}, {"role": "assistant", "content": "answer 0"}]
    }
    assert str(report).startswith("a.csv: 50 rows, 50 usable examples; nothing found.")


@pytest.mark.parametrize(
    "header", ["Prompt,Completion", "completion,PROMPT", " prompt ,Completion\t", "x,COMPLETION,\ufeffPrompt"]
)
def test_columns_are_found_in_any_case_order_and_blanks(tmp_path: Path, header: str) -> None:
    """Only the name counts."""
    names = [name.replace("\ufeff", "").strip().casefold() for name in header.split(",")]
    cells = {"prompt": "ask", "completion": "reply", "x": "-"}
    report = check(written(tmp_path, header + "\n" + ",".join(cells[name] for name in names) + "\n"))
    assert [turn["content"] for turn in report.examples[0]["messages"]] == ["ask", "reply"]
    assert of(report, "missing-column") == []


def test_a_missing_column_is_not_guessed_but_can_be_mapped(tmp_path: Path) -> None:
    """The finding lists the columns there are and how to map them; mapped, they are used."""
    file = written(tmp_path, "Question,Answer,Role\nask,reply,Be brief.\n")
    report = check(file)
    assert not report.ok
    assert report.examples == []
    assert [(f.id, f.line, f.field) for f in report.findings] == [
        ("missing-column", 1, "Prompt"),
        ("missing-column", 1, "Completion"),
    ]
    assert str(report).count('"Question", "Answer", "Role"') == 1  # though two columns are missing
    assert ['prompt="Question"' in f.fix for f in report.findings] == [True, False]
    assert ['completion="Answer"' in f.fix for f in report.findings] == [False, True]
    mapped = check(file, prompt="question", completion="Answer", system_column="Role")
    assert [turn["content"] for turn in mapped.examples[0]["messages"]] == ["Be brief.", "ask", "reply"]
    assert mapped.columns == {"prompt": "Question", "completion": "Answer", "system": "Role"}
    wrong = check(file, prompt="Question", completion="Answer", system_column="Rolle")
    assert of(wrong, "missing-column")[0].field == "Rolle"
    with pytest.raises(ValueError, match="need a column each"):
        check(file, prompt="Question", completion="Question")


def test_two_columns_of_one_name_are_not_chosen_between(tmp_path: Path) -> None:
    """Both are named with their place; an exact spelling settles it."""
    file = written(tmp_path, "Prompt,prompt,Completion\nfirst,second,reply\n")
    (finding,) = of(check(file), "ambiguous-column")
    assert '"Prompt" (column 1), "prompt" (column 2)' in finding.message
    assert check(file, prompt="prompt").examples[0]["messages"][0]["content"] == "second"


def test_every_fault_is_found_on_its_line(tmp_path: Path) -> None:
    """Findings come in the order of the lines, each on the line where its row begins."""
    rows = [
        "Prompt,Completion",
        '"two',  # 2
        'lines",fine',
        "What?,",  # 4
        ",That.",  # 5
        "   ,That.",  # 6
        "Only",  # 7
        "a,b,c",  # 8
        "a,b,,",  # 9: trailing commas do no harm
        ",",  # 10
        "a,b",  # 11: again
        "A ,other",  # 12: the same question
    ]
    report = check(written(tmp_path, "\r\n".join(rows) + "\r\n"))
    placed = [(finding.line, finding.id) for finding in report.findings if finding.line]
    assert placed == [
        (4, "empty-cell"),
        (5, "empty-cell"),
        (6, "blank-cell"),
        (7, "empty-cell"),
        (8, "too-many-cells"),
        (10, "blank-row"),
        (11, "duplicate-row"),
        (12, "different-answers"),
    ]
    assert len(report.examples) == 3
    assert str(report.findings[1]).startswith('line 4: "Completion" is empty. Fill it in or delete the row;')
    assert "1 cell, the header 2" in next(f.message for f in report.findings if f.line == 7)
    assert "line 9" in of(report, "duplicate-row")[0].message
    assert '"other" here, "b" there' in of(report, "different-answers")[0].message


def test_a_summary_names_the_line_the_column_and_the_remedy(tmp_path: Path) -> None:
    """The sentence that users ask for, word for word."""
    text = str(check(written(tmp_path, "Prompt,Completion\nWhat?,\n")))
    assert 'line 2: "Completion" is empty. Fill it in or delete the row; every example needs an answer.' in text


@pytest.mark.parametrize(
    ("n", "rule", "ok"), [(9, "too-few-rows", False), (10, "few-rows", True), (49, "few-rows", True), (50, None, True)]
)
def test_too_few_rows_are_an_error_below_the_minimum_of_the_services(n: int, rule: str | None, ok: bool) -> None:
    """Under 10 a service refuses; under 50 little can be expected."""
    report = check(good(n))
    assert [finding.id for finding in report.findings] == ([rule] if rule else [])
    assert report.ok is ok


def test_repeats_do_not_count_towards_the_minimum() -> None:
    """Ten rows of which five are repeats are five examples."""
    report = check(pd.concat([good(5), good(5)], ignore_index=True))
    assert len(of(report, "duplicate-row")) == 5
    assert "5 usable examples" in of(report, "too-few-rows")[0].message


def test_a_system_column_wins_over_the_constant_row_by_row() -> None:
    """Rows without a system prompt of their own get the constant; without a constant that is a warning."""
    frame = good(3).assign(system=["Be kind.", None, " "])
    report = check(frame, system="Be brief.")
    assert [example["messages"][0]["content"] for example in report.examples] == ["Be kind.", "Be brief.", "Be brief."]
    assert "2 of 3 rows, first on row 1" in of(report, "system-filled")[0].message
    bare = check(frame)
    assert [len(example["messages"]) for example in bare.examples] == [3, 2, 2]
    assert of(bare, "system-missing")[0].level == "warning"
    assert of(check(good(3).assign(System="")), "system-missing") == []


def test_a_column_given_as_system_text_is_pointed_out() -> None:
    """system= is the text; whoever names a column there is told of system_column=."""
    report = check(good(3).assign(Role="Be kind."), system="role")
    assert 'system_column="role"' in of(report, "system-is-a-column")[0].fix
    with pytest.raises(ValueError, match="system is blank"):
        check(good(3), system=" ")


def test_the_same_prompt_under_another_system_prompt_is_no_contradiction() -> None:
    """An answer may depend on the system prompt."""
    frame = pd.DataFrame({"System": ["Say yes.", "Say no."], "Prompt": ["ok?", "ok?"], "Completion": ["yes", "no"]})
    assert of(check(frame), "different-answers") == []
    assert len(of(check(frame.drop(columns="System")), "different-answers")) == 1


def test_cells_that_are_no_text() -> None:
    """Numbers and dates are written as text, and said; missing values of every kind are empty; the rest is an error."""
    values = [
        1,
        2.5,
        True,
        np.int64(7),
        datetime.date(2026, 1, 2),
        None,
        np.nan,
        pd.NA,
        pd.NaT,
        "",
        ["x"],
        b"x",
        "\ud83d",
    ]
    frame = pd.DataFrame({"Prompt": [f"q{i}" for i in range(len(values))], "Completion": pd.Series(values, dtype=object)})
    report = check(frame)
    answers = [example["messages"][1]["content"] for example in report.examples]
    assert answers == ["1", "2.5", "True", "7", "2026-01-02"]
    assert [finding.row for finding in of(report, "empty-cell")] == [5, 6, 7, 8, 9]
    assert [finding.row for finding in of(report, "not-text")] == [10, 11]
    assert [finding.row for finding in of(report, "half-character")] == [12]
    assert "5 cells" in of(report, "numbers-as-text")[0].message


def test_text_that_looks_missing_is_text_in_a_file(tmp_path: Path) -> None:
    """NA, None and null are words that people write."""
    report = check(written(tmp_path, "Prompt,Completion\nSodium?,NA\nWho?,None\nnull,nan\n"))
    assert len(report.examples) == 3


def test_a_blank_before_a_quote_is_pointed_out(tmp_path: Path) -> None:
    """`a, "b"` would be trained on with its quotes."""
    report = check(written(tmp_path, 'Prompt,Completion\nWhat?, "That."\n'))
    (finding,) = of(report, "blank-before-quote")
    assert (finding.line, finding.field) == (2, "Completion")


def test_unused_columns_are_named_once(tmp_path: Path) -> None:
    """As a note: no fault."""
    report = check(written(tmp_path, "Topic,Prompt,Completion,\nx,a,b,\n"))
    assert of(report, "ignored-columns")[0].message == 'Columns not used: "Topic".'


def test_the_caller_s_dataframe_stays_as_it_is() -> None:
    """Columns, values and index are untouched."""
    frame = pd.DataFrame({" prompt ": ["a", None], "COMPLETION": [1, 2]}, index=[5, 6])
    before = frame.copy(deep=True)
    check(frame, system="Be brief.")
    pd.testing.assert_frame_equal(frame, before)


def test_an_empty_table_is_too_few_rows(tmp_path: Path) -> None:
    """A header alone is readable, and says that it holds nothing."""
    assert [f.id for f in check(written(tmp_path, "Prompt,Completion\n")).findings] == ["too-few-rows"]
    assert [f.id for f in check(good(0)).findings] == ["too-few-rows"]
    assert {f.id for f in check(pd.DataFrame()).findings} == {"missing-column"}
