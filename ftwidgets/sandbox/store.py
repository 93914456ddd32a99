"""The state folder: one SQLite file, the uploaded files, the tuned models and the working files of jobs.

    sandbox.sqlite    every record
    trainer.lock      held by the process that trains
    files/<id>        the bytes of files
    models/<folder>   tuned models, as Hugging Face writes a Llama
    jobs/<id>/        what an unfinished job needs: its own copy of the data, its resume checkpoint

Left out: the steps in a job's life (`ledger`).
"""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import BinaryIO

from ftwidgets.sandbox.blobs import Blobs
from ftwidgets.sandbox.database import Database
from ftwidgets.sandbox.ids import new_id
from ftwidgets.sandbox.records import CheckpointRecord, FileRecord, JobRecord, ModelRecord


class Store:
    """Everything the sandbox remembers."""

    def __init__(self, home: Path) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self.lock_path = home / "trainer.lock"
        self.blobs = Blobs(home / "files")
        self._models = home / "models"
        self._jobs = home / "jobs"
        self._sqlite = home / "sandbox.sqlite"
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

    def job_folder(self, job_id: str) -> Path:
        """Tell where the working files of a job lie."""
        return self._jobs / job_id

    def model_folder(self, folder: str) -> Path:
        """Tell where the weights of a tuned model lie."""
        return self._models / folder

    def add_file(self, source: BinaryIO, filename: str, purpose: str, *, lifetime: int | None = None) -> FileRecord:
        """Keep a file: first its bytes, then its record."""
        id_ = new_id("file-")
        size = self.blobs.write(id_, source)
        now = int(time.time())
        expires = None if lifetime is None else now + lifetime
        record = FileRecord(id=id_, bytes=size, created_at=now, filename=filename, purpose=purpose, expires_at=expires)
        self.db.insert(record)
        return record

    def file(self, id_: str) -> FileRecord | None:
        """Find a file that has not expired."""
        record = self.db.get(FileRecord, id_)
        return None if record is None or _expired(record) else record

    def delete_file(self, id_: str) -> bool:
        """Forget a file: first its record, then its bytes; tell whether it was there."""
        if self.file(id_) is None or not self.db.delete(FileRecord, id_):
            return False
        self.blobs.delete(id_)
        return True

    def model(self, id_: str) -> ModelRecord | None:
        """Find a tuned model."""
        return self.db.get(ModelRecord, id_)

    def delete_model(self, record: ModelRecord) -> bool:
        """Forget a tuned model and its weights; tell whether it was there."""
        there = self.db.delete(ModelRecord, record.id)
        shutil.rmtree(self.model_folder(record.folder), ignore_errors=True)
        return there

    def _tidy(self) -> None:
        """Remove what has expired and what a process that died has left lying about."""
        for record in self.db.select(FileRecord, "expires_at IS NOT NULL"):
            if _expired(record):
                self.db.delete(FileRecord, record.id)
        self.blobs.sweep({record.id for record in self.db.select(FileRecord)})
        unfinished = "status IN ('validating_files', 'queued', 'running')"
        Blobs(self._jobs).sweep({record.id for record in self.db.select(JobRecord, unfinished)})
        growing = f"job_id IN (SELECT id FROM jobs WHERE {unfinished})"
        kept = {record.folder for record in self.db.select(CheckpointRecord, growing)}
        kept |= {record.folder for record in self.db.select(ModelRecord)}  # after those: a job may succeed meanwhile
        Blobs(self._models).sweep(kept)


def _expired(record: FileRecord) -> bool:
    return record.expires_at is not None and record.expires_at <= time.time()
