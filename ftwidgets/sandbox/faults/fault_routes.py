"""The administration's routes: set, show and clear what goes wrong, read the journal, ask for a verdict.

    GET, PUT, DELETE /faults      what goes wrong
    GET /journal                  the requests that came
    GET /verdict                  how a client has behaved

Only a caller who may administrate gets in. Left out: pages for people; the Python words (`faults`).
"""

from __future__ import annotations

import json

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ftwidgets.sandbox.api.auth import Caller
from ftwidgets.sandbox.api.params import Query
from ftwidgets.sandbox.api_errors import ApiError, refused
from ftwidgets.sandbox.faults.faults import Faults
from ftwidgets.sandbox.faults.rule import RuleError

MOST = 10_000


class FaultRoutes:
    """Faults, journal and verdict over HTTP.

    Parameters
    ----------
    faults
        What is shown and set.
    """

    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    def routes(self) -> list[Route]:
        """List the routes, to be mounted below `/admin`."""
        return [
            Route("/faults", self.show, methods=["GET"]),
            Route("/faults", self.set, methods=["PUT"]),
            Route("/faults", self.clear, methods=["DELETE"]),
            Route("/journal", self.journal, methods=["GET"]),
            Route("/verdict", self.verdict, methods=["GET"]),
        ]

    async def show(self, request: Request) -> Response:
        """Show what is set."""
        _check(request)
        Query(request).done()
        return self._shown()

    async def set(self, request: Request) -> Response:
        """Set what goes wrong, in the place of what was set."""
        _check(request)
        Query(request).done()
        try:
            self._faults.load(json.loads(await request.body()))
        except RuleError as error:
            raise refused(str(error), param="rules", code="invalid_value") from error
        except (ValueError, RecursionError) as error:
            raise refused(f"The body is no JSON: {error}.") from error
        return self._shown()

    async def clear(self, request: Request) -> Response:
        """Let everything go right again."""
        _check(request)
        Query(request).done()
        self._faults.clear()
        return self._shown()

    async def journal(self, request: Request) -> Response:
        """List the last requests, oldest first; `owner` names one caller, `limit` how many."""
        _check(request)
        query = Query(request)
        limit, owner = query.whole("limit", 1000, most=MOST), query.text("owner")
        query.done()
        rows = [row for row in self._faults.journal.rows() if owner is None or row["owner"] == owner]
        return JSONResponse({"object": "list", "data": rows[-limit:], "has_more": len(rows) > limit})

    async def verdict(self, request: Request) -> Response:
        """Judge a client; `owner` names it, `max_calls` is its budget."""
        _check(request)
        query = Query(request)
        calls, owner = query.whole("max_calls", 0, most=10**9), query.text("owner")
        query.done()
        verdict = self._faults.verdict(max_calls=calls or None, owner=owner)
        return JSONResponse({**verdict.to_json(), "text": verdict.text()})

    def _shown(self) -> Response:
        return JSONResponse(self._faults.to_json())


def _check(request: Request) -> None:
    """Refuse whoever may not administrate."""
    caller: Caller | None = request.scope.get("caller")
    if caller is None or not caller.admin:
        message = "This key may not administrate the sandbox; use the administrator's key."
        raise ApiError(403, message, code="permission_denied")
