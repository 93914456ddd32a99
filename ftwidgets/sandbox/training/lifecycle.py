"""The life of a fine-tuning job, one transaction a transition, in the service's own words.

    validating_files -> queued -> running -> succeeded | failed | cancelled
    any of the first three <-> paused

Every transition names the statuses it may start from, so a job that another process has cancelled meanwhile stays
cancelled, and no transition happens twice. Left out: the work between the transitions (`runner`).
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ftwidgets.sandbox.api_errors import JobFaultError
from ftwidgets.sandbox.store.lock import process_lock
from ftwidgets.sandbox.store.queries import job_status, step_events
from ftwidgets.sandbox.store.records import ACTIVE, UNFINISHED, CheckpointRecord, EventRecord, JobRecord, ModelRecord
from ftwidgets.sandbox.store.store import Store

NO_DATA: Mapping[str, Any] = MappingProxyType({})
TRAINING, VALIDATION = "training.jsonl", "validation.jsonl"


class JobLifecycle:
    """The transitions of a store's jobs, and their logs."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._db = store.db

    def create(self, job: JobRecord) -> JobRecord:
        """Add a job with its own copy of the data: deleting the files later does not disturb it."""
        folder = self._store.job_folder(job.id)
        folder.mkdir(parents=True)
        files = f"training file: {job.training_file}"
        try:
            shutil.copyfile(self._store.blobs.path(job.training_file), folder / TRAINING)
            if job.validation_file is not None:
                shutil.copyfile(self._store.blobs.path(job.validation_file), folder / VALIDATION)
                files += f" and validation file: {job.validation_file}"
            with self._db.transaction():
                self._db.insert(job)
                self._log(job.id, f"Created fine-tuning job: {job.id}", f"Validating {files}")
        except BaseException:
            self._delete_job_folder(job.id)
            raise
        return job

    def get(self, job_id: str) -> JobRecord | None:
        """Find a job."""
        return self._db.get(JobRecord, job_id)

    def status(self, job_id: str) -> str:
        """Read the status of a job as it is right now."""
        return job_status(self._db, job_id)

    def unfinished(self, *statuses: str) -> list[JobRecord]:
        """List the jobs in these statuses, by default all that a training thread has to work on, oldest first."""
        return self._db.select(JobRecord, status=statuses or ACTIVE)

    def enqueue(self, job: JobRecord, key: str, warnings: Sequence[str] = ()) -> bool:
        """Move a job to the queue: its files are valid, and `key` is its fingerprint."""
        with self._db.transaction():
            moved = self._db.update(JobRecord, job.id, only_if=("validating_files",), status="queued", key=key)
            if moved:
                self._log(job.id, *warnings, level="warn")
                self._log(job.id, "Files validated, moving job to queued state")
        return moved

    def start(self, job: JobRecord, hyperparameters: Mapping[str, Any]) -> bool:
        """Move a job to `running`, at first or after a pause, with these numbers in place of "auto"."""
        with self._db.transaction():
            moved = self._db.update(
                JobRecord,
                job.id,
                only_if=("queued",),
                status="running",
                hyperparameters=dict(hyperparameters),
                started_at=self._store.clock.time(),
            )
            if moved and job.started_at is None:
                self._log(job.id, "Fine-tuning job started", data=None)
        return moved

    def pause(self, job: JobRecord, *reasons: str) -> bool:
        """Pause a job and log why; the thread that trains it notices at its next step and saves its state."""
        with self._db.transaction():
            moved = self._db.update(JobRecord, job.id, only_if=ACTIVE, status="paused", estimated_finish=None)
            if moved:
                self._log(job.id, *reasons, level="error")
                self._log(job.id, "Fine-tuning job paused")
        return moved

    def resume(self, job: JobRecord) -> bool:
        """Put a paused job back into the queue."""
        status = "validating_files" if job.key is None else "queued"
        with self._db.transaction():
            moved = self._db.update(JobRecord, job.id, only_if=("paused",), status=status)
            if moved:
                self._log(job.id, "Fine-tuning job resumed")
        return moved

    def trained_tokens(self, owner: str) -> int:
        """Add up the tokens that the jobs of an owner have trained."""
        return self._db.total(JobRecord, "trained_tokens", owner=owner)

    def log(self, job_id: str, message: str) -> None:
        """Add a message to a job's log."""
        with self._db.transaction():
            self._log(job_id, message)

    def record_steps(self, job_id: str, events: Sequence[EventRecord], estimated_finish: int | None) -> bool:
        """Add the events of some steps, unless the job has ended; say whether it is still running."""
        with self._db.transaction():
            running = self._db.update(JobRecord, job_id, only_if=("running",), estimated_finish=estimated_finish)
            if running or self.status(job_id) in UNFINISHED:  # paused meanwhile: these steps have been taken
                self._db.insert(*events)
        return running

    def metrics(self, job_id: str) -> list[dict[str, Any]]:
        """List the metrics of every step so far."""
        return [event.data or {} for event in step_events(self._db, job_id)]

    def checkpoints(self, job_id: str) -> list[CheckpointRecord]:
        """List the checkpoints of a job, oldest first, published or not."""
        return self._db.select(CheckpointRecord, job_id=job_id)

    def succeed(self, job: JobRecord, result_csv: bytes) -> bool:
        """Publish the checkpoints, the model (the last of them) and the result file, all at once."""
        *earlier, final = self.checkpoints(job.id)
        result = self._store.write_file(BytesIO(result_csv), "step_metrics.csv", "fine-tune-results", owner=job.owner)
        now = int(self._store.clock.time())
        with self._db.transaction():
            moved = self._db.update(
                JobRecord,
                job.id,
                only_if=("running",),
                status="succeeded",
                finished_at=now,
                fine_tuned_model=final.model,
                trained_tokens=final.trained_tokens,
                result_file=result.id,
            )
            if moved:
                self._db.insert(result)
                for point in (*earlier, final):
                    self._db.update(CheckpointRecord, point.id, published=1)
                    self._db.insert(
                        ModelRecord(id=point.model, owner=job.owner, created_at=now, job_id=job.id, folder=point.folder)
                    )
                created = "Checkpoint created at step {0.step} with Snapshot ID: {0.model}"
                self._log(job.id, *(created.format(point) for point in earlier))
                self._log(job.id, f"New fine-tuned model created: {final.model}")
                self._log(job.id, "The job has successfully completed")
        if not moved:
            self._store.blobs.delete(result.id)
        if self.status(job.id) not in UNFINISHED:
            self._delete_job_folder(job.id)
        return moved

    def fail(self, job: JobRecord, fault: JobFaultError, *, only_if: Sequence[str]) -> bool:
        """End a job with an error."""
        error = {"code": fault.code, "message": fault.message, "param": fault.param}
        with self._db.transaction():
            moved = self._end(job.id, "failed", only_if, error=error)
            if moved:
                self._log(job.id, fault.message, level="error")
        if moved:
            self._delete_job_folder(job.id)
        return moved

    def cancel(self, job: JobRecord) -> bool:
        """Cancel a job; the thread that trains it cleans up at its next step, and if none does, this does."""
        with self._db.transaction():
            moved = self._end(job.id, "cancelled", UNFINISHED)
            if moved:
                self._log(job.id, "Fine-tuning job cancelled")
        if moved:
            with process_lock(self.lock_path(job.id)) as not_training:
                if not_training:
                    self.clean_up(job)
        return moved

    def clean_up(self, job: JobRecord) -> None:
        """Delete what a job that ended without a model has left behind; call it with the job's lock held."""
        for point in self.checkpoints(job.id):
            self._db.delete(CheckpointRecord, point.id)
            shutil.rmtree(self._store.model_folder(point.folder), ignore_errors=True)
        self._delete_job_folder(job.id)

    def data_paths(self, job: JobRecord) -> list[Path]:
        """Name a job's own copies of its files: training, and validation if it has one."""
        names = (TRAINING,) if job.validation_file is None else (TRAINING, VALIDATION)
        return [self._store.job_folder(job.id) / name for name in names]

    def lock_path(self, job_id: str) -> Path:
        """Name the lock that is held while a job is trained."""
        return self._store.job_folder(job_id) / "lock"

    def resume_path(self, job_id: str) -> Path:
        """Name the saved state from which an interrupted job continues."""
        return self._store.job_folder(job_id) / "resume.ckpt"

    def _end(self, job_id: str, status: str, only_if: Sequence[str], **changes: Any) -> bool:
        now = int(self._store.clock.time())
        return self._db.update(JobRecord, job_id, only_if=only_if, status=status, finished_at=now, **changes)

    def _log(self, job_id: str, *messages: str, level: str = "info", data: Mapping[str, Any] | None = NO_DATA) -> None:
        now = int(self._store.clock.time())
        for message in messages:
            self._db.insert(
                EventRecord(
                    id=self._store.ids.new("ftevent-"),
                    job_id=job_id,
                    created_at=now,
                    message=message,
                    level=level,
                    data=None if data is None else dict(data),
                )
            )

    def _delete_job_folder(self, job_id: str) -> None:
        shutil.rmtree(self._store.job_folder(job_id), ignore_errors=True)
