"""Training that outlives its process, and processes that share a state folder."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openai
import pytest

from ftwidgets.sandbox import Sandbox
from ftwidgets.sandbox.training.lifecycle import JobLifecycle

SETTINGS: Any = {"n_epochs": 12, "batch_size": 5}
SEED = 11

# A kernel of its own: opens the folder, perhaps starts a job, then looks on until it is killed.
KERNEL = """
import sys, time
from pathlib import Path
import httpx2, openai
from ftwidgets.sandbox import Sandbox
from ftwidgets.sandbox.training import recorder
recorder.SAVE_EVERY = recorder.SAVE_AT_EPOCH_AFTER = 0.2   # save often, so that there is something to go on from
sandbox = Sandbox(Path(sys.argv[1]))
client = openai.OpenAI(api_key="x", base_url=sandbox.base_url, http_client=httpx2.Client(transport=sandbox.transport()))
jobs = client.fine_tuning.jobs
if len(sys.argv) > 2:
    settings = {"n_epochs": 12, "batch_size": 5}
    job = jobs.create(model="nano-2026-11", training_file=sys.argv[2], validation_file=sys.argv[2], seed=11,
                      hyperparameters=settings)
else:
    job = jobs.list().data[0]
print(job.id, flush=True)
while True:
    jobs.retrieve(job.id)
    time.sleep(0.02)
