"""The life of a file, whole and in parts."""

import hashlib
from typing import Any

import openai

from tests.contract.journey.checks import check, refusal
from tests.contract.journey.traveller import Traveller, jsonl, lessons


@check("files")
def a_file_is_uploaded(t: Traveller) -> None:
    """An upload answers with the file's size, name and purpose."""
    assert t.file.id.startswith("file-")
    assert (t.file.filename, t.file.purpose, t.file.bytes) == ("rows.jsonl", "fine-tune", len(jsonl(lessons())))


@check("files")
def a_file_reads_back(t: Traveller) -> None:
    """The content of a file is what was uploaded, byte for byte."""
    assert t.client.files.content(t.file.id).read() == jsonl(lessons())


@check("files")
def a_file_is_processed(t: Traveller) -> None:
    """Waiting for a file ends with the status `processed`."""
    assert t.client.files.wait_for_processing(t.file.id, poll_interval=0.05, max_wait_seconds=10).status == "processed"


@check("files")
def files_are_listed_by_purpose(t: Traveller) -> None:
    """A list for one purpose has the files of that purpose and no others."""
    other = t.client.files.create(file=("note.txt", b"a note"), purpose="user_data")
    tuning = {file.id for file in t.client.files.list(purpose="fine-tune")}
    assert t.file.id in tuning
    assert other.id not in tuning


@check("files")
def files_are_listed_page_by_page(t: Traveller) -> None:
    """Pages of one, oldest first, give what one page gives, newest first, the other way round."""
    two = [t.file.id, t.upload(lessons()).id]
    paged = [file.id for file in t.client.files.list(limit=1, order="asc", purpose="fine-tune")]
    whole = [file.id for file in t.client.files.list(order="desc", purpose="fine-tune").data]
    assert set(two) <= set(whole)
    assert paged == whole[::-1]


@check("files")
def a_file_can_expire(t: Traveller) -> None:
    """`expires_after` sets the time when the file goes."""
    file = t.client.files.create(
        file=("a.txt", b"x"), purpose="user_data", expires_after={"anchor": "created_at", "seconds": 3600}
    )
    assert file.expires_at == file.created_at + 3600


@check("files")
def a_broken_file_is_refused(t: Traveller) -> None:
    """A training file that is not JSONL is a 400 as it comes in."""
    refusal(
        lambda: t.client.files.create(file=("rows.jsonl", b'{"a": 1}\nnot json\n'), purpose="fine-tune"), openai.BadRequestError
    )


@check("files")
def a_strange_purpose_is_refused(t: Traveller) -> None:
    """A purpose that does not exist is a 400."""
    refusal(lambda: t.client.files.create(file=("a.txt", b"x"), purpose="fun"), openai.BadRequestError)  # type: ignore[arg-type]


@check("files")
def an_unknown_file_is_a_404(t: Traveller) -> None:
    """Looking at a file that is not there is a 404."""
    refusal(lambda: t.client.files.retrieve("file-none"), openai.NotFoundError)


@check("files")
def a_deleted_file_is_gone(t: Traveller) -> None:
    """A deletion is confirmed, and the file is a 404 from then on."""
    file = t.upload(lessons())
    gone = t.client.files.delete(file.id)
    assert gone.deleted is True
    assert gone.id == file.id
    refusal(lambda: t.client.files.retrieve(file.id), openai.NotFoundError)


@check("uploads")
def a_file_comes_in_parts(t: Traveller) -> None:
    """Two parts, completed in order with their MD5, are one file that reads back whole."""
    data = jsonl(lessons())
    upload = t.client.uploads.create(bytes=len(data), filename="parts.jsonl", mime_type="text/jsonl", purpose="fine-tune")
    assert upload.status == "pending"
    parts = [t.client.uploads.parts.create(upload.id, data=piece) for piece in (data[:100], data[100:])]
    assert {part.upload_id for part in parts} == {upload.id}
    md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
    done = t.client.uploads.complete(upload.id, part_ids=[part.id for part in parts], md5=md5)
    assert done.status == "completed"
    assert done.file is not None
    assert t.client.files.content(done.file.id).read() == data


@check("uploads")
def the_client_cuts_a_file_into_parts(t: Traveller) -> None:
    """The client's own helper for large files works."""
    data = jsonl(lessons())
    md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
    about: Any = {"filename": "c.jsonl", "bytes": len(data), "mime_type": "text/jsonl", "md5": md5}
    done = t.client.uploads.upload_file_chunked(file=data, purpose="fine-tune", part_size=300, **about)
    assert done.status == "completed"
    assert done.file is not None
    assert done.file.bytes == len(data)


@check("uploads")
def parts_that_do_not_add_up_are_refused(t: Traveller) -> None:
    """Completing an upload with fewer bytes than were announced is a 400."""
    upload = t.client.uploads.create(bytes=100, filename="a.jsonl", mime_type="text/jsonl", purpose="fine-tune")
    part = t.client.uploads.parts.create(upload.id, data=b'{"a": 1}\n')
    refusal(lambda: t.client.uploads.complete(upload.id, part_ids=[part.id]), openai.BadRequestError)


@check("uploads")
def a_cancelled_upload_takes_no_parts(t: Traveller) -> None:
    """A cancelled upload says so and refuses what comes later."""
    upload = t.client.uploads.create(bytes=9, filename="a.jsonl", mime_type="text/jsonl", purpose="fine-tune")
    assert t.client.uploads.cancel(upload.id).status == "cancelled"
    refusal(lambda: t.client.uploads.parts.create(upload.id, data=b'{"a": 1}\n'), openai.APIStatusError)
