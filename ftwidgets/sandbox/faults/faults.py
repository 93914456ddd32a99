"""What goes wrong, on demand, in words that a lesson can use.

    sandbox.faults.rate_limit(requests_per_minute=6)
    sandbox.faults.fail(500, times=2, route="POST /chat/completions")
    sandbox.faults.script(["429 retry-after=2", "500", "ok"])
    print(sandbox.faults.verdict().text())
    sandbox.faults.clear()

Each word sets a rule and gives it back. Left out: what the rules make of a request or a job (`decisions`).
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any, TypeVar

from ftwidgets.sandbox.faults.fault_engine import Decisions
from ftwidgets.sandbox.faults.journal import Journal
from ftwidgets.sandbox.faults.rule import EVERYTHING, Rule, RuleError
from ftwidgets.sandbox.faults.rules import (
    BreakStream,
    Drop,
    Fail,
    FailJob,
    KeyRequired,
    Quota,
    RateLimit,
    Script,
    ShutDown,
    SlowQueue,
    WrongKey,
    key_digest,
    rule_from_json,
)
from ftwidgets.sandbox.faults.verdict import Verdict, judge

R = TypeVar("R", bound=Rule)


class Faults(Decisions):
    """The rules that are set, and the journal of requests; any thread may set and clear them.

    Parameters
    ----------
    seed
        Where the chance of `rate=` starts: the same seed and the same order of requests give the same faults.

    Attributes
    ----------
    journal
        The requests that came, set rules or not.
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
        """Limit requests and tokens; `x-ratelimit-*` on every answer, beyond the limit 429 with the exact time to wait."""
        rule = RateLimit(requests_per_minute=requests_per_minute, tokens_per_minute=tokens_per_minute, route=route)
        return self._added(rule)

    def quota(self, tokens: int) -> Quota:
        """Let each caller use so many tokens, trained and chatted; then 429 `insufficient_quota`."""
        return self._added(Quota(tokens=tokens))

    def wrong_key(self, key: str) -> WrongKey:
        """Refuse one key: 401 `invalid_api_key`."""
        return self._added(WrongKey(digest=key_digest(key)))

    def key_required(self, key: str) -> KeyRequired:
        """Refuse every key but one: 401 `invalid_api_key`."""
        return self._added(KeyRequired(digest=key_digest(key)))

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
        """Answer requests with an error: all, the next `times`, every so manieth, or a share of them by chance."""
        how: dict[str, Any] = {"times": times, "every": every, "rate": rate, "route": route}
        return self._added(Fail(status=status, retry_after=retry_after, message=message, **how))

    def drop(
        self,
        *,
        times: int | None = 1,
        every: int | None = None,
        rate: float | None = None,
        route: str = EVERYTHING,
        answered: bool = False,
    ) -> Drop:
        """Close the connection without an answer; with `answered=True` after the work has been done."""
        return self._added(Drop(times=times, every=every, rate=rate, route=route, answered=answered))

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
        """Break streamed answers: cut (an error), end too early (no error), stall for `seconds`, or send what is no JSON."""
        where = {"cut_after": cut_after, "end_after": end_after, "stall_after": stall_after, "malformed_at": malformed_at}
        return self._added(BreakStream(**where, seconds=seconds, times=times, route=route))

    def slow_queue(self, seconds: float) -> SlowQueue:
        """Let each new job wait in the queue at least so many seconds."""
        return self._added(SlowQueue(seconds=seconds))

    def fail_job(self, stage: str, *, at_step: int = 1, times: int | None = 1) -> FailJob:
        """Let the next jobs fail: in `"validation"`, in `"training"` at a step, or in the `"safety"` step after it."""
        return self._added(FailJob(stage=stage, at_step=at_step, times=times))

    def shut_down(self, model: str, date: datetime.date | str) -> ShutDown:
        """Announce that a model is shut down on a day, and refuse it from then on."""
        return self._added(ShutDown(model=model, date=str(date)))

    def script(self, answers: Sequence[str], *, route: str = EVERYTHING) -> Script:
        """Script an outage: one answer for each of the next requests; after the last, all is well."""
        return self._added(Script(answers=tuple(answers), route=route))

    def to_json(self) -> dict[str, Any]:
        """Write down what is set."""
        return {"seed": self.seed, "rules": [rule.to_json() for rule in self.rules]}

    def load(self, given: Any) -> None:
        """Set what `to_json` has written, in the place of all that is set.

        Raises
        ------
        RuleError
            If it makes no sense; nothing has changed then.
        """
        if not isinstance(given, dict) or not set(given) <= {"seed", "rules"} or not isinstance(given.get("rules"), list):
            raise RuleError('Faults are an object with "rules", a list, and perhaps a "seed".')
        seed = given.get("seed", self.seed)
        if type(seed) is not int:
            raise RuleError(f'"seed" is a whole number: {seed!r}')
        rules = [rule_from_json(item) for item in given["rules"]]
        self.clear()
        self.seed = seed
        self.add(*rules)

    def verdict(self, *, max_calls: int | None = None, owner: str | None = None) -> Verdict:
        """Judge how the client has behaved, from the journal.

        Parameters
        ----------
        max_calls
            How many requests it was allowed, if that counts.
        owner
            Whose requests to look at (None: everybody's).
        """
        return judge(self.journal.entries, max_calls=max_calls, owner=owner)

    def _added(self, rule: R) -> R:
        self.add(rule)
        return rule
