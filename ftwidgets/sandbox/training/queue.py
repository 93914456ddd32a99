"""Whose turn it is to be trained: interrupted jobs first, then the first one of each owner before the second of any.

Left out: whether somebody else trains a job already (its lock tells, see `runner`).
"""

from __future__ import annotations

from ftwidgets.sandbox.store.records import JobRecord
from ftwidgets.sandbox.store.store import Store
from ftwidgets.sandbox.training.dedup import twin_of
from ftwidgets.sandbox.training.job_faults import ready_at

RECENT = 3600.0  # seconds for which a job that has begun counts against its owner's next

# How many turns the owner of a job has had lately or will have before it: what has begun, and what waits before it.
# Three counts, each by an index, so that jobs long over cost nothing, however many there are.
_OTHERS = "(SELECT count(*) FROM jobs AS other WHERE other.owner = jobs.owner AND other.seq != jobs.seq AND "
_NOT_LATELY = "AND coalesce(other.started_at, 0) <= ?)"
_TURNS_BEFORE = (
    f"{_OTHERS} other.started_at > ?)"
    f" + {_OTHERS} other.status = 'running' {_NOT_LATELY}"
    f" + {_OTHERS} other.status = 'queued' AND other.seq < jobs.seq {_NOT_LATELY}"
)


def turns(store: Store, *, share: bool = False) -> list[JobRecord]:
    """List the jobs that may be trained now, in the order in which they should be.

    Parameters
    ----------
    store
        The jobs.
    share
        Whether a job waits while another one with the same result trains.
    """
    now = store.clock.time()
    running = store.db.select(JobRecord, "status = 'running'")
    queued = store.db.select(JobRecord, "status = 'queued'", order=_TURNS_BEFORE, order_values=(now - RECENT,) * 3)
    ready = [job for job in queued if (ready_at(job) or now) <= now]
    if share:
        ready = [job for job in ready if (twin := twin_of(store, job)) is None or twin.status == "succeeded"]
    return running + ready
