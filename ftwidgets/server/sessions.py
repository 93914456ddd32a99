"""Visitors of the pages: a signed cookie for those who have shown a key, and a bound on guessing.

A cookie names its holder and the day it ends, signed with a secret of this run: a restart asks for the key again. It opens the
status page and nothing else. Left out: the pages (`pages`).
"""

from __future__ import annotations

import hmac
from collections import OrderedDict, deque
from hashlib import sha256

from ftwidgets.sandbox.clock import Clock
from ftwidgets.sandbox.ids import Ids
from ftwidgets.server.users import Holder, Register

COOKIE = "ftwidgets-status"
LIFETIME = 12 * 3600
GUESSES, ALL_GUESSES, WINDOW = 10, 200, 60.0  # wrong ones from one address, from all together, in so many seconds


class Passes:
    """Makes and reads the cookies.

    Parameters
    ----------
    register
        Who has a key; a cookie of somebody who has been removed opens nothing.
    """

    def __init__(self, register: Register, clock: Clock, ids: Ids) -> None:
        self._register, self._clock = register, clock
        self._secret = ids.new("", 43).encode()

    def give(self, owner: str) -> str:
        """Make the value of a cookie."""
        said = f"{owner}.{int(self._clock.time()) + LIFETIME}"
        return f"{said}.{self._signature(said)}"

    def read(self, value: str) -> Holder | None:
        """Tell whose cookie this is, if it is one and has not run out."""
        said, _, signature = value.rpartition(".")
        owner, _, ends = said.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(said).encode()):
            return None
        return self._register.get(owner) if int(ends) > self._clock.time() else None

    def _signature(self, said: str) -> str:
        return hmac.new(self._secret, said.encode(), sha256).hexdigest()


class Guesses:
    """Counts wrong codes and keys: by address, and all together, for addresses are cheap."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._all: deque[float] = deque()
        self._by_address: OrderedDict[str, deque[float]] = OrderedDict()

    def wait(self, address: str) -> float:
        """Tell how many seconds an address has to wait before it may guess again; 0 if it need not."""
        return max(self._left(self._all, ALL_GUESSES), self._left(self._by_address.get(address, deque()), GUESSES))

    def wrong(self, address: str) -> None:
        """Note a wrong guess."""
        now = self._clock.monotonic()
        mine = self._by_address.setdefault(address, deque())
        self._by_address.move_to_end(address)
        for times in (mine, self._all):
            times.append(now)
        if len(self._by_address) > 10 * ALL_GUESSES:
            self._by_address.popitem(last=False)

    def _left(self, times: deque[float], most: int) -> float:
        now = self._clock.monotonic()
        while times and times[0] <= now - WINDOW:
            times.popleft()
        return times[-most] + WINDOW - now if len(times) >= most else 0.0
