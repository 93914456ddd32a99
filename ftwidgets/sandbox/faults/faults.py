"""`Faults`: the methods that make a sandbox misbehave on purpose, the journal of its requests, and the verdict on a client.

    sandbox.faults.rate_limit(requests_per_minute=6)
    sandbox.faults.fail(500, times=2, route="POST /chat/completions")
    sandbox.faults.script(["429 retry-after=2", "500", "ok"])
    print(sandbox.faults.verdict().text())
    sandbox.faults.clear()

Each method adds a rule and returns it. `fault_engine` applies the rules. Admins reach the same over HTTP:

    GET, PUT, DELETE /admin/faults      the rules
    GET /admin/journal                  the requests that came
    GET /admin/verdict                  how a client has behaved
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ftwidgets.sandbox.api.auth import Caller
from ftwidgets.sandbox.api.request_model import Count, RequestModel, read_query
from ftwidgets.sandbox.api_errors import ApiError, invalid_request
from ftwidgets.sandbox.faults.fault_engine import FaultEngine
from ftwidgets.sandbox.faults.journal import Journal
from ftwidgets.sandbox.faults.rules import (
    EVERYTHING,
    BreakStream,
    Drop,
    Fail,
    FailJob,
    FaultRule,
    KeyRequired,
    Quota,
    RateLimit,
    RuleError,
    Script,
    ShutDown,
    SlowQueue,
    WrongKey,
    key_fingerprint,
    rule_from_json,
)
from ftwidgets.sandbox.faults.verdict import Verdict, judge

M = TypeVar("M", bound=RequestModel)
R = TypeVar("R", bound=FaultRule)

MAX_ENTRIES = 10_000


class Faults(FaultEngine):
    """The faults of a sandbox and the journal of its requests; any thread may add and clear faults.

    Parameters
    ----------
    seed
        Seed for faults with a `rate`: the same seed and the same order of requests give the same faults.

    Attributes
    ----------
    journal
        The requests that came, with or without faults.
    """

    def __init__(self, *, seed: int = 0) -> None:
        super().__init__(seed)
        self.journal = Journal()

    def __repr__(self) -> str:
        if not self.rules:
            return "<Faults: nothing goes wrong>"
        return "\n".join(["<Faults:", *(f"  {rule}: {rule.description}" for rule in self.rules), ">"])

    def rate_limit(
        self, *, requests_per_minute: int | None = None, tokens_per_minute: int | None = None, route: str = EVERYTHING
    ) -> RateLimit:
        """Limit requests and tokens: `x-ratelimit-*` on every answer; beyond, 429 with the exact time to wait."""
        rule = RateLimit(requests_per_minute=requests_per_minute, tokens_per_minute=tokens_per_minute, route=route)
        return self._add(rule)

    def quota(self, tokens: int) -> Quota:
        """Give each caller a number of tokens, trained and chatted together; then 429 `insufficient_quota`."""
        return self._add(Quota(tokens=tokens))

    def wrong_key(self, key: str) -> WrongKey:
        """Reject one key: 401 `invalid_api_key`."""
        return self._add(WrongKey(digest=key_fingerprint(key)))

    def key_required(self, key: str) -> KeyRequired:
        """Reject every key but one: 401 `invalid_api_key`."""
        return self._add(KeyRequired(digest=key_fingerprint(key)))

    def fail(
        self,
        status: int = 500,
        *,
        times: int | None = None,
        every: int | None = None,
        rate: float | None = None,
        route: str = EVERYTHING,
        retry_after: float | None = None,
        message: str | None = None,
    ) -> Fail:
        """Answer requests with an error: all of them, the next `times`, each `every`-th one, or a random share (`rate`)."""
        selection: dict[str, Any] = {"times": times, "every": every, "rate": rate, "route": route}
        return self._add(Fail(status=status, retry_after=retry_after, message=message, **selection))

    def drop(
        self,
        *,
        times: int | None = 1,
        every: int | None = None,
        rate: float | None = None,
        route: str = EVERYTHING,
        answered: bool = False,
    ) -> Drop:
        """Close the connection without an answer; with `answered=True`, after the work has been done."""
        return self._add(Drop(times=times, every=every, rate=rate, route=route, answered=answered))

    def stream(
        self,
        *,
        cut_after: int | None = None,
        end_after: int | None = None,
        stall_after: int | None = None,
        malformed_at: int | None = None,
        seconds: float = 60,
        times: int | None = 1,
        route: str = EVERYTHING,
    ) -> BreakStream:
        """Break streamed answers: cut (an error), end too early (no error), stall for `seconds`, or malformed JSON."""
        point = {"cut_after": cut_after, "end_after": end_after, "stall_after": stall_after, "malformed_at": malformed_at}
        return self._add(BreakStream(**point, seconds=seconds, times=times, route=route))

    def slow_queue(self, seconds: float) -> SlowQueue:
        """Keep each new job in the queue for at least so many seconds."""
        return self._add(SlowQueue(seconds=seconds))

    def fail_job(self, stage: str, *, at_step: int = 1, times: int | None = 1) -> FailJob:
        """Make the next jobs fail: in `"validation"`, in `"training"` at a step, or in the `"safety"` step after it."""
        return self._add(FailJob(stage=stage, at_step=at_step, times=times))

    def shut_down(self, model: str, date: datetime.date | str) -> ShutDown:
        """Announce that a model is shut down on a day, and reject requests for it from then on."""
        return self._add(ShutDown(model=model, date=str(date)))

    def script(self, answers: Sequence[str], *, route: str = EVERYTHING) -> Script:
        """Script an outage: one answer for each of the next requests; after the last one everything works again."""
        return self._add(Script(answers=tuple(answers), route=route))

    def to_json(self) -> dict[str, Any]:
        """Return the seed and the active rules as JSON types."""
        return {"seed": self.seed, "rules": [rule.to_json() for rule in self.rules]}

    def load(self, saved: Any) -> None:
        """Replace all rules by those that `to_json` has written.

        Raises
        ------
        RuleError
            If a rule is invalid; nothing has changed then.
        """
        if not isinstance(saved, dict) or not set(saved) <= {"seed", "rules"} or not isinstance(saved.get("rules"), list):
            raise RuleError('Faults are an object with "rules", a list, and perhaps a "seed".')
        seed = saved.get("seed", self.seed)
        if type(seed) is not int:
            raise RuleError(f'"seed" is a whole number: {seed!r}')
        rules = [rule_from_json(item) for item in saved["rules"]]
        self.clear()
        self.seed = seed
        self.add(*rules)

    def verdict(self, *, max_calls: int | None = None, owner: str | None = None) -> Verdict:
        """Judge from the journal how a client has behaved.

        Parameters
        ----------
        max_calls
            How many requests it was allowed; None does not limit them.
        owner
            Whose requests to look at; None takes everybody's.
        """
        return judge(self.journal.entries, max_calls=max_calls, owner=owner)

    def _add(self, rule: R) -> R:
        self.add(rule)
        return rule


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
        _admin_query(request, RequestModel)
        return JSONResponse(self._faults.to_json())

    async def set(self, request: Request) -> Response:
        """Replace all rules by those in the body."""
        _admin_query(request, RequestModel)
        try:
            self._faults.load(json.loads(await request.body()))
        except RuleError as error:
            raise invalid_request(str(error), param="rules", code="invalid_value") from error
        except (ValueError, RecursionError) as error:
            raise invalid_request(f"The body is no JSON: {error}.") from error
        return JSONResponse(self._faults.to_json())

    async def clear(self, request: Request) -> Response:
        """Remove all rules."""
        _admin_query(request, RequestModel)
        self._faults.clear()
        return JSONResponse(self._faults.to_json())

    async def journal(self, request: Request) -> Response:
        """List the last `limit` requests, of one `owner` or of all, oldest first."""
        query = _admin_query(request, JournalQuery)
        rows = [row for row in self._faults.journal.rows() if query.owner is None or row["owner"] == query.owner]
        return JSONResponse({"object": "list", "data": rows[-query.limit :], "has_more": len(rows) > query.limit})

    async def verdict(self, request: Request) -> Response:
        """Judge a client: the requests of one `owner` or of all, with a budget of `max_calls`."""
        query = _admin_query(request, VerdictQuery)
        verdict = self._faults.verdict(max_calls=query.max_calls, owner=query.owner)
        return JSONResponse({**verdict.to_json(), "text": verdict.text()})


def _admin_query(request: Request, model: type[M]) -> M:
    """Return the query of an admin's request; one of anybody else is a 403."""
    caller: Caller | None = request.scope.get("caller")
    if caller is None or not caller.admin:
        message = "This key may not administrate the sandbox; use the administrator's key."
        raise ApiError(403, message, code="permission_denied")
    return read_query(request, model)
