"""Take the pictures of the README and the docs anew: `just screenshots [NAME ...]`; without names, those that are old.

Each picture is a notebook of a few cells in a real JupyterLab, or a page in a real browser. Beside them, the file
docs/images/pictures.json keeps a fingerprint of the code that each shows; a test says which pictures are older than that.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
RECORD = IMAGES / "pictures.json"
BASE = ("ftwidgets/design", "ftwidgets/widgets/base")
"""What every widget's picture shows."""

CLIENT = "import ftwidgets\nfrom ftwidgets.widgets import *\nclient = ftwidgets.connect()"
FAQ = """rows = ftwidgets.datasets.load("support_faq", "train").sample(100, random_state=1)
faq = ftwidgets.prepare(rows, "faq", validation=24)"""
TUNED = """
job = ftwidgets.launch(client, faq.train_file, model="nano-2026-11", validation_file=faq.validation_file, seed=1, suffix="faq")
job.wait()
models = {"base": "nano-2026-11", "tuned": job.model}"""
MESSY = """from pathlib import Path
rows = ["Prompt,Completion"] + [f"What does part {n} cost?,Part {n} costs {n % 7 + 1} euros." for n in range(28)]
rows += ["Who do I call?,Call Ada on +44 20 7946 0958.", "Who do I call?,Call Ada on +44 20 7946 0958.", "Do you ship?,"]
Path("parts.csv").write_text("\\n".join(rows) + "\\n")"""


@dataclass(frozen=True)
class Picture:
    """A picture of the last cell's output.

    Attributes
    ----------
    shows
        Files and folders of the code that it shows, from the root of the repository.
    cells
        The notebook; the output of the last cell is photographed.
    act
        What is done on the page before, given the page and the output.
    width
        Of the window, in pixels.
    """

    shows: tuple[str, ...]
    cells: tuple[str, ...]
    act: Callable[[Any, Any], None] | None = None
    width: int = 1300


def press(name: str) -> Callable[[Any, Any], None]:
    """Return an act: press the button or tab of that name."""

    def act(_page: Any, output: Any) -> None:
        output.get_by_role("tab", name=name).or_(output.get_by_role("button", name=name)).first.click()

    return act


PARTS = """from ftwidgets.widgets.base import markup as m
from ftwidgets.widgets.base.live import Live
from ftwidgets.widgets.base.fields import button, row
import ipywidgets
chips = " ".join(m.chip(word, kind) for word, kind in [("queued", ""), ("running", "busy"), ("succeeded", "ok"),
                 ("check this", "warning"), ("failed", "wrong")])
lines = "".join(f'<p class="ftw-{kind}">{text}</p>' for kind, text in [("ok", "Written: 24 rows to train on."),
        ("busy", "Asking two models."), ("warning", "Another system prompt than in training."), ("wrong", "Row 7: no answer.")])
talk = m.chat([m.bubble("system", "You are a polite assistant."), m.bubble("user", "Where is my parcel?"),
        m.bubble("assistant", "Ahoy there! It left this morning.", note="12 tokens", trained=True)])
card = '<div class="ftw-card"><p class="ftw-verdict">The tuned model is better.</p><p>78 of 96 right, against 12.</p></div>'
head = "<h3>A heading</h3><p>Text, and <span class='ftw-soft'>a remark in small letters.</span></p>"
parts = Live(head + chips + lines + card + m.figures([("Time", "about 40 s"), ("Memory", "160 MB"), ("Cost", "nothing")]) + talk
    + m.table("A table", ("Model", "Score"), [("base", "0.12"), ("tuned", "0.81")], numbers=[1])
    + m.fold("A folded section", "<p>What is folded.</p>", is_open=True) + m.code_block("client = ftwidgets.connect()")
    + m.empty("No job yet. Train one in step 2.") + m.loading("Reading the file"))
box = ipywidgets.VBox([parts, row(button("Launch the job", primary=True), button("Stop"))])
box.add_class("ftw-panel")"""


def dark(page: Any, _output: Any) -> None:
    """Act: change to the dark theme."""
    from tests.browser import lab

    lab.theme(page, dark=True)


