"""The routes under `/responses`: create (also streamed), retrieve, delete, list the input; cancelling is rejected.

A stored response contains its whole conversation, so that `previous_response_id` can continue it. The newest thousand of
each owner are kept, without log-probabilities. Left out: background responses, compaction.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from ftwidgets.sandbox.api.auth import owner_of
from ftwidgets.sandbox.api.bodies import Body, bounded_page_body
from ftwidgets.sandbox.api.chat.chat_completions import GONE
from ftwidgets.sandbox.api.chat.stored_completions import MOST_KEPT, page_of
from ftwidgets.sandbox.api.request_model import Count, ParameterError, RequestModel, only, query_pairs, read_body, read_query
from ftwidgets.sandbox.api.responses.items import ID_LENGTH, input_items, new_message_id, with_own_ids
from ftwidgets.sandbox.api.responses.response_bodies import EventStream, ModelResponse, event_sse
from ftwidgets.sandbox.api.responses.response_request import ResponseRequest
from ftwidgets.sandbox.api_errors import invalid_request, not_found
from ftwidgets.sandbox.inference.completion import Completion, Inference
from ftwidgets.sandbox.store.pages import find_owned
from ftwidgets.sandbox.store.queries import keep_newest
from ftwidgets.sandbox.store.records import ResponseRecord
from ftwidgets.sandbox.store.store import Store

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
