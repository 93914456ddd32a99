from typing import Any

import pytest

TABLE = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def shown_at_the_end(pytestconfig: pytest.Config) -> list[str]:
    """Lines that are printed after the tests, whether they pass or not."""
    return pytestconfig.stash.setdefault(TABLE, [])


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if lines := config.stash.get(TABLE, []):
        terminalreporter.section("the labelled set: precision and recall of each rule")
        for line in lines:
            terminalreporter.write_line(line)
