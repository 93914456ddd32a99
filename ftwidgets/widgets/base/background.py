"""One piece of work at a time, in a thread, so that the kernel stays free and a cell can wait for it.

The thread only assigns traits and returns: it never prints. Left out: queues, pools, progress (the work reports that itself).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Result = TypeVar("Result")


class Work(Generic[Result]):
    """Runs a function in the background and keeps what it returned or raised.

    Parameters
    ----------
    name
        What the thread is called, for whoever looks at a stack dump.
    on_error
        Called in that thread with what the function raised; a widget shows it in words.
    """

    def __init__(self, name: str, *, on_error: Callable[[Exception], object]) -> None:
        self._name = name
        self._on_error = on_error
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._result: Result | None = None
        self._error: Exception | None = None

    @property
    def busy(self) -> bool:
        """Whether it is at work."""
        return self._thread is not None and self._thread.is_alive()

    def start(self, function: Callable[[], Result]) -> bool:
        """Begin, unless the last piece of work is still going on; tells whether it began."""
        with self._lock:
            if self.busy:
                return False
            self._result = self._error = None
            self._thread = threading.Thread(target=self._run, args=(function,), name=f"ftwidgets-{self._name}", daemon=True)
            self._thread.start()
            return True

    def wait(self, timeout: float | None = None) -> Result:
        """Wait for the end and give the result.

        Parameters
        ----------
        timeout
            Seconds; None waits as long as it takes.

        Raises
        ------
        TimeoutError
            If it was still at work; it goes on.
        RuntimeError
            If nothing was ever started.
        Exception
            What the function raised.
        """
        thread = self._thread
        if thread is None:
            raise RuntimeError(f"there is nothing to wait for: the {self._name} was not started.")
        thread.join(timeout)
        if thread.is_alive():
            raise TimeoutError(f"the {self._name} was still at work after {timeout:g} s; it goes on. Wait again.")
        if self._error is not None:
            raise self._error
        return self._result  # type: ignore[return-value]  # it ran to its end, so this is its result

    def _run(self, function: Callable[[], Result]) -> None:
        try:
            self._result = function()
        except Exception as error:
            self._error = error
            self._on_error(error)
