"""The state folder: one SQLite file, the uploaded files, the tuned models and the working files of jobs.

    sandbox.sqlite    every record
    trainer-<n>.lock  held by whoever trains in that place; usually there is one place
    files/<id>        the bytes of files
    parts/<id>        the bytes of uploads that are not complete yet
    models/<folder>   tuned models, as Hugging Face writes a Llama
    jobs/<id>/        what an unfinished job needs: its own copy of the data, its resume checkpoint, its lock

Left out: the steps in a job's life (`ledger`).
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import BinaryIO

from ftwidgets.sandbox.clock import Clock, SystemClock
from ftwidgets.sandbox.ids import Ids
from ftwidgets.sandbox.store.blobs import Blobs
from ftwidgets.sandbox.store.database import Database
from ftwidgets.sandbox.store.records import CheckpointRecord, FileRecord, JobRecord, ModelRecord, PartRecord, PermissionRecord
from ftwidgets.sandbox.store.recovery import RECORDS, keep_aside_if_damaged


class Store:
    """Everything the sandbox remembers, the clock it is dated by and where its names come from."""

    def __init__(self, home: Path, *, clock: Clock | None = None, ids: Ids | None = None) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self.home = home
        self.clock = clock or SystemClock()
        self.ids = ids or Ids()
        keep_aside_if_damaged(home, self.clock)
        self.blobs = Blobs(home / "files")
        self.parts = Blobs(home / "parts")
        self._models = home / "models"
        self._jobs = home / "jobs"
        self._sqlite = home / RECORDS
        self.db = Database(self._sqlite)
        try:
            self._tidy()
        except BaseException:
            self.db.close()
            raise

    def close(self) -> None:
        """Close the database."""
        self.db.close()

    def is_there(self) -> bool:
        """Tell whether the records are still where they were."""
        return self._sqlite.is_file()

    def place(self, number: int) -> Path:
        """Tell which lock stands for the right to train in this place."""
        return self.home / f"trainer-{number}.lock"

    def job_folder(self, job_id: str) -> Path:
        """Tell where the working files of a job lie."""
        return self._jobs / job_id

    def model_folder(self, folder: str) -> Path:
        """Tell where the weights of a tuned model lie."""
        return self._models / folder

    def add_file(
        self, source: BinaryIO, filename: str, purpose: str, *, owner: str = "", lifetime: int | None = None
    ) -> FileRecord:
        """Keep a file: first its bytes, then its record."""
        record = self.lay_down(source, filename, purpose, owner=owner, lifetime=lifetime)
        self.db.insert(record)
        return record

    def lay_down(
        self, source: BinaryIO, filename: str, purpose: str, *, owner: str = "", lifetime: int | None = None
    ) -> FileRecord:
        """Write the bytes of a file whose record, returned, is still to be inserted."""
        id_ = self.ids.new("file-")
        size = self.blobs.write(id_, source)
        now = int(self.clock.time())
        expires = None if lifetime is None else now + lifetime
        return FileRecord(
            id=id_, owner=owner, bytes=size, created_at=now, filename=filename, purpose=purpose, expires_at=expires
        )

    def file(self, id_: str, owner: str = "") -> FileRecord | None:
        """Find a file of an owner's that has not expired."""
        record = self.db.get(FileRecord, id_)
        return None if record is None or record.owner != owner or self._expired(record) else record

    def delete_file(self, id_: str, owner: str = "") -> bool:
        """Forget a file: first its record, then its bytes; tell whether it was there."""
        if self.file(id_, owner) is None or not self.db.delete(FileRecord, id_):
            return False
        self.blobs.delete(id_)
        return True

    def model(self, id_: str, owner: str | None = None) -> ModelRecord | None:
        """Find a tuned model, of this owner's if one is named."""
        record = self.db.get(ModelRecord, id_)
        return None if record is None or (owner is not None and record.owner != owner) else record

    def delete_model(self, record: ModelRecord) -> list[ModelRecord]:
        """Forget a tuned model and its weights, with the final model of a job its checkpoints too; tell what is gone."""
        with self.db.transaction():
            job = self.db.get(JobRecord, record.job_id)
            final = job is not None and job.fine_tuned_model == record.id
            gone = self.db.select(ModelRecord, "job_id = ?", (record.job_id,)) if final else [record]
            for model in gone:
                self.db.delete(ModelRecord, model.id)
                for point in self.db.select(CheckpointRecord, "job_id = ? AND model = ?", (model.job_id, model.id)):
                    self.db.delete(CheckpointRecord, point.id)
                for grant in self.db.select(PermissionRecord, "owner = ? AND checkpoint = ?", (model.owner, model.id)):
                    self.db.delete(PermissionRecord, grant.id)
        for model in gone:
            shutil.rmtree(self.model_folder(model.folder), ignore_errors=True)
        return gone

    def _tidy(self) -> None:
        """Remove what has expired and what a process that died has left lying about."""
        for record in self.db.select(FileRecord, "expires_at IS NOT NULL"):
            if self._expired(record):
                self.db.delete(FileRecord, record.id)
        self.blobs.sweep({record.id for record in self.db.select(FileRecord)})
        self.parts.sweep({record.id for record in self.db.select(PartRecord)})
        unfinished = "status IN ('validating_files', 'queued', 'running', 'paused')"
        Blobs(self._jobs).sweep({record.id for record in self.db.select(JobRecord, unfinished)})
        growing = f"job_id IN (SELECT id FROM jobs WHERE {unfinished})"
        kept = {record.folder for record in self.db.select(CheckpointRecord, growing)}
        kept |= {record.folder for record in self.db.select(ModelRecord)}  # after those: a job may succeed meanwhile
        Blobs(self._models).sweep(kept)

    def _expired(self, record: FileRecord) -> bool:
        return record.expires_at is not None and record.expires_at <= self.clock.time()
