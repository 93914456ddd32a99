"""Nobody sees, uses or changes what somebody else has: every route, with another's ids."""

import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import httpx2
import pytest
from starlette.routing import BaseRoute, Mount, Route

from .conftest import LINES, World, upload

BASE = "nano-2026-11"
TALK = [{"role": "user", "content": "a secret of Ada's"}]
GRADER = {"type": "string_check", "name": "same", "operation": "eq", "input": "{{sample.output_text}}", "reference": "a"}

# Each route with what another's ids can be put into: the query, or the body. `None` in place of a body: there is none.
# A name in braces stands for an id of Ada's: file, upload, part, job, event, point, model, snapshot, grant, chat, response.
CASES: dict[str, list[tuple[str, Any]]] = {
    "POST /v1/files": [],
    "GET /v1/files": [("?after={file}", None)],
    "GET /v1/files/{id}": [("{file}", None)],
    "DELETE /v1/files/{id}": [("{file}", None)],
    "GET /v1/files/{id}/content": [("{file}", None)],
    "POST /v1/uploads": [],
    "POST /v1/uploads/{id}/parts": [("{upload}", "part")],
    "POST /v1/uploads/{id}/complete": [("{upload}", {"part_ids": ["{part}"]}), ("{own_upload}", {"part_ids": ["{part}"]})],
    "POST /v1/uploads/{id}/cancel": [("{upload}", None)],
    "POST /v1/fine_tuning/jobs": [
        ("", {"model": BASE, "training_file": "{file}"}),
        ("", {"model": BASE, "training_file": "{own_file}", "validation_file": "{file}"}),
        ("", {"model": "{model}", "training_file": "{own_file}"}),
        ("", {"model": "{snapshot}", "training_file": "{own_file}"}),
    ],
    "GET /v1/fine_tuning/jobs": [("?after={job}", None)],
    "GET /v1/fine_tuning/jobs/{id}": [("{job}", None)],
    "POST /v1/fine_tuning/jobs/{id}/cancel": [("{job}", None), ("{open_job}", None)],
    "POST /v1/fine_tuning/jobs/{id}/pause": [("{job}", None), ("{open_job}", None)],
    "POST /v1/fine_tuning/jobs/{id}/resume": [("{job}", None), ("{open_job}", None)],
    "GET /v1/fine_tuning/jobs/{id}/events": [("{job}", None), ("{own_job}?after={event}", None)],
    "GET /v1/fine_tuning/jobs/{id}/checkpoints": [("{job}", None), ("{own_job}?after={point}", None)],
    "POST /v1/fine_tuning/checkpoints/{name:path}/permissions": [("{snapshot}", {"project_ids": ["own_bob"]})],
    "GET /v1/fine_tuning/checkpoints/{name:path}/permissions": [("{snapshot}", None)],
    "DELETE /v1/fine_tuning/checkpoints/{name:path}/permissions/{id}": [("{snapshot}/{grant}", None)],
    "GET /v1/models": [],
    "GET /v1/models/{name:path}": [("{model}", None), ("{snapshot}", None)],
    "DELETE /v1/models/{name:path}": [("{model}", None), ("{snapshot}", None)],
    "POST /v1/chat/completions": [
        ("", {"model": "{model}", "messages": TALK, "max_tokens": 2}),
        ("", {"model": "{snapshot}", "messages": TALK, "max_tokens": 2}),
        ("", {"model": "{model}", "messages": TALK, "max_tokens": 2, "stream": True}),
    ],
    "GET /v1/chat/completions": [("?after={chat}", None), ("?model={model}", None)],
    "GET /v1/chat/completions/{id}": [("{chat}", None)],
    "POST /v1/chat/completions/{id}": [("{chat}", {"metadata": {"mine": "now"}})],
    "DELETE /v1/chat/completions/{id}": [("{chat}", None)],
    "GET /v1/chat/completions/{id}/messages": [("{chat}", None)],
    "POST /v1/responses": [
        ("", {"model": "{model}", "input": "hello", "max_output_tokens": 16}),
        ("", {"model": BASE, "input": "hello", "max_output_tokens": 16, "previous_response_id": "{response}"}),
    ],
    "GET /v1/responses/{id}": [("{response}", None)],
    "DELETE /v1/responses/{id}": [("{response}", None)],
    "POST /v1/responses/{id}/cancel": [("{response}", None)],
    "GET /v1/responses/{id}/input_items": [("{response}", None)],
    "POST /v1/fine_tuning/alpha/graders/run": [],
    "POST /v1/fine_tuning/alpha/graders/validate": [],
    "GET /admin/faults": [],
    "PUT /admin/faults": [],
    "DELETE /admin/faults": [],
    "GET /admin/journal": [],
    "GET /admin/verdict": [],
}
LISTS = ("/v1/files", "/v1/fine_tuning/jobs", "/v1/models", "/v1/chat/completions")


