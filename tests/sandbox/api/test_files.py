"""Files through the openai client, and uploads that it would not send."""

from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest

LINE = b'{"messages": []}\n'
FILE = {"file": ("a.jsonl", LINE)}
UNTIL = {"purpose": "fine-tune", "expires_after[anchor]": "created_at"}


def put(client: openai.OpenAI, content: bytes = LINE, purpose: Any = "fine-tune", name: str = "a.jsonl") -> Any:
    return client.files.create(file=(name, content), purpose=purpose)


def test_a_file_comes_back_as_it_went_in(client: openai.OpenAI) -> None:
    """Byte for byte, with its name, size and purpose; it is ready at once."""
    content = '{"messages": [], "note": "naïve, 東京"}\r\n'.encode() * 30000
    file = put(client, content, name="näme.jsonl")
    assert (file.filename, file.bytes, file.purpose, file.status) == (
        "näme.jsonl",
        len(content),
        "fine-tune",
        "processed",
    )
    assert client.files.content(file.id).read() == content
    assert client.files.retrieve(file.id) == file
    assert client.files.wait_for_processing(file.id, max_wait_seconds=1) == file


def test_a_deleted_file_is_gone(client: openai.OpenAI) -> None:
    """Deleting says so; afterwards nothing finds it."""
    file = put(client)
    answer = client.files.delete(file.id)
    assert (answer.id, answer.deleted) == (file.id, True)
    for call in (client.files.retrieve, client.files.content, client.files.delete):
        with pytest.raises(openai.NotFoundError, match=f"No such File object: {file.id}"):
            call(file.id)
    assert client.files.list().data == []


def test_files_come_in_pages(client: openai.OpenAI) -> None:
    """Newest first unless told otherwise; by purpose if told; pages put together are the whole."""
    ids = [put(client, purpose=purpose).id for purpose in ("fine-tune", "user_data", "fine-tune", "batch")]
    assert [file.id for file in client.files.list()] == ids[::-1]
    assert [file.id for file in client.files.list(order="asc", limit=3)] == ids
    assert [file.id for file in client.files.list(limit=1)] == ids[::-1]
    assert [file.id for file in client.files.list(purpose="fine-tune", limit=1)] == [ids[2], ids[0]]
    assert [file.id for file in client.files.list(after=ids[1])] == [ids[0]]


@pytest.mark.parametrize(
    ("query", "param"), [({"limit": 0}, "limit"), ({"limit": 10001}, "limit"), ({"after": "file-x"}, "after")]
)
def test_a_page_that_cannot_be_is_refused(client: openai.OpenAI, query: dict[str, Any], param: str) -> None:
    """The parameter is named."""
    with pytest.raises(openai.BadRequestError) as caught:
        client.files.list(**query)
    assert caught.value.param == param


@pytest.mark.parametrize(
    ("content", "number", "start"),
    [
        (b"Prompt,Completion\nHi,Hello\n", 1, "Pro"),
        (LINE + b"[1, 2]\n", 2, "[1,"),
        (LINE + b"\n" + LINE, 2, ""),
        (LINE + b'{"a": "\xff"}\n', 2, '{"a'),
        (b'{"messages": [\n', 1, '{"m'),
        (b"\xef\xbb\xbf" + LINE, 1, '\ufeff{"'),
        (b"[" * 100_000, 1, "[[["),
    ],
)
def test_what_is_not_jsonl_is_refused(client: openai.OpenAI, content: bytes, number: int, start: str) -> None:
    """The service's message, with the line and how it starts; nothing is kept."""
    with pytest.raises(openai.BadRequestError) as caught:
        put(client, content)
    assert caught.value.message.endswith(
        "Expected file to have JSONL format, where every line is a JSON dictionary. "
        f'Line {number} is not a dictionary (HINT: line starts with: "{start}...").'
    )
    assert client.files.list().data == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\xef\xbb\xbf" + LINE, "Line 1 begins with a byte-order mark; save the file as UTF-8 without one."),
        (LINE + '{"a": "é"}\n'.encode("latin-1"), "Line 2 is not UTF-8; save the file in that encoding."),
        (LINE + b"\r\n" + LINE, "Line 2 is empty; delete it."),
    ],
)
def test_what_cannot_be_seen_in_a_line_is_said(client: openai.OpenAI, content: bytes, reason: str) -> None:
    """The service's message alone would leave these three a riddle."""
    with pytest.raises(openai.BadRequestError) as caught:
        put(client, content)
    assert f"{reason} Expected file to have JSONL format" in caught.value.message


