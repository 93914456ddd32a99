"""State folders that are damaged, full or not to be written to."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import openai
import pytest

from ftwidgets.sandbox import Sandbox

SETTINGS: Any = {"n_epochs": 1, "batch_size": 10}


def content(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("how", ["no database", "empty pages", "cut off", "one page overwritten"])
def test_damaged_records_are_kept_aside(tmp_path: Path, world: Any, how: str, caplog: pytest.LogCaptureFixture) -> None:
    """All that was there is there still, byte for byte, in a folder of its own; the sandbox says so and begins anew."""
    home = tmp_path / "home"
    with Sandbox(home) as sandbox, world.client(sandbox) as client:
        file = world.upload(client, world.rows())
        for number in range(60):  # some pages of records
            client.files.create(file=(f"{number}.txt" * 20, b"x"), purpose="user_data")
        job = client.fine_tuning.jobs.create(model=world.base, training_file=file, hyperparameters=SETTINGS)
        world.wait_for_end(client, job.id)
    path = home / "sandbox.sqlite"
    whole = path.read_bytes()
    damaged = {
        "no database": b"This is a letter. " * 500,
        "empty pages": whole[:4096] + bytes(len(whole) - 4096),
        "cut off": whole[: len(whole) // 2],
        "one page overwritten": whole[:8192] + os.urandom(4096) + whole[12288:],
    }[how]
    path.write_bytes(damaged)
    before = content(home)
    with Sandbox(home) as sandbox, world.client(sandbox) as client:
        assert client.files.list().data == []
        world.upload(client, world.rows())
    (aside,) = home.glob("damaged-*")
    assert "cannot be read" in caplog.text
    assert str(aside) in caplog.text
    kept = content(aside)
    assert kept["sandbox.sqlite"] == damaged
    assert kept == {name: before[name] for name in before if not name.startswith("trainer-")}
    with Sandbox(home), Sandbox(home):  # and that is that
        assert list(home.glob("damaged-*")) == [aside]


FULL = """
import resource, signal, sys, time
from pathlib import Path
import httpx2, openai, json
from ftwidgets.sandbox import Sandbox
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a file that grows beyond the limit is an OSError, as on a full disk
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
with Sandbox(Path(sys.argv[1])) as sandbox:
    http = httpx2.Client(transport=sandbox.transport())
    client = openai.OpenAI(api_key="x", base_url=sandbox.base_url, http_client=http, max_retries=0)
    row = {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}
    file = client.files.create(file=("a.jsonl", (json.dumps(row) + "\\n").encode() * 10), purpose="fine-tune").id
    jobs = client.fine_tuning.jobs
    job = jobs.create(model="nano-2026-11", training_file=file, hyperparameters={"n_epochs": 1, "batch_size": 10})
    while (now := jobs.retrieve(job.id)).status not in ("succeeded", "failed", "paused"):
        time.sleep(0.02)
    why = [event.message for event in jobs.list_events(job.id) if event.level == "error"]
    try:
        client.files.create(file=("large.txt", b"x" * 3_000_000), purpose="user_data")
        refused = None
    except openai.InternalServerError as error:
        refused = error.body["message"]
    said = client.chat.completions.create(model="nano-2026-11", messages=[{"role": "user", "content": "hi"}], max_tokens=2)
    print(json.dumps([now.status, why, job.id, refused, bool(said.choices),
                      [file.filename for file in client.files.list()]]))
"""


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="this system cannot limit the size of files")
def test_no_room_for_the_model_stops_the_job_alone(tmp_path: Path, world: Any) -> None:
    """It is paused and says why; uploads that fit, chat and lists go on; what does not fit is an error and leaves no half."""
    command = [sys.executable, "-c", FULL, str(tmp_path), str(2_000_000)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    status, (why,), id_, refused, said, names = json.loads(done.stdout)
    assert status == "paused"
    assert "File too large" in why
    assert "File too large" in refused
    assert "Make room" in refused
    assert said
    assert names == ["a.jsonl"]
    assert list((tmp_path / "models").iterdir()) == []
    with Sandbox(tmp_path) as sandbox, world.client(sandbox) as client:  # there is room again
        client.fine_tuning.jobs.resume(id_)
        assert world.wait_for_end(client, id_).status == "succeeded"


READ_ONLY = """
import os, sys
import ftwidgets
ftwidgets.connect(home=sys.argv[2]).models.list()  # all is imported, which another user may not be able to
if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
try:
    ftwidgets.connect(home=sys.argv[1])
except ftwidgets.FtwidgetsError as error:
    print(error)
"""


@pytest.mark.skipif(not hasattr(os, "setuid"), reason="this system has no users to change to")
def test_a_folder_that_cannot_be_written_to_is_said(tmp_path: Path, world: Any) -> None:
    """One sentence: which folder, why, and what to do; nothing in it is touched."""
    home = tmp_path / "home"
    with Sandbox(home) as sandbox, world.client(sandbox) as client:
        world.upload(client, world.rows())
    for folder in (*tmp_path.parents, tmp_path):
        if os.access(folder, os.W_OK) and str(folder).startswith(str(tmp_path.parents[1])):
            folder.chmod(0o755)
    for path in (home, *home.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    before = content(home)
    done = subprocess.run(
        [sys.executable, "-c", READ_ONLY, str(home), str(tmp_path / "other")],
        capture_output=True,
        text=True,
        timeout=60,
    )
    for path in (home, *home.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    assert done.returncode == 0, done.stderr
    assert "cannot keep its state" in done.stdout
    assert "Name a folder you can write to" in done.stdout
    assert content(home) == before


def test_a_folder_that_goes_away_is_an_error_in_the_envelope(tmp_path: Path, world: Any) -> None:
    """While the sandbox is open: each request says it, nothing hangs, and closing works."""
    import shutil

    home = tmp_path / "home"
    with Sandbox(home) as sandbox, world.client(sandbox, max_retries=0) as client:
        world.upload(client, world.rows())
        shutil.rmtree(home)
        with pytest.raises(openai.InternalServerError, match="state folder"):
            world.upload(client, world.rows())
