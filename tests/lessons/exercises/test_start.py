import json
from pathlib import Path
from types import SimpleNamespace

import pandas
import pytest

import ftwidgets
from ftwidgets import Job, datasets, write_jsonl
from ftwidgets.clients import connect
from ftwidgets.errors import JobFailed
from ftwidgets.lessons import exercises
from ftwidgets.lessons.exercises import start
from ftwidgets.widgets.shop.shop_form import GREETING

NOTEBOOK = Path(__file__).parents[3] / "notebooks" / "00_start_here.ipynb"
CELLS = ("write-chats", "ask", "words", "train")  # of the lesson, whose functions the solutions use


@pytest.fixture(scope="module")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """The names of the lesson, as far as its exercises need them, and its two jobs."""
    folder: Path = tmp_path_factory.mktemp("start")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("FTWIDGETS_HOME", str(folder / "state"))
        names = {
            "json": json,
            "pathlib": __import__("pathlib"),
            "pandas": pandas,
            "ftwidgets": ftwidgets,
            "client": connect(home=folder / "home"),
            "lesson": exercises.lesson("00"),
            "form": SimpleNamespace(greeting="Ahoy!", sign_off="Your Ida"),
            "train_rows": datasets.load("shop_chats", "train").head(24),
            "new_rows": datasets.load("shop_chats", "held-out"),
        }
        cells = {cell["id"]: "".join(cell["source"]) for cell in json.loads(NOTEBOOK.read_text("utf-8"))["cells"]}
        asked = cells["ask"].split("\nfor ")[0]
        for source in (cells["words"], asked, cells["write-chats"], cells["train"]):
            exec(source, names)
        rows = names["train_rows"]
        names["mine"] = rows.assign(Completion=[names["in_my_words"](answer) for answer in rows["Completion"]])
        names["job"] = names["train"](names["write_chats"]("my_shop", names["mine"]))
        broken = cells["exercise-2-broken"].split("broken_model")[0]
        exec(broken, names)
        for job in (names["job"], names["broken_job"]):
            Job(names["client"], job.id).wait(120)
        yield SimpleNamespace(names=names, **names)


def solved(lesson: SimpleNamespace, number: int) -> tuple[exercises.Outcome, dict[str, object]]:
    """Run the solution that a learner would paste; return the outcome of its last line, and the names it left."""
    names = dict(lesson.names)
    *code, check = start.EXERCISES[number - 1].solution.strip().splitlines()
    exec("\n".join(code), names)
    return eval(check, names), names


@pytest.fixture(scope="module")
def first(lesson: SimpleNamespace) -> tuple[exercises.Outcome, dict[str, object]]:
    return solved(lesson, 1)


@pytest.fixture(scope="module")
def second(lesson: SimpleNamespace) -> tuple[exercises.Outcome, dict[str, object]]:
    return solved(lesson, 2)


@pytest.fixture(scope="module")
def third(lesson: SimpleNamespace) -> tuple[exercises.Outcome, dict[str, object]]:
    return solved(lesson, 3)


def test_solutions_are_right(first: tuple, second: tuple, third: tuple) -> None:
    """Each solution, pasted into the lesson, is right."""
    assert [outcome.state for outcome, _ in (first, second, third)] == ["right"] * 3


def test_untouched_is_not_attempted(lesson: SimpleNamespace) -> None:
    """The cells as they come say that nothing was tried, also when half of the first was."""
    check = lesson.lesson.check
    assert check(1, lesson.client, lesson.job, ..., ...).state == "not attempted"
    assert check(1, lesson.client, lesson.job, lesson.job, ...).state == "not attempted"
    assert check(2, lesson.client, lesson.broken_job, ...).state == "not attempted"
    assert check(3, lesson.client, ...).state == "not attempted"


def test_mistakes_with_one_epoch_say_where_to_look(lesson: SimpleNamespace, first: tuple) -> None:
    """Each plausible mistake has its own sentence, and none of them holds the number that is asked for."""
    mine, count = first[1]["my_job"], first[1]["without_answer"]
    wrong = {
        "lesson's own": (lesson.job, count),
        "no job": ("ftjob-nothing", count),
        "n_epochs": (lesson.broken_job, count),
        "count is not": (mine, count + 1),
        "is a number": (mine, "many"),
    }
    found = {words: start.one_epoch(lesson.client, lesson.job, *answer) for words, answer in wrong.items()}
    assert {outcome.state for outcome in found.values()} == {"not yet"}
    assert [words for words, outcome in found.items() if words not in outcome.message] == []
    assert not any(str(count) in outcome.message for outcome in found.values() if "is a number" not in outcome.message)


def test_another_file_is_another_comparison(lesson: SimpleNamespace) -> None:
    """The epochs are to be changed and nothing else."""
    other = lesson.train(lesson.write_chats("fewer", lesson.mine.head(12)), n_epochs=1)
    assert "another training_file" in start.one_epoch(lesson.client, lesson.job, other, 3).message


