"""Check whether the lessons can run on this computer, and how to repair it if not; `ftwidgets doctor` prints the report.

In a notebook the report is a widget, which also checks that the browser draws widgets.
"""

from __future__ import annotations

import csv
import importlib
import importlib.util
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ftwidgets.health.health_report import HealthCheck, HealthReport
from ftwidgets.health.installation import check_labextensions, check_models, check_versions

if TYPE_CHECKING:
    import argparse

JOB_TOKENS = 22_200  # trained by the job of lesson 00: 64 chats, five times
MAX_JOB_SECONDS = 25.0  # if that job takes longer, the times stated in the lessons do not hold
TIMED_SECONDS = 1.0  # how long the engine is timed
NEEDED_MEMORY = 500_000_000  # bytes, for a lesson's kernel
NEEDED_DISK = 200_000_000  # bytes, for a lesson's models and checkpoints

_ELSEWHERE = "Name another folder with FTWIDGETS_HOME in the environment"


def add(commands: Any) -> None:
    """Add the command to the parser of `ftwidgets`."""
    commands.add_parser("doctor", help="check this computer: versions, widgets, speed, memory, state folder, models, key")


def run(options: argparse.Namespace) -> int:
    """Print the report, and return 1 if something is wrong."""
    report = doctor()
    print(report.text(places=True))
    print("Only a notebook can check whether your browser draws widgets: run ftwidgets.doctor() in a cell.")
    return 0 if report.ok else 1


def doctor() -> HealthReport:
    """Check this computer: versions, widgets, engine speed, memory, state folder, models, key. It takes a few seconds.

    Returns
    -------
    HealthReport
        On a notebook cell's last line it is shown as a table that also reports whether this browser draws widgets.
    """
    in_kernel = False
    if "IPython" in sys.modules:
        from IPython.core.getipython import get_ipython

        in_kernel = hasattr(get_ipython(), "kernel")
    functions: dict[str, Callable[[], HealthCheck | Sequence[HealthCheck]]] = {
        "versions": lambda: check_versions(in_kernel=in_kernel),
        "widgets": lambda: check_labextensions(in_kernel=in_kernel),
        "engine": lambda: check_speed(tokens_per_second()),
        "memory": lambda: check_memory(available_memory()),
        "state folder": check_state_folder,
        "models": check_models,
        "key": lambda: check_key(os.environ),
    }
    checks: list[HealthCheck] = []
    for topic, function in functions.items():
        try:
            found = function()
        except Exception as error:  # anything may be broken; a check that fails is a result too
            text = " ".join(str(error).split())
            with suppress(RuntimeError):  # no home folder
                text = text.replace(str(Path.home()), "~")
            fix = "Reinstall ftwidgets: python -m pip install --force-reinstall ftwidgets (in a checkout: pip install -e .)"
            message = f"could not be checked: {type(error).__name__}: {text}"
            found = HealthCheck(topic, "wrong", message, f"{fix}, on Python {platform.python_version()}.")
        checks += [found] if isinstance(found, HealthCheck) else found
    return _DisplayedReport(tuple(checks))


class _DisplayedReport(HealthReport):
    """A report that a notebook shows as the widget `Doctor`, which waits for the browser's answer."""

    def _ipython_display_(self) -> None:
        from IPython.display import display

        from ftwidgets.health.widget import Doctor

        display(Doctor(self))


def tokens_per_second() -> float:
    """Train the base model on bundled examples for about a second, and return how many tokens it trained per second."""
    from ftwidgets import datasets
    from ftwidgets.engine import NANO, Hyperparameters, Model, Trainer

    with datasets.path("support_faq").open(encoding="utf-8", newline="") as file:  # pandas alone takes a second to load
        rows = list(islice(csv.DictReader(file), 64))
    chats = [[{"role": "user", "content": row["Prompt"]}, {"role": "assistant", "content": row["Completion"]}] for row in rows]
    model = Model.load(NANO)
    examples = [model.tokenizer.encode_example(chat, max_tokens=512) for chat in chats]
    steps = iter(Trainer(model, examples, hyperparameters=Hyperparameters(50, 8, 1.0), seed=1))
    done = before = next(steps).trained_tokens  # the first step also loads libraries
    began = time.perf_counter()
    while (passed := time.perf_counter() - began) < TIMED_SECONDS or done == before:
        done = next(steps).trained_tokens
    return (done - before) / passed


def check_speed(rate: float) -> HealthCheck:
    """Compare a training speed in tokens per second with the times that the lessons state."""
    seconds = JOB_TOKENS / rate
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    message = (
        f"trains {float(f'{rate:.2g}'):,.0f} tokens a second here ({cores} {'cores' if cores > 1 else 'core'}): "
        f"lesson 00's job of {JOB_TOKENS:,} tokens takes about {seconds:.0f} s"
    )
    if seconds <= MAX_JOB_SECONDS:
        return HealthCheck("engine", "ok", message)
    fix = "Close other programs that are busy, also notebooks that train, and check again. The lessons work, only slower."
    return HealthCheck("engine", "note", f"{message}, longer than the lessons say", fix)


