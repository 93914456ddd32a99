import httpx2
import pytest
from starlette.types import Message

from ftwidgets.sandbox.faults import Faults, Journal
from ftwidgets.sandbox.faults.journal import JournalEntry, RequestDigest

from .conftest import ASK, FaultyApi


def test_every_request_is_written_down(api: FaultyApi, faults: Faults) -> None:
    """When, what, who by digest, what was answered and asked to wait, under the answer's own request id."""
    faults.script(["429 retry-after=2"])
    api.clock.advance(5)
    refused = api.ask()
    api.clock.advance(2)
    api.ask()
    first, second = faults.journal.entries
    assert (first.number, first.method, first.path) == (1, "POST", "/v1/chat/completions")
    assert (first.status, first.fault, first.retry_after) == (429, "fail", 2)
    assert (second.status, second.fault, second.retry_after) == (200, None, None)
    assert first.request_id == refused.headers["x-request-id"]
    assert (first.time, second.time - first.time) == (api.clock.time() - 2, 2)
    assert (first.digest, first.key) == (second.digest, second.key)
    assert faults.journal.rows()[0]["status"] == 429


def test_the_client_says_how_often_it_has_tried(api: FaultyApi, faults: Faults) -> None:
    """The openai client counts its retries in a header; the journal keeps the count."""
    faults.script(["429 retry-after=0.001", "500"])
    faults.rate_limit(requests_per_minute=1000)
    with api.client(max_retries=2) as client:
        client.chat.completions.create(**ASK)
    assert [entry.retry_count for entry in faults.journal.entries] == [0, 1, 2]
    assert len({entry.digest for entry in faults.journal.entries}) == 1


def test_whoever_is_turned_away_is_written_down_too(api: FaultyApi, faults: Faults) -> None:
    """A request without a key is rejected by authentication, and stands in the journal with its 401."""
    with httpx2.Client(transport=api.raw()._transport, base_url="http://sandbox.invalid") as http:
        http.get("/v1/models/nano")
    assert [(entry.status, entry.key, entry.owner) for entry in faults.journal.entries] == [(401, "", "")]


def test_no_contents_and_no_keys_are_kept(api: FaultyApi, faults: Faults) -> None:
    """What was asked and with which key cannot be read from the journal."""
    api.ask("sk-secret-key-0001")
    kept = str(faults.journal.rows()).replace("'owner': 'sk-secret-key-0001'", "")  # this api names owners by their keys
    assert "secret" not in kept
    assert "Say: one" not in kept


def test_other_requests_have_other_digests(api: FaultyApi, faults: Faults) -> None:
    """The path, the query and the body count."""
    with api.raw() as http:
        for path in ("/v1/models/nano", "/v1/models/other", "/v1/models/nano?a=1"):
            http.get(path)
    api.ask()
    api.ask(temperature=0)
    assert len({entry.digest for entry in faults.journal.entries}) == 5


def test_the_same_upload_is_recognised(api: FaultyApi, faults: Faults) -> None:
    """Each form has another boundary, drawn at random; the digest leaves it out."""
    with api.raw() as http:
        for content in (b"a\nb", b"a\nb", b"a\nc"):
            http.post("/v1/files", files={"file": ("a.jsonl", content)}, data={"purpose": "fine-tune"})
    digests = [entry.digest for entry in faults.journal.entries]
    assert digests[0] == digests[1] != digests[2]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_a_form_may_come_in_any_pieces(size: int) -> None:
    """Wherever a boundary is torn apart, the digest is that of the whole."""

    def digest(boundary: bytes, size: int) -> str:
        body = b"--%s\r\nhello\r\n--%s\r\n--\r\nthere\r\n--%s--" % (boundary, boundary, boundary)
        scope = {"method": "POST", "path": "/v1/files", "query_string": b""}
        found = RequestDigest(scope, f"multipart/form-data; boundary={boundary.decode()}")
        for start in range(0, len(body), size):
            found.add(body[start : start + size])
        return found.hexdigest()

    assert digest(b"aabaac", size) == digest(b"xyxyxz", 1000)


def test_the_journal_is_bounded() -> None:
    """The oldest entries go first; clearing starts the count anew."""
    journal = Journal(capacity=3)
    facts: dict[str, object] = dict.fromkeys(("owner", "key", "digest", "method", "path"), "")
    facts |= dict.fromkeys(("retry_count", "status", "fault", "retry_after", "request_id"))
    for _ in range(5):
        number = journal.next_number()
        journal.append(JournalEntry(number=number, time=0, began=0, seconds=0, given_up=False, **facts))  # type: ignore[arg-type]
    assert [entry.number for entry in journal.entries] == [3, 4, 5]
    journal.clear()
    assert (len(journal), journal.next_number()) == (0, 1)


def test_only_the_api_is_written_down(api: FaultyApi, faults: Faults) -> None:
    """The administration's own requests are neither in the journal nor hit by faults."""
    faults.fail(500)
    with api.raw("admin") as http:
        assert http.get("/admin/journal").json() == {"object": "list", "data": [], "has_more": False}


def test_messages_are_passed_on_untouched(api: FaultyApi) -> None:
    """A body that comes in pieces reaches the app as it was."""
    import anyio

    pieces: list[Message] = [
        {"type": "http.request", "body": b'{"stream"', "more_body": True},
        {"type": "http.request", "body": b": false}", "more_body": False},
    ]
    sent: list[Message] = []

    async def receive() -> Message:
        return pieces.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/chat/completions",
        "query_string": b"",
        "headers": [(b"authorization", b"Bearer a")],
    }
    api.faults.quota(1000)  # the body is read ahead
    anyio.run(api.app, scope, receive, send)
    assert sent[0]["status"] == 200
    assert api.faults.journal.entries[0].status == 200
