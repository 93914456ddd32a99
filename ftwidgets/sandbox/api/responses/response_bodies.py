"""The body of a response before, while and after the answer is written; it has only keys that the client's types know."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ftwidgets.sandbox.api.bodies import Body
from ftwidgets.sandbox.api.chat.chat_bodies import logprob_body
from ftwidgets.sandbox.api.responses.items import output_item, output_part
from ftwidgets.sandbox.api.responses.response_request import ResponseRequest

if TYPE_CHECKING:
    from ftwidgets.engine import Piece


@dataclass
class ModelResponse:
    """A response as far as it has been written.

    Parameters
    ----------
    request
        What was asked.
    id, message_id
        The names of the response and of the message in it.
    created_at
        When it began.
    n_prompt
        The tokens that were read.
    """

    request: ResponseRequest
    id: str
    message_id: str
    created_at: int
    n_prompt: int
    text: str = ""
    n_tokens: int = 0
    logprobs: list[Body] = field(default_factory=list)
    finish_reason: str | None = None

    def add(self, piece: Piece) -> None:
        """Append a piece."""
        self.text += piece.text
        self.n_tokens += piece.n_tokens
        self.logprobs += map(logprob_body, piece.tokens)
        self.finish_reason = piece.finish_reason

    @property
    def status(self) -> str:
        """Its status; an answer that was cut off is incomplete."""
        if self.finish_reason is None:
            return "in_progress"
        return "completed" if self.finish_reason == "stop" else "incomplete"

    def part(self) -> Body:
        """Return the text as a part of the message."""
        return output_part(self.text, self.logprobs)

    def item(self) -> Body:
        """Return the message as an output item."""
        return output_item(self.message_id, self.status, [] if self.finish_reason is None else [self.part()])

    def body(self, completed_at: int | None = None) -> Body:
        """Return the response; `completed_at` is for one that is complete."""
        request, over = self.request, self.finish_reason is not None
        return {
            "id": self.id,
            "object": "response",
            "created_at": self.created_at,
            "completed_at": completed_at if self.status == "completed" else None,
            "status": self.status,
            "background": False,
            "error": None,
            "incomplete_details": {"reason": "max_output_tokens"} if self.status == "incomplete" else None,
            "instructions": request.instructions,
            "max_output_tokens": request.max_output_tokens,
            "max_tool_calls": None,
            "metadata": request.metadata or {},
            "model": request.model,
            "output": [self.item()] if over else [],
            "parallel_tool_calls": request.parallel_tool_calls,
            "previous_response_id": request.previous_response_id,
            "reasoning": {"effort": None, "summary": None},
            "service_tier": "default",
            "temperature": request.temperature,
            "text": {"format": {"type": "json_object" if request.json_object else "text"}, "verbosity": "medium"},
            "tool_choice": request.tool_choice,
            "tools": [],
            "top_logprobs": request.logprobs or 0,
            "top_p": request.top_p,
            "truncation": "disabled",
            "usage": _usage_body(self.n_prompt, self.n_tokens) if over else None,
            "user": request.user,
            "safety_identifier": request.safety_identifier,
            "prompt_cache_key": request.prompt_cache_key,
            "prompt_cache_retention": request.prompt_cache_retention,
        }


def _usage_body(n_input: int, n_output: int) -> Body:
    return {
        "input_tokens": n_input,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": n_output,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": n_input + n_output,
    }
