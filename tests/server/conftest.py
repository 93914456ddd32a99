"""A server in this process, without a port: two students and a teacher with a key each."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest

from ftwidgets.sandbox.transport import LoopThread, Transport
from ftwidgets.server.service import SandboxService, ServerConfig

BASE = "http://class.example"
KEYS = {name: f"sk-sandbox-{name}-0123456789" for name in ("ada", "bob", "teacher")}
ROWS = [
    {"messages": [{"role": "user", "content": f"What is {i} and one?"}, {"role": "assistant", "content": f"It is {i + 1}."}]}
    for i in range(10)
]
LINES = "".join(json.dumps(row) + "\n" for row in ROWS).encode()


class World:
    """A service and ways into it.

    Parameters
    ----------
    service
        What is served.
    loop
        Where it runs.
    """

    def __init__(self, service: SandboxService, loop: LoopThread) -> None:
        self.service, self._loop = service, loop
        self._clients: list[httpx2.Client] = []
        for name, key in KEYS.items():
            service.users.add_temporary(key, owner=f"own_{name}", name=name, admin=name == "teacher")

    def client(self, name: str | None = None, *, app: Any = None) -> httpx2.Client:
        """Make a bare client, with the key of a person or without."""
        headers = {} if name is None else {"Authorization": f"Bearer {KEYS[name]}"}
        transport = Transport(self._loop, app or self.service.app)
        made = httpx2.Client(transport=transport, base_url=BASE, headers=headers, timeout=60, trust_env=False)
        self._clients.append(made)
        return made

    def close(self) -> None:
        """Close everything."""
        for client in self._clients:
            client.close()
        self._loop.close()
        self.service.close()


def upload(client: httpx2.Client, content: bytes = LINES) -> httpx2.Response:
    """Upload training data."""
    return client.post("/v1/files", files={"file": ("rows.jsonl", content)}, data={"purpose": "fine-tune"})


@pytest.fixture(scope="module")
def make_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., World]]:
    """`make_world(limits=Limits(...), branding=Branding(...))`: a world with an empty state folder."""
    made: list[World] = []

    def make(**options: Any) -> World:
        config = ServerConfig(tmp_path_factory.mktemp("home"), workers=0, **options)
        made.append(World(SandboxService(config), LoopThread()))
        return made[-1]

    yield make
    for world in made:
        world.close()
