"""The routes for people and probes: the status page with its sign-in, joining a class, `/healthz`.

With one key on one computer, whoever reaches the status page from that computer may see it. In a class, users sign in first
with their key; those who join are signed in. Their session is a signed cookie, which opens the status page and nothing else.
`page_html` writes the pages.
"""

from __future__ import annotations

import hmac
import secrets
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import parse_qs

from itsdangerous import BadSignature, TimestampSigner
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from ftwidgets.errors import FtwidgetsError
from ftwidgets.sandbox.api_errors import ApiError
from ftwidgets.sandbox.clock import Clock
from ftwidgets.sandbox.ids import Ids
from ftwidgets.server import page_html
from ftwidgets.server.keys import connection_instructions
from ftwidgets.server.request_body import LimitedBody
from ftwidgets.server.status import ServerStatus
from ftwidgets.server.users import User, UserRegistry

COOKIE = "ftwidgets-status"
LIFETIME = 12 * 3600  # seconds
MAX_GUESSES, MAX_ALL_GUESSES, WINDOW = 10, 200, 60.0  # wrong guesses from one address, and from all, in so many seconds
MAX_FORM = 4096  # bytes
MAX_FIELDS = 8
WRONG_CODE = "This is not the join code. Check it again; capital and small letters are the same."
WRONG_KEY = "Nobody has this key. Check it again."
TOO_OFTEN = "Too many wrong tries from here. Wait {} seconds."
_LOCAL = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True)
class Branding:
    """What a server's pages say about it."""

    title: str = "The sandbox"  # the name of the class
    join_code: str | None = None
    open_to_all: bool = False  # whether the status page is shown to whoever reaches it from this computer
    address: str | None = None  # where clients reach the server, if known better than by the address in a browser's request


class PageRoutes:
    """The pages of one server; `find_problem` returns what is wrong with it, and nothing if all is well."""

    def __init__(
        self,
        branding: Branding,
        users: UserRegistry,
        read_status: Callable[[], ServerStatus],
        find_problem: Callable[[], str],
        *,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._branding, self._users, self._read_status, self._find_problem = branding, users, read_status, find_problem
        self._cookies = SessionCookies(users, clock, ids)
        self._throttle = LoginThrottle(clock)

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/", self.status, methods=["GET"]),
            Route("/", self.sign_in, methods=["POST"]),
            Route("/join", self.join_form, methods=["GET"]),
            Route("/join", self.join, methods=["POST"]),
            Route("/healthz", self.health, methods=["GET"]),
        ]

    async def health(self, request: Request) -> Response:
        """Answer a probe: 200, or 503 with what is wrong."""
        problem = self._find_problem()
        return PlainTextResponse(f"{problem or 'ok'}\n", 503 if problem else 200, headers={"cache-control": "no-store"})

    async def status(self, request: Request) -> Response:
        """Show the status page to those who may see it, and the sign-in form to others."""
        viewer = self._cookies.read(request.cookies.get(COOKIE, ""))
        if viewer is None and not (self._branding.open_to_all and _is_local(request)):
            return self._sign_in_page(403)
        nonce = secrets.token_urlsafe(16)

        def name_of(owner: str) -> str:
            name = self._users.name_of(owner) or "somebody who has left"
            return f"{name} (you)" if viewer is not None and owner == viewer.owner else name

        page = page_html.status_page(
            self._read_status(), name_of, title=self._branding.title, paused=self._users.paused, nonce=nonce
        )
        return _html(page, script=f"'nonce-{nonce}'")

    async def sign_in(self, request: Request) -> Response:
        """Check a key and set the cookie for the status page."""
        form, wait = await _read_form(request), self._throttle.wait(_address(request))
        if wait:
            return self._sign_in_page(429, TOO_OFTEN.format(int(wait) + 1), wait)
        user = self._users.find_by_key(form.get("key", ""))
        if user is None:
            self._throttle.add_failure(_address(request))
            return self._sign_in_page(403, WRONG_KEY)
        return self._with_cookie(request, RedirectResponse("/", 303), user)

    async def join_form(self, request: Request) -> Response:
        """Show the form to join a class."""
        if self._branding.join_code is None:
            body = "<h1>Nobody can join here</h1><p>This server has no join code.</p>"
            return _html(page_html.document("No class", body), 404)
        return _html(page_html.join_page(self._branding.title))

    async def join(self, request: Request) -> Response:
        """Check a join code and a name, and show a new key."""
        if self._branding.join_code is None:
            return await self.join_form(request)
        form, wait = await _read_form(request), self._throttle.wait(_address(request))
        name = form.get("name", "")
        if wait:
            return self._join_page(429, TOO_OFTEN.format(int(wait) + 1), name, wait)
        if not hmac.compare_digest(_normalize_code(form.get("code", "")), _normalize_code(self._branding.join_code)):
            self._throttle.add_failure(_address(request))
            return self._join_page(403, WRONG_CODE, name)
        try:
            key = self._users.join(name)
        except FtwidgetsError as error:
            return self._join_page(409, str(error), name)
        base_url = (self._branding.address or str(request.base_url).rstrip("/")) + "/v1"
        user = self._users.find_by_key(key)
        assert user is not None
        page = page_html.joined_page(self._branding.title, user.name, connection_instructions(base_url, key))
        return self._with_cookie(request, _html(page), user)

    def _join_page(self, status: int, error: str, name: str, wait: float = 0.0) -> Response:
        return _html(page_html.join_page(self._branding.title, error=error, name=name[:40]), status, wait=wait)

    def _sign_in_page(self, status: int, error: str = "", wait: float = 0.0) -> Response:
        joinable = self._branding.join_code is not None
        return _html(page_html.sign_in_page(self._branding.title, error=error, joinable=joinable), status, wait=wait)

    def _with_cookie(self, request: Request, response: Response, user: User) -> Response:
        secure = request.url.scheme == "https"
        value = self._cookies.make(user.owner)
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


