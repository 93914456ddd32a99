import threading

import pytest

from ftwidgets.widgets.base.background import BackgroundTask


def test_the_result_is_waited_for() -> None:
    """It runs in a thread that says whose it is; `wait` gives the result, again and again."""
    work: BackgroundTask[str] = BackgroundTask("counting", on_error=lambda error: None)
    assert work.start(lambda: threading.current_thread().name)
    assert work.wait(10) == "ftwidgets-counting"
    assert work.wait() == "ftwidgets-counting"
    assert not work.busy


def test_one_piece_of_work_at_a_time() -> None:
    """A second start while it is at work does nothing and says so; afterwards it begins anew."""
    gate, work = threading.Event(), BackgroundTask[int]("training", on_error=lambda error: None)
    assert work.start(lambda: 1 if gate.wait(10) else 0)
    assert work.busy
    assert not work.start(lambda: 2)
    with pytest.raises(TimeoutError, match=r"the training was still at work after 0\.01 s; it goes on\. Wait again\."):
        work.wait(0.01)
    gate.set()
    assert work.wait(10) == 1
    assert work.start(lambda: 2)
    assert work.wait(10) == 2


def test_many_starts_at_once_begin_one() -> None:
    """However many clicks come at the same moment, one piece of work begins."""
    gate, barrier, began = threading.Event(), threading.Barrier(8), []
    work: BackgroundTask[bool] = BackgroundTask("launch", on_error=lambda error: None)

    def click() -> None:
        barrier.wait()
        began.append(work.start(lambda: gate.wait(10)))

    clicks = [threading.Thread(target=click) for _ in range(8)]
    for thread in clicks:
        thread.start()
    for thread in clicks:
        thread.join()
    gate.set()
    assert sorted(began) == [False] * 7 + [True]
    assert work.wait(10)


def test_a_failure_is_told_and_raised() -> None:
    """What the work raised goes to `on_error` in that thread, and to whoever waits; the next work is not burdened with it."""
    told: list[Exception] = []
    work: BackgroundTask[int] = BackgroundTask("launch", on_error=told.append)
    error = ValueError("no file")

    def fail() -> int:
        raise error

    work.start(fail)
    with pytest.raises(ValueError, match="no file"):
        work.wait(10)
    assert told == [error]
    work.start(lambda: 3)
    assert work.wait(10) == 3


def test_nothing_was_started() -> None:
    """Waiting for nothing is an error that says so."""
    with pytest.raises(RuntimeError, match="there is nothing to wait for: the launch was not started"):
        BackgroundTask("launch", on_error=lambda error: None).wait()
