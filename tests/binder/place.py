"""A place like Binder's, as far as that goes without Docker: an environment of its own, one core, 2 GB, nothing of the user's.

What is the same: the Python version, exactly the packages that `binder/` asks for, its scripts, one core. What is not: the
memory is watched twenty times a second and everything ended above the limit, where Binder's container would have it killed
at once; and what repo2docker installs before (an older JupyterLab and its company, which requirements.txt raises) is not there.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]
LIMIT = 2 * 1024**3
EVERY = 0.05  # seconds between two looks
FOREIGN = ("PYTHON", "VIRTUAL_ENV", "JUPYTER", "IPYTHON", "FTWIDGETS", "OPENAI", "MPL", "XDG", "PYENV", "PYTEST", "CONDA")


def python() -> str:
    """The Python that runtime.txt names, if this machine has it; else the one that runs the tests."""
    wanted = (ROOT / "binder/runtime.txt").read_text(encoding="utf-8").strip().removeprefix("python-")
    candidates = [shutil.which(f"python{wanted}"), *sorted(Path.home().glob(f".pyenv/versions/{wanted}*/bin/python"))]
    for candidate in filter(None, candidates):
        said = subprocess.run([candidate, "--version"], capture_output=True, text=True)  # a pyenv shim may lead nowhere
        if said.returncode == 0 and said.stdout.startswith(f"Python {wanted}."):
            return str(candidate)
    return sys.executable


def copy_of_the_repository(target: Path) -> Path:
    """Copy what git would see of the working tree, and no more."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.run(command, capture_output=True, check=True).stdout.decode("utf-8").split("\0"):
        if name and (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target / name)
    return target


@dataclass(frozen=True)
class Place:
    """The environment: its Python, the copy of the repository, and what a process there finds in its own environment."""

    repository: Path
    bin: Path
    environment: Mapping[str, str]

    def run(self, *command: str, timeout: float = 900, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a command there to its end, with more in its environment."""
        env = {**self.environment, **more}
        return subprocess.run(command, capture_output=True, text=True, cwd=self.repository, env=env, timeout=timeout)


def build(folder: Path) -> Place:
    """Install what binder/ says, the way repo2docker does: a fresh environment, then `pip install -r`, then postBuild."""
    repository = copy_of_the_repository(folder / "jovyan")
    subprocess.run([python(), "-m", "venv", str(folder / "venv")], check=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    home = folder / "home"
    home.mkdir()
    path = os.pathsep.join([str(folder / "venv/bin"), os.environ.get("PATH", os.defpath)])
    place = Place(repository, folder / "venv/bin", {**kept, "HOME": str(home), "PATH": path})
    done = place.run("python", "-m", "pip", "install", "--quiet", "-r", "binder/requirements.txt", **pip_cache())
    assert done.returncode == 0, done.stderr[-3000:]
    return place


def pip_cache() -> dict[str, str]:
    """The user's cache of downloads, the one thing of the user's that a place may have."""
    return {"PIP_CACHE_DIR": os.environ.get("PIP_CACHE_DIR", str(Path.home() / ".cache/pip"))}


@contextmanager
def one_core() -> Iterator[None]:
    """What is started inside the block has one core, and so has all that it starts."""
    mine = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(mine)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, mine)


class Watch(threading.Thread):
    """Adds up the memory of some processes and all they started; ends them all when it exceeds the limit."""

    def __init__(self, *processes: subprocess.Popen[str]) -> None:
        super().__init__(daemon=True)
        self.peak = 0
        self.exceeded = False
        self._roots = [psutil.Process(process.pid) for process in processes]
        self._done = threading.Event()

    def run(self) -> None:
        """Look until the block ends."""
        while not self._done.wait(EVERY):
            tree = family(*self._roots)
            self.peak = max(self.peak, sum(map(held, tree)))
            if self.peak > LIMIT:
                self.exceeded = True
                for process in tree:
                    with suppress(psutil.Error):
                        process.kill()
                return

    def __enter__(self) -> Watch:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self.join()


def family(*roots: psutil.Process) -> list[psutil.Process]:
    """The processes and all they started."""
    found = []
    for root in roots:
        with suppress(psutil.Error):
            found += [root, *root.children(recursive=True)]
    return found


def held(process: psutil.Process) -> int:
    """Bytes of memory a process holds; what several share counts for each in part (proportional set size)."""
    with suppress(OSError, StopIteration, ValueError):
        lines = Path(f"/proc/{process.pid}/smaps_rollup").read_text(encoding="utf-8").splitlines()
        return 1024 * int(next(line for line in lines if line.startswith("Pss:")).split()[1])
    return 0


@contextmanager
def server(place: Place, log: Path, port: int, token: str) -> Iterator[subprocess.Popen[str]]:
    """Run JupyterLab there on one core, through binder/start as Binder does, until the block ends."""
    command = ["binder/start", "jupyter", "lab", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}"]
    command += [f"--IdentityProvider.token={token}", "--ServerApp.port_retries=0"]
    with log.open("w", encoding="utf-8") as out, one_core():
        process = subprocess.Popen(
            command, stdout=out, stderr=out, cwd=place.repository, env=dict(place.environment), text=True
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(what: str, look: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until `look()` is true."""
    until = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < until, f"{what}: not within {seconds:.0f} s"
        time.sleep(0.1)
