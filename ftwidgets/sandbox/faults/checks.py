"""The checks of a verdict, one function each: what they look at, when they fail, and the sentence that says why.

Left out: gathering the verdict (`verdict`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import mean

from ftwidgets.sandbox.faults.journal import Entry

FINAL = (400, 401, 403, 404, 405, 413, 422)  # trying the same again cannot help
EARLY = 0.002  # seconds by which two clocks may disagree
AT_ONCE = 0.05  # seconds; a shorter wait is none
LONG_ENOUGH = 4.0  # seconds; a wait of this length need not grow any more (the openai client stops growing at 6 to 8)
MOST_TRIES = 10  # of the same request, one after another, without success


@dataclass(frozen=True)
class Check:
    """What came of one question about a client."""

    name: str
    result: str
    evidence: str


@dataclass(frozen=True)
class Retry:
    """The same request again after one that failed; `ordinal` counts those in a row."""

    before: Entry
    after: Entry
    ordinal: int

    @property
    def waited(self) -> float:
        """The seconds between the end of the failed answer and the next try."""
        return self.after.began - self.before.ended

    @property
    def text(self) -> str:
        """The wait, for people."""
        return seconds(self.waited)


@dataclass(frozen=True)
class Seen:
    """What the checks look at: every entry, every series of the same request, every retry."""

    entries: Sequence[Entry]
    series: Sequence[Sequence[Entry]]
    retries: Sequence[Retry]

    @classmethod
    def of(cls, entries: Sequence[Entry]) -> Seen:
        """Sort the entries into series."""
        same: dict[tuple[str, str], list[Entry]] = defaultdict(list)
        for entry in entries:
            same[entry.key, entry.digest].append(entry)
        retries = []
        for series in same.values():
            ordinal = 0
            for before, after in pairwise(series):
                ordinal = ordinal + 1 if failed(before) else 0
                if ordinal:
                    retries.append(Retry(before, after, ordinal))
        return cls(entries, list(same.values()), retries)


def failed(entry: Entry) -> bool:
    """Tell whether a request came to nothing: refused, unanswered, its answer broken, or given up in the middle of a stall."""
    if entry.fault == "stream_stall":
        return entry.given_up
    return entry.status is None or entry.status >= 400 or entry.fault is not None


def seconds(value: float) -> str:
    """Write a time for people."""
    return f"{value:.0f} s" if value >= 10 else f"{value:.3g} s" if value >= 0.0005 else "0 s"


def is_final(entry: Entry) -> bool:
    """Tell whether the answer says that the same request cannot succeed."""
    return entry.status in FINAL or entry.fault == "quota"


def honours_retry_after(seen: Seen) -> Check:
    """Whoever is told how long to wait does not come again before."""
    name = "waits as long as it is told"
    asked = [(retry, retry.before.retry_after) for retry in seen.retries if retry.before.retry_after is not None]
    early = [(retry, wanted) for retry, wanted in asked if retry.waited < wanted - EARLY]
    if early:
        retry, wanted = early[0]
        told = f"{retry.before.name} was told to wait {seconds(wanted)} and came again after {retry.text}"
        return Check(name, "failed", f"{told}{_and_more(len(early))}.")
    if asked:
        retry, wanted = asked[-1]
        return Check(
            name,
            "passed",
            f"Told {_times(len(asked))} to wait; the last time {seconds(wanted)}, and it came again after {retry.text}.",
        )
    return Check(name, "not seen", "No request was repeated after an answer with retry-after.")


def backs_off(seen: Seen) -> Check:
    """Where no wait was named, waits grow from try to try, and several clients do not march in step."""
    name = "waits longer each time"
    free = [retry for retry in seen.retries if retry.before.retry_after is None and not is_final(retry.before)]
    by_ordinal: dict[int, list[float]] = defaultdict(list)
    for retry in free:
        by_ordinal[retry.ordinal].append(retry.waited)
    hasty = [retry for retry in free if retry.waited < AT_ONCE]
    if len(hasty) > len(free) / 2:
        why = f"after {hasty[0].before.name} it came again after {hasty[0].text}"
        return Check(name, "failed", f"It hardly waits: {why}{_and_more(len(hasty))}.")
    if len(by_ordinal) < 2:
        why = "No request was repeated" if not free else "No request was repeated twice in a row"
        return Check(name, "not seen", f"{why} after a failure that did not say how long to wait.")
    waits = [mean(by_ordinal[ordinal]) for ordinal in sorted(by_ordinal)]
    said = "Waits from try to try: " + ", ".join(map(seconds, waits))
    if waits[-1] < LONG_ENOUGH and waits[-1] < 1.2 * waits[0]:
        return Check(name, "failed", f"{said}; they do not grow.")
    clients = {retry.before.key for retry in free}
    in_step = [waits for waits in by_ordinal.values() if len(waits) >= max(3, len(clients))]
    if len(clients) > 1 and in_step and all(max(waits) - min(waits) < 0.01 * max(waits) for waits in in_step):
        return Check(name, "failed", f"{said}; but {len(clients)} clients wait exactly as long as each other: add some chance.")
    return Check(name, "passed", f"{said}.")


def stops_when_told_no(seen: Seen) -> Check:
    """What cannot succeed is not sent again unchanged."""
    name = "does not repeat what cannot succeed"
    final = [entry for entry in seen.entries if is_final(entry)]
    again = [retry for retry in seen.retries if is_final(retry.before) and not _excused(retry)]
    if again:
        before = again[0].before
        why = "the quota was used up" if before.fault == "quota" else f"it was answered {before.status}"
        return Check(name, "failed", f"{before.name} was sent again unchanged although {why}{_and_more(len(again))}.")
    if final:
        return Check(name, "passed", f"{_requests(len(final))} could not succeed, and none was sent again by the program.")
    return Check(name, "not seen", "No request was refused for good.")


def _excused(retry: Retry) -> bool:
    """Excuse a GET that finds later what it missed, and the openai client, which by itself repeats every 429."""
    found = retry.before.method == "GET" and (retry.after.status or 500) < 300
    return found or (retry.before.fault == "quota" and (retry.after.retry_count or 0) > 0)


def does_jobs_once(seen: Seen) -> Check:
    """A job whose acceptance the client did not hear of is not started a second time."""
    name = "starts no job twice"
    made = [
        [entry for entry in series if (entry.status or 500) < 300]
        for series in seen.series
        if series[0].method == "POST" and series[0].path == "/v1/fine_tuning/jobs"
    ]
    for accepted in made:
        for first, second in pairwise(accepted):
            if first.fault is not None or (second.retry_count or 0) > 0:
                why = "The answer to the first never arrived; look for the job (by its metadata) before starting it again"
                return Check(name, "failed", f"{first.name} and request {second.number} started the same job. {why}.")
    lost = [entry for accepted in made for entry in accepted if entry.fault is not None]
    if lost:
        return Check(name, "passed", f"The answer to {lost[0].name} was lost, and the job was not started again.")
    return Check(name, "not seen", "No answer to a new job was lost.")


def asks_again_for_a_broken_stream(seen: Seen) -> Check:
    """Half an answer is asked for again. A client that gives up and one that takes the half for a whole look alike here."""
    name = "asks again for a broken stream"
    broken = [entry for entry in seen.entries if (entry.fault or "").startswith("stream_") and entry.fault != "stream_stall"]
    answered = {retry.before.number for retry in seen.retries}
    left = [entry for entry in broken if entry.number not in answered]
    if not broken:
        return Check(name, "not seen", "No stream broke off.")
    if left:
        why = "whether the half answer was taken for a whole one cannot be seen from here"
        return Check(name, "not seen", f"The answer to {left[0].name} broke off and was not asked for again; {why}.")
    return Check(name, "passed", f"{_requests(len(broken))} had a broken answer and was sent again.")


def comes_to_an_end(seen: Seen) -> Check:
    """A request that keeps failing is given up in the end."""
    name = "knows when to stop"
    worst = max(seen.retries, key=_in_vain, default=None)
    if worst is not None and _in_vain(worst) > MOST_TRIES:
        again = f"{worst.after.method} {worst.after.path.removeprefix('/v1')} was sent {_in_vain(worst)} times in a row"
        return Check(name, "failed", f"{again} without success; give up sooner.")
    bad = [series for series in seen.series if any(map(failed, series))]
    if not bad:
        return Check(name, "not seen", "Nothing failed.")
    won = sum(not failed(series[-1]) for series in bad)
    most = max(retry.ordinal for retry in seen.retries) + 1 if seen.retries else 1
    return Check(
        name, "passed", f"Of {_requests(len(bad))} that failed, {won} succeeded in the end; the longest took {most} tries."
    )


def budget(seen: Seen, most: int) -> Check:
    """No more requests than allowed."""
    calls = len(seen.entries)
    result = "passed" if calls <= most else "failed"
    return Check("stays within its budget", result, f"{_requests(calls)}; {most} were allowed.")


CHECKS: tuple[Callable[[Seen], Check], ...] = (
    honours_retry_after,
    backs_off,
    stops_when_told_no,
    does_jobs_once,
    asks_again_for_a_broken_stream,
    comes_to_an_end,
)


def _in_vain(retry: Retry) -> int:
    """Count the failures in a row up to this try."""
    return retry.ordinal + failed(retry.after)


def _requests(number: int) -> str:
    return f"{number} request{'s' * (number != 1)}"


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def _and_more(number: int) -> str:
    return f" (and so {number - 1} times more)" if number > 1 else ""
