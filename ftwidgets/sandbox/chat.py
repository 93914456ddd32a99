"""The route `/chat/completions`: an answer from a model, whole or as it is written.

Left out: stored completions, tools, several prompts at once.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from ftwidgets.sandbox.catalog import Catalog
from ftwidgets.sandbox.chat_request import ChatRequest, read_chat_request
from ftwidgets.sandbox.chat_schemas import Answer, chunk_bodies, completion_body, sse
from ftwidgets.sandbox.errors import refused
from ftwidgets.sandbox.params import body_params

if TYPE_CHECKING:
    from ftwidgets.engine import Model, Piece

_SPREAD = 0x9E3779B97F4A7C15  # 2**64 over the golden ratio: far apart for neighbouring choices


@dataclass(frozen=True)
class Talk:
    """A model and a prompt it can take."""

    request: ChatRequest
    model: Model
    prompt: list[int]

    def pieces(self, index: int) -> Iterator[Piece]:
        """Write one of the n answers, piece by piece."""
        from ftwidgets.engine import generate

        wanted = self.request
        seed = None if wanted.seed is None else (wanted.seed + index * _SPREAD) % 2**64
        room = self.model.config.max_position_embeddings - len(self.prompt)
        return generate(
            self.model,
            self.prompt,
            max_tokens=room if wanted.max_tokens is None else min(wanted.max_tokens, room),
            temperature=wanted.temperature,
            top_p=wanted.top_p,
            seed=seed,
            stop=wanted.stop,
            top_logprobs=wanted.top_logprobs,
        )


class Chat:
    """Answers from the models of a catalog."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def routes(self) -> list[Route]:
        """List the routes."""
        return [Route("/chat/completions", self.create, methods=["POST"])]

    async def create(self, request: Request) -> Response:
        """Answer a chat. The model works in a thread; a request that is given up stops it at the next token."""
        wanted = read_chat_request(await body_params(request))
        talk = await anyio.to_thread.run_sync(self._begin, wanted)
        if wanted.stream:
            chunks = chunk_bodies(wanted, len(talk.prompt), map(talk.pieces, range(wanted.n)))
            return StreamingResponse(map(sse, chunks), media_type="text/event-stream")
        given_up = threading.Event()
        try:
            answers = await anyio.to_thread.run_sync(_answers, talk, given_up, abandon_on_cancel=True)
        finally:
            given_up.set()
        return JSONResponse(completion_body(wanted, len(talk.prompt), answers))

    def _begin(self, wanted: ChatRequest) -> Talk:
        model = self._catalog.load(wanted.model)
        prompt = model.tokenizer.encode_prompt(wanted.messages)
        context = model.config.max_position_embeddings
        if len(prompt) >= context:
            raise refused(
                f"This model's maximum context length is {context} tokens. However, your messages resulted in "
                f"{len(prompt)} tokens. Please reduce the length of the messages; the answer needs room too.",
                param="messages",
                code="context_length_exceeded",
            )
        return Talk(wanted, model, prompt)


def _answers(talk: Talk, given_up: threading.Event) -> list[Answer]:
    answers = []
    for index in range(talk.request.n):
        answer = Answer(index)
        for piece in talk.pieces(index):
            answer.add(piece)
            if given_up.is_set():
                return []
        answers.append(answer)
    return answers
