"""Uploads in parts through the openai client, and requests that it would not send."""

import hashlib
import threading
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.requests import Request

from ftwidgets.sandbox import Sandbox
from ftwidgets.sandbox.api.uploads import Uploads
from ftwidgets.sandbox.store.records import UploadRecord

LINE = b'{"messages": []}\n'
HOUR = 3600


def begin(client: openai.OpenAI, size: int, purpose: Any = "user_data", **more: Any) -> Any:
    return client.uploads.create(bytes=size, filename="a.jsonl", mime_type="text/jsonl", purpose=purpose, **more)


def add(client: openai.OpenAI, upload: Any, *contents: bytes) -> list[str]:
    return [client.uploads.parts.create(upload.id, data=content).id for content in contents]


def refusal(call: Callable[[], Any]) -> openai.BadRequestError:
    with pytest.raises(openai.BadRequestError) as caught:
        call()
    return caught.value


def left(home: Path) -> int:
    """Count what lies in the folders of files and parts."""
    return sum(1 for folder in ("files", "parts") for _ in (home / folder).iterdir())


def test_parts_become_a_file_in_the_order_asked_for(client: openai.OpenAI, tmp_path: Path) -> None:
    """Not in the order in which they came; the checksum is that of the whole; the parts are gone afterwards."""
    upload = begin(client, 6, expires_after={"anchor": "created_at", "seconds": HOUR})
    assert (upload.status, upload.bytes, upload.expires_at) == ("pending", 6, upload.created_at + HOUR)
    last, unused, first = add(client, upload, b"def", b"zzz", b"abc")
    done = client.uploads.complete(upload.id, part_ids=[first, last], md5=hashlib.md5(b"abcdef").hexdigest().upper())
    assert (done.status, done.id, done.created_at) == ("completed", upload.id, upload.created_at)
    assert client.files.content(done.file.id).read() == b"abcdef"
    assert client.files.list().data == [done.file]
    assert (done.file.filename, done.file.bytes, done.file.purpose) == ("a.jsonl", 6, "user_data")
    assert done.file.expires_at == done.file.created_at + HOUR
    assert unused
    assert list((tmp_path / "sandbox" / "parts").iterdir()) == []


def test_the_clients_own_helper_works(client: openai.OpenAI, tmp_path: Path) -> None:
    """From a file in pieces, and from memory; the result can be trained on."""
    path = tmp_path / "rows.jsonl"
    path.write_bytes(LINE * 1000)
    done = client.uploads.upload_file_chunked(file=path, mime_type="text/jsonl", purpose="fine-tune", part_size=5000)
    assert client.files.content(done.file.id).read() == LINE * 1000
    done = client.uploads.upload_file_chunked(
        file=b"abc", filename="b", bytes=3, mime_type="text/plain", purpose="user_data", part_size=1
    )
    assert client.files.content(done.file.id).read() == b"abc"
    assert list((tmp_path / "sandbox" / "parts").iterdir()) == []


@pytest.mark.parametrize(
    ("size", "parts", "order", "md5", "param", "message"),
    [
        (6, [b"abc"], [0], None, "part_ids", "created with 6 bytes, and the parts named have 3"),
        (3, [b"abc", b"d"], [0, 1], None, "part_ids", "created with 3 bytes, and the parts named have 4"),
        (6, [b"abc"], [0, 0], None, "part_ids[1]", "is named twice"),
        (3, [b"abc"], [0, 7], None, "part_ids[1]", "has no part 'part_x'"),
        (3, [b"abc"], [0], "0" * 32, "md5", f"is {hashlib.md5(b'abc').hexdigest()}, and '{'0' * 32}' was expected"),
        (3, [b"abc"], [], None, "part_ids", "array too short. Expected an array with minimum length 1, but got an array"),
    ],
)  # fmt: skip
def test_what_does_not_add_up_is_refused(
    client: openai.OpenAI, tmp_path: Path, size: int, parts: list[bytes], order: list[int], md5: Any, param: str, message: str
) -> None:  # fmt: skip
    """With what is wrong; no file is made, and the upload can still be completed as it should be."""
    upload = begin(client, size)
    ids = [*add(client, upload, *parts), *["part_x"] * 9]
    given: Any = {"part_ids": [ids[place] for place in order]} | ({"md5": md5} if md5 else {})
    error = refusal(lambda: client.uploads.complete(upload.id, **given))
    assert (error.param, message in error.message) == (param, True)
    assert client.files.list().data == []
    assert left(tmp_path / "sandbox") == len(parts)
    if size == 3:
        assert client.uploads.complete(upload.id, part_ids=ids[:1]).status == "completed"


