"""Clients of the sandbox and of other services, and what must never get from one to the other."""

import asyncio
import gc
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import openai
import pytest

import ftwidgets
from ftwidgets import connect as make  # the function; the module goes by the same name
from ftwidgets import connect_async, faults
from ftwidgets.clients import _sandboxes, state_folder
from ftwidgets.errors import FtwidgetsError
from ftwidgets.sandbox import find_sandbox

REAL = {
    "OPENAI_API_KEY": "sk-real",
    "OPENAI_ADMIN_KEY": "sk-admin-real",
    "OPENAI_BASE_URL": "http://real.invalid/v1",
    "OPENAI_ORG_ID": "org-real",
    "OPENAI_PROJECT_ID": "proj-real",
    "OPENAI_WEBHOOK_SECRET": "whsec-real",
    "HTTP_PROXY": "http://proxy.invalid:3128",
}


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in REAL:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("FTWIDGETS_HOME", str(tmp_path / "home"))
    yield
    while _sandboxes:
        _sandboxes.popitem()[1].close()


def test_connect_gives_a_plain_client_of_the_sandbox(tmp_path: Path) -> None:
    """No key, no network; the state is kept where `FTWIDGETS_HOME` says."""
    client = make()
    assert type(client) is openai.OpenAI
    assert [model.owned_by for model in client.models.list()] == ["ftwidgets"] * 2
    assert (tmp_path / "home").is_dir()


def test_connecting_again_shares_the_sandbox(tmp_path: Path) -> None:
    """What one client uploads, another client of the same folder sees; another folder is another world."""
    first, second = make(), make(home=str(tmp_path / "home") + os.sep)
    uploaded = first.files.create(file=("a.jsonl", b'{"messages": []}\n'), purpose="fine-tune")
    first.close()
    assert second.files.retrieve(uploaded.id).filename == "a.jsonl"
    assert list(make(home=tmp_path / "other").files.list()) == []


def test_clients_made_at_the_same_time_share_the_sandbox() -> None:
    """Eight threads that connect at once open one sandbox, with one training thread."""
    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(_sandboxes) == 1


def test_the_sandbox_never_sees_a_real_key_nor_a_real_service_the_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the environment holds for OpenAI stays out of the client of the sandbox."""
    for name, value in REAL.items():
        monkeypatch.setenv(name, value)
    for client in (make(), connect_async()):
        held = [str(value) for value in vars(client).values()] + [str(client.base_url), str(client.default_headers)]
        assert not [text for text in held if "real" in text]
        assert client.base_url.host.endswith(".sandbox.ftwidgets.invalid")
        assert client.api_key == "sandbox"
    assert list(make().with_options(timeout=30).models.list())


def test_the_async_client_reaches_the_same_sandbox() -> None:
    """`connect_async()` is an `AsyncOpenAI` of the sandbox that `connect()` gives."""
    uploaded = make().files.create(file=("a.jsonl", b'{"messages": []}\n'), purpose="fine-tune")

    async def look() -> str:
        async with connect_async() as client:
            assert type(client) is openai.AsyncOpenAI
            return (await client.files.retrieve(uploaded.id)).id

    assert asyncio.run(look()) == uploaded.id


def test_another_service_is_asked_with_the_key_given_or_the_environments(monkeypatch: pytest.MonkeyPatch) -> None:
    """The key given wins; `OPENAI_API_KEY` is the other way; without either there is a clear error."""
    url = "http://classroom.invalid/v1"
    with pytest.raises(FtwidgetsError, match=r"http://classroom\.invalid/v1 needs a key: set OPENAI_API_KEY"):
        make(base_url=url)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-mine")
    client = make(base_url=url)
    assert (str(client.base_url), client.api_key) == (url + "/", "sk-mine")
    assert make(base_url=url, api_key="given").api_key == "given"
    assert connect_async(base_url=url, api_key="given").api_key == "given"


def test_the_faults_are_those_of_the_sandbox_behind_the_client(tmp_path: Path) -> None:
    """All clients of a folder share them, copies and async ones too; another folder has its own, another service none."""
    client = make()
    found = faults(client)
    found.fail(500, times=1, route="GET /models")
    with pytest.raises(openai.InternalServerError):
        client.with_options(max_retries=0).models.list()
    assert client.models.list().data
    assert [entry.status for entry in found.journal.entries] == [500, 200]
    assert faults(client.with_options(timeout=1)) is faults(make()) is faults(connect_async()) is found
    assert faults(make(home=tmp_path / "other")) is not found
    with pytest.raises(FtwidgetsError, match="faults are the sandbox's"):
        faults(make("http://x.invalid/v1", api_key="k"))


def test_a_sandbox_of_ones_own_makes_its_clients(tmp_path: Path) -> None:
    """`ftwidgets.Sandbox` has its own folder, faults and clients, not those of `connect()`; it closes with the block."""
    with ftwidgets.Sandbox(home=tmp_path / "own") as sandbox, sandbox.client(max_retries=0) as client:
        assert type(client) is openai.OpenAI
        assert (client.api_key, client.max_retries, client.organization) == ("sandbox", 0, None)
        assert faults(client) is faults(client.with_options(timeout=1)) is faults(sandbox.async_client()) is sandbox.faults
        assert faults(make()) is not sandbox.faults
        sandbox.faults.fail(500, times=1)
        with pytest.raises(openai.InternalServerError):
            client.models.list()
        assert client.files.create(file=("a", b"b"), purpose="user_data").bytes == 1
        other = sandbox.client(max_retries=0)
    assert (tmp_path / "own" / "sandbox.sqlite").is_file()
    with pytest.raises(openai.APIConnectionError):
        other.models.list()


def test_a_sandbox_and_its_copies_read_nothing_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The organisation and project that the caller names are sent; those of the environment are not, by copies neither."""
    for name, value in REAL.items():
        monkeypatch.setenv(name, value)
    with ftwidgets.Sandbox(home=tmp_path / "own") as sandbox:
        for client in (sandbox.client(), sandbox.client().with_options(timeout=1)):
            assert "real" not in str(client.default_headers)
        named = sandbox.client(organization="org-x", default_headers={"x-class": "one"})
        assert named.default_headers["OpenAI-Organization"] == "org-x"
        assert named.default_headers["x-class"] == "one"
        assert "real" not in str(sandbox.client(default_headers=None).default_headers)  # None: openai's own default
        assert "real" not in str({key: value for key, value in named.default_headers.items() if isinstance(value, str)})


