"""The events of a streamed response, in the service's order, numbered from 0.

    response.created, response.in_progress,
      response.output_item.added, response.content_part.added,
        response.output_text.delta …, response.output_text.done,
      response.content_part.done, response.output_item.done,
    response.completed or response.incomplete

Left out: events of tools, reasoning, refusals, audio and images.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ftwidgets.sandbox.api.bodies import Body
from ftwidgets.sandbox.api.chat.chat_bodies import logprob_body
from ftwidgets.sandbox.api.responses.items import output_part
from ftwidgets.sandbox.api.responses.response_bodies import ModelResponse

if TYPE_CHECKING:
    from ftwidgets.engine import Piece


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
