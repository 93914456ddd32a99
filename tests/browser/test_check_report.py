"""The page that `report.to_html` writes, in a real browser: light and dark, wide and narrow, by axe and by measure."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import ftwidgets

from . import lab
from .look import WCAG, load_axe

pytestmark = pytest.mark.browser

RUN_AXE = """async tags => {
    const result = await axe.run(document, { resultTypes: ['violations'], runOnly: { type: 'tag', values: tags } });
    return result.violations.flatMap(fault => fault.nodes.map(node =>
        `${fault.id}: ${fault.help}: ${node.html.slice(0, 300)} | ${node.failureSummary}`));
}"""

LABELS = ("positive", "negative", "neutral")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Reports on a messy file, on a clean one, and on none."""
    folder = tmp_path_factory.mktemp("reports")
    rows = [f"Review {n}: the film number {n} was long,{LABELS[n % 3]}\n" for n in range(300)]
    faults = [
        "Review 7: the film number 7 was long,positve\n",
        f"{'An endless review ' * 200},positive\n",
        '"<b>Empty</b>",\n',
    ] * 40
    leaks = ["Who wrote this?,ada.lovelace@analytical-engines.org\n", f"{'longword' * 30},Ã©t\u200bÃ© \x07\n"]
    sources = {"messy": [*rows, *faults, *leaks], "clean": rows}
    made = {}
    for name, lines in sources.items():
        source = folder / f"{name}.csv"
        source.write_text("Prompt,Completion\n" + "".join(lines), encoding="utf-8")
        made[name] = ftwidgets.check(source).to_html(folder / f"{name}.html")
    made["none"] = ftwidgets.check(folder / "nowhere.csv").to_html(folder / "none.html")
    return made


@pytest.fixture(scope="module")
def shown() -> Iterator[Any]:
    """A page, without a JupyterLab."""
    with lab.page() as page:
        yield page


@pytest.mark.parametrize("name", ["messy", "clean", "none"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1300, 500])
def test_it_fits_and_passes_axe(shown: Any, pages: dict[str, Path], name: str, scheme: str, width: int) -> None:
    """No violation that axe knows, best practices included; nothing sticks out; nothing is asked of any network."""
    asked: list[str] = []
    shown.on("request", lambda request: asked.append(request.url))
    shown.emulate_media(color_scheme=scheme)
    shown.set_viewport_size({"width": width, "height": 900})
    shown.goto(pages[name].as_uri())
    assert asked == [pages[name].as_uri()]
    assert shown.complaints == []
    assert shown.evaluate("document.documentElement.scrollWidth") == width
    load_axe(shown)
    assert shown.evaluate(RUN_AXE, [*WCAG, "best-practice"]) == []


def test_a_link_leads_to_the_kind(shown: Any, pages: dict[str, Path]) -> None:
    """From the table of all findings to what is said of the kind, with the keyboard."""
    shown.goto(pages["messy"].as_uri())
    shown.get_by_role("link", name="empty-cell").first.focus()
    shown.keyboard.press("Enter")
    assert shown.evaluate("location.hash") == "#empty-cell"
    assert shown.get_by_role("heading", name="A required cell is empty").is_visible()
