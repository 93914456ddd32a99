"""While the service has no job: what to do, a button that looks again, and the wait for the first one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import ipywidgets

from ftwidgets.jobs.polling import transient_errors
from ftwidgets.widgets.base import markup
from ftwidgets.widgets.base.fields import button
from ftwidgets.widgets.base.live import Live
from ftwidgets.widgets.monitor.job_progress import recent_jobs
from ftwidgets.widgets.monitor.status_text import outage_text

if TYPE_CHECKING:
    import threading

    import openai
    from openai.types.fine_tuning import FineTuningJob

NO_JOB = (
    "this service has no fine-tuning job of yours yet. Launch one with JobLauncher(client) or ftwidgets.launch(client, ...)."
)
_FIRST_PAUSE, _LAST_PAUSE = 1.0, 30.0  # seconds between two looks


class NoJob(ipywidgets.VBox):
    """The empty state; `look` is called by its button."""

    def __init__(self, look: Callable[..., object]) -> None:
        text = f"{NO_JOB[0].upper()}{NO_JOB[1:]} It appears here by itself as soon as it is launched."
        self.look_button = button("Look again", tooltip="Look for a job now")
        self.look_button.on_click(look)
        super().__init__([Live(markup.empty(text)), self.look_button])


def wait_for_job(
    client: openai.OpenAI, *, stop: threading.Event, wake: threading.Event, tell: Callable[[str, str], object]
) -> list[FineTuningJob]:
    """Look for a job, ever less often, and return the newest in a list; an empty one once `stop` is set.

    `wake` brings the next look forward; then `tell` gets a sentence, with its kind, if there is still none.
    """
    pause, was_out = _FIRST_PAUSE, False
    while not stop.is_set():
        pressed = wake.is_set()
        wake.clear()
        try:
            found = recent_jobs(client)[:1]
            if pressed or was_out or found:
                tell("There is no job yet." if pressed and not found else "", "busy")
            if found:
                return found
            was_out = False
        except transient_errors() as error:
            tell(outage_text(error), "wrong")
            was_out = True
        wake.wait(pause)
        pause = min(_LAST_PAUSE, 1.2 * pause)
    return []
