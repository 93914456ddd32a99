"""`ftwidgets reset`: a lesson as it came, and nothing of the learner's lost."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from ftwidgets.cli import main
from ftwidgets.errors import FtwidgetsError
from ftwidgets.lessons import reset
from ftwidgets.lessons.exercises import progress_file

LESSONS = {
    "00_start_here.ipynb": "zero",
    "01_prepare_your_data.ipynb": "one reads orders.csv",
    "03_watch_it_train.ipynb": "three",
    "use_cases/tone.ipynb": "tone",
    "data/orders.csv": "a,b\n",
    "data/unused.csv": "c\n",
}


def lay(folder: Path) -> Path:
    for name, text in LESSONS.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A learner's folder, laid out by an installed package; the current folder is the one above it."""
    lay(tmp_path / "site" / "ftwidgets" / "_notebooks")
    monkeypatch.setattr(reset, "_PACKAGE", tmp_path / "site" / "ftwidgets")
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return lay(tmp_path / "work" / "ftwidgets-lessons")


def kept(folder: Path) -> list[str]:
    return [path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.yours-*"))]


def test_a_changed_lesson_is_put_back_and_kept(mine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The lesson is as it came, the learner's version lies beside it, and both are said."""
    (mine / "03_watch_it_train.ipynb").write_text("my work", encoding="utf-8")
    assert main.main(["reset", "03"]) == 0
    assert (mine / "03_watch_it_train.ipynb").read_text(encoding="utf-8") == "three"
    (backup,) = mine.glob("03_watch_it_train.yours-*.ipynb")
    assert backup.read_text(encoding="utf-8") == "my work"
    said = capsys.readouterr().out
    assert backup.name in said
    assert "Reload Notebook from Disk" in said
    assert [path.name for path in mine.iterdir() if path.name.startswith(".")] == []  # nothing half-written is left


def test_one_as_it_came_is_left_alone(mine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No copy is made of what is nothing new."""
    before = (mine / "00_start_here.ipynb").stat()
    assert main.main(["reset", "00_start_here.ipynb"]) == 0
    assert (mine / "00_start_here.ipynb").stat() == before
    assert kept(mine) == []
    assert capsys.readouterr().out == "00_start_here.ipynb: is the original; nothing to do.\n"


def test_a_lost_lesson_comes_back(mine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Also where its folder is gone with it."""
    shutil.rmtree(mine / "use_cases")
    assert main.main(["reset", "tone"]) == 0
    assert (mine / "use_cases" / "tone.ipynb").read_text(encoding="utf-8") == "tone"
    assert "was missing" in capsys.readouterr().out


def test_every_version_is_kept(mine: Path) -> None:
    """Several resets in one second: several copies, none over another."""
    for number in range(4):
        (mine / "00_start_here.ipynb").write_text(f"version {number}", encoding="utf-8")
        assert main.main(["reset", "0"]) == 0
    assert sorted(kept(mine)) == [f"version {number}" for number in range(4)]


def test_the_data_a_lesson_uses_comes_back_with_it(mine: Path) -> None:
    """What was changed is kept, what was lost is back; data of other lessons and what lessons wrote stay."""
    (mine / "data" / "orders.csv").write_text("mine", encoding="utf-8")
    (mine / "data" / "unused.csv").write_text("mine too", encoding="utf-8")
    (mine / "my_data").mkdir()
    (mine / "my_data" / "train.jsonl").write_text("{}", encoding="utf-8")
    assert main.main(["reset", "1"]) == 0
    assert (mine / "data" / "orders.csv").read_text(encoding="utf-8") == "a,b\n"
    assert (mine / "data" / "unused.csv").read_text(encoding="utf-8") == "mine too"
    assert (mine / "my_data" / "train.jsonl").read_text(encoding="utf-8") == "{}"
    assert kept(mine) == ["mine"]
    (mine / "data" / "orders.csv").unlink()
    assert main.main(["reset", "1"]) == 0
    assert (mine / "data" / "orders.csv").read_text(encoding="utf-8") == "a,b\n"


@pytest.mark.parametrize("fails", ["fsync", "replace"])
def test_nothing_is_lost_when_the_disk_fails(mine: Path, fails: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the copy or the new file cannot be written, the learner's version stays where it is."""
    (mine / "00_start_here.ipynb").write_text("my work", encoding="utf-8")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, fails, full)
        assert main.main(["reset", "00"]) == 1
    assert (mine / "00_start_here.ipynb").read_text(encoding="utf-8") == "my work"
    assert [path.name for path in mine.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("07", 'no lesson is called "07". There are: 00_start_here, 01_prepare_your_data, 03_watch_it_train, use_cases/tone'),
        ("03_watch_it_trian", 'Did you mean "03_watch_it_train"?'),
        ("orders", 'no lesson is called "orders"'),
        ("../../site", "no lesson is called"),
    ],
)
def test_an_unknown_name_says_which_there_are(
    mine: Path, wanted: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the nearest one where there is one; a path leads nowhere."""
    assert main.main(["reset", wanted]) == 1
    assert message in capsys.readouterr().err


def test_the_list_says_what_has_changed(mine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Same, changed or missing, and how many versions are kept."""
    (mine / "00_start_here.ipynb").write_text("x", encoding="utf-8")
    main.main(["reset", "00"])
    (mine / "01_prepare_your_data.ipynb").unlink()
    (mine / "03_watch_it_train.ipynb").write_text("x", encoding="utf-8")
    capsys.readouterr()
    assert main.main(["reset", "--list"]) == 0
    rows = [line.split(maxsplit=2) for line in capsys.readouterr().out.splitlines()[1:]]
    assert rows == [
        ["00_start_here", "same", "1 of yours kept"],
        ["01_prepare_your_data", "missing"],
        ["03_watch_it_train", "changed"],
        ["use_cases/tone", "same"],
    ]


@pytest.mark.parametrize("arguments", [[], ["00", "--list"]])
def test_a_name_or_the_list(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """One of the two."""
    with pytest.raises(SystemExit) as ended:
        main.main(["reset", *arguments])
    assert ended.value.code == 2
    assert "name one lesson" in capsys.readouterr().err


# Where the lessons are


def test_the_lessons_are_found_from_inside_and_beside_their_folder(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the folder itself (JupyterLab's terminal), above it, above one called notebooks (Binder), or by name."""
    assert reset.find_lessons().folder.samefile(mine)
    monkeypatch.chdir(mine)
    assert reset.find_lessons().folder.samefile(mine)
    renamed = mine.rename(mine.with_name("notebooks"))
    monkeypatch.chdir(renamed.parent)
    assert reset.find_lessons().folder.samefile(renamed)
    assert reset.find_lessons(renamed).folder == renamed


def test_a_folder_without_lessons_is_a_sentence(
    mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what to do; nothing is written into a folder that is not the learner's."""
    monkeypatch.chdir(tmp_path)
    assert main.main(["reset", "00"]) == 1
    assert "--folder" in capsys.readouterr().err
    assert main.main(["reset", "00", "--folder", "nowhere"]) == 1
    assert "there is no folder nowhere" in capsys.readouterr().err


def git(folder: Path, *arguments: str) -> None:
    name = ["-c", "user.name=a", "-c", "user.email=a@b.invalid", "-c", "commit.gpgsign=false"]
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", "-C", str(folder), *name, *arguments], check=True, capture_output=True, env=environment)


def test_a_checkout_is_put_back_from_the_last_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As git has it, from any folder, whether the lesson is at hand or not; files git does not know are no lessons."""
    checkout = lay(tmp_path / "kit" / "notebooks")
    monkeypatch.setattr(reset, "_PACKAGE", tmp_path / "kit" / "ftwidgets")
    git(tmp_path, "init", "-q", "kit")
    git(checkout, "add", "-A")
    git(checkout, "commit", "-q", "-m", "as it came")
    (checkout / "00_start_here.ipynb").write_text("mine", encoding="utf-8")
    (checkout / "09_own.ipynb").write_text("mine", encoding="utf-8")
    (checkout / "use_cases" / "tone.ipynb").unlink()
    monkeypatch.chdir(tmp_path)
    found = reset.find_lessons()
    assert found.names == ["00_start_here", "01_prepare_your_data", "03_watch_it_train", "use_cases/tone"]
    assert [file.before for name in ("00_start_here", "use_cases/tone") for file in found.reset(name)] == ["changed", "missing"]
    assert (checkout / "00_start_here.ipynb").read_text(encoding="utf-8") == "zero"
    assert (checkout / "use_cases" / "tone.ipynb").read_text(encoding="utf-8") == "tone"
    assert kept(checkout) == ["mine"]


def test_a_checkout_without_git_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A downloaded archive knows no last commit, and where git is missing nobody can ask: what to do instead."""
    lay(tmp_path / "kit" / "notebooks")
    monkeypatch.setattr(reset, "_PACKAGE", tmp_path / "kit" / "ftwidgets")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    for path in (os.environ["PATH"], str(tmp_path)):
        monkeypatch.setenv("PATH", path)
        assert main.main(["reset", "00"]) == 1
        assert "git does not show its last commit" in capsys.readouterr().err
    monkeypatch.setattr(reset, "_PACKAGE", tmp_path / "empty" / "ftwidgets")
    with pytest.raises(FtwidgetsError, match="the lessons are missing"):
        reset.find_lessons()


def test_more_than_one_lesson_of_a_name(mine: Path) -> None:
    """Two of one number: both are named, neither is touched."""
    shutil.copy(mine / "00_start_here.ipynb", reset._PACKAGE / "_notebooks" / "use_cases" / "00_again.ipynb")
    with pytest.raises(FtwidgetsError, match=r"more than one lesson is called .*: 00_start_here, use_cases/00_again"):
        reset.find_lessons().find("00")


# One exercise


def notebook(*cells: tuple[str, str], kind: str = "code", **more: object) -> str:
    made = [{"id": name, "cell_type": kind, "metadata": {}, "source": text.splitlines(True), **more} for name, text in cells]
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1)


ORIGINAL = (
    ("title", "# Three"),
    ("exercise-1-cell", "answer = ..."),
    ("exercise-2-text", "Mend it."),
    ("exercise-2-cell", "answer = ...\nlesson.check(2, answer)"),
    ("exercise-20", "later = ..."),
    ("end", "# End"),
)


@pytest.fixture
def exercise(mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Lesson 03 with exercises, solved; its notebook in the learner's folder."""
    monkeypatch.setenv("FTWIDGETS_HOME", str(tmp_path / "home"))
    for folder in (mine, reset._PACKAGE / "_notebooks"):
        (folder / "03_watch_it_train.ipynb").write_text(notebook(*ORIGINAL, outputs=["old"], execution_count=3))
    for number in ("1", "2"):
        progress_file.update(
            lambda lessons, number=number: progress_file.entry(lessons, "03", "exercises", number).update(state="right")
        )
    return mine / "03_watch_it_train.ipynb"


def sources(path: Path) -> dict[str, str]:
    return {cell["id"]: "".join(cell["source"]) for cell in json.loads(path.read_bytes())["cells"]}


def test_one_exercise_is_restored(exercise: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its cells are the original and not run, its result is forgotten; the rest stays, and so does the learner's version."""
    mine = notebook(
        ("title", "# Mine, changed"),
        ("exercise-1-cell", "answer = 1"),
        ("exercise-2-text", "Mend it."),
        ("exercise-2-cell", "answer = 'ü'"),
        ("own", "a cell of mine"),
        ("exercise-20", "later = 5"),
        outputs=["mine"],
        execution_count=9,
    )
    exercise.write_text(mine)
    assert main.main(["reset", "03", "--exercise", "2"]) == 0
    assert list(sources(exercise).items()) == [
        ("title", "# Mine, changed"),
        ("exercise-1-cell", "answer = 1"),
        ORIGINAL[2],
        ORIGINAL[3],
        ("own", "a cell of mine"),
        ("exercise-20", "later = 5"),
    ]
    cells = {cell["id"]: cell for cell in json.loads(exercise.read_bytes())["cells"]}
    assert (cells["exercise-2-cell"]["outputs"], cells["exercise-2-cell"]["execution_count"]) == ([], None)
    assert cells["own"]["outputs"] == ["mine"]
    assert kept(exercise.parent) == [mine]
    assert list(progress_file.read()["03"]["exercises"]) == ["1"]
    said = capsys.readouterr().out
    assert "exercise 2 is the original again" in said
    assert "Its result was removed" in said


def test_deleted_cells_of_an_exercise_come_back(exercise: Path) -> None:
    """Each behind the one that it follows in the original, or at the top."""
    exercise.write_text(notebook(("title", "# Three"), ("own", "mine"), ("end", "# End")))
    assert main.main(["reset", "3", "--exercise", "2"]) == 0
    assert list(sources(exercise)) == ["title", "exercise-2-text", "exercise-2-cell", "own", "end"]
    exercise.write_text(notebook(("own", "mine")))
    assert main.main(["reset", "3", "--exercise", "20"]) == 0
    assert list(sources(exercise)) == ["exercise-20", "own"]


def test_an_untouched_exercise_is_left_alone(exercise: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No copy is made; its result is forgotten all the same."""
    before = exercise.stat()
    assert main.main(["reset", "03", "--exercise", "2"]) == 0
    assert exercise.stat() == before
    assert kept(exercise.parent) == []
    said = capsys.readouterr().out
    assert "are the original; nothing to do" in said
    assert "Its result was removed from your progress." in said
    assert list(progress_file.read()["03"]["exercises"]) == ["1"]


def test_an_exercise_without_a_result_has_none_removed(exercise: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It was never handed in, or was reset before; the sentence says so, and the other results stay."""
    assert exercise.is_file()
    assert main.main(["reset", "03", "--exercise", "20"]) == 0
    said = capsys.readouterr().out
    assert "Your progress has no result for it." in said
    assert "removed" not in said
    assert list(progress_file.read()["03"]["exercises"]) == ["1", "2"]


@pytest.mark.parametrize(
    ("content", "number", "says"),
    [
        (notebook(*ORIGINAL), "7", "03_watch_it_train has no exercise 7; it has 1, 2, 20."),
        (notebook(("a", "x")).replace('"id"', '"no"'), "2", "have no ids"),
        ("{", "2", "no notebook that can be parsed"),
        ('{"cells": [1]}', "2", "no notebook that can be parsed"),
        ('{"cells": {}}', "2", "no notebook that can be parsed"),
        (None, "2", "is missing. Restore the whole lesson first"),
    ],
)
def test_what_cannot_be_restored_is_a_sentence(
    exercise: Path, content: str | None, number: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is changed, and the results stay."""
    if content is None:
        exercise.unlink()
    else:
        exercise.write_text(content)
    assert main.main(["reset", "03", "--exercise", number]) == 1
    assert says in capsys.readouterr().err
    assert content is None or exercise.read_text() == content
    assert len(progress_file.read()["03"]["exercises"]) == 2


def test_a_lesson_without_exercise_cells_says_so(exercise: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Such as one of an older release; and a list of lessons has no exercise."""
    (reset._PACKAGE / "_notebooks" / exercise.name).write_text(notebook(("a", "x")))
    assert main.main(["reset", "03", "--exercise", "1"]) == 1
    assert "no exercise that can be restored by itself; the whole lesson can: ftwidgets reset 03." in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main.main(["reset", "--list", "--exercise", "1"])


def test_a_folder_called_like_a_lesson_is_a_sentence(mine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is listed, nothing is written over it, and the other lessons can still be restored."""
    (mine / "00_start_here.ipynb").unlink()
    (mine / "00_start_here.ipynb").mkdir()
    for arguments in (["00"], ["00", "--exercise", "1"]):
        assert main.main(["reset", *arguments]) == 1
        assert "00_start_here.ipynb is a folder, and a file of that name belongs there." in capsys.readouterr().err
    assert main.main(["reset", "--list"]) == 0
    assert re.search(r"00_start_here +folder", capsys.readouterr().out)
    assert main.main(["reset", "03"]) == 0


def test_a_file_called_like_a_folder_is_a_sentence(mine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The file stays as it is."""
    shutil.rmtree(mine / "use_cases")
    (mine / "use_cases").write_text("notes", encoding="utf-8")
    assert main.main(["reset", "tone"]) == 1
    assert "use_cases must be a folder, and something else has its name." in capsys.readouterr().err
    assert (mine / "use_cases").read_text(encoding="utf-8") == "notes"
