"""What one owner has: files, bytes, jobs with models; and deleting all of it."""

from __future__ import annotations

import shutil

from ftwidgets.sandbox.store.database import Database
from ftwidgets.sandbox.store.records import (
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


def count_files(db: Database, owner: str) -> int:
    """Count an owner's files, and the pending uploads that may become one."""
    return db.count(FileRecord, owner=owner) + db.count(UploadRecord, owner=owner, status="pending")


def stored_bytes(db: Database, owner: str) -> int:
    """Add up the bytes of an owner's files and of the parts of pending uploads."""
    pending = tuple(upload.id for upload in db.select(UploadRecord, owner=owner, status="pending"))
    return db.total(FileRecord, "bytes", owner=owner) + db.total(PartRecord, "bytes", upload_id=pending)


def count_jobs_with_models(db: Database, owner: str) -> int:
    """Count an owner's jobs that have at least one tuned model left."""
    return int(db.value("SELECT count(DISTINCT job_id) FROM models WHERE owner = ?", (owner,)))


def delete_owner(store: Store, owner: str) -> int:
    """Delete everything an owner has, records and bytes, and return the number of records; the owner's jobs must have ended."""
    db = store.db
    deleted = 0
    while models := db.select(ModelRecord, owner=owner, limit=1):
        deleted += len(store.delete_model(models[0]))  # deleting the final model of a job deletes its checkpoints too
    for job in db.select(JobRecord, owner=owner):
        for checkpoint in db.select(CheckpointRecord, job_id=job.id):
            shutil.rmtree(store.model_folder(checkpoint.folder), ignore_errors=True)
        with db.transaction():
            db.delete_all(EventRecord, job_id=job.id)
            db.delete_all(CheckpointRecord, job_id=job.id)
            deleted += db.delete(JobRecord, job.id)
    for file in db.select(FileRecord, owner=owner):
        deleted += db.delete(FileRecord, file.id)
        store.blobs.delete(file.id)
    for upload in db.select(UploadRecord, owner=owner):
        for part in db.select(PartRecord, upload_id=upload.id):
            db.delete(PartRecord, part.id)
            store.parts.delete(part.id)
        deleted += db.delete(UploadRecord, upload.id)
    return deleted + sum(db.delete_all(kind, owner=owner) for kind in (PermissionRecord, CompletionRecord, ResponseRecord))
