"""The queries that are more than columns equal to values; everything else is `Database.select` and its like."""

from __future__ import annotations

from collections.abc import Sequence

from ftwidgets.sandbox.store.database import Database
from ftwidgets.sandbox.store.records import (
    UNFINISHED,
    CheckpointRecord,
    CompletionRecord,
    EventRecord,
    JobRecord,
    ModelRecord,
    PermissionRecord,
    ResponseRecord,
)

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
