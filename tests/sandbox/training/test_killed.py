"""Nothing is lost when the process is killed: at any moment, and just before and just after every transaction."""

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from safetensors import SafetensorError
from safetensors.numpy import load_file

from ftwidgets.sandbox import Sandbox

pytestmark = pytest.mark.slow

# A process with one job, from upload to success. It kills itself, hard, before or after its n-th commit, or is killed from
# outside.
KERNEL = """
import os, signal, sys, time
from pathlib import Path
import httpx2, openai
from ftwidgets.sandbox import Sandbox
from ftwidgets.sandbox.store import database
from ftwidgets.sandbox.training import recorder
recorder.SAVE_EVERY = recorder.SAVE_AT_EPOCH_AFTER = 0.0  # save after every step that is committed
recorder.COMMIT_EVERY = 0.0
home, rows, epochs, when, number = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4], int(sys.argv[5])

class Deadly:
    "A connection that counts its commits."
    def __init__(self, connection):
        self.connection, self.commits = connection, 0
    def __getattr__(self, name):
        return getattr(self.connection, name)
    def execute(self, sql, *args):
        if sql != "COMMIT":
            return self.connection.execute(sql, *args)
        self.commits += 1
        if (when, self.commits) == ("before", number):
            os.kill(os.getpid(), signal.SIGKILL)
        result = self.connection.execute(sql)
        if (when, self.commits) == ("after", number):
            os.kill(os.getpid(), signal.SIGKILL)
        return result

sandbox = Sandbox(home)
sandbox.store.db._connection = deadly = Deadly(sandbox.store.db._connection)
client = openai.OpenAI(api_key="x", base_url=sandbox.base_url, http_client=httpx2.Client(transport=sandbox.transport()))
print("open", flush=True)
file = client.files.create(file=rows, purpose="fine-tune").id
jobs = client.fine_tuning.jobs
job = jobs.create(model="nano-2026-11", training_file=file, seed=11, hyperparameters={"n_epochs": epochs, "batch_size": 5})
while jobs.retrieve(job.id).status not in ("succeeded", "failed"):
    time.sleep(0.01)
print(deadly.commits, flush=True)
"""


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory, world: Any) -> Path:
    """Write a training file."""
    import json

    path = tmp_path_factory.mktemp("rows") / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in world.rows()), encoding="utf-8")
    return path


