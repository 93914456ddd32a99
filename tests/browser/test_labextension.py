"""The JupyterLab extension in a real JupyterLab, before a server half whose answers each test decides."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from . import lab, look

pytestmark = pytest.mark.browser

OURS = re.compile(r"/ftwidgets/(overview|events|status|v1/)")
PANEL = "#ftwidgets-panel"
STATUS = ".ftw-lab-status"
SETTINGS = "ftwidgets-labextension:plugin"
MARKUP = '<img src=x onerror="window.harmed = true"> & <b>bold</b>'


def job(number: int, **facts: Any) -> dict[str, Any]:
    """Give a job as the server sends it."""
    return {
        **{"id": f"ftjob-{number}", "name": f"flowers {number}", "status": "running", "model": "nano-2026-11"},
        **{"tuned_model": None, "created_at": 1796059797, "finished_at": None, "step": 50, "total_steps": 80},
        "train": [[step, 2.4 / (1 + step / 8)] for step in range(1, 51, 2)],
        "valid": [[step, 2.5 / (1 + step / 10) + 0.1] for step in range(10, 51, 10)],
        **{"train_loss": 0.31, "valid_loss": 0.4, "seconds_left": 12.5, "waiting": None, "error": None},
        **facts,
    }


def ended(number: int, status: str, **facts: Any) -> dict[str, Any]:
    """Give a job that does not train any more."""
    return job(number, status=status, step=80, seconds_left=None, finished_at=1796059900, **facts)


def waiting(number: int, before: int) -> dict[str, Any]:
    """Give a job in the queue."""
    nothing: dict[str, Any] = {"train": [], "valid": [], "train_loss": None, "valid_loss": None, "seconds_left": None}
    return job(number, status="queued", step=0, waiting=before, **nothing)


JOBS = [
    waiting(5, 0),
    job(4),
    job(3, status="paused", step=20, seconds_left=None, name="seeds 13:40"),
    ended(2, "succeeded", tuned_model="ft:nano-2026-11:shop::2"),
    ended(1, "failed", train=[], valid=[], train_loss=None, valid_loss=None, error="Line 14: an answer is empty."),
]
TUNED = "ft:nano-2026-11:shop::2"
MODELS = [{"id": TUNED, "name": "flowers 2", "base": "nano-2026-11", "created_at": 1796059900, "job_id": "ftjob-2"}]


class ServerHalf:
    """Answers the page in place of the server half, and remembers what was asked for."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.jobs: list[dict[str, Any]] = []
        self.models: list[dict[str, Any]] = []
        self.failing: dict[str, int] = {}  # the status that a route answers with
        self.gone = False
        self.asked: list[str] = []
        page.route(OURS, self._answer)

    def _answer(self, route: Any) -> None:
        path = route.request.url.partition("/ftwidgets/")[2].partition("?")[0]
        self.asked.append(f"{route.request.method} {path}")
        overview = json.dumps({"version": "0.1.0", "home": "/h", "jobs": self.jobs, "models": self.models, "files": []})
        if self.gone:
            route.abort()
        elif path in self.failing:
            route.fulfill(status=self.failing[path], json={"error": {"message": "Job ftjob-4 has ended already."}})
        elif path == "events":
            route.fulfill(body=f"event: overview\ndata: {overview}\n\n", content_type="text/event-stream")
        else:
            route.fulfill(body=overview, content_type="application/json")

    def show(self, *jobs: dict[str, Any], models: list[dict[str, Any]] | None = None) -> None:
        """Let the server have these jobs, and the page see them at once."""
        self.jobs, self.models = list(jobs), models or []
        self.page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")  # it connects anew


@pytest.fixture(scope="module")
def jupyter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[lab.Lab]:
    """A JupyterLab with the extension as the repository has it, in a data folder of its own."""
    ours = lab.with_our_extension(tmp_path_factory.mktemp("data"))
    with lab.server(tmp_path_factory.mktemp("root"), kernel_env=ours) as running:
        yield running


