"""How much memory there is, as the engine reads it."""

import subprocess
import sys

import pytest

PROGRAM = """
import resource
from pathlib import Path
from ftwidgets.engine import available_memory

used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 300_000_000, resource.RLIM_INFINITY))
print(available_memory())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says how much memory there is")
def test_the_limit_of_a_process_counts() -> None:
    """Under `ulimit -v`, what is left to the process is all that is free, however much the machine has."""
    free = int(subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True).stdout)
    assert 200_000_000 < free <= 300_000_000