@dataclass(frozen=True)
class Memory:
    """The available bytes; `limit` is the container's, if that is the tighter bound."""

    available: int
    limit: int | None = None


def available_memory(root: Path = Path("/")) -> Memory | None:
    """Return the memory that a program can use: the machine's, or less if a container or Binder sets a limit.

    Sources: the kernel's Documentation/admin-guide/cgroup-v1/memory.rst and cgroup-v2.rst, and proc_meminfo(5), below `root`;
    without them psutil, which ipykernel installs. None if neither reports it. Left out: swap, and limits of single processes
    (`ulimit`).
    """
    found = [Memory(max(0, limit - used), limit) for limit, used in _container_limits(root)]
    free = _parse_numbers(root / "proc/meminfo").get("MemAvailable:")  # what Linux can give without swapping
    if free is not None:
        found.insert(0, Memory(free * 1024))
    elif root == Path("/") and importlib.util.find_spec("psutil") is not None:
        found.insert(0, Memory(int(importlib.import_module("psutil").virtual_memory().available)))
    return min(found, key=lambda memory: memory.available, default=None)


def _container_limits(root: Path) -> Iterator[tuple[int, int]]:
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
    rows = (line.split() for line in _read_text(path).splitlines())
    return {row[0]: int(row[1]) for row in rows if len(row) > 1 and row[1].isdecimal()}


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""


def check_memory(found: Memory | None) -> HealthCheck:
    """Compare the available memory with what a lesson needs."""
    need = f"a lesson needs about {_format_size(NEEDED_MEMORY)}"
    if found is None:
        return HealthCheck("memory", "note", f"this system does not report how much is available; {need}")
    limit = f" of the {_format_size(found.limit)} allowed to this container" if found.limit is not None else ""
    message = f"{_format_size(found.available)} available{limit}; {need}"
    if found.available >= NEEDED_MEMORY:
        return HealthCheck("memory", "ok", message)
    fix = "Shut down other kernels (in JupyterLab: Kernel > Shut Down All Kernels) or programs."
    return HealthCheck("memory", "wrong", message, fix)


def check_state_folder() -> HealthCheck:
    """Check the state folder that the sandbox would use."""
    from ftwidgets.clients import state_folder
    from ftwidgets.errors import FtwidgetsError

    try:
        home = state_folder()
    except FtwidgetsError:
        message = "no folder can have the name that FTWIDGETS_HOME gives"
        return HealthCheck("state folder", "wrong", message, f"{_ELSEWHERE}.", place=os.environ.get("FTWIDGETS_HOME", ""))
    return check_folder(home)


def check_folder(home: Path) -> HealthCheck:
    """Create the state folder, write a file, take the locks of its trainers, and check the free disk space."""
    import sqlite3

    from ftwidgets.sandbox.store.lock import process_lock, trainer_lock, trainer_locks

    named = "the folder that FTWIDGETS_HOME names" if os.environ.get("FTWIDGETS_HOME") else "the usual folder"
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home) as file:
            file.write(b"ftwidgets")
        training = ""
        # The first trainer's lock is taken also where nothing has trained yet: it shows that locking works in this folder.
        for path in {trainer_lock(home, 0), *trainer_locks(home)}:
            with process_lock(path) as mine:
                if not mine:
                    training = "; a job is training there just now, in this or another process"
        free = shutil.disk_usage(home).free
    except (OSError, sqlite3.Error) as error:
        # The text of an OSError contains the path, which is shown in a terminal only.
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        fix = f"{_ELSEWHERE} that you can write to."
        return HealthCheck("state folder", "wrong", f"{named} cannot be used: {reason}", fix, place=str(home))
    message = f"{named} is writable, {_format_size(free)} free{training}"
    if free < NEEDED_DISK:
        fix = f"{_ELSEWHERE} on a disk with more room, or free some space: a lesson needs about {_format_size(NEEDED_DISK)}."
        return HealthCheck("state folder", "wrong", message, fix, place=str(home))
    return HealthCheck("state folder", "ok", message, place=str(home))


def check_key(environment: Mapping[str, str]) -> HealthCheck:
    """Check whether a key for another service is set; the result never contains it."""
    key = environment.get("OPENAI_API_KEY")
    if not key:
        return HealthCheck("key", "ok", "OPENAI_API_KEY is not set; the sandbox needs none")
    if key != key.strip() or key[0] in "\"'":
        fix = "Set it again without the spaces or quotation marks around it."
        return HealthCheck("key", "note", "OPENAI_API_KEY is set, with spaces or quotation marks around it", fix)
    return HealthCheck("key", "ok", "OPENAI_API_KEY is set; the sandbox does not use it")


def _format_size(n_bytes: int) -> str:
    return f"{n_bytes / 1e9:.1f} GB" if n_bytes >= 1e9 else f"{n_bytes / 1e6:.0f} MB"
