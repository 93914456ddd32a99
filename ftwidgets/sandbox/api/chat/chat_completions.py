"""`POST /chat/completions`: an answer from a model, whole or in chunks."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from ftwidgets.sandbox.api.auth import owner_of
from ftwidgets.sandbox.api.bodies import Body
from ftwidgets.sandbox.api.chat.chat_request import ChatRequest
from ftwidgets.sandbox.api.chat.stored_completions import keep_completion
from ftwidgets.sandbox.api.request_model import read_body
from ftwidgets.sandbox.api_errors import invalid_request
from ftwidgets.sandbox.inference.completion import Completion, Inference
from ftwidgets.sandbox.store.store import Store

if TYPE_CHECKING:
    from ftwidgets.engine import Piece, TokenLogprob

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
        id_, created = self._store.ids.new("chatcmpl-", 29), int(self._store.clock.time())
        answer = ChatCompletion(asked, id_, created, len(completion.prompt))
        if asked.stream:
            return StreamingResponse(self._stream(answer, completion, owner), media_type="text/event-stream")
        for index in range(asked.n):
            answer.choices.append(WrittenText())
            async for pieces in self._inference.stream_chunks(completion, index):
                for piece in pieces:
                    answer.choices[index].add(piece)
                if await request.is_disconnected():
                    return Response(status_code=GONE)
        return JSONResponse(await self._finish(answer, owner))

    async def _stream(self, answer: ChatCompletion, completion: Completion, owner: str) -> AsyncIterator[str]:
        """Send the choices as they are written, one after another, then the usage if it was asked for."""
        for index in range(answer.request.n):
            answer.choices.append(WrittenText())
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


@dataclass(kw_only=True)
class WrittenText:
    """The text of an answer, as far as it has been written."""

    text: str = ""
    n_tokens: int = 0
    finish_reason: str | None = None
    logprobs: list[Body] = field(default_factory=list)

    def add(self, piece: Piece) -> None:
        """Append a piece."""
        self.text += piece.text
        self.n_tokens += piece.n_tokens
        self.finish_reason = piece.finish_reason
        self.logprobs += map(logprob_body, piece.tokens)


@dataclass
class ChatCompletion:
    """A completion as far as it has been written; `n_prompt` is the number of tokens in the prompt."""

    request: ChatRequest
    id: str
    created: int
    n_prompt: int
    choices: list[WrittenText] = field(default_factory=list)

    def body(self) -> Body:
        """Return the whole completion."""
        choices: list[Body] = [
            {
                "index": index,
                "message": {"role": "assistant", "content": choice.text, "refusal": None, "annotations": []},
                "logprobs": self._logprobs(choice.logprobs),
                "finish_reason": choice.finish_reason,
            }
            for index, choice in enumerate(self.choices)
        ]
        metadata = {} if self.request.metadata is None else {"metadata": self.request.metadata}
        return {**self._envelope("chat.completion"), "choices": choices, "usage": self._usage(), **metadata}

    def first_chunk(self, index: int) -> Body:
        """Return the chunk that begins a choice."""
        return self._chunk(index, {"role": "assistant", "content": "", "refusal": None}, None, None)

    def chunks(self, index: int, piece: Piece) -> Iterator[Body]:
        """Yield the chunks of a piece; the finish reason has a chunk of its own."""
        if piece.text or piece.tokens:
            yield self._chunk(index, {"content": piece.text}, self._logprobs(list(map(logprob_body, piece.tokens))), None)
        if piece.finish_reason is not None:
            yield self._chunk(index, {}, None, piece.finish_reason)

    def usage_chunk(self) -> Body:
        """Return the last chunk, which has the number of tokens."""
        return {**self._envelope("chat.completion.chunk"), "usage": self._usage(), "choices": []}

    def _chunk(self, index: int, delta: Body, logprobs: Body | None, finish_reason: str | None) -> Body:
        choice = {"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": finish_reason}
        usage = {"usage": None} if self.request.stream_options.include_usage else {}
        return {**self._envelope("chat.completion.chunk"), **usage, "choices": [choice]}

    def _envelope(self, kind: str) -> Body:
        return {"id": self.id, "object": kind, "created": self.created, "model": self.request.model, "service_tier": "default"}

    def _logprobs(self, tokens: list[Body]) -> Body | None:
        return {"content": tokens, "refusal": None} if self.request.logprobs else None

    def _usage(self) -> Body:
        n_completion = sum(choice.n_tokens for choice in self.choices)
        details = ("reasoning_tokens", "audio_tokens", "accepted_prediction_tokens", "rejected_prediction_tokens")
        return {
            "prompt_tokens": self.n_prompt,
            "completion_tokens": n_completion,
            "total_tokens": self.n_prompt + n_completion,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": dict.fromkeys(details, 0),
        }


def logprob_body(token: TokenLogprob) -> Body:
    """Return a token with its log-probability, and the likeliest other tokens."""
    top = [{"token": text, "bytes": list(raw), "logprob": value} for text, raw, value in token.top]
    return {"token": token.token, "bytes": list(token.raw), "logprob": token.logprob, "top_logprobs": top}


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
        raise invalid_request(
            f"Invalid 'n': {request.n} answers of up to {length} tokens with 'top_logprobs' {top} are more than "
            f"{MOST_LOGPROBS} log-probabilities, the most that this sandbox gives at once. "
            "Ask for fewer answers, tokens or alternatives.",
            param="n",
            code="invalid_value",
        )