@pytest.fixture(scope="module")
def opened(jupyter: lab.Lab, browser_page: Any) -> ServerHalf:
    """A page of JupyterLab with no notebook open, and the panel shown."""
    half = ServerHalf(browser_page)
    browser_page.lab = jupyter
    browser_page.goto(f"{jupyter.base}/lab?token={jupyter.token}&reset", wait_until="domcontentloaded")
    browser_page.wait_for_function("() => window.jupyterapp?.restored.then(() => true)")
    browser_page.evaluate("() => window.jupyterapp.commands.execute('ftwidgets:open-panel')")
    browser_page.locator(PANEL).wait_for()
    return half


@pytest.fixture
def half(opened: ServerHalf) -> Iterator[ServerHalf]:
    """The same page for each test, with no jobs at its start."""
    opened.failing.clear()
    opened.gone = False
    opened.show()
    for text in ("No jobs yet.", "No tuned models yet."):
        opened.page.locator(PANEL).get_by_text(text).wait_for()
    opened.asked.clear()
    opened.page.complaints.clear()
    yield opened
    opened.page.evaluate("() => window.jupyterapp.commands.execute('apputils:dismiss-notification', {})")
    assert opened.page.evaluate("() => window.harmed") is None
    opened.page.set_viewport_size({"width": 1300, "height": 900})
    lab.theme(opened.page, dark=False)


def row(half: ServerHalf, number: int) -> Any:
    return half.page.locator(f"{PANEL} li[data-id='ftjob-{number}']")


def drawn(half: ServerHalf, number: int) -> Any:
    """A row, once the browser has laid it out, which it does in the next frame (`content-visibility`)."""
    found = row(half, number)
    half.page.wait_for_function("row => row.innerText !== ''", arg=found.element_handle())
    return found


def faults(page: Any, selector: str = PANEL) -> list[str]:
    """What axe finds, and what does not fit into the panel."""
    look.load_axe(page)
    page.evaluate("selector => document.querySelector(`${selector} .ftw-lab-body`)?.scrollTo(0, 0)", selector)
    return [*page.evaluate(look.RUN_AXE, [selector, look.WCAG, []]), *lab.wide(page, selector)]


def test_shows_jobs_and_models(half: ServerHalf) -> None:
    """Each job has its state, its losses as a chart with words, its progress and the buttons that apply; a model its base."""
    half.show(*JOBS, models=MODELS)
    row(half, 4).get_by_text("62 %, about 13 s left").wait_for()
    assert drawn(half, 4).locator(".ftw-chip").inner_text() == "running"
    assert row(half, 4).get_by_role("img").get_attribute("aria-label") == (
        "Training loss from 2.13 to 0.34. Validation loss from 1.35 to 0.52."
    )
    assert row(half, 4).get_by_role("progressbar").get_attribute("value") == "0.625"
    assert row(half, 4).get_by_text("Training loss 0.31").is_visible()
    assert row(half, 4).get_by_text("Validation loss 0.40").is_visible()
    assert row(half, 5).get_by_text("next in the queue").is_visible()
    assert row(half, 1).get_by_text("Line 14: an answer is empty.").is_visible()
    buttons = {number: drawn(half, number).get_by_role("button").all_inner_texts() for number in range(1, 6)}
    assert buttons == {1: [], 2: [], 3: ["Resume", "Cancel"], 4: ["Pause", "Cancel"], 5: ["Pause", "Cancel"]}
    model = half.page.locator(f"{PANEL} li[data-id='{MODELS[0]['id']}']")
    assert model.get_by_text("from nano-2026-11").is_visible()
    assert faults(half.page) == []
    assert half.page.complaints == []


def test_buttons_call_the_api(half: ServerHalf) -> None:
    """Cancel, Pause and Resume go to the routes of OpenAI's API; what the server refuses is told."""
    half.show(*JOBS, models=MODELS)
    for number, name in ((4, "Cancel flowers 4"), (5, "Pause flowers 5"), (3, "Resume seeds 13:40")):
        with half.page.expect_response(lambda answer: "/v1/fine_tuning/jobs/" in answer.url):
            row(half, number).get_by_role("button", name=name).click()
    posted = [asked for asked in half.asked if asked.startswith("POST")]
    assert posted == [
        f"POST v1/fine_tuning/jobs/ftjob-{number}/{action}" for number, action in ((4, "cancel"), (5, "pause"), (3, "resume"))
    ]
    half.failing["v1/fine_tuning/jobs/ftjob-4/cancel"] = 400
    row(half, 4).get_by_role("button", name="Cancel flowers 4").click()
    half.page.get_by_text("Cancel job did not work: Job ftjob-4 has ended already.").wait_for()