def every_route(routes: Sequence[BaseRoute], before: str = "") -> Iterator[str]:
    """Name the routes of an application."""
    for route in routes:
        if isinstance(route, Mount):
            yield from every_route(route.routes, before + route.path)
        else:
            assert isinstance(route, Route)
            yield from (f"{method} {before}{route.path}" for method in (route.methods or set()) - {"HEAD"})


def good(response: httpx2.Response) -> dict[str, Any]:
    """Return what was answered, which must be no error."""
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def trained(client: httpx2.Client, **wanted: Any) -> dict[str, Any]:
    """Train a job to its end."""
    settings = {"n_epochs": 2, "batch_size": 5}
    job = good(client.post("/v1/fine_tuning/jobs", json={"model": BASE, "hyperparameters": settings, **wanted}))
    until = time.monotonic() + 60
    while job["status"] not in ("succeeded", "failed") and time.monotonic() < until:
        time.sleep(0.05)
        job = good(client.get(f"/v1/fine_tuning/jobs/{job['id']}"))
    assert job["status"] == "succeeded", job
    return job


@pytest.fixture(scope="module")
def world(make_world: Callable[..., World]) -> World:
    """Return a server that Ada has used in every way."""
    return make_world()


@pytest.fixture(scope="module")
def ids(world: World) -> dict[str, str]:
    """Return one id of each kind of Ada's, and a file, a job and an upload of Bob's own."""
    ada, bob = world.client("ada"), world.client("bob")
    found: dict[str, str] = {}
    for who, prefix in ((ada, ""), (bob, "own_")):
        file = good(upload(who))["id"]
        job = trained(who, training_file=file, seed=7, metadata={"of": "Ada"} if who is ada else {})
        ask = {"filename": "rows.jsonl", "bytes": len(LINES), "mime_type": "text/plain", "purpose": "fine-tune"}
        opened = good(who.post("/v1/uploads", json=ask))["id"]
        part = good(who.post(f"/v1/uploads/{opened}/parts", files={"data": ("data", LINES)}))["id"]
        found |= {f"{prefix}file": file, f"{prefix}job": job["id"], f"{prefix}upload": opened, f"{prefix}part": part}
        found[f"{prefix}model"] = job["fine_tuned_model"]
    at_job = f"/v1/fine_tuning/jobs/{found['job']}"
    found["event"] = good(ada.get(f"{at_job}/events"))["data"][0]["id"]
    point = good(ada.get(f"{at_job}/checkpoints"))["data"][-1]
    found |= {"point": point["id"], "snapshot": point["fine_tuned_model_checkpoint"]}
    granting = f"/v1/fine_tuning/checkpoints/{found['snapshot']}/permissions"
    found["grant"] = good(ada.post(granting, json={"project_ids": ["own_carol"]}))["data"][0]["id"]
    chat = {"model": found["model"], "messages": TALK, "max_tokens": 3, "store": True, "metadata": {"of": "Ada"}}
    found["chat"] = good(ada.post("/v1/chat/completions", json=chat))["id"]
    ask = {"model": found["model"], "input": "a secret of Ada's", "max_output_tokens": 16}
    found["response"] = good(ada.post("/v1/responses", json=ask))["id"]
    waiting = good(ada.post("/v1/fine_tuning/jobs", json={"model": BASE, "training_file": found["file"], "seed": 8}))["id"]
    found["open_job"] = waiting
    return found


def test_every_route_has_its_cases(world: World) -> None:
    """A route that is added without a case fails here."""
    assert sorted(every_route(world.service.sandbox.app.routes)) == sorted(CASES)


def unknown(id_: str) -> str:
    """Make an id of the same shape that nothing has."""
    head, tail = id_[:-8], id_[-8:]
    if ":ckpt-step-" in id_:
        head, tail = id_.split(":ckpt-step-")[0][:-8], "zzzzzzzz:ckpt-step-1"
        return head + tail
    return head + "".join("z" if letter.isalnum() else letter for letter in tail)


def filled(value: Any, names: dict[str, str]) -> Any:
    """Put ids into a path or a body."""
    if isinstance(value, str):
        return re.sub(r"\{(\w+)\}", lambda found: names[found[1]], value)
    if isinstance(value, dict):
        return {key: filled(item, names) for key, item in value.items()}
    return [filled(item, names) for item in value] if isinstance(value, list) else value


