import codecs
from pathlib import Path

import pytest

from ftwidgets.prep import check
from ftwidgets.prep.decode import decode, line_at

TEXT = "Prompt,Completion\nWie spät?,Groß nach Mitternacht ☕\n"


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        codecs.BOM_UTF8 + TEXT.encode(),
        codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
        codecs.BOM_UTF32_LE + TEXT.encode("utf-32-le"),
        codecs.BOM_UTF32_BE + TEXT.encode("utf-32-be"),
    ],
)
def test_encodings_with_a_mark_and_plain_utf_8_give_the_same_rows(data: bytes, tmp_path: Path) -> None:
    """A byte order mark neither breaks the first column's name nor gets into a text."""
    file = tmp_path / "a.csv"
    file.write_bytes(data)
    messages = check(file).examples[0]["messages"]
    assert [turn["content"] for turn in messages] == ["Wie spät?", "Groß nach Mitternacht ☕"]


@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8])
def test_another_encoding_is_reported_with_offset_and_line_and_not_guessed(mark: bytes, tmp_path: Path) -> None:
    """The finding gives the byte, its offset in the file, its line, the reading in Windows-1252 and the way out."""
    data = mark + b"Prompt,Completion\r\na,b\r\nCoffee?,A caf\xe9 au lait\r\n"
    file = tmp_path / "windows.csv"
    file.write_bytes(data)
    report = check(file)
    (finding,) = report.findings
    assert not report.ok
    assert report.examples == []
    assert (finding.id, finding.line) == ("wrong-encoding", 3)
    assert f"byte 0xE9 at offset {data.index(0xE9)}" in finding.message
    assert "A café au lait" in finding.message
    assert "Save the file as UTF-8" in finding.fix


@pytest.mark.parametrize("data", [TEXT.encode("utf-16-le"), b"Prompt,Completion\na\0b,c\n"])
def test_nul_bytes_are_no_text(data: bytes) -> None:
    """UTF-16 without a mark, which decodes as UTF-8 full of NULs, is refused in words."""
    finding = decode(data.replace("ä".encode("utf-16-le"), b"a\0"), "a.csv")
    assert not isinstance(finding, str)
    assert finding.id == "wrong-encoding"


def test_half_a_utf_16_character_at_the_end_is_reported() -> None:
    """A UTF-16 file cut in the middle of a character says on which line."""
    finding = decode(codecs.BOM_UTF16_LE + "a\nb\nc".encode("utf-16-le")[:-1], "cut.csv")
    assert not isinstance(finding, str)
    assert (finding.line, "UTF-16-LE" in finding.message) == (3, True)


@pytest.mark.parametrize(("text", "line"), [("x", 1), ("\nx", 2), ("\r\nx", 2), ("\rx", 2), ("a\r\n\n\rx", 4), ("\u2028x", 1)])
def test_lines_end_as_editors_count_them(text: str, line: int) -> None:
    """LF, CR and CRLF each end one line; Unicode separators end none."""
    assert line_at(text, text.index("x")) == line
