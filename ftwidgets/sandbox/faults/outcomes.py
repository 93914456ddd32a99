"""What can happen to one request: a refusal in the service's words, a line that goes dead, a stream that breaks.

The wording of 401, 429 and 500 is the service's own where it is known, that of the other statuses follows its guide to error
codes. Left out: when it happens (`faults`), and making it happen (`layer`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.responses import JSONResponse

from ftwidgets.sandbox.api.bodies import ORGANIZATION

WRONG_KEY = "Incorrect API key provided: {}. You can find your API key at https://platform.openai.com/account/api-keys."
NO_QUOTA = (
    "You exceeded your current quota, please check your plan and billing details. For more information on this error, "
    "read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors."
)
LEARN_MORE = "Visit https://platform.openai.com/account/rate-limits to learn more."
_WORDS: dict[int, tuple[str, str | None, str]] = {  # type, code, message
    400: ("invalid_request_error", None, "Your request was malformed or missing some required parameters."),
    401: ("invalid_request_error", "invalid_api_key", WRONG_KEY.format("***")),
    403: ("invalid_request_error", "permission_denied", "You do not have permission to use this resource."),
    404: ("invalid_request_error", "not_found", "The requested resource does not exist."),
    408: ("server_error", "request_timeout", "The request took too long to process. Please try again."),
    409: ("invalid_request_error", "conflict", "The resource was updated by another request."),
    422: ("invalid_request_error", "unprocessable_entity", "Unable to process the request despite the format being correct."),
    429: ("requests", "rate_limit_exceeded", "Rate limit reached for requests."),
    500: ("server_error", None, "The server had an error while processing your request. Sorry about that!"),
    502: ("server_error", None, "Bad gateway."),
    503: ("server_error", None, "The engine is currently overloaded, please try again later."),
    504: ("server_error", None, "The gateway timed out while waiting for the server."),
}


@dataclass(frozen=True)
class Refuse:
    """An answer with an error, instead of the app's; unlike the app's own refusals it does not say that retrying is useless."""

    fault: str
    status: int
    kind: str
    code: str | None
    message: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> JSONResponse:
        """Put it into OpenAI's envelope."""
        error = {"message": self.message, "type": self.kind, "param": None, "code": self.code}
        return JSONResponse({"error": error}, self.status, headers=dict(self.headers))


@dataclass(frozen=True)
class HangUp:
    """The connection is closed without an answer; with `answered`, after the app has done what was asked."""

    fault: str
    answered: bool = False


@dataclass(frozen=True)
class Break:
    """A streamed answer goes wrong at one of its events: `how` is cut, end, stall or malformed."""

    fault: str
    how: str
    at: int
    seconds: float = 0


Outcome = Refuse | HangUp | Break


def failure(status: int, *, fault: str = "fail", retry_after: float | None = None, message: str | None = None) -> Refuse:
    """Make an error of a status in its usual words, perhaps with how long to wait."""
    kind, code, usual = _WORDS.get(status, ("server_error" if status >= 500 else "invalid_request_error", None, "Error."))
    if message is None:
        message = usual if retry_after is None else f"{usual} Please try again in {duration(retry_after)}."
    return Refuse(fault, status, kind, code, message, wait_headers(retry_after))


def wrong_key(key: str) -> Refuse:
    """Make the 401 for a key that the service does not know."""
    return Refuse("wrong_key", 401, "invalid_request_error", "invalid_api_key", WRONG_KEY.format(masked(key)))


def out_of_quota() -> Refuse:
    """Make the 429 for an account that has used up what it paid for; as with the service, only its code tells it apart."""
    return Refuse("quota", 429, "insufficient_quota", "insufficient_quota", NO_QUOTA)


def too_fast(what: str, limit: int, used: int, requested: int, wait: float, model: str | None) -> Refuse:
    """Make the 429 of a rate limit (`what` is requests or tokens) that says exactly how long to wait."""
    text = f"{_per_minute('Rate limit reached', what, model)}: Limit {limit}, Used {used}, Requested {requested}. "
    text += f"Please try again in {duration(wait)}. {LEARN_MORE}"
    return Refuse("rate_limit", 429, what, "rate_limit_exceeded", text, wait_headers(wait))


def too_large(what: str, limit: int, requested: int, model: str | None) -> Refuse:
    """Make the 429 for a request that would not fit even if nothing had been used; no waiting helps, and it says so."""
    text = f"{_per_minute('Request too large', what, model)}: Limit {limit}, Requested {requested}. "
    text += f"The input or output tokens must be reduced in order to run successfully. {LEARN_MORE}"
    return Refuse("rate_limit", 429, what, "rate_limit_exceeded", text, {"x-should-retry": "false"})


def _per_minute(opening: str, what: str, model: str | None) -> str:
    named = f" for {model}" if model else ""
    return f"{opening}{named} in organization {ORGANIZATION} on {what} per min ({what[0].upper()}PM)"


def wait_headers(seconds: float | None) -> dict[str, str]:
    """Say how long to wait, in whole seconds and, exactly, in milliseconds (rounded up: who waits so long may come in)."""
    if seconds is None:
        return {}
    milliseconds = math.ceil(round(1000 * seconds, 6))
    return {"retry-after": str(math.ceil(milliseconds / 1000)), "retry-after-ms": str(milliseconds)}


def duration(seconds: float) -> str:
    """Write a time as the service does: `17ms`, `8.64s`, `1m26.4s`, `6m0s` (cut off after the millisecond)."""
    milliseconds = math.floor(round(1000 * seconds, 6))
    if milliseconds < 1000:
        return f"{milliseconds}ms"
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    tail = f"{rest / 1000:.3f}".rstrip("0").rstrip(".") + "s"
    if hours:
        return f"{hours}h{minutes}m{tail}"
    return f"{minutes}m{tail}" if minutes else tail


def masked(key: str) -> str:
    """Show a key as the service does: its first three and last four characters; a short one not at all."""
    return "*" * len(key) if len(key) < 12 else f"{key[:3]}{'*' * min(len(key) - 7, 40)}{key[-4:]}"
