"""The state of the server for its status page: running, waiting, paused and ended jobs, workers, memory.

The time that a job waits is estimated from how long the last jobs took: the waiting jobs are assigned to the workers in the
order of the queue. Of a job only its owner, its status and its progress are known here.
"""

from __future__ import annotations

import heapq
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ftwidgets.providers import TERMINAL_STATUSES
from ftwidgets.sandbox.store.database import Database
from ftwidgets.sandbox.store.queries import step_events
from ftwidgets.sandbox.store.records import UNFINISHED, JobRecord
from ftwidgets.sandbox.store.store import Store
from ftwidgets.sandbox.training.queue import runnable_jobs

SHOWN = 10  # ended jobs on the page
SAMPLE = 20  # ended jobs from which the time of a job is estimated


@dataclass(frozen=True)
class JobStatus:
    """What everybody may know of a job."""

    owner: str
    status: str  # as in the API
    step: int = 0  # the progress of training; 0 if it has not begun
    steps: int = 0
    seconds: float | None = None  # estimated until a running job ends or a waiting one begins, or what an ended one took


@dataclass(frozen=True)
class ServerStatus:
    """What the status page shows."""

    running: Sequence[JobStatus]
    waiting: Sequence[JobStatus]  # in the order of the queue
    paused: Sequence[JobStatus]
    ended: Sequence[JobStatus]
    workers: int  # how many run, of the configured ones
    configured_workers: int
    memory: int | None  # bytes that the server holds; None: unknown
    workers_memory: int | None  # bytes that all its workers hold


def read_status(
    store: Store, *, configured_workers: int, alive: int = 0, pids: Sequence[int] = (), share: bool = False
) -> ServerStatus:
    """Read the state of the server; `alive` of its `configured_workers` run, as the processes `pids`."""
    now = store.clock.time()
    jobs = store.db.select(JobRecord, status=UNFINISHED)
    ended = store.db.select(JobRecord, status=tuple(TERMINAL_STATUSES), newest=True, limit=max(SHOWN, SAMPLE))
    running = [_running(store.db, job, now) for job in jobs if job.status == "running"]
    places = {job.id: place for place, job in enumerate(runnable_jobs(store, share=share))}
    waiting = [job for job in jobs if job.status in ("queued", "validating_files")]
    waiting.sort(key=lambda job: places.get(job.id, len(places)))
    took = [seconds for job in ended if job.status == "succeeded" and (seconds := _seconds_taken(job)) is not None]
    mean = sum(took) / len(took) if took else None
    waits = estimate_waits([job.seconds for job in running], len(waiting), max(1, configured_workers), mean)
    memory = [size for pid in pids if (size := resident_memory(pid)) is not None]
    return ServerStatus(
        running,
        [JobStatus(job.owner, job.status, seconds=wait) for job, wait in zip(waiting, waits, strict=True)],
        [JobStatus(job.owner, job.status) for job in jobs if job.status == "paused"],
        [JobStatus(job.owner, job.status, seconds=_seconds_taken(job)) for job in ended[:SHOWN]],
        workers=alive,
        configured_workers=configured_workers,
        memory=resident_memory(os.getpid()),
        workers_memory=sum(memory) if memory else None,
    )


class CachedStatus:
    """Reads the status at most once a second, however many users ask for it."""

    def __init__(self, read: Callable[[], ServerStatus], clock: Callable[[], float], *, max_age: float = 1.0) -> None:
        self._read, self._clock, self._max_age = read, clock, max_age
        self._read_at = 0.0
        self._status: ServerStatus | None = None

    def __call__(self) -> ServerStatus:
        """Return the status."""
        if self._status is None or self._clock() - self._read_at >= self._max_age:
            self._status, self._read_at = self._read(), self._clock()
        return self._status


def resident_memory(pid: int) -> int | None:
    """Return the bytes of memory that a process holds; None if the system does not tell."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        pass
    if pid != os.getpid() or sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # not what it holds now, but better than nothing
    return peak if sys.platform == "darwin" else peak * 1024


def _running(db: Database, job: JobRecord, now: float) -> JobStatus:
    events = step_events(db, job.id, newest=True, limit=1)
    metrics = (events[0].data or {}) if events else {}
    seconds = None if job.estimated_finish is None else max(0.0, job.estimated_finish - now)
    return JobStatus(job.owner, job.status, int(metrics.get("step", 0)), int(metrics.get("total_steps", 0)), seconds)


def _seconds_taken(job: JobRecord) -> float | None:
    if job.started_at is None or job.finished_at is None:
        return None
    return max(0.0, job.finished_at - job.started_at)


def estimate_waits(running: Sequence[float | None], waiting: int, workers: int, mean: float | None) -> list[float | None]:
    """Estimate when each waiting job begins, in seconds: whenever a worker is free, the next job begins.

    `running` has the seconds that each running job still takes; where that is unknown (None), half the `mean` of the last jobs
    is assumed. Without a mean all waits are unknown.
    """
    if mean is None:
        return [None] * waiting
    free_at = [mean / 2 if seconds is None else seconds for seconds in running]
    free_at += [0.0] * (workers - len(free_at))
    heapq.heapify(free_at)
    waits: list[float | None] = []
    for _ in range(waiting):
        begins = heapq.heappop(free_at)
        waits.append(begins)
        heapq.heappush(free_at, begins + mean)
    return waits
