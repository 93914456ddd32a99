import io
import os
import zipfile
from pathlib import Path

import pytest

from ftwidgets.data.readers import open_source


def archive(*members: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for member in members:
            file.writestr(member, "x")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.csv", b"", "is empty"),
        ("a.csv", b"\xef\xbb\xbf \r\n\n", "is blank"),
        ("a.csv", b"\x89PNG\r\n\x1a\n\0\0", "PNG picture"),
        ("a.csv", b"\xff\xd8\xff\xe0", "JPEG"),
        ("a.csv", b"%PDF-1.7", "PDF"),
        ("a.csv.gz", b"\x1f\x8b\x08\0", "gzip"),
        ("a.parquet", b"PAR1\0", "Parquet"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1", "old Office"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "with a password"),
        ("a.xlsx", archive("xl/workbook.xml"), "a workbook that cannot be read"),
        ("a.xlsx", archive("xl/workbook.xml")[:-30], "damaged ZIP"),
        ("a.csv", archive("word/document.xml"), "Word document"),
        ("a.ods", archive("mimetype", "content.xml"), "OpenDocument"),
        ("a.csv", archive("photo.txt"), "ZIP archive"),
        ("a.jsonl", b'{\n  "messages": []\n}', "JSON over several lines"),
        ("a.jsonl", b"<html><body>", "web page"),
        ("a.jsonl", b'Prompt,Completion\n"Hello, you?",Fine.\n', "no line begins with a bracket"),
        ("a.jsonl", b"- prompt: a\n  completion: b\n", "no line begins with a bracket"),
        ("a.csv", b'{\n "cells": []\n}', "JSON, but not a list of records"),
        ("a.json", b"[[1, 2], [3, 4]]", "JSON, but not a list of records"),
        ("a.csv", b"\n<!DOCTYPE html>\n<html>", "web page"),
        ("a.csv", b'<?xml version="1.0"?><a/>', "XML"),
        ("a.csv", b",,\n,,\n", "is blank"),
        ("a.csv", b'""\n', "is blank"),
        ("a.csv", b"\xc2\xa0,\xc2\xa0\n", "is blank"),
        ("a.csv", b"Once upon a time\nthere was a king\n", "no comma, semicolon, tab or bar"),
    ],
)
def test_what_cannot_be_read_gets_one_clear_sentence(tmp_path: Path, name: str, data: bytes, words: str) -> None:
    """As the only finding, an error that names the file and a way on."""
    file = tmp_path / name
    file.write_bytes(data)
    found = open_source(file, columns={})
    assert isinstance(found, list)
    (finding,) = found
    assert finding.level == "error"
    assert finding.id in ("other-format", "empty-file")
    assert words in finding.message
    assert f'"{name}"' in finding.message
    assert finding.fix


def test_a_path_that_is_not_there_is_answered_with_the_closest_one(tmp_path: Path) -> None:
    """A misspelled name, a folder, a web address and the text of a table are told apart."""
    (tmp_path / "support.csv").write_text("x", encoding="utf-8")

    def sentence(source: str | Path) -> str:
        found = open_source(source, columns={})
        assert isinstance(found, list)
        assert [finding.id for finding in found] == ["not-found"]
        return str(found[0])

    assert 'Did you mean "support.csv"?' in sentence(tmp_path / "suport.csv")
    assert "is a folder" in sentence(tmp_path)
    assert "is a web address" in sentence("https://example.org/a.csv")
    assert "is the text of a table" in sentence("Prompt,Completion\na,b\n")
    found = open_source("a\0b", columns={})
    assert isinstance(found, list)
    assert found[0].id == "not-readable"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with a name")
def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    """A pipe would never end, or can be read only once."""
    os.mkfifo(tmp_path / "a.csv")
    found = open_source(tmp_path / "a.csv", columns={})
    assert isinstance(found, list)
    assert [finding.id for finding in found] == ["not-readable"]


@pytest.mark.parametrize("source", [[("a", "b")], {"Prompt": ["a"]}, None, 3, b"Prompt"])
def test_other_objects_are_a_mistake_in_the_code(source: object) -> None:
    """A list of tuples or a dictionary is no bad data but a wrong call: TypeError, which says what is accepted."""
    with pytest.raises(TypeError, match=f"DataFrame, not a {type(source).__name__}"):
        open_source(source, columns={})  # type: ignore[arg-type]
