"""Somebody else's project: a fresh environment with ftwidgets and pytest alone, and the plugin found by its entry point.

`just binder` runs it too: like the Binder test, it installs for minutes.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.binder

ROOT = Path(__file__).parents[2]
FOREIGN = ("PYTHON", "PYTEST", "VIRTUAL_ENV", "FTWIDGETS", "OPENAI", "MPL")

TUNING = '''
"""What somebody else has written."""

import openai


def start(client: openai.OpenAI, rows: bytes) -> str:
    """Upload rows and start a job, unless it has been started before."""
    for job in client.fine_tuning.jobs.list(metadata={"run": "1"}):
        return job.id
    file = client.files.create(file=("rows.jsonl", rows), purpose="fine-tune")
    job = client.with_options(max_retries=0).fine_tuning.jobs.create(
        model="nano-2026-11", training_file=file.id, metadata={"run": "1"}, hyperparameters={"n_epochs": 1}
    )
    return job.id
'''

TEST = """
import time

import openai
import pytest

import ftwidgets
from tuning import start

ROWS = b"".join(
    b'{"messages": [{"role": "user", "content": "%d?"}, {"role": "assistant", "content": "%d!"}]}' % (n, n) + bytes([10])
    for n in range(10)
)


def test_it_is_installed_and_not_the_checkout():
    assert "site-packages" in ftwidgets.__file__


def test_a_job_is_started_once(sandbox_client, faults):
    faults.drop(route="POST /fine_tuning/jobs", answered=True)
    with pytest.raises(openai.APIConnectionError):
        start(sandbox_client, ROWS)
    job = start(sandbox_client, ROWS)
    assert [found.id for found in sandbox_client.fine_tuning.jobs.list()] == [job]
    assert faults.verdict()["starts no job twice"].result == "passed"
    while (found := sandbox_client.fine_tuning.jobs.retrieve(job)).status not in ("succeeded", "failed"):
        time.sleep(0.1)
    assert found.fine_tuned_model.startswith("ft:nano-2026-11:")


def test_each_test_has_its_own(sandbox, sandbox_client, faults):
    assert sandbox_client.fine_tuning.jobs.list().data == []
    assert faults is sandbox.faults
    assert faults.rules == ()
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, str]]]:
    """A virtual environment with what a `pip install ftwidgets pytest` brings, and variables that name nothing of ours."""
    folder = tmp_path_factory.mktemp("elsewhere")
    subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    python = folder / "venv/bin/python"
    asked = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(ROOT), "pytest"]
    done = subprocess.run(asked, capture_output=True, text=True, env=kept)
    assert done.returncode == 0, done.stderr[-3000:]
    yield folder, kept
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def project(environment: tuple[Path, dict[str, str]]) -> Path:
    """Their project: a module and a test of it, no conftest, no word about a plugin."""
    folder = environment[0] / "project"
    folder.mkdir(exist_ok=True)
    (folder / "tuning.py").write_text(TUNING, encoding="utf-8")
    (folder / "test_tuning.py").write_text(TEST, encoding="utf-8")
    return folder


def test_the_plugin_is_found_and_works(environment: tuple[Path, dict[str, str]], project: Path) -> None:
    """All of their tests pass, with warnings as errors."""
    python = environment[0] / "venv/bin/python"
    done = subprocess.run(
        [str(python), "-m", "pytest", "-q", "-W", "error"], capture_output=True, text=True, cwd=project, env=environment[1]
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "3 passed" in done.stdout


def test_the_fixtures_introduce_themselves(environment: tuple[Path, dict[str, str]], project: Path) -> None:
    """`pytest --fixtures` shows what there is, with a sentence each."""
    python = environment[0] / "venv/bin/python"
    asked = [str(python), "-m", "pytest", "--fixtures"]
    done = subprocess.run(asked, capture_output=True, text=True, cwd=project, env=environment[1])
    for name in ("sandbox", "sandbox_client", "sandbox_clock", "faults"):
        assert f"\n{name} -- " in done.stdout
    assert "A plain `openai.OpenAI` client of that sandbox." in done.stdout
