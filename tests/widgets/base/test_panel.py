"""The base of the widgets, without a browser: what it says, shows and stores."""

import base64
import re
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import RichOutput, capture_output

from ftwidgets.data.tokens.lengths import measure
from ftwidgets.errors import FtwidgetsError
from ftwidgets.widgets.base import panel as panel_module
from ftwidgets.widgets.base.live import Live
from ftwidgets.widgets.base.panel import WIDGET, Panel, svg_to_img, update_all_static_views
from ftwidgets.widgets.evaluation.dotplot import Dot, dot_picture
from ftwidgets.widgets.monitor.chart import loss_chart
from ftwidgets.widgets.prep.costs import histogram


class Counter(Panel):
    """Counts; it has no code while the count is odd."""

    def __init__(self, title: str = "A <counter>") -> None:
        self.n = 0
        super().__init__(title, [Live("part")])

    @property
    def code(self) -> str:
        """Code, or none yet."""
        if self.n % 2:
            raise ValueError("the count is odd. Count once more.")
        return f"n = {self.n}  # <even>"

    def static_text(self) -> str:
        """Tell the count."""
        return f"count {self.n}"

    def count(self) -> None:
        """Add one."""
        self.n += 1


@pytest.fixture(scope="module")
def _shell() -> Iterator[None]:
    InteractiveShell.instance()
    yield
    InteractiveShell.clear_instance()


def shown(act: Any) -> list[RichOutput]:
    """What was displayed or updated meanwhile."""
    with capture_output() as seen:
        act()
    assert seen.stdout == ""
    return list(seen.outputs)


def test_what_is_said_is_escaped_and_has_its_kind() -> None:
    """Data in a sentence never becomes markup; the kind is its class; an empty sentence clears the line."""
    counter = Counter()
    assert counter.status.role == "status"
    assert counter.status.html == ""
    counter.show_status("<b>1 & 2</b>", "ok")
    assert counter.status.html == '<p class="ftw-ok">&lt;b&gt;1 &amp; 2&lt;/b&gt;</p>'
    counter.show_status("")
    assert counter.status.html == ""


def test_a_callback_says_its_failure() -> None:
    """What a click raises stands in the status line; what it does is done once, whatever the event is."""
    counter = Counter()
    counter.catch_errors(counter.count)("the button", "more")
    assert (counter.n, counter.status.html) == (1, "")

    def fail() -> None:
        raise FtwidgetsError('row 14: "Completion" is <empty>. Fill it in.')

    counter.catch_errors(fail)()
    assert counter.status.html == '<p class="ftw-wrong">Row 14: &quot;Completion&quot; is &lt;empty&gt;. Fill it in.</p>'


def test_code_is_shown_on_demand_and_follows() -> None:
    """Hidden at first; shown, escaped; a form without code says why; hidden again."""
    counter = Counter()
    view = counter._code_view
    counter.refresh_code()
    assert view.html == ""
    counter._toggle.value = True
    assert "n = 0  # &lt;even&gt;" in view.html
    assert counter._toggle.description == "Hide code"
    counter.n = 1
    counter.refresh_code()
    assert view.html == '<p class="ftw-wrong">The count is odd. Count once more.</p>'
    counter._toggle.value = False
    assert (view.html, counter._toggle.description) == ("", "Show code")


def test_the_plain_form_needs_no_script() -> None:
    """Text, and HTML with the title escaped and no script, button or heading; one style hides a missing widget's message."""
    bundle = Counter()._repr_mimebundle_()
    assert bundle["text/plain"] == "A <counter>\ncount 0"
    assert "<p><strong>A &lt;counter&gt;</strong></p><pre>count 0</pre>" in bundle["text/html"]
    style, _, form = bundle["text/html"].partition("</style>")
    assert style.startswith("<style>.jp-OutputArea-child")
    assert not any(tag in form for tag in ("<script", "<style", "<button", "<h3"))
    assert bundle[WIDGET]["model_id"]
    assert repr(Counter()) == "Counter: count 0"


