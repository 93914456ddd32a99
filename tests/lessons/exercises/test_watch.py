from collections.abc import Callable
from typing import Any

import numpy as np
import openai
import pytest

from ftwidgets.jobs.job import Job
from ftwidgets.lessons.exercises import diagnose
from ftwidgets.lessons.exercises.watch import WORDS
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


def service() -> openai.OpenAI:
    """Give a service that tells of each job what `JOBS` has."""

    def job(request: Any) -> Any:
        name = request.url.path.split("/")[4]
        about, events = JOBS[name.removeprefix("ftjob-")]
        if request.url.path.endswith("/events"):
            return listed(events)(request)
        import httpx2

        return httpx2.Response(200, json=about | {"id": name})

    return Service(jobs=job, events=job, checkpoints=NO_MORE).client()


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
            '2 of 3 are right. You say "healthy" of south: a healthy job has succeeded, and its validation loss ends',
        ),
        (
            {"north": "diverged"},
            'You say "diverged" of north: a diverged job ends with a higher training loss than it began with.',
        ),
        ({"west": "bad file"}, 'You say "bad file" of west: a job with a bad file ends before its first step'),
        ({"west": "overfitting"}, 'You say "overfitting" of west: in overfitting the training loss goes down to the end'),
        ({"north": "healthy", "south": "healthy", "west": "healthy"}, "0 of 3 are right."),
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
