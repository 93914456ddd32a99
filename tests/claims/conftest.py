"""How the claims are run: with which seeds, and which files are left out when their record is of what lies here now."""

import json
from typing import Any

import pytest

from tests.claims import effects


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--all-seeds", action="store_true", help="train five seeds for each claim, whatever the record says")
    parser.addoption("--record-claims", action="store_true", help="train five seeds and write the record")
    parser.addoption(
        "--changed-claims", action="store_true", help="leave out what the record still holds for, but for one lesson"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With `--changed-claims`: the lessons whose record is old are trained, and the first one always."""
    if not config.getoption("--changed-claims", False):
        return
    tests = {item.path for item in items if item.get_closest_marker("claims")}
    old = {path for path in tests if effects.seeds_to_train(path) == effects.SEEDS}
    left_out = [item for item in items if item.path in tests - old - {min(tests)}]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="module")
def seeds(request: pytest.FixtureRequest) -> range:
    """The seeds to train for the claims of a test file."""
    every = any(request.config.getoption(name, False) for name in ("--all-seeds", "--record-claims"))
    return effects.SEEDS if every else effects.seeds_to_train(request.path)


@pytest.fixture
def hold(request: pytest.FixtureRequest) -> Any:
    """`effects.hold`, which also notes what was found, to be recorded."""

    def hold_and_note(claim: str, found: Any, *, above: float = 0.0) -> None:
        effects.hold(claim, found, above=above)
        if len(found) >= len(effects.SEEDS):
            lesson = effects.trained.setdefault(request.path.stem, {"made_from": effects.made_from(request.path), "claims": {}})
            lesson["claims"][claim] = [round(float(effect), 4) for effect in found]

    return hold_and_note


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if session.config.getoption("--record-claims", False) and exitstatus == 0:
        record = effects.recorded() | effects.trained
        text = json.dumps(dict(sorted(record.items())), indent=1)
        effects.RECORD.write_text(text + "\n", encoding="utf-8")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if effects.held:
        terminalreporter.section("what the lessons claim: effect (95 % interval)")
        for line in effects.held:
            terminalreporter.write_line(line)
