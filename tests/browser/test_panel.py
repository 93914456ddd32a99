"""The base of all widgets, in a real browser: what holds here need not be shown again for each of them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from . import lab

pytestmark = pytest.mark.browser

COUNTER = """
import ipywidgets
from ftwidgets.widgets.base import markup
from ftwidgets.widgets.base.fields import button, field, row
from ftwidgets.widgets.base.live import Live
from ftwidgets.widgets.base.panel import Panel

class Counter(Panel):
    def __init__(self):
        self.n = 0
        self.by = ipywidgets.IntText(value=1, description="Count by")
        count, spoil = button("Count", primary=True), button("Spoil")
        count.on_click(self.catch_errors(self.count))
        spoil.on_click(self.catch_errors(self.spoil))
        self.rows = Live(markup.table("Counts", ["when", "what was said about it", "count"], [], numbers=[2]))
        self.again = Live('<button data-press="again">Once more</button>')
        self.again.on_press(self.catch_errors(self.count))
        help_text = "How much is added with each click. Any whole number will do."
        super().__init__("A counter", [field(self.by, help_text), row(count, spoil), self.rows, self.again])
    @property
    def code(self):
        return f"n = {self.n}\\n" + "n = n + 1; " * 30
    def static_text(self):
        return f"count {self.n}"
    def count(self):
        self.n += self.by.value
        rows = [["now", "a long remark " * 6, self.n]] * 3
        self.rows.html = markup.table("Counts", ["when", "what was said about it", "count"], rows, numbers=[2])
        self.again.html = f'<button data-press="again">Once more than {self.n}</button>'
        self.show_status(f"Counted to {self.n}.", "ok")
    def spoil(self):
        raise ValueError("the <b>counter</b> is broken. Mend it.")

counter = Counter()
counter
"""

IN_THE_BACKGROUND = """
import threading

def work():
    counter.count()
    counter.update_static_view()

