import json
from collections.abc import Callable
from typing import Any

import httpx2
import numpy as np
import openai
import pytest

from ftwidgets.jobs.job import Job
from ftwidgets.lessons.exercises.watch import (
    CURVE_WORDS,
    EXERCISES,
    WORDS,
    diagnose,
    faster_but_healthy,
    read_own_job,
    relaunch_healthy,
)
from tests.jobs.test_job import Service, described, event, listed

NO_MORE = {"object": "list", "data": [], "has_more": False}
SOLUTION = {"north": "bad file", "south": "overfitting", "west": "diverged"}
DIVERGED = {"code": "training_diverged", "message": "The training diverged.", "param": "hyperparameters"}
UNREADABLE = {"code": "invalid_training_file", "message": "Example 20 has no assistant message", "param": "training_file"}


def steps(train: Callable[[int], float], full: Callable[[int], float] | None) -> list[dict[str, Any]]:
    """Events of 40 steps in four epochs, newest first."""
    events = []
    for i in range(40, 0, -1):
        measured = {"full_valid_loss": full(i)} if full and i % 10 == 0 else {}
        events.append(event(i, 100 + i, f"Step {i}/40", step=i, train_loss=train(i), **measured))
    return events


JOBS: dict[str, tuple[dict[str, Any], list[dict[str, Any]]]] = {
    "north": (described("failed", error=UNREADABLE), []),
    "south": (described("succeeded"), steps(lambda i: 3 / i**2, lambda i: 0.3 + i / 40)),
    "west": (described("failed", error=DIVERGED), steps(lambda i: 4 + i / 4, lambda i: 5 + i / 4)),
    "well": (described("succeeded"), steps(lambda i: 5 / i, lambda i: 6 / i)),
    "busy": (described("running"), []),
    "wild": (described("succeeded"), steps(lambda i: 4 + i / 4, lambda i: 5 + i / 4)),
}


def with_files(status: str, train: str, held_out: str | None, rate: float = 1, n_epochs: int = 2) -> dict[str, Any]:
    settings = {"n_epochs": n_epochs, "batch_size": 4, "learning_rate_multiplier": rate}
    return described(status, training_file=train, validation_file=held_out, hyperparameters=settings)


HEALTHY, TURNED = steps(lambda i: 5 / i, lambda i: 6 / i), steps(lambda i: 3 / i**2, lambda i: 0.3 + i / 40)
ROWS = {
    "file-a": [f"question {n}" for n in range(10)],
    "file-b": ["held out", "held out too"],
    "file-c": [f"other {n}" for n in range(10)],
    "file-few": ["one", "two"],
}
JOBS["south"] = (with_files("succeeded", "file-a", "file-b", n_epochs=12), TURNED)
JOBS |= {
    "lesson-c": (with_files("failed", "file-a", "file-b", rate=100) | {"error": DIVERGED}, JOBS["west"][1]),
    "rate-2": (with_files("succeeded", "file-a", "file-b", rate=2), HEALTHY),
    "rate-1": (with_files("succeeded", "file-a", "file-b"), HEALTHY),
    "rate-50": (with_files("failed", "file-a", "file-b", rate=50) | {"error": DIVERGED}, JOBS["west"][1]),
    "longer": (with_files("succeeded", "file-a", "file-b", rate=2, n_epochs=4), HEALTHY),
    "other-rows": (with_files("succeeded", "file-c", "file-b", rate=2), HEALTHY),
    "blind": (with_files("succeeded", "file-a", None, rate=2), HEALTHY),
    "running": (with_files("running", "file-a", "file-b", rate=2), []),
    "still-sick": (with_files("succeeded", "file-a", "file-b", n_epochs=9), TURNED),
    "few-rows": (with_files("succeeded", "file-few", "file-b"), HEALTHY),
    "copied": (with_files("succeeded", "file-a", "file-a"), HEALTHY),
    "unreadable": (with_files("failed", "file-a", "file-b") | {"error": UNREADABLE}, []),
}


def content(request: Any) -> Any:
    """Give the chats of a file."""
    texts = ROWS[request.url.path.split("/")[-2]]
    turns = ([{"role": "user", "content": text}, {"role": "assistant", "content": "yes"}] for text in texts)
    return httpx2.Response(200, content="\n".join(json.dumps({"messages": messages}) for messages in turns).encode())


