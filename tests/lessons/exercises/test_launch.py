from pathlib import Path
from types import SimpleNamespace

import pytest

from ftwidgets import Job, launch, upload, write_jsonl
from ftwidgets.clients import connect
from ftwidgets.lessons import exercises

CHATS = [
    {"messages": [{"role": "user", "content": f"What is {n}?"}, {"role": "assistant", "content": f"It is {n}."}]}
    for n in range(12)
]
ORDER = {"n_epochs": 2, "seed": 7, "suffix": "two-passes"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """A client, two files, the lesson's job, and a way to launch others."""
    folder: Path = tmp_path_factory.mktemp("launch")
    client = connect(home=folder / "home")
    train, held = write_jsonl(CHATS[:10], folder / "t.jsonl"), write_jsonl(CHATS[10:] * 5, folder / "v.jsonl")

    def job(**changed: object) -> Job:
        files = {"training_file": train, "validation_file": held}
        options = {**files, **ORDER, **changed}
        return launch(client, options.pop("training_file"), model="nano-2026-11", **options)  # type: ignore[arg-type]

    return SimpleNamespace(client=client, train=train, held=held, job=job, lesson=job(n_epochs=1, seed=1, suffix="x").wait(60))


def test_solution_is_right(world: SimpleNamespace) -> None:
    """A job to the order is right once it has ended, also with files that were uploaded anew; until then it is not yet."""
    mine = world.job(training_file=upload(world.client, world.train).id)
    early = exercises.job_to_order(world.client, world.lesson, mine.id)
    assert early.state == "right" or "Wait for its end" in early.message
    mine.wait(60)
    for answer in (mine.id, mine, mine.details, f" {mine.id}"):
        assert exercises.job_to_order(world.client, world.lesson, answer).state == "right"
    assert "no job" in exercises.job_to_order(world.client, world.lesson, f"{mine.id}/events").message


def test_untouched_is_not_attempted(world: SimpleNamespace) -> None:
    """The cell as it comes says that nothing was tried."""
    assert exercises.job_to_order(world.client, world.lesson, ...).state == "not attempted"


def test_wrong_answers_say_what_differs(world: SimpleNamespace) -> None:
    """Each plausible mistake has its own sentence; none of them tells what the order says."""
    jobs = {
        "Look at the suffix": world.job(suffix="help-desk").wait(60),
        "its n_epochs is 3": world.job(n_epochs=3),
        "its seed is 8": world.job(seed=8),
        "it has no validation file": world.job(validation_file=None),
        "validated with another file": world.job(validation_file=world.train),
        "learns from another file": world.job(training_file=world.held),
        "n_epochs is 1; its seed is 4": world.job(n_epochs=1, seed=4),
    }
    for job in jobs.values():
        job.cancel()  # what they were asked for can be read all the same
    wrong: dict[str, object] = {said: job.id for said, job in jobs.items()}
    wrong |= {"job of step 4": world.lesson.id, "no job": "ftjob-nothing", "a text that begins": 7, "'my-job'": "my-job"}
    found = {said: exercises.job_to_order(world.client, world.lesson, answer) for said, answer in wrong.items()}
    assert {outcome.state for outcome in found.values()} == {"not yet"}
    assert [said for said, outcome in found.items() if said not in outcome.message] == []
    assert len({outcome.message for outcome in found.values()}) == len(wrong)
    for outcome in found.values():
        assert not any(answer in outcome.message for answer in ("n_epochs=2", "seed=7", "is 2.", "is 7.", "two-passes"))


def test_a_cancelled_job_is_not_right(world: SimpleNamespace) -> None:
    """To the order and cancelled is not yet."""
    mine = world.job(n_epochs=2, seed=7)
    mine.cancel()
    if mine.status == "cancelled":
        assert "is cancelled" in exercises.job_to_order(world.client, world.lesson, mine.id).message
