"""What `import ftwidgets` brings, and what it does not."""

import pkgutil
import statistics
import subprocess
import sys
import tomllib
from pathlib import Path

import ftwidgets

ROOT = Path(__file__).parent.parent
HEAVY = ("matplotlib", "starlette", "ftwidgets.engine", "ftwidgets.sandbox", "tokenizers", "safetensors", "pandas", "numpy")


def python(code: str) -> str:
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout


def test_importing_the_package_loads_nothing_heavy() -> None:
    """Plots, the API, the engine and the tables are loaded when they are used."""
    loaded = python(f"import sys, ftwidgets; print([name for name in {HEAVY} if name in sys.modules])")
    assert loaded.strip() == "[]"


def test_importing_the_package_is_quick() -> None:
    """After `import openai`, it takes less than half of the time that `openai` took: the median of five fresh processes."""
    code = (
        "import time; a = time.process_time(); import openai; b = time.process_time(); "
        "import ftwidgets; print((time.process_time() - b) / (b - a))"
    )
    assert statistics.median(float(python(code)) for _ in range(5)) < 0.5


def test_the_public_names_are_a_sorted_table_of_contents() -> None:
    """About a dozen names, in order, all there, and nothing else that looks public."""
    assert sorted(ftwidgets.__all__) == list(ftwidgets.__all__)
    assert 8 <= len(ftwidgets.__all__) <= 20
    assert all(getattr(ftwidgets, name).__doc__ for name in ftwidgets.__all__)


def test_no_module_has_the_name_of_a_public_function() -> None:
    """`ftwidgets.connect` and its like are functions, whatever was imported before."""
    public = {name for name in ftwidgets.__all__ if callable(getattr(ftwidgets, name))}
    modules = {module.name for module in pkgutil.iter_modules(ftwidgets.__path__)}
    assert not public & modules


def test_the_version_is_the_projects() -> None:
    """The number in the package is the number in pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert ftwidgets.__version__ == project["version"]
