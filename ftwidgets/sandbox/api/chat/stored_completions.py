"""The routes of stored chat completions: list, retrieve, change the metadata, delete, list the messages.

A completion is stored without its log-probabilities; the newest thousand of each owner are kept.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ftwidgets.sandbox.api.auth import owner_of
from ftwidgets.sandbox.api.bodies import Body, bounded_page_body, deleted_body
from ftwidgets.sandbox.api.request_model import (
    Count,
    Metadata,
    MetadataQuery,
    RequestModel,
    check_no_query,
    read_body,
    read_query,
)
from ftwidgets.sandbox.api_errors import not_found
from ftwidgets.sandbox.store.queries import completions_page, find_owned, keep_newest
from ftwidgets.sandbox.store.records import CompletionRecord
from ftwidgets.sandbox.store.store import Store

MOST_KEPT = 1000  # of each owner
MOST = 100  # items on a page


def keep_completion(store: Store, owner: str, messages: list[dict[str, Any]], body: Body) -> None:
    """Store a completion with the messages of its request, and delete the oldest beyond `MOST_KEPT`."""
    plain = {**body, "choices": [{**choice, "logprobs": None} for choice in body["choices"]]}
    metadata = plain.pop("metadata", None)
    record = CompletionRecord(
        id=body["id"],
        owner=owner,
        created_at=body["created"],
        model=body["model"],
        metadata=metadata,
        messages=messages,
        body=plain,
    )
    keep_newest(store.db, record, MOST_KEPT)


class _MetadataRequest(RequestModel):
    metadata: Metadata | None

    @model_validator(mode="before")
    @classmethod
    def _drop_nulls(cls, values: Any) -> Any:
        return values  # here a null means something: it removes the metadata


class _MessagesQuery(RequestModel):
    after: str | None = None
    limit: Annotated[Count, Field(le=MOST)] = 20
    order: Literal["asc", "desc"] = "asc"


class _CompletionsQuery(MetadataQuery, _MessagesQuery):
    model: str | None = None


class StoredCompletions:
    """The routes of stored chat completions."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def routes(self) -> list[Route]:
        """Return the routes."""
        all_, one = "/chat/completions", "/chat/completions/{id}"
        return [
            Route(all_, self.list, methods=["GET"]),
            Route(one, self.retrieve, methods=["GET"]),
            Route(one, self.update, methods=["POST"]),
            Route(one, self.delete, methods=["DELETE"]),
            Route(one + "/messages", self.messages, methods=["GET"]),
        ]

    async def list(self, request: Request) -> Response:
        """List completions, oldest first by default, optionally only those of a model or with certain metadata."""
        owner, query, db = owner_of(request), read_query(request, _CompletionsQuery), self._store.db
        if query.after is not None:
            self._find(query.after, owner, "after")
        metadata, newest = None if query.metadata else query.metadata_pairs, query.order == "desc"
        found, more = completions_page(
            db, owner, model=query.model, metadata=metadata, after=query.after, newest=newest, limit=query.limit
        )
        return JSONResponse(bounded_page_body([stored_body(record) for record in found], more, empty=""))

    async def retrieve(self, request: Request) -> Response:
        """Return one completion."""
        check_no_query(request)
        return JSONResponse(stored_body(self._stored(request)))

    async def update(self, request: Request) -> Response:
        """Replace the metadata of a completion; null removes it."""
        record, metadata = self._stored(request), (await read_body(request, _MetadataRequest)).metadata
        await run_in_threadpool(self._store.db.update, CompletionRecord, record.id, metadata=metadata)
        return JSONResponse(stored_body(self._stored(request)))

    async def delete(self, request: Request) -> Response:
        """Delete a completion."""
        record = self._stored(request)
        await run_in_threadpool(self._store.db.delete, CompletionRecord, record.id)
        return JSONResponse(deleted_body(record.id, "chat.completion.deleted"))

    async def messages(self, request: Request) -> Response:
        """List the messages of the request, in their order by default."""
        record, query = self._stored(request), read_query(request, _MessagesQuery)
        bodies = [_message_body(record.id, place, message) for place, message in enumerate(record.messages)]
        return JSONResponse(bounded_page_body(*page_of(bodies, query.after, query.limit, query.order == "desc"), empty=""))

    def _stored(self, request: Request) -> CompletionRecord:
        return self._find(request.path_params["id"], owner_of(request))

    def _find(self, id_: str, owner: str, param: str | None = None) -> CompletionRecord:
        record = find_owned(self._store.db, CompletionRecord, id_, owner)
        if record is None:
            reason = f"Only completions made with store=True are kept, the newest {MOST_KEPT}."
            raise not_found(f"Chat completion {id_} not found. {reason}", param=param)
        return record


def stored_body(record: CompletionRecord) -> Body:
    """Return the body of a stored completion; its metadata is an object, even if empty."""
    return {**record.body, "metadata": record.metadata or {}}


def page_of(bodies: list[Body], after: str | None, limit: int, newest: bool) -> tuple[list[Body], bool]:
    """Return one page of a list in memory, and whether there are more items behind it."""
    listed = bodies[::-1] if newest else bodies
    ids = [body["id"] for body in listed]
    if after is not None and after not in ids:
        raise not_found(f"Nothing in this list has the id {after}", param="after")
    start = 0 if after is None else ids.index(after) + 1
    return listed[start : start + limit], len(listed) > start + limit


def _message_body(completion: str, place: int, message: dict[str, Any]) -> Body:
    """Return a stored message with its own role, as the service's example has it; the schema knows assistants only."""
    content, parts = message["content"], None
    if not isinstance(content, str):
        parts = [{"type": "text", "text": part["text"]} for part in content]
        content = "".join(part["text"] for part in parts)
    id_, role = f"{completion}-{place}", message["role"]
    return {"id": id_, "role": role, "content": content, "refusal": None, "content_parts": parts}
