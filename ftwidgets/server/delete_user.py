"""Deleting everything a user owns: jobs, files, uploads, models and stored answers.

A job that trains is cancelled first; its trainer notices that at the next step. If that takes too long, what the trainer still
writes is removed the next time the sandbox opens. The user's key is removed separately (`users`).
"""

from __future__ import annotations

from ftwidgets.sandbox.store.lock import process_lock
from ftwidgets.sandbox.store.owners import delete_owner
from ftwidgets.sandbox.store.records import UNFINISHED, JobRecord
from ftwidgets.sandbox.store.store import Store
from ftwidgets.sandbox.training.lifecycle import JobLifecycle

TIMEOUT, POLL = 10.0, 0.05  # seconds; a training step takes a fraction of one


def delete_user_data(store: Store, owner: str) -> int:
    """Cancel an owner's jobs, delete everything the owner has, and return the number of deleted records."""
    lifecycle = JobLifecycle(store)
    for job in store.db.select(JobRecord, owner=owner, status=UNFINISHED):
        lifecycle.cancel(job)
        _wait_until_not_training(store, lifecycle, job)
        lifecycle.clean_up(job)
    return delete_owner(store, owner)


def _wait_until_not_training(store: Store, lifecycle: JobLifecycle, job: JobRecord) -> None:
    """Wait until no trainer holds the lock of a cancelled job."""
    deadline = store.clock.monotonic() + TIMEOUT
    while store.job_folder(job.id).is_dir() and store.clock.monotonic() < deadline:
        with process_lock(lifecycle.lock_path(job.id)) as acquired:
            if acquired:
                return
        store.clock.sleep(POLL)
