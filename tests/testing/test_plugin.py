"""The examples of docs/testing.md, each run as somebody else would; the plugin's fixtures are what they stand on."""

import os
import re
import subprocess
import sys
from pathlib import Path

from ftwidgets.sandbox.faults import Faults, verdict
from ftwidgets.sandbox.faults.fault_engine import FaultEngine

GUIDE = Path(__file__).parents[2] / "docs/testing.md"
TEXT = GUIDE.read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


def test_the_guide_has_its_examples() -> None:
    """Three for pytest, one without."""
    assert [("def test_" in example) for example in EXAMPLES] == [True, True, True, False]


def test_the_guides_examples_pass(tmp_path: Path) -> None:
    """Each as a test file of its own, in somebody else's folder, by nothing but the plugin."""
    for number, example in enumerate(EXAMPLES[:3]):
        (tmp_path / f"test_mine_{number}.py").write_text(example, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "ftwidgets.testing.plugin", "--rootdir", "."]
    alone = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=alone, timeout=600)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "8 passed" in done.stdout


def test_the_example_without_pytest_runs(tmp_path: Path) -> None:
    """As a script; pytest is not even imported."""
    script = EXAMPLES[3] + "import sys\nassert 'pytest' not in sys.modules\n"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "nano-2026-11" in done.stdout
    assert "2 requests: well behaved" in done.stdout


def test_the_guide_names_every_fault_and_every_check() -> None:
    """What `faults` can do and what the verdict looks at stands in the guide."""
    words = {name for name in vars(Faults) if not name.startswith("_")} - set(vars(FaultEngine))
    missing = [word for word in words - {"load"} if f"faults.{word}" not in TEXT]
    assert missing == []
    named = [check.name for check in verdict.judge([], max_calls=1).checks]
    assert [name for name in named if f"| {name} |" not in TEXT] == []
    assert all(str(status) in TEXT for status in verdict.FINAL_STATUSES)


def test_loading_the_plugin_is_cheap() -> None:
    """It is loaded in every test run wherever ftwidgets is installed: nothing heavy comes with it."""
    heavy = ("openai", "numpy", "starlette", "httpx2", "ftwidgets.sandbox", "pandas")
    script = f"import sys, ftwidgets.testing.plugin; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
