"""What training files are called in the menus."""

import os
import time
from pathlib import Path

import pytest

from ftwidgets.widgets.launch import file_names


def written(file: Path, n_rows: int, *, hours_ago: float) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("{}\n" * n_rows + "\n")
    then = time.time() - 3600 * hours_ago
    os.utime(file, (then, then))
    return file


def test_local_files_are_the_newest_first_and_none_hidden(tmp_path: Path) -> None:
    """In the folder and one level below it; a folder that cannot be read, or is a file, is no error."""
    for name, hours in (
        ("old.jsonl", 50),
        ("my_data/train.jsonl", 1),
        ("a/b/deep.jsonl", 0),
        (".hidden/x.jsonl", 0),
        ("t.csv", 0),
    ):
        written(tmp_path / name, 3, hours_ago=hours)
    (tmp_path / "folder.jsonl").mkdir()
    assert file_names.local_files(tmp_path) == ["my_data/train.jsonl", "old.jsonl"]
    assert file_names.local_files(tmp_path / "nowhere") == []
    for number in range(20):
        written(tmp_path / f"{number}.jsonl", 1, hours_ago=-number)
    assert len(file_names.local_files(tmp_path)) == file_names.MOST
    assert file_names.local_files(tmp_path)[0] == "19.jsonl"


def test_files_of_one_name_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By rows and time; if these are the same, by the end of what they stand for."""
    monkeypatch.chdir(tmp_path)
    written(Path("train.jsonl"), 24, hours_ago=0)
    assert file_names.name_local("train.jsonl") == f"train.jsonl, 24 rows, today {time.strftime('%H:%M')}"
    names = file_names.unique([("train.jsonl", "file-aaa111"), ("train.jsonl", "file-bbb222"), ("other", "file-ccc333")])
    assert names == {"train.jsonl (...aaa111)": "file-aaa111", "train.jsonl (...bbb222)": "file-bbb222", "other": "file-ccc333"}


def test_how_a_day_is_put() -> None:
    """Today and yesterday in words, earlier days by their date."""
    now = time.time()
    words = [file_names.when(now - 86_400 * days).rpartition(" ")[0] for days in (0, 1, 2)]
    assert words == ["today", "yesterday", time.strftime("%d %b", time.localtime(now - 2 * 86_400))]


def test_how_a_size_is_put() -> None:
    """Never zero."""
    assert [file_names.size_text(n) for n in (10, 12_300, 2_500_000)] == ["1 kB", "12 kB", "2.5 MB"]
