"""Look whether the lessons can run here, and say what to do where they cannot.

Each check is a function that gives lines (`ftwidgets.health.health_report`); what a check reads of the machine is handed to it,
so that any machine can be tried. Left out: whether a browser draws widgets. Only a notebook can tell, so the report asks there.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from ftwidgets.health.health_report import Line, Report
from ftwidgets.health.labextensions import widgets_enabled as widgets_enabled
from ftwidgets.health.memory import Memory, memory
from ftwidgets.health.versions import versions as versions

JOB_TOKENS = 49_000  # what the job of lesson 00 trains: 192 examples, five times
SLOW = 45.0  # seconds for that job from which the lessons' stated times are not kept
MEASURE = 1.0  # seconds the engine is timed for
NEEDED_MEMORY = 500_000_000  # a lesson's kernel
NEEDED_DISK = 200_000_000  # a lesson's models and checkpoints

_ELSEWHERE = "Name another folder with FTWIDGETS_HOME in the environment"


def doctor() -> Report:
    """Check this computer: versions, widgets, engine speed, memory, state folder, key. It takes a few seconds.

    Returns
    -------
    Report
        On a notebook cell's last line it shows itself as a table, and adds whether this browser draws widgets.
    """
    kernel = in_kernel()
    checks: list[tuple[str, Callable[[], Line | Sequence[Line]]]] = [
        ("versions", lambda: versions(in_kernel=kernel)),
        ("widgets", lambda: widgets_enabled(in_kernel=kernel)),
        ("engine", lambda: speed_line(tokens_per_second())),
        ("memory", lambda: memory_line(memory())),
        ("state folder", state_line),
        ("key", lambda: key_line(os.environ)),
    ]
    lines: list[Line] = []
    for topic, check in checks:
        try:
            found = check()
        except Exception as error:  # what is broken may be anything: a check that cannot be made is a finding too
            found = _broken(topic, error)
        lines += [found] if isinstance(found, Line) else found
    return _Shown(tuple(lines))


class _Shown(Report):
    """A report that a notebook shows as the widget `Doctor`, which waits for the browser's answer."""

    def _ipython_display_(self) -> None:
        from IPython.display import display

        from ftwidgets.health.widget import Doctor

        display(Doctor(self))


def in_kernel() -> bool:
    """Tell whether this is a notebook's kernel."""
    if "IPython" not in sys.modules:
        return False
    from IPython.core.getipython import get_ipython

    return hasattr(get_ipython(), "kernel")


def tokens_per_second() -> float:
    """Train the base model on bundled examples for about a second, and tell how many tokens a second it was."""
    from ftwidgets.engine import NANO, Hyperparameters, Model, Trainer

    model = Model.load(NANO)
    examples = [model.tokenizer.encode_example(chat, max_tokens=512) for chat in _chats(64)]
    steps = iter(Trainer(model, examples, hyperparameters=Hyperparameters(50, 8, 1.0), seed=1))
    done = before = next(steps).trained_tokens  # the first step also wakes the libraries
    began = time.perf_counter()
    while (passed := time.perf_counter() - began) < MEASURE or done == before:
        done = next(steps).trained_tokens
    return (done - before) / passed


def speed_line(rate: float) -> Line:
    """Say what a speed in tokens a second means for the lessons."""
    seconds = JOB_TOKENS / rate
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    said = (
        f"trains {_rounded(rate)} tokens a second here ({cores} {'cores' if cores > 1 else 'core'}): "
        f"lesson 00's job of {JOB_TOKENS:,} tokens takes about {seconds:.0f} s"
    )
    if seconds <= SLOW:
        return Line("engine", "ok", said)
    return Line(
        "engine",
        "note",
        f"{said}, longer than the lessons say",
        "Close other programs that compute, notebooks in training among them, and check again. Else all works, only slower.",
    )