"""


@contextmanager
def kernel(home: Path, *args: str) -> Iterator[tuple[int, str]]:
    """Run a kernel on a folder; gives its process id and the job it looks at; kills it hard at the end."""
    command = [sys.executable, "-c", KERNEL, str(home), *args]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.pid, process.stdout.readline().strip()
        finally:
            process.kill()


def steps(client: openai.OpenAI, job_id: str) -> list[dict[str, Any]]:
    """The metrics of a job, oldest first."""
    events: Any = client.fine_tuning.jobs.list_events(job_id, limit=100)
    return [event.data for event in reversed(list(events)) if event.type == "metrics"]


def weights(home: Path, job_id: str) -> bytes:
    """The file with the weights of a job's last checkpoint."""
    return (home / "models" / f"{job_id}-step-24" / "model.safetensors").read_bytes()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, world: Any) -> tuple[bytes, list[dict[str, Any]]]:
    """Give the weights and the metrics of the same job, run through in one go."""
    home = tmp_path_factory.mktemp("undisturbed")
    with Sandbox(home) as sandbox, world.client(sandbox) as client:
        file = world.upload(client, world.rows())
        job = client.fine_tuning.jobs.create(
            model=world.base, training_file=file, validation_file=file, seed=SEED, hyperparameters=SETTINGS
        )
        assert world.wait_for_end(client, job.id).status == "succeeded"
        return weights(home, job.id), steps(client, job.id)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Give a state folder."""
    return tmp_path / "home"


@pytest.fixture
def file(home: Path, world: Any) -> str:
    """Put a training file into that folder and give its id."""
    with Sandbox(home) as sandbox, world.client(sandbox) as client:
        return str(world.upload(client, world.rows()))


def test_a_job_goes_on_after_its_process_was_killed(
    home: Path, file: str, world: Any, undisturbed: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """It goes on from its checkpoint; weights and log are those of an undisturbed run, to the bit."""
    with kernel(home, file) as (_, job_id):
        resume = home / "jobs" / job_id / "resume.ckpt"
        world.wait_for(resume.exists)
    assert resume.exists(), "the job was over before it could be killed"
    caplog.set_level("INFO", "ftwidgets.sandbox")
    with Sandbox(home) as sandbox, world.client(sandbox) as client:
        assert world.wait_for_end(client, job_id).status == "succeeded"
        assert steps(client, job_id) == undisturbed[1]
    assert weights(home, job_id) == undisturbed[0]
    assert not resume.exists()
    assert any("goes on after step" in message for message in caplog.messages)


def test_a_job_goes_on_after_its_sandbox_was_closed(home: Path, file: str, world: Any, undisturbed: Any) -> None:
    """Closing keeps the place, soon; opening again needs no call to go on."""
    with Sandbox(home) as sandbox, world.client(sandbox) as client:
        job = client.fine_tuning.jobs.create(
            model=world.base, training_file=file, validation_file=file, seed=SEED, hyperparameters=SETTINGS
        )
        world.wait_for(lambda: steps(client, job.id))
        began = time.monotonic()
    assert time.monotonic() - began < 5
    assert (home / "jobs" / job.id / "resume.ckpt").exists()
    with Sandbox(home) as sandbox:
        folder = home / "models" / f"{job.id}-step-24"
        world.wait_for(folder.exists)
    with Sandbox(home) as sandbox, world.client(sandbox) as client:
        assert world.wait_for_end(client, job.id).status == "succeeded"
        assert steps(client, job.id) == undisturbed[1]
    assert weights(home, job.id) == undisturbed[0]


def test_a_damaged_checkpoint_means_starting_over(home: Path, file: str, world: Any, undisturbed: Any) -> None:
    """The job still ends as it should, and no step is in the log twice."""
    with Sandbox(home) as sandbox, world.client(sandbox) as client:
        job = client.fine_tuning.jobs.create(
            model=world.base, training_file=file, validation_file=file, seed=SEED, hyperparameters=SETTINGS
        )
        world.wait_for(lambda: steps(client, job.id))
    (home / "jobs" / job.id / "resume.ckpt").write_bytes(b"half a fi")
    with Sandbox(home) as sandbox, world.client(sandbox) as client:
        assert world.wait_for_end(client, job.id).status == "succeeded"
        assert steps(client, job.id) == undisturbed[1]
    assert weights(home, job.id) == undisturbed[0]


def test_two_kernels_share_a_folder(home: Path, file: str, world: Any, undisturbed: Any) -> None:
    """One trains, the other sees it live; when the first is killed, the second takes over by itself."""
    with Sandbox(home) as sandbox, world.client(sandbox) as client:
        with kernel(home, file) as (pid, job_id):
            world.wait_for(lambda: len(steps(client, job_id)) >= 2)
            os.kill(pid, signal.SIGSTOP)  # it holds still, and holds the lease
            seen = len(steps(client, job_id))
            assert client.fine_tuning.jobs.retrieve(job_id).status == "running"
            time.sleep(1.2)  # longer than the other waits between two tries
            assert len(steps(client, job_id)) == seen
        assert world.wait_for_end(client, job_id).status == "succeeded"
        assert steps(client, job_id) == undisturbed[1]
    assert weights(home, job_id) == undisturbed[0]


def test_a_job_can_be_cancelled_from_another_kernel(home: Path, file: str, world: Any) -> None:
    """Whoever trains it notices, and goes on with the next job."""
    with Sandbox(home) as sandbox, world.client(sandbox) as client, kernel(home, file) as (_, job_id):
        jobs = client.fine_tuning.jobs
        world.wait_for(lambda: steps(client, job_id))
        assert jobs.cancel(job_id).status == "cancelled"
        seen = steps(client, job_id)
        settings: Any = {"n_epochs": 1, "batch_size": 10}
        after = jobs.create(model=world.base, training_file=file, hyperparameters=settings)
        assert world.wait_for_end(client, after.id).status == "succeeded"
        assert steps(client, job_id) == seen
        assert jobs.retrieve(job_id).status == "cancelled"


def test_many_kernels_run_each_job_once(home: Path, file: str, world: Any) -> None:
    """Three sandboxes on one folder, five jobs: every job's log has each step once and one end."""
    settings: Any = {"n_epochs": 2, "batch_size": 5}
    sandboxes = [Sandbox(home) for _ in range(3)]
    clients = [world.client(sandbox) for sandbox in sandboxes]
    try:
        made = [
            clients[number % 3].fine_tuning.jobs.create(
                model=world.base, training_file=file, hyperparameters=settings, suffix=f"job-{number}"
            )
            for number in range(5)
        ]
        for number, job in enumerate(made):
            client = clients[(number + 1) % 3]
            assert world.wait_for_end(client, job.id).fine_tuned_model.startswith(f"ft:{world.base}:personal:job-{number}:")
            messages = [event.message.split(":")[0] for event in client.fine_tuning.jobs.list_events(job.id)]
            assert sorted(messages) == sorted(set(messages))
    finally:
        for sandbox, client in zip(sandboxes, clients, strict=True):
            client.close()
            sandbox.close()


