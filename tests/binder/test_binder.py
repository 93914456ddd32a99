"""binder/ is taken at its word: installed, started, and every lesson run there on one core under 2 GB.

`just binder`; with `-s` it says what each lesson took.
"""

import json
import re
import secrets
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from . import place as binder

pytestmark = pytest.mark.binder

LESSONS = sorted(path.stem for path in (binder.ROOT / "notebooks").glob("*.ipynb") if ".yours-" not in path.name)
LONGEST = 1500  # seconds for a lesson on one core of a busy machine, where some train SmolLM2


def say(text: str) -> None:
    """Tell the figures; pytest's -s shows them."""
    print(text)  # noqa: T201


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> binder.Place:
    """The environment; made once."""
    began = time.monotonic()
    made = binder.build(tmp_path_factory.mktemp("binder"))
    version = made.run("python", "--version").stdout.strip()
    say(f"\n{version}, what binder/ asks for installed in {time.monotonic() - began:.0f} s")
    return made


@pytest.fixture(scope="module")
def built(place: binder.Place) -> str:
    """What postBuild said."""
    with binder.one_core():
        done = place.run("binder/postBuild", **binder.pip_cache())
    assert done.returncode == 0, done.stdout + done.stderr
    say(done.stdout)
    return done.stdout


@dataclass(frozen=True)
class Server:
    """A running JupyterLab."""

    process: subprocess.Popen[str]
    address: str
    token: str

    def ask(self, path: str) -> Any:
        """Read from its API."""
        request = urllib.request.Request(f"{self.address}/{path}", headers={"Authorization": f"token {self.token}"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read())

    def up(self) -> bool:
        """Tell whether it answers; an error if it has ended."""
        assert self.process.poll() is None, "JupyterLab did not start"
        try:
            return "version" in self.ask("api")
        except OSError:
            return False


@pytest.fixture(scope="module")
def server(place: binder.Place, built: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """JupyterLab there, on one core."""
    token, log = secrets.token_hex(16), tmp_path_factory.mktemp("log") / "server.log"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with binder.server(place, log, port, token) as process:
        running = Server(process, f"http://127.0.0.1:{port}", token)
        try:
            binder.wait_for("JupyterLab", running.up)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{log.read_text(encoding='utf-8')[-3000:]}") from error
        yield running


def test_the_build_checks_itself(built: str) -> None:
    """The build ends with the doctor's word that the lessons can run."""
    assert "the lessons can run here" in built
    assert "@jupyter-widgets/jupyterlab-manager 5" in built
    assert re.search(r"^name +smollm2-135m\n(?:.+\n)*?state +installed$", built, re.MULTILINE)


def test_the_start_keeps_keys_out_and_hands_the_command_on(place: binder.Place) -> None:
    """No OPENAI_ variable reaches the server, the state folder can be written to, arguments and exit code pass through."""
    secret = {"OPENAI_API_KEY": "sk-" + "a" * 20, "OPENAI_BASE_URL": "https://elsewhere.invalid/v1"}
    done = place.run("binder/start", "env", **secret)
    found = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    assert not [name for name in found if name.startswith("OPENAI_")]
    assert Path(found["FTWIDGETS_HOME"]).is_relative_to(place.environment["HOME"])
    assert Path(found["FTWIDGETS_HOME"]).is_dir()
    assert place.run("binder/start", "bash", "-c", 'echo "$1"; exit 7', "-", "a b").returncode == 7
    assert place.run("binder/start", "bash", "-c", 'echo "$1"; exit 7', "-", "a b").stdout == "a b\n"
    nowhere = place.run("binder/start", "bash", "-c", 'test -w "$FTWIDGETS_HOME"', XDG_DATA_HOME="/proc/nowhere")
    assert nowhere.returncode == 0


def test_the_server_shows_the_lessons_and_no_news(server: Server) -> None:
    """All of them are there, without outputs, under the names that the badge and the links use, and nothing pops up."""
    shown = [item["name"] for item in server.ask("api/contents/notebooks")["content"]]
    assert {f"{name}.ipynb" for name in LESSONS} <= set(shown)
    cells = server.ask("api/contents/notebooks/00_start_here.ipynb")["content"]["cells"]
    assert [cell["source"] for cell in cells if cell.get("outputs")] == []
    setting = server.ask("lab/api/settings/@jupyterlab/apputils-extension:notification")
    assert setting["schema"]["properties"]["fetchNews"]["default"] == "false"


@pytest.mark.parametrize("lesson", LESSONS)
def test_runs_on_one_core_in_two_gigabytes(lesson: str, place: binder.Place, server: Server) -> None:
    """To the bottom, in a kernel of that JupyterLab, server and kernel together within Binder's memory."""
    runner = str(Path(__file__).with_name("run_lesson.py"))
    with binder.Watch(server.process) as watch:
        done = place.run("python", runner, server.address, server.token, f"notebooks/{lesson}.ipynb", timeout=LONGEST)
    assert not watch.exceeded, (
        f"{lesson} and JupyterLab took {watch.peak / 1e6:.0f} MB; Binder gives {binder.LIMIT / 1e6:.0f} MB"
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout)
    assert found["fault"] is None
    cells = json.loads((binder.ROOT / "notebooks" / f"{lesson}.ipynb").read_text(encoding="utf-8"))["cells"]
    assert found["cells"] == sum(cell["cell_type"] == "code" for cell in cells) > 0
    assert Path(found["python"]).is_relative_to(place.bin)  # a kernel of this environment, not of the user's
    assert 50 < found["megabytes"] < watch.peak / 1e6  # both were really measured
    say(f"\n{lesson}: {found['seconds']:.0f} s, kernel {found['megabytes']:.0f} MB, with JupyterLab {watch.peak / 1e6:.0f} MB")


def test_smollm2_is_tuned_on_one_core_in_two_gigabytes(place: binder.Place, server: Server) -> None:
    """The build has added it; a job on it and an answer take less than Binder gives, JupyterLab included."""
    script = str(Path(__file__).with_name("run_smollm2.py"))
    with binder.one_core():
        process = subprocess.Popen(
            ["python", script], stdout=subprocess.PIPE, cwd=place.repository, env=dict(place.environment), text=True
        )
    with binder.Watch(server.process, process) as watch:
        printed, _ = process.communicate(timeout=LONGEST)
    assert not watch.exceeded, (
        f"SmolLM2 and JupyterLab took {watch.peak / 1e6:.0f} MB; Binder gives {binder.LIMIT / 1e6:.0f} MB"
    )
    assert process.returncode == 0
    found = json.loads(printed)
    assert found["answer"]
    say(f"\nSmolLM2: a job of {found['rows']} rows {found['seconds']:.0f} s, with JupyterLab {watch.peak / 1e6:.0f} MB")


def test_a_build_without_smollm2_is_a_build(place: binder.Place) -> None:
    """Where the package cannot be downloaded, the build says so and ends well, and the lessons can run."""
    done = place.run("binder/postBuild", PIP_INDEX_URL="http://127.0.0.1:9/simple", PIP_RETRIES="0", PIP_NO_CACHE_DIR="1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "SmolLM2 could not be downloaded: this image has nano only" in done.stdout
    assert "the lessons can run here" in done.stdout


def test_a_lesson_is_put_back_without_git(place: binder.Place) -> None:
    """`ftwidgets reset` finds how it came in the installed package: a Binder image may have no git."""
    lesson = place.repository / "notebooks" / "00_start_here.ipynb"
    came = lesson.read_bytes()
    lesson.write_text("spoiled", encoding="utf-8")
    done = place.run("ftwidgets", "reset", "00", PATH=str(place.bin))
    assert done.returncode == 0, done.stderr
    assert lesson.read_bytes() == came
    assert [path.read_text(encoding="utf-8") for path in lesson.parent.glob("*.yours-*")] == ["spoiled"]
    assert "the installed package" in place.run("ftwidgets", "reset", "--list").stdout
