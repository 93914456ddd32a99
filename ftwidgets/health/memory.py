"""How much memory is available to a program: the machine's, or less if a container or Binder sets a limit.

Sources: the kernel's Documentation/admin-guide/cgroup-v1/memory.rst and cgroup-v2.rst, and proc_meminfo(5).
Left out: swap, and limits of single processes (`ulimit`).
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Memory:
    """The available bytes; `limit` is the container's, if that is the tighter bound."""

    available: int
    limit: int | None = None


def available_memory(root: Path = Path("/")) -> Memory | None:
    """Return how much memory is available.

    Parameters
    ----------
    root
        The folder of `proc` and `sys`.

    Returns
    -------
    Memory or None
        None if the system does not report it.
    """
    free = _machine_memory(root)
    bounds = [Memory(max(0, limit - used), limit) for limit, used in _limits(root)]
    return min([*([free] if free else []), *bounds], key=lambda found: found.available, default=None)


def _machine_memory(root: Path) -> Memory | None:
    """Return the memory that Linux can give without swapping; elsewhere psutil's figure (ipykernel installs it)."""
    for name, value in _parse_numbers(root / "proc/meminfo").items():
        if name == "MemAvailable:":
            return Memory(value * 1024)
    if root != Path("/"):
        return None
    if importlib.util.find_spec("psutil") is None:
        return None
    return Memory(int(importlib.import_module("psutil").virtual_memory().available))


def _limits(root: Path) -> Iterator[tuple[int, int]]:
    """Yield limit and usage of each control group of this process, from its own to the outermost.

    Cached files do not count as used: the system frees them when memory is short.
    """
    for line in _read_text(root / "proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            mount, limit, used, cached = "sys/fs/cgroup", "memory.max", "memory.current", "inactive_file"
        elif "memory" in controllers.split(","):
            mount, limit, used = "sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes"
            cached = "total_inactive_file"
        else:
            continue
        inner = Path(path.lstrip("/"))
        for group in (inner, *inner.parents):  # ends with the mount itself, since in a container the path may not exist
            folder = root / mount / group
            most, now = _read_text(folder / limit).strip(), _read_text(folder / used).strip()
            if most.isdecimal() and now.isdecimal():  # "max" is no limit
                yield int(most), int(now) - _parse_numbers(folder / "memory.stat").get(cached, 0)


def _parse_numbers(path: Path) -> dict[str, int]:
    """Parse the lines of a file that have a name and a number."""
    rows = (line.split() for line in _read_text(path).splitlines())
    return {row[0]: int(row[1]) for row in rows if len(row) > 1 and row[1].isdecimal()}


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""
