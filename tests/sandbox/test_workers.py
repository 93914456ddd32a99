"""Processes that train beside the one that answers, and results that are shared."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

from ftwidgets.sandbox import Sandbox
from ftwidgets.sandbox.workers import Workers

SETTINGS: Any = {"n_epochs": 4, "batch_size": 5}


@pytest.fixture
def served(tmp_path: Path, world: Any) -> Iterator[tuple[openai.OpenAI, Workers]]:
    """Open a sandbox that does not train itself, and a worker that shares results."""
    with Sandbox(tmp_path, train=False, share=True) as sandbox, world.client(sandbox) as client:
        workers = Workers(tmp_path, 1, share=True)
        try:
            yield client, workers
        finally:
            workers.close()
    assert workers.alive() == 0


def test_a_worker_trains_what_the_sandbox_takes_in(served: tuple[openai.OpenAI, Workers], world: Any) -> None:
    """From start to end, events and result file included; killed, it is replaced, and the job goes on."""
    client, workers = served
    jobs, file = client.fine_tuning.jobs, world.upload(client, world.rows())
    job = jobs.create(model=world.base, training_file=file, hyperparameters={"n_epochs": 40, "batch_size": 5})
    world.wait_for(lambda: jobs.list_events(job.id, limit=1).data[0].type == "metrics")
    first = workers.pids()
    os.kill(first[0], signal.SIGKILL)
    over = world.wait_for_end(client, job.id)
    assert over.status == "succeeded"
    assert workers.pids() != first
    events = [event for event in jobs.list_events(job.id, limit=200) if event.type == "metrics"]
    assert [event.data["step"] for event in events] == list(range(80, 0, -1))  # type: ignore[index, call-overload]
    assert client.chat.completions.create(
        model=str(over.fine_tuned_model), messages=[{"role": "user", "content": "hi"}], max_tokens=2
    ).choices


def test_the_same_job_is_trained_once(served: tuple[openai.OpenAI, Workers], world: Any, tmp_path: Path) -> None:
    """The second gets the first one's weights under a name of its own, says so, and outlives the first."""
    client, _ = served
    jobs = client.fine_tuning.jobs
    files = [world.upload(client, world.rows()) for _ in "ab"]  # the same rows in two files
    made = [jobs.create(model=world.base, training_file=file, hyperparameters=SETTINGS) for file in files]
    assert made[0].seed == made[1].seed  # none was given: what is the same gets the same
    first, second = (world.wait_for_end(client, job.id) for job in made)
    said = [[event.message for event in jobs.list_events(job.id, limit=100)] for job in made]
    assert not any("shared" in message for message in said[0])
    assert any("its result is shared with this one" in message for message in said[1])
    metrics = [[event.data for event in jobs.list_events(job.id, limit=100) if event.type == "metrics"] for job in made]
    assert metrics[0] == metrics[1] != []
    assert first.trained_tokens == second.trained_tokens
    assert first.fine_tuned_model != second.fine_tuned_model
    weights = [(tmp_path / "models" / f"{job.id}-step-8" / "model.safetensors").read_bytes() for job in made]
    assert weights[0] == weights[1]
    assert len(jobs.checkpoints.list(second.id).data) == 3
    client.models.delete(str(first.fine_tuned_model))
    ask: Any = {"messages": [{"role": "user", "content": "hi"}], "max_tokens": 2}
    assert client.chat.completions.create(model=str(second.fine_tuned_model), **ask).choices


@pytest.mark.parametrize("other", [{"seed": 1}, {"hyperparameters": {"n_epochs": 1, "batch_size": 5}}])
def test_another_job_is_trained_by_itself(served: tuple[openai.OpenAI, Workers], world: Any, other: Any) -> None:
    """Where anything that matters differs, nothing is shared."""
    client, _ = served
    jobs, file = client.fine_tuning.jobs, world.upload(client, world.rows())
    settings: Any = {"n_epochs": 1, "batch_size": 10}
    made = [
        jobs.create(model=world.base, training_file=file, **({"hyperparameters": settings} | extra)) for extra in ({}, other)
    ]
    for job in made:
        assert world.wait_for_end(client, job.id).status == "succeeded"
        assert not any("shared" in event.message for event in jobs.list_events(job.id, limit=100))


def test_workers_end_with_whoever_started_them(tmp_path: Path) -> None:
    """Their standard input ends when that process does, however it ends."""
    with Sandbox(tmp_path, train=False):
        workers = Workers(tmp_path, 2)
        began = time.monotonic()
        workers.close()
        assert time.monotonic() - began < 20
        assert workers.alive() == 0
