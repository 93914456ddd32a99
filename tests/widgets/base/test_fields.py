import ipywidgets

from ftwidgets.widgets.base.fields import Fold, button, field, row


def test_a_field_has_its_control_first_and_its_help() -> None:
    """The control keeps its label, is never wider than the page, and its sentence follows it."""
    control = ipywidgets.Text(description="Prompt column")
    made = field(control, "The column with the <b>question</b>.")
    assert made.children[0] is control
    assert control.description == "Prompt column"
    assert control.layout.max_width.startswith("calc(100%")
    assert "The column with the <b>question</b>." in made.children[1].html
    assert len(field(ipywidgets.Text(description="x")).children) == 1


def test_buttons_are_as_wide_as_their_text_and_rows_wrap() -> None:
    """On a narrow page buttons go to the next line; the style sheet makes them as wide as their text."""
    go, stop = button("Launch the job", primary=True), button("Stop", tooltip="Stop it")
    assert (go.button_style, go.tooltip) == ("primary", "Launch the job")
    assert (stop.button_style, stop.tooltip) == ("", "Stop it")
    assert row(go, stop).layout.flex_flow == "row wrap"


def test_a_folded_section_keeps_its_parts() -> None:
    """Its button opens and closes it and tells a screen reader which it is; a closed one has its fields still."""
    text = ipywidgets.Text("kept")
    fold = Fold("More settings", [text])
    body = fold.children[1]
    assert (fold.toggle.expanded, body.layout.display, body.children) == ("false", "none", (text,))
    fold.toggle.click()
    assert (fold.toggle.expanded, body.layout.display, text.value) == ("true", "", "kept")
    fold.show(False)
    assert (fold.toggle.expanded, body.layout.display) == ("false", "none")
