"""The health check in a notebook: what was found on this computer, and whether this browser draws widgets.

Left out: the checks themselves (`ftwidgets.doctor` hands their report in), and trying again: run the cell again.
"""

from __future__ import annotations

import time
from typing import Any

from ftwidgets.health.health_report import Line, Report
from ftwidgets.widgets.base.live import Live
from ftwidgets.widgets.base.panel import Panel

NO_ANSWER = Line(
    "browser",
    "note",
    "no browser answered (on a saved page none can)",
    "If you read this in a running notebook, widgets do not get through: reload the page and run this cell again. If that "
    'does not help, do what the line "widgets" says, restart JupyterLab, and try another browser.',
)


class Doctor(Panel):
    """Shows a report, and adds a line about the way from the kernel to the browser and back.

    Parameters
    ----------
    report
        What `ftwidgets.doctor()` found.

    Attributes
    ----------
    report
        The same with the browser's line. Until a browser has drawn the widget and said so, that line says what to do.
    """

    def __init__(self, report: Report) -> None:
        self._found = report
        self._asked_at = time.monotonic()
        self._answer: Line | None = None
        self._table = Live()
        super().__init__("Health check", [self._table])
        self.status.on_msg(self._heard)
        self._show()

    @property
    def report(self) -> Report:
        """The lines, with the browser's at the end."""
        return Report((*self._found.lines, self._answer or NO_ANSWER))

    @property
    def code(self) -> str:
        """What checks again."""
        return "import ftwidgets\n\nftwidgets.doctor()\n"

    def static_text(self) -> str:
        """Give the lines as text."""
        return self.report.text()

    def static_html(self) -> str:
        """Give the lines as a table."""
        return self.report._repr_html_()

    def _heard(self, _widget: object, content: Any, _buffers: object) -> None:
        """Note that a browser has drawn the status line; a second view of it is nothing new."""
        if content != {"type": "shown"} or self._answer is not None:
            return
        after = time.monotonic() - self._asked_at
        self._answer = Line(
            "browser", "ok", f"this browser draws widgets, and its answer reached the kernel after {after:.1f} s"
        )
        self._show()
        self.update_static_view()  # so that the saved page says so too

    def _show(self) -> None:
        self._table.html = self.report.table()
        self.show_status(self.report.verdict, "ok" if self.report.ok else "wrong")
