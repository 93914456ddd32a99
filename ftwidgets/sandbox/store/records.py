"""The records the sandbox keeps, one frozen dataclass for each table.

A field marked `JSON` is stored as JSON text. How they are stored: `database`; how the API shows them: `ftwidgets.sandbox.api`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

JSON: dict[str, bool] = {"json": True}

ACTIVE = ("validating_files", "queued", "running")  # a job that a training thread works on
UNFINISHED = (*ACTIVE, "paused")


@dataclass(frozen=True, kw_only=True)
class FileRecord:
    """An uploaded file, or the result file of a job; its bytes lie in the blob folder under its id."""

    table: ClassVar[str] = "files"
    id: str
    owner: str = ""
    bytes: int
    created_at: int
    filename: str
    purpose: str
    expires_at: int | None = None


@dataclass(frozen=True, kw_only=True)
class UploadRecord:
    """A file that is uploaded in parts; `lifetime` is how many seconds the finished file is kept."""

    table: ClassVar[str] = "uploads"
    id: str
    owner: str = ""
    bytes: int
    created_at: int
    expires_at: int
    filename: str
    purpose: str
    lifetime: int | None = None
    status: str = "pending"
    file_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class PartRecord:
    """A part of an upload; its bytes lie in the folder of parts under its id."""

    table: ClassVar[str] = "parts"
    id: str
    upload_id: str
    bytes: int
    created_at: int


@dataclass(frozen=True, kw_only=True)
class JobRecord:
    """A fine-tuning job; `hyperparameters` hold "auto" until it runs, numbers from then on.

    `fault` is what is planned to go wrong with it (None: nothing). `key` is a hash of all the result depends on, set when the
    files have been checked: two jobs with the same key end in the same weights. `started_at` is when it last began.
    """

    table: ClassVar[str] = "jobs"
    id: str
    owner: str = ""
    created_at: int
    model: str
    training_file: str
    validation_file: str | None
    suffix: str | None
    seed: int
    method: str = "supervised"
    hyperparameters: dict[str, Any] = field(metadata=JSON)
    metadata: dict[str, str] | None = field(default=None, metadata=JSON)
    status: str = "validating_files"
    error: dict[str, Any] | None = field(default=None, metadata=JSON)
    fine_tuned_model: str | None = None
    started_at: float | None = None
    finished_at: int | None = None
    estimated_finish: int | None = None
    result_file: str | None = None
    trained_tokens: int | None = None
    fault: dict[str, Any] | None = field(default=None, metadata=JSON)
    key: str | None = None


@dataclass(frozen=True, kw_only=True)
class EventRecord:
    """An entry of a job's log; `step` is set for the metrics of a training step, once per job and step."""

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
class PermissionRecord:
    """A project that may use a checkpoint of another owner."""

    table: ClassVar[str] = "permissions"
    id: str
    owner: str = ""
    created_at: int
    checkpoint: str
    project_id: str


@dataclass(frozen=True, kw_only=True)
class ModelRecord:
    """A tuned model that can be asked; its weights lie in `folder` under the models' folder."""

    table: ClassVar[str] = "models"
    id: str
    owner: str = ""
    created_at: int
    job_id: str
    folder: str


@dataclass(frozen=True, kw_only=True)
class CompletionRecord:
    """A stored chat completion: the messages and the body of the answer."""

    table: ClassVar[str] = "completions"
    id: str
    owner: str = ""
    created_at: int
    model: str
    metadata: dict[str, str] | None = field(default=None, metadata=JSON)
    messages: list[dict[str, Any]] = field(metadata=JSON)
    body: dict[str, Any] = field(metadata=JSON)


@dataclass(frozen=True, kw_only=True)
class ResponseRecord:
    """A stored response: the whole conversation before it, and the body of the answer."""

    table: ClassVar[str] = "responses"
    id: str
    owner: str = ""
    created_at: int
    conversation: list[dict[str, Any]] = field(metadata=JSON)
    body: dict[str, Any] = field(metadata=JSON)


Record = (
    FileRecord
    | UploadRecord
    | PartRecord
    | JobRecord
    | EventRecord
    | CheckpointRecord
    | PermissionRecord
    | ModelRecord
    | CompletionRecord
    | ResponseRecord
)
