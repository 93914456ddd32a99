"""A queue for work in a few threads: tasks with priority run first, and equal tasks run in the order they came.

Left out: fairness between owners; a server limits how much each may ask for.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TypeVar

from anyio import Event
from anyio.to_thread import run_sync

T = TypeVar("T")

N_THREADS = 2  # more of them would only compete for the interpreter


class PriorityQueue:
    """Runs tasks in at most `n_threads` threads at once. It serves one event loop at a time.

    Parameters
    ----------
    n_threads
        How many tasks may run at once.
    """

    def __init__(self, n_threads: int = N_THREADS) -> None:
        self._n_free = n_threads
        self._urgent: deque[Event] = deque()
        self._waiting: deque[Event] = deque()

    @property
    def n_waiting(self) -> int:
        """How many tasks wait for a thread."""
        return len(self._urgent) + len(self._waiting)

    async def run(self, task: Callable[[], T], *, priority: bool) -> T:
        """Wait for a free thread and run a task in it; a caller that is cancelled while it waits leaves the queue.

        Parameters
        ----------
        task
            The work; it should take some milliseconds.
        priority
            Whether the task goes before all that have none, as for the first token of an answer.
        """
        if self._n_free:
            self._n_free -= 1
        else:
            await self._wait_in(self._urgent if priority else self._waiting)
        try:
            return await run_sync(task)
        finally:
            self._start_next()

    async def _wait_in(self, queue: deque[Event]) -> None:
        turn = Event()
        queue.append(turn)
        try:
            await turn.wait()
        except BaseException:
            if turn.is_set():
                self._start_next()
            else:
                queue.remove(turn)
            raise

    def _start_next(self) -> None:
        """Hand the thread of a task that has ended to the next one."""
        if self._urgent or self._waiting:
            (self._urgent or self._waiting).popleft().set()
        else:
            self._n_free += 1
