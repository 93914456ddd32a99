"""The log: a line a request, and never a key, a name, a query or a word of anybody's data."""

import io
import logging
from collections.abc import Callable, Iterator

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router

from ftwidgets.server.access_log import RedactingFormatter

from .conftest import KEYS, World, upload

SECRET = "a-word-that-only-the-student-knows"
CHAT = {"model": "nano-2026-11", "messages": [{"role": "user", "content": SECRET}], "max_tokens": 2, "store": True}


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Collect everything that any part logs, as the server formats it."""
    text, root = io.StringIO(), logging.getLogger()
    handler = logging.StreamHandler(text)
    handler.addFilter(lambda record: not record.name.startswith("httpx2"))  # the client's own, which a server has not
    handler.setFormatter(RedactingFormatter("%(levelname)s %(message)s"))
    access = logging.getLogger("ftwidgets.server")
    before = root.level, access.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    access.setLevel(logging.INFO)
    yield text
    root.removeHandler(handler)
    root.setLevel(before[0])
    access.setLevel(before[1])


def test_a_line_a_request(make_world: Callable[..., World], log: io.StringIO) -> None:
    """Method, path with ids, status, milliseconds, the owner's short name."""
    world = make_world()
    ada = world.client("ada")
    file = upload(ada).json()["id"]
    ada.get(f"/v1/files/{file}")
    world.client().get("/v1/models")
    lines = [line for line in log.getvalue().splitlines() if " /v1/" in line]
    assert lines[1].startswith(f"INFO GET /v1/files/{file} 200 ")
    assert lines[1].endswith(" ms own_ada")
    assert lines[2].startswith("INFO GET /v1/models 401 ")
    assert lines[2].endswith(" ms -")


def test_no_key_and_no_content(make_world: Callable[..., World], log: io.StringIO) -> None:
    """Wherever somebody puts them: header, path, query, body, file name, a form."""
    world = make_world()
    ada = world.client("ada")
    ada.post("/v1/chat/completions", json=CHAT)
    ada.post("/v1/chat/completions", json={**CHAT, "stream": True})
    ada.post("/v1/responses", json={"model": "nano-2026-11", "input": SECRET, "max_output_tokens": 16})
    ada.post("/v1/chat/completions", content=f'{{"messages": "{SECRET}"'.encode())
    ada.post("/v1/files", files={"file": (f"{SECRET}.jsonl", SECRET.encode())}, data={"purpose": "fine-tune"})
    ada.get("/v1/fine_tuning/jobs", params={"metadata[k]": SECRET})
    ada.get(f"/v1/files/{KEYS['ada']}")
    ada.get("/v1/models/a%0AINFO%20made%20up")
    world.client().post("/", data={"key": KEYS["ada"]})
    world.client().post("/join", data={"code": SECRET, "name": SECRET})
    text = log.getvalue()
    assert len(text.splitlines()) >= 10
    assert SECRET not in text
    assert "sk-sandbox" not in text
    assert "\nINFO made up" not in text


def test_a_failure_tells_where_and_not_what(make_world: Callable[..., World], log: io.StringIO) -> None:
    """An error within a route is logged by its kind and its places; what it says stays out."""
    world = make_world()

    async def broken(request: Request) -> Response:
        raise RuntimeError(f"cannot read {SECRET} of {KEYS['ada']}")

    mount = world.service.sandbox.app.routes[0]
    inner: Router = mount.app  # type: ignore[attr-defined]
    inner.routes.insert(0, Route("/broken", broken))
    response = world.client("ada").get("/v1/broken")
    assert response.status_code == 500
    assert SECRET not in response.text
    text = log.getvalue()
    assert "RuntimeError" in text
    assert "in broken" in text
    assert SECRET not in text
    assert "sk-sandbox" not in text
