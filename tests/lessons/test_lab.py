"""`ftwidgets lab` lays out whole files, or says what is in the way."""

import os
from pathlib import Path

import pytest

from ftwidgets.errors import FtwidgetsError
from ftwidgets.lessons import lab


@pytest.fixture
def originals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two lessons' files; the current folder has a blank and an umlaut in its name."""
    folder = tmp_path / "notebooks"
    (folder / "data").mkdir(parents=True)
    (folder / lab.FIRST_LESSON).write_text("{}")
    (folder / "data" / "orders.csv").write_text("a,b\n")
    monkeypatch.setattr(lab, "_PACKAGE", tmp_path / "ftwidgets")
    (tmp_path / "Meine Übung").mkdir()
    monkeypatch.chdir(tmp_path / "Meine Übung")
    return folder


@pytest.mark.usefixtures("originals")
def test_a_copy_that_was_interrupted_is_made_the_next_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A half-written file would count as the learner's own, and stay."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", stop)
        with pytest.raises(KeyboardInterrupt):
            lab.lay_out_lessons()
    folder, where = lab.lay_out_lessons()
    assert "were there already" not in where
    assert sorted(path.name for path in folder.rglob("*") if path.is_file()) == [lab.FIRST_LESSON, "orders.csv"]


@pytest.mark.usefixtures("originals")
@pytest.mark.parametrize("name", ["ftwidgets-lessons", "ftwidgets-lessons/data"])
def test_a_file_in_the_place_of_a_folder_is_named(name: str) -> None:
    """And stays as it is."""
    Path(name).parent.mkdir(exist_ok=True)
    Path(name).write_text("notes")
    with pytest.raises(FtwidgetsError, match=f"{Path(name).name} must be a folder, and something else has its name"):
        lab.lay_out_lessons()
    assert Path(name).read_text() == "notes"


@pytest.mark.usefixtures("originals")
def test_a_folder_in_the_place_of_a_lesson_is_named() -> None:
    """JupyterLab would open an empty folder."""
    Path("ftwidgets-lessons", lab.FIRST_LESSON).mkdir(parents=True)
    with pytest.raises(FtwidgetsError, match=f"{lab.FIRST_LESSON} is a folder, and a file of that name belongs there"):
        lab.lay_out_lessons()