async def _read_form(request: Request) -> dict[str, str]:
    body = await LimitedBody(request.receive, MAX_FORM).read()
    try:
        fields = parse_qs(body.decode("utf-8", "replace"), max_num_fields=MAX_FIELDS)
    except ValueError as error:
        raise ApiError(400, f"This form has more than {MAX_FIELDS} fields. Load the page again.") from error
    return {name: values[-1] for name, values in fields.items()}


def _normalize_code(code: str) -> bytes:
    """Normalize a join code for comparison: upper and lower case and the grouping make no difference."""
    return "".join(character for character in code.casefold() if character.isalnum()).encode()


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _is_local(request: Request) -> bool:
    """Tell whether a page was requested by a name of this computer. Another site's script cannot do that (DNS rebinding)."""
    host = request.headers.get("host", "").lower()
    return host in _LOCAL or host.rsplit(":", 1)[0] in _LOCAL


class SessionCookies:
    """Makes and reads the values of the cookies: the user's id and the time, signed with a secret of this run.

    After a restart, users sign in again. The cookie of a user who has been removed is worth nothing.
    """

    def __init__(self, users: UserRegistry, clock: Clock, ids: Ids) -> None:
        self._users = users
        self._signer = _ClockSigner(clock, ids.new("", 43))

    def make(self, owner: str) -> str:
        """Return the value of a cookie for a user."""
        return self._signer.sign(owner).decode()

    def read(self, value: str) -> User | None:
        """Return the user of a cookie; None if it is forged or has expired, or the user is gone."""
        try:
            owner = self._signer.unsign(value, max_age=LIFETIME).decode()
        except BadSignature:  # of which SignatureExpired is a subclass
            return None
        return self._users.get(owner)


class _ClockSigner(TimestampSigner):
    """Signs with HMAC-SHA256 and the time of the server's clock."""

    def __init__(self, clock: Clock, secret: str) -> None:
        super().__init__(secret, salt=COOKIE, digest_method=sha256)
        self._clock = clock

    def get_timestamp(self) -> int:
        return int(self._clock.time())


class LoginThrottle:
    """Counts wrong keys and join codes, by address and all together, since an attacker may have many addresses."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._all: deque[float] = deque()
        self._by_address: OrderedDict[str, deque[float]] = OrderedDict()

    def wait(self, address: str) -> float:
        """Return the seconds until an address may try again; 0 means now."""
        own = self._by_address.get(address, deque())
        return max(self._remaining(self._all, MAX_ALL_GUESSES), self._remaining(own, MAX_GUESSES))

    def add_failure(self, address: str) -> None:
        """Count a wrong guess."""
        now = self._clock.monotonic()
        own = self._by_address.setdefault(address, deque())
        self._by_address.move_to_end(address)
        for times in (own, self._all):
            times.append(now)
        if len(self._by_address) > 10 * MAX_ALL_GUESSES:
            self._by_address.popitem(last=False)

    def _remaining(self, times: deque[float], limit: int) -> float:
        """Drop guesses that are older than the window, and return the seconds until there are fewer than the limit."""
        now = self._clock.monotonic()
        while times and times[0] <= now - WINDOW:
            times.popleft()
        return times[-limit] + WINDOW - now if len(times) >= limit else 0.0
