"""Whose turn it is to use the processor: a line in which first words go before the rest, each first come, first served.

Left out: turns by owner; a server limits how much each may ask for.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TypeVar

from anyio import Event
from anyio.lowlevel import RunVar
from anyio.to_thread import run_sync

T = TypeVar("T")

AT_ONCE = 2  # threads that work; more of them would only fight over the interpreter


class Line:
    """Stands on one event loop; work is done in threads, so many at once."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._free = at_once
        self._first: deque[Event] = deque()
        self._rest: deque[Event] = deque()

    @property
    def waiting(self) -> int:
        """How many stand in line."""
        return len(self._first) + len(self._rest)

    async def work(self, task: Callable[[], T], *, first: bool) -> T:
        """Wait for a turn and do something in a thread; who gives up while waiting leaves the line.

        Parameters
        ----------
        task
            What to do; it should take some milliseconds.
        first
            Whether somebody waits for a first word.
        """
        if self._free:
            self._free -= 1
        else:
            await self._wait(self._first if first else self._rest)
        try:
            return await run_sync(task)
        finally:
            self._next()

    async def _wait(self, line: deque[Event]) -> None:
        turn = Event()
        line.append(turn)
        try:
            await turn.wait()
        except BaseException:
            if turn.is_set():
                self._next()
            else:
                line.remove(turn)
            raise

    def _next(self) -> None:
        for line in (self._first, self._rest):
            if line:
                line.popleft().set()
                return
        self._free += 1


_line: RunVar[Line] = RunVar("ftwidgets-line")


def line() -> Line:
    """Give the line of the running event loop."""
    found = _line.get(None)
    if found is None:
        found = Line()
        _line.set(found)
    return found