@pytest.mark.usefixtures("_shell")
def test_the_plain_form_follows_and_the_widget_stays() -> None:
    """Shown are the view and the plain form; only the plain form is sent again, after each click and when asked to."""
    counter, other = Counter(), Counter("another")
    assert shown(counter.update_static_view) == []  # nothing was shown yet
    assert shown(counter.catch_errors(counter.count)) == []
    view, plain = shown(counter._ipython_display_)
    assert list(view.data) == [WIDGET]
    assert plain.data["text/plain"].endswith("count 1")
    (again,) = shown(counter.catch_errors(counter.count))
    assert list(again.data) == ["text/plain", "text/html"]
    assert again.data["text/plain"].endswith("count 2")
    assert again.update
    assert again.transient == plain.transient
    other.n = counter.n = 7
    settled = [out.data["text/plain"] for out in shown(update_all_static_views)]
    assert "A <counter>\ncount 7" in settled
    assert not any("another" in text for text in settled)


def test_the_plain_form_hides_only_its_own() -> None:
    """While the widget is drawn its plain form is hidden, by a class that no other panel has."""
    one, two = Counter(), Counter()
    (name,) = (word for word in one._repr_mimebundle_()["text/html"].split('"') if word.startswith("ftw-static "))
    own = name.split()[1]
    heading = one.children[0].html
    assert f".{own}" in heading
    assert f".{own}" not in two.children[0].html


def test_nothing_keeps_a_panel_that_was_shown() -> None:
    """The list of shown panels holds no panel alive."""
    assert type(panel_module._shown).__name__ == "WeakSet"


@pytest.mark.usefixtures("_shell")
def test_a_plain_form_that_fails_is_said_too() -> None:
    """A click whose plain form cannot be drawn is no dead button: the reason stands in the status line."""
    counter = Counter()
    shown(counter._ipython_display_)
    counter.static_text = lambda: str(1 / 0)  # type: ignore[method-assign]
    counter.catch_errors(counter.count)()
    assert counter.n == 1
    assert "ZeroDivisionError" in counter.status.html


EXAMPLES = [
    {"messages": [{"role": "user", "content": "hi " * n}, {"role": "assistant", "content": "hello"}]} for n in range(1, 9)
]


def drawings() -> dict[str, str]:
    """Every picture that a widget of the kit draws."""
    return {
        "dots": dot_picture('a "score" <here>', [Dot("base & co", 0.1, 0.0, 0.2)]),
        "histogram": histogram(measure(EXAMPLES)),
        "chart": loss_chart({"training": [(1, 2.0), (2, 1.0)]}),
    }


def test_every_drawing_of_the_kit_becomes_an_image() -> None:
    """No `<svg>` is left; each image is well-formed XML in colours of its own, and says in words what it shows."""
    for name, html in drawings().items():
        assert "<svg" in html, name
        plain = svg_to_img(html)
        assert "<svg" not in plain, name
        alt, data = re.search(r'<img alt="([^"]+)".*?base64,([^"]+)"', plain).groups()
        assert len(alt) > 20
        svg = base64.b64decode(data).decode()
        root = ElementTree.fromstring(svg)
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert root.get("viewBox") == f"0 0 {root.get('width')} {root.get('height')}"
        assert "currentColor" not in svg
        assert "var(" not in svg


def test_what_stands_around_a_picture_stays() -> None:
    """Text and tables are left as they are, and so is an `<svg>` without a label: it would be an image without words."""
    html = dot_picture("scores", [Dot("a", 0.5, 0.4, 0.6)])
    assert svg_to_img(f"<p>before</p>{html}<p>after</p>").startswith("<p>before</p><img ")
    assert svg_to_img(f"<p>before</p>{html}<p>after</p>").endswith("><p>after</p>")
    assert svg_to_img('<svg viewBox="0 0 1 1"><rect/></svg>') == '<svg viewBox="0 0 1 1"><rect/></svg>'
