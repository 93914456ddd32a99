from typing import Any

from tests.claims import effects


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if effects.held:
        terminalreporter.section("what the lessons claim: effect (95 % interval)")
        for line in effects.held:
            terminalreporter.write_line(line)
