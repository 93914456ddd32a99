"""The routes under `/responses`: create (also streamed), retrieve, delete, list the input; cancelling is rejected.

A stored response contains its whole conversation, so that `previous_response_id` can continue it. The newest thousand of
each owner are kept, without log-probabilities. Left out: background responses, compaction; events of tools, reasoning,
refusals, audio and images.

The events of a streamed response are numbered from 0 and come in the service's order:

    response.created, response.in_progress,
      response.output_item.added, response.content_part.added,
        response.output_text.delta …, response.output_text.done,
      response.content_part.done, response.output_item.done,
    response.completed or response.incomplete
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, model_validator
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from ftwidgets.sandbox.api.auth import owner_of
from ftwidgets.sandbox.api.bodies import Body, bounded_page_body
from ftwidgets.sandbox.api.chat.chat_completions import GONE, WrittenText, logprob_body
from ftwidgets.sandbox.api.chat.stored_completions import MOST_KEPT, page_of
from ftwidgets.sandbox.api.request_model import Count, ParameterError, RequestModel, only, query_pairs, read_body, read_query
from ftwidgets.sandbox.api.responses.items import ID_LENGTH, input_items, new_message_id, output_item, output_part, with_own_ids
from ftwidgets.sandbox.api.responses.response_request import ResponseRequest
from ftwidgets.sandbox.api_errors import invalid_request, not_found
from ftwidgets.sandbox.inference.completion import Completion, Inference
from ftwidgets.sandbox.store.queries import find_owned, keep_newest
from ftwidgets.sandbox.store.records import ResponseRecord
from ftwidgets.sandbox.store.store import Store

if TYPE_CHECKING:
    from ftwidgets.engine import Piece

MOST = 100  # items on a page
NO_REPLAY = "A response that is finished is not streamed again."
NOT_KEPT = "Log-probabilities are not kept with a stored response; take them from the one that was answered."


class _IncludeQuery(RequestModel):
    @model_validator(mode="before")
    @classmethod
    def _reject_include(cls, values: dict[str, str]) -> dict[str, str]:
        if query_pairs(values, "include"):
            raise ParameterError(f"Unsupported parameter: 'include'. {NOT_KEPT}", "unsupported_parameter", param="include")
        return values


class _RetrieveQuery(_IncludeQuery):
    stream: Annotated[Any, only("false", instead=NO_REPLAY)] = None
    include_obfuscation: Annotated[Any, only("false", instead=NO_REPLAY)] = None
    starting_after: Annotated[Any, only(instead=NO_REPLAY)] = None


class _ItemsQuery(_IncludeQuery):
    after: str | None = None
    limit: Annotated[Count, Field(le=MOST)] = 20
    order: Literal["asc", "desc"] = "desc"


class Responses:
    """The routes of responses."""

    def __init__(self, inference: Inference, store: Store) -> None:
        self._inference = inference
        self._store = store

    def routes(self) -> list[Route]:
        """Return the routes."""
        one = "/responses/{id}"
        return [
            Route("/responses", self.create, methods=["POST"]),
            Route(one, self.retrieve, methods=["GET"]),
            Route(one, self.delete, methods=["DELETE"]),
            Route(one + "/cancel", self.cancel, methods=["POST"]),
            Route(one + "/input_items", self.input_items, methods=["GET"]),
        ]

    async def create(self, request: Request) -> Response:
        """Create a response; if the client disconnects, the model stops at its next turn."""
        ids, owner = self._store.ids, owner_of(request)
        asked = await read_body(request, ResponseRequest)
        earlier = self._earlier(asked.previous_response_id, owner)
        conversation = with_own_ids([*earlier, *input_items(asked.input, ids)], ids)
        completion = await self._inference.start_completion(owner, asked.completion(conversation), "input")
        response = ModelResponse(
            request=asked,
            id=ids.new("resp_", ID_LENGTH),
            message_id=new_message_id(ids),
            created_at=int(self._store.clock.time()),
            n_prompt=len(completion.prompt),
        )
        if asked.stream:
            return StreamingResponse(self._stream(response, completion, conversation, owner), media_type="text/event-stream")
        async for pieces in self._inference.stream_chunks(completion):
            for piece in pieces:
                response.add(piece)
            if await request.is_disconnected():
                return Response(status_code=GONE)
        return JSONResponse(await self._finish(response, conversation, owner))

    async def retrieve(self, request: Request) -> Response:
        """Return one response."""
        record = self._find(request)
        read_query(request, _RetrieveQuery)
        return JSONResponse(record.body)

    async def delete(self, request: Request) -> Response:
        """Delete a response; responses that continue it keep their own copy of the conversation."""
        record = self._find(request)
        await run_in_threadpool(self._store.db.delete, ResponseRecord, record.id)
        return JSONResponse({"id": record.id, "object": "response", "deleted": True})

    async def cancel(self, request: Request) -> Response:
        """Reject: a response that has an id is finished."""
        self._find(request)
        raise invalid_request("Cannot cancel a synchronous response.")

    async def input_items(self, request: Request) -> Response:
        """List the messages before a response, earlier responses included, newest first by default."""
        record, query = self._find(request), read_query(request, _ItemsQuery)
        page = page_of(record.conversation, query.after, query.limit, query.order == "desc")
        return JSONResponse(bounded_page_body(*page, empty=""))

    async def _stream(
        self, response: ModelResponse, completion: Completion, conversation: list[Body], owner: str
    ) -> AsyncIterator[str]:
        events = EventStream(response)
        yield "".join(map(event_sse, events.begin()))
        async for pieces in self._inference.stream_chunks(completion):
            for piece in pieces:
                response.add(piece)
            yield "".join(event_sse(event) for piece in pieces for event in events.delta(piece))
        body = await self._finish(response, conversation, owner)
        yield "".join(map(event_sse, events.end(body)))

    async def _finish(self, response: ModelResponse, conversation: list[Body], owner: str) -> Body:
        """Return the body, and store it if that was asked for."""
        body = response.body(int(self._store.clock.time()))
        if response.request.store:
            output = [{**item, "content": [{**part, "logprobs": []} for part in item["content"]]} for item in body["output"]]
            record = ResponseRecord(
                id=response.id,
                owner=owner,
                created_at=response.created_at,
                conversation=conversation,
                body={**body, "output": output},
            )
            await run_in_threadpool(keep_newest, self._store.db, record, MOST_KEPT)
        return body

    def _earlier(self, previous: str | None, owner: str) -> list[Body]:
        """Return the conversation up to and including an earlier response, without its instructions."""
        if previous is None:
            return []
        record = find_owned(self._store.db, ResponseRecord, previous, owner)
        if record is None:
            message = f"Previous response with id '{previous}' not found."
            raise invalid_request(message, param="previous_response_id", code="previous_response_not_found")
        return [*record.conversation, *record.body["output"]]

    def _find(self, request: Request) -> ResponseRecord:
        id_ = request.path_params["id"]
        record = find_owned(self._store.db, ResponseRecord, id_, owner_of(request))
        if record is None:
            raise not_found(f"Response with id '{id_}' not found.")
        return record


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
