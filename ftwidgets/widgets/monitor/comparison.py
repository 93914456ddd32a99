"""Follow other jobs beside the one that is watched, so that their curves can be drawn in one picture."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any

from ftwidgets.errors import FtwidgetsError
from ftwidgets.jobs.job import Job
from ftwidgets.jobs.labels import job_label
from ftwidgets.jobs.polling import Backoff, transient_errors
from ftwidgets.providers import TERMINAL_STATUSES
from ftwidgets.widgets.base.background import BackgroundTask
from ftwidgets.widgets.monitor.chart import MAX_LINES
from ftwidgets.widgets.monitor.job_progress import Losses

if TYPE_CHECKING:
    import openai
    from openai.types.fine_tuning import FineTuningJob


@dataclass
class OtherJob:
    """A job that is compared, and what is known of it so far."""

    job: Job
    losses: Losses = field(default_factory=Losses)
    details: FineTuningJob | None = None

    @property
    def ended(self) -> bool:
        """Whether everything about it is known."""
        return self.details is not None and self.details.status in TERMINAL_STATUSES

    def look(self) -> None:
        """Request what is new."""
        self.details = self.job.details
        self.losses.add(self.job.events)
        if self.ended and not self.losses.last:  # a service whose metrics come in a file at the end
            self.losses.replace(self.job.curve)


class Comparison:
    """The jobs that are compared, by id, in the order in which they were added; each is followed until it has ended.

    `on_change` is called in the thread after each look, `on_error` with why a job cannot be followed; it is taken out then.
    """

    def __init__(self, *, on_change: Callable[[], object], on_error: Callable[[Exception], object]) -> None:
        self._on_change, self._on_error = on_change, on_error
        self.jobs: dict[str, OtherJob] = {}
        self._task: BackgroundTask[None] = BackgroundTask("comparison", on_error=on_error)
        self._lock, self._wake = threading.Lock(), threading.Event()
        self._busy = self._closed = self._started = False

    def add(self, job: Job) -> None:
        """Compare a job too; an FtwidgetsError says that the chart is full."""
        if job.id in self.jobs:
            return
        if len(self.jobs) >= MAX_LINES - 1:
            raise FtwidgetsError(f"a chart holds {MAX_LINES} jobs. Take one out before you add another.")
        self.jobs = {**self.jobs, job.id: OtherJob(job)}  # a new mapping: the thread may be reading the old one
        self._started = True
        with self._lock:
            start, self._busy = not self._busy, True
            self._wake.set()
        while start and not self._task.start(self._follow):
            threading.Event().wait(0.001)  # the last round is just ending

    def remove(self, job_id: str) -> None:
        """Take a job out."""
        self.jobs = {other: job for other, job in self.jobs.items() if other != job_id}
        self._on_change()

    def wait(self, timeout: float | None = None) -> None:
        """Wait until each job has ended."""
        if self._started:
            self._task.wait(timeout)

    def close(self) -> None:
        """Follow no longer. The jobs go on."""
        self._closed = True
        self._wake.set()

    def _follow(self) -> None:
        backoff = Backoff()
        try:
            while not self._closed:
                began = monotonic()
                self._wake.clear()
                pending = [other for other in self.jobs.values() if not other.ended]
                with self._lock:
                    if not pending and not self._wake.is_set():
                        self._busy = False
                        return
                for other in pending:
                    self._look(other)
                backoff.answered((monotonic() - began) / max(1, len(pending)))
                self._on_change()
                if any(not other.ended for other in pending):
                    self._wake.wait(backoff.next_pause())
        finally:
            with self._lock:
                self._busy = False

    def _look(self, other: OtherJob) -> None:
        try:
            other.look()
        except transient_errors():
            return  # the next look may find more; the watched job tells of an outage
        except Exception as error:
            self.remove(other.job.id)
            self._on_error(error)


def chosen_jobs(
    client: openai.OpenAI, job: Job | str | Sequence[Job | str] | None, compare: Sequence[Job | str]
) -> tuple[Job | None, list[Job]]:
    """Return the job to follow, which is the first of `job`, and those to compare with it: the others of it and `compare`."""
    named = []
    for name, given in (("job", job), ("compare", compare)):
        listed: list[Any] = [given] if isinstance(given, str) or not isinstance(given, Sequence) else [*given]
        listed = [] if given is None else listed
        for one in listed:
            if not isinstance(one, Job | str):
                raise ValueError(f'"{name}" must be a Job, its id such as "ftjob-...", or a list of them: {one!r:.60}')
        named.append([one if isinstance(one, Job) else Job(client, one) for one in listed if one])
    followed, others = named
    return (followed[0] if followed else None), [*followed[1:], *others]


def labels(jobs: list[tuple[str, FineTuningJob | None]]) -> list[str]:
    """Return what to call jobs, given with their ids: their labels, with the end of the id where two would be the same."""
    named = [job_label(details) if details else job_id for job_id, details in jobs]
    return [f"{name} ({job_id[-4:]})" if named.count(name) > 1 else name for name, (job_id, _) in zip(named, jobs, strict=True)]
