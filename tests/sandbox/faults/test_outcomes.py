import pytest

from ftwidgets.sandbox.faults.limits import TokenBucket
from ftwidgets.sandbox.faults.outcomes import format_duration, larger_than_limit, mask_key, rate_limited, retry_headers

# What the service has said to people, who have published it: limit, used, requested, and the time to wait.
PUBLISHED = [
    ("requests", 3, 3, 1, "20s"),
    ("requests", 500, 500, 1, "120ms"),
    ("tokens", 200_000, 200_000, 1411, "423ms"),
    ("tokens", 200_000, 150_974, 53_621, "1.378s"),
    ("tokens", 200_000, 200_000, 9180, "2.754s"),
    ("tokens", 500_000, 500_000, 83_734, "10.048s"),
]


@pytest.mark.parametrize(("unit", "limit", "used", "requested", "wait"), PUBLISHED)
def test_waits_are_those_of_the_service(unit: str, limit: int, used: int, requested: int, wait: str) -> None:
    """For the figures in published answers, the same time to wait, in the same words."""
    bucket = TokenBucket.full(limit, 0)
    bucket.take(used)
    assert bucket.used == used
    error = rate_limited(unit, limit, bucket.used, requested, bucket.wait_for(requested), "gpt-4o-mini")
    short = "RPM" if unit == "requests" else "TPM"
    assert error.message == (
        f"Rate limit reached for gpt-4o-mini in organization org-ftwidgets on {unit} per min ({short}): Limit {limit}, "
        f"Used {used}, Requested {requested}. Please try again in {wait}. "
        "Visit https://platform.openai.com/account/rate-limits to learn more."
    )
    assert (error.status, error.type, error.code) == (429, unit, "rate_limit_exceeded")


def test_too_large_is_said_as_the_service_does() -> None:
    """A request that never fits is told so, and not to come again."""
    error = larger_than_limit("tokens", 30_000, 80_715, "gpt-4o")
    assert error.message == (
        "Request too large for gpt-4o in organization org-ftwidgets on tokens per min (TPM): Limit 30000, Requested 80715. "
        "The input or output tokens must be reduced in order to run successfully. "
        "Visit https://platform.openai.com/account/rate-limits to learn more."
    )
    assert error.headers == {"x-should-retry": "false"}


# Published headers: 3500 requests a minute with one gone, 10000 and 1000 a day (the last of another service of this shape).
@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (60 / 3500, "17ms"),
        (8.64, "8.64s"),
        (86.4, "1m26.4s"),
        (360, "6m0s"),
        (0, "0ms"),
        (0.9999, "999ms"),
        (1, "1s"),
        (7265.5, "2h1m5.5s"),
    ],
)
def test_times_are_written_as_the_service_does(seconds: float, text: str) -> None:
    """Milliseconds below a second, then minutes and hours in front."""
    assert format_duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "whole", "milliseconds"), [(20, "20", "20000"), (0.12, "1", "120"), (1.3785, "2", "1379"), (0.00005, "1", "1")]
)
def test_headers_never_ask_for_too_little(seconds: float, whole: str, milliseconds: str) -> None:
    """Rounded up, so that whoever waits exactly that long may come in."""
    assert retry_headers(seconds) == {"retry-after": whole, "retry-after-ms": milliseconds}


def test_a_bucket_fills_steadily() -> None:
    """Six a minute: the seventh waits ten seconds, and never more than six are ready."""
    bucket = TokenBucket.full(6, 100)
    for _ in range(6):
        assert bucket.wait_for(1) == 0
        bucket.take(1)
    assert bucket.wait_for(1) == pytest.approx(10)
    assert bucket.seconds_until_full == pytest.approx(60)
    bucket.refill(109.9)
    assert bucket.wait_for(1) == pytest.approx(0.1)
    bucket.refill(110)
    assert (bucket.wait_for(1), bucket.remaining) == (0, 1)
    bucket.refill(10_000)
    assert (bucket.remaining, bucket.seconds_until_full) == (6, 0)


@pytest.mark.parametrize(
    ("key", "shown"), [("sk-proj-abcdefgh", "sk-*********efgh"), ("ab7xxxxxIV4B", "ab7*****IV4B"), ("short", "*****")]
)
def test_keys_are_masked(key: str, shown: str) -> None:
    """Three letters, stars, four letters; nothing of a short one."""
    assert mask_key(key) == shown
