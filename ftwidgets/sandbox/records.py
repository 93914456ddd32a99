"""The facts the sandbox keeps, one frozen dataclass a table.

A field marked `JSON` is stored as JSON text. Left out: how they are stored (`database`) and shown (`schemas`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

JSON: dict[str, bool] = {"json": True}

UNFINISHED = ("validating_files", "queued", "running")


@dataclass(frozen=True, kw_only=True)
class FileRecord:
    """An uploaded file, or the result file of a job; its bytes lie in the blob folder under its id."""

    table: ClassVar[str] = "files"
    id: str
    bytes: int
    created_at: int
    filename: str
    purpose: str
    expires_at: int | None = None


@dataclass(frozen=True, kw_only=True)
class JobRecord:
    """A fine-tuning job; `hyperparameters` hold "auto" until it runs, numbers from then on."""

    table: ClassVar[str] = "jobs"
    id: str
    created_at: int
    model: str
    training_file: str
    validation_file: str | None
    suffix: str | None
    seed: int
    hyperparameters: dict[str, Any] = field(metadata=JSON)
    metadata: dict[str, str] | None = field(default=None, metadata=JSON)
    status: str = "validating_files"
    error: dict[str, Any] | None = field(default=None, metadata=JSON)
    fine_tuned_model: str | None = None
    finished_at: int | None = None
    estimated_finish: int | None = None
    result_file: str | None = None
    trained_tokens: int | None = None


@dataclass(frozen=True, kw_only=True)
class EventRecord:
    """A line of a job's log; `step` is set for the metrics of a training step, once per job and step."""

    table: ClassVar[str] = "events"
    id: str
    job_id: str
    created_at: int
    message: str
    level: str = "info"
    type: str = "message"
    data: dict[str, Any] | None = field(default=None, metadata=JSON)
    step: int | None = None


@dataclass(frozen=True, kw_only=True)
class CheckpointRecord:
    """The model at the end of an epoch; listed by the API once the job has succeeded (`published`)."""

    table: ClassVar[str] = "checkpoints"
    id: str
    job_id: str
    created_at: int
    step: int
    metrics: dict[str, float] = field(metadata=JSON)
    trained_tokens: int
    folder: str
    model: str
    published: int = 0


@dataclass(frozen=True, kw_only=True)
class ModelRecord:
    """A tuned model that can be asked; its weights lie in `folder` under the models' folder."""

    table: ClassVar[str] = "models"
    id: str
    created_at: int
    job_id: str
    folder: str


Record = FileRecord | JobRecord | EventRecord | CheckpointRecord | ModelRecord
