"""What one key may have: each limit is reached, says so in the service's shape, and holds for nobody else."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest

from ftwidgets.server.quotas import Limits

from .conftest import LINES, World, upload

BASE = "nano-2026-11"
CHAT = {"model": BASE, "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 4}


def refusal(response: httpx2.Response, status: int, code: str) -> str:
    """Return the message of a refusal in the envelope."""
    assert response.status_code == status, response.text
    error = response.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["code"] == code
    return str(error["message"])


def test_a_declared_body_is_refused_at_once(make_world: Callable[..., World]) -> None:
    """413 before anything is read, also for a teacher; what is not an upload may be less."""
    world = make_world(limits=Limits(body=2000, text=500))
    for who in ("ada", "teacher"):
        client = world.client(who)
        assert "2000 bytes" in refusal(upload(client, LINES * 3), 413, "request_too_large")
        long = {**CHAT, "messages": [{"role": "user", "content": "x" * 600}]}
        assert "500 bytes" in refusal(client.post("/v1/chat/completions", json=long), 413, "request_too_large")
        assert upload(client, LINES).status_code == 200


def test_a_body_without_a_length_is_refused_while_it_is_read(make_world: Callable[..., World]) -> None:
    """Nothing beyond the limit is taken, however much is still to come."""
    world = make_world(limits=Limits(body=100_000, text=1000))
    taken = 0

    def endless() -> Iterator[bytes]:
        nonlocal taken
        yield b'{"messages": "'
        while True:
            taken += 1000
            yield b"x" * 1000

    app, sent = world.service.app, []

    async def ask(scope: Any, receive: Any, send: Any) -> None:
        """Hand the request on without its length, piece by piece, as a server would."""
        pieces = endless()

        async def piece() -> dict[str, Any]:
            return {"type": "http.request", "body": next(pieces), "more_body": True}

        async def kept(message: Any) -> None:
            sent.append(message)
            await send(message)

        headers = [pair for pair in scope["headers"] if pair[0] != b"content-length"]
        await app({**scope, "headers": headers}, piece, kept)

    response = world.client("ada", app=ask).post("/v1/chat/completions", json={})
    refusal(response, 413, "request_too_large")
    assert taken <= 2000


def test_files_and_bytes(make_world: Callable[..., World]) -> None:
    """So many files, so many bytes, parts of uploads among them; a deleted file makes room; others have their own room."""
    world = make_world(limits=Limits(files=2, stored=3 * len(LINES) + 1000))
    ada, bob = world.client("ada"), world.client("bob")
    first = upload(ada).json()["id"]
    assert "bytes" in refusal(upload(ada, LINES * 3), 403, "storage_limit_exceeded")
    assert upload(ada).status_code == 200
    assert "2 files" in refusal(upload(ada), 403, "storage_limit_exceeded")
    ask = {"filename": "r.jsonl", "bytes": len(LINES), "mime_type": "text/plain", "purpose": "fine-tune"}
    refusal(ada.post("/v1/uploads", json=ask), 403, "storage_limit_exceeded")
    assert upload(bob).status_code == 200
    assert ada.delete(f"/v1/files/{first}").status_code == 200
    opened = ada.post("/v1/uploads", json=ask).json()["id"]
    parts = f"/v1/uploads/{opened}/parts"
    assert ada.post(parts, files={"data": ("data", LINES)}).status_code == 200
    assert ada.post(parts, files={"data": ("data", LINES)}).status_code == 200
    refusal(ada.post(parts, files={"data": ("data", LINES)}), 403, "storage_limit_exceeded")
    refusal(upload(ada), 403, "storage_limit_exceeded")
    assert upload(world.client("teacher"), LINES * 4).status_code == 200


def test_an_upload_has_the_place_of_its_file(make_world: Callable[..., World]) -> None:
    """Uploads that are not complete count as files; whoever has the last place completes it, and giving up makes room."""
    world = make_world(limits=Limits(files=1))
    ada = world.client("ada")
    ask = {"filename": "r.jsonl", "bytes": len(LINES), "mime_type": "text/plain", "purpose": "fine-tune"}
    given_up = ada.post("/v1/uploads", json=ask).json()["id"]
    assert "client.uploads.cancel" in refusal(ada.post("/v1/uploads", json=ask), 403, "storage_limit_exceeded")
    refusal(upload(ada), 403, "storage_limit_exceeded")
    assert ada.post(f"/v1/uploads/{given_up}/cancel").status_code == 200
    opened = ada.post("/v1/uploads", json=ask).json()["id"]
    part = ada.post(f"/v1/uploads/{opened}/parts", files={"data": ("data", LINES)}).json()["id"]
    assert ada.post(f"/v1/uploads/{opened}/complete", json={"part_ids": [part]}).status_code == 200
    refusal(ada.post("/v1/uploads", json=ask), 403, "storage_limit_exceeded")


@pytest.mark.parametrize("end", ["%0A", "%0D", "%00", "%E2%80%A8"])
@pytest.mark.parametrize("slashes", ["/", "//"])
def test_no_spelling_of_a_path_gets_by_the_limits(make_world: Callable[..., World], slashes: str, end: str) -> None:
    """A path that is almost a route's is none; otherwise `//chat/completions%0A` would be answered and never counted."""
    world = make_world(limits=Limits(tokens=1, files=0, jobs=0))
    world.service.users.add_tokens("own_ada", 1)
    ada = world.client("ada")
    asks: dict[str, dict[str, Any]] = {
        "chat/completions": {"json": CHAT},
        "fine_tuning/jobs": {"json": {"model": BASE, "training_file": "file-x"}},
        "files": {"files": {"file": ("rows.jsonl", LINES)}, "data": {"purpose": "fine-tune"}},
    }
    for route, ask in asks.items():
        response = ada.post(f"/v1{slashes}{route}{end}", **ask)
        assert response.status_code == 404, response.text
        assert response.json()["error"]["type"] == "invalid_request_error"
    assert ada.get("/v1/files").json()["data"] == []