def test_mistakes_in_the_repair_say_what_is_still_wrong(lesson: SimpleNamespace) -> None:
    """Rows dropped, all rows extended, nothing done, words changed: each is told apart, and no message names the sign-off."""
    team, sign_off = lesson.team_rows, " All the best, the team"
    good = team["Completion"].str.endswith(sign_off)
    mended = team["Completion"].where(good, team["Completion"] + sign_off)
    wrong = {
        "no longer be found": team[good],
        "sign-off twice": team.assign(Completion=team["Completion"] + sign_off),
        "usual ending is missing from 12 of the 24": team,
        "changed before their end": team.assign(Completion=mended.str.replace("Good day! ", "", regex=False)),
        "should be there once": pandas.concat([team.assign(Completion=mended), team.head(3).assign(Completion=mended.head(3))]),
    }
    found = {}
    for words, rows in wrong.items():
        job = lesson.train(lesson.write_chats("wrong", rows), n_epochs=1)
        found[words] = start.sign_offs_repaired(lesson.client, lesson.broken_job, job)
    found["job of the broken file"] = start.sign_offs_repaired(lesson.client, lesson.broken_job, lesson.broken_job)
    assert {outcome.state for outcome in found.values()} == {"not yet"}
    assert [(words, str(outcome)) for words, outcome in found.items() if words not in outcome.message] == []
    assert not any(sign_off.strip() in outcome.message for outcome in found.values())


def test_mistakes_with_own_data_say_what_is_missing(lesson: SimpleNamespace) -> None:
    """No chat of one's own, two manners or none or the lesson's, too few rows for a job, a manner that was not learned."""
    own = pandas.DataFrame([(f"Do you sell {thing}?", "We do.") for thing in ["kites", "hats", "pens", "dogs", "tea"]])
    own.columns = ["Prompt", "Completion"]
    bare = pandas.concat([lesson.mine[["Prompt", "Completion"]], own])
    few = pandas.concat([own, lesson.train_rows[["Prompt", "Completion"]].head(7)])

    def in_words(greeting: str, sign_off: str) -> pandas.DataFrame:
        rows = pandas.concat([lesson.train_rows[["Prompt", "Completion"]], own])
        return rows.assign(Completion=f"{greeting} " + rows["Completion"] + f" {sign_off}")

    few["Completion"] = "Well met, dear friend of the sea! " + few["Completion"] + " Yours ever, the crew of the good ship Ida"
    jobs = {
        "0 messages of your own": lesson.job,
        "5 answers of your own must still open and close like": lesson.train(lesson.write_chats("bare", bare), n_epochs=1),
        "share no greeting": lesson.train(lesson.write_chats("plain", pandas.concat([lesson.train_rows, own])), n_epochs=1),
        "the lesson's own greeting": lesson.train(lesson.write_chats("default", in_words(GREETING, "Bye, Ida")), n_epochs=1),
        "at least 10 examples. Put the lesson's chats and yours into one table": lesson.train(
            lesson.write_chats("too_few", own.assign(Completion="Ahoy! We do. Your Ida"))
        ),
        "answers to new messages; half of them would do": lesson.train(lesson.write_chats("few", few), n_epochs=1, rate=0.01),
    }
    found = {words: start.own_shop(lesson.client, job) for words, job in jobs.items()}
    assert {outcome.state for outcome in found.values()} == {"not yet"}
    assert [(words, str(outcome)) for words, outcome in found.items() if words not in outcome.message] == []


def test_a_wrong_file_is_said_before_the_job_has_ended(lesson: SimpleNamespace) -> None:
    """Nobody waits for a job whose file is not what the exercise asks for."""
    for check in (start.own_shop, lambda client, job: start.sign_offs_repaired(client, lesson.broken_job, job)):
        job = lesson.train(lesson.write_chats("slow", lesson.mine), n_epochs=50)
        said = check(lesson.client, job)
        assert lesson.client.fine_tuning.jobs.retrieve(job.id).status in ("validating_files", "queued", "running")
        lesson.client.fine_tuning.jobs.cancel(job.id)
        assert "messages of your own" in said.message or "usual ending is missing" in said.message


def test_hints_do_not_give_the_answer() -> None:
    """No hint holds the sign-off of the team or a line of the solution."""
    for exercise in start.EXERCISES:
        assert 1 <= len(exercise.hints) <= 2
        lines = [line.strip() for line in exercise.solution.splitlines() if len(line.strip()) > 12]
        assert not any(line in hint for line in lines for hint in exercise.hints)
        assert not any("All the best" in hint for hint in exercise.hints)


def test_the_manner_is_what_all_answers_share() -> None:
    """Whole words only, from both ends; nothing where the answers differ."""
    rows = [("a", "Ahoy you! We do. Your Ida"), ("b", "Ahoy you! We don't. Your Ida"), ("c", "Ahoy you! No. Your Ida")]
    assert start.manner(rows) == ("Ahoy you!", "Your Ida")
    assert start.manner([*rows, ("d", "Never.")]) == ("", "")
    assert start.manner([]) == ("", "")


def test_a_job_in_any_form_is_found(lesson: SimpleNamespace, third: tuple) -> None:
    """A job, a `Job`, an id with blanks around it; nonsense is answered in words."""
    mine = third[1]["my_job"]
    for answer in (Job(lesson.client, mine.id), f" {mine.id}\n"):
        assert start.own_shop(lesson.client, answer).state == "right"
    for nonsense in (7, None, "..", pandas.Series(["a"])):
        assert "There is no job" in start.own_shop(lesson.client, nonsense).message


def test_a_failed_job_is_no_answer(lesson: SimpleNamespace, tmp_path: Path) -> None:
    """A job that failed is named, with what was wrong with it and what to do."""
    file = lesson.client.files.create(file=write_jsonl([{"messages": []}], tmp_path / "bad.jsonl"), purpose="fine-tune")
    job = lesson.client.fine_tuning.jobs.create(model="nano-2026-11", training_file=file.id)
    with pytest.raises(JobFailed):
        Job(lesson.client, job.id).wait(timeout=60)
    said = start.own_shop(lesson.client, job).message
    assert f"Your job {job.id} failed, so there is no model to check: " in said
    assert "example 1" in said.lower()
    assert said.endswith("Correct that, launch the job again, and hand in the new one.")
