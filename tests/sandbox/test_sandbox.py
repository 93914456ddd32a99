"""The sandbox as a whole: opening, closing, what is left behind."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from ftwidgets.errors import FtwidgetsError
from ftwidgets.sandbox import Sandbox

OPEN = """
import sys, time
from pathlib import Path
began = time.process_time()
import ftwidgets, httpx2, openai  # a sandbox is used through openai, so its import is the reference on this machine
imported = time.process_time()
from ftwidgets.sandbox import Sandbox
sandbox = Sandbox(Path(sys.argv[1]))
took = (time.process_time() - imported) / (imported - began)
http = httpx2.Client(transport=sandbox.transport(), headers={"Authorization": "Bearer x"})
assert http.get(sandbox.base_url + "/models").status_code == 200
heavy = {"numpy", "tokenizers", "ftwidgets.engine"} & set(sys.modules)
print(took, sorted(heavy))
"""

FORGET = """
import sys, time
from pathlib import Path
import httpx2, openai
from ftwidgets.sandbox import Sandbox
sandbox = Sandbox(Path(sys.argv[1]))
client = openai.OpenAI(api_key="x", base_url=sandbox.base_url, http_client=httpx2.Client(transport=sandbox.transport()))
jobs = client.fine_tuning.jobs
job = jobs.create(model="nano-2026-11", training_file=sys.argv[2], hyperparameters={"n_epochs": 50})
while jobs.list_events(job.id).data[0].type != "metrics":
    time.sleep(0.02)
print(job.id)
"""


def test_opening_is_quick_and_loads_no_engine(tmp_path: Path) -> None:
    """Looking at the models needs neither NumPy nor the engine; opening takes 0.6 of the time of importing `openai`."""
    runs = []
    for _ in range(3):
        done = subprocess.run([sys.executable, "-c", OPEN, str(tmp_path)], capture_output=True, text=True, check=True)
        took, heavy = done.stdout.split(" ", 1)
        assert heavy.strip() == "[]"
        runs.append(float(took))
    assert min(runs) < 0.6, runs


def test_a_script_that_forgets_to_close_ends_all_the_same(tmp_path: Path, world: Any) -> None:
    """It ends soon and in order, in the middle of a job, which keeps its place."""
    with Sandbox(tmp_path) as sandbox, world.client(sandbox) as client:
        file = world.upload(client, world.rows())
    done = subprocess.run([sys.executable, "-c", FORGET, str(tmp_path), file], capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "jobs" / done.stdout.strip() / "resume.ckpt").exists()


def test_closing_twice_and_using_a_closed_sandbox(tmp_path: Path, world: Any) -> None:
    """A second close does nothing; a request afterwards is a failed connection, with the reason."""
    sandbox = Sandbox(tmp_path)
    with world.client(sandbox, max_retries=0) as client:
        client.models.list()
        sandbox.close()
        sandbox.close()
        with pytest.raises(openai.APIConnectionError) as caught:
            client.models.list()
    assert "closed" in str(caught.value.__cause__)


def test_middleware_that_is_handed_in_knows_the_caller_and_reads_the_body_first(tmp_path: Path) -> None:
    """It stands behind the check of the key: it never sees a request without one, and what it answers has the usual headers."""
    seen: list[tuple[str, bytes]] = []

    class Spy:
        def __init__(self, app: ASGIApp, name: str) -> None:
            self.app, self.name = app, name

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            seen.append((self.name + scope["caller"].owner, (await receive())["body"]))
            await PlainTextResponse("mine")(scope, receive, send)

    with (
        Sandbox(tmp_path, middleware=[Middleware(Spy, name="spy")]) as sandbox,
        httpx2.Client(transport=sandbox.transport(), base_url=sandbox.base_url) as http,
    ):
        assert http.post("/files", content=b"x").status_code == 401
        assert seen == []
        answer = http.post("/files", content=b"x", headers={"Authorization": "Bearer any"})
    assert (answer.text, seen) == ("mine", [("spy", b"x")])
    assert "x-request-id" in answer.headers


def test_a_sandbox_leaves_no_thread_behind(tmp_path: Path, world: Any) -> None:
    """Neither the trainer's nor the loop's."""
    before = threading.active_count()
    with Sandbox(tmp_path) as sandbox, world.client(sandbox) as client:
        file = world.upload(client, world.rows())
        client.fine_tuning.jobs.create(model=world.base, training_file=file)
    world.wait_for(lambda: threading.active_count() <= before)


def test_everything_is_there_after_a_restart(tmp_path: Path, world: Any) -> None:
    """Files, jobs, events."""
    with Sandbox(tmp_path) as sandbox, world.client(sandbox) as client:
        file = world.upload(client, world.rows(3))
        job = client.fine_tuning.jobs.create(model=world.base, training_file=file)
        over = world.wait_for_end(client, job.id)
        events = client.fine_tuning.jobs.list_events(job.id).data
    with Sandbox(tmp_path) as sandbox, world.client(sandbox) as client:
        assert client.files.retrieve(file).id == file
        assert client.fine_tuning.jobs.retrieve(job.id) == over
        assert client.fine_tuning.jobs.list_events(job.id).data == events


def test_leftovers_are_swept_and_the_rest_is_kept(tmp_path: Path, world: Any) -> None:
    """What a killed process left half done goes after an hour; what is wanted stays however old it is."""
    with Sandbox(tmp_path) as sandbox, world.client(sandbox) as client:
        file = world.upload(client, world.rows())
        settings = {"n_epochs": 1, "batch_size": 10}
        job = client.fine_tuning.jobs.create(model=world.base, training_file=file, hyperparameters=settings)
        tuned = world.wait_for_end(client, job.id).fine_tuned_model
    old = time.time() - 7200
    leftovers = [tmp_path / "files" / "file-x.part", tmp_path / "models" / ".aside", tmp_path / "jobs" / "ftjob-gone"]
    fresh = tmp_path / "files" / "file-y.part"
    for path in leftovers[1:]:
        path.mkdir()
    for path in (leftovers[0], fresh):
        path.write_bytes(b"x")
    for path in [*leftovers, *tmp_path.glob("files/file-*"), *tmp_path.glob("models/*")]:
        if path != fresh:
            os.utime(path, (old, old))
    with Sandbox(tmp_path) as sandbox, world.client(sandbox) as client:
        assert not any(path.exists() for path in leftovers)
        assert fresh.exists()
        assert client.files.content(file).read()
        assert client.chat.completions.create(model=tuned, messages=[{"role": "user", "content": "hi"}]).choices


def test_a_full_disk_is_a_clear_error_and_leaves_no_halves(tmp_path: Path, world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither of a file nor of a job: they would keep the disk full."""

    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    with Sandbox(tmp_path) as sandbox, world.client(sandbox) as client:
        file = world.upload(client, world.rows())
        monkeypatch.setattr("os.fsync", full)
        with pytest.raises(openai.InternalServerError, match=r"No space left on device.*Make room"):
            world.upload(client, world.rows())
        monkeypatch.setattr("shutil.copyfile", full)
        with pytest.raises(openai.InternalServerError, match=r"No space left on device.*Make room"):
            client.fine_tuning.jobs.create(model=world.base, training_file=file)
    assert [path.name for path in (tmp_path / "files").iterdir()] == [file]
    assert list((tmp_path / "jobs").iterdir()) == []