def test_a_training_file_is_checked_as_a_whole(client: openai.OpenAI, tmp_path: Path) -> None:
    """A part may end within a line; the whole has to be JSONL, and nothing is kept of what is not."""
    upload = begin(client, 2 * len(LINE), "fine-tune")
    first, second = add(client, upload, (LINE * 2)[:10], (LINE * 2)[10:])
    error = refusal(lambda: client.uploads.complete(upload.id, part_ids=[second, first]))
    assert "Expected file to have JSONL format" in error.message
    assert left(tmp_path / "sandbox") == 2
    assert client.uploads.complete(upload.id, part_ids=[first, second]).status == "completed"


def test_a_cancelled_upload_is_over(client: openai.OpenAI, tmp_path: Path) -> None:
    """Its parts are gone; nothing can be added, completed or cancelled any more."""
    upload = begin(client, 3)
    ids = add(client, upload, b"abc")
    cancelled = client.uploads.cancel(upload.id)
    assert (cancelled.status, cancelled.file) == ("cancelled", None)
    assert left(tmp_path / "sandbox") == 0
    check_over(client, upload, ids, "it is cancelled already")


def test_a_completed_upload_is_over(client: openai.OpenAI) -> None:
    """A second completion makes no second file."""
    upload = begin(client, 3)
    ids = add(client, upload, b"abc")
    client.uploads.complete(upload.id, part_ids=ids)
    check_over(client, upload, ids, "it is completed already")
    assert len(client.files.list().data) == 1


def test_an_upload_expires_after_an_hour(client: openai.OpenAI, clock: Any, tmp_path: Path) -> None:
    """One second before, it can still be added to."""
    upload, forgotten = begin(client, 3), begin(client, 3)
    ids = [*add(client, upload, b"abc"), *add(client, forgotten, b"abc")]
    clock.ahead = HOUR - 1 - (clock.time() - upload.created_at)
    ids += add(client, upload, b"d")
    clock.ahead += 1
    check_over(client, upload, ids, "it has expired, an hour after it was created")
    assert left(tmp_path / "sandbox") == 1
    begin(client, 1)  # whoever begins a new one clears up behind the others
    assert left(tmp_path / "sandbox") == 0


def check_over(client: openai.OpenAI, upload: Any, ids: list[str], reason: str) -> None:
    for call in (
        lambda: client.uploads.parts.create(upload.id, data=b"x"),
        lambda: client.uploads.complete(upload.id, part_ids=ids[:1]),
        lambda: client.uploads.cancel(upload.id),
    ):
        error = refusal(call)
        assert error.code == "upload_not_pending"
        assert f"{upload.id} any more: {reason}" in error.message


def test_an_upload_outlives_the_process(tmp_path: Path, world: Any) -> None:
    """What was added before a restart counts afterwards."""
    with Sandbox(tmp_path) as sandbox, world.client(sandbox) as client:
        upload = begin(client, 6)
        ids = add(client, upload, b"abc")
    with Sandbox(tmp_path) as sandbox, world.client(sandbox) as client:
        ids += add(client, upload, b"def")
        file = client.uploads.complete(upload.id, part_ids=ids).file
        assert client.files.content(file.id).read() == b"abcdef"


def test_nobody_touches_the_uploads_of_others(owners: Any) -> None:
    """They answer as one that does not exist, and go on undisturbed."""
    ann, bob = owners("ann"), owners("bob")
    upload, other = begin(ann, 3), begin(bob, 3)
    ids = add(ann, upload, b"abc")
    for id_ in (upload.id, "upload_x"):
        for call in (
            lambda id_=id_: bob.uploads.parts.create(id_, data=b"x"),
            lambda id_=id_: bob.uploads.complete(id_, part_ids=ids),
            lambda id_=id_: bob.uploads.cancel(id_),
        ):
            with pytest.raises(openai.NotFoundError, match=f"No such Upload object: {id_}"):
                call()
    assert refusal(lambda: bob.uploads.complete(other.id, part_ids=ids)).param == "part_ids[0]"
    file = ann.uploads.complete(upload.id, part_ids=ids).file
    with pytest.raises(openai.NotFoundError):
        bob.files.retrieve(file.id)


