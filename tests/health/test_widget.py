"""The health check as a widget: the lines it was given, and whether a browser answered."""

import json
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

import ftwidgets
from ftwidgets import doctor
from ftwidgets.health import health_report
from ftwidgets.health.health_report import HealthCheck, HealthReport
from ftwidgets.health.widget import NO_ANSWER, Doctor
from ftwidgets.widgets.base.panel import WIDGET

FOUND = HealthReport((HealthCheck("a", "ok", "<b>fine</b>", place="/here"), HealthCheck("b", "note", "so")))


def answer(widget: Doctor) -> None:
    """Say what a browser says when it has drawn the status line."""
    widget.status._handle_custom_msg({"type": "shown"}, [])


def test_without_a_browser_it_says_so_and_what_to_do() -> None:
    """Until one answers, the last line says that none did; that breaks nothing."""
    widget = Doctor(FOUND)
    assert widget.report.checks == (*FOUND.checks, NO_ANSWER)
    assert "no browser answered" in widget.static_text()
    assert "reload the page" in widget.static_html()
    assert widget.report.ok


def test_a_browser_that_draws_it_answers() -> None:
    """The line turns to ok in the widget and in its plain form; a second view changes nothing."""
    widget = Doctor(FOUND)
    widget.status._handle_custom_msg({"type": "press", "value": "x"}, [])
    assert widget.report.checks[-1] == NO_ANSWER
    answer(widget)
    assert widget.report.checks[-1].verdict == "ok"
    assert "this browser draws widgets" in widget._table.html
    assert "this browser draws widgets" in widget._repr_mimebundle_()["text/html"]
    assert "no browser" not in widget._table.html + widget.static_text()
    before = widget.report
    answer(widget)
    assert widget.report == before


@pytest.mark.parametrize(("verdict", "kind"), [("ok", "ftw-ok"), ("note", "ftw-ok"), ("wrong", "ftw-wrong")])
def test_the_status_line_has_the_verdict(verdict: health_report.Verdict, kind: str) -> None:
    """In words and in its mark, for whoever hears the line and whoever sees it."""
    widget = Doctor(HealthReport((HealthCheck("a", verdict, "x", "do this"),)))
    assert kind in widget.status.html
    assert ("1 thing to fix" in widget.status.html) == (verdict == "wrong")


def test_what_it_shows_is_escaped_and_names_no_place() -> None:
    """Notebooks are shared: a path of this machine stays in the terminal."""
    shown = json.dumps(Doctor(FOUND)._repr_mimebundle_()) + Doctor(FOUND)._table.html
    assert "<b>fine" not in Doctor(FOUND)._table.html
    assert "&lt;b&gt;fine" in shown
    assert "/here" not in shown


def test_its_code_makes_the_same_report() -> None:
    """What "Show code" gives runs as it is, and checks the same things."""
    report = doctor()
    namespace: dict[str, object] = {"found": None}
    exec(Doctor(report).code.replace("ftwidgets.doctor()", "found = ftwidgets.doctor()"), namespace)
    again = namespace["found"]
    assert isinstance(again, HealthReport)
    assert [line.topic for line in again.checks] == [line.topic for line in report.checks]
    assert callable(ftwidgets.doctor)


def test_in_a_notebook_without_a_browser(tmp_path: Path) -> None:
    """As nbval and nbconvert run it: the cell succeeds, and stores a page with what was found, without paths or scripts."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("import ftwidgets\n\nftwidgets.doctor()")])
    NotebookClient(notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": tmp_path}}).execute()
    outputs = notebook.cells[0].outputs
    assert [out.output_type for out in outputs] == ["display_data", "display_data"]
    assert WIDGET in outputs[0].data
    page, text = outputs[1].data["text/html"], outputs[1].data["text/plain"]
    assert "no browser answered" in text
    assert "tokens a second" in text
    assert "tokens a second" in page
    assert "<script" not in page
    assert "/tmp" not in page + text
    assert str(Path.home()) not in page + text
