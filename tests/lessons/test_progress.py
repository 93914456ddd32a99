"""`ftwidgets progress` and its panel: what was done, lesson by lesson."""

import json
from pathlib import Path

import pytest

from ftwidgets.cli import main
from ftwidgets.lessons import exercises
from ftwidgets.lessons.exercises import course, progress_file
from ftwidgets.lessons.exercises.exercise import Exercise
from ftwidgets.lessons.exercises.outcome import not_yet


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two lessons, one of them with three exercises."""
    monkeypatch.setenv("FTWIDGETS_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(course.Topic, "exercises", property(lambda self: THREE if self.number == "00" else ()))
    monkeypatch.setattr("ftwidgets.lessons.exercises.overview.TOPICS", course.TOPICS[:2])
    return tmp_path / "home"


THREE = tuple(Exercise(title, lambda: not_yet("no"), (), "pass") for title in "abc")


def do_something() -> None:
    exercises.lesson(0).check(1)
    progress_file.update(lambda lessons: progress_file.entry(lessons, "00", "exercises", "3").update(state="right"))
    exercises.lesson(1).guess("first", "?", 5)


def test_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    """A row for each lesson, a column for each exercise, the guesses, and everything in a sentence."""
    do_something()
    capsys.readouterr()
    assert main.main(["progress"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "lesson             exercise 1  exercise 2  exercise 3  guesses",
        "00 Start here      not yet     -           right       0",
        "01 Do you need it                                      1",
        "1 of 3 exercises solved, 1 tried and not solved yet, 1 open. 1 guess made.",
    ]
    assert main.main(["progress", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["lessons"][0] == {
        "lesson": "00",
        "title": "Start here",
        "exercises": ["not yet", "open", "right"],
        "guesses": 0,
    }


def test_the_panel_and_its_plain_twin() -> None:
    """A table with headers for rows and columns; the text is the same as the command's."""
    assert "0 of 3 exercises solved" in exercises.progress()._repr_html_()
    do_something()
    page = exercises.progress()._repr_html_()
    assert page.count('scope="row"') == 2
    assert page.count('scope="col"') == 5
    assert "<strong>right</strong></td>" in page
    assert repr(exercises.progress()) == str(exercises.progress())


def test_nonsense_in_the_file_is_open(home: Path) -> None:
    """A state that nobody wrote counts as open, a guess without a text as none."""
    home.mkdir()
    lessons = {"00": {"exercises": {"1": {"state": "solved"}, "9": {"state": "right"}}, "guesses": {"a": {}}}, "77": {}}
    (home / progress_file.FILE).write_text(json.dumps({"version": 1, "lessons": lessons}))
    assert exercises.progress().summary == "0 of 3 exercises solved, 0 tried and not solved yet, 3 open. 0 guesses made."


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b'{"version": 2, "lessons": {}}', b"[" * 100_000], ids=range(5))
def test_a_file_that_cannot_be_parsed_is_named(home: Path, content: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    """Else a learner would think that nothing had been done; the file stays as it is."""
    home.mkdir()
    (home / progress_file.FILE).write_bytes(content)
    assert main.main(["progress"]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert str(home / progress_file.FILE) in last
    assert "is damaged, or from another version" in last
    assert last in exercises.progress()._repr_html_()
    assert exercises.progress().facts()["problem"] == last
    assert (home / progress_file.FILE).read_bytes() == content


def test_a_file_or_a_folder_that_cannot_be_read_is_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the reason; where nothing was kept yet, nothing is said."""
    assert exercises.progress().problem == ""
    (home / progress_file.FILE).mkdir(parents=True)
    assert str(home / progress_file.FILE) in exercises.progress().problem
    monkeypatch.setenv("FTWIDGETS_HOME", "~nobody-of-that-name/x")
    assert "~nobody-of-that-name" in exercises.progress().problem
