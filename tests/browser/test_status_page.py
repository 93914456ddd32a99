"""The status page of `ftwidgets serve` in a real browser: by axe and by measure, on a phone, by day and by night."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ftwidgets.sandbox.store.records import EventRecord, JobRecord
from ftwidgets.server.connections import listen, make_server
from ftwidgets.server.page_routes import Branding
from ftwidgets.server.service import SandboxService, ServerConfig

from . import lab
from .look import WCAG, load_axe
from .test_check_report import RUN_AXE

pytestmark = pytest.mark.browser

KEY = "sk-sandbox-ada-0123456789"
NAMES = ["Ada Lovelace", "Bob", "Chị Nguyễn Thị Minh Khai", "A-name-without-any-blank-quite-long", "<Eve>"]

STATES = [(0, "succeeded"), (1, "failed"), (2, "cancelled"), (3, "running"), (4, "running"), (0, "queued"), (1, "queued")]
STATES += [(2, "queued"), (3, "validating_files"), (4, "paused")]


class Class:
    """A served class with jobs in every state.

    Parameters
    ----------
    home
        Its state folder.
    """

    def __init__(self, home: Path) -> None:
        self.service = SandboxService(ServerConfig(home, workers=0, branding=Branding("Class 3b", "ABCD-2345")))
        self.store = self.service.sandbox.store
        users = self.service.users
        self.owners = []
        for name in NAMES:
            user = users.find_by_key(users.join(name))
            assert user is not None
            self.owners.append(user.owner)
        users.add_temporary(KEY, owner=self.owners[0], name=NAMES[0], admin=False)
        taken, up = listen("127.0.0.1", 0), threading.Event()
        self.address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        self._server = make_server(self.service.app, started=up.set)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [taken]})
        self._thread.start()
        assert up.wait(20)

    def fill(self) -> None:
        """Put in jobs: two train, four wait, one rests, three have ended."""
        now = time.time()
        for number, (owner, status) in enumerate(STATES):
            self.add(number, self.owners[owner], status, now)

    def add(self, number: int, owner: str, status: str, now: float) -> None:
        """Put in one job, and a step of it if it trains."""
        over = status in ("succeeded", "failed", "cancelled")
        job = JobRecord(
            id=f"ftjob-{number}",
            owner=owner,
            created_at=int(now) - 200,
            model="nano-2026-11",
            training_file="file-none",
            validation_file=None,
            suffix=None,
            seed=1,
            hyperparameters={"n_epochs": "auto"},
            status=status,
            started_at=now - 150 if over or status == "running" else None,
            finished_at=int(now) - 105 if over else None,
            estimated_finish=int(now) + 600 + number if status == "running" else None,
        )
        self.store.db.insert(job)
        if status == "running":
            data = {"step": 10 * number, "total_steps": 120}
            event = EventRecord(id=f"e{number}", job_id=job.id, created_at=0, message="", data=data, step=10 * number)
            self.store.db.insert(event)

    def close(self) -> None:
        """Stop."""
        self._server.should_exit = True
        self._thread.join(30)
        self.service.close()


@pytest.fixture(scope="module")
def shown() -> Iterator[Any]:
    """A page, without a JupyterLab."""
    with lab.page() as page:
        yield page


@pytest.fixture(scope="module")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Class]:
    """A class in which much goes on."""
    opened = Class(tmp_path_factory.mktemp("class"))
    opened.fill()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Class]:
    """A class in which nothing goes on yet."""
    opened = Class(tmp_path_factory.mktemp("quiet"))
    yield opened
    opened.close()


def sign_in(shown: Any, lesson: Class) -> None:
    """Show the key, as somebody would, with the keyboard alone."""
    shown.context.clear_cookies()
    shown.goto(lesson.address)
    shown.keyboard.press("Tab")
    shown.keyboard.type(KEY)
    shown.keyboard.press("Enter")
    shown.wait_for_selector("table")


@pytest.mark.parametrize("name", ["lesson", "quiet", "door", "join"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1300, 360, 320])
def test_it_fits_and_passes_axe(
    shown: Any, lesson: Class, quiet: Class, tmp_path: Path, name: str, scheme: str, width: int
) -> None:
    """No violation that axe knows, best practices included; nothing sticks out; nothing is asked of any other address."""
    where = quiet if name == "quiet" else lesson
    shown.emulate_media(color_scheme=scheme)
    shown.set_viewport_size({"width": width, "height": 760})
    asked: list[str] = []
    shown.on("request", lambda request: asked.append(request.url))
    if name in ("lesson", "quiet"):
        sign_in(shown, where)
    else:
        shown.context.clear_cookies()
        shown.goto(where.address + ("/join" if name == "join" else "/"))
    assert [url for url in asked if not url.startswith(where.address)] == []
    assert shown.evaluate("document.documentElement.scrollWidth") == width
    load_axe(shown)
    assert shown.evaluate(RUN_AXE, [*WCAG, "best-practice"]) == []
    shown.screenshot(path=tmp_path / f"{name}_{scheme}_{width}.png", full_page=True)


def test_it_tells_who_trains_and_who_waits(shown: Any, lesson: Class) -> None:
    """Names, progress, places in the queue with the time to wait, states in words; one's own name is marked."""
    sign_in(shown, lesson)
    tables = {table.locator("caption").inner_text().split("\n")[0]: table for table in shown.locator("table").all()}
    training = tables["Training"].inner_text()
    assert "step 30 of 120" in training
    assert "left" in training
    waiting = tables["Waiting"].locator("tbody tr").all_inner_texts()
    assert len(waiting) == 4
    assert waiting[0].startswith("1")
    assert "Ada Lovelace (you)" in " ".join(waiting)
    assert "in about" in waiting[0]
    assert "checking files" in waiting[3]
    assert "<Eve>" in tables["Paused"].inner_text()
    ended = " ".join(table.inner_text() for name, table in tables.items() if name.startswith("Ended"))
    assert all(state in ended for state in ("succeeded", "failed", "cancelled"))
    assert KEY not in shown.content()