def send(client: httpx2.Client, route: str, rest: str, body: Any, names: dict[str, str]) -> tuple[int, str, str]:
    """Ask, and give status, body and the headers that could tell something, with the ids taken out."""
    method, path = route.split(" ")
    parameters = re.findall(r"\{[\w:]+\}", path)
    given = rest.split("?")[0].split("/") if parameters else []
    for parameter, one in zip(parameters, given, strict=True):
        path = path.replace(parameter, filled(one, names), 1)
    path += filled("?" + rest.split("?")[1], names) if "?" in rest else ""
    if body == "part":
        response = client.request(method, path, files={"data": ("data", LINES)})
    else:
        response = client.request(method, path, json=None if body is None else filled(body, names))
    text = response.text
    for name, id_ in sorted(names.items(), key=lambda item: -len(item[1])):  # a model's name begins its checkpoints' names
        text = text.replace(id_, f"<{name}>")
    kept = {name: value for name, value in response.headers.items() if name in ("content-type", "x-should-retry", "allow")}
    return response.status_code, text, json.dumps(kept)


ALL = [(route, rest, body) for route, cases in CASES.items() for rest, body in cases]
ALL.sort(key=lambda case: case[0].startswith("DELETE"))  # last: a deletion that works would hide what comes after it


@pytest.mark.parametrize(("route", "rest", "body"), ALL)
def test_anothers_ids_are_as_good_as_none(world: World, ids: dict[str, str], route: str, rest: str, body: Any) -> None:
    """Bob gets the same rejection for what Ada has as for what does not exist."""
    bob = world.client("bob")
    theirs = {name for name in ids if not name.startswith("own_")}
    nothing = {name: unknown(id_) if name in theirs else id_ for name, id_ in ids.items()}
    of_ada, of_nobody = (send(bob, route, rest, body, names) for names in (ids, nothing))
    assert of_ada == of_nobody
    lists_by_name = route == "GET /v1/chat/completions" and "model" in rest
    assert of_ada[0] == 200 if lists_by_name else 400 <= of_ada[0] < 500
    assert "secret" not in of_ada[1]


@pytest.mark.parametrize("path", LISTS)
def test_lists_hold_ones_own_only(world: World, ids: dict[str, str], path: str) -> None:
    """No id of Ada's is in a list of Bob's; hers are in her own."""
    theirs = [id_ for name, id_ in ids.items() if not name.startswith("own_")]
    of_bob, of_ada = (world.client(name).get(path).text for name in ("bob", "ada"))
    assert [id_ for id_ in theirs if f'"{id_}"' in of_bob] == []
    assert any(f'"{id_}"' in of_ada for id_ in theirs)


@pytest.mark.parametrize("route", [route for route in CASES if " /admin/" in route])
def test_a_student_does_not_administrate(world: World, route: str) -> None:
    """The administration's routes are for the teacher."""
    method, path = route.split(" ")
    assert world.client("bob").request(method, path).status_code in (403, 404)


@pytest.mark.parametrize("path", ["/v1/fine_tuning/alpha/graders/run", "/v1/fine_tuning/alpha/graders/validate"])
def test_graders_have_no_ids(world: World, path: str) -> None:
    """What these two are given holds no id of anybody's, and they keep nothing."""
    body = {"grader": GRADER, **({"model_sample": "a"} if path.endswith("run") else {})}
    assert good(world.client("bob").post(path, json=body))


def test_nothing_of_hers_has_changed(world: World, ids: dict[str, str]) -> None:
    """After all that Bob has tried (above), Ada has what she had."""
    ada = world.client("ada")
    for name, path in {
        "file": "/v1/files/{}/content",
        "job": "/v1/fine_tuning/jobs/{}/events",
        "model": "/v1/models/{}",
        "snapshot": "/v1/models/{}",
        "response": "/v1/responses/{}",
        "chat": "/v1/chat/completions/{}",
    }.items():
        assert ada.get(path.format(ids[name])).status_code == 200, name
    assert good(ada.get(f"/v1/chat/completions/{ids['chat']}"))["metadata"] == {"of": "Ada"}
    assert good(ada.get(f"/v1/fine_tuning/jobs/{ids['open_job']}"))["status"] not in ("cancelled", "paused")
    complete = ada.post(f"/v1/uploads/{ids['upload']}/complete", json={"part_ids": [ids["part"]]})
    assert good(complete)["file"]["bytes"] == len(LINES)
