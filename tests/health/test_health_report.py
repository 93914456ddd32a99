"""The lines of a health check: as text, as HTML, and never a fault without its fix."""

import pytest

from ftwidgets.health.health_report import HealthCheck, HealthReport


def test_whatever_is_wrong_has_a_fix() -> None:
    """A finding without a way out cannot even be made."""
    with pytest.raises(ValueError, match="must say what to do"):
        HealthCheck("x", "wrong", "broken")


def test_a_report_says_all_of_it_in_text_and_html() -> None:
    """Each line with its mark, the fix below, a verdict at the end; in HTML nothing of it can be mark-up."""
    fine, broken = HealthCheck("a", "ok", "fine", place="/here"), HealthCheck("b", "wrong", "<b>", "do & see")
    report = HealthReport((fine, broken, HealthCheck("c", "note", "so")))
    text, html = str(report), report._repr_html_()
    assert [line.split()[0] for line in text.splitlines()] == ["ok", "FIX", "->", "note", "1"]
    assert not report.ok
    assert "fine (/here)" in report.text(places=True)
    assert "/here" not in text + html  # notebooks are shared
    assert "&lt;b&gt;" in html
    assert "do &amp; see" in html
    assert HealthReport(report.checks[::2]).ok
    assert "Nothing is broken" in str(HealthReport(report.checks[::2]))
    assert "All is well" in str(HealthReport(report.checks[:1]))
    assert "2 things to fix" in HealthReport((report.checks[1],) * 2).verdict
