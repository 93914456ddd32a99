"""Rate limits as token buckets, and quotas as plain counts, both for each caller.

A token bucket holds what a caller may use in a minute. Each request takes some, and the bucket refills steadily, so the time to
wait is known to the millisecond. The service's own messages follow this rule: `Limit 500, Used 500, Requested 1. Please try
again in 120ms` (60 s / 500).
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from ftwidgets.sandbox.faults.outcomes import ErrorReply, format_duration, larger_than_limit, rate_limited
from ftwidgets.sandbox.faults.rules import RateLimit
from ftwidgets.sandbox.faults.token_usage import TokenEstimate

MINUTE = 60.0
ROUNDING = 1e-6  # a bucket that lacks no more than this has enough
MAX_CALLERS = 10_000


@dataclass
class TokenBucket:
    """A bucket that refills at `limit` a minute.

    `level` is how much was in it at `updated_at`, in seconds of a monotonic clock. It falls below zero where a request cost
    more than was estimated.
    """

    limit: int
    level: float
    updated_at: float

    @classmethod
    def full(cls, limit: int, now: float) -> TokenBucket:
        """Make a full bucket."""
        return cls(limit, float(limit), now)

    def refill(self, now: float) -> None:
        """Add what has come in since the last update."""
        self.level = min(float(self.limit), self.level + (now - self.updated_at) * self.limit / MINUTE)
        self.updated_at = now

    def wait_for(self, amount: float) -> float:
        """Return the seconds until this amount can be taken; 0 means now."""
        missing = amount - self.level
        return 0.0 if missing <= ROUNDING else missing * MINUTE / self.limit

    def take(self, amount: float) -> None:
        """Take an amount out; a negative one is put back, up to the limit."""
        self.level = min(float(self.limit), self.level - amount)

    @property
    def used(self) -> int:
        """What has been taken and has not come back yet."""
        return self.limit - self.remaining

    @property
    def remaining(self) -> int:
        """What can be taken now, rounded down."""
        return max(0, int(self.level + ROUNDING))

    @property
    def seconds_until_full(self) -> float:
        """The time until the bucket is full again."""
        return (self.limit - self.level) * MINUTE / self.limit


class TokenBuckets:
    """One bucket of `limit` a minute for each of the last 10,000 callers; one who is forgotten starts with a full bucket."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._buckets: OrderedDict[str, TokenBucket] = OrderedDict()

    def refilled(self, owner: str, now: float) -> TokenBucket:
        """Return a caller's bucket as it stands now."""
        bucket = self._buckets.setdefault(owner, TokenBucket.full(self._limit, now))
        self._buckets.move_to_end(owner)
        while len(self._buckets) > MAX_CALLERS:
            self._buckets.popitem(last=False)
        bucket.refill(now)
        return bucket

    def take(self, owner: str, amount: float) -> None:
        """Take an amount out of the bucket of a caller, if there is one."""
        if owner in self._buckets:
            self._buckets[owner].take(amount)


@dataclass(frozen=True)
class RequestInfo:
    """What the fault rules look at in a request; `cost` is None where no rule needs to know it."""

    method: str
    path: str
    owner: str = ""
    key: str = ""
    cost: TokenEstimate | None = None


class RateLimiter:
    """The token buckets of one rate limit: one for requests, one for tokens, as far as the rule limits them."""

    def __init__(self, rule: RateLimit) -> None:
        limits = {"requests": rule.requests_per_minute, "tokens": rule.tokens_per_minute}
        self._buckets = {unit: TokenBuckets(limit) for unit, limit in limits.items() if limit}

    def admit(self, request: RequestInfo, now: float) -> tuple[ErrorReply | None, dict[str, str]]:
        """Take what a request costs from every bucket, or from none if one lacks it; return the error and the headers."""
        estimate = request.cost or TokenEstimate(0)
        costs = {"requests": 1, "tokens": estimate.total}
        buckets = {unit: group.refilled(request.owner, now) for unit, group in self._buckets.items()}
        error = None
        for unit, bucket in buckets.items():
            if costs[unit] > bucket.limit:
                error = larger_than_limit(unit, bucket.limit, costs[unit], estimate.model)
                break
            if wait := bucket.wait_for(costs[unit]):
                error = rate_limited(unit, bucket.limit, bucket.used, costs[unit], wait, estimate.model)
                break
        headers = {}
        for unit, bucket in buckets.items():
            if error is None:
                bucket.take(costs[unit])
            headers[f"x-ratelimit-limit-{unit}"] = str(bucket.limit)
            headers[f"x-ratelimit-remaining-{unit}"] = str(bucket.remaining)
            headers[f"x-ratelimit-reset-{unit}"] = format_duration(bucket.seconds_until_full)
        return error, headers

    def correct(self, owner: str, estimated: int, spent: int) -> None:
        """Replace an estimate of tokens by what an answer has really cost."""
        if "tokens" in self._buckets:
            self._buckets["tokens"].take(owner, spent - estimated)


class QuotaAccount:
    """The tokens that each caller has spent since a quota of `tokens` was set.

    What an owner's jobs have trained counts too, except before the owner's first request.
    """

    def __init__(self, tokens: int, trained_tokens: Callable[[str], int]) -> None:
        self._tokens = tokens
        self._trained_tokens = trained_tokens
        self._trained_before: dict[str, int] = {}
        self._spent: Counter[str] = Counter()

    def spend(self, owner: str, tokens: int) -> None:
        """Count tokens of a chat."""
        self._spent[owner] += tokens

    def is_exhausted(self, owner: str) -> bool:
        """Tell whether a caller has used up the quota."""
        trained = self._trained_tokens(owner)
        return self._spent[owner] + trained - self._trained_before.setdefault(owner, trained) >= self._tokens
