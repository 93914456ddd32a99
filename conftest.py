"""For every test and every notebook: a state folder of its own, no network needed, no real key in reach."""

import os
import shutil
import tempfile

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Set the environment before any kernel starts: notebooks run in processes of their own and inherit it."""
    home = tempfile.mkdtemp(prefix="ftwidgets-test-")
    config.add_cleanup(lambda: shutil.rmtree(home, ignore_errors=True))
    os.environ["FTWIDGETS_HOME"] = home
    os.environ["FTWIDGETS_MODELS"] = os.path.join(home, "models")  # no SmolLM2: `-m smollm2` tests install it themselves
    os.environ["FTWIDGETS_RECORDS"] = "strict"  # a lesson whose recorded run no longer fits its rows or calls fails
    os.environ["MPLBACKEND"] = "Agg"
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_ADMIN_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        os.environ.pop(name, None)
