"""A job outlives its notebook: the kernel is killed, and Jupyter Server's process ends the job in the same weights."""

import asyncio
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from safetensors.numpy import load_file

import ftwidgets
from ftwidgets.lab_server.abandoned import CHECK_SECONDS, has_unfinished_jobs, is_trained
from ftwidgets.lab_server.supervisor import LOOKS, Supervisor
from ftwidgets.process_lock import process_lock
from ftwidgets.sandbox import Sandbox

from .conftest import Serve

KERNEL = """
import sys, time
import ftwidgets
client = ftwidgets.connect(home=sys.argv[1])
job = ftwidgets.launch(client, sys.argv[2], model="nano-2026-11", n_epochs=6, seed=3)
print(job.id, flush=True)
time.sleep(600)
"""


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """Forty chats: some ten seconds of training."""
    chats = [
        {
            "messages": [
                {"role": "user", "content": f"Where is parcel {n}?"},
                {"role": "assistant", "content": f"Ahoy! On ship {n}."},
            ]
        }
        for n in range(40)
    ]
    return Path(ftwidgets.write_jsonl(chats, tmp_path / "rows.jsonl"))


@pytest.fixture
def kernel(tmp_path: Path, rows: Path) -> Iterator[subprocess.Popen[str]]:
    """A process like a notebook's kernel, which has launched a job in the state folder `home`."""
    command = [sys.executable, "-c", KERNEL, str(tmp_path / "home"), str(rows)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def weights(home: Path, job: str) -> dict[str, bytes]:
    """The weights of a finished job, as bytes."""
    with Sandbox(home, train=False) as sandbox:
        model = sandbox.client().fine_tuning.jobs.retrieve(job).fine_tuned_model
        assert model is not None
        folder = sandbox.export(model, home / "exported")
    return {name: array.tobytes() for name, array in load_file(folder / "model.safetensors").items()}


def test_a_killed_kernels_job_ends_in_the_same_weights(
    serve: Serve, kernel: subprocess.Popen[str], tmp_path: Path, rows: Path
) -> None:
    """While the kernel trains, nothing is started; killed in the middle, its job is gone on with and ends as if undisturbed."""
    home = tmp_path / "home"
    with serve(home) as running, Sandbox(home, train=False) as watching:
        jobs = watching.client().fine_tuning.jobs
        assert kernel.stdout is not None
        job = kernel.stdout.readline().strip()
        while len(jobs.list_events(job).data) < 7:
            time.sleep(0.02)
        assert running.child() is None
        assert jobs.retrieve(job).status == "running"
        kernel.send_signal(signal.SIGKILL)
        kernel.wait()
        running.wait_for_child()
        end = time.monotonic() + 120
        while (status := jobs.retrieve(job).status) in ("queued", "running"):
            assert time.monotonic() < end, status
            time.sleep(0.05)
        assert status == "succeeded"
    undisturbed = tmp_path / "undisturbed"
    with Sandbox(undisturbed) as sandbox:
        again = ftwidgets.launch(sandbox.client(), rows, model="nano-2026-11", n_epochs=6, seed=3).wait(120)
    assert weights(home, job) == weights(undisturbed, again.id)


def test_which_jobs_count(tmp_path: Path, rows: Path) -> None:
    """Queued and running ones, and those whose file has been checked for half a minute; none where there is no folder."""
    assert not has_unfinished_jobs(tmp_path / "nowhere")
    home = tmp_path / "home"
    with Sandbox(home, train=False) as sandbox:
        job = ftwidgets.launch(sandbox.client(), rows, model="nano-2026-11")
        created = job.details.created_at
        assert not has_unfinished_jobs(home, now=created + CHECK_SECONDS - 1)
        assert has_unfinished_jobs(home, now=created + CHECK_SECONDS + 1)
        job.cancel()
        assert not has_unfinished_jobs(home, now=created + CHECK_SECONDS + 1)
    (home / "sandbox.sqlite").write_text("not a database", encoding="utf-8")
    with pytest.raises(sqlite3.DatabaseError):
        sqlite3.connect(home / "sandbox.sqlite").execute("SELECT 1 FROM jobs")
    assert not has_unfinished_jobs(home)


def test_a_process_that_broke_down_is_started_by_a_request_alone(tmp_path: Path, rows: Path) -> None:
    """Its job may be what broke it: it is not started again and again, but a page that asks for something gets an answer."""
    home = tmp_path / "home"
    with Sandbox(home, train=False) as sandbox:
        job = ftwidgets.launch(sandbox.client(), rows, model="nano-2026-11", n_epochs=50)
        supervisor = Supervisor(home)

        async def break_down() -> None:
            await supervisor.address()
            while job.status != "running":
                await asyncio.sleep(0.05)
            (process,) = [one for one in psutil.Process().children() if str(home) in one.cmdline()]
            process.kill()
            while supervisor.is_running:
                await asyncio.sleep(0.05)
            for _ in range(2 * LOOKS):
                await supervisor.look()
            assert has_unfinished_jobs(home)
            assert not supervisor.is_running
            await supervisor.address()
            assert supervisor.is_running
            await supervisor.close()
            assert not supervisor.is_running

        asyncio.run(break_down())


def test_somebody_trains_while_the_lock_is_held(tmp_path: Path) -> None:
    """The lock that the training thread of any process holds."""
    assert not is_trained(tmp_path)
    with process_lock(tmp_path / "trainer-0.lock") as mine:
        assert mine
        assert is_trained(tmp_path)
    assert not is_trained(tmp_path)
