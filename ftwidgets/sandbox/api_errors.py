"""The errors of the API: a request that is rejected, a job that fails; in OpenAI's wording where it is known.

The `openai` client makes its own exceptions from the status and this body.
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import JSONResponse


@dataclass(eq=False)
class ApiError(Exception):
    """A rejected request, raised anywhere below a route and turned into a response by the app."""

    status: int  # of HTTP
    message: str  # what is wrong, with the value, and what to do
    param: str | None = None
    code: str | None = None
    kind: str = "invalid_request_error"  # the envelope's `type`

    def __str__(self) -> str:
        return self.message

    def response(self) -> JSONResponse:
        """Make a response with OpenAI's error envelope."""
        error = {"message": self.message, "type": self.kind, "param": self.param, "code": self.code}
        # A retry cannot change the answer, so the header asks the client not to.
        return JSONResponse({"error": error}, self.status, headers={"x-should-retry": "false"})


class ModelUnusableError(ApiError):
    """A model that exists and cannot be loaded now: its base is not on this machine, or a file is damaged."""


def invalid_request(message: str, *, param: str | None = None, code: str | None = None) -> ApiError:
    """Make a 400: the request is understood and wrong."""
    return ApiError(400, message, param, code)


def not_found(message: str, *, param: str | None = None, code: str | None = None) -> ApiError:
    """Make a 404: what the path names is not here."""
    return ApiError(404, message, param, code)


@dataclass(eq=False)
class JobFaultError(Exception):
    """Why a job fails: the `code`, `message` and `param` of its error."""

    code: str
    message: str
    param: str | None

    def __str__(self) -> str:
        return self.message
