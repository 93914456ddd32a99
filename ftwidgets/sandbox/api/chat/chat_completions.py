"""The route `/chat/completions`: an answer from a model, whole or as it is written.

Left out: looking up what was stored (`stored`), tools, several prompts at once.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from ftwidgets.sandbox.api.auth import owner_of
from ftwidgets.sandbox.api.bodies import Body
from ftwidgets.sandbox.api.chat.chat_bodies import Answer, Chunks, Opening, completion_body, sse
from ftwidgets.sandbox.api.chat.chat_request import ChatRequest, read_chat_request
from ftwidgets.sandbox.api.chat.stored_completions import keep_completion
from ftwidgets.sandbox.api.params import body_params
from ftwidgets.sandbox.api_errors import refused
from ftwidgets.sandbox.inference.completion import Completion, Inference
from ftwidgets.sandbox.store.store import Store

GONE = 499  # nobody reads it: the client has hung up
MOST_LOGPROBS = 100_000  # of one request: about 40 MB until it is answered


class Chat:
    """Answers from the models of a catalog."""

    def __init__(self, inference: Inference, store: Store) -> None:
        self._inference = inference
        self._store = store

    def routes(self) -> list[Route]:
        """List the routes."""
        return [Route("/chat/completions", self.create, methods=["POST"])]

    async def create(self, request: Request) -> Response:
        """Answer a chat; a request that is given up stops at the next turn."""
        wanted, owner = read_chat_request(await body_params(request)), owner_of(request)
        completion = await self._inference.start_completion(owner, wanted.completion)
        _check_size(wanted, completion)
        opening = Opening(self._store.ids.new("chatcmpl-", 29), int(self._store.clock.time()))
        if wanted.stream:
            return StreamingResponse(self._stream(wanted, opening, completion, owner), media_type="text/event-stream")
        answers = []
        for index in range(wanted.n):
            answers.append(Answer(index))
            async for pieces in self._inference.stream_chunks(completion, index):
                for piece in pieces:
                    answers[index].add(piece)
                if await request.is_disconnected():
                    return Response(status_code=GONE)
        body = completion_body(wanted, opening, len(completion.prompt), answers)
        await self._keep(wanted, owner, body)
        return JSONResponse(body)

    async def _stream(self, wanted: ChatRequest, opening: Opening, completion: Completion, owner: str) -> AsyncIterator[str]:
        """Send answers as they are written, one after another, then perhaps the usage."""
        chunks, answers = Chunks(wanted, opening), []
        for index in range(wanted.n):
            answers.append(Answer(index))
            yield sse(chunks.first(index))
            async for pieces in self._inference.stream_chunks(completion, index):
                for piece in pieces:
                    answers[index].add(piece)
                yield "".join(sse(body) for piece in pieces for body in chunks.of(index, piece))
        body = completion_body(wanted, opening, len(completion.prompt), answers)
        await self._keep(wanted, owner, body)
        if wanted.include_usage:
            yield sse(chunks.usage(body["usage"]))
        yield sse(None)

    async def _keep(self, wanted: ChatRequest, owner: str, body: Body) -> None:
        if wanted.store:
            await run_in_threadpool(keep_completion, self._store, owner, wanted.given, body)


def _check_size(wanted: ChatRequest, completion: Completion) -> None:
    """Refuse so many log-probabilities that a few such requests would fill the memory."""
    top = wanted.completion.top_logprobs
    if top is None:
        return
    length = min(wanted.completion.max_tokens or completion.room, completion.room)
    if wanted.n * length * (1 + top) > MOST_LOGPROBS:
        raise refused(
            f"Invalid 'n': {wanted.n} answers of up to {length} tokens with 'top_logprobs' {top} are more than {MOST_LOGPROBS} "
            "log-probabilities, the most that this sandbox gives at once. Ask for fewer answers, tokens or alternatives.",
            param="n",
            code="invalid_value",
        )
