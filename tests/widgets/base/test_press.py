"""Buttons whose press brings the values of the fields."""

from typing import Any

import ipywidgets
import pytest

from ftwidgets.widgets.base.live import Live
from ftwidgets.widgets.base.press import PressButton, connect_presses

A, B = {"index": 0, "label": "a"}, {"index": 1, "label": "b"}


def form() -> tuple[ipywidgets.VBox, ipywidgets.Text, ipywidgets.Dropdown, PressButton, list[tuple[str, str]]]:
    text, menu = ipywidgets.Text("old"), ipywidgets.Dropdown(options=["a", "b"])
    button, seen = PressButton("Go"), list[tuple[str, str]]()
    button.on_click(lambda _button: seen.append((text.value, menu.value)))
    box = ipywidgets.VBox([ipywidgets.HBox([text, menu]), button])
    connect_presses(box)
    return box, text, menu, button, seen


def press(widget: Any, **content: Any) -> None:
    """Send what the browser sends."""
    widget._handle_custom_msg({"type": "press", **content}, [])


def test_a_press_acts_on_what_the_fields_hold() -> None:
    """The values come with the press and are set before it acts, though their own messages have not come yet."""
    _box, text, menu, button, seen = form()
    assert button.inputs == {text.model_id: "value", menu.model_id: "index"}
    press(button, values={text.model_id: "new", menu.model_id: B})
    assert seen == [("new", "b")]


def test_fields_tell_their_observers() -> None:
    """A value that came with a press is a change like any other; one that was there already is none."""
    _box, text, menu, button, _seen = form()
    changes: list[str] = []
    text.observe(lambda change: changes.append(change["new"]), names="value")
    press(button, values={text.model_id: "new", menu.model_id: A})
    press(button, values={text.model_id: "new", menu.model_id: A})
    assert changes == ["new"]


@pytest.mark.parametrize("values", [{"no such widget": 1}, None, [], "x"])
def test_what_is_no_value_of_a_field_is_ignored(values: object) -> None:
    """The press acts all the same."""
    _box, _text, _menu, button, seen = form()
    press(button, values=values)
    assert seen == [("old", "a")]


def test_a_value_of_the_wrong_kind_is_ignored() -> None:
    """A number for a text, a place that is not in the menu."""
    _box, text, menu, button, seen = form()
    press(button, values={text.model_id: 3, menu.model_id: 17})
    assert seen == [("old", "a")]


@pytest.mark.parametrize(("options", "held"), [(["new", "b"], "b"), (["b"], "b"), (["x", "y", "b"], "b")])
def test_a_choice_goes_by_its_label(options: list[str], held: str) -> None:
    """The menu changed while the press was on its way: the choice that was seen is taken, wherever it stands now."""
    _box, _text, menu, button, seen = form()
    menu.options = options
    press(button, values={menu.model_id: B})
    assert seen == [("old", held)]


def test_of_two_choices_with_one_label_the_place_decides() -> None:
    """Such as two files of the same name; no choice at all stays none."""
    menu, button = ipywidgets.Dropdown(options=[("f", 1), ("f", 2)]), PressButton("Go")
    connect_presses(ipywidgets.VBox([menu, button]))
    press(button, values={menu.model_id: {"index": 1, "label": "f"}})
    assert menu.value == 2
    press(button, values={menu.model_id: {"index": None, "label": None}})
    assert menu.value is None


def test_a_choice_that_is_gone_is_said_and_nothing_else_is_done() -> None:
    """No other choice is taken in its place; what was typed is kept."""
    _box, text, menu, button, seen = form()
    said: list[str] = []
    connect_presses(_box, said.append)
    menu.description, menu.options = "File", ["a", "c"]
    press(button, values={menu.model_id: B, text.model_id: "new"})
    assert (seen, text.value, menu.value) == ([], "new", "a")
    assert said == ['"File": "b" is not in the list any more. Choose again.']


def test_a_disabled_button_does_nothing() -> None:
    """Also when a press was on its way when it was disabled."""
    _box, text, _menu, button, seen = form()
    button.disabled = True
    press(button, values={text.model_id: "new"})
    assert seen == []


def test_buttons_in_html_bring_the_values_too() -> None:
    """Such as a step on a chart that asks the prompts in a field."""
    text, live, seen = ipywidgets.Text("old"), Live('<button data-press="3">3</button>'), list[tuple[str, str]]()
    live.on_press(lambda value: seen.append((value, text.value)))
    connect_presses(ipywidgets.VBox([text, live]))
    press(live, value="3", values={text.model_id: "new"})
    assert seen == [("3", "new")]


def test_a_form_inside_a_form_keeps_its_own_fields() -> None:
    """The outer form's buttons do not bring the inner form's fields, nor the inner one's the outer's."""
    inner, text, menu, button, _seen = form()
    outer_text, outer_button = ipywidgets.Text(), PressButton("Outer")
    connect_presses(ipywidgets.VBox([outer_text, outer_button, inner]))
    assert set(outer_button.inputs) == {outer_text.model_id}
    assert set(button.inputs) == {text.model_id, menu.model_id}
