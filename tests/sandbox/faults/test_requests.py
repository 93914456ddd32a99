import json
import time
from typing import Any

import anyio
import httpx2
import openai
import pytest

from ftwidgets.sandbox.faults import Faults
from ftwidgets.sandbox.transport import AsyncTransport

from .conftest import ASK, WORDS, FaultyApi


@pytest.mark.parametrize(
    ("status", "error", "kind", "code"),
    [
        (400, openai.BadRequestError, "invalid_request_error", None),
        (401, openai.AuthenticationError, "invalid_request_error", "invalid_api_key"),
        (403, openai.PermissionDeniedError, "invalid_request_error", "permission_denied"),
        (404, openai.NotFoundError, "invalid_request_error", "not_found"),
        (409, openai.ConflictError, "invalid_request_error", "conflict"),
        (422, openai.UnprocessableEntityError, "invalid_request_error", "unprocessable_entity"),
        (429, openai.RateLimitError, "requests", "rate_limit_exceeded"),
        (500, openai.InternalServerError, "server_error", None),
        (503, openai.InternalServerError, "server_error", None),
        (599, openai.InternalServerError, "server_error", None),
    ],
)
def test_every_status_is_its_exception(
    status: int, error: type[openai.APIStatusError], kind: str, code: str | None, api: FaultyApi, faults: Faults
) -> None:
    """The client raises what it raises with the service, with the envelope's words and a request id."""
    faults.fail(status)
    with api.client() as client, pytest.raises(error) as raised:
        client.chat.completions.create(**ASK)
    assert raised.value.status_code == status
    assert (raised.value.type, raised.value.code) == (kind, code)
    assert (raised.value.request_id or "").startswith("req_")
    assert raised.value.body == {"message": raised.value.body["message"], "type": kind, "param": None, "code": code}  # type: ignore[index]


@pytest.mark.parametrize(
    ("rule", "statuses"),
    [
        ({"times": 2}, [500, 500, 200, 200]),
        ({"every": 3}, [200, 200, 500, 200, 200, 500]),
        ({"every": 2, "times": 1}, [200, 500, 200, 200]),
        ({"rate": 0.0}, [200, 200]),
        ({"rate": 1.0}, [500, 500]),
        ({"route": "GET /models/*"}, [200, 200]),
        ({"route": "POST /chat/completions"}, [500, 500]),
    ],
)
def test_a_rule_strikes_when_it_says(rule: dict[str, Any], statuses: list[int], api: FaultyApi, faults: Faults) -> None:
    """The next few, every so manieth, never, always, or on its own route only."""
    faults.fail(500, **rule)
    assert [api.ask().status_code for _ in statuses] == statuses


def test_chance_can_be_repeated(api: FaultyApi) -> None:
    """The same seed hits the same requests, another seed others, and about as many as the rate says."""

    def run(seed: int) -> list[int]:
        api.faults.load({"seed": seed, "rules": [{"rule": "fail", "status": 500, "rate": 0.3}]})
        return [api.ask().status_code for _ in range(60)]

    first = run(1)
    assert run(1) == first
    assert run(2) != first
    assert 8 <= first.count(500) <= 28


def test_a_script_is_played_line_by_line(api: FaultyApi, faults: Faults) -> None:
    """One answer a request, then all is well; a retry-after comes in both headers."""
    faults.script(["429 retry-after=1.5", "500", "ok", "404", "quota"])
    answers = [api.ask() for _ in range(6)]
    assert [answer.status_code for answer in answers] == [429, 500, 200, 404, 429, 200]
    assert (answers[0].headers["retry-after"], answers[0].headers["retry-after-ms"]) == ("2", "1500")
    assert "retry-after" not in answers[1].headers
    assert answers[4].json()["error"]["code"] == "insufficient_quota"
    assert not [answer for answer in answers if "x-should-retry" in answer.headers]


def test_a_wrong_key_is_refused_in_the_services_words(api: FaultyApi, faults: Faults) -> None:
    """401 with the key masked; another key passes."""
    faults.wrong_key("sk-wrong-abcdefgh")
    refused = api.ask("sk-wrong-abcdefgh")
    assert refused.status_code == 401
    assert refused.json()["error"] == {
        "message": "Incorrect API key provided: sk-**********efgh. You can find your API key at "
        "https://platform.openai.com/account/api-keys.",
        "type": "invalid_request_error",
        "param": None,
        "code": "invalid_api_key",
    }
    assert api.ask("sk-right-12345678").status_code == 200


def test_a_key_can_be_required(api: FaultyApi, faults: Faults) -> None:
    """Every key but one is refused, and the rule keeps only a digest of it."""
    faults.key_required("sk-right-12345678")
    assert api.ask("sk-right-12345678").status_code == 200
    assert api.ask("sk-other-12345678").status_code == 401
    assert "right" not in json.dumps(faults.to_json())


def test_a_dropped_connection_is_an_error_of_the_connection(api: FaultyApi, faults: Faults) -> None:
    """The client raises APIConnectionError from what the HTTP client raises when a server hangs up; once."""
    faults.drop()
    with api.client() as client:
        with pytest.raises(openai.APIConnectionError) as raised:
            client.chat.completions.create(**ASK)
        assert isinstance(raised.value.__cause__, httpx2.RemoteProtocolError)
        assert client.chat.completions.create(**ASK).choices[0].message.content == "".join(WORDS)
    assert [(entry.status, entry.fault) for entry in faults.journal.entries] == [(None, "dropped"), (200, None)]


