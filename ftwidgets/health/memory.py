"""How much memory a program may still take here: the machine's, and less where a container or Binder sets a limit.

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
    """Bytes that are available; `limit` is what a container sets, if that is the tighter bound."""

    available: int
    limit: int | None = None


def memory(root: Path = Path("/")) -> Memory | None:
    """Tell how much memory is available.

    Parameters
    ----------
    root
        Where `proc` and `sys` are.

    Returns
    -------
    Memory or None
        None where the system does not tell.
    """
    free = _of_machine(root)
    bounds = [Memory(max(0, limit - used), limit) for limit, used in _limits(root)]
    return min([*([free] if free else []), *bounds], key=lambda found: found.available, default=None)


def _of_machine(root: Path) -> Memory | None:
    """What Linux says can be had without swapping, else what psutil says (ipykernel brings it along)."""
    for name, value in _table(root / "proc/meminfo").items():
        if name == "MemAvailable:":
            return Memory(value * 1024)
    if root != Path("/"):
        return None
    if importlib.util.find_spec("psutil") is None:
        return None
    return Memory(int(importlib.import_module("psutil").virtual_memory().available))


def _limits(root: Path) -> Iterator[tuple[int, int]]:
    """Find limit and use of each control group this process is in, from its own to the outermost.

    What is cached of files does not count as used: the system gives it back when memory is short.
    """
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            mount, limit, used, cached = "sys/fs/cgroup", "memory.max", "memory.current", "inactive_file"
        elif "memory" in controllers.split(","):
            mount, limit, used = "sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes"
            cached = "total_inactive_file"
        else:
            continue
        inner = Path(path.lstrip("/"))
        for group in (inner, *inner.parents):  # ends with the mount itself: in a container the path may mean nothing
            folder = root / mount / group
            most, now = _text(folder / limit).strip(), _text(folder / used).strip()
            if most.isdecimal() and now.isdecimal():  # "max" is no limit
                yield int(most), int(now) - _table(folder / "memory.stat").get(cached, 0)


def _table(path: Path) -> dict[str, int]:
    """Read lines of a name and a number."""
    rows = (line.split() for line in _text(path).splitlines())
    return {row[0]: int(row[1]) for row in rows if len(row) > 1 and row[1].isdecimal()}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""
