"""What each caller has left: of a rate limit, in buckets by the clock, and of a quota, in a plain count.

Left out: the rules themselves (`rules`), and counting a chat's tokens (`tokens`).
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from ftwidgets.sandbox.faults.bucket import Bucket
from ftwidgets.sandbox.faults.outcomes import Refuse, duration, too_fast, too_large
from ftwidgets.sandbox.faults.rules import RateLimit
from ftwidgets.sandbox.faults.token_usage import Guess

CALLERS = 10_000  # whose buckets are kept; whoever has not come longest is taken to have full ones


@dataclass(frozen=True)
class Asked:
    """What the faults look at in a request; `cost` is a guess, and None where it does not matter."""

    method: str
    path: str
    owner: str = ""
    key: str = ""
    cost: Guess | None = None


class Buckets:
    """The buckets of one rate limit."""

    def __init__(self, rule: RateLimit) -> None:
        self.rule = rule
        self._limits = {"requests": rule.requests_per_minute, "tokens": rule.tokens_per_minute}
        self._of: OrderedDict[tuple[str, str], Bucket] = OrderedDict()

    def take(self, asked: Asked, now: float) -> tuple[Refuse | None, dict[str, str]]:
        """Take what a request costs, from all buckets or, if it is refused, from none; give the headers that tell of them."""
        cost = asked.cost or Guess(0)
        costs = {"requests": 1, "tokens": cost.total}
        buckets = {what: self._bucket(asked.owner, what, limit, now) for what, limit in self._limits.items() if limit}
        refusal = None
        for what, bucket in buckets.items():
            if costs[what] > bucket.limit:
                refusal = too_large(what, bucket.limit, costs[what], cost.model)
                break
            if wait := bucket.wait(costs[what]):
                refusal = too_fast(what, bucket.limit, bucket.used, costs[what], wait, cost.model)
                break
        if refusal is None:
            for what, bucket in buckets.items():
                bucket.take(costs[what])
        return refusal, _headers(buckets)

    def settle(self, owner: str, guessed: int, spent: int) -> None:
        """Put the guess right, once the answer has shown what it cost."""
        bucket = self._of.get((owner, "tokens"))
        if bucket is not None:
            bucket.take(spent - guessed)

    def _bucket(self, owner: str, what: str, limit: int, now: float) -> Bucket:
        bucket = self._of.setdefault((owner, what), Bucket.full(limit, now))
        self._of.move_to_end((owner, what))
        while len(self._of) > CALLERS:
            self._of.popitem(last=False)
        bucket.fill(now)
        return bucket


def _headers(buckets: dict[str, Bucket]) -> dict[str, str]:
    """Write the six headers (three for each limit that is set)."""
    headers = {}
    for what, bucket in buckets.items():
        headers[f"x-ratelimit-limit-{what}"] = str(bucket.limit)
        headers[f"x-ratelimit-remaining-{what}"] = str(bucket.remaining)
        headers[f"x-ratelimit-reset-{what}"] = duration(bucket.reset)
    return headers


class Account:
    """The tokens each caller has spent since the quota was set.

    Parameters
    ----------
    tokens
        What each may spend.
    trained
        Tells how many tokens an owner's jobs have trained so far; those from before the owner's first request do not count.
    """

    def __init__(self, tokens: int, trained: Callable[[str], int]) -> None:
        self._tokens = tokens
        self._trained = trained
        self._before: dict[str, int] = {}
        self._spent: Counter[str] = Counter()

    def spend(self, owner: str, tokens: int) -> None:
        """Note tokens that were chatted."""
        self._spent[owner] += tokens

    def is_empty(self, owner: str) -> bool:
        """Tell whether a caller has used up everything."""
        trained = self._trained(owner)
        return self._spent[owner] + trained - self._before.setdefault(owner, trained) >= self._tokens
