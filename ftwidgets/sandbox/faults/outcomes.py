"""What can happen to a request instead of a normal answer: an error reply, a dropped connection, or a broken stream.

The wording of 401, 429 and 500 is the service's own where it is known; that of the other statuses follows its guide to error
codes. `rules` and `limits` make these outcomes, `middleware` carries them out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.responses import JSONResponse

from ftwidgets.sandbox.api.bodies import ORGANIZATION

INVALID_KEY = "Incorrect API key provided: {}. You can find your API key at https://platform.openai.com/account/api-keys."
NO_QUOTA = (
    "You exceeded your current quota, please check your plan and billing details. For more information on this error, "
    "read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors."
)
LEARN_MORE = "Visit https://platform.openai.com/account/rate-limits to learn more."
_ERRORS: dict[int, tuple[str, str | None, str]] = {  # type, code, message
    400: ("invalid_request_error", None, "Your request was malformed or missing some required parameters."),
    401: ("invalid_request_error", "invalid_api_key", INVALID_KEY.format("***")),
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
class ErrorReply:
    """An error instead of the app's answer. Unlike the app's own errors it does not say that retrying is useless.

    `fault` is the name of the fault in the journal; `type`, `code` and `message` are those of OpenAI's error object.
    """

    fault: str
    status: int
    type: str
    code: str | None
    message: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> JSONResponse:
        """Return the response, in OpenAI's error envelope."""
        error = {"message": self.message, "type": self.type, "param": None, "code": self.code}
        return JSONResponse({"error": error}, self.status, headers=dict(self.headers))


@dataclass(frozen=True)
class ConnectionDrop:
    """The connection is closed without an answer; with `after_work`, only after the app has done what was requested."""

    fault: str
    after_work: bool = False


@dataclass(frozen=True)
class StreamBreak:
    """A streamed answer breaks at event number `at`: `mode` is "cut", "end", "stall" (for `seconds`) or "malformed"."""

    fault: str
    mode: str
    at: int
    seconds: float = 0


Outcome = ErrorReply | ConnectionDrop | StreamBreak


def error_reply(status: int, *, retry_after: float | None = None, message: str | None = None) -> ErrorReply:
    """Make the error of a status with its usual message, and optionally the seconds to wait before a retry."""
    kind, code, usual = _ERRORS.get(status, ("server_error" if status >= 500 else "invalid_request_error", None, "Error."))
    if message is None:
        message = usual if retry_after is None else f"{usual} Please try again in {format_duration(retry_after)}."
    return ErrorReply("fail", status, kind, code, message, retry_headers(retry_after))


def invalid_key(key: str) -> ErrorReply:
    """Make the 401 for a key that the service does not know."""
    return ErrorReply("wrong_key", 401, "invalid_request_error", "invalid_api_key", INVALID_KEY.format(mask_key(key)))


def insufficient_quota() -> ErrorReply:
    """Make the 429 for a quota that is used up; as with the service, only its code tells it from a rate limit."""
    return ErrorReply("quota", 429, "insufficient_quota", "insufficient_quota", NO_QUOTA)


def rate_limited(unit: str, limit: int, used: int, requested: int, wait: float, model: str | None) -> ErrorReply:
    """Make the 429 of a rate limit, with the exact time to wait; `unit` is "requests" or "tokens"."""
    text = f"{_per_minute('Rate limit reached', unit, model)}: Limit {limit}, Used {used}, Requested {requested}. "
    text += f"Please try again in {format_duration(wait)}. {LEARN_MORE}"
    return ErrorReply("rate_limit", 429, unit, "rate_limit_exceeded", text, retry_headers(wait))


def larger_than_limit(unit: str, limit: int, requested: int, model: str | None) -> ErrorReply:
    """Make the 429 for a request that exceeds a minute's whole limit: it says that waiting does not help."""
    text = f"{_per_minute('Request too large', unit, model)}: Limit {limit}, Requested {requested}. "
    text += f"The input or output tokens must be reduced in order to run successfully. {LEARN_MORE}"
    return ErrorReply("rate_limit", 429, unit, "rate_limit_exceeded", text, {"x-should-retry": "false"})


def _per_minute(opening: str, unit: str, model: str | None) -> str:
    for_model = f" for {model}" if model else ""
    return f"{opening}{for_model} in organization {ORGANIZATION} on {unit} per min ({unit[0].upper()}PM)"


def retry_headers(seconds: float | None) -> dict[str, str]:
    """Return `retry-after` and `retry-after-ms`, rounded up, so that a client that waits this long is let in."""
    if seconds is None:
        return {}
    milliseconds = math.ceil(round(1000 * seconds, 6))
    return {"retry-after": str(math.ceil(milliseconds / 1000)), "retry-after-ms": str(milliseconds)}


def format_duration(seconds: float) -> str:
    """Format a time as the service does: `17ms`, `8.64s`, `1m26.4s`, `6m0s`, `2h1m5.5s` (truncated to milliseconds)."""
    milliseconds = math.floor(round(1000 * seconds, 6))
    if milliseconds < 1000:
        return f"{milliseconds}ms"
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    tail = f"{rest / 1000:.3f}".rstrip("0").rstrip(".") + "s"
    if hours:
        return f"{hours}h{minutes}m{tail}"
    return f"{minutes}m{tail}" if minutes else tail


def mask_key(key: str) -> str:
    """Mask a key as the service does: its first three and last four characters stay; a short key is masked as a whole."""
    return "*" * len(key) if len(key) < 12 else f"{key[:3]}{'*' * min(len(key) - 7, 40)}{key[-4:]}"
