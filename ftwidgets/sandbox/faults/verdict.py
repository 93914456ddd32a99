"""A verdict on a client, from the journal alone: how it behaves when a service fails or rejects its requests.

The rules are those of the service's guide to error codes and rate limits and of RFC 9110 (10.2.3, Retry-After): wait as long as
the answer says, wait longer each time if it does not say, do not repeat what cannot succeed, do no work twice, and stop at some
point. A retry is the same request (key, method, path and body) after one that failed. What can only be guessed is "not seen",
never "passed". What the client does with the answers is not judged: the journal does not show it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from statistics import mean
from typing import Any

from ftwidgets.sandbox.faults.journal import JournalEntry

FINAL_STATUSES = (400, 401, 403, 404, 405, 413, 422)  # repeating the same request cannot help
CLOCK_TOLERANCE = 0.002  # seconds by which two clocks may disagree
MIN_WAIT = 0.05  # seconds; a shorter wait counts as none
LONG_ENOUGH = 4.0  # seconds; such a wait need not grow any more (the openai client stops growing at 6 to 8)
MAX_TRIES = 10  # of the same request, one after another, without success
_LABELS = {"passed": "ok  ", "failed": "FAIL", "not seen": "-   "}


@dataclass(frozen=True)
class CheckResult:
    """The result of one check: its name, `"passed"`, `"failed"` or `"not seen"`, and a sentence with the evidence."""

    name: str
    result: str
    evidence: str


@dataclass(frozen=True)
class Verdict:
    """The result of every check.

    Attributes
    ----------
    calls
        How many requests were looked at.
    checks
        The results; `verdict["starts no job twice"]` is one of them.
    """

    calls: int
    checks: tuple[CheckResult, ...]

    @property
    def ok(self) -> bool:
        """Whether no check has failed."""
        return not any(check.result == "failed" for check in self.checks)

    def __str__(self) -> str:
        return self.text()

    def __getitem__(self, name: str) -> CheckResult:
        for check in self.checks:
            if check.name == name:
                return check
        raise KeyError(f"There is no check {name!r}; there are {', '.join(check.name for check in self.checks)}.")

    def text(self) -> str:
        """Format the verdict as a report for people."""
        failed = [check.name for check in self.checks if check.result == "failed"]
        summary = f"{len(failed)} of {len(self.checks)} checks failed ({'; '.join(failed)})" if failed else "well behaved"
        lines = [f"{_LABELS[check.result]} {check.name}\n     {check.evidence}" for check in self.checks]
        return "\n".join([f"{_requests(self.calls)}: {summary}", *lines])

    def to_json(self) -> dict[str, Any]:
        """Return the verdict as JSON types."""
        return {"ok": self.ok, "calls": self.calls, "checks": [asdict(check) for check in self.checks]}


def judge(entries: Sequence[JournalEntry], *, max_calls: int | None = None, owner: str | None = None) -> Verdict:
    """Judge the client that sent these requests, or one `owner` of them, by a budget of `max_calls`; see `Faults.verdict`."""
    history = ClientHistory.from_entries([entry for entry in entries if owner is None or entry.owner == owner])
    checks = [check(history) for check in CHECKS]
    calls = len(history.entries)
    if max_calls is not None:
        result = "passed" if calls <= max_calls else "failed"
        checks.append(CheckResult("stays within its budget", result, f"{_requests(calls)}; {max_calls} were allowed."))
    return Verdict(calls, tuple(checks))


@dataclass(frozen=True)
class Retry:
    """The same request again after one that failed; `ordinal` counts the retries in a row."""

    before: JournalEntry
    after: JournalEntry
    ordinal: int

    @property
    def waited(self) -> float:
        """The seconds between the end of the failed answer and the retry."""
        return self.after.began - self.before.ended

    @property
    def failures(self) -> int:
        """How many requests in a row have failed, up to and including this retry."""
        return self.ordinal + failed(self.after)


@dataclass(frozen=True)
class ClientHistory:
    """What the checks look at: all entries, the series of equal requests, and the retries."""

    entries: Sequence[JournalEntry]
    series: Sequence[Sequence[JournalEntry]]
    retries: Sequence[Retry]

    @classmethod
    def from_entries(cls, entries: Sequence[JournalEntry]) -> ClientHistory:
        """Group the entries into series of equal requests and find the retries."""
        groups: dict[tuple[str, str], list[JournalEntry]] = defaultdict(list)
        for entry in entries:
            groups[entry.key, entry.digest].append(entry)
        retries = []
        for series in groups.values():
            ordinal = 0
            for before, after in pairwise(series):
                ordinal = ordinal + 1 if failed(before) else 0
                if ordinal:
                    retries.append(Retry(before, after, ordinal))
        return cls(entries, list(groups.values()), retries)


def failed(entry: JournalEntry) -> bool:
    """Tell whether a request failed: an error, no answer, a broken answer, or a stalled one that the client gave up on."""
    if entry.fault == "stream_stall":
        return entry.given_up
    return entry.status is None or entry.status >= 400 or entry.fault is not None


def is_final(entry: JournalEntry) -> bool:
    """Tell whether the answer means that the same request cannot succeed."""
    return entry.status in FINAL_STATUSES or entry.fault == "quota"


def check_retry_after(history: ClientHistory) -> CheckResult:
    """Check that no retry comes before its `retry-after` is over."""
    name = "waits as long as it is told"
    waits = [(retry, retry.before.retry_after) for retry in history.retries if retry.before.retry_after is not None]
    early = [(retry, wait) for retry, wait in waits if retry.waited < wait - CLOCK_TOLERANCE]
    if early:
        retry, wait = early[0]
        evidence = f"{retry.before.name} was to wait {_seconds(wait)} and was retried after {_seconds(retry.waited)}"
        return CheckResult(name, "failed", f"{evidence}{_and_more(len(early))}.")
    if waits:
        retry, wait = waits[-1]
        times = "once" if len(waits) == 1 else f"{len(waits)} times"
        evidence = f"Asked {times} to wait; the last time {_seconds(wait)}, and it retried after {_seconds(retry.waited)}."
        return CheckResult(name, "passed", evidence)
    return CheckResult(name, "not seen", "No request was repeated after an answer with retry-after.")


def check_backoff(history: ClientHistory) -> CheckResult:
    """Check that without `retry-after` the waits grow from try to try, and that several clients do not retry in step."""
    name = "waits longer each time"
    free = [retry for retry in history.retries if retry.before.retry_after is None and not is_final(retry.before)]
    by_ordinal: dict[int, list[float]] = defaultdict(list)
    for retry in free:
        by_ordinal[retry.ordinal].append(retry.waited)
    hasty = [retry for retry in free if retry.waited < MIN_WAIT]
    if len(hasty) > len(free) / 2:
        reason = f"after {hasty[0].before.name} it retried after {_seconds(hasty[0].waited)}"
        return CheckResult(name, "failed", f"It hardly waits: {reason}{_and_more(len(hasty))}.")
    if len(by_ordinal) < 2:
        reason = "No request was repeated" if not free else "No request was repeated twice in a row"
        return CheckResult(name, "not seen", f"{reason} after a failure that did not say how long to wait.")
    waits = [mean(by_ordinal[ordinal]) for ordinal in sorted(by_ordinal)]
    evidence = "Waits from try to try: " + ", ".join(map(_seconds, waits))
    if waits[-1] < LONG_ENOUGH and waits[-1] < 1.2 * waits[0]:
        return CheckResult(name, "failed", f"{evidence}; they do not grow.")
    clients = {retry.before.key for retry in free}
    in_step = [waits for waits in by_ordinal.values() if len(waits) >= max(3, len(clients))]
    if len(clients) > 1 and in_step and all(max(waits) - min(waits) < 0.01 * max(waits) for waits in in_step):
        reason = f"{len(clients)} clients wait exactly as long as each other: add some chance"
        return CheckResult(name, "failed", f"{evidence}; but {reason}.")
    return CheckResult(name, "passed", f"{evidence}.")


def check_final_errors(history: ClientHistory) -> CheckResult:
    """Check that a request that cannot succeed is not sent again unchanged."""
    name = "does not repeat what cannot succeed"
    final = [entry for entry in history.entries if is_final(entry)]
    repeated = [retry for retry in history.retries if is_final(retry.before) and not _is_excused(retry)]
    if repeated:
        before = repeated[0].before
        reason = "the quota was used up" if before.fault == "quota" else f"it was answered {before.status}"
        return CheckResult(
            name, "failed", f"{before.name} was sent again unchanged although {reason}{_and_more(len(repeated))}."
        )
    if final:
        return CheckResult(
            name, "passed", f"{_requests(len(final))} could not succeed, and none was sent again by the program."
        )
    return CheckResult(name, "not seen", "No request was rejected for good.")


def _is_excused(retry: Retry) -> bool:
    """Tell whether a retry is fine: a GET that succeeds later, or one that the openai client itself makes after any 429."""
    succeeded = retry.before.method == "GET" and (retry.after.status or 500) < 300
    return succeeded or (retry.before.fault == "quota" and (retry.after.retry_count or 0) > 0)


def check_jobs_created_once(history: ClientHistory) -> CheckResult:
    """Check that a job whose answer got lost is not created a second time."""
    name = "starts no job twice"
    created = [
        [entry for entry in series if (entry.status or 500) < 300]
        for series in history.series
        if series[0].method == "POST" and series[0].path == "/v1/fine_tuning/jobs"
    ]
    for accepted in created:
        for first, second in pairwise(accepted):
            if first.fault is not None or (second.retry_count or 0) > 0:
                advice = "The answer to the first never arrived; look for the job (by its metadata) before starting it again"
                evidence = f"{first.name} and request {second.number} started the same job. {advice}."
                return CheckResult(name, "failed", evidence)
    lost = [entry for accepted in created for entry in accepted if entry.fault is not None]
    if lost:
        return CheckResult(name, "passed", f"The answer to {lost[0].name} was lost, and the job was not started again.")
    return CheckResult(name, "not seen", "No answer to a new job was lost.")


def check_broken_streams(history: ClientHistory) -> CheckResult:
    """Check that a broken stream is requested again. One that gave up and one that uses half an answer look alike here."""
    name = "retries a broken stream"
    broken = [e for e in history.entries if (e.fault or "").startswith("stream_") and e.fault != "stream_stall"]
    retried = {retry.before.number for retry in history.retries}
    missing = [entry for entry in broken if entry.number not in retried]
    if not broken:
        return CheckResult(name, "not seen", "No stream broke off.")
    if missing:
        reason = "whether the half answer was taken for a whole one cannot be seen from here"
        return CheckResult(
            name, "not seen", f"The answer to {missing[0].name} broke off and was not asked for again; {reason}."
        )
    return CheckResult(name, "passed", f"{_requests(len(broken))} had a broken answer and was sent again.")


def check_stops(history: ClientHistory) -> CheckResult:
    """Check that the client gives up on a request that keeps failing."""
    name = "knows when to stop"
    worst = max(history.retries, key=lambda retry: retry.failures, default=None)
    if worst is not None and worst.failures > MAX_TRIES:
        route = f"{worst.after.method} {worst.after.path.removeprefix('/v1')}"
        evidence = f"{route} was sent {worst.failures} times in a row without success; give up sooner."
        return CheckResult(name, "failed", evidence)
    bad = [series for series in history.series if any(map(failed, series))]
    if not bad:
        return CheckResult(name, "not seen", "Nothing failed.")
    succeeded = sum(not failed(series[-1]) for series in bad)
    most = max((retry.ordinal for retry in history.retries), default=0) + 1
    evidence = f"Of {_requests(len(bad))} that failed, {succeeded} succeeded in the end; the longest took {most} tries."
    return CheckResult(name, "passed", evidence)


CHECKS: tuple[Callable[[ClientHistory], CheckResult], ...] = (
    check_retry_after,
    check_backoff,
    check_final_errors,
    check_jobs_created_once,
    check_broken_streams,
    check_stops,
)


def _requests(number: int) -> str:
    return f"{number} request{'s' * (number != 1)}"


def _seconds(value: float) -> str:
    return f"{value:.0f} s" if value >= 10 else f"{value:.3g} s" if value >= 0.0005 else "0 s"


def _and_more(number: int) -> str:
    return f" ({number - 1:,} more like this)" if number > 1 else ""
