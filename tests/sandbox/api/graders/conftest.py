"""One sandbox for all tests of graders in a file: graders keep nothing, so no test is in another's way."""

from collections.abc import Iterator
from typing import Any

import httpx2
import openai
import pytest

from ftwidgets.sandbox import Sandbox


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """Open a sandbox."""
    with Sandbox(tmp_path_factory.mktemp("graders")) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def graders(opened: Sandbox, world: Any) -> Iterator[Any]:
    """Give the openai client's methods for graders, strict about what they get."""
    client: openai.OpenAI
    with world.client(opened, max_retries=0) as client:
        yield client.fine_tuning.alpha.graders


@pytest.fixture(scope="module")
def wire(opened: Sandbox) -> Iterator[httpx2.Client]:
    """Make a bare HTTP client, for requests that the openai client would not send."""
    headers = {"Authorization": "Bearer any"}
    with httpx2.Client(transport=opened.transport(), base_url=opened.base_url, headers=headers) as made:
        yield made
