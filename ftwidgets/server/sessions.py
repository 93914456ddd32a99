"""Sessions on the server's pages: a signed cookie for users who have shown their key, and a limit on guessing keys and codes.

The cookie holds the user's id and the time it was made, signed with a secret of this run: after a restart, users sign in again.
It opens the status page and nothing else.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from hashlib import sha256

from itsdangerous import BadSignature, TimestampSigner

from ftwidgets.sandbox.clock import Clock
from ftwidgets.sandbox.ids import Ids
from ftwidgets.server.users import User, UserRegistry

COOKIE = "ftwidgets-status"
LIFETIME = 12 * 3600  # seconds
MAX_GUESSES, MAX_ALL_GUESSES, WINDOW = 10, 200, 60.0  # wrong guesses from one address, and from all, in so many seconds


class SessionCookies:
    """Makes and reads the values of the cookies.

    Parameters
    ----------
    users
        The users; the cookie of a user who has been removed is worth nothing.
    clock
        Dates the cookies.
    ids
        Makes the secret.
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
