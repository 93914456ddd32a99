"""The lock on training."""

import subprocess
import sys
import threading
from pathlib import Path

from ftwidgets.sandbox.store.lock import process_lock

HOLDER = """
import sys, time
from pathlib import Path
from ftwidgets.sandbox.store.lock import process_lock
with process_lock(Path(sys.argv[1])) as mine:
    print(mine, flush=True)
    time.sleep(60)
"""


def test_one_at_a_time_in_a_process(tmp_path: Path) -> None:
    """A second holder is told no at once, in this thread or another; after the release it is told yes."""
    path, told = tmp_path / "lock", []

    def ask() -> None:
        with process_lock(path) as mine:
            told.append(mine)

    with process_lock(path) as mine:
        assert mine
        ask()
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()
    ask()
    assert told == [False, False, True]


def test_the_lock_dies_with_its_holder(tmp_path: Path) -> None:
    """A process that is killed hard lets go, with no waiting time."""
    path = tmp_path / "lock"
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "True\n"
        with process_lock(path) as mine:
            assert not mine
        process.kill()
        process.wait()
        with process_lock(path) as mine:
            assert mine


def test_an_error_releases_the_lock(tmp_path: Path) -> None:
    """Whatever happens in the block."""
    path = tmp_path / "lock"
    try:
        with process_lock(path):
            raise KeyError
    except KeyError:
        pass
    with process_lock(path) as mine:
        assert mine