def test_unfinished_jobs(make_world: Callable[..., World]) -> None:
    """429 in the service's words where there are too many; one that ends makes room."""
    world = make_world(limits=Limits(jobs=1))
    ada, bob = world.client("ada"), world.client("bob")
    asks = {who: {"model": BASE, "training_file": upload(who).json()["id"], "seed": 1} for who in (ada, bob)}
    job = ada.post("/v1/fine_tuning/jobs", json=asks[ada]).json()["id"]
    message = refusal(ada.post("/v1/fine_tuning/jobs", json=asks[ada]), 429, "rate_limit_exceeded")
    assert message.startswith("This fine-tune request has been rate-limited.")
    assert bob.post("/v1/fine_tuning/jobs", json=asks[bob]).status_code == 200
    assert ada.post(f"/v1/fine_tuning/jobs/{job}/cancel").status_code == 200
    again = ada.post("/v1/fine_tuning/jobs", json=asks[ada])
    assert again.status_code == 200
    ada.post(f"/v1/fine_tuning/jobs/{again.json()['id']}/cancel")


def test_models_are_bounded(make_world: Callable[..., World]) -> None:
    """The tuned models of so many jobs are kept; whoever wants more deletes some first."""
    world = make_world(limits=Limits(models=1))
    ada = world.client("ada")
    settings = {"n_epochs": 1, "batch_size": 10}
    ask = {"model": BASE, "training_file": upload(ada).json()["id"], "hyperparameters": settings}
    job = ada.post("/v1/fine_tuning/jobs", json=ask).json()
    until = time.monotonic() + 60
    while job["status"] != "succeeded" and time.monotonic() < until:
        time.sleep(0.05)
        job = ada.get(f"/v1/fine_tuning/jobs/{job['id']}").json()
    assert "client.models.delete" in refusal(ada.post("/v1/fine_tuning/jobs", json=ask), 403, "storage_limit_exceeded")
    assert ada.delete(f"/v1/models/{job['fine_tuned_model']}").status_code == 200
    again = ada.post("/v1/fine_tuning/jobs", json=ask)
    assert again.status_code == 200
    ada.post(f"/v1/fine_tuning/jobs/{again.json()['id']}/cancel")


