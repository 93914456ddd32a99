import pytest

from ftwidgets.sandbox.faults import Faults, limits
from ftwidgets.sandbox.faults.limits import TokenBuckets
from ftwidgets.sandbox.faults.token_usage import TokenMeter, estimate_tokens

from .conftest import FaultyApi


def test_requests_are_limited_to_the_millisecond(api: FaultyApi, faults: Faults) -> None:
    """The seventh of six a minute is refused; a millisecond before the time it named it still is, then it is not."""
    faults.rate_limit(requests_per_minute=6)
    assert [api.ask().status_code for _ in range(7)] == [200] * 6 + [429]
    refused = api.ask()
    assert refused.headers["retry-after"] == "10"
    assert refused.headers["retry-after-ms"] == "10000"
    assert "x-should-retry" not in refused.headers
    error = refused.json()["error"]
    assert (error["type"], error["code"], error["param"]) == ("requests", "rate_limit_exceeded", None)
    assert "Limit 6, Used 6, Requested 1. Please try again in 10s." in error["message"]
    api.clock.advance(9.999)
    assert api.ask().headers["retry-after-ms"] == "1"
    api.clock.advance(0.001)
    assert api.ask().status_code == 200
    assert api.ask().status_code == 429


def test_every_answer_tells_what_is_left(api: FaultyApi, faults: Faults) -> None:
    """On answers and refusals alike while a limit is set, and on none after."""
    faults.rate_limit(requests_per_minute=2, tokens_per_minute=6000)
    answers = [api.ask().headers for _ in range(3)]
    assert [headers["x-ratelimit-limit-requests"] for headers in answers] == ["2", "2", "2"]
    assert [headers["x-ratelimit-remaining-requests"] for headers in answers] == ["1", "0", "0"]
    assert [headers["x-ratelimit-reset-requests"] for headers in answers] == ["30s", "1m0s", "1m0s"]
    assert answers[0]["x-ratelimit-limit-tokens"] == "6000"
    assert answers[0]["x-ratelimit-remaining-tokens"] == "5993"  # 29 characters of text, 4 to a token
    faults.clear()
    assert not [name for name in api.ask().headers if name.startswith("x-ratelimit")]


def test_tokens_are_guessed_first_and_known_afterwards(api: FaultyApi, faults: Faults) -> None:
    """A request is refused for what it may cost, and charged for what it has cost (15 tokens, says its answer)."""
    faults.rate_limit(tokens_per_minute=600)
    assert api.ask(max_tokens=500).status_code == 200  # guessed 507, charged 15
    refused = api.ask(max_tokens=590)
    assert "on tokens per min (TPM): Limit 600, Used 15, Requested 597." in refused.json()["error"]["message"]
    assert refused.json()["error"]["type"] == "tokens"
    assert refused.headers["retry-after-ms"] == "1200"  # 12 tokens at 10 a second
    api.clock.advance(1.2)
    assert api.ask(max_tokens=590).status_code == 200
    large = api.ask(max_tokens=700)
    assert "Request too large for nano" in large.json()["error"]["message"]
    assert large.headers["x-should-retry"] == "false"


@pytest.mark.parametrize("options", [{}, {"stream_options": {"include_usage": True}}])
def test_a_stream_is_charged_too(options: dict[str, object], api: FaultyApi, faults: Faults) -> None:
    """By its usage where it tells it (15), else by the guessed prompt (7) and its events (5)."""
    faults.rate_limit(tokens_per_minute=600)
    assert api.ask(stream=True, max_tokens=100, **options).status_code == 200
    left = api.ask().headers["x-ratelimit-remaining-tokens"]
    assert left == ("578" if options else "581")  # of 600, less the stream, less the prompt of this request


def test_each_caller_has_their_own_limit(api: FaultyApi, faults: Faults) -> None:
    """One student's requests take nothing from another's."""
    faults.rate_limit(requests_per_minute=1)
    assert [api.ask(key).status_code for key in ("a", "b", "a", "b")] == [200, 200, 429, 429]


