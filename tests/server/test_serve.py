"""`ftwidgets serve` as people run it: what it prints, what it refuses, a job through its workers, how it stops."""

import importlib.util
import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import openai
import psutil
import pytest

import ftwidgets
from ftwidgets.cli.main import main
from ftwidgets.cli.serve import is_loopback

from .conftest import LINES

BASE = "nano-2026-11"
STEPS = {"n_epochs": 3, "batch_size": 1}  # 30 steps, about a second
SECRET = "a-word-that-only-the-student-knows"


@dataclass
class Server:
    """A server in a process of its own."""

    process: subprocess.Popen[str]
    output: str
    log: Path

    @property
    def address(self) -> str:
        """Where it is."""
        return self.find(r"Base URL: +(\S+)/v1")

    def find(self, pattern: str) -> str:
        """Find something in what it has output."""
        found = re.search(pattern, self.output)
        assert found, self.output
        return found[1]

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Ask it to stop and give its exit code."""
        self.process.send_signal(number)
        return self.process.wait(60)


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[Server]:
    """Run `ftwidgets serve` until it says that it serves."""
    log = folder / "server.log"
    command = [sys.executable, "-m", "ftwidgets", "serve", "--port", "0", "--workers", "1", "--home", str(folder / "home")]
    with log.open("a") as errors:
        process = subprocess.Popen([*command, *options], stdout=subprocess.PIPE, stderr=errors, text=True)
    assert process.stdout is not None
    output = ""
    try:
        while "Ctrl-C" not in output:
            line = process.stdout.readline()
            assert line, output + log.read_text()
            output += line
        yield Server(process, output, log)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def until(condition: Any, seconds: float = 60) -> Any:
    """Wait for something and give it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"still not so after {seconds} s")


def test_one_person_and_a_restart(tmp_path: Path) -> None:
    """The printed lines work, a stop lets a stream end and exits with 0, a job goes on after it, nothing private is logged."""
    with serving(tmp_path) as server:
        key = server.find(r"Key: +(\S+)")
        assert server.output.count(key) == 3
        assert f'ftwidgets.connect(base_url="{server.address}/v1", api_key="{key}")' in server.output
        assert f"export OPENAI_BASE_URL={server.address}/v1\n" in server.output
        client = ftwidgets.connect(base_url=f"{server.address}/v1", api_key=key)
        file = client.files.create(file=("rows.jsonl", LINES), purpose="fine-tune").id
        job = client.fine_tuning.jobs.create(model=BASE, training_file=file, extra_body={"hyperparameters": STEPS}).id
        until(lambda: client.fine_tuning.jobs.list_events(job, limit=5).data[0].type == "metrics")
        (worker,) = psutil.Process(server.process.pid).children()
        worker.suspend()  # so that the job is still running when the server is stopped
        page = httpx2.get(f"{server.address}/", trust_env=False).text
        assert "1 job is training" in page
        assert "1 of 1" in page
        talk: Any = [{"role": "user", "content": SECRET}]
        stream = client.chat.completions.create(model=BASE, messages=talk, max_tokens=60, stream=True, temperature=1.0, seed=1)
        pieces = [next(stream)]
        assert client.fine_tuning.jobs.retrieve(job).status == "running"
        server.process.send_signal(signal.SIGTERM)
        worker.resume()
        pieces += list(stream)
        assert pieces[-1].choices[0].finish_reason is not None
        assert server.process.wait(60) == 0
        client.close()
    with serving(tmp_path) as server:
        again = server.find(r"Key: +(\S+)")
        assert again != key
        with pytest.raises(openai.AuthenticationError):
            ftwidgets.connect(base_url=f"{server.address}/v1", api_key=key).models.list()
        client = ftwidgets.connect(base_url=f"{server.address}/v1", api_key=again)
        ended = until(lambda: (seen := client.fine_tuning.jobs.retrieve(job)).status == "succeeded" and seen, 120)
        steps = [
            event.data["step"] for event in client.fine_tuning.jobs.list_events(job, limit=1000) if event.type == "metrics"
        ]
        assert steps == list(range(30, 0, -1))
        assert ended.fine_tuned_model
        client.close()
        assert server.stop(signal.SIGINT) == 0
    log = (tmp_path / "server.log").read_text()
    assert f"GET /v1/fine_tuning/jobs/{job} 200" in log
    for private in (key, again, SECRET, "sk-sandbox"):
        assert private not in log


