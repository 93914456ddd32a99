"""Two pieces of work at once: how the engine uses a second core.

The linear-algebra library under NumPy has threads of its own, but they wait for each other by spinning: with another program
on one of two cores, a training step took ten times as long (measured: 600 ms against 52 ms). So that library is held to one
thread, in this process and for good (changing it back and forth would change the last bits of results), and a batch is cut in
two halves that two Python threads work through; NumPy releases the interpreter lock while it computes.
How work is cut depends on the work alone, never on the machine, so that results do not either.
Left out: more threads than two (a batch of a small model is too small for more).
"""

import threading
from collections.abc import Callable
from functools import cache
from queue import SimpleQueue
from typing import Any, TypeVar

import numpy as np
import threadpoolctl

Result = TypeVar("Result")
Work = tuple[Callable[[], Any], list[Any], threading.Event]


@cache
def hold_blas_to_one_thread() -> None:
    """Let NumPy's linear-algebra library use one thread, from now on."""
    threadpoolctl.threadpool_limits(limits=1, user_api="blas")


@cache
def _second_thread() -> "SimpleQueue[Work]":
    """The queue that the second thread works off. A daemon: it must still serve a run that is being saved at exit."""
    # One thread for the whole process, started at its first use and kept.
    queue: SimpleQueue[Work] = SimpleQueue()

    def serve() -> None:
        while True:
            work, out, done = queue.get()
            try:
                with np.errstate(all="ignore"):  # per thread; the caller decides what a number that is none means
                    out.append(work())
            except BaseException as error:  # handed to the caller
                out.append(error)
            done.set()

    threading.Thread(target=serve, name="ftwidgets-lane", daemon=True).start()
    return queue


def run_two(first: Callable[[], Result], second: Callable[[], Result]) -> tuple[Result, Result]:
    """Run two functions at the same time; returns both results, or raises what either raised once both have ended."""
    # A batch of 8 examples: this thread takes 4 of them, the second thread the other 4, and their gradients are added up after.
    # The second function goes to a thread that is there already; the first runs here. Threads help although Python runs one
    # at a time, because NumPy lets go of the interpreter lock while it multiplies matrices.
    out: list[Any] = []
    done = threading.Event()
    _second_thread().put((second, out, done))
    try:
        here = first()
    finally:
        done.wait()  # the second may still be writing into shared arrays
    if isinstance(out[0], BaseException):
        raise out[0]
    return here, out[0]
