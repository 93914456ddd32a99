"""How the server stands: what trains, who waits and for how long, what has ended, and what it all takes.

How long somebody waits is reckoned from how long the last jobs took, given out to the workers in the order in which the queue
is served. Left out: how it is shown (`page`), and anything of a job but whose it is and how it stands.
"""

from __future__ import annotations

import heapq
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ftwidgets.sandbox.store.records import EventRecord, JobRecord
from ftwidgets.sandbox.store.store import Store
from ftwidgets.sandbox.training.queue import turns

LATEST = 10  # ended jobs to show
SAMPLE = 20  # ended jobs to learn from how long one takes
OVER = ("succeeded", "failed", "cancelled")


@dataclass(frozen=True)
class Line:
    """A job as everybody may see it.

    Parameters
    ----------
    owner
        Whose it is.
    status
        As the API says it.
    step, steps
        How far training has come; 0 where it has not begun.
    seconds
        A job that trains or waits: until it is expected to end, or to begin. One that has ended: how long it took. None: not
        known.
    """

    owner: str
    status: str
    step: int = 0
    steps: int = 0
    seconds: float | None = None


@dataclass(frozen=True)
class Overview:
    """All that the status page shows: `running`, `waiting` in their order, `resting`, `ended`; workers and bytes of memory."""

    running: Sequence[Line]
    waiting: Sequence[Line]
    resting: Sequence[Line]
    ended: Sequence[Line]
    workers: int
    wanted: int
    memory: int | None
    workers_memory: int | None


def overview(store: Store, *, wanted: int, alive: int = 0, pids: Sequence[int] = (), share: bool = False) -> Overview:
    """Look at how the server stands.

    Parameters
    ----------
    store
        The jobs.
    wanted
        How many workers there should be.
    alive
        How many of them run.
    pids
        Their processes.
    share
        Whether equal jobs are trained once.
    """
    now = store.clock.time()
    jobs = store.db.select(JobRecord, "status IN ('validating_files', 'queued', 'running', 'paused')")
    began = "status IN ('succeeded', 'failed', 'cancelled')"
    ended = store.db.select(JobRecord, began, newest=True, limit=max(LATEST, SAMPLE))
    running = [_running(store, job, now) for job in jobs if job.status == "running"]
    order = {job.id: place for place, job in enumerate(turns(store, share=share))}
    waiting = [job for job in jobs if job.status in ("queued", "validating_files")]
    waiting.sort(key=lambda job: order.get(job.id, len(order)))
    usual = _usual(ended)
    seconds = _waits([line.seconds for line in running], len(waiting), max(1, wanted), usual)
    return Overview(
        running,
        [Line(job.owner, job.status, seconds=wait) for job, wait in zip(waiting, seconds, strict=True)],
        [Line(job.owner, job.status) for job in jobs if job.status == "paused"],
        [Line(job.owner, job.status, seconds=_took(job)) for job in ended[:LATEST]],
        workers=alive,
        wanted=wanted,
        memory=resident(os.getpid()),
        workers_memory=_sum(resident(pid) for pid in pids),
    )


class Glance:
    """An overview that is looked up again only after a while, however many ask for it."""

    def __init__(self, look: Callable[[], Overview], clock: Callable[[], float], *, every: float = 1.0) -> None:
        self._look, self._clock, self._every = look, clock, every
        self._at = -every
        self._last: Overview | None = None

    def __call__(self) -> Overview:
        """Give the overview."""
        if self._last is None or self._clock() - self._at >= self._every:
            self._last, self._at = self._look(), self._clock()
        return self._last


def resident(pid: int) -> int | None:
    """Tell how many bytes of memory a process holds; None where the system does not tell."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        pass
    if pid != os.getpid() or sys.platform == "win32":
        return None
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # the most it has held: better than nothing
    return most if sys.platform == "darwin" else most * 1024


def _running(store: Store, job: JobRecord, now: float) -> Line:
    last = store.db.select(EventRecord, "job_id = ? AND step IS NOT NULL", (job.id,), newest=True, limit=1)
    data = (last[0].data or {}) if last else {}
    left = None if job.estimated_finish is None else max(0.0, job.estimated_finish - now)
    return Line(job.owner, job.status, int(data.get("step", 0)), int(data.get("total_steps", 0)), left)


def _usual(ended: Sequence[JobRecord]) -> float | None:
    """Tell how long a job takes, judged by the last ones; None where none has succeeded yet."""
    took = [seconds for job in ended if job.status == "succeeded" and (seconds := _took(job)) is not None]
    return sum(took) / len(took) if took else None


def _took(job: JobRecord) -> float | None:
    if job.started_at is None or job.finished_at is None:
        return None
    return max(0.0, job.finished_at - job.started_at)


def _waits(running: Sequence[float | None], waiting: int, workers: int, usual: float | None) -> list[float | None]:
    """Tell how long each of those who wait has to: whenever a worker is free, the next one begins."""
    if usual is None:
        return [None] * waiting
    free = [usual / 2 if left is None else left for left in running]
    free += [0.0] * (workers - len(free))
    heapq.heapify(free)
    found: list[float | None] = []
    for _ in range(waiting):
        begins = heapq.heappop(free)
        found.append(begins)
        heapq.heappush(free, begins + usual)
    return found


def _sum(values: Iterable[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
