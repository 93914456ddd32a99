"""The pages for people: who sees the status page, what is on it, how one joins, what guessing gets."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ftwidgets.sandbox.clock import SystemClock
from ftwidgets.sandbox.ids import Ids
from ftwidgets.server.page_html import format_time, status_page
from ftwidgets.server.page_routes import LIFETIME, MAX_GUESSES, Branding, SessionCookies
from ftwidgets.server.status import JobStatus, ServerStatus, estimate_waits
from ftwidgets.server.users import UserRegistry
from ftwidgets.testing import ManualClock

from .conftest import BASE, KEYS, World, upload

CLASS = Branding("Class 3b <north>", "ABCD-2345")
NASTY = '<img src=x onerror="alert(1)">'


class Later(SystemClock):
    """A clock that a test puts forward."""

    ahead = 0.0

    def monotonic(self) -> float:
        """Return the seconds, with those that were added."""
        return super().monotonic() + self.ahead


@pytest.fixture
def lesson(make_world: Callable[..., World]) -> World:
    """Return a class that is joined by code."""
    return make_world(branding=CLASS)


def test_probes(lesson: World) -> None:
    """`/healthz` answers GET and HEAD without a key."""
    anybody = lesson.client()
    assert (anybody.get("/healthz").status_code, anybody.get("/healthz").text) == (200, "ok\n")
    assert anybody.head("/healthz").status_code == 200
    assert anybody.post("/healthz").status_code == 405
    assert anybody.get("/nothing").status_code == 404


def test_one_joins_with_code_and_name(lesson: World) -> None:
    """The key that is shown works, is shown once, and opens the status page too."""
    visitor = lesson.client()
    form = visitor.get("/join")
    assert form.status_code == 200
    assert "Class 3b &lt;north&gt;" in form.text
    joined = visitor.post("/join", data={"code": "abcd 2345", "name": "Zoë"})
    assert joined.status_code == 200
    key = re.search(r"sk-sandbox-\w{40}", joined.text)
    assert key
    assert f"{BASE}/v1" in joined.text
    assert joined.headers["cache-control"] == "no-store"
    assert visitor.get("/v1/models", headers={"Authorization": f"Bearer {key[0]}"}).status_code == 200
    assert "Zoë" not in lesson.client().get("/").text
    page = visitor.get("/")
    assert page.status_code == 200
    assert key[0] not in page.text
    taken = lesson.client().post("/join", data={"code": "ABCD-2345", "name": "ZOË"})
    assert (taken.status_code, "is taken" in taken.text) == (409, True)


def test_names_are_text(lesson: World) -> None:
    """A name with markup is shown as it was written."""
    lesson.client().post("/join", data={"code": CLASS.join_code, "name": NASTY})
    owner = next(user.owner for user in lesson.service.users.all())
    status = ServerStatus([JobStatus(owner, "running", 1, 3, 9.0)], [JobStatus(owner, "queued")], [], [], 1, 1, None, None)
    text = status_page(status, lesson.service.users.name_of, title="t", paused=True, nonce="n")
    assert "<img" not in text
    assert text.count("&lt;img") >= 2
    wrong = lesson.client().post("/join", data={"code": "wrong", "name": NASTY})
    assert "<img" not in wrong.text


def test_guessing_is_slow(make_world: Callable[..., World]) -> None:
    """After so many wrong codes even the right one has to wait; a minute later it is taken."""
    clock = Later()
    visitor = make_world(branding=CLASS, clock=clock).client()
    for _ in range(MAX_GUESSES):
        assert visitor.post("/join", data={"code": "ABCD-2346", "name": "Eve"}).status_code == 403
    late = visitor.post("/join", data={"code": CLASS.join_code, "name": "Eve"})
    assert late.status_code == 429
    assert 0 < int(late.headers["retry-after"]) <= 61
    assert visitor.post("/", data={"key": KEYS["ada"]}).status_code == 429
    clock.ahead = 61
    assert visitor.post("/join", data={"code": CLASS.join_code, "name": "Eve"}).status_code == 200


def test_a_class_shows_its_page_to_the_class(lesson: World) -> None:
    """Without a key there is a form; with one a cookie that scripts cannot read; a made-up cookie opens nothing."""
    visitor = lesson.client()
    assert (visitor.get("/").status_code, "Your key" in visitor.get("/").text) == (403, True)
    assert visitor.post("/", data={"key": "sk-sandbox-nobody-has-this"}).status_code == 403
    signed = visitor.post("/", data={"key": KEYS["ada"]})
    assert (signed.status_code, signed.headers["location"]) == (303, "/")
    cookie = signed.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert f"Max-Age={LIFETIME}" in cookie
    assert KEYS["ada"] not in cookie
    assert visitor.get("/").status_code == 200
    for forged in ("own_ada.9999999999.00", "x", "own_ada.9999999999." + "é"):
        assert lesson.client().get("/", headers={"cookie": f"ftwidgets-status={forged}".encode()}).status_code == 403
    lesson.service.users.remove("own_ada")
    assert visitor.get("/").status_code == 403


def test_a_cookie_ends_with_its_time_and_with_its_server(tmp_path: Path) -> None:
    """It opens the page for twelve hours; changed in any place, or signed by another run, it opens nothing."""
    clock, users = ManualClock(), UserRegistry(tmp_path)
    users.add_temporary(KEYS["ada"], owner="own_ada", name="Ada", admin=False)
    users.add_temporary(KEYS["bob"], owner="own_bob", name="Bob", admin=False)
    cookies = SessionCookies(users, clock, Ids())
    value = cookies.make("own_ada")
    assert cookies.read(value) == users.get("own_ada")
    assert SessionCookies(users, clock, Ids()).read(value) is None
    assert cookies.read(value.replace("own_ada", "own_bob")) is None
    owner, made_at, signature = value.split(".")
    later = cookies.make("own_bob").split(".")[1][:-1] + "z"
    for forged in (f"{owner}.{later}.{signature}", f"{owner}.{signature}", f"{owner}.{made_at}.", owner, "", "..", value + "x"):
        assert cookies.read(forged) is None
    clock.advance(LIFETIME - 1)
    assert cookies.read(value) is not None
    clock.advance(2)
    assert cookies.read(value) is None
    users.close()


@pytest.mark.parametrize(
    ("host", "status"), [("localhost:8000", 200), ("127.0.0.1:1", 200), ("[::1]:9", 200), ("evil.example", 403)]
)
def test_ones_own_page_is_for_this_computer(make_world: Callable[..., World], host: str, status: int) -> None:
    """With one key the page is open, but not to another site's script that has its name point here (DNS rebinding)."""
    world = make_world(branding=Branding(open_to_all=True))
    assert world.client().get("/", headers={"host": host}).status_code == status