def test_jobs_wait_their_turn(home: Path, file: str, world: Any) -> None:
    """A second job has its files checked at once and is queued while the first one trains."""
    with Sandbox(home) as sandbox, world.client(sandbox) as client:
        jobs = client.fine_tuning.jobs
        first = jobs.create(model=world.base, training_file=file, hyperparameters={"n_epochs": 50})
        world.wait_for(lambda: steps(client, first.id))
        second = jobs.create(model=world.base, training_file=file)
        world.wait_for(lambda: jobs.retrieve(second.id).status == "queued")
        assert jobs.retrieve(first.id).status == "running"
        assert jobs.retrieve(first.id).estimated_finish >= int(time.time())  # type: ignore[operator]
        for job in (second, first):
            jobs.cancel(job.id)


def test_a_base_that_was_deleted_fails_its_job(home: Path, file: str, world: Any) -> None:
    """A job that was to start from a tuned model which is gone by then says so."""
    settings: Any = {"n_epochs": 1, "batch_size": 10}
    with Sandbox(home) as sandbox, world.client(sandbox) as client:
        jobs = client.fine_tuning.jobs
        job = jobs.create(model=world.base, training_file=file, hyperparameters=settings)
        tuned = world.wait_for_end(client, job.id).fine_tuned_model
        long = jobs.create(model=world.base, training_file=file, hyperparameters={"n_epochs": 50})
        second = jobs.create(model=tuned, training_file=file, hyperparameters=settings)
        world.wait_for(lambda: jobs.retrieve(second.id).status == "queued")
        client.models.delete(tuned)
        jobs.cancel(long.id)
        over = world.wait_for_end(client, second.id)
        assert (over.status, over.error.code, over.error.param) == ("failed", "model_not_found", "model")


def test_a_base_may_be_deleted_while_a_job_trains_on_it(home: Path, file: str, world: Any) -> None:
    """The job has what it needs in memory, the tokenizer included, and its model stands on its own."""
    with Sandbox(home) as sandbox, world.client(sandbox) as client:
        jobs = client.fine_tuning.jobs
        job = jobs.create(model=world.base, training_file=file, hyperparameters={"n_epochs": 1, "batch_size": 10})
        tuned = world.wait_for_end(client, job.id).fine_tuned_model
        second = jobs.create(model=tuned, training_file=file, hyperparameters={"n_epochs": 10, "batch_size": 5})
        world.wait_for(lambda: steps(client, second.id))
        client.models.delete(tuned)
        over = world.wait_for_end(client, second.id)
        assert (over.status, over.error) == ("succeeded", None)
    with Sandbox(home) as sandbox, world.client(sandbox) as client:
        ask: Any = {"messages": [{"role": "user", "content": "hi"}], "max_tokens": 3}
        assert client.chat.completions.create(model=over.fine_tuned_model, **ask).choices


def test_reading_a_large_file_holds_nothing_up(home: Path, world: Any) -> None:
    """Neither a cancelled job nor a sandbox that closes waits until the last row has been looked at."""
    with Sandbox(home) as sandbox, world.client(sandbox) as client:
        jobs = client.fine_tuning.jobs
        large = world.upload(client, world.rows(60_000))
        first = jobs.create(model=world.base, training_file=large)
        small = jobs.create(model=world.base, training_file=world.upload(client, world.rows(3)))
        world.wait_for(lambda: sandbox._runner._catalog._kept)  # it has begun to count tokens
        began = time.monotonic()
        jobs.cancel(first.id)
        assert world.wait_for_end(client, small.id).status == "failed"  # it was its turn
        jobs.create(model=world.base, training_file=large)
    assert time.monotonic() - began < 3


