"""Paths as people write them: `~`, and names that no file can have."""

import os
from pathlib import Path

import pytest

import ftwidgets
from ftwidgets.cli import main
from ftwidgets.errors import DataError
from ftwidgets.paths import expand_home, require_path, shown_path

ROWS = "Prompt,Completion\n" + "".join(f"Where is part {n}?,On shelf {n} in the hall.\n" for n in range(20))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder with a table in it; the notebook runs in another, empty folder."""
    (tmp_path / "home").mkdir()
    (tmp_path / "here").mkdir()
    (tmp_path / "home" / "own.csv").write_text(ROWS, encoding="utf-8")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "home"


def test_a_tilde_is_the_home_folder(home: Path) -> None:
    """Wherever a file is read or written, also from the command line; no folder called `~` appears."""
    prepared = ftwidgets.prepare("~/own.csv", "~/made", validation=5)
    assert prepared.train_file == home / "made" / "train.jsonl"
    assert ftwidgets.write_jsonl([{"a": 1}], "~/one.jsonl") == home / "one.jsonl"
    report = ftwidgets.check("~/own.csv")
    assert report.apply("~/fixed.csv").path == home / "fixed.csv"
    assert report.to_html("~/report.html") == home / "report.html"
    assert main.main(["check", "~/own.csv", "--html=~/typed.html"]) == 0
    assert (home / "typed.html").is_file()
    assert os.listdir() == []


def test_the_source_itself_is_not_overwritten_by_its_short_name(home: Path) -> None:
    """`~/made/train.jsonl` is the file that writing into `~/made` would replace."""
    ftwidgets.prepare("~/own.csv", "~/made", validation=0)
    with pytest.raises(DataError, match="is the source itself"):
        ftwidgets.prepare("~/made/train.jsonl", "~/made")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (None, 'the folder must be a path in quotes, such as "my_data": None'),
        (5, "the folder must be a path in quotes"),
        ("a\0b", r"it holds a NUL character, which no file name can have: 'a\\x00b'"),
        ("a\ud800", r"it holds half of a character \(a lone surrogate\)"),
        ("~nobody-here/x", "nobody here has a home folder called ~nobody-here"),
    ],
)
def test_what_no_folder_can_be_called_is_explained(path: object, words: str, home: Path) -> None:
    """The rule, and the value in letters that every screen can show."""
    with pytest.raises(DataError, match=words):
        require_path(path, "the folder")
    with pytest.raises(DataError, match=words):
        ftwidgets.prepare("~/own.csv", path)  # type: ignore[arg-type]


def test_a_tilde_may_begin_a_name(home: Path) -> None:
    """A backup called `~old.csv` is a file here, not somebody's home."""
    Path("~old.csv").write_text(ROWS, encoding="utf-8")
    assert expand_home("~old.csv") == Path("~old.csv")
    assert ftwidgets.check("~old.csv").n_examples == 20


@pytest.mark.parametrize("path", ["a\0b.csv", "a\ud800.csv"])
def test_a_source_that_no_file_can_be_called_is_a_finding(path: str) -> None:
    """Nothing is raised: the report says that it cannot be opened, and why."""
    (found,) = ftwidgets.check(path).findings
    assert "cannot be opened: it holds" in found.message


def test_a_path_below_the_current_folder_is_shown_from_there(home: Path) -> None:
    """Short where it lies in the notebook's folder, whole elsewhere."""
    assert shown_path(Path.cwd() / "exports" / "mine") == Path("exports/mine")
    assert shown_path(Path("exports")) == Path("exports")
    assert shown_path(home / "own.csv") == home / "own.csv"
