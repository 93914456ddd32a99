"""Two lanes of work at once: how the engine uses a second core.

The linear-algebra library under NumPy has threads of its own, but they wait for each other by spinning: with another program
on one of two cores, a training step took ten times as long (measured: 600 ms against 52 ms). So that library is held to one
thread, in this process and for good (changing it back and forth would change the last bits of results), and a batch is cut in
two halves that two Python threads work through; NumPy releases the interpreter lock while it computes.
How work is cut depends on the work alone, never on the machine, so that results do not either.
Left out: more lanes than two (a batch of a small model is too small for more).
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

import threadpoolctl

Result = TypeVar("Result")


@cache
def hold_blas_to_one_thread() -> None:
    """Let NumPy's linear-algebra library use one thread, from now on."""
    threadpoolctl.threadpool_limits(limits=1, user_api="blas")


@cache
def _second_lane() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="ftwidgets-lane")


def both(first: Callable[[], Result], second: Callable[[], Result]) -> tuple[Result, Result]:
    """Do two things at the same time; returns both results, or raises what either raised once both have ended."""
    future = _second_lane().submit(second)
    try:
        here = first()
    finally:
        future.exception()  # waits: the second may still be writing into shared arrays
    return here, future.result()
