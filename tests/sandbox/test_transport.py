"""The way from a client into an ASGI application, on the tiniest applications."""

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from starlette.types import Receive, Scope, Send

from ftwidgets.sandbox import Sandbox
from ftwidgets.sandbox.transport import AsyncTransport, LoopThread, Transport

URL = "http://test.invalid/"


@pytest.fixture
def loop() -> Iterator[LoopThread]:
    """Give an event loop in a thread."""
    made = LoopThread()
    yield made
    made.close()


async def send_start(send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})


async def dripping(scope: Scope, receive: Receive, send: Send) -> None:
    """Send a chunk every tenth of a second, four in all."""
    await send_start(send)
    for number in range(4):
        await send({"type": "http.response.body", "body": b"%d" % number, "more_body": number < 3})
        await asyncio.sleep(0.1)


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Send back what came."""
    body = (await receive())["body"]
    await send_start(send)
    await send({"type": "http.response.body", "body": body + scope["raw_path"] + scope["query_string"]})


async def silent(scope: Scope, receive: Receive, send: Send) -> None:
    """Never answer."""
    await asyncio.sleep(60)


async def stuck(scope: Scope, receive: Receive, send: Send) -> None:
    """Begin to answer and never go on."""
    await send_start(send)
    await send({"type": "http.response.body", "body": b"x", "more_body": True})
    await asyncio.sleep(60)


async def broken(scope: Scope, receive: Receive, send: Send) -> None:
    """Break off in the middle."""
    await send_start(send)
    await send({"type": "http.response.body", "body": b"x", "more_body": True})
    raise KeyError("oh")


def test_a_request_arrives_whole(loop: LoopThread) -> None:
    """Body, path and query; the path as it was sent."""
    with httpx2.Client(transport=Transport(loop, echo)) as http:
        assert http.post(URL + "ft:a%2Fb?q=1", content=b"hello").content == b"hello/ft:a%2Fbq=1"


def test_chunks_arrive_as_they_are_sent(loop: LoopThread) -> None:
    """The first is there before the last has been sent."""
    with httpx2.Client(transport=Transport(loop, dripping)) as http, http.stream("GET", URL) as response:
        began = time.perf_counter()
        arrived = [(chunk, time.perf_counter() - began) for chunk in response.iter_raw()]
    assert [chunk for chunk, _ in arrived] == [b"0", b"1", b"2", b"3"]
    assert arrived[0][1] < 0.08
    assert arrived[-1][1] > 0.25


def test_chunks_arrive_as_they_are_sent_for_async_clients() -> None:
    """The same, in a running event loop, which goes on running meanwhile."""

    async def main() -> tuple[list[float], int]:
        loop, ticks, times = LoopThread(), 0, []

        async def tick() -> None:
            nonlocal ticks
            while True:
                await asyncio.sleep(0.01)
                ticks += 1

        ticker = asyncio.create_task(tick())
        async with httpx2.AsyncClient(transport=AsyncTransport(loop, dripping)) as http, http.stream("GET", URL) as response:
            began = time.perf_counter()
            async for _ in response.aiter_raw():
                times.append(time.perf_counter() - began)
        ticker.cancel()
        loop.close()
        return times, ticks

    times, ticks = asyncio.run(main())
    assert len(times) == 4
    assert times[0] < 0.08
    assert times[-1] > 0.25
    assert ticks > 10


@pytest.mark.parametrize("app", [silent, stuck])
def test_the_clients_timeout_holds(loop: LoopThread, app: Any) -> None:
    """Before the answer and in its middle."""
    with httpx2.Client(transport=Transport(loop, app), timeout=0.2) as http:
        began = time.perf_counter()
        with pytest.raises(httpx2.ReadTimeout, match=r"0\.2 s"):
            http.get(URL)
        assert 0.15 < time.perf_counter() - began < 2


@pytest.mark.parametrize("app", [silent, stuck])
def test_an_async_clients_timeout_holds(loop: LoopThread, app: Any) -> None:
    """Before the answer and in its middle."""

    async def main() -> None:
        async with httpx2.AsyncClient(transport=AsyncTransport(loop, app), timeout=0.2) as http:
            with pytest.raises(httpx2.ReadTimeout):
                await http.get(URL)

    asyncio.run(main())


def test_an_async_caller_can_be_cancelled(loop: LoopThread) -> None:
    """Its cancellation is its own; it is not mistaken for an error of the sandbox."""

    async def main() -> None:
        async with httpx2.AsyncClient(transport=AsyncTransport(loop, silent)) as http:
            task = asyncio.create_task(http.get(URL))
            await asyncio.sleep(0.1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(main())


def test_an_application_that_breaks_off_is_a_read_error(loop: LoopThread) -> None:
    """What came before is not taken for the whole."""
    with httpx2.Client(transport=Transport(loop, broken)) as http, pytest.raises(httpx2.ReadError, match="oh"):
        http.get(URL)


def test_leaving_early_stops_the_application(loop: LoopThread) -> None:
    """Nobody goes on writing for a reader who has left."""
    ended = threading.Event()

    async def endless(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await send_start(send)
            while True:
                await send({"type": "http.response.body", "body": b"x", "more_body": True})
        finally:
            ended.set()

    with httpx2.Client(transport=Transport(loop, endless)) as http, http.stream("GET", URL) as response:
        next(response.iter_raw())
    assert ended.wait(2)


def test_leaving_early_stops_an_application_that_waits_to_send_its_last(loop: LoopThread) -> None:
    """It has more to say than is read ahead, the end included, and must not wait for ever."""
    ended = threading.Event()

    async def brief(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await send_start(send)
            for number in range(10):
                await send({"type": "http.response.body", "body": b"x", "more_body": number < 9})
        finally:
            ended.set()

    with httpx2.Client(transport=Transport(loop, brief)) as http, http.stream("GET", URL):
        time.sleep(0.2)  # all is sent but the last, for which there is no room
        assert not ended.is_set()
    assert ended.wait(2)


def test_a_closed_loop_takes_no_request_and_ends_those_under_way() -> None:
    """Both kinds of client get an error of the connection, at once."""
    loop = LoopThread()
    with httpx2.Client(transport=Transport(loop, stuck)) as http:
        threading.Timer(0.2, loop.close).start()
        with pytest.raises(httpx2.ReadError, match="closed"):
            http.get(URL, timeout=10)
        with pytest.raises(httpx2.ConnectError, match="closed"):
            http.get(URL)

    async def main() -> None:
        loop = LoopThread()
        async with httpx2.AsyncClient(transport=AsyncTransport(loop, stuck)) as http:
            threading.Timer(0.2, loop.close).start()
            with pytest.raises(httpx2.ReadError, match="closed"):
                await http.get(URL, timeout=10)

    asyncio.run(main())


FORK = """
import os, sys
import httpx2
from pathlib import Path
from ftwidgets.sandbox import Sandbox
with Sandbox(Path(sys.argv[1])) as sandbox:
    http = httpx2.Client(transport=sandbox.transport(), headers={"Authorization": "Bearer x"})
    http.get(sandbox.base_url + "/models")
    child = os.fork()
    if not child:
        try:
            http.get(sandbox.base_url + "/models", timeout=5)
        except httpx2.ConnectError as error:
            print(error, flush=True)
        os._exit(0)
    os.waitpid(child, 0)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_process_is_told_at_once(tmp_path: Path) -> None:
    """The loop's thread is not in it; waiting for an answer there would never end."""
    command = [sys.executable, "-W", "ignore", "-c", FORK, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    assert "start child processes with 'spawn'" in done.stdout


def test_many_threads_share_the_way_in(loop: LoopThread) -> None:
    """Answers never get mixed up."""
    wrong: list[bytes] = []
    with httpx2.Client(transport=Transport(loop, echo)) as http:

        def work(name: int) -> None:
            for number in range(20):
                text = b"%d.%d" % (name, number)
                answer = http.post(URL, content=text).content
                if answer != text + b"/":
                    wrong.append(answer)

        threads = [threading.Thread(target=work, args=(name,)) for name in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []


def test_the_sync_client_works_in_a_running_loop(tmp_path: Path, world: Any) -> None:
    """As in a cell of a notebook."""

    async def cell() -> list[str]:
        with Sandbox(tmp_path) as sandbox, world.client(sandbox) as client:
            return [model.id for model in client.models.list()]

    assert asyncio.run(cell()) == ["nano-2026-11", "nano-untrained-2026-11"]


def test_the_async_client_works_end_to_end(tmp_path: Path, world: Any) -> None:
    """Upload, lists that page by themselves, an answer, a stream, an error."""

    async def main() -> None:
        with Sandbox(tmp_path) as sandbox:
            http = httpx2.AsyncClient(transport=sandbox.async_transport())
            async with openai.AsyncOpenAI(api_key="x", base_url=sandbox.base_url, http_client=http) as client:
                for _ in range(3):
                    await client.files.create(file=("a", b"b"), purpose="user_data")
                assert len([file async for file in client.files.list(limit=1)]) == 3
                ask: Any = {
                    "model": "nano-2026-11",
                    "messages": [{"role": "user", "content": "hi"}],
                    "max_tokens": 5,
                    "temperature": 0,
                }
                whole = (await client.chat.completions.create(**ask)).choices[0].message.content
                stream: AsyncIterator[Any] = await client.chat.completions.create(**ask, stream=True)
                assert "".join([chunk.choices[0].delta.content or "" async for chunk in stream]) == whole
                with pytest.raises(openai.NotFoundError):
                    await client.files.retrieve("file-x")

    asyncio.run(main())
