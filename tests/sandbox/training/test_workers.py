"""Processes that train beside the one that answers, and results that are shared."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

from ftwidgets.models import add
from ftwidgets.sandbox import Sandbox
from ftwidgets.sandbox.store.records import JobRecord
from ftwidgets.sandbox.training import dedup
from ftwidgets.sandbox.training.lifecycle import JobLifecycle
from ftwidgets.sandbox.training.workers import Workers
from tests.models.checkpoints import hugging_face_weights, write_folder

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


def same_jobs(client: openai.OpenAI, world: Any, number: int) -> list[Any]:
    """Start so many jobs that ask for the same."""
    file = world.upload(client, world.rows())
    make = client.fine_tuning.jobs.create
    return [make(model=world.base, training_file=file, hyperparameters=SETTINGS) for _ in range(number)]


@pytest.mark.parametrize("when", ["before the copies", "during the copies"])
def test_the_first_model_may_go_while_it_is_shared(
    tmp_path: Path, world: Any, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    """Deleted at the worst moment, the second job is trained by itself and ends in the same weights, whole."""
    with Sandbox(tmp_path, share=True) as sandbox, world.client(sandbox) as client:
        jobs = client.fine_tuning.jobs
        deleted: list[Any] = []

        def delete(step: str) -> None:
            if not deleted:
                first = jobs.list().data[-1]
                weights.append((tmp_path / "models" / f"{first.id}-{step}" / "model.safetensors").read_bytes())
                deleted.append(client.models.delete(str(first.fine_tuned_model)))

        weights: list[bytes] = []
        start, link = JobLifecycle.start, dedup.link_or_copy

        def start_and_delete(lifecycle: JobLifecycle, job: JobRecord, hyperparameters: Any) -> bool:
            started = start(lifecycle, job, hyperparameters)
            if when == "before the copies" and job.id == made[1].id:
                delete("step-8")
            return started

        def link_and_delete(source: str, target: str) -> None:
            link(source, target)
            if when == "during the copies" and "step-6" in source:
                delete("step-8")

        monkeypatch.setattr(JobLifecycle, "start", start_and_delete)
        monkeypatch.setattr(dedup, "link_or_copy", link_and_delete)
        made = same_jobs(client, world, 2)
        second = world.wait_for_end(client, made[1].id)
        assert deleted
        assert (second.status, second.error) == ("succeeded", None)
        assert (tmp_path / "models" / f"{second.id}-step-8" / "model.safetensors").read_bytes() == weights[0]
        assert {path.name for path in (tmp_path / "models").iterdir()} == {f"{second.id}-step-{step}" for step in (4, 6, 8)}
        for point in jobs.checkpoints.list(second.id):
            ask: Any = {"messages": [{"role": "user", "content": "hi"}], "max_tokens": 2}
            assert client.chat.completions.create(model=point.fine_tuned_model_checkpoint, **ask).choices
        steps = [event.data["step"] for event in jobs.list_events(second.id, limit=100) if event.type == "metrics"]  # type: ignore[index, call-overload]
        assert steps == list(range(8, 0, -1))


def test_what_is_shared_is_whole(tmp_path: Path, world: Any) -> None:
    """Where a checkpoint of the first has been deleted, the second is trained by itself and has all three."""
    with Sandbox(tmp_path, share=True) as sandbox, world.client(sandbox) as client:
        jobs = client.fine_tuning.jobs
        (first,) = same_jobs(client, world, 1)
        world.wait_for_end(client, first.id)
        client.models.delete(jobs.checkpoints.list(first.id).data[1].fine_tuned_model_checkpoint)
        (second,) = same_jobs(client, world, 1)
        assert world.wait_for_end(client, second.id).status == "succeeded"
        assert len(jobs.checkpoints.list(second.id).data) == 3


def test_sharing_is_said_once(tmp_path: Path, world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the second job is paused when all but its end has been shared."""
    with Sandbox(tmp_path, share=True) as sandbox, world.client(sandbox) as client:
        lifecycle, succeed = JobLifecycle(sandbox.store), JobLifecycle.succeed
        paused: list[bool] = []

        def succeed_or_rest(self: JobLifecycle, job: JobRecord, table: bytes) -> bool:
            if job.id == second.id and not paused:
                paused.append(self.pause(job))
            return succeed(self, job, table)

        monkeypatch.setattr(JobLifecycle, "succeed", succeed_or_rest)
        _, second = same_jobs(client, world, 2)
        world.wait_for(lambda: paused and lifecycle.status(second.id) == "paused")
        assert lifecycle.resume(lifecycle.get(second.id))  # type: ignore[arg-type]
        assert world.wait_for_end(client, second.id).status == "succeeded"
        said = [event.message for event in client.fine_tuning.jobs.list_events(second.id, limit=100)]
        assert said.count(dedup.SHARED) == 1
        assert len([message for message in said if message.startswith("Step ")]) == 8


def test_a_job_that_would_hold_up_all_others_is_refused(tmp_path: Path, world: Any) -> None:
    """Its tokens are counted when its files are checked; the sentence has the numbers. One that is small enough is trained."""
    with Sandbox(tmp_path, train=False) as sandbox, world.client(sandbox) as client:
        workers = Workers(tmp_path, 1, most_tokens=1000)
        try:
            jobs, file = client.fine_tuning.jobs, world.upload(client, world.rows())
            large, small = (
                jobs.create(model=world.base, training_file=file, hyperparameters={"n_epochs": n_epochs})
                for n_epochs in (50, 1)
            )
            over = world.wait_for_end(client, large.id)
            assert (over.status, over.error.code) == ("failed", "job_too_large")
            assert "in each of 50 epochs), and a job may train 1,000 here" in over.error.message
            assert world.wait_for_end(client, small.id).status == "succeeded"
        finally:
            workers.close()


def test_a_worker_trains_a_model_that_was_added(tmp_path: Path, world: Any) -> None:
    """It is told where added models are; without, the job would fail there."""
    folder = write_folder(tmp_path / "published", hugging_face_weights())
    models = tmp_path / "models"
    add(folder, name="tiny", folder=models)
    with Sandbox(tmp_path / "home", train=False, models=models) as sandbox, world.client(sandbox) as client:
        workers = Workers(tmp_path / "home", 1, models=models)
        try:
            file = world.upload(client, world.rows())
            job = client.fine_tuning.jobs.create(model="tiny", training_file=file, hyperparameters=SETTINGS)
            assert world.wait_for_end(client, job.id).status == "succeeded"
        finally:
            workers.close()