def test_nobody_joins_where_there_is_no_code(make_world: Callable[..., World]) -> None:
    """Without a join code there is no form, and no way around it."""
    visitor = make_world().client()
    assert visitor.get("/join").status_code == 404
    assert visitor.post("/join", data={"code": "", "name": "Eve"}).status_code == 404


def test_the_page_tells_names_and_states_only(lesson: World) -> None:
    """Who trains and who waits; no id, no key, no word of anybody's data, and nothing from elsewhere."""
    ada = lesson.client("ada")
    file = upload(ada).json()["id"]
    settings = {"n_epochs": 50, "batch_size": 1}
    jobs: list[Any] = []
    for seed in range(2):
        ask = {"model": "nano-2026-11", "training_file": file, "hyperparameters": settings, "seed": seed}
        jobs.append(ada.post("/v1/fine_tuning/jobs", json={**ask, "suffix": "private"}).json()["id"])
    visitor = lesson.client()
    visitor.post("/", data={"key": KEYS["bob"]})
    page = visitor.get("/")
    for job in jobs:
        ada.post(f"/v1/fine_tuning/jobs/{job}/cancel")
    assert "ada" in page.text
    for private in (file, *jobs, "private", "own_", "sk-", "What is", "rows.jsonl"):
        assert private not in page.text.split("<main>")[1]
    assert not re.findall(r"(?:src|href)=.https?:", page.text)
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_waits_are_given_out_in_order() -> None:
    """Two workers, one free in 4 s and one at once, jobs of 10 s: the first begins now, the second in 4 s, then 10 and 14."""
    assert estimate_waits([4.0], 4, 2, 10.0) == [0.0, 4.0, 10.0, 14.0]
    assert estimate_waits([None, 20.0], 2, 2, 10.0) == [5.0, 15.0]
    assert estimate_waits([], 2, 1, None) == [None, None]


@pytest.mark.parametrize(("seconds", "text"), [(0.2, "under 1 s"), (42, "42 s"), (120, "2 min"), (9000, "2.5 h")])
def test_times_read_well(seconds: float, text: str) -> None:
    """As people say them."""
    assert format_time(seconds) == text


@pytest.mark.parametrize("path", ["/", "/join"])
def test_a_form_of_another_shape_is_refused(lesson: World, path: str) -> None:
    """Too many fields are the sender's mistake, with a sentence, and no error of the server's."""
    answer = lesson.client().post(path, content="&".join(f"a{place}=1" for place in range(20)))
    assert answer.status_code == 400
    assert "more than 8 fields" in answer.text
