"""The routes under `/files`: upload, list, retrieve, read, delete.

A fine-tuning file must be JSONL when it is uploaded; its rows are checked when a job uses it.
"""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF8
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Literal, Self, TypeVar

from pydantic import Field, model_validator
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from ftwidgets.sandbox.api.auth import owner_of
from ftwidgets.sandbox.api.bodies import bounded_page_body, deleted_body, file_body
from ftwidgets.sandbox.api.request_model import Count, ParameterError, RequestModel, check_parameters, read_query
from ftwidgets.sandbox.api_errors import ApiError, invalid_request, not_found
from ftwidgets.sandbox.store.queries import files_page, find_owned
from ftwidgets.sandbox.store.records import FileRecord
from ftwidgets.sandbox.store.store import Store

Purpose = Literal["assistants", "batch", "fine-tune", "vision", "user_data", "evals"]
LARGEST = 512 * 1024 * 1024
HOUR, MONTH = 3600, 2592000
CHUNK = 1 << 18
AROUND = 1 << 20  # bytes that a form may have beside its file
M = TypeVar("M", bound=RequestModel)
LONGEST_LINE = 16 * 1024 * 1024  # a thousand times what the model can read


class _FormLifetime(RequestModel):  # in a form every value is text
    anchor: Literal["created_at"] | None = None
    seconds: str | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        anchor, seconds = self.anchor, self.seconds
        if anchor is None and seconds is None:
            return self
        if anchor is None or seconds is None or not re.fullmatch("[0-9]{1,9}", seconds) or not HOUR <= int(seconds) <= MONTH:
            message = (
                f"Invalid '{{path}}': expected the anchor 'created_at' and {HOUR} to {MONTH} seconds, "
                f"but got {anchor!r} and {seconds!r:.40} instead."
            )
            raise ParameterError(message, "invalid_value")
        return self


class _FileRequest(RequestModel):
    purpose: Purpose
    expires_after: _FormLifetime = _FormLifetime()


class _FilesQuery(RequestModel):
    purpose: str | None = None
    after: str | None = None
    order: Literal["asc", "desc"] = "desc"
    limit: Annotated[Count, Field(le=10000)] = 10000


class Files:
    """The routes of files."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/files", self.create, methods=["POST"]),
            Route("/files", self.list, methods=["GET"]),
            Route("/files/{id}", self.retrieve, methods=["GET"]),
            Route("/files/{id}", self.delete, methods=["DELETE"]),
            Route("/files/{id}/content", self.content, methods=["GET"]),
        ]

    async def create(self, request: Request) -> Response:
        """Store an uploaded file."""
        async with uploaded_file(request, "file", LARGEST, _FileRequest) as (upload, asked):
            lifetime = None if asked.expires_after.seconds is None else int(asked.expires_after.seconds)
            record = await run_in_threadpool(self._store_file, upload, asked.purpose, owner_of(request), lifetime)
        return JSONResponse(file_body(record))

    def _store_file(self, upload: UploadFile, purpose: str, owner: str, lifetime: int | None) -> FileRecord:
        if purpose == "fine-tune":
            check_jsonl(upload.file)
            upload.file.seek(0)
        self._store.delete_expired_files()
        return self._store.add_file(upload.file, upload.filename or "upload", purpose, owner=owner, lifetime=lifetime)

    async def list(self, request: Request) -> Response:
        """List files, newest first by default."""
        query, owner, db = read_query(request, _FilesQuery), owner_of(request), self._store.db
        if query.after is not None and find_owned(db, FileRecord, query.after, owner) is None:
            raise invalid_request(f"No such File object: {query.after}", param="after")
        now, newest = self._store.clock.time(), query.order == "desc"
        found, more = files_page(db, owner, now, purpose=query.purpose, after=query.after, newest=newest, limit=query.limit)
        return JSONResponse(bounded_page_body([file_body(record) for record in found], more, empty=""))

    async def retrieve(self, request: Request) -> Response:
        """Return one file's body."""
        return JSONResponse(file_body(self._find(request)))

    async def content(self, request: Request) -> Response:
        """Return the bytes of a file."""
        record = self._find(request)
        path, headers = self._store.blobs.path(record.id), {"content-length": str(record.bytes)}
        # Not a FileResponse: when a reader gives up halfway, that one leaves the file open.
        return StreamingResponse(_chunks(path), media_type="application/octet-stream", headers=headers)

    def delete(self, request: Request) -> Response:
        """Delete a file."""
        record = self._find(request)
        self._store.delete_file(record.id, record.owner)
        return JSONResponse(deleted_body(record.id, "file"))

    def _find(self, request: Request) -> FileRecord:
        id_ = request.path_params["id"]
        record = self._store.file(id_, owner_of(request))
        if record is None:
            raise not_found(f"No such File object: {id_}", param="id")
        return record