def test_commands_take_a_job_or_find_one(half: ServerHalf) -> None:
    """`ftwidgets:cancel-job` cancels the job of its `id`, without one the newest; it is off where it applies to none."""
    half.show(*JOBS)
    row(half, 4).wait_for()
    execute = "args => window.jupyterapp.commands.execute('ftwidgets:cancel-job', args)"
    half.page.evaluate(execute, {"id": "ftjob-4"})
    half.page.evaluate(execute, {})
    assert [asked for asked in half.asked if asked.startswith("POST")] == [
        "POST v1/fine_tuning/jobs/ftjob-4/cancel",
        "POST v1/fine_tuning/jobs/ftjob-5/cancel",
    ]
    enabled = "args => window.jupyterapp.commands.isEnabled('ftwidgets:cancel-job', args)"
    assert [half.page.evaluate(enabled, {"id": f"ftjob-{number}"}) for number in (1, 2, 3)] == [False, False, True]


def test_focus_stays_in_the_row_of_a_button_that_goes(half: ServerHalf) -> None:
    """A job is cancelled by keyboard: its button goes, and the focus stays in its row."""
    half.show(job(1))
    row(half, 1).get_by_role("button", name="Cancel").focus()
    half.jobs = [ended(1, "cancelled")]
    half.page.keyboard.press("Enter")
    row(half, 1).get_by_text("cancelled").wait_for()
    assert half.page.evaluate("() => document.activeElement.dataset.id") == "ftjob-1"


def test_models_are_deleted_after_a_question(half: ServerHalf) -> None:
    """Delete asks first; Cancel there keeps the model, Delete asks the server. Copy id copies it."""
    half.show(models=MODELS)
    half.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    half.page.locator(PANEL).get_by_role("button", name="Copy id").click()
    half.page.locator(PANEL).get_by_role("button", name="Copied").wait_for()
    assert half.page.evaluate("() => navigator.clipboard.readText()") == MODELS[0]["id"]
    for answer in ("Cancel", "Delete"):
        assert not [asked for asked in half.asked if asked.startswith("DELETE")]
        half.page.locator(PANEL).get_by_role("button", name="Delete flowers 2").click()
        half.page.locator(".jp-Dialog").get_by_role("button", name=answer).click()
        half.page.locator(".jp-Dialog").wait_for(state="detached")
    half.page.wait_for_function("() => !document.querySelector('#ftwidgets-panel [aria-disabled]')")  # the server has answered
    assert [asked for asked in half.asked if asked.startswith("DELETE")] == ["DELETE v1/models/ft%3Anano-2026-11%3Ashop%3A%3A2"]


def test_says_what_to_do_first(half: ServerHalf) -> None:
    """Without jobs the panel says how to get one, with a button; the launcher and the palette offer the same."""
    panel = half.page.locator(PANEL)
    assert panel.get_by_text("ftwidgets.Studio").is_visible()
    assert panel.get_by_role("button", name="My own data").is_visible()
    assert panel.get_by_text("No tuned models yet.").is_visible()
    assert not half.page.locator(STATUS).is_visible()
    assert faults(half.page) == []
    cards = half.page.locator(".jp-Launcher-section", has_text="Fine-tuning").locator(".jp-LauncherCard")
    assert [text.strip() for text in cards.all_inner_texts()] == ["My own data", "Fine-tuning jobs"]


