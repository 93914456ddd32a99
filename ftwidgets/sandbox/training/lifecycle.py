"""The life of a fine-tuning job, one transaction a transition, in the service's own words.

    validating_files -> queued -> running -> succeeded | failed | cancelled
    any of the first three <-> paused

Every transition names the statuses it may start from, so a job that was cancelled meanwhile, perhaps by another
process, stays cancelled, and no transition happens twice. Left out: the work between the transitions (`runner`).
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ftwidgets.sandbox.api_errors import JobFaultError
from ftwidgets.sandbox.store.lock import lease
from ftwidgets.sandbox.store.records import UNFINISHED, WORKING, CheckpointRecord, EventRecord, JobRecord, ModelRecord
from ftwidgets.sandbox.store.store import Store

NO_DATA: Mapping[str, Any] = MappingProxyType({})
TRAINING, VALIDATION = "training.jsonl", "validation.jsonl"


class Ledger:
    """The jobs of a store and what happens to them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._db = store.db

    def create(self, job: JobRecord) -> JobRecord:
        """Take a job in, with its own copy of the data: deleting the files later does not disturb it."""
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
            self._forget_work(job.id)
            raise
        return job

    def get(self, job_id: str) -> JobRecord | None:
        """Find a job."""
        return self._db.get(JobRecord, job_id)

    def status(self, job_id: str) -> str:
        """Tell how a job stands right now."""
        return str(self._db.value("SELECT status FROM jobs WHERE id = ?", (job_id,)))

    def unfinished(self, *statuses: str) -> list[JobRecord]:
        """List the jobs that somebody is to work on, oldest first."""
        wanted = statuses or WORKING
        return self._db.select(JobRecord, f"status IN ({', '.join('?' * len(wanted))})", wanted)

    def queue(self, job: JobRecord, key: str, warnings: Sequence[str] = ()) -> bool:
        """Note that the files are in order, and what the result will depend on."""
        with self._db.transaction():
            moved = self._db.update(JobRecord, job.id, only_if=("validating_files",), status="queued", key=key)
            if moved:
                self._log(job.id, *warnings, level="warn")
                self._log(job.id, "Files validated, moving job to queued state")
        return moved

    def start(self, job: JobRecord, hyperparameters: Mapping[str, Any]) -> bool:
        """Note that training begins, or goes on after a pause, with these numbers in the place of "auto"."""
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

    def pause(self, job: JobRecord) -> bool:
        """Let a job rest; whoever trains it notices at its next step and saves its place."""
        with self._db.transaction():
            moved = self._db.update(JobRecord, job.id, only_if=WORKING, status="paused", estimated_finish=None)
            if moved:
                self._log(job.id, "Fine-tuning job paused")
        return moved

    def resume(self, job: JobRecord) -> bool:
        """Put a job that rests back where it waits for its turn."""
        status = "validating_files" if job.key is None else "queued"
        with self._db.transaction():
            moved = self._db.update(JobRecord, job.id, only_if=("paused",), status=status)
            if moved:
                self._log(job.id, "Fine-tuning job resumed")
        return moved

    def trained_tokens(self, owner: str) -> int:
        """Tell how many tokens the jobs of an owner have trained."""
        return int(self._db.value("SELECT sum(trained_tokens) FROM jobs WHERE owner = ?", (owner,)) or 0)

    def last_step(self, job_id: str) -> int:
        """Tell the last training step that is in the log."""
        return int(self._db.value("SELECT max(step) FROM events WHERE job_id = ?", (job_id,)) or 0)

    def note(self, job_id: str, message: str) -> None:
        """Write a line into a job's log."""
        with self._db.transaction():
            self._log(job_id, message)

    def append(self, job_id: str, events: Sequence[EventRecord], estimated_finish: int | None) -> bool:
        """Write the metrics of some steps, unless the job is over; tell whether it is to go on."""
        with self._db.transaction():
            going = self._db.update(JobRecord, job_id, only_if=("running",), estimated_finish=estimated_finish)
            if going or self.status(job_id) in UNFINISHED:  # paused meanwhile: these steps have been taken
                self._db.insert(*events)
        return going

    def metrics(self, job_id: str) -> list[dict[str, Any]]:
        """List what every step so far has measured."""
        events = self._db.select(EventRecord, "job_id = ? AND step IS NOT NULL", (job_id,))
        return [event.data or {} for event in events]

    def snapshots(self, job_id: str) -> list[CheckpointRecord]:
        """List the saved ends of epochs, oldest first, published or not."""
        return self._db.select(CheckpointRecord, "job_id = ?", (job_id,))

    def succeed(self, job: JobRecord, table: bytes) -> bool:
        """Publish the checkpoints, the model (the last of them) and the result file, all at once."""
        *earlier, final = self.snapshots(job.id)
        result = self._store.lay_down(BytesIO(table), "step_metrics.csv", "fine-tune-results", owner=job.owner)
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
            self._forget_work(job.id)
        return moved

    def fail(self, job: JobRecord, fault: JobFaultError, *, only_if: Sequence[str]) -> bool:
        """Note why a job cannot go on."""
        error = {"code": fault.code, "message": fault.message, "param": fault.param}
        with self._db.transaction():
            moved = self._end(job.id, "failed", only_if, error=error)
            if moved:
                self._log(job.id, fault.message, level="error")
        if moved:
            self._forget_work(job.id)
        return moved

    def cancel(self, job: JobRecord) -> bool:
        """Stop a job for good; whoever trains it notices at its next step and clears up, and if nobody does, this does."""
        with self._db.transaction():
            moved = self._end(job.id, "cancelled", UNFINISHED)
            if moved:
                self._log(job.id, "Fine-tuning job cancelled")
        if moved:
            with lease(self.lock_path(job.id)) as nobody_trains_it:
                if nobody_trains_it:
                    self.clear(job)
        return moved

    def clear(self, job: JobRecord) -> None:
        """Remove what a job that ended without a model has left behind; called when nobody works on it."""
        for point in self.snapshots(job.id):
            self._db.delete(CheckpointRecord, point.id)
            shutil.rmtree(self._store.model_folder(point.folder), ignore_errors=True)
        self._forget_work(job.id)

    def data_paths(self, job: JobRecord) -> list[Path]:
        """Tell where a job's own copies of its files lie: training, and validation if it has one."""
        names = (TRAINING,) if job.validation_file is None else (TRAINING, VALIDATION)
        return [self._store.job_folder(job.id) / name for name in names]

    def lock_path(self, job_id: str) -> Path:
        """Tell which lock is held by whoever trains a job."""
        return self._store.job_folder(job_id) / "lock"

    def resume_path(self, job_id: str) -> Path:
        """Tell where the checkpoint lies from which an interrupted job goes on."""
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

    def _forget_work(self, job_id: str) -> None:
        shutil.rmtree(self._store.job_folder(job_id), ignore_errors=True)