@asynccontextmanager
async def uploaded_file(request: Request, name: str, largest: int, model: type[M]) -> AsyncIterator[tuple[UploadFile, M]]:
    """Read a multipart form; yield the file in the field `name`, and the other fields. A large file lies on disk.

    Raises an `ApiError`: 400 if the body is no such form, a field is wrong, or the file is missing; 413 if the file has more
    than `largest` bytes.
    """
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise invalid_request("Invalid Content-Type header: a file is uploaded as multipart/form-data.")
    length = request.headers.get("content-length", "")
    if re.fullmatch("[0-9]{1,18}", length) and int(length) > largest + AROUND:  # before it is read
        raise _too_large(name, f"about {length}", largest)
    async with request.form(max_files=1) as form:
        upload = form.get(name)
        if isinstance(upload, UploadFile) and (upload.size or 0) > largest:
            raise _too_large(name, str(upload.size), largest)
        fields = check_parameters(model, _nested(dict(form), name))
        if not isinstance(upload, UploadFile):
            raise invalid_request(f"Missing required parameter: '{name}'.", param=name, code="missing_required_parameter")
        yield upload, fields


def _too_large(name: str, size: str, largest: int) -> ApiError:
    return ApiError(413, f"The {name} has {size} bytes; at most {largest} are taken.", name)


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as blob:
        while chunk := blob.read(CHUNK):
            yield chunk


def check_jsonl(lines: BinaryIO) -> None:
    """Reject a file that is not JSONL, in the service's words."""
    number = 0
    for number, line in enumerate(iter(lambda: lines.readline(LONGEST_LINE + 1), b""), start=1):
        try:
            fits = len(line) <= LONGEST_LINE and isinstance(json.loads(line.decode()), dict)
        except (ValueError, RecursionError):
            fits = False
        if not fits:
            start = line[:12].decode(errors="replace").rstrip("\r\n")[:3]
            raise invalid_request(
                f"{_reason(line, number)}Expected file to have JSONL format, where every line is a JSON dictionary. "
                f'Line {number} is not a dictionary (HINT: line starts with: "{start}...").'
            )
    if number == 0:
        raise invalid_request("The file is empty; a training file has one JSON dictionary a line.", param="file")


def _reason(line: bytes, number: int) -> str:
    """Return a reason that the service's message lacks: why a line that looks fine cannot be read."""
    if len(line) > LONGEST_LINE:
        return f"Line {number} has more than {LONGEST_LINE} bytes; an example is far shorter. "
    if not line.strip():
        return f"Line {number} is empty; delete it. "
    if line.startswith(BOM_UTF8):
        return f"Line {number} begins with a byte-order mark; save the file as UTF-8 without one. "
    try:
        line.decode()
    except UnicodeDecodeError:
        return f"Line {number} is not UTF-8; save the file in that encoding. "
    return ""


def _nested(form: dict[str, Any], file: str) -> dict[str, Any]:
    """Gather `expires_after[anchor]` and the like into objects; the file itself is not a parameter."""
    values: dict[str, Any] = {}
    objects: dict[str, dict[str, Any]] = {}
    for name, value in form.items():
        if nested := re.fullmatch(r"(\w+)\[(\w+)\]", name):
            objects.setdefault(nested[1], {})[nested[2]] = value
        elif name != file:
            values[name] = value
    return objects | values
