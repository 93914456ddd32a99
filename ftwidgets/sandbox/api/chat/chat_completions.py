"""`POST /chat/completions`: an answer from a model, whole or streamed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from ftwidgets.sandbox.api.auth import owner_of
from ftwidgets.sandbox.api.bodies import Body
from ftwidgets.sandbox.api.chat.chat_bodies import ChatCompletion, Choice
from ftwidgets.sandbox.api.chat.chat_request import ChatRequest
from ftwidgets.sandbox.api.chat.stored_completions import keep_completion
from ftwidgets.sandbox.api.request_model import read_body
from ftwidgets.sandbox.api_errors import refused
from ftwidgets.sandbox.inference.completion import Completion, Inference
from ftwidgets.sandbox.store.store import Store

GONE = 499  # the client has hung up and reads no answer
MOST_LOGPROBS = 100_000  # of one request: about 40 MB until it is answered


class ChatCompletions:
    """The route that creates chat completions."""

    def __init__(self, inference: Inference, store: Store) -> None:
        self._inference = inference
        self._store = store

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [Route("/chat/completions", self.create, methods=["POST"])]

    async def create(self, request: Request) -> Response:
        """Create a completion; if the client disconnects, the model stops at its next turn."""
        asked, owner = await read_body(request, ChatRequest), owner_of(request)
        completion = await self._inference.start_completion(owner, asked.completion())
        _check_size(asked, completion)
        answer = ChatCompletion(
            asked, self._store.ids.new("chatcmpl-", 29), int(self._store.clock.time()), len(completion.prompt)
        )
        if asked.stream:
            return StreamingResponse(self._stream(answer, completion, owner), media_type="text/event-stream")
        for index in range(asked.n):
            answer.choices.append(Choice())
            async for pieces in self._inference.stream_chunks(completion, index):
                for piece in pieces:
                    answer.choices[index].add(piece)
                if await request.is_disconnected():
                    return Response(status_code=GONE)
        return JSONResponse(await self._finish(answer, owner))

    async def _stream(self, answer: ChatCompletion, completion: Completion, owner: str) -> AsyncIterator[str]:
        """Send the choices as they are written, one after another, then the usage if it was asked for."""
        for index in range(answer.request.n):
            answer.choices.append(Choice())
            yield sse(answer.first_chunk(index))
            async for pieces in self._inference.stream_chunks(completion, index):
                for piece in pieces:
                    answer.choices[index].add(piece)
                yield "".join(sse(body) for piece in pieces for body in answer.chunks(index, piece))
        await self._finish(answer, owner)
        if answer.request.stream_options.include_usage:
            yield sse(answer.usage_chunk())
        yield "data: [DONE]\n\n"

    async def _finish(self, answer: ChatCompletion, owner: str) -> Body:
        """Return the body, and store it if that was asked for."""
        body = answer.body()
        if answer.request.store:
            await run_in_threadpool(keep_completion, self._store, owner, answer.request.messages, body)
        return body


def sse(body: Body) -> str:
    """Write a chunk as a server-sent event."""
    return f"data: {json.dumps(body, ensure_ascii=False)}\n\n"


def _check_size(request: ChatRequest, completion: Completion) -> None:
    """Reject so many log-probabilities that a few such requests would fill the memory."""
    top = completion.request.top_logprobs
    if top is None:
        return
    length = min(completion.request.max_tokens or completion.room, completion.room)
    if request.n * length * (1 + top) > MOST_LOGPROBS:
        raise refused(
            f"Invalid 'n': {request.n} answers of up to {length} tokens with 'top_logprobs' {top} are more than "
            f"{MOST_LOGPROBS} log-probabilities, the most that this sandbox gives at once. "
            "Ask for fewer answers, tokens or alternatives.",
            param="n",
            code="invalid_value",
        )