def test_a_part_that_is_too_large_is_refused(client: openai.OpenAI, raw: httpx2.Client, tmp_path: Path) -> None:
    """64 MB are taken, one byte more is not, whether the length is announced or not; nor is nothing at all."""
    upload = begin(client, 8 * 1024**3)
    add(client, upload, bytes(64 * 1024**2))
    for size in (64 * 1024**2 + 1, 70 * 1024**2):
        with pytest.raises(openai.APIStatusError) as caught:
            add(client, upload, bytes(size))
        assert (caught.value.status_code, caught.value.param) == (413, "data")
    assert refusal(lambda: add(client, upload, b"")).param == "data"
    assert left(tmp_path / "sandbox") == 1


def test_more_than_8_gb_are_refused(client: openai.OpenAI, sandbox: Sandbox) -> None:
    """In the announcement and in the sum of the parts."""
    error = refusal(lambda: begin(client, 8 * 1024**3 + 1))
    assert (error.param, error.code) == ("bytes", "integer_above_max_value")
    upload = begin(client, 8 * 1024**3)
    (part,) = add(client, upload, b"abc")
    from ftwidgets.sandbox.store.records import PartRecord

    sandbox.store.db.update(PartRecord, part, bytes=8 * 1024**3 - 1)  # as if it had been that large
    add(client, upload, b"d")
    with pytest.raises(openai.APIStatusError, match="8589934593 bytes together") as caught:
        add(client, upload, b"e")
    assert caught.value.status_code == 413


