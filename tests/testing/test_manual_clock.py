import threading
import time

import pytest

from ftwidgets.sandbox.clock import Clock
from ftwidgets.testing import ManualClock


def test_time_stands_until_it_is_turned() -> None:
    """Both readings go on together, and only by hand."""
    clock: Clock = ManualClock(start=1000)
    time.sleep(0.01)
    assert (clock.time(), clock.monotonic()) == (1000, 0)
    assert isinstance(clock, ManualClock)
    clock.advance(2.5)
    assert (clock.time(), clock.monotonic()) == (1002.5, 2.5)
    with pytest.raises(ValueError, match="must be at least 0: -1"):
        clock.advance(-1)


def test_sleepers_wake_when_their_time_has_come() -> None:
    """Not before, and not all at once."""
    clock, woken = ManualClock(), []

    def sleep(seconds: float) -> None:
        clock.sleep(seconds)
        woken.append(seconds)

    threads = [threading.Thread(target=sleep, args=(seconds,)) for seconds in (10, 20)]
    for thread in threads:
        thread.start()
    clock.wait_for_sleepers(2)
    clock.advance(9.9)
    time.sleep(0.03)
    assert woken == []
    clock.advance(0.1)
    threads[0].join(10)
    assert woken == [10]
    clock.wait_for_sleepers(1)
    clock.advance(100)
    threads[1].join(10)
    assert woken == [10, 20]


@pytest.mark.parametrize("seconds", [5, None])
def test_an_event_wakes_too(seconds: float | None) -> None:
    """Whoever sets it, and whether or not there is a limit of time."""
    clock, event, told = ManualClock(), threading.Event(), []
    thread = threading.Thread(target=lambda: told.append(clock.wait(event, seconds)))
    thread.start()
    clock.wait_for_sleepers()
    event.set()
    thread.join(10)
    assert told == [True]
    assert clock.wait(event, 5)
    assert not clock.wait(threading.Event(), 0)


def test_nobody_to_wait_for() -> None:
    """Waiting for sleepers that never come ends with an error, in real time."""
    with pytest.raises(TimeoutError, match="0 of 1 threads wait on the clock"):
        ManualClock().wait_for_sleepers(timeout=0.01)