def gave(check: Callable[..., Any], *answers: object) -> tuple[str, str]:
    outcome = check(service(), *answers)
    return outcome.state, outcome.message


def lessons_c() -> Job:
    return Job(service(), "ftjob-lesson-c")


def test_a_higher_rate_that_works_is_right() -> None:
    """The job or its id; the message tells the rate."""
    for answer in ("ftjob-rate-2", Job(service(), "ftjob-rate-2")):
        state, message = gave(faster_but_healthy, lessons_c(), answer)
        assert (state, message[:4]) == ("right", "2 ti")


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ("rate-2", "There is no job 'rate-2'"),
        (2, "There is no job 2"),
        ("ftjob-lesson-c", "the lesson's own job C"),
        ("ftjob-other-rows", "learns from other rows"),
        ("ftjob-blind", "no validation file"),
        ("ftjob-longer", "another n_epochs"),
        ("ftjob-rate-1", "no higher than job A's. Go up."),
        ("ftjob-rate-50", "calls it diverged. Go down."),
        ("ftjob-running", "Your job is running. Wait"),
    ],
)
def test_a_rate_that_does_not_do_is_told_why(answer: object, says: str) -> None:
    """Each mistake has its own sentence."""
    state, message = gave(faster_but_healthy, lessons_c(), answer)
    assert state == "not yet"
    assert says in message


def given() -> dict[str, Job]:
    return {name: Job(service(), f"ftjob-{name}") for name in SOLUTION}


def test_three_words_and_a_cured_job_are_right() -> None:
    """The words, and the same files with another setting."""
    assert gave(relaunch_healthy, given(), SOLUTION, "ftjob-rate-1")[0] == "right"


@pytest.mark.parametrize(
    ("answer", "fixed", "says"),
    [
        ({**SOLUTION, "south": "healthy"}, "ftjob-rate-1", "You have 2 of 3 right."),
        (SOLUTION, ..., "All three words are right. Now launch"),
        (SOLUTION, "cured", "There is no job"),
        (SOLUTION, "ftjob-south", "one of the three jobs you were given"),
        (SOLUTION, "ftjob-other-rows", "learns from other rows"),
        (SOLUTION, "ftjob-blind", "another validation file, or none"),
        (SOLUTION, "ftjob-running", "Your job is running. Wait"),
        (SOLUTION, "ftjob-still-sick", "calls your new job overfitting. Which setting"),
    ],
)
def test_a_cure_that_does_not_do_is_told_why(answer: object, fixed: object, says: str) -> None:
    """First the words, then the job."""
    state, message = gave(relaunch_healthy, given(), answer, fixed)
    assert state == "not yet"
    assert says in message


def test_a_job_of_ones_own_read_well_is_right() -> None:
    """Healthy, lowest at the end; overfitting, lowest at the first measurement."""
    assert gave(read_own_job, "ftjob-rate-1", "healthy", 40)[0] == "right"
    assert gave(read_own_job, "ftjob-still-sick", "overfitting", np.int64(10))[0] == "right"


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        (("mine", "healthy", 40), "There is no job"),
        (("ftjob-few-rows", "healthy", 40), "has 2 rows. Write 10 or more"),
        (("ftjob-blind", "healthy", 40), "no validation file"),
        (("ftjob-copied", "healthy", 40), "has 10 rows of the held-out file too"),
        (("ftjob-running", "healthy", 40), "Your job is running. Wait"),
        (("ftjob-unreadable", "healthy", 40), "Your job ftjob-unreadable failed, so there is no model to check: "),
        (("ftjob-rate-1", "flat", 40), "is none of them"),
        (("ftjob-rate-1", ["healthy"], 40), "is none of them"),
        (("ftjob-rate-1", "overfitting", 40), "the validation loss turns up while"),
        (("ftjob-still-sick", "healthy", 10), "ends about as low as it ever was. Is that so?"),
        (("ftjob-rate-1", "healthy", "last"), "a whole number"),
        (("ftjob-rate-1", "healthy", 39), "was not measured at step 39"),
        (("ftjob-still-sick", "overfitting", 40), "not the lowest one"),
    ],
)
def test_a_wrong_reading_is_told_where_to_look(answers: tuple[object, ...], says: str) -> None:
    """Each mistake has its own sentence, and none of them names the right word."""
    state, message = gave(read_own_job, *answers)
    assert state == "not yet"
    assert says in message


