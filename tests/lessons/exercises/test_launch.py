import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import openai
import pytest

import ftwidgets
from ftwidgets import Job, launch, upload, write_jsonl
from ftwidgets.clients import connect
from ftwidgets.lessons import exercises
from ftwidgets.lessons.exercises.launch import _KEY, EXERCISES, _digest, better_rate, job_on_own_file, key_revoked

NOTEBOOK = Path(__file__).parents[3] / "notebooks" / "data" / "old_notebook.json"

CHATS = [
    {"messages": [{"role": "user", "content": f"What is {n}?"}, {"role": "assistant", "content": f"It is {n}."}]}
    for n in range(12)
]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """A client, two files, the lesson's job, and a way to launch others."""
    folder: Path = tmp_path_factory.mktemp("launch")
    client = connect(home=folder / "home")
    train = upload(client, write_jsonl(CHATS[:10], folder / "t.jsonl")).id
    held = upload(client, write_jsonl(CHATS[10:] * 5, folder / "v.jsonl")).id

    def with_rate(rate: float, **changed: Any) -> Job:
        options = {"validation_file": held, "model": "nano-2026-11", "n_epochs": 2, "seed": 1, **changed}
        return launch(client, options.pop("training_file", train), learning_rate_multiplier=rate, **options)

    lesson = with_rate(0.3, suffix="x").wait(60)
    yield SimpleNamespace(client=client, train=train, held=held, with_rate=with_rate, job=lesson, folder=folder)
    client.close()


def run_solution(number: int, **scope: Any) -> Any:
    """Run a solution as it is shown; its outcome."""
    outcomes = []

    class Lesson:
        def check(self, checked: int, *answers: object) -> None:
            outcomes.append(EXERCISES[checked - 1].check(*answers))

    exec(EXERCISES[number - 1].solution, {"ftwidgets": ftwidgets, "Path": Path, "lesson": Lesson(), **scope})
    return outcomes[0]


def test_the_three_exercises_have_hints_that_are_no_solutions() -> None:
    """Two hints and a solution each; no line of a solution stands in a hint."""
    assert exercises.lesson("03").exercises == EXERCISES
    assert len(EXERCISES) == 3
    for exercise in EXERCISES:
        assert len(exercise.hints) == 2
        lines = [line.strip() for line in exercise.solution.splitlines() if len(line.strip()) > 12]
        assert not any(line in hint for line in lines for hint in exercise.hints)


def test_untouched_is_not_attempted(world: SimpleNamespace) -> None:
    """The cells as they come say that nothing was tried."""
    for answer in (..., [...], [..., ..., ...], []):
        assert better_rate(world.client, world.job, answer).state == "not attempted"
    assert key_revoked(world.client, ..., "my_data/clean_notebook.json").state == "not attempted"
    assert job_on_own_file(world.client, world.job, ...).state == "not attempted"


def test_three_rates_of_which_one_is_better_are_right(world: SimpleNamespace) -> None:
    """The solution, and its jobs by their ids."""
    outcome = run_solution(1, client=world.client, job=world.job, with_rate=world.with_rate)
    assert outcome.state == "right", outcome


def test_mistakes_with_the_rates_are_told_apart(world: SimpleNamespace) -> None:
    """Each has a message of its own; none names a rate that is better."""
    two, three, four = (world.with_rate(rate).cancel() for rate in (0.1, 0.2, 0.4))
    low = [world.with_rate(rate).wait(60) for rate in (0.01, 0.02, 0.03)]
    wrong: dict[str, object] = {
        "2 different rates": [two, three, three],
        "lesson's own job": [two, three, world.job],
        "its n_epochs is 1": [two, three, world.with_rate(0.4, n_epochs=1).cancel()],
        "its seed is 8": [two, three, world.with_rate(0.4, seed=8).cancel()],
        "its validation file": [two, three, world.with_rate(0.4, validation_file=None).cancel()],
        "learns from another file": [two, three, world.with_rate(0.4, training_file=world.held).cancel()],
        "no job 'ftjob-none'": [two, three, "ftjob-none"],
        "a list of three jobs": two,
        "not array(3)": np.array(3),
        "Look elsewhere": low,
        "none of the jobs succeeded": [two, three, four],
    }
    found = {words: better_rate(world.client, world.job, answer) for words, answer in wrong.items()}
    assert [(words, outcome.message) for words, outcome in found.items() if words not in outcome.message] == []
    assert {outcome.state for outcome in found.values()} == {"not yet"}
    assert len({outcome.message for outcome in found.values()}) == len(wrong)