def test_a_leftover_that_cannot_be_removed_is_let_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a folder that several people share, it may be somebody else's."""
    with Sandbox(tmp_path):
        pass
    leftover = tmp_path / "models" / ".aside"
    leftover.mkdir()
    os.utime(leftover, (0, 0))

    def refuse(path: Path) -> None:
        raise PermissionError(path)

    monkeypatch.setattr("shutil.rmtree", refuse)
    with Sandbox(tmp_path):
        assert leftover.exists()


def test_a_sandbox_that_cannot_be_opened_leaves_nothing_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even the database: its files beside it go when it is closed."""

    def fail(*args: object) -> None:
        raise OSError("no")

    monkeypatch.setattr("ftwidgets.sandbox.store.store.Blobs.sweep", fail)
    with pytest.raises(FtwidgetsError, match=r"cannot keep its state in .* \(no\)"):
        Sandbox(tmp_path)
    assert not (tmp_path / "sandbox.sqlite-wal").exists()


def test_the_app_needs_no_transport_of_ours(tmp_path: Path) -> None:
    """Any ASGI server can serve it; httpx2's own ASGI transport stands for one."""
    import asyncio

    async def main(sandbox: Sandbox) -> int:
        transport = httpx2.ASGITransport(app=sandbox.app)
        async with httpx2.AsyncClient(transport=transport, headers={"Authorization": "Bearer x"}) as http:
            return (await http.get("http://localhost/v1/models")).status_code

    with Sandbox(tmp_path) as sandbox:
        assert asyncio.run(main(sandbox)) == 200
