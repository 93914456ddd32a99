"""Tasks with priority run first, and no caller blocks another."""

import threading
from collections.abc import Callable
from functools import partial

import anyio
import anyio.abc
import anyio.from_thread
import anyio.lowlevel
import pytest

from ftwidgets.sandbox.inference.priority_queue import N_THREADS, PriorityQueue


def noting(done: list[str], name: str) -> Callable[[], str]:
    """Make a task that notes its name."""

    def task() -> str:
        done.append(name)
        return name

    return task


async def queue_up(names: list[str], done: list[str], group: anyio.abc.TaskGroup, queue: PriorityQueue) -> None:
    """Queue tasks one after another; names in capitals have priority."""
    for name in names:
        group.start_soon(partial(queue.run, noting(done, name), priority=name.isupper()))
        await anyio.lowlevel.checkpoint()
        await anyio.lowlevel.checkpoint()


@pytest.mark.parametrize(("coming", "expected"), [("abc", "abc"), ("abCdE", "CEabd"), ("ABC", "ABC")])
def test_tasks_with_priority_go_first(coming: str, expected: str) -> None:
    """The others run in the order they came."""
    done: list[str] = []

    async def crowd() -> None:
        queue, held = PriorityQueue(1), threading.Event()
        async with anyio.create_task_group() as group:
            group.start_soon(lambda: queue.run(held.wait, priority=True))
            await anyio.lowlevel.checkpoint()
            await queue_up(list(coming), done, group, queue)
            held.set()

    anyio.run(crowd)
    assert "".join(done) == expected


def test_only_so_many_work_at_once() -> None:
    """And all of them are served in the end, with what their task gives."""
    working, most, lock = 0, 0, threading.Lock()

    def task() -> str:
        nonlocal working, most
        with lock:
            working += 1
            most = max(most, working)
        with lock:
            working -= 1
        return "done"

    async def crowd() -> list[str]:
        results, queue = [], PriorityQueue()

        async def one(priority: bool) -> None:
            results.append(await queue.run(task, priority=priority))

        async with anyio.create_task_group() as group:
            for number in range(40):
                group.start_soon(one, bool(number % 2))
        return results

    assert anyio.run(crowd) == ["done"] * 40
    assert 1 <= most <= N_THREADS


def test_a_cancelled_caller_leaves_the_queue() -> None:
    """Whoever stands behind has their turn all the same, and a task that fails gives its place back."""
    done: list[str] = []

    def broken() -> str:
        raise ValueError("no")

    async def crowd() -> None:
        queue, held = PriorityQueue(1), threading.Event()
        async with anyio.create_task_group() as group:
            group.start_soon(lambda: queue.run(held.wait, priority=True))
            await anyio.lowlevel.checkpoint()
            with anyio.CancelScope() as impatient:
                async with anyio.create_task_group() as inner:
                    await queue_up(["A", "b"], done, inner, queue)
                    impatient.cancel()
            await queue_up(["c"], done, group, queue)
            held.set()
        with pytest.raises(ValueError, match="no"):
            await queue.run(broken, priority=True)
        assert await queue.run(noting(done, "d"), priority=False) == "d"

    anyio.run(crowd)
    assert done == ["c", "d"]


def test_who_gives_up_when_called_passes_the_turn_on() -> None:
    """A turn that was given to somebody who no longer wants it is not lost."""

    async def crowd() -> str:
        queue, held, done = PriorityQueue(1), threading.Event(), list[str]()
        async with anyio.create_task_group() as group:
            group.start_soon(lambda: queue.run(held.wait, priority=True))
            await anyio.lowlevel.checkpoint()
            with anyio.CancelScope() as late:
                async with anyio.create_task_group() as inner:
                    await queue_up(["a"], done, inner, queue)
                    held.set()
                    while queue.n_waiting:
                        await anyio.lowlevel.checkpoint()
                    late.cancel()
        return await queue.run(noting(done, "b"), priority=False)

    with anyio.from_thread.start_blocking_portal() as portal:
        assert portal.call(crowd) == "b"
