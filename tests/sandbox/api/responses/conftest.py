"""A sandbox that all tests of a module share, and a strict client of it."""

from collections.abc import Iterator
from typing import Any

import openai
import pytest

from ftwidgets.sandbox import Sandbox


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """Open a sandbox."""
    with Sandbox(tmp_path_factory.mktemp("responses")) as opened:
        yield opened


@pytest.fixture(scope="module")
def client(sandbox: Sandbox, world: Any) -> Iterator[openai.OpenAI]:
    """Make a strict client that asks once."""
    with world.client(sandbox, max_retries=0) as made:
        yield made
