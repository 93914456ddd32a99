"""A service that says what a test wants, word by word, and waits where the test wants it to."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import httpx2
import openai


class Scripted(httpx2.BaseTransport):
    """Answers chat completions.

    Attributes
    ----------
    says
        What each model says; a number is the status of an error with the name of the model in its message.
    asked
        The bodies of the requests so far.
    gate
        While it is closed, an answer stops after its first word.
    """

    def __init__(self, **says: str | int) -> None:
        self.says = says
        self.asked: list[dict[str, Any]] = []
        self.gate = threading.Event()
        self.gate.set()
        self.waiting = threading.Event()
        """Set when an answer waits at the gate."""

    def client(self) -> openai.OpenAI:
        """Make a client of this service."""
        http = httpx2.Client(transport=self)
        return openai.OpenAI(base_url="http://service.test/v1", api_key="k", max_retries=0, http_client=http)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer a request."""
        if not request.url.path.endswith("/chat/completions"):
            return self._error(404, f"Invalid URL {request.url.path}")
        body = json.loads(request.read())
        self.asked.append(body)
        said = self.says.get(body["model"], 404)
        if isinstance(said, int):
            return self._error(said, f"{body['model']} cannot <b>do</b> that")
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, stream=_Words(self, body, said))

    def _error(self, status: int, message: str) -> httpx2.Response:
        return httpx2.Response(status, json={"error": {"message": message, "type": "t", "param": None, "code": None}})


class _Words(httpx2.SyncByteStream):
    def __init__(self, service: Scripted, body: dict[str, Any], said: str) -> None:
        self._service, self._model, self._words = service, body["model"], said.split(" ")

    def __iter__(self) -> Iterator[bytes]:
        for place, word in enumerate(self._words):
            if place == 1 and not self._service.gate.is_set():
                self._service.waiting.set()
                self._service.gate.wait(20)
            yield self._chunk({"content": f" {word}" if place else word}, None)
        yield self._chunk({}, "stop")
        yield b"data: [DONE]\n\n"

    def _chunk(self, delta: dict[str, str], reason: str | None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": self._model, "choices": [choice]}
        return f"data: {json.dumps(chunk)}\n\n".encode()
