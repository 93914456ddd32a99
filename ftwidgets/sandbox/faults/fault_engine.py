"""The fault engine: applies the active rules to each request and each new job.

Its decisions depend only on the order of the requests and the seed. `faults` adds the methods that a user calls; `middleware`
carries the decisions out on requests, the runner on jobs.
"""

from __future__ import annotations

import datetime
import random
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ftwidgets.sandbox.faults.limits import QuotaAccount, RateLimiter, RequestInfo
from ftwidgets.sandbox.faults.outcomes import Outcome, StreamBreak, insufficient_quota, invalid_key
from ftwidgets.sandbox.faults.rules import (
    BreakStream,
    Drop,
    Fail,
    FailJob,
    FaultRule,
    IntermittentRule,
    KeyRequired,
    Quota,
    RateLimit,
    Script,
    ShutDown,
    SlowQueue,
    WrongKey,
    key_fingerprint,
    parse_answer,
)
from ftwidgets.sandbox.faults.token_usage import METERED
from ftwidgets.sandbox.inference.retirement import Retirement

R = TypeVar("R", bound=FaultRule)

_QUOTA_ROUTES = ("/v1/chat/completions", "/v1/responses", "/v1/fine_tuning/jobs")


@dataclass
class ActiveRule:
    """A rule and its state: the requests it has covered, how often it was triggered, its rate limiter or quota account."""

    rule: FaultRule
    random: random.Random
    covered: int = 0
    triggered: int = 0
    limiter: RateLimiter | None = None
    account: QuotaAccount | None = None

    def triggers(self) -> bool:
        """Count one more covered request of an `IntermittentRule`, and return whether the rule hits it."""
        rule = self.rule
        assert isinstance(rule, IntermittentRule)
        self.covered += 1
        hit = self.random.random() < rule.rate if rule.rate is not None else self.covered % (rule.every or 1) == 0
        if not hit or (rule.times is not None and self.triggered >= rule.times):
            return False
        self.triggered += 1
        return True


@dataclass(frozen=True)
class Decision:
    """What happens to a request: an outcome (None: the app answers) and headers for the answer."""

    outcome: Outcome | None = None
    headers: dict[str, str] = field(default_factory=dict)