def test_trouble_with_the_folder_is_told_now_and_then(
    home: Path, file: str, world: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A full disk is not reported twice a second; once there is room the job goes on."""
    with Sandbox(home) as sandbox, world.client(sandbox) as client:
        with monkeypatch.context() as patch:

            def full(*args: object) -> bool:
                raise sqlite3.OperationalError("database or disk is full")

            patch.setattr(JobLifecycle, "start", full)
            patch.setattr(JobLifecycle, "fail", full)
            job = client.fine_tuning.jobs.create(
                model=world.base, training_file=file, hyperparameters={"n_epochs": 1, "batch_size": 10}
            )
            looking: Any = client.fine_tuning.jobs.retrieve  # as whoever waits for a job does
            world.wait_for(lambda: looking(job.id) and "tries again in 1 s" in caplog.text)
        assert world.wait_for_end(client, job.id).status == "succeeded"
    told = [message for message in caplog.messages if "tries again" in message]
    assert [message.split("again")[1] for message in told] == [" in 0.5 s.", " in 1 s."]


def test_what_goes_wrong_inside_is_in_the_jobs_error(
    home: Path, file: str, world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service's sentence, and the cause behind it."""

    def broken(*args: object) -> None:
        raise ZeroDivisionError("in the middle of it")

    monkeypatch.setattr("ftwidgets.engine.Model.save", broken)
    with Sandbox(home) as sandbox, world.client(sandbox) as client:
        job = client.fine_tuning.jobs.create(
            model=world.base, training_file=file, hyperparameters={"n_epochs": 1, "batch_size": 10}
        )
        error = world.wait_for_end(client, job.id).error
    assert error.code == "server_error"
    assert error.message.startswith("The job failed due to an internal error")
    assert "in the middle of it" in error.message


def test_a_job_that_runs_goes_before_one_that_waits(home: Path, file: str, world: Any) -> None:
    """Taken up again, it is finished first, though the other was made before it."""
    with Sandbox(home) as sandbox, world.client(sandbox) as client:
        create = client.fine_tuning.jobs.create
        older, newer = (
            create(model=world.base, training_file=file, hyperparameters={"n_epochs": 50, "batch_size": 1}) for _ in "ab"
        )
        world.wait_for(lambda: steps(client, older.id))
    with sqlite3.connect(home / "sandbox.sqlite") as other:  # as two processes may leave it
        other.execute("UPDATE jobs SET status = 'queued' WHERE id = ?", (older.id,))
        other.execute("UPDATE jobs SET status = 'running' WHERE id = ?", (newer.id,))
    other.close()
    with Sandbox(home) as sandbox, world.client(sandbox) as client:
        world.wait_for(lambda: steps(client, newer.id))
        assert client.fine_tuning.jobs.retrieve(older.id).status == "queued"


def test_training_leaves_the_api_responsive(home: Path, file: str, world: Any) -> None:
    """While a job trains, looking at it takes a moment, not a step's time."""
    with Sandbox(home) as sandbox, world.client(sandbox) as client:
        jobs = client.fine_tuning.jobs
        job = jobs.create(model=world.base, training_file=file, hyperparameters={"n_epochs": 50, "batch_size": 10})
        world.wait_for(lambda: steps(client, job.id))
        times = []
        for _ in range(20):
            began = time.perf_counter()
            jobs.retrieve(job.id)
            times.append(time.perf_counter() - began)
        assert sorted(times)[10] < 0.1
        jobs.cancel(job.id)


def test_a_slow_client_times_out_alone(home: Path, world: Any) -> None:
    """A question that is given up on stops; the sandbox goes on for others."""
    ask: Any = {"model": world.base, "messages": [{"role": "user", "content": "hi"}]}
    with Sandbox(home) as sandbox, sandbox.client(max_retries=0) as client:
        client.chat.completions.create(**ask, max_tokens=1)  # the model is loaded
        began = time.monotonic()
        with pytest.raises(openai.APITimeoutError):
            client.chat.completions.create(**ask, n=128, temperature=2, timeout=0.3)
        assert time.monotonic() - began < 3
        assert client.chat.completions.create(**ask, max_tokens=1).choices
