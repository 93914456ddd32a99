"""The body of a response before, while and after the answer is written, and the events of a streamed one.

Events are numbered from 0 and come in the service's order:

    response.created, response.in_progress,
      response.output_item.added, response.content_part.added,
        response.output_text.delta …, response.output_text.done,
      response.content_part.done, response.output_item.done,
    response.completed or response.incomplete

Left out: keys that the client's types do not know; events of tools, reasoning, refusals, audio and images.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ftwidgets.sandbox.api.bodies import Body
from ftwidgets.sandbox.api.chat.chat_completions import WrittenText, logprob_body
from ftwidgets.sandbox.api.responses.items import output_item, output_part
from ftwidgets.sandbox.api.responses.response_request import ResponseRequest

if TYPE_CHECKING:
    from ftwidgets.engine import Piece


@dataclass(kw_only=True)
class ModelResponse(WrittenText):
    """A response as far as it has been written; `n_prompt` is the number of tokens in the prompt."""

    request: ResponseRequest
    id: str
    message_id: str
    created_at: int
    n_prompt: int

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
        request = self.request
        usage: Body | None = None
        if self.finish_reason is not None:
            usage = {
                "input_tokens": self.n_prompt,
                "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
                "output_tokens": self.n_tokens,
                "output_tokens_details": {"reasoning_tokens": 0},
                "total_tokens": self.n_prompt + self.n_tokens,
            }
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
            "output": [] if usage is None else [self.item()],
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
            "usage": usage,
            "user": request.user,
            "safety_identifier": request.safety_identifier,
            "prompt_cache_key": request.prompt_cache_key,
            "prompt_cache_retention": request.prompt_cache_retention,
        }


class EventStream:
    """Writes the events of one response."""

    def __init__(self, response: ModelResponse) -> None:
        self._response = response
        self._number = 0

    def begin(self) -> Iterator[Body]:
        """Yield the events with which the response, its message and its text begin."""
        response = self._response
        yield self._event("response.created", response=response.body())
        yield self._event("response.in_progress", response=response.body())
        yield self._event("response.output_item.added", output_index=0, item=response.item())
        yield self._in_part("response.content_part.added", part=output_part(""))

    def delta(self, piece: Piece) -> Iterator[Body]:
        """Yield the event of a piece of text."""
        if piece.text or piece.tokens:
            tokens = [_event_logprob(logprob_body(token)) for token in piece.tokens]
            yield self._in_part("response.output_text.delta", delta=piece.text, logprobs=tokens)

    def end(self, body: Body) -> Iterator[Body]:
        """Yield the events with which the text, its message and the response end."""
        response = self._response
        tokens = list(map(_event_logprob, response.logprobs))
        yield self._in_part("response.output_text.done", text=response.text, logprobs=tokens)
        yield self._in_part("response.content_part.done", part=response.part())
        yield self._event("response.output_item.done", output_index=0, item=response.item())
        yield self._event(f"response.{response.status}", response=body)

    def _in_part(self, kind: str, **values: Any) -> Body:
        return self._event(kind, item_id=self._response.message_id, output_index=0, content_index=0, **values)

    def _event(self, kind: str, **values: Any) -> Body:
        event = {"type": kind, "sequence_number": self._number, **values}
        self._number += 1
        return event


def event_sse(event: Body) -> str:
    """Write an event as a server-sent one."""
    return f"event: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n"


def _event_logprob(token: Body) -> Body:
    """Show a token as events do, without its bytes."""
    top = [{"token": item["token"], "logprob": item["logprob"]} for item in token["top_logprobs"]]
    return {"token": token["token"], "logprob": token["logprob"], "top_logprobs": top}
