"""The same faults on a real socket, with uvicorn."""

import json
import socket
import threading
import time
from collections.abc import Iterator

import httpx2
import openai
import pytest

from ftwidgets.sandbox.clock import SystemClock
from ftwidgets.sandbox.faults import Faults, SocketCloser
from ftwidgets.sandbox.transport import LoopThread

from .conftest import ASK, WORDS, FaultyApi

uvicorn = pytest.importorskip("uvicorn", reason="needs the extra `serve`")


@pytest.fixture
def served() -> Iterator[FaultyApi]:
    """The small app behind a port of this machine."""
    api = FaultyApi(Faults(), SystemClock(), LoopThread())
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(SocketCloser(api.app), log_level="warning", lifespan="off", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    until = time.monotonic() + 20
    while not server.started:
        assert time.monotonic() < until, "uvicorn did not start"
        time.sleep(0.01)
    api.address = f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
    yield api
    server.should_exit = True
    thread.join(20)
    assert not thread.is_alive()


def connect(api: FaultyApi) -> openai.OpenAI:
    """Make a client over the network."""
    return openai.OpenAI(api_key="sk-student-0000001", base_url=api.address, max_retries=0)


def test_the_socket_is_closed_without_an_answer(served: FaultyApi, caplog: pytest.LogCaptureFixture) -> None:
    """The client finds the connection closed, and the server has nothing to complain about."""
    served.faults.drop()
    with connect(served) as client:
        with pytest.raises(openai.APIConnectionError) as raised:
            client.chat.completions.create(**ASK)
        assert isinstance(raised.value.__cause__, httpx2.RemoteProtocolError)
        assert "without sending a response" in str(raised.value.__cause__)
        assert client.chat.completions.create(**ASK).choices[0].message.content == "".join(WORDS)
    assert caplog.records == []


def test_an_answer_is_lost_on_the_way(served: FaultyApi, caplog: pytest.LogCaptureFixture) -> None:
    """The job is made, the socket closed."""
    served.faults.drop(answered=True)
    with connect(served) as client, pytest.raises(openai.APIConnectionError):
        client.fine_tuning.jobs.create(model="nano", training_file="file-1")
    assert len(served.jobs) == 1
    assert served.faults.journal.entries[0].fault == "answer_lost"
    assert caplog.records == []


def test_a_stream_is_cut_on_the_way(served: FaultyApi, caplog: pytest.LogCaptureFixture) -> None:
    """Three words arrive, then the body is incomplete."""
    served.faults.stream(cut_after=3)
    words: list[str | None] = []
    with connect(served) as client:
        stream = client.chat.completions.create(**ASK, stream=True)
        with pytest.raises(openai.APIConnectionError) as raised:
            words.extend(chunk.choices[0].delta.content for chunk in stream)
    assert words == WORDS[:3]
    assert "incomplete chunked read" in str(raised.value.__cause__)
    assert caplog.records == []


def test_streams_end_early_and_break(served: FaultyApi) -> None:
    """A shortened answer is whole to HTTP; a broken event is not JSON."""
    served.faults.script(["end 2", "malformed 2"])
    with connect(served) as client:
        assert [chunk.choices[0].delta.content for chunk in client.chat.completions.create(**ASK, stream=True)] == WORDS[:2]
        with pytest.raises(json.JSONDecodeError):
            list(client.chat.completions.create(**ASK, stream=True))


def test_a_client_hangs_up(served: FaultyApi) -> None:
    """The journal knows that it did not wait for the end of a stalled stream, and nothing waits on."""
    served.faults.stream(stall_after=1, seconds=3600)
    with connect(served).with_options(timeout=0.2) as client, pytest.raises(openai.APITimeoutError):
        list(client.chat.completions.create(**ASK, stream=True))
    until = time.monotonic() + 20
    while not len(served.faults.journal):
        assert time.monotonic() < until, "the request did not end"
        time.sleep(0.01)
    entry = served.faults.journal.entries[0]
    assert (entry.status, entry.fault, entry.given_up) == (200, "stream_stall", True)


def test_a_large_body_is_read_before_it_is_refused(served: FaultyApi) -> None:
    """A client that is still sending gets its answer all the same, over the same connection."""
    served.faults.fail(500, times=1)
    with httpx2.Client(base_url=served.address, headers={"authorization": "Bearer a"}) as http:
        form = {"file": ("a.jsonl", b"x" * 5_000_000)}
        assert [http.post("/files", files=form).status_code for _ in range(2)] == [500, 200]
    first, second = served.faults.journal.entries
    assert first.digest == second.digest