@pytest.mark.parametrize(
    ("home", "reason"), [("", "is empty"), ("a\0b", "null"), ("~nobody-of-this-name/x", "home"), (5, "type int, not a path")]
)
def test_a_sandbox_of_ones_own_names_a_folder_that_cannot_be_used(home: Any, reason: str) -> None:
    """The same error as from `connect()`, with the folder and the reason."""
    with pytest.raises(FtwidgetsError, match=f"cannot keep its state in .*{reason}.*Name a folder you can write to"):
        ftwidgets.Sandbox(home=home)


class Listing(BaseHTTPRequestHandler):
    """Answers every GET with a list of one model, and keeps what was asked."""

    asked: ClassVar[list[tuple[str, str | None]]] = []

    def do_GET(self) -> None:
        """Answer."""
        self.asked.append((self.path, self.headers["Authorization"]))
        body = b'{"object": "list", "data": [{"id": "m", "object": "model", "created": 1, "owned_by": "a school"}]}'
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_an_address_alone_reaches_a_server_over_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """`connect("http://...")` is the short form: real sockets, the path below the address, the key of the environment."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-mine")
    with HTTPServer(("127.0.0.1", 0), Listing) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            with make(f"http://127.0.0.1:{server.server_port}/v1") as client:
                assert [model.owned_by for model in client.models.list()] == ["a school"]
        finally:
            server.shutdown()
            thread.join()
    assert Listing.asked == [("/v1/models", "Bearer sk-mine")]


def test_the_sandbox_has_a_name_too(tmp_path: Path) -> None:
    """`connect("sandbox")` is `connect()`, with the same folder."""
    assert make("sandbox", home=tmp_path / "home").base_url == make().base_url
    assert len(_sandboxes) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"api_key": "sk-x"}, '"api_key" goes with "base_url"'),
        ({"base_url": "http://x.invalid/v1", "api_key": "k", "home": "here"}, "give one of them"),
        ({"base_url": "localhost:8000", "api_key": "k"}, 'must begin with http:// or https://: "localhost:8000"'),
        ({"base_url": "", "api_key": "k"}, "must begin with"),
        ({"home": ""}, '"home" is empty'),
        ({"home": "a\0b"}, "no folder can have the name"),
        ({"home": "~nobody-of-this-name/x"}, "no folder can have the name"),
        ({"home": 5}, "no folder can have the name '5'"),
    ],
)
def test_arguments_that_do_not_go_together_are_refused(arguments: dict[str, Any], message: str) -> None:
    """A key alone must not end in the sandbox silently, nor an address without a scheme in a riddle later."""
    with pytest.raises(FtwidgetsError, match=message):
        make(**arguments)
    with pytest.raises(FtwidgetsError, match=message):
        connect_async(**arguments)


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    """The message names the folder and the two ways to choose another."""
    (tmp_path / "file").write_text("")
    with pytest.raises(FtwidgetsError, match=r"cannot keep its state in .*file.*home=.*FTWIDGETS_HOME"):
        make(home=tmp_path / "file")


def test_records_that_cannot_be_read_are_kept_aside(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The sandbox begins anew, says where the old records are, and has overwritten nothing."""
    (tmp_path / "broken").mkdir()
    damaged = b"not a database, but long enough to look like one" * 30
    (tmp_path / "broken" / "sandbox.sqlite").write_bytes(damaged)
    assert list(make(home=tmp_path / "broken").files.list()) == []
    (kept,) = (tmp_path / "broken").glob("damaged-*")
    assert (kept / "sandbox.sqlite").read_bytes() == damaged
    assert str(kept) in caplog.text