@pytest.mark.parametrize(
    ("failing", "title"),
    [
        ({"overview": 404, "status": 404}, "The server part of ftwidgets is not running"),
        ({"overview": 404}, "The server part of ftwidgets has another version"),
        ({"overview": 403}, "Jupyter Server did not let you in"),
    ],
)
def test_says_what_is_missing(half: ServerHalf, failing: dict[str, int], title: str) -> None:
    """Without the server half, or with an older one, the panel says what to type, asks no further, and checks when told."""
    half.failing = failing
    half.show()
    half.page.locator(PANEL).get_by_role("heading", name=title).wait_for()
    if "403" not in str(failing):
        assert half.page.locator(PANEL).get_by_text('pip install --upgrade "ftwidgets[lab]"').is_visible()
    assert faults(half.page) == []
    asked = len(half.asked)
    half.page.wait_for_timeout(1500)  # longer than the first pause before an attempt
    assert len(half.asked) == asked
    half.failing = {}
    half.page.locator(PANEL).get_by_role("button", name="Check again").click()
    half.page.locator(PANEL).get_by_text("No jobs yet.").wait_for()


def test_a_server_that_goes_and_comes_back(half: ServerHalf) -> None:
    """The last known jobs stay, greyed and without working buttons, until the server is back, which is told."""
    half.show(*JOBS)
    row(half, 4).wait_for()
    half.gone = True
    half.page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
    half.page.locator(PANEL).get_by_text("Jupyter Server does not answer.").wait_for()
    assert row(half, 4).get_by_text("62 %").is_visible()
    assert half.page.evaluate("() => getComputedStyle(document.querySelector('.ftw-lab-earlier')).filter") == "grayscale(1)"
    assert row(half, 4).get_by_role("button", name="Cancel").get_attribute("aria-disabled") == "true"
    assert not half.page.locator(STATUS).is_visible()
    assert faults(half.page) == []
    half.gone = False
    half.page.locator(PANEL).get_by_text("Jupyter Server is back.").wait_for()  # by itself, after a pause
    assert row(half, 4).get_by_role("button", name="Cancel").get_attribute("aria-disabled") is None


def test_names_are_text(half: ServerHalf) -> None:
    """Markup in a name, an error or a model is shown as it is written, in the panel and in notifications."""
    half.show(job(1, name=MARKUP), job(2), models=[{**MODELS[0], "name": MARKUP, "base": MARKUP}])
    assert drawn(half, 1).get_by_role("heading").inner_text() == MARKUP
    half.show(ended(1, "failed", name=MARKUP, error=MARKUP), ended(2, "failed", error=MARKUP))
    half.page.get_by_text('"flowers 2" failed.').wait_for()
    assert drawn(half, 2).locator(".ftw-error").inner_text() == MARKUP
    assert half.page.locator(f"{PANEL} img, {PANEL} b, .Toastify img, .Toastify b").count() == 0


def test_names_from_right_to_left(half: ServerHalf) -> None:
    """A Hebrew name begins at the right, and a long one ends after two lines, with its state beside it."""
    half.show(job(1, name="פרחים 14:05"), job(2, name="a very long name without an end " * 4))
    heading = drawn(half, 1).get_by_role("heading")
    assert heading.evaluate("node => getComputedStyle(node).direction") == "rtl"
    long = drawn(half, 2).get_by_role("heading")
    assert long.bounding_box()["height"] < 45
    chip, panel = row(half, 2).locator(".ftw-chip").bounding_box(), half.page.locator(PANEL).bounding_box()
    assert chip["x"] + chip["width"] <= panel["x"] + panel["width"]
    assert faults(half.page) == []


def test_dark_and_narrow(half: ServerHalf) -> None:
    """In the dark theme, and in a window 800 pixels wide, everything can be read and fits."""
    half.show(*JOBS, models=MODELS)
    lab.theme(half.page, dark=True)
    half.page.set_viewport_size({"width": 800, "height": 1400})
    row(half, 4).wait_for()
    assert half.page.evaluate(f"() => getComputedStyle(document.querySelector('{PANEL}')).colorScheme") == "dark"
    assert faults(half.page) == []


