"""The routes under `/fine_tuning/alpha/graders`: run a grader on one sample, or only check it.

Graders that need a judge model or run code are rejected by name. Left out: reinforcement fine-tuning.
"""

from __future__ import annotations

from typing import Any

from anyio import CapacityLimiter
from anyio.lowlevel import RunVar
from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from ftwidgets.sandbox.api.graders.grader_request import Grader, RunGraderRequest, ValidateGraderRequest, without_nulls
from ftwidgets.sandbox.api.graders.grading import Grade, check_can_run, grade, validate
from ftwidgets.sandbox.api.graders.templates import Sample
from ftwidgets.sandbox.api.request_model import read_body
from ftwidgets.sandbox.clock import Clock

# The keys of `errors` in the published response: flags, and the details of some of them.
FLAGS = (
    "formula_parse_error",
    "sample_parse_error",
    "truncated_observation_error",
    "unresponsive_reward_error",
    "invalid_variable_error",
    "other_error",
    "python_grader_server_error",
    "python_grader_runtime_error",
    "model_grader_server_error",
    "model_grader_refusal_error",
    "model_grader_parse_error",
)
DETAILS = ("python_grader_server_error_type", "python_grader_runtime_error_details", "model_grader_server_error_details")
_limiter: RunVar[CapacityLimiter] = RunVar("ftwidgets-graders")


class Graders:
    """The routes of graders.

    Parameters
    ----------
    clock
        Measures how long a grader takes.
    """

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
        asked = await read_body(request, RunGraderRequest)
        check_can_run(asked.grader, "grader")
        began = self._clock.monotonic()
        found = await run_sync(grade, asked.grader, "grader", Sample(asked.item, asked.model_sample), limiter=_one_at_a_time())
        return JSONResponse(run_body(asked.grader, found, self._clock.monotonic() - began))

    async def validate(self, request: Request) -> JSONResponse:
        """Check a grader and return it."""
        asked = await read_body(request, ValidateGraderRequest)
        validate(asked.grader, "grader")
        return JSONResponse({"grader": without_nulls((await request.json())["grader"])})


def _one_at_a_time() -> CapacityLimiter:
    """Return the limiter of the running event loop."""
    found = _limiter.get(None)
    if found is None:
        found = CapacityLimiter(1)
        _limiter.set(found)
    return found


def run_body(grader: Grader, found: Grade, seconds: float) -> dict[str, Any]:
    """Return the published `RunGraderResponse`; `seconds` is how long grading took."""
    return {
        "reward": found.reward,
        "metadata": {
            "name": grader.name,
            "type": grader.type,
            "errors": {**{flag: flag in found.flags for flag in FLAGS}, **dict.fromkeys(DETAILS)},
            "execution_time": seconds,
            "scores": {},
            "token_usage": None,
            "sampled_model_name": None,
        },
        "sub_rewards": found.within,
        "model_grader_token_usage_per_model": {},
    }
