"""Jobs that rest and go on."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import openai
import pytest

from ftwidgets.sandbox import Sandbox
from ftwidgets.sandbox.store.records import EventRecord
from ftwidgets.sandbox.training.lifecycle import JobLifecycle


@pytest.fixture
def lenient(sandbox: Sandbox) -> Iterator[openai.OpenAI]:
    """Make a client that takes "paused", a status which the client's types lack."""
    with sandbox.client(max_retries=0) as made:
        yield made


def metrics(client: openai.OpenAI, job_id: str) -> list[Any]:
    """The metrics of a job, oldest first."""
    events = client.fine_tuning.jobs.list_events(job_id, limit=100)
    return [event.data for event in events if event.type == "metrics"][::-1]


def test_a_paused_job_goes_on_where_it_was(lenient: openai.OpenAI, world: Any) -> None:
    """It rests until it is resumed, and ends in the metrics of a job that never rested."""
    jobs, file = lenient.fine_tuning.jobs, world.upload(lenient, world.rows())
    settings: Any = {"n_epochs": 12, "batch_size": 5}
    made = [
        jobs.create(model=world.base, training_file=file, seed=3, hyperparameters=settings, suffix=suffix) for suffix in "ab"
    ]
    world.wait_for(lambda: metrics(lenient, made[0].id))
    assert jobs.pause(made[0].id).status == "paused"
    assert world.wait_for_end(lenient, made[1].id).status == "succeeded"  # its place was free
    rested = metrics(lenient, made[0].id)
    assert 0 < len(rested) < 24
    assert jobs.retrieve(made[0].id).status == "paused"
    assert jobs.resume(made[0].id).status == "queued"
    assert world.wait_for_end(lenient, made[0].id).status == "succeeded"
    assert metrics(lenient, made[0].id) == metrics(lenient, made[1].id)
    messages = [event.message for event in jobs.list_events(made[0].id, limit=100)]
    assert messages.count("Fine-tuning job paused") == messages.count("Fine-tuning job resumed") == 1
    assert messages.count("Fine-tuning job started") == 1


def test_what_waits_can_rest_too_and_outlives_a_restart(tmp_path: Path, world: Any) -> None:
    """A queued job that is paused stays so when the sandbox is opened again; it is trained once resumed."""
    settings: Any = {"n_epochs": 1, "batch_size": 10}
    with Sandbox(tmp_path) as sandbox, sandbox.client() as client:
        jobs, file = client.fine_tuning.jobs, world.upload(client, world.rows())
        long = jobs.create(model=world.base, training_file=file, hyperparameters={"n_epochs": 50})
        job = jobs.create(model=world.base, training_file=file, hyperparameters=settings)
        world.wait_for(lambda: jobs.retrieve(job.id).status == "queued")
        assert jobs.pause(job.id).status == "paused"
        jobs.cancel(long.id)
    with Sandbox(tmp_path) as sandbox, sandbox.client() as client:
        jobs = client.fine_tuning.jobs
        assert jobs.retrieve(job.id).status == "paused"
        jobs.resume(job.id)
        assert world.wait_for_end(client, job.id).status == "succeeded"


def test_only_what_goes_on_can_rest(lenient: openai.OpenAI, world: Any) -> None:
    """A job that is over cannot be paused, one that does not rest cannot be resumed, one that rests can be cancelled."""
    jobs, file = lenient.fine_tuning.jobs, world.upload(lenient, world.rows())
    job = jobs.create(model=world.base, training_file=file, hyperparameters={"n_epochs": 50})
    with pytest.raises(
        openai.BadRequestError, match=r"cannot be resumed: it is (validating_files|queued|running)\."
    ) as refusal:
        jobs.resume(job.id)
    assert refusal.value.code == "invalid_job_status"
    jobs.pause(job.id)
    with pytest.raises(openai.BadRequestError, match="cannot be paused: it is paused") as refusal:
        jobs.pause(job.id)
    assert refusal.value.code == "invalid_job_status"
    assert jobs.cancel(job.id).status == "cancelled"
    for move in (jobs.pause, jobs.resume):
        with pytest.raises(openai.BadRequestError, match="it is cancelled already") as refusal:
            move(job.id)
        assert refusal.value.code == "job_already_finished"
    with pytest.raises(openai.NotFoundError):
        jobs.pause("ftjob-none")


def test_a_job_paused_at_the_end_of_an_epoch_keeps_its_checkpoint(
    lenient: openai.OpenAI, world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes on behind that step, and lists the checkpoints of all three epochs."""
    record_steps = JobLifecycle.record_steps

    def pausing(lifecycle: JobLifecycle, job_id: str, events: Sequence[EventRecord], estimated_finish: int | None) -> bool:
        job = lifecycle.get(job_id)
        if job is not None and events and events[-1].step == 2 and job.status == "running":
            lifecycle.pause(job)
        return record_steps(lifecycle, job_id, events, estimated_finish)

    monkeypatch.setattr(JobLifecycle, "record_steps", pausing)
    jobs, settings = lenient.fine_tuning.jobs, {"n_epochs": 3, "batch_size": 10}
    job = jobs.create(model=world.base, training_file=world.upload(lenient, world.rows()), hyperparameters=settings)  # type: ignore[arg-type]
    world.wait_for(lambda: jobs.retrieve(job.id).status == "paused")
    jobs.resume(job.id)
    assert world.wait_for_end(lenient, job.id).status == "succeeded"
    assert [point.step_number for point in jobs.checkpoints.list(job.id)] == [3, 2, 1]
    assert [data["step"] for data in metrics(lenient, job.id)] == [1, 2, 3]


def test_a_paused_job_that_is_cancelled_leaves_nothing(lenient: openai.OpenAI, world: Any, tmp_path: Path) -> None:
    """Neither its working files nor the models of its last epochs stay on the disk."""
    jobs, settings = lenient.fine_tuning.jobs, {"n_epochs": 3, "batch_size": 1}
    file = world.upload(lenient, world.rows())
    job = jobs.create(model=world.base, training_file=file, hyperparameters=settings)  # type: ignore[arg-type]
    models = tmp_path / "sandbox" / "models"
    world.wait_for(lambda: any(folder.name.startswith("ftjob") for folder in models.iterdir()))
    jobs.pause(job.id)
    world.wait_for(lambda: (tmp_path / "sandbox" / "jobs" / job.id / "resume.ckpt").exists())
    assert jobs.cancel(job.id).status == "cancelled"
    world.wait_for(lambda: not list(models.iterdir()))
    world.wait_for(lambda: not list((tmp_path / "sandbox" / "jobs").iterdir()))
