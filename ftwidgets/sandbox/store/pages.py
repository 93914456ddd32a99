"""One page of each list that the API offers: the records, and whether there are more behind them.

Every list starts behind the record with the id `after`, and holds at most `limit`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from ftwidgets.sandbox.store.database import Database
from ftwidgets.sandbox.store.records import (
    CheckpointRecord,
    CompletionRecord,
    EventRecord,
    FileRecord,
    JobRecord,
    PermissionRecord,
    Record,
    ResponseRecord,
    UploadRecord,
)

Owned = TypeVar("Owned", FileRecord, UploadRecord, PermissionRecord, CompletionRecord, ResponseRecord)
R = TypeVar("R", bound=Record)

Page = tuple[list[R], bool]


def find_owned(db: Database, kind: type[Owned], id_: str, owner: str) -> Owned | None:
    """Find the record with this id, if it belongs to this owner."""
    record = db.get(kind, id_)
    return record if record is not None and record.owner == owner else None


def files_page(
    db: Database, owner: str, now: float, *, purpose: str | None, after: str | None, newest: bool, limit: int
) -> Page[FileRecord]:
    """List the files of an owner that have not expired."""
    where = "(expires_at IS NULL OR expires_at > ?)"
    more = {} if purpose is None else {"purpose": purpose}
    return db.page(FileRecord, where, (now,), owner=owner, after=after, newest=newest, limit=limit, **more)


def jobs_page(
    db: Database, owner: str, *, metadata: Mapping[str, str] | None, after: str | None, limit: int
) -> Page[JobRecord]:
    """List the jobs of an owner with these pairs in their metadata, or without metadata (None); newest first."""
    where, values = _with_metadata(JobRecord, metadata)
    return db.page(JobRecord, where, values, owner=owner, after=after, newest=True, limit=limit)


def completions_page(
    db: Database,
    owner: str,
    *,
    model: str | None,
    metadata: Mapping[str, str] | None,
    after: str | None,
    newest: bool,
    limit: int,
) -> Page[CompletionRecord]:
    """List the completions of an owner: of a model, with these pairs in their metadata, or without metadata (None)."""
    where, values = _with_metadata(CompletionRecord, metadata)
    more = {} if model is None else {"model": model}
    return db.page(CompletionRecord, where, values, owner=owner, after=after, newest=newest, limit=limit, **more)


def events_page(db: Database, job_id: str, *, after: str | None, limit: int) -> Page[EventRecord]:
    """List the events of a job, newest first."""
    return db.page(EventRecord, job_id=job_id, after=after, newest=True, limit=limit)


def checkpoints_page(db: Database, job_id: str, *, after: str | None, limit: int) -> Page[CheckpointRecord]:
    """List the published checkpoints of a job, newest first."""
    return db.page(CheckpointRecord, job_id=job_id, published=1, after=after, newest=True, limit=limit)


def is_of_job(db: Database, kind: type[EventRecord | CheckpointRecord], id_: str, job_id: str) -> bool:
    """Say whether an event or a checkpoint belongs to this job."""
    record = db.get(kind, id_)
    return record is not None and record.job_id == job_id


def permissions_page(
    db: Database, owner: str, checkpoint: str, *, project_id: str | None, after: str | None, newest: bool, limit: int
) -> Page[PermissionRecord]:
    """List the permissions for a checkpoint."""
    more = {} if project_id is None else {"project_id": project_id}
    return db.page(PermissionRecord, owner=owner, checkpoint=checkpoint, after=after, newest=newest, limit=limit, **more)


def _with_metadata(kind: type[Record], metadata: Mapping[str, str] | None) -> tuple[str, list[Any]]:
    if metadata is None:
        return "metadata IS NULL", []
    has_pair = f"EXISTS (SELECT 1 FROM json_each({kind.table}.metadata) WHERE key = ? AND value = ?)"
    return " AND ".join(["1", *[has_pair] * len(metadata)]), [part for pair in metadata.items() for part in pair]
