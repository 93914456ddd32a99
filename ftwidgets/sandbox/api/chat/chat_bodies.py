"""What a chat completion looks like: the bodies of a whole answer and of the chunks of a streamed one.

Left out: how an answer is generated (`ftwidgets.sandbox.inference.completion`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ftwidgets.sandbox.api.bodies import Body
from ftwidgets.sandbox.api.chat.chat_request import ChatRequest

if TYPE_CHECKING:
    from ftwidgets.engine import Piece, TokenLogprob


@dataclass(frozen=True)
class Opening:
    """What is settled before the first word: the completion's name and when it began."""

    id: str
    created: int


@dataclass
class Answer:
    """One of the n answers, as far as it has been written."""

    index: int
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


def completion_body(wanted: ChatRequest, opening: Opening, n_prompt: int, answers: list[Answer]) -> Body:
    """Show whole answers."""
    choices: list[Body] = [
        {
            "index": answer.index,
            "message": {"role": "assistant", "content": answer.text, "refusal": None, "annotations": []},
            "logprobs": _logprobs_body(wanted, answer.logprobs),
            "finish_reason": answer.finish_reason,
        }
        for answer in answers
    ]
    usage = _usage_body(n_prompt, sum(answer.n_tokens for answer in answers))
    body = {**_envelope(wanted, opening, "chat.completion"), "choices": choices, "usage": usage}
    return body if wanted.metadata is None else {**body, "metadata": wanted.metadata}


class Chunks:
    """The chunks of a streamed completion, in the order in which they are sent."""

    def __init__(self, wanted: ChatRequest, opening: Opening) -> None:
        self._wanted = wanted
        self._envelope = _envelope(wanted, opening, "chat.completion.chunk")
        if wanted.include_usage:
            self._envelope["usage"] = None

    def first(self, index: int) -> Body:
        """Begin an answer."""
        return self._chunk(index, {"role": "assistant", "content": "", "refusal": None}, None, None)

    def of(self, index: int, piece: Piece) -> Iterator[Body]:
        """Show a piece; the last one's finish reason has a chunk of its own."""
        if piece.text or piece.tokens:
            logprobs = _logprobs_body(self._wanted, list(map(logprob_body, piece.tokens)))
            yield self._chunk(index, {"content": piece.text}, logprobs, None)
        if piece.finish_reason is not None:
            yield self._chunk(index, {}, None, piece.finish_reason)

    def usage(self, usage: Body) -> Body:
        """End with the number of tokens."""
        return {**self._envelope, "choices": [], "usage": usage}

    def _chunk(self, index: int, delta: Body, logprobs: Body | None, finish_reason: str | None) -> Body:
        choice = {"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": finish_reason}
        return {**self._envelope, "choices": [choice]}


def sse(body: Body | None) -> str:
    """Write a chunk as a server-sent event."""
    return f"data: {'[DONE]' if body is None else json.dumps(body, ensure_ascii=False)}\n\n"


def _envelope(wanted: ChatRequest, opening: Opening, kind: str) -> Body:
    return {
        "id": opening.id,
        "object": kind,
        "created": opening.created,
        "model": wanted.completion.model,
        "service_tier": "default",
    }


def _logprobs_body(wanted: ChatRequest, tokens: list[Body]) -> Body | None:
    return None if wanted.completion.top_logprobs is None else {"content": tokens, "refusal": None}


def logprob_body(token: TokenLogprob) -> Body:
    """Show a token and its rivals."""
    top = [{"token": text, "bytes": list(raw), "logprob": value} for text, raw, value in token.top]
    return {"token": token.token, "bytes": list(token.raw), "logprob": token.logprob, "top_logprobs": top}


def _usage_body(n_prompt: int, n_completion: int) -> Body:
    return {
        "prompt_tokens": n_prompt,
        "completion_tokens": n_completion,
        "total_tokens": n_prompt + n_completion,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 0,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }
