"""The routes that are for people and probes: the status page, joining a class, `/healthz`.

With one key on one computer, whoever reaches the page may see it. In a class one signs in first, with a key; who joins is
signed in by that. Left out: what the pages look like (`page`), the API.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from ftwidgets.errors import FtwidgetsError
from ftwidgets.sandbox.api_errors import ApiError
from ftwidgets.sandbox.clock import Clock
from ftwidgets.sandbox.ids import Ids
from ftwidgets.server import page_html
from ftwidgets.server.instructions import connection_lines
from ftwidgets.server.request_body import Body
from ftwidgets.server.sessions import COOKIE, LIFETIME, Guesses, Passes
from ftwidgets.server.status import Overview
from ftwidgets.server.users import Holder, Register

LARGEST_FORM = 4096
MOST_FIELDS = 8
WRONG_CODE = "This is not the join code. Look at it once more; capital and small letters are the same."
WRONG_KEY = "Nobody has this key. Look at it once more."
TOO_OFTEN = "Too many wrong tries from here. Wait {} seconds."
_LOCAL = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True)
class Face:
    """What a server says of itself on its pages.

    Parameters
    ----------
    title
        The name of the class.
    code
        The join code, if there is one.
    open_to_all
        Whether the status page is shown to whoever reaches it from this computer.
    address
        Where clients reach the server, if it is known better than by how the browser got here.
    """

    title: str = "The sandbox"
    code: str | None = None
    open_to_all: bool = False
    address: str | None = None


class Pages:
    """The pages of one server.

    Parameters
    ----------
    face
        What it says of itself.
    register
        Who has a key.
    glance
        Gives how things stand.
    healthy
        Tells what is wrong; empty where nothing is.
    """

    def __init__(
        self,
        face: Face,
        register: Register,
        glance: Callable[[], Overview],
        healthy: Callable[[], str],
        *,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._face, self._register, self._glance, self._healthy = face, register, glance, healthy
        self._passes = Passes(register, clock, ids)
        self._guesses = Guesses(clock)

    def routes(self) -> list[Route]:
        """List the routes."""
        return [
            Route("/", self.status, methods=["GET"]),
            Route("/", self.sign_in, methods=["POST"]),
            Route("/join", self.ask, methods=["GET"]),
            Route("/join", self.join, methods=["POST"]),
            Route("/healthz", self.health, methods=["GET"]),
        ]

    async def health(self, request: Request) -> Response:
        """Tell a probe whether the server can do its work."""
        trouble = self._healthy()
        return PlainTextResponse(f"{trouble or 'ok'}\n", 503 if trouble else 200, headers={"cache-control": "no-store"})

    async def status(self, request: Request) -> Response:
        """Show how things stand, to those who may see it."""
        viewer = self._passes.read(request.cookies.get(COOKIE, ""))
        if viewer is None and not (self._face.open_to_all and _is_local(request)):
            return self._door(403)
        nonce = secrets.token_urlsafe(16)

        def who(owner: str) -> str:
            name = self._register.name(owner) or "somebody who has left"
            return f"{name} (you)" if viewer is not None and owner == viewer.owner else name

        shown = page_html.status_page(self._glance(), who, title=self._face.title, paused=self._register.paused, nonce=nonce)
        return _html(shown, script=f"'nonce-{nonce}'")

    async def sign_in(self, request: Request) -> Response:
        """Take a key and give a cookie for the status page."""
        form, wait = await _form(request), self._guesses.wait(_address(request))
        if wait:
            return self._door(429, TOO_OFTEN.format(int(wait) + 1), wait)
        holder = self._register.find(form.get("key", ""))
        if holder is None:
            self._guesses.wrong(_address(request))
            return self._door(403, WRONG_KEY)
        return self._with_pass(request, RedirectResponse("/", 303), holder)

    async def ask(self, request: Request) -> Response:
        """Show the form to join a class."""
        if self._face.code is None:
            return _html(
                page_html.document("No class", "<h1>Nobody can join here</h1><p>This server has no join code.</p>"), 404
            )
        return _html(page_html.join_page(self._face.title))

    async def join(self, request: Request) -> Response:
        """Take a join code and a name, and give a key."""
        if self._face.code is None:
            return await self.ask(request)
        form, wait = await _form(request), self._guesses.wait(_address(request))
        name = form.get("name", "")
        if wait:
            return self._again(429, TOO_OFTEN.format(int(wait) + 1), name, wait)
        if not hmac.compare_digest(_plain(form.get("code", "")), _plain(self._face.code)):
            self._guesses.wrong(_address(request))
            return self._again(403, WRONG_CODE, name)
        try:
            key = self._register.join(name)
        except FtwidgetsError as error:
            return self._again(409, str(error), name)
        base = (self._face.address or str(request.base_url).rstrip("/")) + "/v1"
        holder = self._register.find(key)
        assert holder is not None
        shown = page_html.joined_page(self._face.title, holder.name, connection_lines(base, key))
        return self._with_pass(request, _html(shown), holder)

    def _again(self, status: int, trouble: str, name: str, wait: float = 0.0) -> Response:
        return _html(page_html.join_page(self._face.title, trouble=trouble, name=name[:40]), status, wait=wait)

    def _door(self, status: int, trouble: str = "", wait: float = 0.0) -> Response:
        shown = page_html.sign_in_page(self._face.title, trouble=trouble, joinable=self._face.code is not None)
        return _html(shown, status, wait=wait)

    def _with_pass(self, request: Request, response: Response, holder: Holder) -> Response:
        secure = request.url.scheme == "https"
        value = self._passes.give(holder.owner)
        response.set_cookie(COOKIE, value, max_age=LIFETIME, httponly=True, samesite="lax", secure=secure)
        return response


def _html(text: str, status: int = 200, *, script: str = "'none'", wait: float = 0.0) -> Response:
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src {script}; connect-src 'self'; form-action 'self'; "
    headers = {
        "content-security-policy": policy + "base-uri 'none'; frame-ancestors 'none'",
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
    }
    if wait:
        headers["retry-after"] = str(int(wait) + 1)
    return HTMLResponse(text, status, headers)


async def _form(request: Request) -> dict[str, str]:
    """Read the fields of a small form."""
    body, whole, more = Body(request.receive, LARGEST_FORM), b"", True
    while more:
        message = await body.receive()
        whole += message.get("body", b"")
        more = message.get("more_body", False)
    try:
        fields = parse_qs(whole.decode("utf-8", "replace"), max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise ApiError(400, f"This form has more than {MOST_FIELDS} fields. Load the page again.") from error
    return {name: values[-1] for name, values in fields.items()}


def _plain(code: str) -> bytes:
    """Give a code as it is compared: how it is written, and how it is grouped, makes no difference."""
    return "".join(sign for sign in code.casefold() if sign.isalnum()).encode()


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _is_local(request: Request) -> bool:
    """Tell whether the page was asked for by a name of this computer: another site's script cannot (DNS rebinding)."""
    return request.headers.get("host", "").lower().rsplit(":", 1)[0] in _LOCAL or request.headers.get("host", "") in _LOCAL
