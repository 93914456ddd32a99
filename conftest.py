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
    os.environ["MPLBACKEND"] = "Agg"
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_ADMIN_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        os.environ.pop(name, None)
