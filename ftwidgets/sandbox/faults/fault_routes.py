"""The admin routes of faults: show, replace and clear the rules, read the journal, judge a client.

    GET, PUT, DELETE /faults      the rules
    GET /journal                  the requests that came
    GET /verdict                  how a client has behaved

Only admins may use them.
"""

from __future__ import annotations

import json
from typing import Annotated

from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ftwidgets.sandbox.api.auth import Caller
from ftwidgets.sandbox.api.request_model import Count, RequestModel, check_no_query, read_query
from ftwidgets.sandbox.api_errors import ApiError, invalid_request
from ftwidgets.sandbox.faults.faults import Faults
from ftwidgets.sandbox.faults.rules import RuleError

MAX_ENTRIES = 10_000


class JournalQuery(RequestModel):
    """How many entries to list, and whose."""

    limit: Annotated[Count, Field(le=MAX_ENTRIES)] = 1000
    owner: str | None = None


class VerdictQuery(RequestModel):
    """The budget of a client, and its owner."""

    max_calls: Annotated[Count, Field(le=10**9)] | None = None
    owner: str | None = None


class FaultRoutes:
    """Faults, journal and verdict over HTTP."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    def routes(self) -> list[Route]:
        """Return the routes, to be mounted below `/admin`."""
        return [
            Route("/faults", self.show, methods=["GET"]),
            Route("/faults", self.set, methods=["PUT"]),
            Route("/faults", self.clear, methods=["DELETE"]),
            Route("/journal", self.journal, methods=["GET"]),
            Route("/verdict", self.verdict, methods=["GET"]),
        ]

    async def show(self, request: Request) -> Response:
        """Return the active rules."""
        _require_admin(request)
        check_no_query(request)
        return JSONResponse(self._faults.to_json())

    async def set(self, request: Request) -> Response:
        """Replace all rules by those in the body."""
        _require_admin(request)
        check_no_query(request)
        try:
            self._faults.load(json.loads(await request.body()))
        except RuleError as error:
            raise invalid_request(str(error), param="rules", code="invalid_value") from error
        except (ValueError, RecursionError) as error:
            raise invalid_request(f"The body is no JSON: {error}.") from error
        return JSONResponse(self._faults.to_json())

    async def clear(self, request: Request) -> Response:
        """Remove all rules."""
        _require_admin(request)
        check_no_query(request)
        self._faults.clear()
        return JSONResponse(self._faults.to_json())

    async def journal(self, request: Request) -> Response:
        """List the last `limit` requests, of one `owner` or of all, oldest first."""
        _require_admin(request)
        query = read_query(request, JournalQuery)
        rows = [row for row in self._faults.journal.rows() if query.owner is None or row["owner"] == query.owner]
        return JSONResponse({"object": "list", "data": rows[-query.limit :], "has_more": len(rows) > query.limit})

    async def verdict(self, request: Request) -> Response:
        """Judge a client: the requests of one `owner` or of all, with a budget of `max_calls`."""
        _require_admin(request)
        query = read_query(request, VerdictQuery)
        verdict = self._faults.verdict(max_calls=query.max_calls, owner=query.owner)
        return JSONResponse({**verdict.to_json(), "text": verdict.text()})


def _require_admin(request: Request) -> None:
    caller: Caller | None = request.scope.get("caller")
    if caller is None or not caller.admin:
        message = "This key may not administrate the sandbox; use the administrator's key."
        raise ApiError(403, message, code="permission_denied")
