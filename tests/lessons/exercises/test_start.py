from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from openai.types.fine_tuning import FineTuningJob

from ftwidgets import Job, write_jsonl
from ftwidgets.clients import connect
from ftwidgets.lessons import exercises

CHATS = [
    {"messages": [{"role": "user", "content": f"What is {n}?"}, {"role": "assistant", "content": f"It is {n}."}]}
    for n in range(12)
]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """A client, the lesson's job of five epochs, the learner's job of one, and one that changed more."""
    folder: Path = tmp_path_factory.mktemp("start")
    client = connect(home=folder / "home")
    train, held = write_jsonl(CHATS[:10], folder / "t.jsonl"), write_jsonl(CHATS[10:] * 5, folder / "v.jsonl")
    files = [client.files.create(file=path, purpose="fine-tune").id for path in (train, held)]

    def job(epochs: int, seed: int = 1) -> FineTuningJob:
        made = client.fine_tuning.jobs.create(
            model="nano-2026-11",
            training_file=files[0],
            validation_file=files[1],
            seed=seed,
            method={"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": epochs}}},
        )
        Job(client, made.id).wait(60)
        return client.fine_tuning.jobs.retrieve(made.id)

    return SimpleNamespace(client=client, lesson=job(5), mine=job(1), other_seed=job(1, seed=2))


def test_solution_is_right(world: SimpleNamespace) -> None:
    """The second job with one epoch, and the truth about its loss."""
    assert exercises.one_epoch(world.client, world.lesson, world.mine.id, "higher").state == "right"


def test_untouched_is_not_attempted(world: SimpleNamespace) -> None:
    """The cell as it comes says that nothing was tried, also when half of it was."""
    assert exercises.one_epoch(world.client, world.lesson, ..., ...).state == "not attempted"
    assert exercises.one_epoch(world.client, world.lesson, world.mine.id, ...).state == "not attempted"


def test_wrong_answers_say_where_to_look(world: SimpleNamespace) -> None:
    """Each plausible mistake has its own sentence, and none of them gives the answer away."""
    wrong = {
        "lesson's own": (world.lesson.id, "higher"),
        "no job": ("ftjob-nothing", "higher"),
        "epochs": (world.client.fine_tuning.jobs.retrieve(world.lesson.id).fine_tuned_model, "higher"),
        "seed": (world.other_seed.id, "higher"),
        "full_valid_loss": (world.mine.id, "lower"),
        "one of": (world.mine.id, 0.3),
        "no job 7": (7, "higher"),
    }
    found = {name: exercises.one_epoch(world.client, world.lesson, *answer) for name, answer in wrong.items()}
    assert {outcome.state for outcome in found.values()} == {"not yet"}
    assert len({outcome.message for outcome in found.values()}) == len(wrong)
    assert not any("is higher" in outcome.message for outcome in found.values())


def test_the_answer_may_come_in_another_form(world: SimpleNamespace) -> None:
    """The job in the place of its id, blanks around it, the same files uploaded anew: all of that is right."""
    client, lesson = world.client, world.lesson
    again = {}
    for name in ("training_file", "validation_file"):
        data = client.files.content(getattr(lesson, name)).read()
        again[name] = client.files.create(file=("again.jsonl", data), purpose="fine-tune").id
    method = {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 1}}}
    anew = client.fine_tuning.jobs.create(model="nano-2026-11", seed=1, method=method, **again)
    Job(client, anew.id).wait(60)
    for answer in (world.mine, Job(client, world.mine.id), f" {world.mine.id}\n", anew.id):
        assert exercises.one_epoch(client, lesson, answer, "higher").state == "right"


def test_another_batch_size_is_another_comparison(world: SimpleNamespace) -> None:
    """The epochs are to be changed and nothing else."""
    files = {name: getattr(world.lesson, name) for name in ("training_file", "validation_file")}
    method = {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 1, "batch_size": 10}}}
    made = world.client.fine_tuning.jobs.create(model="nano-2026-11", seed=1, method=method, **files)
    Job(world.client, made.id).wait(60)
    assert "another batch_size" in exercises.one_epoch(world.client, world.lesson, made.id, "higher").message


@pytest.mark.parametrize("loss", [np.array(["higher", "lower"]), pd.Series(["higher", "lower"]), ["higher"]], ids=type)
def test_nonsense_is_answered_in_words(world: SimpleNamespace, loss: object) -> None:
    """No traceback, neither for a table of words nor for an address in the place of an id."""
    assert "one of" in exercises.one_epoch(world.client, world.lesson, world.mine.id, loss).message
    for name in (f"{world.mine.id}/events", "..", "\ud800", None, loss):
        assert "There is no job" in exercises.one_epoch(world.client, world.lesson, name, "higher").message
