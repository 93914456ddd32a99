"""The health check in a notebook: the report of `ftwidgets.doctor()`, and whether this browser draws widgets."""

from __future__ import annotations

import time
from typing import Any

from ftwidgets.health.health_report import HealthCheck, HealthReport
from ftwidgets.widgets.base.live import Live
from ftwidgets.widgets.base.panel import Panel

NO_ANSWER = HealthCheck(
    "browser",
    "note",
    "no browser answered (on a saved page none can)",
    "If you read this in a running notebook, widgets do not get through: reload the page and run this cell again. If that "
    'does not help, do what the line "widgets" says, restart JupyterLab, and try another browser.',
)


class Doctor(Panel):
    """The report of a health check, with one more check: whether this browser draws widgets and answers the kernel.

    Until a browser has drawn the widget, that check says what to do.
    """

    def __init__(self, report: HealthReport) -> None:
        self._report = report
        self._created_at = time.monotonic()
        self._answer: HealthCheck | None = None
        self._table = Live()
        super().__init__("Health check", [self._table])
        self.status.on_msg(self._on_message)
        self._show()

    @property
    def report(self) -> HealthReport:
        """The report, with the browser's check at the end."""
        return HealthReport((*self._report.checks, self._answer or NO_ANSWER))

    @property
    def code(self) -> str:
        """The code that runs the check again."""
        return "import ftwidgets\n\nftwidgets.doctor()\n"

    def static_text(self) -> str:
        """Return the report as text."""
        return self.report.text()

    def static_html(self) -> str:
        """Return the report as an HTML table."""
        return self.report._repr_html_()

    def _on_message(self, _widget: object, content: Any, _buffers: object) -> None:
        """Record that a browser has drawn the status line; only the first view counts."""
        if content != {"type": "shown"} or self._answer is not None:
            return
        after = time.monotonic() - self._created_at
        self._answer = HealthCheck(
            "browser", "ok", f"this browser draws widgets, and its answer reached the kernel after {after:.1f} s"
        )
        self._show()
        self.update_static_view()  # for the saved page

    def _show(self) -> None:
        self._table.html = self.report.table()
        self.show_status(self.report.verdict, "ok" if self.report.ok else "wrong")
