"""The state folder: one SQLite file, the uploaded files, the tuned models and the working files of jobs.

sandbox.sqlite    every record
trainer-<n>.lock  held by the process that trains in slot n; usually there is one slot
files/<id>        the bytes of files
parts/<id>        the bytes of uploads that are not complete yet
models/<folder>   tuned models, as Hugging Face writes a Llama
jobs/<id>/        what an unfinished job needs: its own copy of the data, its resume checkpoint, its lock

Damaged records are not repaired: everything is moved into a folder beside them (`damaged-<date>-<n>/`), and the log says where.
"""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
import time
from collections.abc import Container
from contextlib import closing, suppress
from pathlib import Path
from typing import BinaryIO

from ftwidgets.sandbox.clock import Clock, SystemClock
from ftwidgets.sandbox.ids import Ids
from ftwidgets.sandbox.store.database import Database
from ftwidgets.sandbox.store.queries import unfinished_checkpoints
from ftwidgets.sandbox.store.records import (
    UNFINISHED,
    CheckpointRecord,
    FileRecord,
    JobRecord,
    ModelRecord,
    PartRecord,
    PermissionRecord,
)

RECORDS = "sandbox.sqlite"
_MOVED_ALONG = (f"{RECORDS}-wal", f"{RECORDS}-shm", "files", "parts", "models", "jobs")

logger = logging.getLogger(__name__)


