"""The bodies of a chat completion: the whole answer, and the chunks of a streamed one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ftwidgets.sandbox.api.bodies import Body
from ftwidgets.sandbox.api.chat.chat_request import ChatRequest

if TYPE_CHECKING:
    from ftwidgets.engine import Piece, TokenLogprob


@dataclass
class Choice:
    """One of the n answers, as far as it has been written."""

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
    """A completion as far as it has been written.

    Parameters
    ----------
    request
        What was asked.
    id, created
        Its name and when it began.
    n_prompt
        How many tokens the prompt has.
    """

    request: ChatRequest
    id: str
    created: int
    n_prompt: int
    choices: list[Choice] = field(default_factory=list)

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
        return {
            "id": self.id,
            "object": kind,
            "created": self.created,
            "model": self.request.model,
            "service_tier": "default",
        }

    def _logprobs(self, tokens: list[Body]) -> Body | None:
        return {"content": tokens, "refusal": None} if self.request.logprobs else None

    def _usage(self) -> Body:
        n_completion = sum(choice.n_tokens for choice in self.choices)
        return {
            "prompt_tokens": self.n_prompt,
            "completion_tokens": n_completion,
            "total_tokens": self.n_prompt + n_completion,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {
                "reasoning_tokens": 0,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        }


def logprob_body(token: TokenLogprob) -> Body:
    """Return a token with its log-probability, and the likeliest other tokens."""
    top = [{"token": text, "bytes": list(raw), "logprob": value} for text, raw, value in token.top]
    return {"token": token.token, "bytes": list(token.raw), "logprob": token.logprob, "top_logprobs": top}
