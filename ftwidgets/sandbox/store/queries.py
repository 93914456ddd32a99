"""The queries that are more than columns equal to values, and one page of each list that the API offers.

A page is the records, and whether there are more behind them; it starts behind the record with the id `after`, and holds at
most `limit`. Everything else is `Database.select` and its like.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from ftwidgets.sandbox.store.database import Database
from ftwidgets.sandbox.store.records import (
    UNFINISHED,
    CheckpointRecord,
    CompletionRecord,
    EventRecord,
    FileRecord,
    JobRecord,
    ModelRecord,
    PermissionRecord,
    Record,
    ResponseRecord,
    UploadRecord,
)

Owned = TypeVar("Owned", FileRecord, UploadRecord, PermissionRecord, CompletionRecord, ResponseRecord)
R = TypeVar("R", bound=Record)

Page = tuple[list[R], bool]

# How many turns the owner of a job has had lately or will have before it: what has begun, and what waits before it.
# Three counts, each by an index, so jobs that ended long ago cost nothing, however many there are.
_OTHERS = "(SELECT count(*) FROM jobs AS other WHERE other.owner = jobs.owner AND other.seq != jobs.seq AND "
_NOT_LATELY = "AND coalesce(other.started_at, 0) <= ?)"
_TURNS_BEFORE = (
    f"{_OTHERS} other.started_at > ?)"
    f" + {_OTHERS} other.status = 'running' {_NOT_LATELY}"
    f" + {_OTHERS} other.status = 'queued' AND other.seq < jobs.seq {_NOT_LATELY}"
)


def fairly_queued_jobs(db: Database, recent: float) -> list[JobRecord]:
    """List the queued jobs: the first one of each owner before the second of any, counting jobs begun since `recent`."""
    return db.select(JobRecord, status="queued", order=_TURNS_BEFORE, order_values=(recent,) * 3)


def job_status(db: Database, job_id: str) -> str:
    """Read the status of a job, and nothing else: a training thread asks at every step."""
    return str(db.value("SELECT status FROM jobs WHERE id = ?", (job_id,)))


def unfinished_checkpoints(db: Database) -> list[CheckpointRecord]:
    """List the checkpoints of jobs that have not ended."""
    jobs = f"SELECT id FROM jobs WHERE status IN ({', '.join('?' * len(UNFINISHED))})"
    return db.select(CheckpointRecord, f"job_id IN ({jobs})", UNFINISHED)


def step_events(db: Database, job_id: str, *, newest: bool = False, limit: int = -1) -> list[EventRecord]:
    """List the events of a job that hold the metrics of a training step."""
    return db.select(EventRecord, "step IS NOT NULL", job_id=job_id, newest=newest, limit=limit)


def last_step(db: Database, job_id: str) -> int:
    """Read the number of the last training step in the log of a job; 0 before the first."""
    return int(db.value("SELECT max(step) FROM events WHERE job_id = ?", (job_id,)) or 0)


def usable_models(db: Database, owner: str) -> list[ModelRecord]:
    """List the tuned models that an owner has or was given a permission for, newest first."""
    where = "owner = ? OR id IN (SELECT checkpoint FROM permissions WHERE project_id = ?)"
    return db.select(ModelRecord, where, (owner, owner), newest=True)


def has_permission(db: Database, model: str, owner: str) -> bool:
    """Say whether the owner of a tuned model lets somebody else use it."""
    models = "SELECT 1 FROM permissions JOIN models ON models.id = checkpoint AND models.owner = permissions.owner"
    return db.value(f"{models} WHERE checkpoint = ? AND project_id = ?", (model, owner)) is not None


def keep_newest(db: Database, record: CompletionRecord | ResponseRecord, most: int) -> None:
    """Insert a record and delete the oldest of its owner's that are more than `most`."""
    with db.transaction():
        db.insert(record)
        delete_oldest(db, type(record), record.owner, most)


def delete_oldest(db: Database, kind: type[CompletionRecord | ResponseRecord], owner: str, most: int) -> None:
    """Delete all but the newest of an owner's records."""
    last = f"(SELECT seq FROM {kind.table} WHERE owner = ? ORDER BY seq DESC LIMIT 1 OFFSET ?)"
    for record in db.select(kind, f"seq <= {last}", (owner, most), owner=owner):
        db.delete(kind, record.id)


def grant_permissions(db: Database, wanted: Sequence[PermissionRecord]) -> list[PermissionRecord]:
    """Insert permissions; where a project may use the checkpoint already, return the permission it has."""
    granted = []
    with db.transaction():
        for new in wanted:
            found = db.select(PermissionRecord, owner=new.owner, checkpoint=new.checkpoint, project_id=new.project_id, limit=1)
            if not found:
                db.insert(new)
            granted.append(found[0] if found else new)
    return granted


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