class Blobs:
    """A folder of whole files named by id: each is written aside and renamed, so a reader never sees half of one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, id_: str) -> Path:
        """Name the file with the bytes of this id."""
        return self._folder / id_

    def write(self, id_: str, source: BinaryIO) -> int:
        """Copy a stream into the folder and return its length in bytes."""
        aside = self._folder / f"{id_}.part"
        try:
            with aside.open("wb") as target:
                shutil.copyfileobj(source, target, 1 << 20)
                size = target.tell()
                target.flush()
                os.fsync(target.fileno())
            aside.replace(self.path(id_))
        except BaseException:
            aside.unlink(missing_ok=True)  # on a full disk, every byte counts
            raise
        return size

    def delete(self, id_: str) -> None:
        """Delete a file; it may be gone already."""
        self.path(id_).unlink(missing_ok=True)

    def sweep(self, wanted: Container[str], *, older_than: float = 3600.0) -> None:
        """Delete what is not wanted and older than so many seconds: a process that died has left it behind."""
        limit = time.time() - older_than
        for path in self._folder.iterdir():
            with suppress(OSError):  # deleted by another process just now, or not ours in a shared folder
                if path.name not in wanted and path.stat().st_mtime < limit:
                    shutil.rmtree(path) if path.is_dir() else path.unlink()


class Store:
    """Everything the sandbox remembers, with the clock that dates it and the source of its names."""

    def __init__(self, home: Path, *, clock: Clock | None = None, ids: Ids | None = None) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self.home = home
        self.clock = clock or SystemClock()
        self.ids = ids or Ids()
        move_aside_if_damaged(home, self.clock)
        self.blobs = Blobs(home / "files")
        self.parts = Blobs(home / "parts")
        self._models = home / "models"
        self._jobs = home / "jobs"
        self._sqlite = home / RECORDS
        self.db = Database(self._sqlite)
        try:
            self._delete_leftovers()
        except BaseException:
            self.db.close()
            raise

    def close(self) -> None:
        """Close the database."""
        self.db.close()

    def exists(self) -> bool:
        """Say whether the state folder still has its records."""
        return self._sqlite.is_file()

    def job_folder(self, job_id: str) -> Path:
        """Name the folder of a job's working files."""
        return self._jobs / job_id

    def model_folder(self, folder: str) -> Path:
        """Name the folder of a tuned model's weights."""
        return self._models / folder

    def add_file(
        self, source: BinaryIO, filename: str, purpose: str, *, owner: str = "", lifetime: int | None = None
    ) -> FileRecord:
        """Store a file: first its bytes, then its record."""
        record = self.write_file(source, filename, purpose, owner=owner, lifetime=lifetime)
        self.db.insert(record)
        return record

    def write_file(
        self, source: BinaryIO, filename: str, purpose: str, *, owner: str = "", lifetime: int | None = None
    ) -> FileRecord:
        """Write the bytes of a file and return its record, which is still to be inserted."""
        id_ = self.ids.new("file-")
        size = self.blobs.write(id_, source)
        now = int(self.clock.time())
        expires = None if lifetime is None else now + lifetime
        return FileRecord(
            id=id_, owner=owner, bytes=size, created_at=now, filename=filename, purpose=purpose, expires_at=expires
        )

    def file(self, id_: str, owner: str = "") -> FileRecord | None:
        """Find a file of an owner that has not expired."""
        record = self.db.get(FileRecord, id_)
        return None if record is None or record.owner != owner or self._expired(record) else record

    def delete_file(self, id_: str, owner: str = "") -> bool:
        """Delete a file: first its record, then its bytes; say whether it was there."""
        if self.file(id_, owner) is None or not self.db.delete(FileRecord, id_):
            return False
        self.blobs.delete(id_)
        return True

    def delete_expired_files(self) -> None:
        """Delete the files whose time is over; nobody can find them any more."""
        for record in self.db.select(FileRecord, "expires_at <= ?", (self.clock.time(),)):
            self.db.delete(FileRecord, record.id)
            self.blobs.delete(record.id)

    def model(self, id_: str, owner: str | None = None) -> ModelRecord | None:
        """Find a tuned model, of this owner's if one is named."""
        record = self.db.get(ModelRecord, id_)
        return None if record is None or (owner is not None and record.owner != owner) else record

    def delete_model(self, record: ModelRecord) -> list[ModelRecord]:
        """Delete a tuned model and its weights, with the final model of a job its checkpoints too; return what was deleted."""
        with self.db.transaction():
            job = self.db.get(JobRecord, record.job_id)
            final = job is not None and job.fine_tuned_model == record.id
            models = self.db.select(ModelRecord, job_id=record.job_id) if final else [record]
            for model in models:
                self.db.delete(ModelRecord, model.id)
                self.db.delete_all(CheckpointRecord, job_id=model.job_id, model=model.id)
                self.db.delete_all(PermissionRecord, owner=model.owner, checkpoint=model.id)
        for model in models:
            shutil.rmtree(self.model_folder(model.folder), ignore_errors=True)
        return models

    def has_weights(self, checkpoint: CheckpointRecord) -> bool:
        """Say whether the weights of a checkpoint are still there."""
        return self.model_folder(checkpoint.folder).is_dir()

    def _delete_leftovers(self) -> None:
        """Delete what has expired and what a process that died has left behind."""
        for record in self.db.select(FileRecord, "expires_at IS NOT NULL"):
            if self._expired(record):
                self.db.delete(FileRecord, record.id)
        self.blobs.sweep({record.id for record in self.db.select(FileRecord)})
        self.parts.sweep({record.id for record in self.db.select(PartRecord)})
        Blobs(self._jobs).sweep({record.id for record in self.db.select(JobRecord, status=UNFINISHED)})
        kept = {record.folder for record in unfinished_checkpoints(self.db)}
        kept |= {record.folder for record in self.db.select(ModelRecord)}  # after those: a job may succeed meanwhile
        Blobs(self._models).sweep(kept)

    def _expired(self, record: FileRecord) -> bool:
        return record.expires_at is not None and record.expires_at <= self.clock.time()


def move_aside_if_damaged(home: Path, clock: Clock) -> None:
    """Move what is in a state folder into a folder of its own if the records are damaged; with an OSError nothing is."""
    damage = _find_damage(home / RECORDS)
    if damage is None:
        return
    date = time.strftime("%Y-%m-%d", time.gmtime(clock.time()))
    aside = next(path for number in range(1, 10_000) if not (path := home / f"damaged-{date}-{number}").exists())
    aside.mkdir()
    for name in (*_MOVED_ALONG, RECORDS):  # the records last: until they are moved, the next try begins again
        if (home / name).exists():
            (home / name).rename(aside / name)
    logger.warning(
        "The records of the sandbox cannot be read (%s). Everything in its folder is kept in %s, untouched; the sandbox "
        "begins anew. Uploaded files lie there under files, tuned models under models.",
        damage,
        aside,
    )


def _find_damage(path: Path) -> str | None:
    """Describe what is wrong with the file of records; None if it is fine, or if there is none yet."""
    if not path.is_file():
        return None
    try:
        with closing(sqlite3.connect(path, timeout=30)) as connection:
            found = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.OperationalError:  # locked, not readable for us, no room: not damaged; opening it raises the error
        return None
    except sqlite3.DatabaseError as error:
        return str(error)
    return None if found == "ok" else found
