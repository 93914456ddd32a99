"""Run one function at a time in a thread, so that the kernel stays free and a cell can wait for the result.

The function may assign traits and return; it must not print. It reports its own progress.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Result = TypeVar("Result")


class BackgroundTask(Generic[Result]):
    """Runs a function in a thread and keeps what it returned or raised.

    `name` stands in messages; `on_error` is called in that thread with the exception that the function raised.
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
        """Whether a function is running."""
        return self._thread is not None and self._thread.is_alive()

    def start(self, function: Callable[[], Result]) -> bool:
        """Start a function in the thread, unless the last one is still running; return whether it was started."""

        def run() -> None:
            try:
                self._result = function()
            except Exception as error:
                self._error = error
                self._on_error(error)

        with self._lock:
            if self.busy:
                return False
            self._result = self._error = None
            self._thread = threading.Thread(target=run, name=f"ftwidgets-{self._name}", daemon=True)
            self._thread.start()
            return True

    def join(self, seconds: float) -> None:
        """Wait for the function to end, but no longer than that."""
        if self._thread is not None:
            self._thread.join(seconds)

    def wait(self, timeout: float | None = None) -> Result:
        """Wait for the function to end; return its result, or raise what it raised.

        A RuntimeError means that nothing was started, a TimeoutError that it was still running after `timeout` seconds.
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