class FaultEngine:
    """The active rules and their state; safe to use from any thread. `seed` is for the random numbers of a rule's `rate`."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._lock = threading.Lock()
        self._active: tuple[ActiveRule, ...] = ()
        self._retirement: Retirement | None = None
        self._trained_tokens: Callable[[str], int] = lambda owner: 0

    @property
    def rules(self) -> tuple[FaultRule, ...]:
        """The active rules, in the order they were added."""
        return tuple(active.rule for active in self._active)

    def add(self, *rules: FaultRule) -> None:
        """Add rules; a rate limit, a quota, a slow queue or a required key replaces the one before."""
        with self._lock:
            kept = list(self._active)
            for rule in rules:
                if isinstance(rule, RateLimit | Quota | SlowQueue | KeyRequired):
                    kept = [active for active in kept if type(active.rule) is not type(rule)]
                added = ActiveRule(rule, random.Random(f"{self.seed}/{len(kept)}"))
                if isinstance(rule, RateLimit):
                    added.limiter = RateLimiter(rule)
                if isinstance(rule, Quota):
                    added.account = QuotaAccount(rule.tokens, lambda owner: self._trained_tokens(owner))
                kept.append(added)
            self._active = tuple(kept)
        self._update_retirement()

    def clear(self) -> None:
        """Remove all rules; the journal stays (`journal.clear()` empties it)."""
        with self._lock:
            self._active = ()
        self._update_retirement()

    @property
    def has_rules(self) -> bool:
        """Whether any rule is active; if not, requests need not be looked at."""
        return bool(self._active)

    def needs_cost(self, method: str, path: str) -> bool:
        """Tell whether a rule needs to know how many tokens a request costs."""
        return (method == "POST" and path in METERED) and any(
            isinstance(rule, Quota) or (isinstance(rule, RateLimit) and rule.tokens_per_minute is not None)
            for rule in self.rules
        )

    def decide(self, request: RequestInfo, now: float) -> Decision:
        """Decide about one request at a time of the monotonic clock: keys first, then limits, then scripts and failures.

        The first outcome counts.
        """
        with self._lock:
            headers: dict[str, str] = {}
            outcomes = self._outcomes(request, now, headers)
            return Decision(next((outcome for outcome in outcomes if outcome is not None), None), headers)

    def next_stream_break(self, method: str, path: str) -> StreamBreak | None:
        """Decide whether, and how, a streamed answer that is about to begin breaks."""
        with self._lock:
            for active, rule in self._of_type(BreakStream):
                if rule.covers(method, path) and active.triggers():
                    return rule.outcome()
        return None

    def record_cost(self, request: RequestInfo, spent: int) -> None:
        """Charge what a chat has really cost, in tokens, in place of the estimate."""
        estimated = 0 if request.cost is None else request.cost.total
        with self._lock:
            for active, rule in self._of_type(RateLimit):
                if active.limiter is not None and rule.covers(request.method, request.path):
                    active.limiter.correct(request.owner, estimated, spent)
            for active, _ in self._of_type(Quota):
                if active.account is not None:
                    active.account.spend(request.owner, spent)

    def next_job_fault(self, now: float) -> dict[str, Any] | None:
        """Decide what goes wrong with a new job at a time since 1970: the `fault` of its record, None for nothing."""
        fault: dict[str, Any] = {}
        with self._lock:
            for _, slow in self._of_type(SlowQueue):
                fault["ready_at"] = now + slow.seconds
            for active, rule in self._of_type(FailJob):
                if rule.times is None or active.triggered < rule.times:
                    active.triggered += 1
                    fault |= {"stage": rule.stage, "at_step": rule.at_step}
                    break
        return fault or None

    def attach(self, retirement: Retirement, *, trained_tokens: Callable[[str], int]) -> None:
        """Connect the engine to a sandbox: rules set the dates of `retirement`, quotas count an owner's `trained_tokens`."""
        self._retirement = retirement
        self._trained_tokens = trained_tokens
        self._update_retirement()

    def _of_type(self, kind: type[R]) -> Iterator[tuple[ActiveRule, R]]:
        for active in self._active:
            if isinstance(active.rule, kind):
                yield active, active.rule

    def _outcomes(self, request: RequestInfo, now: float, headers: dict[str, str]) -> Iterable[Outcome | None]:
        """Yield what each rule makes of a request, lazily: rules after the first outcome do not count the request."""
        digest = key_fingerprint(request.key)
        if any(rule.digest == digest for _, rule in self._of_type(WrongKey)):
            yield invalid_key(request.key)
        if any(rule.digest != digest for _, rule in self._of_type(KeyRequired)):
            yield invalid_key(request.key)
        for active, limit in self._of_type(RateLimit):
            if active.limiter is not None and limit.covers(request.method, request.path):
                error, limit_headers = active.limiter.admit(request, now)
                headers |= limit_headers
                yield error
        if request.method == "POST" and request.path in _QUOTA_ROUTES:
            for active, _ in self._of_type(Quota):
                if active.account is not None and active.account.is_exhausted(request.owner):
                    yield insufficient_quota()
        for active, script in self._of_type(Script):
            if script.covers(request.method, request.path) and active.triggered < len(script.answers):
                active.triggered += 1
                yield parse_answer(script.answers[active.triggered - 1])
        for active in self._active:
            rule = active.rule
            if isinstance(rule, Fail | Drop) and rule.covers(request.method, request.path) and active.triggers():
                yield rule.outcome()

    def _update_retirement(self) -> None:
        if self._retirement is not None:
            self._retirement.clear()
            for rule in self.rules:
                if isinstance(rule, ShutDown):
                    self._retirement.set_date(rule.model, datetime.date.fromisoformat(rule.date))