def test_a_job_that_has_not_ended_is_waited_for(world: SimpleNamespace) -> None:
    """The check asks to wait rather than compare a loss that is not there."""
    many = [world.with_rate(rate, n_epochs=2) for rate in (0.5, 0.6, 0.7)]
    outcome = better_rate(world.client, world.job, [job.id for job in many])
    assert outcome.state == "right" or "Wait until all have ended" in outcome.message
    for job in many:
        job.cancel()


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """A sandbox of its own, the notebook with the key, and the lesson's `revoke`."""
    client = connect(home=tmp_path / "home")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "my_data").mkdir()
    text = NOTEBOOK.read_text(encoding="utf-8")
    (tmp_path / "data" / NOTEBOOK.name).write_text(text, encoding="utf-8")

    def revoke(key: str) -> None:
        ftwidgets.faults(client).wrong_key(key)

    key = next(word for word in text.replace("\\", " ").replace("'", " ").replace('"', " ").split() if _digest(word) == _KEY)
    yield SimpleNamespace(client=client, revoke=revoke, key=key, text=text, copy=tmp_path / "my_data" / "clean_notebook.json")
    client.close()


def test_the_revoked_key_is_right(office: SimpleNamespace) -> None:
    """The solution as it is shown; afterwards the key is rejected and the lesson's own client works."""
    outcome = run_solution(2, client=office.client, revoke=office.revoke)
    assert outcome.state == "right", outcome
    with pytest.raises(openai.AuthenticationError):
        office.client.with_options(api_key=office.key).models.list()
    office.client.models.list()


def test_the_code_of_the_notebook_holds_no_key(office: SimpleNamespace) -> None:
    """It is in what a cell printed and in a text, where people forget to look; another one is masked."""
    cells = json.loads(office.text)["cells"]
    assert not any(office.key in cell["source"] for cell in cells if cell["cell_type"] == "code")
    assert office.text.count(office.key) == 2


def test_mistakes_with_the_key_are_told_apart(office: SimpleNamespace) -> None:
    """Each has a message of its own, and none holds the key."""
    check = lambda key, copy=office.copy: key_revoked(office.client, key, copy)  # noqa: E731
    found = {
        "is not the key": check("org-kettle-and-fern-2026"),
        "It is masked": check("sk-sand**********cret"),
        "more than the key": check(f"Bearer {office.key}"),
        "A key is a text": check(7),
        "still accepts it": check(office.key),
    }
    office.revoke(office.key)
    found["There is no file"] = check(office.key)
    copies = {
        "still holds it (1 place)": office.text.replace(office.key, "", 1),
        "no notebook any more": "print('clean')",
        "something else is missing": json.dumps({"cells": json.loads(office.text.replace(office.key, ""))["cells"][:3]}),
    }
    for words, text in copies.items():
        office.copy.write_text(text, encoding="utf-8")
        found[words] = check(office.key)
    office.revoke(office.client.api_key)
    found["Your own key was revoked too"] = check(office.key)
    assert [(words, outcome.message) for words, outcome in found.items() if words not in outcome.message] == []
    assert {outcome.state for outcome in found.values()} == {"not yet"}
    assert len({outcome.message for outcome in found.values()}) == len(found)
    shown = [outcome.message for words, outcome in found.items() if words != "more than the key"]
    assert not any(office.key in message for message in shown)


def test_a_job_on_rows_of_ones_own_is_right(world: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    """The solution as it is shown."""
    monkeypatch.chdir(world.folder)
    outcome = run_solution(3, client=world.client, job=world.job)
    assert outcome.state == "right", outcome


def test_mistakes_with_ones_own_job_are_told_apart(world: SimpleNamespace) -> None:
    """Each has a message of its own."""
    mine = write_jsonl(CHATS[1:11], world.folder / "mine.jsonl")
    few = write_jsonl(CHATS[:3], world.folder / "few.jsonl")
    failed = world.with_rate(1, training_file=few)
    with pytest.raises(ftwidgets.FtwidgetsError):
        failed.wait(60)
    wrong: dict[str, object] = {
        "learns from the lesson's file": world.with_rate(1).cancel(),
        "no validation file": world.with_rate(1, training_file=mine, validation_file=None).cancel(),
        "the rows it learns from": world.with_rate(1, training_file=mine, validation_file=mine).cancel(),
        "failed, so there is no model to check: Training file has": failed,
        "was cancelled": world.with_rate(1, training_file=mine).cancel(),
        "has no suffix": world.with_rate(1, training_file=mine).wait(60),
        "There is no job": "ftjob-none",
    }
    found = {words: job_on_own_file(world.client, world.job, answer) for words, answer in wrong.items()}
    assert [(words, outcome.message) for words, outcome in found.items() if words not in outcome.message] == []
    assert {outcome.state for outcome in found.values()} == {"not yet"}
    assert len({outcome.message for outcome in found.values()}) == len(wrong)
