"""What every route has in common: keys, headers, the envelope."""

import asyncio
from typing import Any

import httpx2
import openai
import pytest
from starlette.routing import Route

from ftwidgets.sandbox import Sandbox
from ftwidgets.sandbox.api.auth import AllowAny
from ftwidgets.sandbox.app import build_app
from ftwidgets.sandbox.ids import Ids
from ftwidgets.sandbox.transport import LoopThread, Transport

KEYS = {"message", "type", "param", "code"}


def refusal(answer: httpx2.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status
    assert set(answer.json()) == {"error"}
    error: dict[str, Any] = answer.json()["error"]
    assert set(error) == KEYS
    return error


def test_every_answer_carries_the_services_headers(raw: httpx2.Client) -> None:
    """A request id of its own, the version, the time it took; refusals too."""
    answers = [raw.get("/models"), raw.get("/models"), raw.get("/nowhere")]
    assert len({answer.headers["x-request-id"] for answer in answers}) == 3
    assert {answer.headers["openai-version"] for answer in answers} == {"2020-10-01"}
    assert all(int(answer.headers["openai-processing-ms"]) >= 0 for answer in answers)


def test_errors_carry_the_request_id(client: openai.OpenAI) -> None:
    """The client's exception has it."""
    with pytest.raises(openai.NotFoundError) as caught:
        client.files.retrieve("file-none")
    assert caught.value.request_id.startswith("req_")  # type: ignore[union-attr]


@pytest.mark.parametrize("given", [None, "", "Bearer", "Bearer  ", "Basic abc", "sk-abc"])
def test_a_request_without_a_key_is_a_401(sandbox: Sandbox, given: str | None) -> None:
    """Any key that is not empty will do, but one has to be there."""
    headers = {} if given is None else {"Authorization": given}
    with httpx2.Client(transport=sandbox.transport(), base_url=sandbox.base_url, headers=headers) as http:
        error = refusal(http.get("/models"), 401)
    assert "API key" in error["message"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", ""),
        ("GET", "/nowhere"),
        ("GET", "/files/"),
        ("GET", "/files/a/b/c"),
        ("POST", "/embeddings"),
        ("POST", "/moderations"),
        ("GET", "/fine_tuning/model_limits"),
    ],
)
def test_a_wrong_route_is_a_404(raw: httpx2.Client, method: str, path: str) -> None:
    """The envelope names the method and the address; what the service has and the sandbox has not is among them."""
    error = refusal(raw.request(method, path), 404)
    assert error["message"].startswith(f"Invalid URL ({method} /v1")


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "/files"), ("POST", "/models"), ("PUT", "/chat/completions"), ("DELETE", "/fine_tuning/jobs/x")],
)
def test_a_wrong_method_is_a_405(raw: httpx2.Client, method: str, path: str) -> None:
    """In the service's words."""
    assert "Not allowed to" in refusal(raw.request(method, path), 405)["message"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"\xff\xfe",
        b"[" * 50_000,
        b'{"model": NaN}',
        b'{"model": "\\ud800"}',
        b'{"n": 1e999, "model": "nano-2026-11", "messages": [{"role": "user", "content": "x"}]}',
        b'{"temperature": 1e999, "model": "nano-2026-11", "messages": [{"role": "user", "content": "x"}]}',
        b'{"n": ' + b"9" * 5000 + b"}",
        b'{"model": {"a": 1}, "messages": "x"}',
        b'{"hyperparameters": 3}',
        b'{"method": {"type": "supervised", "supervised": {"hyperparameters": []}}}',
        b'{"model": "m", "training_file": "f", "metadata": {"a": null}}',
        b'{"model": "m", "training_file": "f", "hyperparameters": {"learning_rate_multiplier": 1e999}}',
    ],
)
@pytest.mark.parametrize("path", ["/chat/completions", "/fine_tuning/jobs"])
def test_a_body_that_makes_no_sense_is_a_400(raw: httpx2.Client, path: str, content: bytes) -> None:
    """Never a server error, whatever is sent."""
    refusal(raw.post(path, content=content), 400)


@pytest.mark.parametrize("query", ["limit=x", "limit=-1", "limit=0", "limit=1e3", "limit=٣", "after=none", "colour=red"])
@pytest.mark.parametrize("path", ["/files", "/fine_tuning/jobs"])
def test_a_query_that_makes_no_sense_is_refused(raw: httpx2.Client, path: str, query: str) -> None:
    """The parameter is named."""
    answer = raw.get(f"{path}?{query}")
    assert answer.status_code in (400, 404)
    assert refusal(answer, answer.status_code)["param"] == query.split("=")[0]


@pytest.mark.parametrize("path", ["/files/%00", "/files/%ff%fe", "/models/%F0%9F%90%9F", "/fine_tuning/jobs/'%22;--"])
def test_strange_names_are_simply_not_there(raw: httpx2.Client, path: str) -> None:
    """No name can upset the database or the folder."""
    refusal(raw.get(path), 404)


def test_a_fault_of_ours_is_an_envelope_too() -> None:
    """A route that breaks gives a 500 in the same shape, and the cause goes to the log, not to the client."""

    def broken(request: Any) -> Any:
        raise KeyError("secret")

    loop = LoopThread()
    transport = Transport(loop, build_app([Route("/broken", broken)], authenticator=AllowAny(), ids=Ids()))
    with httpx2.Client(transport=transport, headers={"Authorization": "Bearer x"}) as http:
        answer = http.get("http://sandbox.invalid/v1/broken")
    loop.close()
    assert refusal(answer, 500)["type"] == "server_error"
    assert "secret" not in answer.text


def test_whoever_leaves_in_the_middle_of_an_upload_leaves_nothing(
    sandbox: Sandbox, client: openai.OpenAI, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing is kept or answered, and it is not logged as a failure of the sandbox."""
    form = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nhalf of'
    coming = [{"type": "http.request", "body": form, "more_body": True}, {"type": "http.disconnect"}]
    sent: list[Any] = []
    headers = [(b"authorization", b"Bearer x"), (b"content-type", b"multipart/form-data; boundary=x")]

    async def receive() -> Any:
        return coming.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/v1/files", "query_string": b"", "headers": headers}
    asyncio.run(sandbox.app(scope, receive, send))
    assert sent == []
    assert caplog.records == []
    assert client.files.list().data == []
