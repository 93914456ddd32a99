"""The line at the end of a form: what comes next."""

import pytest

from ftwidgets.errors import FtwidgetsError
from ftwidgets.widgets.base.panel import Panel


class Form(Panel):
    """A form without fields."""

    code = "form = Form()"

    def static_text(self) -> str:
        """Return anything."""
        return "still"


def test_the_next_form_opens_below() -> None:
    """A press on the button makes it; the code stands beside it, escaped."""
    form, following = Form("One", []), Form("Two", [])
    step = form.next_step
    assert step.layout.display == "none"
    offered = list[int]()
    step.on_offer(lambda: offered.append(1))
    step.offer("train with <these> files.", "Launch a job", lambda: following, 'launcher = "<x>"')
    assert (step.layout.display, step.button.description) == ("", "Launch a job")
    step.button.click()
    assert step.panel is following
    assert following in step.children[-1].children
    assert "<these>" not in step.children[0].children[0].html
    assert 'launcher = "<x>"' in step.code
    assert offered == [1]


def test_nothing_offered_is_an_error_that_says_so() -> None:
    """Also after it was cleared, which closes what was open."""
    step = Form("One", []).next_step
    step.offer("x", "y", lambda: Form("Two", []), "z")
    step.go()
    step.clear()
    assert (step.panel, step.code, step.children[-1].children, step.layout.display) == (None, "", (), "none")
    with pytest.raises(FtwidgetsError, match="no next step yet"):
        step.go()


def test_a_failure_is_shown_in_the_form() -> None:
    """The button of a next step that cannot be made is not dead."""

    def fail() -> Panel:
        raise FtwidgetsError("there is no client yet.")

    form = Form("One", [])
    form.next_step.offer("x", "y", fail, "z")
    form.next_step.button.click()
    assert "There is no client yet." in form.status.html


def test_a_form_around_it_may_go_on_by_itself() -> None:
    """Then nothing opens below."""
    step, gone = Form("One", []).next_step, list[int]()
    step.offer("x", "y", lambda: Form("Two", []), "z")
    step.open_elsewhere = lambda: gone.append(1)
    assert step.go() is None
    assert (gone, step.children[-1].children) == ([1], ())