def run(home: Path, rows: Path, epochs: int, when: str = "never", number: int = 0) -> subprocess.Popen[str]:
    """Start a kernel and wait until its sandbox is open."""
    command = [sys.executable, "-c", KERNEL, str(home), str(rows), str(epochs), when, str(number)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "open\n"
    return process


def finish(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Wait for a kernel; give its return code and what it said."""
    said, _ = process.communicate(timeout=120)
    return process.returncode, said.strip()


def check_whole(home: Path, rows: Path) -> None:
    """Every file and every model folder is whole, at any time; `.`-folders and `.part` files are not there by name."""
    for path in (home / "files").iterdir():
        if path.suffix != ".part":
            assert path.read_bytes() == rows.read_bytes() or path.read_bytes()[:4] == b"c3Rl"  # "ste" in base64: a result file
    for folder in (home / "models").iterdir() if (home / "models").exists() else []:
        if not folder.name.startswith("."):
            try:
                assert load_file(folder / "model.safetensors")
            except SafetensorError as error:
                raise AssertionError(f"{folder.name} is half a model") from error


def outcome(home: Path, world: Any) -> tuple[bytes, list[Any], int]:
    """Open the folder again and see the job through: its weights, its metrics, and how many files there are."""
    with Sandbox(home) as sandbox, world.client(sandbox) as client:
        jobs = client.fine_tuning.jobs
        for job in jobs.list():
            assert world.wait_for_end(client, job.id).status == "succeeded"
        (job,) = jobs.list().data
        (result,) = job.result_files
        assert client.files.content(result).read()
        events = [event.data for event in jobs.list_events(job.id, limit=100) if event.type == "metrics"]
        name = jobs.retrieve(job.id).fine_tuned_model
        assert client.chat.completions.create(model=name, messages=[{"role": "user", "content": "hi"}], max_tokens=2).choices
        (folder,) = (home / "models").glob(f"{job.id}-step-{max(event['step'] for event in events)}")
        return (folder / "model.safetensors").read_bytes(), events[::-1], len(client.files.list().data)


@pytest.fixture(scope="module")
def never_killed(tmp_path_factory: pytest.TempPathFactory, rows: Path, world: Any) -> dict[int, Any]:
    """What comes of the job when nothing happens, by its number of epochs; and how many commits it takes."""
    found: dict[int, Any] = {}
    for epochs in (2, 10):
        home = tmp_path_factory.mktemp("never")
        code, commits = finish(run(home, rows, epochs))
        assert code == 0
        found[epochs] = (*outcome(home, world), int(commits))
    return found


def test_at_every_commit(tmp_path: Path, rows: Path, world: Any, never_killed: dict[int, Any], tally: list[str]) -> None:
    """Killed before or after any commit of a job's life, it ends in the same weights, metrics and number of files."""
    *expected, commits = never_killed[2]
    tried = 0
    for number in range(1, commits + 1):
        for when in ("before", "after"):
            home = tmp_path / f"{when}-{number}"
            code, _ = finish(run(home, rows, 2, when, number))
            if code == 0:
                continue  # the number of commits depends a little on how the threads take turns
            assert code == -signal.SIGKILL
            check_whole(home, rows)
            with Sandbox(home) as sandbox, world.client(sandbox) as client:
                made = bool(client.fine_tuning.jobs.list().data)
            if made:
                assert outcome(home, world) == tuple(expected), f"{when} commit {number}"
            tried += 1
    tally.append(f"killed at {tried} of {2 * commits} places beside a commit: {tried} ended as never killed")
    assert tried >= 12


def test_at_twenty_random_moments(
    tmp_path: Path, rows: Path, world: Any, never_killed: dict[int, Any], tally: list[str]
) -> None:
    """Killed from outside at any moment of its life, it ends in the same weights, metrics and number of files."""
    *expected, _ = never_killed[10]
    chance, lengths = random.Random(5), []
    for number in range(20):
        home = tmp_path / str(number)
        process = run(home, rows, 10)
        wait = chance.uniform(0, 1.5)
        time.sleep(wait)
        process.kill()
        process.communicate()
        check_whole(home, rows)
        with Sandbox(home) as sandbox, world.client(sandbox) as client:
            made = [job.status for job in client.fine_tuning.jobs.list().data]
        if made:
            assert outcome(home, world) == tuple(expected), f"after {wait:.2f} s"
        lengths.append((wait, made))
    found = Counter(made[0] if made else "not made yet" for _, made in lengths)
    tally.append(f"killed at 20 random moments, the job then: {dict(found)}: all ended as never killed")
    assert sum(bool(made) for _, made in lengths) >= 10


def test_two_kernels_one_killed(tmp_path: Path, rows: Path, world: Any, never_killed: dict[int, Any]) -> None:
    """Two processes on one folder: the other goes on at once when the one that trains is killed."""
    *expected, _ = never_killed[10]
    process = run(tmp_path, rows, 10)
    with Sandbox(tmp_path) as sandbox, world.client(sandbox) as client:
        jobs = client.fine_tuning.jobs
        job = world.wait_for(lambda: jobs.list().data and jobs.list().data[0])
        world.wait_for(lambda: jobs.list_events(job.id, limit=1).data[0].type == "metrics")
        assert jobs.retrieve(job.id).status == "running"
        process.kill()
        process.communicate()
        assert world.wait_for_end(client, job.id).status == "succeeded"
    assert outcome(tmp_path, world) == tuple(expected)