PICTURES = {
    "design": Picture((), (PARTS, "box"), width=900),
    "design_dark": Picture((), (PARTS, "box"), dark, width=900),
    "studio": Picture(
        ("ftwidgets/studio", "ftwidgets/widgets/prep"),
        (CLIENT, MESSY, "studio = ftwidgets.Studio(client, 'parts.csv')\nstudio"),
    ),
    "prep": Picture(("ftwidgets/widgets/prep",), (CLIENT, "prep = DatasetPrep('support_faq')\nprep.prepare()\nprep")),
    "prep_findings": Picture(
        ("ftwidgets/widgets/prep",), (CLIENT, MESSY, "prep = DatasetPrep('parts.csv')\nprep"), press("Findings")
    ),
    "key": Picture(("ftwidgets/widgets/key",), (CLIENT, "ApiKey(ftwidgets.connect, service='openai')")),
    "launch": Picture(
        ("ftwidgets/widgets/launch",),
        (CLIENT, FAQ, "JobLauncher(client, faq.train_file, faq.validation_file)"),
    ),
    "monitor": Picture(
        ("ftwidgets/widgets/monitor",),
        (CLIENT, FAQ + TUNED, "monitor = JobMonitor(client, job)\nmonitor.wait()\nmonitor"),
    ),
    "prompt": Picture(
        ("ftwidgets/widgets/prompt",),
        (
            CLIENT,
            FAQ + TUNED,
            "tester = PromptTester(client, models, prompt='Where is my parcel?')\ntester.ask().wait()\ntester",
        ),
    ),
    "blind_vote": Picture(
        ("ftwidgets/widgets/prompt",),
        (
            CLIENT,
            FAQ + TUNED,
            "vote = BlindVote(client, models, ['Where is my parcel?', 'Can I pay by card?'])\nvote.start().wait()\nvote",
        ),
    ),
    "evaluation": Picture(
        ("ftwidgets/widgets/evaluation",),
        (
            CLIENT,
            FAQ + TUNED,
            "evaluation = Evaluation(client, models, faq.validation_file)\nevaluation.run().wait()\nevaluation",
        ),
    ),
    "doctor": Picture(("ftwidgets/health/widget.py",), ("import ftwidgets\nftwidgets.doctor()",)),
}
PAGES = {
    "check_report": ("ftwidgets/data/render",),
    "status_page": ("ftwidgets/server/page_html.py", "ftwidgets/server/page.css"),
}
TRUST = "() => window.jupyterapp.shell.currentWidget.content.widgets.forEach(cell => (cell.model.trusted = true))"
WINDOWS = {  # pictures of the whole JupyterLab
    "lesson_00": ("notebooks/00_start_here.ipynb",),
    "lab": ("labextension/src", "labextension/style"),
}
JOBS = """import ftwidgets

client = ftwidgets.connect()
faq = ftwidgets.datasets.load("support_faq", "train")
few = ftwidgets.write_jsonl([{"messages": [{"role": "user", "content": "Hi"}]}], "few.jsonl")

def train(name, rows, epochs):
    files = ftwidgets.prepare(faq.sample(rows, random_state=0), name)
    options = {"validation_file": files.validation_file, "n_epochs": epochs}
    return ftwidgets.launch(client, files.train_file, model="nano-2026-11", suffix=name, **options)

train("first-try", 40, 6).wait()
ftwidgets.launch(client, few, model="nano-2026-11", suffix="one-row")
train("more-epochs", 100, 10)
train("more-rows", 400, 4)"""


def fingerprints() -> dict[str, str]:
    """Return for each picture a fingerprint of how it is made and of the code that it shows."""
    made = {name: _digest((*BASE, *picture.shows), repr((picture.cells, picture.width))) for name, picture in PICTURES.items()}
    made |= {name: _digest(("ftwidgets/design", *shows), "") for name, shows in PAGES.items()}
    return made | {name: _digest((*BASE, *shows), JOBS if name == "lab" else "") for name, shows in WINDOWS.items()}


def _digest(paths: tuple[str, ...], text: str) -> str:
    found = hashlib.sha256(text.encode())
    for path in sorted(file for name in paths for file in _files(ROOT / name)):
        found.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return found.hexdigest()[:16]


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
    for file in path.rglob("*"):
        if file.suffix in (".py", ".css", ".js", ".ts", ".ipynb"):
            yield file


def take(names: list[str]) -> None:
    """Take pictures and record what they show."""
    from tests.browser import lab

    record = read_record()
    now = fingerprints()
    with tempfile.TemporaryDirectory() as folder, lab.server(Path(folder)) as running, lab.page(scale=1) as page:
        for name in names:
            print(name, flush=True)
            if name in PICTURES:
                _take_output(page, running, name, PICTURES[name])
            elif name in PAGES:
                with tempfile.TemporaryDirectory() as apart, _PAGE_MAKERS[name](Path(apart)) as address:
                    _take_page(page, address, IMAGES / f"{name}.png")
            else:
                with _jupyterlab_with_the_extension() as its_own:
                    {"lesson_00": _take_lesson, "lab": _take_lab}[name](page, its_own)
            record[name] = now[name]
            RECORD.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def read_record() -> dict[str, str]:
    """Return the fingerprints of the pictures as they were taken."""
    return dict(json.loads(RECORD.read_text(encoding="utf-8"))) if RECORD.exists() else {}