def test_connecting_again_after_the_folder_was_removed_begins_anew(tmp_path: Path) -> None:
    """Whoever removes the folder to start over need not restart Python; until then the error says what to do."""
    before = make()
    before.files.create(file=("a", b"b"), purpose="user_data")
    shutil.rmtree(tmp_path / "home")
    with pytest.raises(openai.InternalServerError, match=r"cannot use its state folder .*connect\(\) again"):
        before.files.create(file=("a", b"b"), purpose="user_data")
    after = make()
    assert list(after.files.list()) == []
    assert after.files.create(file=("a", b"b"), purpose="user_data").bytes == 1


def test_the_state_folder_is_the_one_given_or_the_environments_or_the_platforms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In this order; an empty variable is no choice; `~` is understood."""
    assert state_folder(tmp_path) == tmp_path.resolve()
    assert state_folder() == (tmp_path / "home").resolve()
    assert state_folder("~/x") == Path.home().resolve() / "x"
    monkeypatch.setenv("FTWIDGETS_HOME", "")
    assert state_folder().name == "ftwidgets"


ENDS_WHILE_TRAINING = """
import json, sys
import ftwidgets
client = ftwidgets.connect(home=sys.argv[1])
row = {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello there"}]}
lines = "\\n".join(json.dumps(row) for _ in range(40)).encode()
file = client.files.create(file=("a.jsonl", lines), purpose="fine-tune")
job = ftwidgets.launch(client, file.id, model="nano-2026-11", n_epochs=50)
while not any((event.data or {}).get("step") for event in job.events):
    pass
print(job.id, job.status)
"""


def test_python_ends_cleanly_in_the_middle_of_a_job(tmp_path: Path) -> None:
    """No warning, no hanging thread; the job is taken up again by the next process that connects."""
    command = [sys.executable, "-W", "error", "-X", "dev", "-c", ENDS_WHILE_TRAINING, str(tmp_path / "home")]
    first = subprocess.run(command, capture_output=True, text=True, timeout=60, env={**os.environ, "PYTHONPATH": "."})
    # In development mode asyncio also says what took longer than 0.1 s, as anything may on a busy machine.
    said = [line for line in first.stderr.splitlines() if not re.fullmatch(r"Executing <.* took [\d.]+ seconds", line)]
    assert (first.returncode, said) == (0, [])
    job_id, status = first.stdout.split()
    assert status == "running"
    client = make()
    assert client.fine_tuning.jobs.retrieve(job_id).status in {"queued", "running"}
    assert client.fine_tuning.jobs.cancel(job_id).status in {"running", "cancelled"}


def test_a_sandbox_keeps_its_folder_wherever_the_program_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative folder is that of the moment when the sandbox was opened."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    with ftwidgets.Sandbox(home="here") as sandbox, sandbox.client(max_retries=0) as client:
        monkeypatch.chdir(tmp_path / "elsewhere")
        client.files.create(file=("a.txt", b"text"), purpose="user_data")
    assert (tmp_path / "here").is_dir()
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_sandbox_that_nobody_names_any_more_is_open_until_it_is_closed(tmp_path: Path) -> None:
    """Its client goes on working: a job may be training."""
    client = ftwidgets.Sandbox(home=tmp_path / "home").client(max_retries=0)
    gc.collect()
    assert [model.id for model in client.models.list()] != []
    found = find_sandbox(client)
    assert found is not None
    found.close()