@pytest.mark.parametrize("stream", [False, True])
def test_tokens(make_world: Callable[..., World], stream: bool) -> None:
    """What is written counts, whole or streamed; beyond the limit no more is written or trained."""
    world = make_world(limits=Limits(tokens=8))
    ada = world.client("ada")
    for _ in range(2):
        response = ada.post("/v1/chat/completions", json={**CHAT, "stream": stream, "temperature": 0})
        assert response.status_code == 200
    assert 2 <= count_beyond(world, "own_ada", 1) <= 8
    world.service.users.add_tokens("own_ada", 8)
    for path, body in (("/v1/chat/completions", CHAT), ("/v1/responses", {"model": BASE, "input": "Hello"})):
        message = refusal(ada.post(path, json=body), 429, "insufficient_quota")
        assert message.startswith("You exceeded your current quota, please check your plan and billing details.")
    file = upload(ada).json()["id"]
    refusal(ada.post("/v1/fine_tuning/jobs", json={"model": BASE, "training_file": file}), 429, "insufficient_quota")
    assert world.client("bob").post("/v1/chat/completions", json=CHAT).status_code == 200


def test_the_count_is_the_usage(make_world: Callable[..., World]) -> None:
    """A streamed answer counts about as much as the same one whole."""
    world = make_world()
    ask = {**CHAT, "max_tokens": 12, "temperature": 0}
    whole = world.client("ada").post("/v1/chat/completions", json=ask).json()["usage"]["completion_tokens"]
    assert count_beyond(world, "own_ada", 0) == whole
    assert world.client("bob").post("/v1/chat/completions", json={**ask, "stream": True}).status_code == 200
    streamed = count_beyond(world, "own_bob", 0)
    assert abs(streamed - whole) <= 2
    ask = {"model": BASE, "input": "Hello", "max_output_tokens": 16, "stream": True}
    assert world.client("bob").post("/v1/responses", json=ask).status_code == 200
    assert count_beyond(world, "own_bob", streamed) > streamed


def count_beyond(world: World, owner: str, known: int) -> int:
    """Return an owner's tokens once there are more: they are counted when an answer is over, which its reader may see first."""
    until = time.monotonic() + 10
    while world.service.users.tokens_written(owner) <= known and time.monotonic() < until:
        time.sleep(0.01)
    return world.service.users.tokens_written(owner)


def test_requests_a_minute(make_world: Callable[..., World]) -> None:
    """429 with the time to wait, in both headers; other keys have their own minute."""
    world = make_world(limits=Limits(requests=3))
    ada = world.client("ada")
    assert [ada.get("/v1/models").status_code for _ in range(4)] == [200, 200, 200, 429]
    last = ada.get("/v1/models")
    assert "Please try again in" in refusal(last, 429, "rate_limit_exceeded")
    assert 0 < int(last.headers["retry-after-ms"]) <= 20_000
    assert 1 <= int(last.headers["retry-after"]) <= 20
    assert last.headers["x-should-retry"] == "true"
    assert world.client("bob").get("/v1/models").status_code == 200


def test_what_is_on_its_way_counts(make_world: Callable[..., World]) -> None:
    """Many jobs at once get no further than one after another."""
    from concurrent.futures import ThreadPoolExecutor

    world = make_world(limits=Limits(jobs=2))
    ada = world.client("ada")
    ask = {"model": BASE, "training_file": upload(ada).json()["id"], "hyperparameters": {"n_epochs": 50}}
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: ada.post("/v1/fine_tuning/jobs", json=ask), range(8)))
    made = [response.json()["id"] for response in found if response.status_code == 200]
    assert len(made) == 2
    for job in made:
        ada.post(f"/v1/fine_tuning/jobs/{job}/cancel")
