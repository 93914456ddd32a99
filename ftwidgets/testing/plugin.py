"""The pytest plugin: fixtures for testing fine-tuning code without a network, a key or a bill.

    def test_retries(sandbox_client, faults):
        faults.fail(500, times=1)
        assert ask(sandbox_client) == "..."
        assert faults.verdict().ok

pytest finds it where ftwidgets is installed. Left out: fixtures with a trained model; train one in your own fixture, in
seconds, with the scope you need.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    import openai

    from ftwidgets.sandbox import Sandbox
    from ftwidgets.sandbox.clock import Clock
    from ftwidgets.sandbox.faults import Faults


@pytest.fixture
def sandbox_clock() -> Clock | None:
    """The clock of the sandbox: the computer's. Override it to return a `ManualClock`."""
    return None


@pytest.fixture
def sandbox(tmp_path: Path, sandbox_clock: Clock | None) -> Iterator[Sandbox]:
    """An empty sandbox, for one test."""
    from ftwidgets.testing import sandbox as opened

    with opened(home=tmp_path / "sandbox", clock=sandbox_clock, seed=0) as box:
        yield box


@pytest.fixture
def sandbox_client(sandbox: Sandbox) -> Iterator[openai.OpenAI]:
    """A plain `openai.OpenAI` client of that sandbox."""
    with sandbox.client() as made:
        yield made


@pytest.fixture
def faults(sandbox: Sandbox) -> Faults:
    """What goes wrong in that sandbox: nothing, until the test says so; and the journal of its requests."""
    return sandbox.faults
