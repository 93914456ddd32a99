"""The routes under `/uploads`: a large file is sent in parts of at most 64 MB, which are joined at the end.

    pending -> completed | cancelled | expired (an hour after it was begun)

Parts lie on disk, each under its own id, until the upload is over; putting them together copies them one after another.
Left out: retrieving an upload, which the service does not offer either; checking the MIME type.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ftwidgets.sandbox.api.auth import owner_of
from ftwidgets.sandbox.api.bodies import Body, file_body
from ftwidgets.sandbox.api.files import HOUR, MONTH, Purpose, check_jsonl, uploaded_file
from ftwidgets.sandbox.api.request_model import RequestModel, read_body
from ftwidgets.sandbox.api_errors import ApiError, invalid_request, not_found
from ftwidgets.sandbox.store.records import FileRecord, PartRecord, UploadRecord
from ftwidgets.sandbox.store.store import Store
from ftwidgets.sandbox.store.upload_store import UploadOverError, UploadStore, UploadTooLargeError

if TYPE_CHECKING:
    from typing_extensions import Buffer  # in collections.abc from Python 3.12

LARGEST = 8 * 1024**3  # bytes in all; the service's limit, as is the next
LARGEST_PART = 64 * 1024**2
LONGEST_NAME = 1000  # characters; what it was called is kept for good
MAX_PARTS = 10000


class _Lifetime(RequestModel):
    anchor: Literal["created_at"]
    seconds: Annotated[int, Field(ge=HOUR, le=MONTH)]


class _UploadRequest(RequestModel):
    mime_type: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
    bytes: Annotated[int, Field(ge=1, le=LARGEST)]
    filename: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
    purpose: Purpose
    expires_after: _Lifetime | None = None


class _CompleteRequest(RequestModel):
    part_ids: Annotated[list[str], Field(min_length=1, max_length=MAX_PARTS)]
    md5: str | None = None


class Uploads:
    """The routes of uploads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._uploads = UploadStore(store)

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/uploads", self.create, methods=["POST"]),
            Route("/uploads/{id}/parts", self.add_part, methods=["POST"]),
            Route("/uploads/{id}/complete", self.complete, methods=["POST"]),
            Route("/uploads/{id}/cancel", self.cancel, methods=["POST"]),
        ]

    async def create(self, request: Request) -> Response:
        """Create an upload."""
        asked, now = await read_body(request, _UploadRequest), int(self._store.clock.time())
        record = UploadRecord(
            id=self._store.ids.new("upload_", 32),
            owner=owner_of(request),
            bytes=asked.bytes,
            created_at=now,
            expires_at=now + HOUR,
            filename=asked.filename,
            purpose=asked.purpose,
            lifetime=None if asked.expires_after is None else asked.expires_after.seconds,
        )
        await run_in_threadpool(self._uploads.create, record)
        return JSONResponse(upload_body(record))

    async def add_part(self, request: Request) -> Response:
        """Add a part."""
        upload = self._pending(request)
        async with uploaded_file(request, "data", LARGEST_PART, RequestModel) as (data, _):
            if not data.size:
                raise invalid_request("The part is empty; a part has at least one byte.", param="data", code="invalid_value")
            try:
                part = await run_in_threadpool(self._uploads.add_part, upload.id, data.file, data.size, most=LARGEST)
            except UploadOverError as error:
                raise self._over(upload.id) from error
            except UploadTooLargeError as error:
                message = f"The parts of {upload.id} have {error.total} bytes together; at most {LARGEST} are taken."
                raise ApiError(413, message, "data") from error
        body = {"id": part.id, "object": "upload.part", "created_at": part.created_at, "upload_id": part.upload_id}
        return JSONResponse(body)

    async def complete(self, request: Request) -> Response:
        """Join the parts into a file."""
        asked = await read_body(request, _CompleteRequest)
        return await run_in_threadpool(self._complete, request, asked.part_ids, asked.md5)

    def cancel(self, request: Request) -> Response:
        """Cancel an upload and delete its parts."""
        upload = self._pending(request)
        if not self._uploads.end(upload.id, "cancelled"):
            raise self._over(upload.id)
        return JSONResponse(upload_body(self._uploads.get(upload.id)))

    def _complete(self, request: Request, part_ids: Sequence[str], md5: str | None) -> Response:
        """Write the file and check it; only then its record and the end of the upload are stored, both at once."""
        upload = self._pending(request)
        joined = _Joined([self._store.parts.path(part.id) for part in self._parts(upload, part_ids)])
        try:
            with io.BufferedReader(joined) as source:
                file = self._store.write_file(
                    source, upload.filename, upload.purpose, owner=upload.owner, lifetime=upload.lifetime
                )
        except FileNotFoundError as error:
            if self._uploads.get(upload.id).status == "pending":
                raise
            raise self._over(upload.id) from error  # another request has ended it meanwhile
        try:
            found = joined.md5.hexdigest()
            if md5 is not None and md5.lower() != found:
                raise invalid_request(
                    f"The MD5 checksum of the parts in this order is {found}, and '{md5:.64}' was expected.",
                    param="md5",
                    code="invalid_value",
                )
            if file.purpose == "fine-tune":
                with self._store.blobs.path(file.id).open("rb") as lines:
                    check_jsonl(lines)
            self._uploads.complete(upload.id, file)
        except BaseException as error:
            self._store.blobs.delete(file.id)
            if isinstance(error, UploadOverError):
                raise self._over(upload.id) from error
            raise
        self._uploads.delete_parts(upload.id)
        return JSONResponse(upload_body(self._uploads.get(upload.id), file))

    def _parts(self, upload: UploadRecord, part_ids: Sequence[str]) -> list[PartRecord]:
        """Return the parts in the order of the request; together they must have the announced number of bytes."""
        known = self._uploads.parts(upload.id)
        seen: set[str] = set()
        for place, id_ in enumerate(part_ids):
            if id_ not in known:
                if self._uploads.get(upload.id).status != "pending":  # another request has ended it meanwhile
                    raise self._over(upload.id)
                raise invalid_request(f"{upload.id} has no part '{id_}'.", param=f"part_ids[{place}]", code="invalid_value")
            if id_ in seen:
                raise invalid_request(f"The part '{id_}' is named twice.", param=f"part_ids[{place}]", code="invalid_value")
            seen.add(id_)
        total = sum(known[id_].bytes for id_ in part_ids)
        if total != upload.bytes:
            raise invalid_request(
                f"The number of bytes uploaded must match the number of bytes of the upload: {upload.id} was created with "
                f"{upload.bytes} bytes, and the parts named have {total}.",
                param="part_ids",
                code="invalid_value",
            )
        return [known[id_] for id_ in part_ids]

    def _pending(self, request: Request) -> UploadRecord:
        """Return the caller's pending upload that the path names."""
        id_ = request.path_params["id"]
        upload = self._uploads.find(id_, owner_of(request))
        if upload is None:
            raise not_found(f"No such Upload object: {id_}", param="upload_id")
        if upload.status != "pending":
            raise self._over(id_)
        return upload

    def _over(self, id_: str) -> ApiError:
        status = self._uploads.get(id_).status
        reason = "it has expired, an hour after it was created" if status == "expired" else f"it is {status} already"
        return invalid_request(
            f"Nothing can be done with {id_} any more: {reason}. Create a new upload.", code="upload_not_pending"
        )


class _Joined(io.RawIOBase):
    """Reads files one after another as if they were one, and computes the checksum of what was read."""

    def __init__(self, paths: Sequence[Path]) -> None:
        super().__init__()
        self.md5 = hashlib.md5(usedforsecurity=False)
        self._paths = iter(paths)
        self._file: io.FileIO | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        while True:
            if self._file is None:
                path = next(self._paths, None)
                if path is None:
                    return 0
                self._file = io.FileIO(path)
            size = self._file.readinto(buffer) or 0
            if size:
                self.md5.update(memoryview(buffer)[:size])
                return size
            self._file.close()
            self._file = None

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
        super().close()


def upload_body(record: UploadRecord, file: FileRecord | None = None) -> Body:
    """Return the body of an upload; a completed one contains its file."""
    body = {
        "id": record.id,
        "object": "upload",
        "bytes": record.bytes,
        "created_at": record.created_at,
        "filename": record.filename,
        "purpose": record.purpose,
        "status": record.status,
        "expires_at": record.expires_at,
    }
    return body if file is None else {**body, "file": file_body(file)}
