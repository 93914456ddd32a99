"""A lesson's handle: checks that never end in a traceback, hints, solutions and guesses."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from ftwidgets.errors import DataError, FtwidgetsError
from ftwidgets.lessons import exercises
from ftwidgets.lessons.exercises import progress_file
from ftwidgets.lessons.exercises.course import TOPICS
from ftwidgets.lessons.exercises.exercise import Exercise
from ftwidgets.lessons.exercises.lesson_handle import Lesson, format_measured
from ftwidgets.lessons.exercises.outcome import Outcome, not_attempted, not_yet, right, untouched
from ftwidgets.lessons.exercises.sentence import Sentence


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder of its own for each test."""
    monkeypatch.setenv("FTWIDGETS_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def double(number: int, answer: object, *, unit: str = "") -> Outcome:
    """Check an answer that is twice the number."""
    if untouched(answer):
        return not_attempted()
    return right() if answer == 2 * number else not_yet(f"{answer}{unit} is not it.")


def call(function: Callable[[], object]) -> Outcome:
    """Check nothing, but call the learner's function."""
    function()
    return right()


def fail(error: Exception) -> Outcome:
    """Fail, as a check with a mistake does."""
    raise error


HINTS = ("What is twice as much?", "Add the number to itself.")


@pytest.fixture
def handle() -> Lesson:
    """A handle of lesson 03 with three exercises made for these tests."""
    made = exercises.lesson("03")
    made.exercises = (Exercise("Double it", double, HINTS, "answer = 2 * 21\n"), Exercise("Call", call), Exercise("Fail", fail))
    return made


@pytest.mark.parametrize("wanted", ["03", "3", 3, " 03 ", "03_launch_a_job"])
def test_a_lesson_is_found_by_its_number(wanted: object) -> None:
    """As a text, as a number, or by the name of its file."""
    assert (exercises.lesson(wanted).number, exercises.lesson(wanted).title) == ("03", "Launch a job")


@pytest.mark.parametrize("wanted", ["31", "", None, True, -1, "three"])
def test_an_unknown_lesson_is_a_sentence(wanted: object) -> None:
    """It says which lessons there are."""
    with pytest.raises(FtwidgetsError, match=r"there is no lesson .*; the lessons are 00, 01, 02,"):
        exercises.lesson(wanted)


def test_the_check_returns_an_outcome_and_keeps_it(handle: Lesson) -> None:
    """Not attempted leaves no trace; a wrong answer counts; what was solved stays solved."""
    assert handle.check(1, 21, ...).state == "not attempted"
    assert progress_file.read() == {}
    wrong = handle.check(1, 21, 41, unit=" kg")
    assert str(wrong) == "Not yet. 41 kg is not it. Stuck? lesson.hint(1) has a hint."
    assert handle.check(1, 21, 42).state == "right"
    handle.check(1, 21, 43)
    kept = progress_file.read()["03"]["exercises"]["1"]
    assert (kept["state"], kept["last"], kept["tries"]) == ("right", "not yet", 3)


@pytest.mark.parametrize(
    ("number", "says"), [(4, "numbers 1 to 3"), (0, "numbers 1 to 3"), ("1", "number '1'"), (None, "None")]
)
def test_a_wrong_number_is_a_sentence(handle: Lesson, number: int, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    """In the check, in the hint and in the solution."""
    found = handle.check(number, 1)
    assert found.state == "not checked"
    assert says in found.message
    handle.hint(number)
    handle.solution(number)
    assert capsys.readouterr().out.count(says) == 2


def test_a_lesson_without_exercises_says_so(handle: Lesson) -> None:
    """A lesson that is still to be written has a handle too."""
    handle.exercises = ()
    assert "Lesson 03 has no exercises yet." in str(handle.check(1))


def test_a_number_of_numpy_is_a_number(handle: Lesson) -> None:
    """The result is kept under the same name as that of the plain one; True is no number."""
    assert handle.check(np.int64(1), 21, 42).state == "right"  # type: ignore[arg-type]
    assert list(progress_file.read()["03"]["exercises"]) == ["1"]
    assert handle.check(True, 21, 42).state == "not checked"


@pytest.mark.parametrize("answers", [(), (1,), (1, 2, 3)])
def test_a_wrong_number_of_arguments_says_what_is_expected(handle: Lesson, answers: tuple[int, ...]) -> None:
    """The names of the arguments, as they are to be written; nothing is kept."""
    found = handle.check(1, *answers)
    assert found.state == "not checked"
    assert "lesson.check(1, number, answer" in found.message
    assert progress_file.read() == {}


def test_a_crash_of_the_check_is_a_sentence(handle: Lesson) -> None:
    """With what happened, where, and that it is not the learner's mistake; a sentence of the kit's own stays as it is."""
    found = handle.check(3, KeyError("x"))
    assert found.state == "not checked"
    assert "The check itself failed (KeyError: 'x'." in found.message
    assert "test_lesson_handle.py, line " in found.message
    assert "please report it" in found.message
    assert str(handle.check(3, DataError("the table is empty."))).endswith("The check could not finish: The table is empty.")
    assert "RecursionError: No message." in str(handle.check(3, RecursionError()))


def test_a_crash_of_the_learners_function_is_theirs(handle: Lesson) -> None:
    """It counts as a try, and names the function and its line."""
    cell: dict[str, object] = {"__name__": "__main__"}
    exec("def answer():\n    return 1 / 0", cell)
    found = handle.check(2, cell["answer"])
    assert (found.state, "line 2 of the cell with answer" in found.message) == ("not yet", True)
    assert "ZeroDivisionError: Division by zero." in found.message


def test_a_variable_of_the_lesson_that_was_replaced_is_named() -> None:
    """It is no failure of the check, and no try; the message says what to run."""
    lesson = exercises.lesson("06")
    found = lesson.check(2, "my tries", "a", 0.6)
    assert found.state == "not checked"
    assert "`tries` is a str, and the lesson's DataFrame is needed" in found.message
    assert "Run the lesson's cells from the top" in found.message
    assert "please report" not in found.message


def test_an_unknown_argument_keeps_its_spelling(handle: Lesson) -> None:
    """Names have upper and lower case."""
    assert "argument 'Unit'" in handle.check(1, 21, 42, Unit="kg").message


def test_hints_come_one_by_one(handle: Lesson, capsys: pytest.CaptureFixture[str]) -> None:
    """Two at most; then it is said that there are no more. An exercise without hints says so."""
    for _ in range(3):
        handle.hint(1)
    handle.hint(2)
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == [f"Hint 1 of 2: {HINTS[0]}", f"Hint 2 of 2: {HINTS[1]}"]
    assert lines[2].startswith("That was the last hint.")
    assert lines[3].startswith("There is no hint for this exercise.")


def test_a_long_hint_is_broken_between_words(handle: Lesson, capsys: pytest.CaptureFixture[str]) -> None:
    """In a console; code in backticks is kept whole, to be copied. In a notebook it is a paragraph, its code set as code."""
    code = "`my_rows.loc[my_rows['Prompt'] == ..., 'Completion'] = ...`"
    handle.exercises = (Exercise("Long", double, (f"{'a word and ' * 12}{code} is a line of code.",)),)
    handle.hint(1)
    lines = capsys.readouterr().out.splitlines()
    assert " ".join(lines) == f"Hint 1 of 1: {'a word and ' * 12}{code} is a line of code."
    assert max(map(len, lines)) <= 96
    assert any(code in line for line in lines)
    html = Sentence("Set `a < 1` & wait.")._repr_html_()
    assert html == "<p>Set <code>a &lt; 1</code> &amp; wait.</p>"


def test_hints_are_two_at_most() -> None:
    """More of them, or a text in place of a tuple, is a mistake in the lesson."""
    with pytest.raises(ValueError, match="at most 2"):
        Exercise("Too much", double, ("a", "b", "c"))
    with pytest.raises(ValueError, match="tuple"):
        Exercise("A text", double, "one")  # type: ignore[arg-type]


def test_the_solution_comes_after_a_try(handle: Lesson, capsys: pytest.CaptureFixture[str]) -> None:
    """Untouched is no try; a wrong answer is one, also in an earlier session; `anyway` needs none. It can be pasted."""
    handle.check(1, 21, ...)
    handle.solution(1)
    assert capsys.readouterr().out.startswith("Try it first")
    handle.solution(1, anyway=True)
    solved: dict[str, int] = {}
    exec(capsys.readouterr().out, solved)
    assert solved["answer"] == 42
    handle.check(1, 21, 41)
    later = exercises.lesson(3)
    later.exercises = handle.exercises
    later.solution(1)
    assert "answer = 2 * 21" in capsys.readouterr().out
    later.solution(2)
    assert "no solution to show" in capsys.readouterr().out


def test_a_failed_check_is_a_try(handle: Lesson, capsys: pytest.CaptureFixture[str]) -> None:
    """Who cannot be checked must not be kept from the solution."""
    handle.exercises = (Exercise("Fail", fail, (), "pass"),)
    handle.check(1, ValueError())
    handle.solution(1)
    assert capsys.readouterr().out.endswith("pass\n")


def test_a_guess_in_plain_code_is_revealed(capsys: pytest.CaptureFixture[str]) -> None:
    """In one line; the guess is kept for the next session, and none at all is said."""
    lesson = exercises.lesson("05")
    lesson.guess("kept", "How many of 20?", ...)
    lesson.reveal("kept", 17)
    lesson.guess("kept", "How many of 20?", 12)
    lesson.reveal("kept", 17)
    exercises.lesson("05").reveal("kept", "17 of 20.")
    lesson.reveal("never asked", 0.73444)
    assert capsys.readouterr().out.splitlines() == [
        "How many of 20? No guess yet: put it in the place of the ...",
        "No guess. Measured: 17.",
        "How many of 20? Your guess: 12.",
        "You guessed 12. Measured: 17.",
        "You guessed 12. Measured: 17 of 20.",
        "No guess. Measured: 0.734.",
    ]
    kept = progress_file.read()["05"]["guesses"]
    assert list(kept) == ["kept"]
    assert (kept["kept"]["guess"], kept["kept"]["measured"]) == ("12", "17 of 20")


@pytest.mark.parametrize("name", [["a"], {}, ("a",), 3, None])
def test_a_guess_of_any_name_is_kept(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A name that is no text is used as one."""
    lesson = exercises.lesson("05")
    lesson.guess(name, "How many?", 12)
    lesson.reveal(name, 17)
    assert capsys.readouterr().out == "How many? Your guess: 12.\nYou guessed 12. Measured: 17.\n"


@pytest.mark.parametrize("value", [..., None, "", "  "])
def test_an_empty_guess_is_none(value: object, capsys: pytest.CaptureFixture[str]) -> None:
    """It says where the guess goes, and an earlier one stays."""
    lesson = exercises.lesson("05")
    lesson.guess("kept", "How many?", 12)
    lesson.guess("kept", "How many?", value)
    lesson.reveal("kept", ...)
    assert capsys.readouterr().out.splitlines()[1:] == [
        "How many? No guess yet: put it in the place of the ...",
        "Nothing was measured yet: put the result in the place of the ...",
    ]
    assert progress_file.read()["05"]["guesses"]["kept"]["guess"] == "12"


def test_a_long_measured_text_is_cut_in_the_file() -> None:
    """Else a table of answers would fill the state folder."""
    lesson = exercises.lesson("05")
    lesson.guess("kept", "Which?", "this")
    lesson.reveal("kept", "x" * 100_000)
    assert len(progress_file.read()["05"]["guesses"]["kept"]["measured"]) == 200


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (17, "17"),
        (999.7, "1000"),
        (999.4, "999"),
        (17.0, "17"),
        (0.734444, "0.734"),
        (1642.4, "1642"),
        (np.float32(0.5), "0.5"),
        (np.int64(3), "3"),
        (Fraction(1, 3), "0.333"),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        (True, "True"),
        ("higher.", "higher"),
    ],
)
def test_measured_values_are_short(value: object, text: str) -> None:
    """Numbers with three digits that matter."""
    assert format_measured(value) == text


def test_the_course_names_modules_and_lessons_that_exist() -> None:
    """Numbers in order; every notebook with a number is a lesson of the course, under its own name."""
    assert [topic.number for topic in TOPICS] == [f"{number:02}" for number in range(len(TOPICS))]
    names = {f"{topic.number}_{topic.title.lower().replace(' ', '_')}" for topic in TOPICS}
    notebooks = {path.stem for path in (Path(__file__).parents[3] / "notebooks").glob("[0-9][0-9]_*.ipynb")}
    assert notebooks <= names


def test_a_guess_in_a_field_is_revealed(capsys: pytest.CaptureFixture[str]) -> None:
    """What stands in the field counts, kept or not; a plain guess takes its place; an emptied field is no guess."""
    lesson = exercises.lesson("05")
    lesson.guess("kept", "How many of 20?")
    lesson.reveal("kept", 17)
    field = lesson._fields["kept"]
    field._on_text("11", False)
    lesson.reveal("kept", 17)
    lesson = exercises.lesson("05")
    lesson.guess("kept", "How many of 20?")
    assert lesson._fields["kept"].value == "11"
    lesson.guess("kept", "How many of 20?", 13)
    lesson.reveal("kept", 17)
    lesson.guess("kept", "How many of 20?")
    lesson._fields["kept"]._on_text(" ", True)
    lesson.reveal("kept", 17)
    shown = [line for line in capsys.readouterr().out.splitlines() if "Measured" in line]
    guessed = [line.removesuffix(" Measured: 17.") for line in shown]
    assert guessed == ["No guess.", "You guessed 11.", "You guessed 13.", "No guess."]
    assert progress_file.read()["05"]["guesses"] == {}
