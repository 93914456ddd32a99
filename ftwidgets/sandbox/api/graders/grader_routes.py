"""The routes under `/fine_tuning/alpha/graders`: run a grader on one sample, or only check it.

What they need is imported with the first request: few sandboxes ever grade, and all of them should open quickly.
"""

from __future__ import annotations

from anyio import CapacityLimiter
from anyio.lowlevel import RunVar
from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from ftwidgets.sandbox.api.request_model import read_body
from ftwidgets.sandbox.clock import Clock

_limiter: RunVar[CapacityLimiter] = RunVar("ftwidgets-graders")


class Graders:
    """The routes of graders; the clock measures how long one takes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/fine_tuning/alpha/graders/run", self.run, methods=["POST"]),
            Route("/fine_tuning/alpha/graders/validate", self.validate, methods=["POST"]),
        ]

    async def run(self, request: Request) -> JSONResponse:
        """Grade a sample in a thread; one at a time, because comparing long texts would slow down other requests."""
        from ftwidgets.sandbox.api.graders.grader_request import RunGraderRequest
        from ftwidgets.sandbox.api.graders.graders import check_can_run, grade, run_body
        from ftwidgets.sandbox.api.graders.templates import Sample

        limiter = _limiter.get(None)
        if limiter is None:  # the first request on this event loop
            limiter = CapacityLimiter(1)
            _limiter.set(limiter)
        asked = await read_body(request, RunGraderRequest)
        check_can_run(asked.grader, "grader")
        began = self._clock.monotonic()
        found = await run_sync(grade, asked.grader, "grader", Sample(asked.item, asked.model_sample), limiter=limiter)
        return JSONResponse(run_body(asked.grader, found, self._clock.monotonic() - began))

    async def validate(self, request: Request) -> JSONResponse:
        """Check a grader and return it."""
        from ftwidgets.sandbox.api.graders.grader_request import ValidateGraderRequest, without_nulls
        from ftwidgets.sandbox.api.graders.graders import validate

        asked = await read_body(request, ValidateGraderRequest)
        validate(asked.grader, "grader")
        return JSONResponse({"grader": without_nulls((await request.json())["grader"])})