def test_of_many_completions_at_once_one_succeeds(client: openai.OpenAI) -> None:
    """There is one file in the end, and the others are told that it is done."""
    upload = begin(client, 300_000)
    ids = add(client, upload, b"a" * 100_000, b"b" * 200_000)
    outcomes: list[str] = []

    def complete() -> None:
        try:
            outcomes.append(client.uploads.complete(upload.id, part_ids=ids).status)
        except openai.BadRequestError as error:
            outcomes.append(str(error.code))

    threads = [threading.Thread(target=complete) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["completed", *["upload_not_pending"] * 5]
    (file,) = client.files.list().data
    assert client.files.content(file.id).read() == b"a" * 100_000 + b"b" * 200_000


def test_who_is_overtaken_is_told_that_it_is_done(client: openai.OpenAI, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also at the moment when the parts have just been forgotten."""
    upload, pending = begin(client, 3), Uploads._pending
    ids = add(client, upload, b"abc")
    done: list[Any] = []

    def overtaken(uploads: Uploads, request: Request) -> UploadRecord:
        found = pending(uploads, request)
        if not done:
            done.append(None)
            done.append(client.uploads.complete(upload.id, part_ids=ids).status)
        return found

    monkeypatch.setattr(Uploads, "_pending", overtaken)
    assert refusal(lambda: client.uploads.complete(upload.id, part_ids=ids)).code == "upload_not_pending"
    assert done == [None, "completed"]


def test_a_completion_that_breaks_off_changes_nothing(
    client: openai.OpenAI, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is full at the last moment: no file, no half of one, and the upload still waits."""
    upload = begin(client, 3)
    ids = add(client, upload, b"abc")

    def full(*records: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(sandbox.store.db, "insert", full)
        with pytest.raises(openai.InternalServerError, match="No space left"):
            client.with_options(max_retries=0).uploads.complete(upload.id, part_ids=ids)
    assert client.files.list().data == []
    assert left(tmp_path / "sandbox") == 1
    assert client.uploads.complete(upload.id, part_ids=ids).status == "completed"


def test_a_large_file_is_never_in_memory_as_a_whole(client: openai.OpenAI, tmp_path: Path) -> None:
    """Neither uploaded at once nor put together from parts nor read back."""
    size, path = 40 * 1024**2, tmp_path / "large.bin"
    path.write_bytes(bytes(size))
    upload = begin(client, size)
    ids = add(client, upload, *[bytes(size // 4)] * 4)
    tracemalloc.start()
    try:
        with path.open("rb") as content:
            file = client.files.create(file=content, purpose="user_data")
        done = client.uploads.complete(upload.id, part_ids=ids).file
        with client.files.with_streaming_response.content(file.id) as answer:
            read = sum(len(chunk) for chunk in answer.iter_bytes())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert done is not None
    assert file.bytes == done.bytes == read == size
    assert peak < size / 4


GOOD = {"bytes": 3, "filename": "a", "mime_type": "text/plain", "purpose": "user_data"}


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"bytes": None}, "bytes"),
        ({"bytes": "3"}, "bytes"),
        ({"bytes": 0}, "bytes"),
        ({"filename": None}, "filename"),
        ({"filename": ""}, "filename"),
        ({"filename": "a" * 1001}, "filename"),
        ({"mime_type": "a" * 1001}, "mime_type"),
        ({"mime_type": None}, "mime_type"),
        ({"purpose": "homework"}, "purpose"),
        ({"expires_after": 3600}, "expires_after"),
        ({"expires_after": {}}, "expires_after.anchor"),
        ({"expires_after": {"anchor": "created_at"}}, "expires_after.seconds"),
        ({"expires_after": {"anchor": "created_at", "seconds": 3599}}, "expires_after.seconds"),
        ({"expires_after": {"anchor": "created_at", "seconds": 3600, "x": 1}}, "expires_after.x"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_an_upload_that_makes_no_sense_is_refused_by_name(raw: httpx2.Client, change: dict[str, Any], param: str) -> None:
    """Whatever is missing, of the wrong type, out of range or unknown."""
    answer = raw.post("/uploads", json=GOOD | change)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"files": {"file": ("a", b"b")}}, "file"),
        ({"data": {"data": "text"}}, None),
        ({"files": {"data": ("a", b"b")}, "data": {"colour": "red"}}, "colour"),
        ({"json": {"data": "x"}}, None),
        ({"content": b"--x\r\nbroken", "headers": {"content-type": "multipart/form-data; boundary=x"}}, "data"),
    ],
)
def test_a_part_that_makes_no_sense_is_a_400(raw: httpx2.Client, given: dict[str, Any], param: str | None) -> None:
    """The answer is the envelope."""
    id_ = raw.post("/uploads", json=GOOD).json()["id"]
    answer = raw.post(f"/uploads/{id_}/parts", **given)
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == param


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
KNOWN = st.sampled_from(["bytes", "filename", "mime_type", "purpose", "expires_after", "part_ids", "md5"])
HARD = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@HARD
@given(body=st.dictionaries(KNOWN, JSON), good=st.booleans())
def test_no_json_breaks_it(raw: httpx2.Client, body: dict[str, Any], good: bool) -> None:
    """Whatever the body, the answer is a success or the envelope."""
    made = raw.post("/uploads", json=GOOD | body if good else body)
    id_ = raw.post("/uploads", json=GOOD).json()["id"]
    for answer in (made, raw.post(f"/uploads/{id_}/complete", json=body), raw.post(f"/uploads/{id_}/cancel", json=body)):
        assert answer.status_code in (200, 400)
        assert answer.status_code == 200 or set(answer.json()["error"]) == {"message", "type", "param", "code"}


# Starlette leaves the temporary file of a form that was cut off to the garbage collector, which says so.
@pytest.mark.filterwarnings("ignore:.*SpooledTemporaryFile:pytest.PytestUnraisableExceptionWarning")
@HARD
@given(st.binary(max_size=200), st.sampled_from(["data", "file", "purpose", "expires_after[anchor]", ""]), st.text(max_size=5))
def test_no_form_breaks_it(raw: httpx2.Client, content: bytes, name: str, filename: str) -> None:
    """Whatever is in the form, whole or cut off, here and where whole files are uploaded."""
    id_ = raw.post("/uploads", json=GOOD).json()["id"]
    shown = filename.encode(errors="replace").replace(b'"', b"")
    form = b'--x\r\nContent-Disposition: form-data; name="%s"; filename="%s"\r\n\r\n' % (name.encode(), shown) + content
    for path in ("/files", f"/uploads/{id_}/parts"):
        for body in (form + b"\r\n--x--\r\n", form, content):
            answer = raw.post(path, content=body, headers={"content-type": "multipart/form-data; boundary=x"})
            assert answer.status_code in (200, 400)
            assert answer.status_code == 200 or set(answer.json()["error"]) == {"message", "type", "param", "code"}