def test_async_clients_see_the_same(api: FaultyApi, faults: Faults) -> None:
    """A dropped connection and a cut stream, through the async transport."""

    async def read_on(stream: openai.AsyncStream[Any], words: list[str | None]) -> None:
        async for chunk in stream:
            words.append(chunk.choices[0].delta.content)

    async def ask() -> list[str | None]:
        http = httpx2.AsyncClient(transport=AsyncTransport(api.loop, api.app))
        words: list[str | None] = []
        async with openai.AsyncOpenAI(
            api_key="a", base_url="http://sandbox.invalid/v1", http_client=http, max_retries=0
        ) as client:
            with pytest.raises(openai.APIConnectionError):
                await client.chat.completions.create(**ASK)
            stream = await client.chat.completions.create(**ASK, stream=True)
            with pytest.raises(openai.APIConnectionError):
                await read_on(stream, words)
        return words

    faults.drop()
    faults.stream(cut_after=2)
    assert anyio.run(ask) == WORDS[:2]


def test_an_answer_can_be_lost_after_the_work(api: FaultyApi, faults: Faults) -> None:
    """The job is there although its client saw the connection drop."""
    faults.drop(route="POST /fine_tuning/jobs", answered=True)
    with api.raw() as http, pytest.raises(httpx2.RemoteProtocolError):
        http.post("/v1/fine_tuning/jobs", json={"a": 1})
    assert len(api.jobs) == 1
    assert [(entry.status, entry.fault) for entry in faults.journal.entries] == [(200, "answer_lost")]


def read(client: openai.OpenAI, **more: Any) -> list[str | None]:
    """Read a streamed answer, word by word."""
    stream = client.chat.completions.create(**ASK, stream=True, **more)
    return [chunk.choices[0].delta.content for chunk in stream]


def test_a_stream_is_cut(api: FaultyApi, faults: Faults) -> None:
    """Three words, then the connection is gone; the next stream is whole."""
    faults.stream(cut_after=3)
    words = []
    with api.client() as client:
        stream = client.chat.completions.create(**ASK, stream=True)
        with pytest.raises(openai.APIConnectionError) as raised:
            words.extend(chunk.choices[0].delta.content for chunk in stream)
        assert "incomplete chunked read" in str(raised.value.__cause__)
        assert words == WORDS[:3]
        assert read(client) == WORDS
    assert [entry.fault for entry in faults.journal.entries] == ["stream_cut", None]


def test_a_stream_ends_too_early(api: FaultyApi, faults: Faults) -> None:
    """No error at all: only the missing end tells that something is missing."""
    faults.stream(end_after=3)
    with api.client() as client:
        assert read(client) == WORDS[:3]
        assert read(client) == WORDS


def test_a_stream_holds_what_is_no_json(api: FaultyApi, faults: Faults) -> None:
    """The second event breaks off in the middle; the client's parser says so."""
    faults.stream(malformed_at=2)
    with api.client() as client, pytest.raises(json.JSONDecodeError):
        read(client)


def test_a_stream_stalls_by_the_clock(api: FaultyApi, faults: Faults) -> None:
    """Nothing comes until the time has passed, then the rest does."""
    faults.stream(stall_after=2, seconds=30)
    with api.client() as client:
        stream = iter(client.chat.completions.create(**ASK, stream=True))
        words = [next(stream).choices[0].delta.content for _ in range(2)]
        api.clock.wait_for_sleepers()
        api.clock.advance(30)
        words += [chunk.choices[0].delta.content for chunk in stream]
    assert words == WORDS
    assert faults.journal.entries[0].fault == "stream_stall"
    assert faults.journal.entries[0].seconds == 30


def test_a_client_gives_up_on_a_stalled_stream(api: FaultyApi, faults: Faults) -> None:
    """Its own timeout ends the wait, and the journal knows that it hung up."""
    faults.stream(stall_after=1, seconds=3600)
    with api.client(timeout=0.1) as client, pytest.raises(openai.APITimeoutError):
        read(client)
    until = time.monotonic() + 10
    while not len(faults.journal):
        assert time.monotonic() < until, "the request did not end"
    assert (faults.journal.entries[0].fault, faults.journal.entries[0].given_up) == ("stream_stall", True)


def test_stream_rules_wait_for_a_stream(api: FaultyApi, faults: Faults) -> None:
    """A plain answer neither breaks nor uses the rule up."""
    faults.stream(end_after=1)
    assert api.ask().json()["choices"][0]["message"]["content"] == "".join(WORDS)
    with api.client() as client:
        assert read(client) == WORDS[:1]


@pytest.mark.parametrize("answer", ["cut 1", "end 1", "malformed 1"])
def test_a_script_breaks_streams(answer: str, api: FaultyApi, faults: Faults) -> None:
    """In the words of a script; what the client sees is the same as with the rule."""
    faults.script([answer, "ok"])
    with api.client() as client:
        if answer == "end 1":
            assert read(client) == WORDS[:1]
        else:
            with pytest.raises((openai.APIConnectionError, json.JSONDecodeError)):
                read(client)
        assert read(client) == WORDS


def test_nothing_set_costs_nothing(api: FaultyApi) -> None:
    """Without rules a request is not even looked at; its answer has no header that it would not have."""
    names = set(api.ask().headers)
    expected = {"x-request-id", "openai-version", "openai-organization", "openai-processing-ms"}
    assert names == expected | {"content-length", "content-type"}