@pytest.fixture(scope="module")
def class_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A class with a keys file and a join code, served to other computers too; it ends with exit code 0."""
    folder = tmp_path_factory.mktemp("class")
    (folder / "keys.csv").write_text("Ada,sk-of-ada-0123456789\n")
    options = ["--host", "0.0.0.0", "--keys", str(folder / "keys.csv"), "--class", "3b", "--max-files", "1"]
    with serving(folder, *options, "--url", "https://class.example/v1/") as server:
        yield server
        assert server.stop() == 0


def test_a_class(class_server: Server) -> None:
    """Keys from a file and from the code, a teacher's key that is printed, nothing open to strangers, limits that hold."""
    assert "Base URL:    https://class.example/v1\n" in class_server.output
    assert "Keys file:   1 person can connect." in class_server.output
    here = f"http://127.0.0.1:{port_of(class_server.process.pid)}"
    code, teacher = class_server.find(r"Join code: +(\S+)"), class_server.find(r"(sk-admin-\w+)")
    assert httpx2.get(f"{here}/", trust_env=False).status_code == 403
    joined = httpx2.post(f"{here}/join", data={"code": code, "name": "Bob"}, trust_env=False)
    assert "https://class.example/v1" in joined.text
    found = re.search(r"sk-sandbox-\w{40}", joined.text)
    assert found
    for key in ("sk-of-ada-0123456789", found[0]):
        client = openai.OpenAI(base_url=f"{here}/v1", api_key=key, max_retries=0)
        client.files.create(file=("rows.jsonl", LINES), purpose="fine-tune")
        with pytest.raises(openai.PermissionDeniedError):
            client.files.create(file=("rows.jsonl", LINES), purpose="fine-tune")
        client.close()
    listed = httpx2.get(f"{here}/admin/class", headers={"Authorization": f"Bearer {teacher}"}, trust_env=False).json()
    assert sorted(student["name"] for student in listed["students"]) == ["Ada", "Bob"]


def test_one_server_a_folder(class_server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    """A second server on the same state folder says so and ends; the first one goes on."""
    assert main(["serve", "--port", "0", "--home", str(class_server.log.parent / "home")]) == 1
    assert "another ftwidgets serve uses this state folder" in capsys.readouterr().err
    address = f"http://127.0.0.1:{port_of(class_server.process.pid)}"
    assert httpx2.get(f"{address}/healthz", trust_env=False).status_code == 200


def port_of(pid: int) -> int:
    """Find the port that a process listens on."""
    return next(one.laddr.port for one in psutil.Process(pid).net_connections("tcp") if one.status == psutil.CONN_LISTEN)


@pytest.mark.parametrize(
    ("options", "output"),
    [
        (["--host", "0.0.0.0"], "everybody needs a key of their own: give --keys FILE"),
        (["--host", "192.0.2.7"], "--host 192.0.2.7 can be reached from other computers"),
        (["--host", "class.example"], "--host class.example can be reached"),
        (["--join-code", "abc"], "at least 6 letters or digits"),
        (["--url", "class.example"], "must begin with http:// or https://"),
        (["--keys", "nowhere.csv"], 'the keys file "nowhere.csv" cannot be read'),
    ],
)
def test_what_cannot_be_served(tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], output: str) -> None:
    """A sentence and exit code 2, before anything is opened."""
    home = tmp_path / "home"
    assert main(["serve", "--home", str(home), "--port", "0", *options]) == 2
    assert output in capsys.readouterr().err
    assert not home.exists()


def test_a_state_folder_that_cannot_be_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where a file is in the way, a sentence says which and what to do."""
    (tmp_path / "home").write_text("a file")
    assert main(["serve", "--home", str(tmp_path / "home"), "--port", "0"]) == 1
    output = capsys.readouterr().err
    assert "cannot be made (File exists). Name another with --home." in output
    assert str(tmp_path / "home") in output


def test_a_port_that_is_taken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is named."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["serve", "--home", str(tmp_path / "home"), "--port", str(port)]) == 2
    assert f"127.0.0.1, port {port} cannot be used" in capsys.readouterr().err


@pytest.mark.parametrize("missing", ["uvicorn", "itsdangerous"])
def test_without_the_extra(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], missing: str) -> None:
    """The command says what to install; all others work without it."""
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == missing else find(name, *rest))
    assert main(["serve"]) == 2
    assert (
        f'{missing} is not installed, and the server needs it. Run: pip install "ftwidgets[serve]"' in capsys.readouterr().err
    )


@pytest.mark.parametrize(("option", "value"), [("--workers", "0"), ("--port", "70000"), ("--max-files", "x")])
def test_mistyped_numbers(capsys: pytest.CaptureFixture[str], option: str, value: str) -> None:
    """Exit code 2, and the value is named."""
    with pytest.raises(SystemExit) as ended:
        main(["serve", option, value])
    assert ended.value.code == 2
    assert value in capsys.readouterr().err


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("a", False),
    ],
)
def test_what_is_loopback(host: str, loopback: bool) -> None:
    """Only what no other computer can reach."""
    assert is_loopback(host) is loopback


def test_the_dataset_of_these_tests_is_valid() -> None:
    """Ten rows, or a job would fail and not train."""
    assert len([json.loads(line) for line in LINES.splitlines()]) == 10