def _take_output(page: Any, running: Any, name: str, picture: Picture) -> None:
    from tests.browser import lab

    lab.notebook(running.root, *picture.cells, name=f"{name}.ipynb")
    if page.anew:
        lab.open_notebook(page, running, f"{name}.ipynb")
    else:
        lab.open_another(page, f"{name}.ipynb")
    lab.resize(page, picture.width, 900)
    if not lab.run_all(page):
        raise RuntimeError(f"{name}: a cell failed: {lab.errors(page)}")
    output = lab.output(page, len(picture.cells) - 1)
    if picture.act:
        picture.act(page, output)
    if not name.startswith("design"):  # which shows such parts
        page.wait_for_function("() => !document.querySelector('.ftw-loading, .ftw-panel progress:not([value])')")
    lab.shoot(page, output, IMAGES / f"{name}.png", margin=2)
    lab.theme(page, dark=False)
    lab.close_all(page)


def _take_lesson(page: Any, running: Any) -> None:
    """Take JupyterLab with the first lesson, at the answers in the learner's manner."""
    import shutil

    from tests.browser import lab

    shutil.copytree(ROOT / "notebooks", running.root, dirs_exist_ok=True)
    lab.open_notebook(page, running, "00_start_here.ipynb")
    lab.resize(page, 1300, 900)
    page.evaluate(TRUST)  # else JupyterLab drops the style of the stored tables
    answers = page.locator(f"{lab.PANEL} .jp-CodeCell", has_text="answers.append").first
    answers.locator("table").scroll_into_view_if_needed()
    page.mouse.wheel(0, 250)
    page.wait_for_timeout(500)
    page.screenshot(path=IMAGES / "lesson_00.png", animations="disabled")
    lab.close_all(page)


@contextmanager
def _jupyterlab_with_the_extension() -> Iterator[Any]:
    """Run JupyterLab on an empty folder, with the extension of this checkout, however ftwidgets was installed."""
    from tests.browser import lab

    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "root").mkdir()
        with lab.server(Path(name) / "root", kernel_env=lab.with_our_extension(Path(name) / "data")) as running:
            yield running


def _take_lab(page: Any, running: Any) -> None:
    """Take JupyterLab with the panel: a job that is done, one that failed, one that is trained, one that waits."""
    from tests.browser import lab

    lab.open_notebook(page, running, lab.notebook(running.root, JOBS, name="my_jobs.ipynb"))
    lab.resize(page, 1300, 900)
    if not lab.run_all(page):
        raise RuntimeError(f"lab: a cell failed: {lab.errors(page)}")
    page.evaluate("() => window.jupyterapp.commands.execute('ftwidgets:open-panel')")
    row = page.locator("#ftwidgets-panel li", has_text="more-epochs").first
    row.wait_for()
    page.wait_for_function("row => row.querySelector('progress').value > 0.4", arg=row.element_handle())
    page.screenshot(path=IMAGES / "lab.png", animations="disabled")
    lab.close_all(page)


def _take_page(page: Any, address: str, path: Path) -> None:
    shown = page.context.new_page()
    shown.set_viewport_size({"width": 1000, "height": 700})
    shown.goto(address)
    if path.stem == "status_page":
        from tests.browser.test_status_page import KEY

        shown.get_by_label("Your key").fill(KEY)
        shown.get_by_role("button", name="Show me").click()
        shown.get_by_text("Waiting").first.wait_for()
    shown.screenshot(path=path, animations="disabled", full_page=path.stem == "status_page")
    shown.close()


@contextmanager
def _report_page(folder: Path) -> Iterator[str]:
    import ftwidgets

    ftwidgets.check(ROOT / "notebooks" / "data" / "messy_faq.csv").to_html(folder / "report.html")
    yield (folder / "report.html").as_uri()


@contextmanager
def _status_page(folder: Path) -> Iterator[str]:
    from tests.browser.test_status_page import Class

    served = Class(folder / "class")
    served.fill()
    try:
        yield served.address
    finally:
        served.close()


_PAGE_MAKERS = {"check_report": _report_page, "status_page": _status_page}


def main() -> int:
    """Take what was named, or what is old."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    now = fingerprints()
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"pictures: {', '.join(now)}; default: those that are old")
    wanted = parser.parse_args().names
    if unknown := [name for name in wanted if name not in now]:
        parser.error(f"no picture is called {', '.join(unknown)}")
    record = read_record()
    take(wanted or [name for name in now if record.get(name) != now[name]])
    return 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
