"""Available memory on machines and in containers of all kinds."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from ftwidgets.health import memory


def machine(root: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


FREE = {"proc/meminfo": "MemTotal: 9000000 kB\nMemAvailable: 8000000 kB\nHugePages_Total:       0\n"}
V1 = "sys/fs/cgroup/memory/"


@pytest.mark.parametrize(
    ("files", "available", "limit"),
    [
        (FREE, 8_192_000_000, None),
        ({**FREE, "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "max\n"}, 8_192_000_000, None),
        (  # Binder: a limit on the container, of which what is cached can be had back
            {
                **FREE,
                "proc/self/cgroup": "0::/\n",
                "sys/fs/cgroup/memory.max": "2147483648\n",
                "sys/fs/cgroup/memory.current": "1147483648\n",
                "sys/fs/cgroup/memory.stat": "anon 5\ninactive_file 500000000\n",
            },
            1_500_000_000,
            2147483648,
        ),
        (  # a limit on a group further out
            {
                **FREE,
                "proc/self/cgroup": "0::/user/app\n",
                "sys/fs/cgroup/user/app/memory.max": "max",
                "sys/fs/cgroup/user/memory.max": "600",
                "sys/fs/cgroup/user/memory.current": "100",
            },
            500,
            600,
        ),
        (  # the older kind of groups; the path means nothing inside the container
            {
                **FREE,
                "proc/self/cgroup": "9:cpu:/a\n4:memory:/docker/abc\n0::/\n",
                V1 + "memory.limit_in_bytes": "1000",
                V1 + "memory.usage_in_bytes": "900",
                V1 + "memory.stat": "total_inactive_file 50\n",
            },
            150,
            1000,
        ),
        (  # an unlimited group of the older kind says so with a very large number
            {
                **FREE,
                "proc/self/cgroup": "4:memory:/\n",
                V1 + "memory.limit_in_bytes": str(2**63),
                V1 + "memory.usage_in_bytes": "5",
            },
            8_192_000_000,
            None,
        ),
    ],
)
def test_memory_is_the_tighter_of_machine_and_container(
    tmp_path: Path, files: dict[str, str], available: int, limit: int | None
) -> None:
    """Both kinds of control groups, nested or not, and none."""
    assert memory.available_memory(machine(tmp_path, files)) == memory.Memory(available, limit)


def test_memory_of_this_machine_and_of_one_that_does_not_tell(tmp_path: Path) -> None:
    """Here there is some; where nothing tells, there is no answer."""
    here = memory.available_memory()
    assert here is not None
    assert 50e6 < here.available < 1e14
    assert memory.available_memory(tmp_path) is None
