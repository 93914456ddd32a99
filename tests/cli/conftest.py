"""For the tests of the command line: the command as a process that can be interrupted."""

import sys

import pytest


@pytest.fixture(scope="session")
def interruptible() -> list[str]:
    """The command `ftwidgets`, to be started as a process and stopped by SIGINT.

    A shell that starts the tests in the background lets them, and all that they start, ignore Ctrl-C; this heeds it again.
    """
    program = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
    program += "from ftwidgets.cli.main import main; sys.exit(main())"
    return [sys.executable, "-W", "error", "-c", program]
