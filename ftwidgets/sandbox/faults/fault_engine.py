"""What the rules that are set make of each request and each new job.

Everything depends on the order of the requests and on the seed alone. Left out: the words in which rules are set (`faults`),
doing what was decided to a request (`layer`) or a job (`jobs`).
"""

from __future__ import annotations

import datetime
import random
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ftwidgets.sandbox.faults.limits import Account, Asked, Buckets
from ftwidgets.sandbox.faults.outcomes import Break, Outcome, out_of_quota, wrong_key
from ftwidgets.sandbox.faults.rule import Rule, Sometimes
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
    read_answer,
)
from ftwidgets.sandbox.faults.token_usage import METERED
from ftwidgets.sandbox.inference.retirement import Shutdowns

R = TypeVar("R", bound=Rule)

_COSTS = ("/v1/chat/completions", "/v1/responses", "/v1/fine_tuning/jobs")  # what a used-up quota refuses


@dataclass
class _Set:
    """A rule that is set, and what has become of it."""

    rule: Rule
    chance: random.Random
    seen: int = 0
    hits: int = 0
    buckets: Buckets | None = None
    account: Account | None = None

    def strikes(self) -> bool:
        """Count one more request for a rule that strikes sometimes; tell whether it strikes now."""
        rule = self.rule
        assert isinstance(rule, Sometimes)
        self.seen += 1
        struck = self.chance.random() < rule.rate if rule.rate is not None else self.seen % (rule.every or 1) == 0
        if not struck or (rule.times is not None and self.hits >= rule.times):
            return False
        self.hits += 1
        return True


@dataclass(frozen=True)
class Plan:
    """What is to become of a request: an outcome (None: the app answers) and headers for the answer."""

    outcome: Outcome | None = None
    headers: dict[str, str] = field(default_factory=dict)


class Decisions:
    """The rules that are set and how far each has come; any thread may ask.

    Parameters
    ----------
    seed
        Where the chance of `rate=` starts.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._lock = threading.Lock()
        self._set: tuple[_Set, ...] = ()
        self._shutdowns: Shutdowns | None = None
        self._trained: Callable[[str], int] | None = None

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules that are set, in the order they were set."""
        return tuple(item.rule for item in self._set)

    def add(self, *rules: Rule) -> None:
        """Set more rules; a rate limit, a quota, a slow queue or a required key takes the place of the one before."""
        with self._lock:
            kept = list(self._set)
            for rule in rules:
                if isinstance(rule, RateLimit | Quota | SlowQueue | KeyRequired):
                    kept = [item for item in kept if type(item.rule) is not type(rule)]
                kept.append(self._begin(rule, len(kept)))
            self._set = tuple(kept)
        self._announce()

    def clear(self) -> None:
        """Let everything go right again; the journal stays (`journal.clear()` empties it)."""
        with self._lock:
            self._set = ()
        self._announce()

    @property
    def are_set(self) -> bool:
        """Whether any rule is set at all: if not, a request is not even looked at."""
        return bool(self._set)

    def counts_tokens(self, method: str, path: str) -> bool:
        """Tell whether it matters what a request costs."""
        if method != "POST" or path not in METERED:
            return False
        return any(isinstance(item.rule, Quota) or _limits_tokens(item.rule) for item in self._set)

    def plan(self, asked: Asked, now: float) -> Plan:
        """Decide about one request: keys first, then limits, then what was to fail; the first that refuses decides."""
        with self._lock:
            headers: dict[str, str] = {}
            for outcome in self._decide(asked, now, headers):
                if outcome is not None:
                    return Plan(outcome, headers)
            return Plan(None, headers)

    def stream_break(self, method: str, path: str) -> Break | None:
        """Decide whether a streamed answer that is about to begin is to break."""
        with self._lock:
            for item, rule in self._of(BreakStream):
                if rule.covers(method, path) and item.strikes():
                    outcome = rule.outcome()
                    assert isinstance(outcome, Break)
                    return outcome
        return None

    def settle(self, asked: Asked, spent: int) -> None:
        """Note what a chat has really cost."""
        guessed = 0 if asked.cost is None else asked.cost.total
        with self._lock:
            for item, rule in self._of(RateLimit):
                if item.buckets is not None and rule.covers(asked.method, asked.path):
                    item.buckets.settle(asked.owner, guessed, spent)
            for item, _ in self._of(Quota):
                if item.account is not None:
                    item.account.spend(asked.owner, spent)

    def for_job(self, now: float) -> dict[str, Any] | None:
        """Decide what shall go wrong with a new job (see `jobs`); None: nothing.

        Parameters
        ----------
        now
            The clock's `time()`.
        """
        if not self._set:
            return None
        fault: dict[str, Any] = {}
        with self._lock:
            for _, slow in self._of(SlowQueue):
                fault["ready_at"] = now + slow.seconds
            for item, rule in self._of(FailJob):
                if rule.times is None or item.hits < rule.times:
                    item.hits += 1
                    fault |= {"stage": rule.stage, "at_step": rule.at_step}
                    break
        return fault or None

    def attach(self, shutdowns: Shutdowns, *, trained: Callable[[str], int]) -> None:
        """Hand in what the rules need of a sandbox.

        Parameters
        ----------
        shutdowns
            The dates on which models are shut down, for rules to set.
        trained
            Tells how many tokens an owner's jobs have trained, for a quota.
        """
        self._shutdowns = shutdowns
        self._trained = trained
        self._announce()

    def _begin(self, rule: Rule, place: int) -> _Set:
        item = _Set(rule, random.Random(f"{self.seed}/{place}"))
        if isinstance(rule, RateLimit):
            item.buckets = Buckets(rule)
        if isinstance(rule, Quota):
            item.account = Account(rule.tokens, self._trained_by)
        return item

    def _of(self, kind: type[R]) -> Iterator[tuple[_Set, R]]:
        for item in self._set:
            if isinstance(item.rule, kind):
                yield item, item.rule

    def _decide(self, asked: Asked, now: float, headers: dict[str, str]) -> Iterable[Outcome | None]:
        digest = key_digest(asked.key)
        if any(rule.digest == digest for _, rule in self._of(WrongKey)):
            yield wrong_key(asked.key)
        if any(rule.digest != digest for _, rule in self._of(KeyRequired)):
            yield wrong_key(asked.key)
        for item, limit in self._of(RateLimit):
            if item.buckets is not None and limit.covers(asked.method, asked.path):
                refusal, told = item.buckets.take(asked, now)
                headers |= told
                yield refusal
        if asked.method == "POST" and asked.path in _COSTS:
            for item, _ in self._of(Quota):
                if item.account is not None and item.account.is_empty(asked.owner):
                    yield out_of_quota()
        for item, script in self._of(Script):
            if script.covers(asked.method, asked.path) and item.hits < len(script.answers):
                item.hits += 1
                yield read_answer(script.answers[item.hits - 1])
        for item in self._set:
            rule = item.rule
            if isinstance(rule, Fail | Drop) and rule.covers(asked.method, asked.path) and item.strikes():
                yield rule.outcome()

    def _trained_by(self, owner: str) -> int:
        return 0 if self._trained is None else self._trained(owner)

    def _announce(self) -> None:
        """Tell the dates of the models that are shut down."""
        if self._shutdowns is not None:
            self._shutdowns.clear()
            for rule in self.rules:
                if isinstance(rule, ShutDown):
                    self._shutdowns.set(rule.model, datetime.date.fromisoformat(rule.date))


def _limits_tokens(rule: Rule) -> bool:
    return isinstance(rule, RateLimit) and rule.tokens_per_minute is not None
