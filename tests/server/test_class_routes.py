"""What a teacher can do: look, pause, remove; and nobody else."""

import time
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from ftwidgets.sandbox.store.records import FileRecord, JobRecord, ModelRecord
from ftwidgets.server.page_routes import Branding

from .conftest import LINES, World, upload

BASE = "nano-2026-11"


def join(world: World, name: str) -> tuple[str, httpx2.Client]:
    """Join the class; give the owner and a client."""
    key = world.service.users.join(name)
    user = world.service.users.find_by_key(key)
    assert user is not None
    client = world.client()
    client.headers["Authorization"] = f"Bearer {key}"
    return user.owner, client


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/admin/class"),
        ("DELETE", "/admin/class"),
        ("POST", "/admin/class/pause"),
        ("POST", "/admin/class/resume"),
        ("DELETE", "/admin/class/students/own_bob"),
        ("POST", "/admin/class/students/own_bob/cancel"),
    ],
)
def test_students_do_not_teach(make_world: Callable[..., World], method: str, path: str) -> None:
    """To a student these routes do not exist; without a key they are 401; nothing happens."""
    world = make_world()
    assert world.client("ada").request(method, path).status_code == 404
    assert world.client().request(method, path).status_code == 401
    assert not world.service.users.paused


def test_a_paused_class_can_look_and_not_make(make_world: Callable[..., World]) -> None:
    """Everything new is refused by name, reading goes on; the teacher is not held up; resuming ends it."""
    world = make_world(branding=Branding("3b", "ABCD-2345"))
    ada, teacher = world.client("ada"), world.client("teacher")
    file = upload(ada).json()["id"]
    assert teacher.post("/admin/class/pause").json() == {"object": "class", "paused": True}
    refused = upload(ada)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "class_paused")
    chat = {"model": BASE, "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 1}
    assert ada.post("/v1/chat/completions", json=chat).status_code == 403
    assert ada.get(f"/v1/files/{file}").status_code == 200
    assert ada.post("/v1/fine_tuning/jobs/ftjob-none/cancel").status_code == 404  # giving up makes nothing new
    assert ada.delete(f"/v1/files/{file}").status_code == 200
    assert upload(teacher).status_code == 200
    teacher.post("/admin/class/resume")
    assert upload(ada).status_code == 200


def test_a_students_jobs_are_cancelled(make_world: Callable[..., World]) -> None:
    """A job that would take days is stopped by the teacher; files stay, and so do the jobs of others."""
    world = make_world()
    jobs: dict[str, str] = {}
    for who in ("ada", "bob"):
        client = world.client(who)
        ask = {"model": BASE, "training_file": upload(client).json()["id"], "hyperparameters": {"n_epochs": 50}}
        jobs[who] = client.post("/v1/fine_tuning/jobs", json={**ask, "seed": len(jobs)}).json()["id"]
    owner, teacher = "own_ada", world.client("teacher")
    answer = teacher.post(f"/admin/class/students/{owner}/cancel")
    assert answer.json() == {"id": owner, "object": "student", "cancelled": [jobs["ada"]]}
    assert world.client("ada").get(f"/v1/fine_tuning/jobs/{jobs['ada']}").json()["status"] == "cancelled"
    assert len(world.client("ada").get("/v1/files").json()["data"]) == 1
    assert world.client("bob").get(f"/v1/fine_tuning/jobs/{jobs['bob']}").json()["status"] != "cancelled"
    assert teacher.post(f"/admin/class/students/{owner}/cancel").json()["cancelled"] == []
    assert teacher.post("/admin/class/students/own_nobody/cancel").status_code == 404
    teacher.post("/admin/class/students/own_bob/cancel")


def test_the_class_is_listed(make_world: Callable[..., World]) -> None:
    """With names, what each has used, and no key."""
    world = make_world()
    owner, ada = join(world, "Ada")
    upload(ada)
    found = world.client("teacher").get("/admin/class").json()
    (student,) = found["students"]
    assert (student["id"], student["name"], student["files"], student["bytes"]) == (owner, "Ada", 1, len(LINES))
    assert "sk-" not in str(found)


def test_a_student_is_removed_with_everything(make_world: Callable[..., World]) -> None:
    """Records, bytes, models, also of a job that trains right now; their key is worth nothing; others keep all."""
    world = make_world()
    owner, ada = join(world, "Ada")
    _, bob = join(world, "Bob")
    kept = upload(bob).json()["id"]
    file = upload(ada).json()["id"]
    job = {"model": BASE, "training_file": file, "hyperparameters": {"n_epochs": 1, "batch_size": 10}}
    done = ada.post("/v1/fine_tuning/jobs", json=job).json()["id"]
    until = time.monotonic() + 60
    while ada.get(f"/v1/fine_tuning/jobs/{done}").json()["status"] != "succeeded" and time.monotonic() < until:
        time.sleep(0.05)
    long = {**job, "hyperparameters": {"n_epochs": 50, "batch_size": 1}, "seed": 3}
    going = ada.post("/v1/fine_tuning/jobs", json=long).json()["id"]
    while ada.get(f"/v1/fine_tuning/jobs/{going}").json()["status"] != "running" and time.monotonic() < until:
        time.sleep(0.02)
    chat = {"model": BASE, "messages": [{"role": "user", "content": "Remember me"}], "max_tokens": 1, "store": True}
    assert ada.post("/v1/chat/completions", json=chat).status_code == 200
    teacher = world.client("teacher")
    gone = teacher.delete(f"/admin/class/students/{owner}").json()
    assert (gone["deleted"], gone["records"] >= 4) == (True, True)
    assert ada.get("/v1/models").status_code == 401
    store, home = world.service.sandbox.store, world.service._config.home
    for kind in (FileRecord, JobRecord, ModelRecord):
        assert store.db.select(kind, "owner = ?", (owner,)) == []
    for table in ("events", "checkpoints"):
        assert store.db.value(f"SELECT count(*) FROM {table}") == 0
    while (any((home / "models").iterdir()) or any((home / "jobs").iterdir())) and time.monotonic() < until:
        time.sleep(0.05)
    assert [path for folder in ("models", "jobs") for path in Path(home / folder).iterdir()] == []
    assert [path.name for path in (home / "files").iterdir()] == [kept]
    assert bob.get(f"/v1/files/{kept}/content").content == LINES
    assert teacher.delete(f"/admin/class/students/{owner}").status_code == 404
    assert teacher.delete("/admin/class/students/own_teacher").status_code == 404


def test_a_class_is_removed(make_world: Callable[..., World]) -> None:
    """All students go; the teacher stays."""
    world = make_world()
    clients = [join(world, name)[1] for name in ("Ada", "Bob")]
    found = world.client("teacher").delete("/admin/class").json()
    assert [entry["deleted"] for entry in found["data"]] == [True, True]
    assert {client.get("/v1/models").status_code for client in clients} == {401}
    assert world.client("teacher").get("/admin/class").json()["students"] == []
