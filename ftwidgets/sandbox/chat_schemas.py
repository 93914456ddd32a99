"""What a chat completion looks like: the bodies of a whole answer and of the chunks of a streamed one.

Left out: how an answer comes about (`chat`).
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ftwidgets.sandbox.chat_request import ChatRequest
from ftwidgets.sandbox.ids import new_id
from ftwidgets.sandbox.schemas import Body

if TYPE_CHECKING:
    from ftwidgets.engine import Piece, TokenLogprob


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
        self.logprobs += map(_logprob_body, piece.tokens)


def completion_body(wanted: ChatRequest, n_prompt: int, answers: list[Answer]) -> Body:
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
    body = _envelope(wanted, "chat.completion")
    body |= {"choices": choices, "usage": _usage_body(n_prompt, sum(answer.n_tokens for answer in answers))}
    return body if wanted.metadata is None else {**body, "metadata": wanted.metadata}


def chunk_bodies(wanted: ChatRequest, n_prompt: int, answers: Iterable[Iterator[Piece]]) -> Iterator[Body | None]:
    """Show answers as they are written, one after another, then perhaps the usage; None stands for the end."""
    envelope = _envelope(wanted, "chat.completion.chunk")
    if wanted.include_usage:
        envelope["usage"] = None
    n_tokens = 0
    for index, pieces in enumerate(answers):
        opening = {"role": "assistant", "content": "", "refusal": None}
        yield {**envelope, "choices": [_chunk_choice(index, opening, None, None)]}
        for piece in pieces:
            n_tokens += piece.n_tokens
            logprobs = _logprobs_body(wanted, [_logprob_body(token) for token in piece.tokens])
            if piece.text or piece.tokens:
                yield {**envelope, "choices": [_chunk_choice(index, {"content": piece.text}, logprobs, None)]}
            if piece.finish_reason is not None:
                yield {**envelope, "choices": [_chunk_choice(index, {}, None, piece.finish_reason)]}
    if wanted.include_usage:
        yield {**envelope, "choices": [], "usage": _usage_body(n_prompt, n_tokens)}
    yield None


def sse(body: Body | None) -> str:
    """Write a chunk as a server-sent event."""
    return f"data: {'[DONE]' if body is None else json.dumps(body, ensure_ascii=False)}\n\n"


def _envelope(wanted: ChatRequest, kind: str) -> Body:
    return {
        "id": new_id("chatcmpl-", 29),
        "object": kind,
        "created": int(time.time()),
        "model": wanted.model,
        "service_tier": "default",
    }


def _chunk_choice(index: int, delta: Body, logprobs: Body | None, finish_reason: str | None) -> Body:
    return {"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": finish_reason}


def _logprobs_body(wanted: ChatRequest, tokens: list[Body]) -> Body | None:
    return None if wanted.top_logprobs is None else {"content": tokens, "refusal": None}


def _logprob_body(token: TokenLogprob) -> Body:
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