def memory_line(found: Memory | None) -> Line:
    """Compare the memory there is with what a lesson needs."""
    need = f"a lesson needs about {_size(NEEDED_MEMORY)}"
    if found is None:
        return Line("memory", "note", f"this system does not tell how much is available; {need}")
    limit = f" of the {_size(found.limit)} allowed to this container" if found.limit is not None else ""
    said = f"{_size(found.available)} available{limit}; {need}"
    if found.available >= NEEDED_MEMORY:
        return Line("memory", "ok", said)
    return Line("memory", "wrong", said, "Shut down other kernels (in JupyterLab: Kernel > Shut Down All Kernels) or programs.")


def state_line() -> Line:
    """Find the state folder and try it."""
    from ftwidgets.clients import state_folder
    from ftwidgets.errors import FtwidgetsError

    try:
        home = state_folder()
    except FtwidgetsError:
        said = "no folder can have the name that FTWIDGETS_HOME gives"
        return Line("state folder", "wrong", said, f"{_ELSEWHERE}.", place=os.environ.get("FTWIDGETS_HOME", ""))
    return folder_line(home)


def folder_line(home: Path) -> Line:
    """Try the state folder: make it, write to it, lock in it, look how much room it has."""
    import sqlite3

    from ftwidgets.sandbox.store.lock import lease

    named = "the folder that FTWIDGETS_HOME names" if os.environ.get("FTWIDGETS_HOME") else "the usual folder"
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home) as file:
            file.write(b"ftwidgets")
        with lease(home / "trainer.lock") as mine:
            training = "" if mine else "; a job is training there just now, in this or another process"
        room = shutil.disk_usage(home).free
    except (OSError, sqlite3.Error) as error:
        # An OSError's own text names the path, which is shown apart, and in a terminal only.
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        return Line(
            "state folder",
            "wrong",
            f"{named} cannot be used: {reason}",
            f"{_ELSEWHERE} that you can write to.",
            place=str(home),
        )
    said = f"{named} is writable, {_size(room)} free{training}"
    if room < NEEDED_DISK:
        fix = f"{_ELSEWHERE} on a disk with more room, or make room: a lesson needs about {_size(NEEDED_DISK)}."
        return Line("state folder", "wrong", said, fix, place=str(home))
    return Line("state folder", "ok", said, place=str(home))


def key_line(environment: Mapping[str, str]) -> Line:
    """Say whether there is a key for another service; never which."""
    key = environment.get("OPENAI_API_KEY")
    if not key:
        return Line("key", "ok", "OPENAI_API_KEY is not set; the sandbox needs none")
    if key != key.strip() or key[0] in "\"'":
        fix = "Set it again without the blanks or quotation marks around it."
        return Line("key", "note", "OPENAI_API_KEY is set, with blanks or quotation marks around it", fix)
    return Line("key", "ok", "OPENAI_API_KEY is set; the sandbox does not use it")


def _chats(n: int) -> Iterable[list[dict[str, str]]]:
    """The first rows of a bundled dataset as chats; read without pandas, which alone takes a second to load."""
    import csv

    from ftwidgets import datasets

    with datasets.path("support_faq").open(encoding="utf-8", newline="") as file:
        for _, row in zip(range(n), csv.DictReader(file), strict=False):
            yield [{"role": "user", "content": row["Prompt"]}, {"role": "assistant", "content": row["Completion"]}]


def _broken(topic: str, error: Exception) -> Line:
    text = " ".join(str(error).split())
    with suppress(RuntimeError):  # no home folder
        text = text.replace(str(Path.home()), "~")
    fix = "Install ftwidgets anew: python -m pip install --force-reinstall ftwidgets (in a checkout: pip install -e .)"
    return Line(
        topic,
        "wrong",
        f"could not be checked: {type(error).__name__}: {text}",
        f"{fix}, on Python {platform.python_version()}.",
    )


def _rounded(value: float) -> str:
    """Two significant digits: more would change from one run to the next."""
    return f"{float(f'{value:.2g}'):,.0f}"


def _size(n_bytes: int) -> str:
    return f"{n_bytes / 1e9:.1f} GB" if n_bytes >= 1e9 else f"{n_bytes / 1e6:.0f} MB"
