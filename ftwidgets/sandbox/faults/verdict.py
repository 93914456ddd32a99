"""A verdict on a client: did it behave as a client should when a service says no.

It is judged from the journal alone. The rules are those of the service's guide to error codes and rate limits and of RFC 9110
(10.2.3, Retry-After): wait as long as one is told, wait longer each time where one is told nothing, do not repeat what cannot
succeed, do no work twice, and know when to stop. A retry is the same request (key, method, path and body) again after one that
failed. What can only be guessed is "not seen", never passed. Left out: what the client makes of the answers; the journal does
not show it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ftwidgets.sandbox.faults.checks import CHECKS, Check, Seen, budget
from ftwidgets.sandbox.faults.journal import Entry

_MARKS = {"passed": "ok  ", "failed": "FAIL", "not seen": "-   "}


@dataclass(frozen=True)
class Verdict:
    """What came of each check.

    Attributes
    ----------
    calls
        How many requests were looked at.
    checks
        Each with its name, `"passed"`, `"failed"` or `"not seen"`, and a sentence with the evidence.
    """

    calls: int
    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing has failed."""
        return not any(check.result == "failed" for check in self.checks)

    def __str__(self) -> str:
        return self.text()

    def __getitem__(self, name: str) -> Check:
        for check in self.checks:
            if check.name == name:
                return check
        raise KeyError(f"There is no check {name!r}; there are {', '.join(check.name for check in self.checks)}.")

    def text(self) -> str:
        """Write it as a report for people."""
        failed = [check.name for check in self.checks if check.result == "failed"]
        opening = f"{self.calls} request{'s' * (self.calls != 1)}: "
        opening += f"{len(failed)} of {len(self.checks)} checks failed ({'; '.join(failed)})" if failed else "well behaved"
        lines = [f"{_MARKS[check.result]} {check.name}\n     {check.evidence}" for check in self.checks]
        return "\n".join([opening, *lines])

    def to_json(self) -> dict[str, Any]:
        """Write it as JSON."""
        return {"ok": self.ok, "calls": self.calls, "checks": [asdict(check) for check in self.checks]}


def judge(entries: Sequence[Entry], *, max_calls: int | None = None, owner: str | None = None) -> Verdict:
    """Judge the client that sent these requests.

    Parameters
    ----------
    entries
        The journal's entries, in the order they came.
    max_calls
        How many requests it was allowed (None: it does not count).
    owner
        Whose requests to look at (None: everybody's).

    Returns
    -------
    Verdict
        Check by check.
    """
    mine = [entry for entry in entries if owner is None or entry.owner == owner]
    seen = Seen.of(mine)
    checks = [check(seen) for check in CHECKS]
    if max_calls is not None:
        checks.append(budget(seen, max_calls))
    return Verdict(len(mine), tuple(checks))
