"""The JSON bodies of records, as OpenAI's schema describes them, with no key that the client's types do not know."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ftwidgets.sandbox.store.records import CheckpointRecord, EventRecord, FileRecord, JobRecord

Body = dict[str, Any]

ORGANIZATION = "org-ftwidgets"


def file_body(record: FileRecord) -> Body:
    """Return the body of a file; files are checked before the answer, so the status is always `processed`."""
    body: Body = {
        "id": record.id,
        "object": "file",
        "bytes": record.bytes,
        "created_at": record.created_at,
        "filename": record.filename,
        "purpose": record.purpose,
        "status": "processed",
        "status_details": None,
    }
    if record.expires_at is not None:
        body["expires_at"] = record.expires_at
    return body


def job_body(record: JobRecord) -> Body:
    """Return the body of a fine-tuning job."""
    return {
        "id": record.id,
        "object": "fine_tuning.job",
        "created_at": record.created_at,
        "finished_at": record.finished_at,
        "estimated_finish": record.estimated_finish if record.status == "running" else None,
        "model": record.model,
        "fine_tuned_model": record.fine_tuned_model,
        "organization_id": ORGANIZATION,
        "status": record.status,
        "error": record.error,
        # The service shows null for other methods, which its own client's types do not allow.
        "hyperparameters": record.hyperparameters if record.method == "supervised" else {},
        "method": {"type": record.method, record.method: {"hyperparameters": record.hyperparameters}},
        "training_file": record.training_file,
        "validation_file": record.validation_file,
        "result_files": [record.result_file] if record.result_file else [],
        "trained_tokens": record.trained_tokens,
        "integrations": [],
        "metadata": record.metadata,
        "seed": record.seed,
    }


def event_body(record: EventRecord) -> Body:
    """Return the body of an event."""
    return {
        "id": record.id,
        "object": "fine_tuning.job.event",
        "created_at": record.created_at,
        "level": record.level,
        "message": record.message,
        "type": record.type,
        "data": record.data,
    }


def checkpoint_body(record: CheckpointRecord) -> Body:
    """Return the body of a checkpoint."""
    return {
        "id": record.id,
        "object": "fine_tuning.job.checkpoint",
        "created_at": record.created_at,
        "fine_tuned_model_checkpoint": record.model,
        "fine_tuning_job_id": record.job_id,
        "metrics": record.metrics,
        "step_number": record.step,
    }


def deleted_body(id_: str, kind: str) -> Body:
    """Return the body that confirms a deletion."""
    return {"id": id_, "object": kind, "deleted": True}


def page_body(data: Sequence[Body], has_more: bool) -> Body:
    """Return one page of a list."""
    return {"object": "list", "data": list(data), "has_more": has_more}


def bounded_page_body(data: Sequence[Body], has_more: bool, *, empty: str | None) -> Body:
    """Return one page of a list with its `first_id` and `last_id`; `empty` is their value on an empty page."""
    ends = {"first_id": data[0]["id"] if data else empty, "last_id": data[-1]["id"] if data else empty}
    return {**page_body(data, has_more), **ends}