def test_a_limit_can_be_for_one_route(api: FaultyApi, faults: Faults) -> None:
    """Other routes are not counted and tell nothing."""
    faults.rate_limit(requests_per_minute=1, route="POST /chat/completions")
    with api.raw() as http:
        assert [http.get("/v1/models/nano").status_code for _ in range(3)] == [200] * 3
        assert "x-ratelimit-limit-requests" not in http.get("/v1/models/nano").headers
    assert [api.ask().status_code for _ in range(2)] == [200, 429]


def test_a_quota_is_used_up(api: FaultyApi, faults: Faults) -> None:
    """30 tokens are two chats of 15; the third is refused for good, whatever the clock says, and so is a job."""
    faults.quota(30)
    assert [api.ask().status_code for _ in range(2)] == [200, 200]
    api.clock.advance(3600)
    refused = api.ask()
    assert (refused.status_code, "retry-after" in refused.headers) == (429, False)
    assert refused.json()["error"] == {
        "message": "You exceeded your current quota, please check your plan and billing details. For more information on "
        "this error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.",
        "type": "insufficient_quota",
        "param": None,
        "code": "insufficient_quota",
    }
    with api.raw() as http:
        assert http.post("/v1/fine_tuning/jobs", json={}).status_code == 429
        assert http.get("/v1/models/nano").status_code == 200
    assert api.ask("somebody-else").status_code == 200


def test_a_response_is_charged_by_its_last_event() -> None:
    """A streamed response tells its usage within the event that completes it; without, its pieces are counted."""
    pieces = [b'data: {"type": "response.output_text.delta", "delta": "a"}\n\n'] * 3
    done = b'data: {"type": "response.completed", "response": {"usage": {"total_tokens": 40}}}\n\n'
    for events, total in ((pieces, 13), ([*pieces, done], 40), ([b'data: {"choices": [{"delta": {"content": ""}}]}\n\n'], 10)):
        meter = TokenMeter()
        meter.observe({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
        for event in events:
            meter.observe({"type": "http.response.body", "body": event, "more_body": True})
        assert meter.total_tokens(10) == total


@pytest.mark.parametrize(
    ("body", "tokens"),
    [
        (b'{"messages": [{"role": "user", "content": "12345678"}], "max_tokens": 10, "n": 3}', 32),
        (b'{"input": "12345678", "max_output_tokens": 5}', 7),
        (b'{"messages": [{"role": "user", "content": [{"type": "text", "text": "12345678"}]}]}', 2),
        (b"{}", 1),
        (b"[1]", 1),
        (b"no json", 1),
        (b'{"max_tokens": -5}', 1),
    ],
)
def test_guesses_take_anything(body: bytes, tokens: int) -> None:
    """A quarter of the characters and all that may be answered; at least 1 for what makes no sense."""
    assert estimate_tokens(body).total == tokens


def test_callers_who_have_been_away_longest_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """The number of buckets is bounded; whoever is forgotten starts anew with a full one."""
    monkeypatch.setattr(limits, "MAX_CALLERS", 2)
    buckets = TokenBuckets(6)
    for owner in ("a", "b", "c"):
        buckets.refilled(owner, 0).take(5)
    buckets.take("nobody", 5)
    assert [buckets.refilled(owner, 0).remaining for owner in ("c", "b", "a")] == [1, 1, 6]


def test_written_tokens_are_counted_alone() -> None:
    """Without the prompt: by the usage of a whole answer, by the events with text of a stream, none of an error."""
    usage = b'{"usage": {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}}'
    event = b'data: {"choices": [{"delta": {"content": "a"}}]}\n\n'
    for status, kind, body, tokens in (
        (200, b"application/json", usage, 5),
        (200, b"application/json", b'{"usage": {"output_tokens": 4}}', 4),
        (200, b"application/json", b'{"usage": null}', 0),
        (200, b"application/json", b"no json", 0),
        (500, b"application/json", usage, 0),
        (200, b"text/event-stream", event * 3, 3),
    ):
        meter = TokenMeter()
        meter.observe({"type": "http.response.start", "status": status, "headers": [(b"content-type", kind)]})
        meter.observe({"type": "http.response.body", "body": body})
        assert meter.completion_tokens() == tokens
