import ipywidgets

from ftwidgets.widgets.base.fields import button, field, row


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
    """No label is cut off, and on a narrow page buttons go to the next line."""
    go, stop = button("Launch the job", primary=True), button("Stop", tooltip="Stop it")
    assert (go.layout.width, go.button_style, go.tooltip) == ("auto", "primary", "Launch the job")
    assert (stop.button_style, stop.tooltip) == ("", "Stop it")
    assert row(go, stop).layout.flex_flow == "row wrap"
