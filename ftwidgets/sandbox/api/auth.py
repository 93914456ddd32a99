"""Authentication: each request has a caller, each record an owner, and callers see only what they own.

In process there is one owner, with the empty name, and any key is accepted. A server knows its keys and gives each its own
owner (`ftwidgets.server.users`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from starlette.datastructures import Headers
from starlette.requests import Request

from ftwidgets.sandbox.api_errors import ApiError

NO_KEY = (
    "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth "
    "(i.e. Authorization: Bearer YOUR_KEY). This sandbox takes any key that is not empty."
)


@dataclass(frozen=True)
class Caller:
    """Who sent a request: it reads and writes records of this owner only; `admin` allows the routes under `/admin`."""

    owner: str = ""
    admin: bool = False


class Authenticator(Protocol):
    """Maps the headers of a request to its caller."""

    def authenticate(self, headers: Headers) -> Caller:
        """Return the caller, or raise the 401 `ApiError`."""


class AllowAny:
    """Accepts every key and gives all of them the same owner: for a sandbox within one process."""

    def authenticate(self, headers: Headers) -> Caller:
        """Return the only caller there is; a request without a key is rejected."""
        if not bearer_key(headers):
            raise ApiError(401, NO_KEY)
        return Caller(admin=True)


def bearer_key(headers: Headers) -> str:
    """Return the key in a request's `Authorization` header, or an empty string."""
    kind, _, key = headers.get("authorization", "").partition(" ")
    return key.strip() if kind.lower() == "bearer" else ""


def owner_of(request: Request) -> str:
    """Return the owner whose records a request may read and write."""
    caller: Caller = request.scope["caller"]
    return caller.owner
