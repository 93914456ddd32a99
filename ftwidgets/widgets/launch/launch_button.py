"""The launch button: its words say what a press will do, and the first press on unwise values only asks."""

from __future__ import annotations

import time

from ftwidgets.widgets.base.press import PressButton

READ = 1.0  # seconds to read a question in: a second press before that is a double click, and no answer


class LaunchButton(PressButton):
    """A button that knows whether a launch is `starting`, and whether it has `asked` about the form as it is."""

    def __init__(self) -> None:
        self.starting = False
        self._asked_at = 0.0  # when it was pressed on a questionable form; 0 after a change of the form
        super().__init__("Launch the job", tooltip="Launch the job", button_style="primary")

    @property
    def asked(self) -> bool:
        """Whether it has asked."""
        return bool(self._asked_at)

    def confirm(self) -> bool:
        """Return whether this is the second press on the same questionable values, after a time in which one can read."""
        asked_at, now = self._asked_at, time.monotonic()
        self._asked_at = asked_at or now
        return bool(asked_at) and now - asked_at >= READ

    def forget(self) -> None:
        """Ask anew: the form has changed."""
        self._asked_at = 0.0

    def show(self, *, exists: bool, another: bool) -> None:
        """Say what a press does: `exists` if the form is that of the launched job, `another` if there is one at all."""
        words = "Launch another" if another else "Launch the job"
        words = "Launching ..." if self.starting else "Launched" if exists else "Launch anyway" if self.asked else words
        self.description = self.tooltip = words
        self.disabled = self.starting
        self.button_style = "" if self.starting or exists else "primary"