def test_it_follows_what_happens_until_it_is_stopped(shown: Any, quiet: Class) -> None:
    """A job that comes in appears without a reload; the button stops that, by keyboard too, and says so."""
    sign_in(shown, quiet)
    assert "Nobody is waiting." in shown.inner_text("main")
    quiet.add(90, quiet.owners[1], "queued", time.time())
    shown.locator("main", has_text="Bob").wait_for(timeout=15000)  # the page's policy lets no function be polled
    assert "Updated at" in shown.inner_text("#updated")
    shown.get_by_role("button", name="Stop updating").focus()
    shown.keyboard.press("Enter")
    assert shown.get_by_role("button", name="Go on updating").is_visible()
    assert shown.inner_text("#updated") == "Stopped."
    quiet.add(91, quiet.owners[2], "queued", time.time())
    shown.wait_for_timeout(6000)  # longer than between two updates
    assert "Minh" not in shown.inner_text("main")


def test_joining_by_hand(shown: Any, lesson: Class) -> None:
    """Code and name give a key and lines to copy; the status page is open then."""
    shown.context.clear_cookies()
    shown.set_viewport_size({"width": 360, "height": 760})
    shown.goto(f"{lesson.address}/join")
    shown.get_by_label("Join code").fill("abcd2345")
    shown.get_by_label("Your name").fill("Grace")
    shown.get_by_role("button", name="Give me a key").click()
    lines = shown.locator("pre").inner_text()
    assert f'base_url="{lesson.address}/v1"' in lines
    assert shown.evaluate("document.documentElement.scrollWidth") == 360
    load_axe(shown)
    assert shown.evaluate(RUN_AXE, [*WCAG, "best-practice"]) == []
    shown.get_by_role("link", name="See whose jobs are training").click()
    assert "Class 3b" in shown.inner_text("h1")
