"""Who is asking: each request has a caller, and each record an owner; nobody sees what somebody else owns.

In process there is one owner, with the empty name, and any key will do. A server knows its keys and gives each its own owner.
Left out: where a server keeps its keys.
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
    """Whoever sent a request.

    Parameters
    ----------
    owner
        What is made in this request belongs to this owner, and only what belongs to it is found.
    admin
        Whether the caller may use the administration's routes.
    """

    owner: str = ""
    admin: bool = False


class Gate(Protocol):
    """Decides who may come in."""

    def admit(self, headers: Headers) -> Caller:
        """Tell who is asking, or raise the `ApiError` that turns them away."""


class OpenGate:
    """Lets everybody in who has a key, and makes no difference between them: for a sandbox within one process."""

    def admit(self, headers: Headers) -> Caller:
        """Tell who is asking."""
        if not bearer_key(headers):
            raise ApiError(401, NO_KEY)
        return Caller(admin=True)


def bearer_key(headers: Headers) -> str:
    """Read the key of a request; empty where it has none."""
    kind, _, key = headers.get("authorization", "").partition(" ")
    return key.strip() if kind.lower() == "bearer" else ""


def owner_of(request: Request) -> str:
    """Tell to whom belongs what a request asks for or makes."""
    caller: Caller = request.scope["caller"]
    return caller.owner
