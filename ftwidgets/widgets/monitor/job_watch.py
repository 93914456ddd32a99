"""Watch one job in the background: wait for the service's first job if there is none yet, follow it to its end, begin again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from ftwidgets.errors import FtwidgetsError
from ftwidgets.jobs.job import Job
from ftwidgets.widgets.base.background import BackgroundTask
from ftwidgets.widgets.monitor.job_progress import JobSnapshot, poll, recent_jobs
from ftwidgets.widgets.monitor.no_job import NO_JOB, wait_for_job

if TYPE_CHECKING:
    from collections.abc import Sequence

    import openai
    from openai.types.fine_tuning import FineTuningJob

_TIMEOUT = 30.0  # seconds for a request


class JobWatch:
    """The watched `job`, None until there is one, and the thread that follows it.

    Parameters
    ----------
    client
        Any `openai` client.
    job
        The job; None for the first one that the service lists.
    on_found
        Called when a job was found.
    on_look
        Called in the thread with what each look at the job found.
    on_end
        Called in the thread with the job once it has ended, to read the rest of it.
    on_stop
        Called in the thread when it stops by itself: with True if the end was read, with False after an error.
    on_error
        Called in the thread with the error.
    tell
        Called with a sentence and its kind while there is no job.
    """

    def __init__(
        self,
        client: openai.OpenAI,
        job: Job | None,
        *,
        on_found: Callable[[], object],
        on_look: Callable[[JobSnapshot], object],
        on_end: Callable[[Job], object],
        on_stop: Callable[[bool], object],
        on_error: Callable[[Exception], object],
        tell: Callable[[str, str], object],
    ) -> None:
        self.job = job
        self._client = client
        self._on_found, self._on_look, self._on_end, self._on_stop, self._tell = on_found, on_look, on_end, on_stop, tell
        self._stop, self._wake = threading.Event(), threading.Event()
        self._task: BackgroundTask[None] = BackgroundTask("monitor", on_error=on_error)

    @property
    def busy(self) -> bool:
        """Whether the thread is at work."""
        return self._task.busy

    def require_job(self) -> Job:
        """Return the job; an FtwidgetsError says that there is none."""
        if self.job is None:
            raise FtwidgetsError(f"there is no job yet: {NO_JOB}")
        return self.job

    def find_newest(self) -> None:
        """Take the newest job of the service, if it has one."""
        self._take(recent_jobs(self._client)[:1])

    def start(self) -> None:
        """Start the thread."""
        self._stop.clear()
        self._task.start(self._follow)

    def look_now(self) -> None:
        """Bring forward the next look for a job."""
        self._wake.set()

    def wait(self, timeout: float | None = None) -> Job:
        """Wait until the job has ended and return it; `JobMonitor.wait` says what is raised."""
        if self.job is None and self.busy:
            raise FtwidgetsError(f"there is nothing to wait for: {NO_JOB}")
        self._task.wait(timeout)
        return self.require_job()

    def stop(self) -> None:
        """Watch no longer. The job goes on."""
        self._stop.set()
        self._wake.set()

    def _follow(self) -> None:
        if self.job is None:
            self._take(wait_for_job(self._client, stop=self._stop, wake=self._wake, tell=self._tell))
        if self.job is None:
            return  # stopped before there was one
        job = Job(self._client.with_options(timeout=_TIMEOUT), self.job.id)
        ended = False
        try:
            for snapshot in poll(job, self._stop):
                self._on_look(snapshot)
            if not self._stop.is_set():
                self._on_end(job)
                ended = True
        finally:
            if not self._stop.is_set():
                self._on_stop(ended)

    def _take(self, found: Sequence[FineTuningJob]) -> None:
        if found:
            self.job = Job(self._client, found[0].id)
            self._on_found()