thread = threading.Thread(target=work)
thread.start()
thread.join()
"""

PLAIN_FORM_SAYS = "text => document.querySelector('.ftw-static').textContent.includes(text)"

LabPage = Callable[..., Any]


@pytest.fixture
def shown(lab_page: LabPage) -> Any:
    page = lab_page(COUNTER, "later = 1")
    lab.output(page, 0).get_by_role("button", name="Show code").wait_for()
    return page


def test_a_click_and_a_failure_are_said_in_words(shown: Any) -> None:
    """The status line is there, empty, before the first text (so that it is announced); success and failure are put into it."""
    panel = lab.output(shown, 0)
    status = panel.get_by_role("status")
    assert status.count() == 1
    assert status.inner_text() == ""
    panel.get_by_role("button", name="Count", exact=True).click()
    panel.get_by_role("status").get_by_text("Counted to 1.").wait_for()
    panel.get_by_role("button", name="Spoil").click()
    panel.get_by_role("status").get_by_text("The <b>counter</b> is broken. Mend it.").wait_for()
    assert lab.errors(shown) == []


def test_the_code_is_shown_and_copied(shown: Any) -> None:
    """Show code opens it, Copy puts it on the clipboard or, where the browser refuses, says what to do; Hide closes it."""
    panel = lab.output(shown, 0)
    panel.get_by_role("button", name="Show code").click()
    block = panel.get_by_label("Python code")
    assert block.inner_text().startswith("n = 0")
    shown.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('not allowed')); }")
    panel.get_by_role("button", name="Copy").click()
    panel.get_by_role("button", name="Select the text and copy it by hand").wait_for()
    panel.get_by_role("button", name="Hide code").click()
    block.wait_for(state="detached")
    shown.evaluate("() => { delete navigator.clipboard.writeText; }")
    shown.context.grant_permissions(["clipboard-read", "clipboard-write"])
    panel.get_by_role("button", name="Show code").click()
    panel.get_by_role("button", name="Copy").click()
    panel.get_by_role("button", name="Copied").wait_for()
    assert shown.evaluate("() => navigator.clipboard.readText()").startswith("n = 0\nn = n + 1;")


def test_the_keyboard_alone_does_it(shown: Any) -> None:
    """Field, buttons, our own buttons and the code are reached in the order in which they stand; a redraw keeps the place."""
    lab.select(shown, 0)
    lab.press_tab_to(shown, "Count by")
    shown.keyboard.press("Control+A")
    shown.keyboard.type("5")
    assert lab.press_tab_to(shown, "Count") == ['button "Count"']
    shown.keyboard.press("Enter")
    panel = lab.output(shown, 0)
    panel.get_by_text("Counted to 5.").wait_for()
    assert lab.press_tab_to(shown, "Once more than 5") == ['button "Spoil"', 'button "Once more than 5"']
    shown.keyboard.press("Space")
    panel.get_by_text("Counted to 10.").wait_for()
    shown.keyboard.press("Space")  # the button was drawn anew, and still has the keyboard
    panel.get_by_text("Counted to 15.").wait_for()
    lab.press_tab_to(shown, "Show code")
    shown.keyboard.press("Space")
    panel.get_by_role("button", name="Copy").wait_for()
    lab.press_tab_to(shown, "Python code")
    lab.press_tab_to(shown, "Count by", backwards=True)
    assert lab.errors(shown) == []


def test_it_fits_and_passes_axe(shown: Any) -> None:
    """Wide and narrow, light and dark: no violation, nothing sticks out, a wide table scrolls by itself and by keyboard."""
    panel = lab.output(shown, 0)
    panel.get_by_role("button", name="Count", exact=True).click()
    panel.get_by_role("button", name="Show code").click()
    panel.get_by_role("button", name="Copy").wait_for()
    for dark in (False, True):
        lab.theme(shown, dark=dark)
        for width in (1300, 800):
            lab.resize(shown, width)
            assert lab.axe(shown) == []
            assert lab.wide(shown) == []


def test_saved_and_reloaded_nothing_is_lost(lab_page: LabPage) -> None:
    """The saved file holds the plain form as it is after background work and clicks; a reload brings the widget back."""
    shown = lab_page(COUNTER, IN_THE_BACKGROUND)
    panel = lab.output(shown, 0)
    panel.get_by_text("Counted to 1.").wait_for()
    shown.wait_for_function(PLAIN_FORM_SAYS, arg="count 1")
    assert panel.locator(".ftw-static:visible").count() == 0  # hidden behind the widget itself
    panel.get_by_role("button", name="Count", exact=True).click()
    shown.wait_for_function(PLAIN_FORM_SAYS, arg="count 2")
    view, plain = lab.save(shown)["cells"][0]["outputs"]
    assert list(view["data"]) == ["application/vnd.jupyter.widget-view+json"]
    assert "<pre>count 2</pre>" in "".join(plain["data"]["text/html"])
    assert "".join(plain["data"]["text/plain"]) == "A counter\ncount 2"
    lab.reload(shown)
    panel.get_by_text("Counted to 2.").wait_for()
    panel.get_by_role("button", name="Once more than 2").click()
    panel.get_by_text("Counted to 3.").wait_for()
    assert lab.errors(shown) == []


def test_without_its_kernel_the_plain_form_is_there(shown: Any) -> None:
    """Opened again when the kernel is gone: the plain form shows the last state, and nothing says that a model is missing."""
    panel = lab.output(shown, 0)
    panel.get_by_role("button", name="Count", exact=True).click()
    shown.wait_for_function(PLAIN_FORM_SAYS, arg="count 1")
    lab.save(shown)
    path = shown.evaluate("() => window.jupyterapp.shell.currentWidget.context.path")
    lab.close_all(shown)
    lab.open_another(shown, path)
    panel.locator(".ftw-static", has_text="count 1").wait_for(state="visible")
    text = shown.locator(lab.PANEL).inner_text()
    assert "model not found" not in text
    assert "Loading widget" not in text
    assert lab.wide(shown) == []


def test_a_press_acts_on_what_was_just_typed(shown: Any) -> None:
    """Thirty numbers typed, each followed at once by a press: each is counted once; no answer overwrites the next."""
    panel, total = lab.output(shown, 0), 0
    for n in range(11, 41):
        panel.get_by_label("Count by").fill(str(n))
        panel.get_by_role("button", name="Count", exact=True).dispatch_event("click")  # before the field is left
        total += n
    panel.get_by_text(f"Counted to {total}.").wait_for()


def test_a_restarted_kernel_is_told(shown: Any) -> None:
    """The form says that its kernel is gone and what to do; nothing in it can be pressed; the cell makes a new one."""
    panel = lab.output(shown, 0)
    panel.get_by_role("button", name="Count", exact=True).click()
    panel.get_by_text("Counted to 1.").wait_for()
    shown.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart().then(() => null)")
    panel.get_by_role("alert").get_by_text("run this cell again").wait_for()
    assert panel.get_by_role("button", name="Count", exact=True).is_disabled()
    assert "Counted to 1." in panel.inner_text()
    assert lab.run_all(shown)
    panel.get_by_role("button", name="Count", exact=True).click()
    panel.get_by_text("Counted to 1.").wait_for()
    assert panel.get_by_role("alert").count() == 0


def test_the_checks_themselves_can_fail(lab_page: LabPage, tmp_path: Path) -> None:
    """A page with every fault that the tests look for has each of them found, also far below the window's edge."""
    bad = """<div style="height:3000px">far down</div><p style="color:#bbb;background:#fff">pale</p><button></button>
    <div style="width:5000px;height:9px">wide</div><table style="width:4000px"><tr><td>1</td></tr></table>"""
    page = lab_page(
        f"from IPython.display import HTML, display\ndisplay(HTML('''{bad}'''))",
        "import sys; print('oh dear', file=sys.stderr)",
        "import ipywidgets; ipywidgets.Text(description='A label that is much too long for its place')",
        run=False,
    )
    assert lab.run_all(page)
    page.evaluate("() => console.error('a complaint')")
    found = lab.errors(page)
    assert "console: a complaint" in found
    assert list(dict.fromkeys(line.split(":")[0] for line in found)) == [
        "stderr output",
        "console",
        "the server's log ends with",
    ]
    rules = {line.split(" ")[0] for line in lab.axe(page)}
    assert {"color-contrast", "button-name"} <= rules
    assert {line.split(":")[0] for line in lab.wide(page)} >= {"sticks out to the right", "is cut off"}
    with pytest.raises(AssertionError, match="Tab does not get to 'Nowhere' in 3 presses"):
        lab.press_tab_to(page, "Nowhere", limit=3)
    with pytest.raises(AssertionError, match="nothing to look at"):
        lab.axe(page, ".no-such-thing")
    picture = tmp_path / "picture.png"
    lab.shoot(page, lab.output(page, 1), picture)
    assert picture.stat().st_size > 500