def test_the_status_bar(half: ServerHalf) -> None:
    """It says how many jobs, how far and with which loss; a click opens the panel; a setting hides it."""
    half.show(job(1))
    item = half.page.locator(STATUS)
    item.wait_for()
    assert item.inner_text() == "1 job 62 %, loss 0.31"
    assert faults(half.page, STATUS) == []
    half.page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
    half.page.locator(PANEL).wait_for(state="hidden")
    item.click()
    half.page.locator(PANEL).wait_for()
    half.show(waiting(2, 1), job(1))
    half.page.get_by_role("button", name="2 jobs 62 %, loss 0.31").wait_for()
    half.show(waiting(2, 0))
    half.page.get_by_role("button", name="1 job waiting").wait_for()
    change_setting(half, "statusBar", False)
    item.wait_for(state="hidden")
    change_setting(half, "statusBar", True)
    item.wait_for()
    half.show(ended(2, "succeeded"))
    item.wait_for(state="hidden")


def change_setting(half: ServerHalf, name: str, value: bool) -> None:
    """Change a setting as the settings editor does, by JupyterLab's registry."""
    half.page.evaluate(
        """async ([plugin, name, value]) => {
            const app = window.jupyterapp;
            const tokens = [...app.pluginRegistry._services.keys()];
            const token = tokens.find(token => token.name === '@jupyterlab/coreutils:ISettingRegistry');
            const registry = await app.resolveRequiredService(token);
            await registry.set(plugin, name, value);
        }""",
        [SETTINGS, name, value],
    )


def test_notifications(half: ServerHalf) -> None:
    """A job that was seen running and ends is told, with its loss; by a setting it is not."""
    half.show(job(11), job(12))
    row(half, 11).wait_for()
    half.show(ended(11, "succeeded"), job(12))
    half.page.get_by_text('"flowers 11" is trained, validation loss 0.40.').wait_for()
    change_setting(half, "notifications", False)
    half.show(ended(11, "succeeded"), ended(12, "succeeded"), job(13))
    row(half, 13).wait_for()
    assert half.page.get_by_text('"flowers 12" is trained').count() == 0
    change_setting(half, "notifications", True)


def test_500_jobs_update_only_the_rows_that_changed(half: ServerHalf) -> None:
    """One job of 500 makes a step: its row is the only one that is touched, and the page stays fluent."""
    many = [job(number) for number in range(500, 0, -1)]
    half.show(*many)
    row(half, 1).wait_for(state="attached")
    half.page.evaluate(
        """() => {
            window.touched = new Set();
            const list = document.querySelector('#ftwidgets-panel .ftw-rows');
            new MutationObserver(all => all.forEach(({ target }) => {
                const near = target.nodeType === 1 ? target : target.parentElement;
                window.touched.add(near.closest('li')?.dataset.id ?? 'the list');
            })).observe(list, { subtree: true, childList: true, attributes: true, characterData: true });
        }"""
    )
    many[250] = {**many[250], "step": 51, "train_loss": 0.3}
    half.show(*many)
    row(half, 250).get_by_text("63 %, about 13 s left").wait_for(state="attached")
    assert half.page.evaluate("() => [...window.touched]") == ["ftjob-250"]
    half.show(job(501), *many)
    row(half, 501).wait_for()
    assert half.page.evaluate("() => [...window.touched]") == ["ftjob-250", "the list"]


def test_my_own_data_makes_a_notebook_and_runs_it(half: ServerHalf) -> None:
    """The card makes a notebook of three lines in the folder of the file browser, with a Python kernel, and runs it."""
    half.page.evaluate("() => window.jupyterapp.commands.execute('ftwidgets:new-job').then(() => null)")
    half.page.wait_for_function(lab.IDLE)
    written = json.loads((half.page.lab.root / "Untitled.ipynb").read_text(encoding="utf-8"))
    source = "".join(written["cells"][0]["source"])
    assert source == "import ftwidgets\n\nclient = ftwidgets.connect()\nftwidgets.Studio(client)"
    assert written["metadata"]["kernelspec"]["language"] == "python"
    lab.output(half.page, 0).get_by_role("heading", name=re.compile("data", re.I)).first.wait_for()
    assert lab.errors(half.page) == []
    lab.close_all(half.page)
