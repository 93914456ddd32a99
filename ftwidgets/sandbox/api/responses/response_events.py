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
from ftwidgets.sandbox.api.responses.response_bodies import Draft

if TYPE_CHECKING:
    from ftwidgets.engine import Piece


class Events:
    """Writes the events of one response."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._number = 0

    def opening(self) -> Iterator[Body]:
        """Tell that the response, its message and its text begin."""
        draft = self._draft
        yield self._event("response.created", response=draft.body())
        yield self._event("response.in_progress", response=draft.body())
        yield self._event("response.output_item.added", output_index=0, item=draft.item())
        yield self._in_part("response.content_part.added", part=output_part(""))

    def delta(self, piece: Piece) -> Iterator[Body]:
        """Tell a piece of the text."""
        if piece.text or piece.tokens:
            tokens = [_event_logprob(logprob_body(token)) for token in piece.tokens]
            yield self._in_part("response.output_text.delta", delta=piece.text, logprobs=tokens)

    def closing(self, body: Body) -> Iterator[Body]:
        """Tell that the text, its message and the response are over."""
        draft = self._draft
        tokens = list(map(_event_logprob, draft.logprobs))
        yield self._in_part("response.output_text.done", text=draft.text, logprobs=tokens)
        yield self._in_part("response.content_part.done", part=draft.part())
        yield self._event("response.output_item.done", output_index=0, item=draft.item())
        yield self._event(f"response.{draft.status}", response=body)

    def _in_part(self, kind: str, **what: Any) -> Body:
        return self._event(kind, item_id=self._draft.message_id, output_index=0, content_index=0, **what)

    def _event(self, kind: str, **what: Any) -> Body:
        event = {"type": kind, "sequence_number": self._number, **what}
        self._number += 1
        return event


def event_sse(event: Body) -> str:
    """Write an event as a server-sent one."""
    return f"event: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n"


def _event_logprob(token: Body) -> Body:
    """Show a token as events do, without its bytes."""
    top = [{"token": item["token"], "logprob": item["logprob"]} for item in token["top_logprobs"]]
    return {"token": token["token"], "logprob": token["logprob"], "top_logprobs": top}
