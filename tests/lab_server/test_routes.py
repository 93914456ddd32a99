"""What Jupyter Server answers under /ftwidgets, to whom, and with which processes."""

import json
import subprocess
import sys
from pathlib import Path

import httpx2
import openai
import psutil
import pytest

from .conftest import Jupyter, Serve, body

CHAT = {"model": "nano-2026-11", "max_tokens": 8, "seed": 1, "messages": [{"role": "user", "content": "Hello!"}]}
MB = 1024 * 1024


def test_nothing_is_started_before_it_is_needed(jupyter: Jupyter) -> None:
    """The status needs no process; the first request to the API starts one, and the next ones use it."""
    with jupyter.client() as client:
        status = body(client.get("/ftwidgets/status"))
        assert (status["home"], status["running"]) == (str(jupyter.home), False)
        assert jupyter.child() is None
        assert {model["id"] for model in body(client.get("/ftwidgets/v1/models"))["data"]} >= {"nano-2026-11"}
        first = jupyter.child()
        assert first is not None
        client.get("/ftwidgets/v1/files").raise_for_status()
        assert jupyter.child() == first
        assert body(client.get("/ftwidgets/status"))["running"]


@pytest.mark.parametrize("path", ["status", "overview", "events", "v1/models", "v1/files", "v1/fine_tuning/jobs"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_who_is_not_logged_in_gets_nothing(jupyter: Jupyter, method: str, path: str) -> None:
    """Without Jupyter's token, or with a wrong one, each route refuses, whatever the method."""
    for headers in ({}, {"Authorization": "token wrong"}, {"Authorization": "Bearer wrong"}):
        answer = httpx2.request(method, f"{jupyter.base}/ftwidgets/{path}", headers=headers)
        assert answer.status_code in (403, 405)
        assert "nano" not in answer.text


def test_a_page_of_another_origin_cannot_use_the_cookie(jupyter: Jupyter) -> None:
    """With the cookie of a logged-in browser, another origin is refused, and so is a page that does not know its XSRF token."""
    with httpx2.Client(base_url=jupyter.base) as browser:
        browser.get(f"/api/status?token={jupyter.token}").raise_for_status()  # logs in: Jupyter sets its cookie
        assert browser.get("/ftwidgets/status").status_code == 200
        elsewhere = browser.post("/ftwidgets/v1/chat/completions", json=CHAT, headers={"Origin": "http://evil.example"})
        here = browser.post("/ftwidgets/v1/chat/completions", json=CHAT)
    assert elsewhere.status_code == 404  # which is how Jupyter Server refuses
    assert here.status_code == 403


def test_the_process_wants_its_key(jupyter: Jupyter) -> None:
    """Other users of the computer, who can reach its port, get a 401; it listens on the loopback address alone."""
    with jupyter.client() as client:
        client.get("/ftwidgets/v1/models").raise_for_status()
    child = jupyter.child()
    assert child is not None
    (listening,) = [c.laddr for c in child.net_connections("inet") if c.status == psutil.CONN_LISTEN]
    assert listening.ip == "127.0.0.1"
    for key in ("none", "wrong"):
        answer = httpx2.get(f"http://127.0.0.1:{listening.port}/v1/models", headers={"Authorization": f"Bearer {key}"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "invalid_api_key")
    assert not any(len(word) > 30 and not word.startswith("/") for word in child.cmdline())  # no key among its arguments


def test_the_openai_client_works_through_it(jupyter: Jupyter, tmp_path: Path) -> None:
    """Upload, launch, wait, ask, stream, read the result, delete: as on the sandbox itself; errors keep their shape."""
    rows = [
        {"messages": [{"role": "user", "content": f"Hi {n}"}, {"role": "assistant", "content": "Ahoy!"}]} for n in range(10)
    ]
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    http = httpx2.Client(timeout=90)
    client = openai.OpenAI(
        base_url=f"{jupyter.base}/ftwidgets/v1",
        api_key="x",
        default_headers={"Authorization": f"token {jupyter.token}"},
        http_client=http,
    )
    file = client.files.create(file=path, purpose="fine-tune")
    assert client.files.content(file.id).read() == path.read_bytes()
    job = client.fine_tuning.jobs.create(model="nano-2026-11", training_file=file.id, hyperparameters={"n_epochs": 2})
    while client.fine_tuning.jobs.retrieve(job.id).status not in ("succeeded", "failed"):
        pass
    model = client.fine_tuning.jobs.retrieve(job.id).fine_tuned_model
    assert model is not None
    whole = client.chat.completions.create(**CHAT | {"model": model})  # type: ignore[call-overload]
    stream = client.chat.completions.create(**CHAT | {"model": model, "stream": True})  # type: ignore[call-overload]
    pieces = [chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices]
    assert "".join(pieces) == whole.choices[0].message.content
    assert client.models.delete(model).deleted
    with pytest.raises(openai.NotFoundError, match="does not exist"):
        client.chat.completions.create(**CHAT | {"model": model})  # type: ignore[call-overload]
    http.close()


def test_a_page_that_hangs_up_does_no_harm(jupyter: Jupyter) -> None:
    """In the middle of a stream: the next answer comes, and the log holds no error (`serve` looks)."""
    with jupyter.client() as client:
        with client.stream("POST", "/ftwidgets/v1/chat/completions", json=CHAT | {"max_tokens": 400, "stream": True}) as stream:
            assert next(stream.iter_lines()).startswith("data: ")
        for _ in range(20):
            client.get("/ftwidgets/v1/models").raise_for_status()


def test_a_hub_puts_its_own_address_before_it(serve: Serve, tmp_path: Path) -> None:
    """With a base URL, as behind JupyterHub and Binder, the routes are under it."""
    with serve(tmp_path, base_url="/user/ada/") as running, running.client() as client:
        assert body(client.get("/ftwidgets/v1/models"))["object"] == "list"


def test_a_process_that_dies_is_replaced(jupyter: Jupyter) -> None:
    """Killed, it is there again with the next request."""
    with jupyter.client() as client:
        client.get("/ftwidgets/v1/models").raise_for_status()
        child = jupyter.child()
        assert child is not None
        child.kill()
        psutil.wait_procs([child], timeout=10)
        answers = [client.get("/ftwidgets/v1/models").status_code for _ in range(2)]
    assert answers[1] == 200
    assert answers[0] in (200, 502)


def test_what_cannot_be_used_is_said(serve: Serve, tmp_path: Path) -> None:
    """A state folder that is a file: 503 with the reason in the shape of the API's errors, and Jupyter goes on."""
    (tmp_path / "home").write_text("not a folder", encoding="utf-8")
    with serve(tmp_path / "home") as running, running.client() as client:
        answer = client.get("/ftwidgets/v1/models")
        assert answer.status_code == 503
        assert "ftwidgets cannot start: " in answer.json()["error"]["message"]
        assert str(tmp_path / "home") in answer.json()["error"]["message"]
        assert client.get("/api/status").status_code == 200


def test_it_ends_with_the_server(serve: Serve, tmp_path: Path) -> None:
    """When Jupyter Server stops, or is killed, nothing stays behind."""
    with serve(tmp_path / "a") as running, running.client() as client:
        client.get("/ftwidgets/v1/models").raise_for_status()
        stopped = running.wait_for_child()
    with serve(tmp_path / "b") as running, running.client() as client:
        client.get("/ftwidgets/v1/models").raise_for_status()
        killed = running.wait_for_child()
        running.process.kill()
        psutil.wait_procs([killed], timeout=40)
        assert not killed.is_running()
    assert not stopped.is_running()


def test_it_ends_when_there_is_nothing_to_do(tmp_path: Path) -> None:
    """Without a request and without a job it ends by itself, with exit code 0."""
    command = [sys.executable, "-m", "ftwidgets.lab_server.process", str(tmp_path), "--idle-seconds", "0.5"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("a key\n")
        process.stdin.flush()
        assert "port" in json.loads(process.stdout.readline())
        assert process.wait(60) == 0


def test_the_server_stays_small(jupyter: Jupyter) -> None:
    """Loading the extension brings Jupyter Server less than 30 MB: no NumPy, no pandas, no engine."""
    script = """
import sys, resource
import jupyter_server.serverapp
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
import ftwidgets.lab_server.extension, ftwidgets.lab_server.abandoned
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print((after - before) * 1024, *{"numpy", "pandas", "openai", "starlette", "ftwidgets.engine"} & set(sys.modules))
"""
    grown, *heavy = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert heavy == []
    assert int(grown) < 30 * MB
