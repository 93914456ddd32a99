"""For readers who zoom or who asked for less motion: at 200 % nothing is cut off, and nothing moves by itself."""

from collections.abc import Callable
from typing import Any

import pytest

from . import look

pytestmark = pytest.mark.browser

SETUP = """import ftwidgets
from ftwidgets.widgets import ApiKey, BlindVote, DatasetPrep, Evaluation, JobLauncher, JobMonitor, PromptTester
from ftwidgets.widgets.base import markup
from ftwidgets.widgets.base.live import Live
from ftwidgets.widgets.base.panel import Panel
from ftwidgets.widgets.shop import ShopForm
client = ftwidgets.connect()
models = {"base": "nano-2026-11", "a second name for the very same model": "nano-2026-11"}"""
TESTER = """tester = PromptTester(client, models, columns=2, max_tokens=20)
for number in range(3):
    tester.ask(f"Hello, {number}? Where is the parcel that I ordered on Monday?", follow_up=True).wait(60)
tester.form.settings_fold.show()
tester.form.temperature.value = 0.5
tester"""
VOTE = """two = {"base": "nano-2026-11", "tuned": "nano-2026-11 "}
vote = BlindVote(client, two, ["Where is my parcel?", "Do you sell pots?"], voters="Ada, Ben")
vote"""
VOTING = """from ftwidgets.widgets.prompt import votes_html
from ftwidgets.widgets.prompt.ballot import Ballot
ballot = Ballot(("base", "tuned"), ["Where is my parcel?"], voters=("Ada", "Ben"))
ballot.add(0, "It is on its way and will be with you soon.", "Your parcel left this morning. " * 4)
voting = BlindVote(client, models)
voting.stage.html = votes_html.pair_html(ballot)
voting"""
EVALUATION = """evaluation = Evaluation(client, models, "sentiment", train="sentiment", limit=20, max_tokens=3)
evaluation.run().wait(120)
evaluation.form_fold.show()
evaluation"""
WAITING = """class Waiting(Panel):
    code = ""
    def static_text(self):
        return "waiting"
bar = markup.progress("Training", "no idea how far", None, None)
Waiting("Waiting", [Live(markup.loading("Reading the file")), Live(bar)])"""
OTHERS = (
    "ShopForm()",
    "DatasetPrep('sentiment')",
    "JobLauncher(client)",
    "JobMonitor(client)",
    "ApiKey(ftwidgets.connect)",
    "ftwidgets.Studio(client)",
)

MOVING = """panels => {
    const still = value => value.split(', ').every(part => parseFloat(part) === 0);
    const moves = (part, pseudo) => {
        const style = getComputedStyle(part, pseudo);
        return style.animationName !== 'none' || !still(style.transitionDuration);
    };
    return panels.flatMap(panel => [panel, ...panel.querySelectorAll('*')])
        .filter(part => [undefined, '::before', '::after'].some(pseudo => moves(part, pseudo)))
        .map(part => part.outerHTML.slice(0, 120));
}"""
CUT = "labels => labels.filter(label => label.scrollWidth > label.clientWidth).map(label => label.textContent)"
BAR = "bar => getComputedStyle(bar).appearance"


def test_at_200_percent_nothing_is_cut_off_and_nothing_moves(lab_page: Callable[..., Any]) -> None:
    """All widgets at 650 of 1,300 pixels, full and with their settings open; a reader without the wish still sees motion."""
    shown = lab_page(SETUP, TESTER, VOTE, VOTING, EVALUATION, WAITING, *OTHERS, width=650)
    shown.locator(".ftw-vote-buttons button").first.wait_for()
    assert look.wide(shown) == []
    titles = shown.locator(f"{look.PANEL} .lm-TabBar-tabLabel")
    titles.first.wait_for()
    assert titles.evaluate_all(CUT) == []
    panels = shown.locator(f"{look.PANEL} .ftw-panel:not(.ftw-panel .ftw-panel)")
    assert panels.count() == 5 + len(OTHERS)
    assert panels.evaluate_all(MOVING) == []
    bar = shown.locator(f"{look.PANEL} progress[aria-label='Training']")
    assert bar.evaluate(BAR) == "none"
    shown.emulate_media(reduced_motion="no-preference")
    assert [part for part in panels.evaluate_all(MOVING) if "ftw-loading" in part]
    assert bar.evaluate(BAR) != "none"
    shown.emulate_media(reduced_motion="reduce")
    look.resize(shown, 1300)
    assert look.wide(shown) == []
    assert look.errors(shown) == []
