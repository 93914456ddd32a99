"""What somebody owns, removed for good: their jobs, files, uploads, models and stored answers.

A job that trains is cancelled first; whoever trains it notices at its next step and lets go of it. Should that take too long,
what it still writes is swept when the sandbox opens next. Left out: the key (`register`).
"""

from __future__ import annotations

import shutil

from ftwidgets.sandbox.store.lock import lease
from ftwidgets.sandbox.store.records import (
    UNFINISHED,
    CheckpointRecord,
    CompletionRecord,
    EventRecord,
    FileRecord,
    JobRecord,
    ModelRecord,
    PartRecord,
    PermissionRecord,
    ResponseRecord,
    UploadRecord,
)
from ftwidgets.sandbox.store.store import Store
from ftwidgets.sandbox.training.lifecycle import Ledger

PATIENCE, LOOK = 10.0, 0.05  # seconds: a step takes a fraction of one


def remove_all(store: Store, owner: str) -> int:
    """Remove everything that an owner has; tell how many records there were.

    Parameters
    ----------
    store
        The records and their bytes.
    owner
        Whose.
    """
    ledger, mine = Ledger(store), ("owner = ?", (owner,))
    removed = 0
    for job in store.db.select(JobRecord, *mine):
        if job.status in UNFINISHED:
            ledger.cancel(job)
            _wait_until_free(store, ledger, job)
            ledger.clear(job)
    while models := store.db.select(ModelRecord, *mine, limit=1):
        removed += len(store.delete_model(models[0]))  # the final one of a job takes its checkpoints along
    for job in store.db.select(JobRecord, *mine):
        for point in store.db.select(CheckpointRecord, "job_id = ?", (job.id,)):
            shutil.rmtree(store.model_folder(point.folder), ignore_errors=True)
        with store.db.transaction():
            for kind in (EventRecord, CheckpointRecord):
                for record in store.db.select(kind, "job_id = ?", (job.id,)):
                    store.db.delete(kind, record.id)
            removed += store.db.delete(JobRecord, job.id)
    for file in store.db.select(FileRecord, *mine):
        store.db.delete(FileRecord, file.id)
        store.blobs.delete(file.id)
        removed += 1
    for upload in store.db.select(UploadRecord, *mine):
        for part in store.db.select(PartRecord, "upload_id = ?", (upload.id,)):
            store.db.delete(PartRecord, part.id)
            store.parts.delete(part.id)
        removed += store.db.delete(UploadRecord, upload.id)
    for stored in (PermissionRecord, CompletionRecord, ResponseRecord):
        for record in store.db.select(stored, *mine):
            removed += store.db.delete(stored, record.id)
    return removed


def _wait_until_free(store: Store, ledger: Ledger, job: JobRecord) -> None:
    """Wait until nobody trains a job that has been cancelled."""
    until = store.clock.monotonic() + PATIENCE
    while store.job_folder(job.id).is_dir() and store.clock.monotonic() < until:
        with lease(ledger.lock_path(job.id)) as mine:
            if mine:
                return
        store.clock.sleep(LOOK)
