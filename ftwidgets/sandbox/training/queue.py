"""Which job is trained next: interrupted jobs first, then the first one of each owner before the second of any.

Left out: whether another process trains a job already (its lock tells, see `runner`).
"""

from __future__ import annotations

from ftwidgets.sandbox.store.queries import fairly_queued_jobs
from ftwidgets.sandbox.store.records import JobRecord
from ftwidgets.sandbox.store.store import Store
from ftwidgets.sandbox.training.dedup import duplicate_job
from ftwidgets.sandbox.training.job_faults import ready_at

RECENT = 3600.0  # seconds for which a job that has begun counts against its owner's next


def runnable_jobs(store: Store, *, share: bool = False) -> list[JobRecord]:
    """List the jobs that may be trained now, in the order in which they should be.

    Parameters
    ----------
    store
        The jobs.
    share
        Whether a job waits while another one with the same result trains.
    """
    now = store.clock.time()
    ready = [job for job in fairly_queued_jobs(store.db, now - RECENT) if (ready_at(job) or now) <= now]
    if share:
        ready = [job for job in ready if (other := duplicate_job(store, job)) is None or other.status == "succeeded"]
    return store.db.select(JobRecord, status="running") + ready
