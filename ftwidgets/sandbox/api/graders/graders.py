"""The routes under `/fine_tuning/alpha/graders`: run a grader on one sample, or only check it.

Left out: graders that need a model or run code, refused by name; reinforcement tuning, what graders are for there.
"""

from __future__ import annotations

from typing import Any

from anyio import CapacityLimiter
from anyio.lowlevel import RunVar
from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from ftwidgets.sandbox.api.graders.grader_request import Grader, plain, read_grader
from ftwidgets.sandbox.api.graders.grading import Grade, grade, refuse_elsewhere, validate
from ftwidgets.sandbox.api.graders.templates import LONGEST, Scene
from ftwidgets.sandbox.api.params import Params, body_params
from ftwidgets.sandbox.clock import Clock

# The keys of `errors` in the published response: what went wrong, yes or no, and for some of it a sentence.
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
SENTENCES = ("python_grader_server_error_type", "python_grader_runtime_error_details", "model_grader_server_error_details")
_limiter: RunVar[CapacityLimiter] = RunVar("ftwidgets-graders")


class Graders:
    """Graders, tried out on one sample.

    Parameters
    ----------
    clock
        What measures how long a grader takes.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def routes(self) -> list[Route]:
        """List the routes."""
        return [
            Route("/fine_tuning/alpha/graders/run", self.run, methods=["POST"]),
            Route("/fine_tuning/alpha/graders/validate", self.validate, methods=["POST"]),
        ]

    async def run(self, request: Request) -> JSONResponse:
        """Grade a sample, in a thread: comparing long texts takes a while. One at a time, or answers would wait for many."""
        params = await body_params(request)
        _, grader = _take_grader(params)
        item: dict[str, Any] = params.take("item", dict) or {}
        text = str(params.text("model_sample", required=True, longest=LONGEST))
        params.done()
        refuse_elsewhere(grader)
        began = self._clock.monotonic()
        found = await run_sync(grade, grader, Scene(item, text), limiter=_one())
        return JSONResponse(run_body(grader, found, self._clock.monotonic() - began))

    async def validate(self, request: Request) -> JSONResponse:
        """Check a grader and give it back."""
        params = await body_params(request)
        given, grader = _take_grader(params)
        params.done()
        validate(grader)
        return JSONResponse({"grader": plain(given)})


def _one() -> CapacityLimiter:
    """Give what lets one grader run at a time on this event loop."""
    found = _limiter.get(None)
    if found is None:
        found = CapacityLimiter(1)
        _limiter.set(found)
    return found


def run_body(grader: Grader, found: Grade, seconds: float) -> dict[str, Any]:
    """Show what a run has found.

    Parameters
    ----------
    grader, found, seconds
        The grader, its grade, and how long it took.

    Returns
    -------
    dict
        The published `RunGraderResponse`.
    """
    return {
        "reward": found.reward,
        "metadata": {
            "name": grader.name,
            "type": grader.type,
            "errors": {**{flag: flag in found.flags for flag in FLAGS}, **dict.fromkeys(SENTENCES)},
            "execution_time": seconds,
            "scores": {},
            "token_usage": None,
            "sampled_model_name": None,
        },
        "sub_rewards": found.within,
        "model_grader_token_usage_per_model": {},
    }


def _take_grader(params: Params) -> tuple[dict[str, Any], Grader]:
    given: dict[str, Any] = params.take("grader", dict, required=True)
    return given, read_grader(given, "grader")
