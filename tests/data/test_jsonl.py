import json
import stat
from pathlib import Path

import pytest

from ftwidgets.data import write_jsonl


def chat(text: str) -> dict[str, list[dict[str, str]]]:
    return {"messages": [{"role": "user", "content": text}]}


def test_text_stays_readable(tmp_path: Path) -> None:
    """Non-ASCII text is written as it is, in UTF-8 without byte order mark, one LF a line."""
    path = write_jsonl([chat("Grüße, 你好 ☕"), chat("b")], tmp_path / "a.jsonl")
    data = path.read_bytes()
    assert "Grüße, 你好 ☕".encode() in data
    assert data.count(b"\n") == 2
    assert b"\r" not in data


@pytest.mark.parametrize("text", ["a\u2028b", "a\x85b", "a\u2029b", "a\nb", "a\r\nb", 'quote " and \\', "\x0b\x0c\x1c"])
def test_one_example_is_one_line_for_every_reader(tmp_path: Path, text: str) -> None:
    """Characters that some readers take for line breaks do not break a line, and come back unchanged."""
    written = write_jsonl([chat(text)], tmp_path / "a.jsonl").read_text(encoding="utf-8")
    assert len(written.splitlines()) == 1
    assert json.loads(written) == chat(text)


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    """The new text replaces the old one only when it is complete."""
    path = tmp_path / "a.jsonl"
    write_jsonl([chat("old")], path)
    with pytest.raises(TypeError):
        write_jsonl([chat("new"), {"messages": object()}], path)
    assert json.loads(path.read_text(encoding="utf-8")) == chat("old")
    assert list(tmp_path.iterdir()) == [path]


def test_the_file_has_the_permissions_of_any_new_file(tmp_path: Path) -> None:
    """Others in a shared folder can read it as they can any file."""
    path, plain = write_jsonl([chat("a")], tmp_path / "a.jsonl"), tmp_path / "plain"
    plain.touch()
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)
