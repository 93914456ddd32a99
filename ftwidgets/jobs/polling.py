"""Poll a service: how long to pause, which errors to retry, and how to read its listings page by page, oldest item first.

OpenAI and the sandbox list the newest item first, Nebius the oldest. Several items can share one second, a listing that
grows while it is read shows an item twice, and some services return their last page over and over.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

from ftwidgets.errors import SandboxClosed
from ftwidgets.jobs.times import seconds_of

if TYPE_CHECKING:
    import openai
    from openai.pagination import SyncCursorPage
    from openai.types.fine_tuning import FineTuningJobEvent
    from openai.types.fine_tuning.jobs import FineTuningJobCheckpoint

    Item = TypeVar("Item", FineTuningJobEvent, FineTuningJobCheckpoint)

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0  # seconds
LOCAL_PAUSE = 0.25  # seconds; the longest pause for a service on this computer
OUTAGE = 120.0  # seconds that a service may fail to answer before a wait gives up


def transient_errors() -> tuple[type[openai.OpenAIError], ...]:
    """Return the exceptions after which a request is worth retrying."""
    import openai

    return openai.APIConnectionError, openai.InternalServerError, openai.RateLimitError


def raise_if_closed(error: openai.OpenAIError, job_id: str) -> None:
    """Raise `SandboxClosed` where a request failed because the sandbox of this process was closed: a retry cannot succeed."""
    if isinstance(error.__cause__, SandboxClosed):
        message = f"the sandbox of job {job_id} was closed. Open one on the same folder: the job goes on, and"
        raise SandboxClosed(f"{message} Job(client, {job_id!r}).wait() follows it.") from error


class Backoff:
    """The pauses between the requests of one wait.

    They start at a tenth of a second and grow by half each time, up to fifty times the fastest answer seen: a quarter of a
    second for the sandbox in this process, five seconds for a service across the ocean.
    """

    def __init__(self) -> None:
        self._pause = FIRST_PAUSE
        self._fastest = math.inf
        self._failing_since: float | None = None

    def answered(self, seconds: float) -> None:
        """Record that the service answered, and how long that took."""
        self._fastest = min(self._fastest, seconds)
        self._failing_since = None

    def timed_out(self) -> bool:
        """Record that a request failed; return True once requests have been failing for longer than `OUTAGE`."""
        now = monotonic()
        if self._failing_since is None:
            self._failing_since = now
        return now - self._failing_since > OUTAGE

    def next_pause(self) -> float:
        """Return the next pause in seconds."""
        longest = min(LONGEST_PAUSE, max(LOCAL_PAUSE, 50 * self._fastest))
        pause = min(self._pause, longest)
        self._pause = min(self._pause * 1.5, LONGEST_PAUSE)
        return pause


def new_items(first: SyncCursorPage[Item], *, known: Collection[str] = ()) -> list[Item]:
    """Collect the items of all pages, oldest first, each once, without those whose ids are `known` from an earlier call.

    In a newest-first listing the pages after a known item are not requested.
    """
    listed: dict[str, Item] = {}
    newest_first = _is_newest_first(first.data or ())
    for page in first.iter_pages():
        items: Sequence[Item] = page.data or ()
        if all(item.id in listed for item in items):
            break
        listed |= {item.id: item for item in items if item.id not in listed}
        if newest_first and any(item.id in known for item in items):
            break
    found = [item for item in listed.values() if item.id not in known]
    if newest_first:
        found.reverse()
    return sort_by_time(found)


def sort_by_time(items: Iterable[Item]) -> list[Item]:
    """Sort by creation time; items that share a second keep their order."""
    return sorted(items, key=lambda item: seconds_of(item.created_at))


def _is_newest_first(items: Sequence[Item]) -> bool:
    """Compare the first and last times, then the first and last steps; if both are equal, assume OpenAI's order."""
    if len(items) < 2:
        return True
    first, last = seconds_of(items[0].created_at), seconds_of(items[-1].created_at)
    if first != last:
        return first > last
    steps: list[float] = []
    for item in items:
        data = getattr(item, "data", None)
        step = data.get("step") if isinstance(data, Mapping) else getattr(item, "step_number", None)
        if isinstance(step, int | float):
            steps.append(step)
    return not steps or steps[0] >= steps[-1]
