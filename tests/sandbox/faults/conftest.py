"""A small app of OpenAI's shape behind the real layers, on a clock that is turned by hand: faults without a model."""

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
import openai
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from ftwidgets.sandbox.api.auth import AllowAny, Caller
from ftwidgets.sandbox.app import build_app
from ftwidgets.sandbox.faults import Faults
from ftwidgets.sandbox.ids import Ids
from ftwidgets.sandbox.transport import LoopThread, Transport
from ftwidgets.testing import ManualClock

ASK: dict[str, Any] = {"model": "nano", "messages": [{"role": "user", "content": "Say: one two three four five."}]}
WORDS = ["one", " two", " three", " four", " five"]


class EachTheirOwn(AllowAny):
    """Makes an owner of every key; only the key "admin" may administrate."""

    def authenticate(self, headers: Any) -> Caller:
        """Return who is asking."""
        super().authenticate(headers)
        key = headers["authorization"].removeprefix("Bearer ")
        return Caller(key, admin=key == "admin")


def chunk(text: str | None, **more: Any) -> bytes:
    """Make an event of a stream."""
    choices = [] if text is None else [{"index": 0, "delta": {"content": text}, "finish_reason": None, "logprobs": None}]
    body = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "nano", "choices": choices, **more}
    return f"data: {json.dumps(body)}\n\n".encode()


USAGE = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}


async def chat(request: Request) -> Response:
    """Say five words, plain or streamed."""
    wanted = await request.json()
    if wanted.get("stream"):

        async def events() -> AsyncIterator[bytes]:
            for word in WORDS:
                yield chunk(word)
            if wanted.get("stream_options"):
                yield chunk(None, usage=USAGE)
            yield b"data: [DONE]\n\n"

        return StreamingResponse(events(), media_type="text/event-stream")
    choice = {"index": 0, "message": {"role": "assistant", "content": "".join(WORDS)}, "finish_reason": "stop"}
    body = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "nano"}
    return JSONResponse({**body, "choices": [choice], "usage": USAGE})


@dataclass
class FaultyApi:
    """The small app, what can be done to it, and ways into it."""

    faults: Faults
    clock: Any
    loop: LoopThread
    jobs: list[str] = field(default_factory=list)
    address: str = ""

    def __post_init__(self) -> None:
        routes = [
            Route("/chat/completions", chat, methods=["POST"]),
            Route("/models/{name}", self.model, methods=["GET"]),
            Route("/files", self.upload, methods=["POST"]),
            Route("/fine_tuning/jobs", self.create, methods=["POST"]),
        ]
        self.app = build_app(routes, authenticator=EachTheirOwn(), ids=Ids(), faults=self.faults, clock=self.clock)

    async def model(self, request: Request) -> Response:
        """Know one model."""
        name = request.path_params["name"]
        if name != "nano":
            return JSONResponse({"error": {"message": "no", "type": "invalid_request_error", "param": None, "code": None}}, 404)
        return JSONResponse({"id": name, "object": "model", "created": 1, "owned_by": "us"})

    async def upload(self, request: Request) -> Response:
        """Take a file and say how long the form was."""
        return JSONResponse({"id": "file-1", "object": "file", "bytes": len(await request.body()), "created_at": 1})

    async def create(self, request: Request) -> Response:
        """Start a job."""
        self.jobs.append((await request.body()).decode())
        return JSONResponse({"id": f"ftjob-{len(self.jobs)}", "object": "fine_tuning.job"})

    def client(self, key: str = "sk-student-0000001", **options: Any) -> openai.OpenAI:
        """Make a plain client; it repeats nothing by itself unless told to."""
        http = httpx2.Client(transport=Transport(self.loop, self.app))
        given = {"max_retries": 0, **options}
        return openai.OpenAI(api_key=key, base_url="http://sandbox.invalid/v1", http_client=http, **given)

    def raw(self, key: str = "sk-student-0000001") -> httpx2.Client:
        """Make a bare HTTP client."""
        headers = {"authorization": f"Bearer {key}"}
        transport = Transport(self.loop, self.app)
        return httpx2.Client(transport=transport, base_url="http://sandbox.invalid", headers=headers)

    def ask(self, key: str = "sk-student-0000001", **more: Any) -> httpx2.Response:
        """Ask for a chat, once."""
        with self.raw(key) as http:
            return http.post("/v1/chat/completions", json={**ASK, **more})


@pytest.fixture
def clock() -> ManualClock:
    """A clock that stands."""
    return ManualClock()


@pytest.fixture
def api(clock: ManualClock) -> Iterator[FaultyApi]:
    """The small app with nothing wrong."""
    loop = LoopThread()
    yield FaultyApi(Faults(), clock, loop)
    loop.close()


@pytest.fixture
def faults(api: FaultyApi) -> Faults:
    """What goes wrong."""
    return api.faults
