"""A bucket of tokens that fills up steadily: what a rate limit is made of.

A minute's worth fits in; every request takes some out; what is missing comes back at the same pace all the time, so the wait
is known to the millisecond. The service's own messages follow this rule: `Limit 500, Used 500, Requested 1. Please try again
in 120ms` (60 s / 500). Left out: whose bucket it is.
"""

from __future__ import annotations

from dataclasses import dataclass

MINUTE = 60.0
NEARLY = 1e-6  # what rounding may lack


@dataclass
class Bucket:
    """So much a minute; full at first."""

    limit: int
    level: float
    at: float

    @classmethod
    def full(cls, limit: int, now: float) -> Bucket:
        """Make one that nothing has been taken from."""
        return cls(limit, float(limit), now)

    def fill(self, now: float) -> None:
        """Let in what has come since the last look."""
        self.level = min(float(self.limit), self.level + (now - self.at) * self.limit / MINUTE)
        self.at = now

    def wait(self, wanted: float) -> float:
        """Tell in how many seconds so much can be taken (0: now)."""
        lacking = wanted - self.level
        return 0.0 if lacking <= NEARLY else lacking * MINUTE / self.limit

    def take(self, wanted: float) -> None:
        """Take out so much; below nothing where an answer turned out longer than thought, and no more than fits put back."""
        self.level = min(float(self.limit), self.level - wanted)

    @property
    def used(self) -> int:
        """How much has been taken and not come back yet."""
        return self.limit - self.remaining

    @property
    def remaining(self) -> int:
        """How much whole is left."""
        return max(0, int(self.level + NEARLY))

    @property
    def reset(self) -> float:
        """In how many seconds it is full again."""
        return (self.limit - self.level) * MINUTE / self.limit
