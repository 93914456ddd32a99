"""Uploads and their parts: the records, and the bytes of the parts on the disk.

    pending -> completed | cancelled | expired

The bytes of a part lie on the disk before its record is known, and go after it.
"""

from __future__ import annotations

from typing import BinaryIO

from ftwidgets.sandbox.store.queries import find_owned
from ftwidgets.sandbox.store.records import FileRecord, PartRecord, UploadRecord
from ftwidgets.sandbox.store.store import Store


class UploadOverError(Exception):
    """The upload is no longer pending: another request has ended it."""


class UploadTooLargeError(Exception):
    """The parts would be too large together; `total` is how large."""

    def __init__(self, total: int) -> None:
        super().__init__(f"{total} bytes")
        self.total = total


class UploadStore:
    """The uploads of a store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._db = store.db

    def create(self, record: UploadRecord) -> None:
        """Insert a new upload; uploads whose time is over expire."""
        for old in self._db.select(UploadRecord, "expires_at <= ?", (self._store.clock.time(),), status="pending"):
            self.end(old.id, "expired")
        self._db.insert(record)

    def get(self, id_: str) -> UploadRecord:
        """Return an upload; uploads are never removed."""
        record = self._db.get(UploadRecord, id_)
        assert record is not None
        return record

    def find(self, id_: str, owner: str) -> UploadRecord | None:
        """Find an upload of an owner; one whose time is over expires."""
        record = find_owned(self._db, UploadRecord, id_, owner)
        if record is not None and record.status == "pending" and record.expires_at <= self._store.clock.time():
            self.end(id_, "expired")
            return self.get(id_)
        return record

    def end(self, id_: str, status: str) -> bool:
        """End a pending upload and delete its parts; say whether it was pending."""
        ended = self._db.update(UploadRecord, id_, only_if=("pending",), status=status)
        if ended:
            self.delete_parts(id_)
        return ended

    def add_part(self, upload_id: str, source: BinaryIO, size: int, *, most: int) -> PartRecord:
        """Keep a part of a pending upload whose parts have at most `most` bytes together; after an error nothing is kept."""
        id_ = self._store.ids.new("part_", 32)
        try:
            self._store.parts.write(id_, source)
            with self._db.transaction():
                if self.get(upload_id).status != "pending":
                    raise UploadOverError
                total = self._db.total(PartRecord, "bytes", upload_id=upload_id) + size
                if total > most:
                    raise UploadTooLargeError(total)
                part = PartRecord(id=id_, upload_id=upload_id, bytes=size, created_at=int(self._store.clock.time()))
                self._db.insert(part)
        except BaseException:
            self._store.parts.delete(id_)
            raise
        return part

    def parts(self, upload_id: str) -> dict[str, PartRecord]:
        """Return the parts of an upload by id."""
        return {part.id: part for part in self._db.select(PartRecord, upload_id=upload_id)}

    def complete(self, upload_id: str, file: FileRecord) -> None:
        """Insert the record of the finished file and end the upload, both at once; its parts are still to be deleted."""
        with self._db.transaction():
            if not self._db.update(UploadRecord, upload_id, only_if=("pending",), status="completed", file_id=file.id):
                raise UploadOverError
            self._db.insert(file)

    def delete_parts(self, upload_id: str) -> None:
        """Delete the parts of an upload: first their records, then their bytes."""
        parts = self.parts(upload_id)
        self._db.delete_all(PartRecord, upload_id=upload_id)
        for id_ in parts:
            self._store.parts.delete(id_)