def test_untouched_exercises_are_not_attempted() -> None:
    """As they stand in the lesson."""
    assert gave(faster_but_healthy, lessons_c(), ...)[0] == "not attempted"
    assert gave(relaunch_healthy, given(), dict.fromkeys(SOLUTION, ...), ...)[0] == "not attempted"
    assert gave(read_own_job, ..., ..., ...)[0] == "not attempted"


def test_no_hint_is_the_answer() -> None:
    """Two hints each, and none has a word or a number that would do."""
    for exercise in EXERCISES:
        assert len(exercise.hints) == 2
        text = " ".join(exercise.hints)
        assert [word for word in (*CURVE_WORDS, "bad file", "rate=", "n_epochs=") if word in text] == []


def service() -> openai.OpenAI:
    """Give a service that tells of each job what `JOBS` has."""

    def job(request: Any) -> Any:
        name = request.url.path.split("/")[4]
        if name.removeprefix("ftjob-") not in JOBS or not name.startswith("ftjob-"):
            return httpx2.Response(404, json={"error": {"message": "No such job"}})
        about, events = JOBS[name.removeprefix("ftjob-")]
        if request.url.path.endswith("/events"):
            return listed(events)(request)
        return httpx2.Response(200, json=about | {"id": name})

    return Service(jobs=job, events=job, checkpoints=NO_MORE, content=content).client()


def check(answer: object, *names: str) -> tuple[str, str]:
    client = service()
    given = {name: Job(client, f"ftjob-{name}") for name in names or SOLUTION}
    outcome = diagnose(client, given, answer)
    return outcome.state, outcome.message


def test_the_solution_passes() -> None:
    """Each job called by its trouble."""
    assert check(SOLUTION)[0] == "right"
    assert check({"well": "healthy"}, "well")[0] == "right"
    assert check({"wild": "diverged"}, "wild")[0] == "right"  # a service that does not notice


def test_the_untouched_cell_is_not_attempted() -> None:
    """As it stands in the lesson, whole or in part."""
    assert check(...)[0] == "not attempted"
    assert check(dict.fromkeys(SOLUTION, ...))[0] == "not attempted"
    assert check({**SOLUTION, "west": ...})[0] == "not attempted"


@pytest.mark.parametrize(
    ("change", "look"),
    [
        (
            {"south": "healthy"},
            'You have 2 of 3 right. You say "healthy" of south: a healthy job has succeeded, and its validation loss ends',
        ),
        (
            {"north": "diverged"},
            'You say "diverged" of north: a diverged job ends with a higher training loss than it began with.',
        ),
        ({"west": "bad file"}, 'You say "bad file" of west: a job with a bad file ends before its first step'),
        ({"west": "overfitting"}, 'You say "overfitting" of west: in overfitting the training loss goes down to the end'),
        ({"north": "healthy", "south": "healthy", "west": "healthy"}, "You have 0 of 3 right."),
    ],
)
def test_wrong_answers_are_told_where_to_look(change: dict[str, str], look: str) -> None:
    """The message says what was said and what that would look like, and never the right word."""
    state, message = check({**SOLUTION, **change})
    assert state == "not yet"
    assert look in message
    said = set(change.values())
    assert [word for word in WORDS if word not in said and f'"{word}"' in message] == []
    name = next(iter(sorted(change)))
    assert f'"{SOLUTION[name]}"' not in message


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ("overfitting", "a dict from the names of the jobs to words, not 'overfitting'"),
        (7, "not 7"),
        ({}, "names no job; the jobs are north, south, west."),
        ({"north": "diverged"}, "The answer names north; the jobs are north, south, west."),
        ({**SOLUTION, "west": "broken"}, "'broken' is none of them."),
        ({**SOLUTION, "west": ["diverged"]}, "is none of them."),
        ({**SOLUTION, "west": None}, "None is none of them."),
        ({**SOLUTION, "west": np.array(["diverged", "healthy"])}, "is none of them."),
    ],
)
def test_nonsense_is_answered_in_words(answer: object, says: str) -> None:
    """Another type, another name, another word: what was seen, and what is wanted."""
    state, message = check(answer)
    assert state == "not yet"
    assert says in message


def test_a_job_that_has_not_ended_is_waited_for() -> None:
    """There is nothing to diagnose yet."""
    assert "Job busy has not ended yet." in check({"busy": "healthy"}, "busy")[1]
