import threading

import pytest

from ftwidgets.engine.parallel import run_two


def test_both_run_at_once() -> None:
    """Each can wait for the other: they are in different threads at the same time."""
    one, two = threading.Event(), threading.Event()

    def first() -> str:
        one.set()
        assert two.wait(5)
        return "first"

    def second() -> str:
        two.set()
        assert one.wait(5)
        return "second"

    assert run_two(first, second) == ("first", "second")


def test_an_error_waits_for_the_other() -> None:
    """What either raises is raised, after both have ended; the lane goes on working."""
    ended = threading.Event()

    def fail() -> None:
        raise ZeroDivisionError

    def slow() -> None:
        ended.wait(0.05)
        ended.set()

    with pytest.raises(ZeroDivisionError):
        run_two(fail, slow)
    assert ended.is_set()
    with pytest.raises(ZeroDivisionError):
        run_two(slow, fail)
    assert run_two(lambda: 1, lambda: 2) == (1, 2)


def test_many_callers() -> None:
    """Several threads can use the lanes at the same time and each gets its own results."""
    found: list[tuple[int, int]] = []
    threads = [threading.Thread(target=lambda i=i: found.append(run_two(lambda: i, lambda: i * i))) for i in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [(i, i * i) for i in range(20)]
