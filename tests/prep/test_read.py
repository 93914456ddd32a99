import io
import random
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from ftwidgets.errors import DataError
from ftwidgets.prep import check, prepare
from ftwidgets.prep.read import read
from ftwidgets.prep.table import Table


def table(tmp_path: Path, text: str, wanted: tuple[str, ...] = ("Prompt", "Completion", "System")) -> Table:
    file = tmp_path / "a.csv"
    file.write_bytes(text.encode())
    found = read(file, wanted)
    assert isinstance(found, Table), found
    return found


def archive(member: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr(member, "x")
    return buffer.getvalue()


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_physical_lines_whatever_ends_them(tmp_path: Path, end: str) -> None:
    """Quoted line breaks and blank lines are counted, so that a finding points where an editor does."""
    rows = ["", "Prompt,Completion", "a,b", '"one', 'two","three', "", 'four"', "", "c,d"]
    found = table(tmp_path, end.join(rows))
    assert [(row.line, row.label) for row in found.rows] == [(3, 1), (4, 2), (9, 3)]
    assert found.rows[1].values == ("one\ntwo", "three\n\nfour")
    assert found.header_line == 2


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    """Comma, semicolon and tab are told apart, even where the texts hold the others."""
    text = f'Topic{delimiter}"Prompt"{delimiter}Completion\nx{delimiter}"a, b; c\td"{delimiter}e\n'
    found = table(tmp_path, text)
    assert found.header == ("Topic", "Prompt", "Completion")
    assert found.rows[0].values == ("x", "a, b; c\td", "e")


def test_the_delimiter_is_found_without_known_names(tmp_path: Path) -> None:
    """Where no column has a known name, the delimiter that makes a regular table wins."""
    found = table(tmp_path, "Question, or query;Answer\nHi, there, you;Hello\nBye;So long\n")
    assert found.header == ("Question, or query", "Answer")


def test_many_blank_lines_may_come_first(tmp_path: Path) -> None:
    """The header is the first line with something in it, wherever that is."""
    found = table(tmp_path, "\n" * 30 + ";;\nPrompt;Completion\na;b\n")
    assert (found.header, found.header_line, found.rows[0].line) == (("Prompt", "Completion"), 32, 33)


@pytest.mark.parametrize("after", ["", "\n"])
def test_doubled_quotes_and_a_quoted_last_cell_are_fine(tmp_path: Path, after: str) -> None:
    """A closed quote at the very end of the file is not taken for an open one."""
    found = table(tmp_path, f'Prompt,Completion\n"say ""hi""","""hi"", he said"{after}')
    assert found.rows[0].values == ('say "hi"', '"hi", he said')


@pytest.mark.parametrize("tail", ["\ne,f\n", "", "x" * 200_000])
def test_a_quote_left_open_is_reported_where_it_opens(tmp_path: Path, tail: str) -> None:
    """It would swallow the rest of the file in silence."""
    file = tmp_path / "a.csv"
    file.write_text(f'Prompt,Completion\na,b\nc,"d{tail}', encoding="utf-8")
    (finding,) = check(file).findings
    assert (finding.id, finding.line) == ("open-quote", 3)
    with pytest.raises(DataError, match=r"a\.csv: line 3: A double quote"):
        prepare(file, tmp_path / "out")


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.csv", b"", "is empty"),
        ("a.csv", b"\xef\xbb\xbf \r\n\n", "is blank"),
        ("a.csv", b"\x89PNG\r\n\x1a\n\0\0", "PNG picture"),
        ("a.csv", b"\xff\xd8\xff\xe0", "JPEG"),
        ("a.csv", b"%PDF-1.7", "PDF"),
        ("a.csv", archive("xl/workbook.xml"), "Excel workbook"),
        ("a.csv", archive("word/document.xml"), "Word document"),
        ("a.csv", archive("photo.txt"), "ZIP archive"),
        ("a.csv", b'{"messages": [{"role": "user"}]}\n{"messages": []}\n', "JSON Lines"),
        ("a.jsonl", b'{"messages": []}', "JSON Lines"),
        ("a.csv", b'[{"prompt": "a", "completion": "b"}]', "JSON, not a CSV"),
        ("a.csv", b'[\n  {\n"prompt": "a"}]', "JSON, not a CSV"),
        ("a.csv", b'{\n "cells": []\n}', "JSON, not a CSV"),
        ("a.csv", b"\n<!DOCTYPE html>\n<html>", "web page"),
        ("a.csv", b'<?xml version="1.0"?><a/>', "XML"),
        ("a.csv", b",,\n,,\n", "is blank"),
        ("a.csv", b'""\n', "is blank"),
        ("a.csv", b"\xc2\xa0,\xc2\xa0\n", "is blank"),
        ("a.csv", b"Once upon a time\nthere was a king\n", "no comma, semicolon or tab"),
    ],
)
def test_what_is_no_csv_gets_one_clear_sentence(tmp_path: Path, name: str, data: bytes, words: str) -> None:
    """Check returns the sentence as the only finding; prepare, which cannot go on, raises with it."""
    file = tmp_path / name
    file.write_bytes(data)
    report = check(file)
    (finding,) = report.findings
    assert not report.ok
    assert finding.level == "error"
    assert words in finding.message
    assert f'"{name}"' in finding.message
    assert finding.fix
    with pytest.raises(DataError, match=words):
        prepare(file, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_path_that_is_not_there_is_answered_with_the_closest_one(tmp_path: Path) -> None:
    """A misspelled name, a folder, a web address and the text of a table are told apart."""
    (tmp_path / "support.csv").write_text("x", encoding="utf-8")

    def sentence(source: str | Path) -> str:
        (finding,) = check(source).findings
        assert finding.id == "not-found"
        return str(finding)

    assert 'Did you mean "support.csv"?' in sentence(tmp_path / "suport.csv")
    assert "is a folder" in sentence(tmp_path)
    assert "is a web address" in sentence("https://example.org/a.csv")
    assert "is the text of a table" in sentence("Prompt,Completion\na,b\n")
    with pytest.raises(DataError, match="There is no file"):
        prepare(tmp_path / "nothing.csv", tmp_path / "out")


@pytest.mark.parametrize("source", [[("a", "b")], {"Prompt": ["a"]}, None, 3])
def test_other_objects_are_a_mistake_in_the_code(source: object) -> None:
    """A list or a dictionary is no bad data but a wrong call: TypeError, which says what is accepted."""
    with pytest.raises(TypeError, match=f"DataFrame, not a {type(source).__name__}"):
        check(source)  # type: ignore[arg-type]


def test_a_dataframe_names_its_rows_by_its_own_index() -> None:
    """Labels of the index stand in the findings; where they repeat, positions do, and that is said."""
    frame = pd.DataFrame({"Prompt": ["a", None, ""], "Completion": ["x", "y", "z"]}, index=["p", "q", "r"])
    rows = [finding.row for finding in check(frame).findings if finding.id == "empty-cell"]
    assert rows == ["q", "r"]
    assert [f.row for f in check(frame.set_index(pd.Index([10, 20, 30]))).findings if f.row is not None] == [20, 30]
    report = check(frame.set_index(pd.Index([7, 7, 7])))
    assert [finding.row for finding in report.findings if finding.id == "empty-cell"] == [1, 2]
    assert "repeated-index" in {finding.id for finding in report.findings}


def test_any_bytes_end_in_a_report(tmp_path: Path) -> None:
    """Damaged files and noise give findings with a place or rows, never a traceback."""
    rng = random.Random(0)
    start = 'Prompt,Completion,System\r\n"a ""b""\n",c,d\r\n\r\nWie spät?;x\t"y\n'.encode() * 2 + b"e,f,g\n" * 9
    pieces = [
        b'"',
        b",",
        b";",
        b"\n",
        b"\r",
        b"\0",
        b"\xff",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"{",
        b"[",
        b"<html>",
        b"PK\x03\x04",
        b',"',
    ]
    file = tmp_path / "a.csv"
    outcomes = set()
    for _ in range(300):
        data = bytearray(start if rng.random() < 0.8 else rng.randbytes(rng.randrange(200)))
        for _ in range(rng.randrange(6)):
            at = rng.randrange(len(data) + 1)
            data[at : at + rng.randrange(4)] = rng.choice(pieces)
        file.write_bytes(data)
        report = check(file)
        assert str(report)
        assert report._repr_html_()
        assert report.examples or not report.ok
        outcomes |= {finding.id for finding in report.findings}
    assert {"open-quote", "wrong-encoding", "missing-column", "too-many-cells", "empty-cell"} <= outcomes
