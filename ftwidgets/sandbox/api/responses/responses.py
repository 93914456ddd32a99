"""The routes under `/responses`: create (plain or streamed), look, delete, list the input; cancelling is refused.

A stored response keeps the conversation it stands on, so that `previous_response_id` can go on with it; of each owner's, the
newest thousand are kept, without their log-probabilities. Left out: responses in the background, compaction.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from ftwidgets.sandbox.api.auth import owner_of
from ftwidgets.sandbox.api.bodies import Body, bounded_page_body
from ftwidgets.sandbox.api.chat.chat_completions import GONE
from ftwidgets.sandbox.api.chat.chat_request import speaks_of_json
from ftwidgets.sandbox.api.chat.stored_completions import drop_oldest, page_of
from ftwidgets.sandbox.api.params import Query, body_params
from ftwidgets.sandbox.api.responses.items import ID_LENGTH, new_message_id, plain_messages, with_own_ids
from ftwidgets.sandbox.api.responses.response_bodies import Draft
from ftwidgets.sandbox.api.responses.response_events import Events, event_sse
from ftwidgets.sandbox.api.responses.response_request import ResponseRequest, read_response_request
from ftwidgets.sandbox.api_errors import missing, refused
from ftwidgets.sandbox.inference.completion import Completion, CompletionRequest, Inference
from ftwidgets.sandbox.store.records import ResponseRecord
from ftwidgets.sandbox.store.store import Store

MOST = 100  # items on a page
NOT_KEPT = "Log-probabilities are not kept with a stored response; take them from the one that was answered."


class Responses:
    """Responses of the models of a catalog, as the API offers them; everybody sees only their own."""

    def __init__(self, inference: Inference, store: Store) -> None:
        self._inference = inference
        self._store = store

    def routes(self) -> list[Route]:
        """List the routes."""
        one = "/responses/{id}"
        return [
            Route("/responses", self.create, methods=["POST"]),
            Route(one, self.retrieve, methods=["GET"]),
            Route(one, self.delete, methods=["DELETE"]),
            Route(one + "/cancel", self.cancel, methods=["POST"]),
            Route(one + "/input_items", self.input_items, methods=["GET"]),
        ]

    async def create(self, request: Request) -> Response:
        """Answer; a request that is given up stops at the next turn."""
        ids, owner = self._store.ids, owner_of(request)
        wanted = read_response_request(await body_params(request), ids)
        conversation = with_own_ids([*self._earlier(wanted.previous, owner), *wanted.items], ids)
        completion = await self._inference.start_completion(owner, _completion_request(wanted, conversation), "input")
        draft = Draft(
            wanted=wanted,
            id=ids.new("resp_", ID_LENGTH),
            message_id=new_message_id(ids),
            created_at=int(self._store.clock.time()),
            n_prompt=len(completion.prompt),
        )
        if wanted.stream:
            return StreamingResponse(self._stream(draft, completion, conversation, owner), media_type="text/event-stream")
        async for pieces in self._inference.stream_chunks(completion):
            for piece in pieces:
                draft.add(piece)
            if await request.is_disconnected():
                return Response(status_code=GONE)
        return JSONResponse(await self._finish(draft, conversation, owner))

    async def retrieve(self, request: Request) -> Response:
        """Show one response."""
        record, query = self._find(request), Query(request)
        if query.keyed("include"):
            raise refused(f"Unsupported parameter: 'include'. {NOT_KEPT}", param="include", code="unsupported_parameter")
        for name in ("stream", "include_obfuscation"):
            query.unsupported(name, "false", instead="A response that is finished is not streamed again.")
        query.unsupported("starting_after", instead="A response that is finished is not streamed again.")
        query.done()
        return JSONResponse(record.body)

    async def delete(self, request: Request) -> Response:
        """Forget a response; others that went on from it keep their own copy of the conversation."""
        record = self._find(request)
        await run_in_threadpool(self._store.db.delete, ResponseRecord, record.id)
        return JSONResponse({"id": record.id, "object": "response", "deleted": True})

    async def cancel(self, request: Request) -> Response:
        """Refuse: a response that can be named is finished."""
        self._find(request)
        raise refused("Cannot cancel a synchronous response.")

    async def input_items(self, request: Request) -> Response:
        """List the messages that a response stands on, earlier ones included, newest first unless told otherwise."""
        record, query = self._find(request), Query(request)
        after, limit = query.text("after"), query.whole("limit", 20, most=MOST)
        newest = query.choice("order", ("asc", "desc")) != "asc"
        if query.keyed("include"):
            raise refused(f"Unsupported parameter: 'include'. {NOT_KEPT}", param="include", code="unsupported_parameter")
        query.done()
        return JSONResponse(bounded_page_body(*page_of(record.conversation, after, limit, newest), empty=""))

    async def _stream(self, draft: Draft, completion: Completion, conversation: list[Body], owner: str) -> AsyncIterator[str]:
        events = Events(draft)
        yield "".join(map(event_sse, events.opening()))
        async for pieces in self._inference.stream_chunks(completion):
            for piece in pieces:
                draft.add(piece)
            yield "".join(event_sse(event) for piece in pieces for event in events.delta(piece))
        body = await self._finish(draft, conversation, owner)
        yield "".join(map(event_sse, events.closing(body)))

    async def _finish(self, draft: Draft, conversation: list[Body], owner: str) -> Body:
        body = draft.body(int(self._store.clock.time()))
        if draft.wanted.store:
            await run_in_threadpool(self._keep, draft, body, conversation, owner)
        return body

    def _keep(self, draft: Draft, body: Body, conversation: list[Body], owner: str) -> None:
        plain = {**body, "output": [{**item, "content": _without_logprobs(item)} for item in body["output"]]}
        with self._store.db.transaction():
            self._store.db.insert(
                ResponseRecord(id=draft.id, owner=owner, created_at=draft.created_at, conversation=conversation, body=plain)
            )
            drop_oldest(self._store.db, ResponseRecord, owner)

    def _earlier(self, previous: str | None, owner: str) -> list[Body]:
        """Give the conversation up to and with an earlier response; its instructions are not part of it."""
        record = None if previous is None else self._store.db.get(ResponseRecord, previous)
        if record is not None and record.owner == owner:
            return [*record.conversation, *record.body["output"]]
        if previous is None:
            return []
        raise refused(
            f"Previous response with id '{previous}' not found.",
            param="previous_response_id",
            code="previous_response_not_found",
        )

    def _find(self, request: Request) -> ResponseRecord:
        id_ = request.path_params["id"]
        record = self._store.db.get(ResponseRecord, id_)
        if record is None or record.owner != owner_of(request):
            raise missing(f"Response with id '{id_}' not found.")
        return record


def _completion_request(wanted: ResponseRequest, conversation: list[Body]) -> CompletionRequest:
    messages = plain_messages(conversation)
    if wanted.json_object and not speaks_of_json(messages):
        raise refused(
            "Response input messages must contain the word 'json' in some form to use 'text.format' of type 'json_object'.",
            param="input",
        )
    if wanted.instructions is not None:
        messages.insert(0, {"role": "system", "content": wanted.instructions})
    return CompletionRequest(
        model=wanted.model,
        messages=messages,
        max_tokens=wanted.max_tokens,
        temperature=wanted.temperature,
        top_p=wanted.top_p,
        top_logprobs=wanted.top_logprobs,
        json_object=wanted.json_object,
    )


def _without_logprobs(item: Body) -> list[Body]:
    return [{**part, "logprobs": []} for part in item["content"]]