def test_other_purposes_take_anything(client: openai.OpenAI) -> None:
    """Only a fine-tuning file has to be JSONL; a purpose nobody knows is refused."""
    assert put(client, b"\x00\xff", purpose="user_data").purpose == "user_data"
    with pytest.raises(openai.BadRequestError) as caught:
        put(client, purpose="homework")
    assert caught.value.param == "purpose"


def test_a_file_for_evals_is_taken(raw: httpx2.Client) -> None:
    """The published request has that purpose; the published answer lacks it, so a strict client could not read it."""
    answer = raw.post("/files", data={"purpose": "evals"}, files=FILE)
    assert (answer.status_code, answer.json()["purpose"]) == (200, "evals")


def test_nobody_sees_the_files_of_others(owners: Any) -> None:
    """What is somebody else's is answered as what does not exist; a list is one's own."""
    ann, bob = owners("ann"), owners("bob")
    file, other = put(ann), put(bob)
    assert [one.id for one in ann.files.list()] == [file.id]
    for call in (bob.files.retrieve, bob.files.content, bob.files.delete):
        with pytest.raises(openai.NotFoundError, match=f"No such File object: {file.id}"):
            call(file.id)
    with pytest.raises(openai.BadRequestError, match=f"No such File object: {file.id}"):
        bob.files.list(after=file.id)
    assert ann.files.content(file.id).read() == LINE
    assert [one.id for one in bob.files.list()] == [other.id]


def test_a_file_that_is_too_large_is_not_even_read(raw: httpx2.Client) -> None:
    """The length that is announced is enough to refuse it; so is the length it has."""
    headers = {"content-length": str(514 * 1024**2), "content-type": "multipart/form-data; boundary=x"}
    answer = raw.post("/files", content=iter([b"--x\r\n"]), headers=headers)
    assert (answer.status_code, answer.json()["error"]["param"]) == (413, "file")


def test_a_line_without_end_is_refused(client: openai.OpenAI) -> None:
    """It is not read into memory to be looked at."""
    with pytest.raises(openai.BadRequestError, match="Line 2 has more than 16777216 bytes"):
        put(client, LINE + b'{"a": "' + b"x" * 17_000_000 + b'"}\n')


def test_a_file_expires(client: openai.OpenAI, clock: Any, tmp_path: Path) -> None:
    """It says when, and then it is gone; whoever uploads the next one clears its bytes away."""
    file = client.files.create(
        file=("a.jsonl", LINE), purpose="fine-tune", expires_after={"anchor": "created_at", "seconds": 3600}
    )
    assert file.expires_at == file.created_at + 3600
    clock.ahead = 3601
    assert client.files.list().data == []
    with pytest.raises(openai.NotFoundError):
        client.files.retrieve(file.id)
    kept = put(client)
    assert [path.name for path in (tmp_path / "sandbox" / "files").iterdir()] == [kept.id]


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"data": {"purpose": "fine-tune"}, "files": {"other": ("a", b"b")}}, None),
        ({"data": {"purpose": "fine-tune"}, "files": {"x": ("a", b"")}}, None),
        ({"files": FILE}, "purpose"),
        ({"data": {"purpose": "fine-tune", "colour": "red"}, "files": FILE}, "colour"),
        ({"data": {"purpose": "fine-tune"}, "files": {"file": ("a.jsonl", b"")}}, "file"),
        ({"data": {"purpose": "fine-tune", "expires_after[anchor]": "x"}, "files": FILE}, "expires_after.anchor"),
        ({"data": {"purpose": "fine-tune", "expires_after[seconds]": "1"}, "files": FILE}, "expires_after"),
        ({"data": UNTIL | {"expires_after[seconds]": "²"}, "files": FILE}, "expires_after"),
        ({"data": UNTIL | {"expires_after[seconds]": "9" * 5000}, "files": FILE}, "expires_after"),
        ({"data": UNTIL | {"expires_after": "x"}, "files": FILE}, "expires_after"),
        ({"data": {"expires_after": "x"} | UNTIL, "files": FILE}, "expires_after"),
        ({"json": {"purpose": "fine-tune"}}, None),
        ({"content": b"--x\r\nbroken", "headers": {"content-type": "multipart/form-data; boundary=x"}}, "purpose"),
        ({"content": b"", "headers": {"content-type": "multipart/form-data"}}, None),
    ],
)  # fmt: skip
def test_an_upload_that_makes_no_sense_is_a_400(raw: httpx2.Client, given: dict[str, Any], param: str | None) -> None:
    """Whatever is missing, unknown or broken, the answer is the envelope."""
    answer = raw.post("/files", **given)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["type"] == "invalid_request_error"
    assert param is None or error["param"] == param
