import codecs
import os
from pathlib import Path

import pytest

from ftwidgets.data import Finding
from ftwidgets.data.readers import OpenSource, open_source, text_file
from ftwidgets.data.rows import TrainingRow
from ftwidgets.errors import DataError

TEXT = "Prompt,Completion\nWie spät?,Groß nach Mitternacht ☕\n"


def opened(tmp_path: Path, data: bytes, **options: str) -> OpenSource | list[Finding]:
    file = tmp_path / "a.csv"
    file.write_bytes(data)
    return open_source(file, columns={}, **options)  # type: ignore[arg-type]


def texts(source: OpenSource | list[Finding]) -> list[tuple[str, str]]:
    assert isinstance(source, OpenSource), source
    return [(item.prompt, item.completion) for item in source.read() if isinstance(item, TrainingRow)]


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
    source = opened(tmp_path, data)
    assert texts(source) == [("Wie spät?", "Groß nach Mitternacht ☕")]
    assert isinstance(source, OpenSource)
    assert source.findings == []
    place = next(item.row for item in source.read() if isinstance(item, TrainingRow))
    assert next(source.reread([place])).prompt == "Wie spät?"


@pytest.mark.parametrize("block", [1, 2, 3, 7, 1 << 18])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\r\r\n"])
@pytest.mark.parametrize("name", ["utf-8", "utf-16", "cp1252"])
def test_blocks_may_end_anywhere(block: int, end: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the middle of a character, between CR and LF: the rows and lines are those of the whole text."""
    monkeypatch.setattr(text_file, "BLOCK", block)
    data = end.join(["Prompt,Completion", "é,ö", "", "b,ü", ""]).encode(name)
    source = opened(tmp_path, data)
    assert texts(source) == [("é", "ö"), ("b", "ü")]
    assert isinstance(source, OpenSource)
    lines = [item.row.line for item in source.read() if isinstance(item, TrainingRow)]
    assert lines == ([2, 4] if end != "\r\r\n" else [3, 7])


def test_windows_1252_is_read_and_said_with_the_place_and_the_way_out(tmp_path: Path) -> None:
    """The warning gives the byte, its offset in the file, its line, how it reads and what to do if that is wrong."""
    data = b"Prompt,Completion\r\na,b\r\nCoffee?,A caf\xe9 au lait for 5 \x80\r\n"
    source = opened(tmp_path, data)
    assert texts(source)[1] == ("Coffee?", "A café au lait for 5 €")
    assert isinstance(source, OpenSource)
    (finding,) = source.findings
    assert (finding.id, finding.level, finding.line) == ("windows-1252", "warning", 3)
    assert f"byte 0xE9 at offset {data.index(0xE9)}" in finding.message
    assert "A café au lait" in finding.message
    assert 'encoding="..."' in finding.fix


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (codecs.BOM_UTF8 + b"Prompt,Completion\na,b\nc,caf\xe9\n", "is not UTF-8: byte 0xE9 at offset 30"),
        ("Prompt,Completion\nä,ö\nü,".encode() + b"\xe9\n", "is not UTF-8: byte 0xE9 at offset 27"),
        (b"Prompt,Completion\na,b\nc,caf\x81\n", "is not Windows-1252: byte 0x81 at offset 27"),
    ],
)
def test_damaged_text_is_an_error_with_its_place(data: bytes, words: str, tmp_path: Path) -> None:
    """UTF-8 with a byte that does not fit would read as nonsense in Windows-1252, and some bytes are in neither."""
    found = opened(tmp_path, data)
    assert isinstance(found, list)
    (finding,) = found
    assert (finding.id, finding.level, finding.line) == ("wrong-encoding", "error", 3)
    assert words in finding.message
    assert "Save the file as UTF-8" in finding.fix


@pytest.mark.parametrize("data", [TEXT.encode("utf-16-le"), b"Prompt,Completion\na\0b,c\n"])
def test_nul_bytes_are_no_text(data: bytes, tmp_path: Path) -> None:
    """UTF-16 without a mark, which decodes as UTF-8 full of NULs, is refused in words."""
    found = opened(
        tmp_path, data.replace("ä".encode("utf-16-le"), b"a\0").replace(b"\xdf\0", b"s\0").replace(b"\x15\x26", b"c\0")
    )
    assert isinstance(found, list)
    assert found[0].id == "wrong-encoding"
    assert "NUL" in found[0].message


def test_half_a_utf_16_character_at_the_end_is_reported(tmp_path: Path) -> None:
    """A UTF-16 file cut in the middle of a character says on which line."""
    found = opened(tmp_path, codecs.BOM_UTF16_LE + "a\nb\nc".encode("utf-16-le")[:-1])
    assert isinstance(found, list)
    assert (found[0].line, "UTF-16-LE" in found[0].message) == (3, True)


@pytest.mark.parametrize("name", ["utf-16-le", "cp1252", "latin-1", "cp850", "shift_jis", "utf-8-sig", "UTF8", "utf-7"])
def test_a_given_encoding_is_used(name: str, tmp_path: Path) -> None:
    """Whatever the bytes look like, and nothing is said about it."""
    text = "Prompt,Completion\nWie sp?,Gro\n" if name == "shift_jis" else "Prompt,Completion\nWie spät?,Groß\n"
    source = opened(tmp_path, text.encode(name), encoding=name)
    assert texts(source) == [tuple(text.splitlines()[1].split(","))]
    assert isinstance(source, OpenSource)
    assert source.findings == []


def test_an_encoding_that_does_not_fit_is_an_error_and_an_unknown_one_a_mistake(tmp_path: Path) -> None:
    """The first is a finding with its place; the second was written by the caller."""
    found = opened(tmp_path, b"Prompt,Completion\na,\xff\n", encoding="utf-8")
    assert isinstance(found, list)
    assert (found[0].id, found[0].line) == ("wrong-encoding", 2)
    for wrong in ("utf-9", "rot13", "hex", "\0"):
        with pytest.raises(ValueError, match="there is no text encoding"):
            opened(tmp_path, b"Prompt,Completion\na,b\n", encoding=wrong)


def test_a_file_that_changed_since_is_not_read(tmp_path: Path) -> None:
    """Lines and places would be those of another file."""
    file = tmp_path / "a.csv"
    file.write_text("Prompt,Completion\na,b\n", encoding="utf-8")
    source = open_source(file, columns={})
    assert isinstance(source, OpenSource)
    (item,) = source.read()
    assert isinstance(item, TrainingRow)
    stamp = file.stat()
    os.utime(file, ns=(stamp.st_atime_ns, stamp.st_mtime_ns + 1_000_000_000))
    for read in (lambda: list(source.read()), lambda: list(source.reread([item.row]))):
        with pytest.raises(DataError, match=r"a\.csv changed since it was checked"):
            read()
    file.unlink()
    with pytest.raises(DataError, match="changed since"):
        list(source.read())
