"""Watch a fine-tuning job: its status, its losses as they come in, what the curve says, what its checkpoints answer.

Left out: launching (`launch.py`), and several jobs in one picture (`chart.loss_chart` draws that).
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import openai

from ftwidgets.jobs.diagnosis import Diagnosis, diagnose
from ftwidgets.jobs.job import TERMINAL_STATUSES, Job
from ftwidgets.widgets.base import markup
from ftwidgets.widgets.base.background import BackgroundTask
from ftwidgets.widgets.base.fields import button, row
from ftwidgets.widgets.base.live import Live
from ftwidgets.widgets.base.panel import Panel
from ftwidgets.widgets.monitor import chart, status_text
from ftwidgets.widgets.monitor.follow_job import Seen, epochs, follow, models, newest
from ftwidgets.widgets.monitor.live_chart import LiveChart
from ftwidgets.widgets.monitor.losses import VALIDATION, Losses
from ftwidgets.widgets.monitor.probe_prompts import PROMPTS, Pinned
from ftwidgets.widgets.monitor.scale import WIDTH

if TYPE_CHECKING:
    import ipywidgets
    import pandas as pd
    from openai.types.fine_tuning import FineTuningJob

_REQUEST = 30.0  # seconds a look may take
_CAPTION = "Loss by epoch (training: its mean)"
_HEADER = ("epoch", "to step", "training", "validation")
_MOST_ROWS = 12  # of the table, before it scrolls
_READ = ("What the curve says", "The rule")


class JobMonitor(Panel):
    """Follows a job to its end, in the background, and shows what it sees.

    Parameters
    ----------
    client
        Any `openai` client.
    job
        The job or its id, also of a job that another kernel started or that has ended; without one, the newest job.
    prompts
        What to ask the checkpoints, a line each; three are a good number.
    system
        The system prompt to ask with; the one in the training data, if there was one.
    max_tokens
        The longest answer.

    Attributes
    ----------
    job
        The job.
    reading
        What the curve says, once the job has ended; None before, and where there is no curve.

    Raises
    ------
    FtwidgetsError
        If no job is given and the client has none.
    """

    def __init__(
        self,
        client: openai.OpenAI,
        job: Job | str | None = None,
        *,
        prompts: Sequence[str] = PROMPTS,
        system: str = "",
        max_tokens: int = 60,
    ) -> None:
        self._stop = threading.Event()
        self._client = client
        self.job = job if isinstance(job, Job) else Job(client, job or newest(client))
        self.reading: Diagnosis | None = None
        self._losses = Losses()
        self._details: FineTuningJob | None = None
        self._models: dict[int, str] = {}  # by step
        self._pinned = Pinned(
            client, prompts, system=system, max_tokens=max_tokens, on_change=self._answered, on_error=self.show_error
        )
        self._watching: BackgroundTask[None] = BackgroundTask("monitor", on_error=self.show_error)
        super().__init__(f"Job {self.job.id}", self._parts())
        self.watch()

    def _parts(self) -> list[ipywidgets.Widget]:
        """Make the parts and put them in order."""
        self._headline, self._bar, self._table, self._log = Live(role="status"), Live(), Live(), Live()
        self._read = Live(role="status")
        self._chart = LiveChart("Press a step to ask the model as it was then.")
        self._chart.on_press(lambda step: self.catch_errors(lambda: self.ask_checkpoint(int(step)))())
        self._chart.layout.width, self._chart.layout.max_width = f"{WIDTH}px", "100%"
        self._chart.layout.margin = "2px 16px 2px 2px"
        self.cancel_button = button("Cancel the job", tooltip="Ask the service to stop the job")
        self.cancel_button.on_click(self.catch_errors(self.cancel))
        self.watch_button = button("Watch again", tooltip="Go on watching after an outage")
        self.watch_button.on_click(self.catch_errors(self.watch))
        self._idle(False)
        top = [self._headline, self._bar, row(self.cancel_button, self.watch_button)]
        middle = row(self._chart, self._table)
        middle.layout.align_items = "flex-start"
        return [*top, middle, self._read, self._pinned.table, self._pinned.box, self._log]

    @property
    def prompts(self) -> ipywidgets.Textarea:
        """The field with the pinned prompts, a line each."""
        return self._pinned.field

    def watch(self) -> None:
        """Begin to watch, or go on after an outage; nothing happens while it is watching."""
        if not self._watching.busy:
            self._stop.clear()
            self._idle(False)
            self._watching.start(self._follow)

    def wait(self, timeout: float | None = None) -> Job:
        """Wait until the job has ended, well or not, and everything is drawn.

        Parameters
        ----------
        timeout
            Seconds; None waits as long as it takes. The job goes on either way.

        Returns
        -------
        Job
            The job; `wait().status` tells how it ended.

        Raises
        ------
        TimeoutError
            If it had not ended.
        openai.OpenAIError
            If the service refused, or did not answer for two minutes.
        """
        self._watching.wait(timeout)
        self.update_static_view()
        return self.job

    def cancel(self) -> Job:
        """Ask the service to stop the job; the outcome stands in the status line.

        Returns
        -------
        Job
            The job; it may have succeeded meanwhile.
        """
        self.show_status("Asking the service to stop the job ...")
        status = self.job.cancel().status
        told = {"cancelled": "The service stopped the job.", "succeeded": "Too late: the job had succeeded already."}
        self.show_status(told.get(status, f"The service was asked to stop the job, which is {status} now."), "ok")
        return self.job

    @property
    def steps(self) -> list[int]:
        """The steps whose models can be asked; 0 is the base model. Most services list checkpoints when a job has ended."""
        return sorted(self._models)

    def ask_checkpoint(self, step: int) -> None:
        """Ask the model as it was after a step all pinned prompts, in the background; `answers` waits for them.

        Parameters
        ----------
        step
            One of `steps`.

        Raises
        ------
        ValueError
            If no checkpoint was kept there, or there is no prompt.
        """
        if step not in self._models:
            kept = ", ".join(map(str, self.steps)) or "none so far; they are listed when the job has succeeded"
            raise ValueError(f"no checkpoint was kept at step {step}. The steps that can be asked: {kept}.")
        if not self._pinned.prompts:
            raise ValueError("there is no pinned prompt: write what to ask, a line each.")
        self.show_status("Asking ...")
        self._pinned.ask(step, self._models[step])

    def answers(self, timeout: float | None = None) -> pd.DataFrame:
        """Wait for the answers to all that was asked.

        Parameters
        ----------
        timeout
            Seconds; None waits as long as it takes.

        Returns
        -------
        pandas.DataFrame
            A row a prompt, a column a step.

        Raises
        ------
        TimeoutError
            If they were not there in time.
        openai.OpenAIError
            If the service refused.
        """
        answers = self._pinned.wait(timeout)
        self.update_static_view()
        return answers

    def close(self) -> None:
        """Stop watching and take the widget off the page. The job goes on."""
        self._stop.set()
        super().close()

    @property
    def code(self) -> str:
        """The code that does the same: wait, read the curve, ask what was asked here."""
        lines = [
            "from ftwidgets import Job",
            "from ftwidgets.errors import JobError",
            "from ftwidgets.jobs import diagnose",
            "",
            f"job = Job(client, {self.job.id!r})",
            "try:",
            "    job.wait(on_event=lambda event: print(event.message))",
            "except JobError as error:",
            "    print(error)",
            "curve = job.curve",
            "reading = diagnose(curve) if len(curve) else None",
        ]
        return "\n".join(lines) + "\n" + self._pinned.code()

    def static_text(self) -> str:
        """Tell the present state in a few lines of text."""
        if self._details is None:
            return "nothing seen yet"
        lines = [status_text.headline(self._details, self._losses)]
        if self._losses.last:
            lines.append(chart.summary(self._losses.series()))
        if self.reading:
            lines += [f"{_READ[0]}: {self.reading}", f"{_READ[1]}: {self.reading.rule}"]
        lines += [f"step {step}, {prompt!r}: {answer!r}" for (step, prompt), answer in self._pinned.given.items()]
        return "\n".join(lines)

    def static_html(self) -> str:
        """Tell the present state as HTML without scripts; the chart is an image."""
        if self._details is None:
            return super().static_html()
        parts = [f"<p>{escape(status_text.headline(self._details, self._losses))}</p>"]
        if self._losses.last:
            series = self._losses.series()
            drawn = chart.loss_chart(series, last=self._losses.total, dots=[VALIDATION], marks=self.steps)
            parts += [drawn, self._table.html]
        return "".join([*parts, self._read.html, self._pinned.table.html])

    def _follow(self) -> None:
        """Watch, in the thread."""
        patient = Job(self._client.with_options(timeout=_REQUEST), self.job.id)
        done = False
        try:
            for seen in follow(patient, self._stop):
                self._show(seen)
            if not self._stop.is_set():
                self._finish(patient)
                done = True
        finally:
            self._idle(not done)
            if not self._stop.is_set():
                self.update_static_view()

    def _show(self, seen: Seen) -> None:
        """Draw what one look saw."""
        if seen.details is None:
            self.show_status(status_text.trouble(seen.trouble), "wrong")
            return
        if self._details is None or self.status.html.startswith('<p class="ftw-wrong">'):
            self.show_status("")
        self._details = seen.details
        self._losses.add(seen.events)
        self._headline.html = _line(seen.details, self._losses)
        self._bar.html = status_text.bar(seen.details, self._losses)
        self._log.html = status_text.log(seen.events)
        self.cancel_button.disabled = seen.details.status in TERMINAL_STATUSES
        self._draw()

    def _draw(self) -> None:
        """Draw the losses."""
        losses = self._losses
        if losses.last:
            self._chart.show(losses.series(), last=losses.total, dots=[VALIDATION], steps=self.steps)
            rows = losses.rows(epochs(self._details))
            self._table.html = _scrolling(markup.table(_CAPTION, _HEADER, rows, numbers=(0, 1, 2, 3)), len(rows))

    def _finish(self, job: Job) -> None:
        """Draw the end: the whole curve, what it says, and a button for each checkpoint."""
        curve = job.curve
        if len(curve):
            self._losses.replace(curve)
            self.reading = diagnose(curve)
        self._models = models(job)
        self._draw()
        self._read.html = _told(self.reading)
        self._bar.html = status_text.bar(job.details, self._losses)
        self.refresh_code()

    def _answered(self) -> None:
        """Bring what tells of the answers up to date; in the thread that asks."""
        self.show_status("")
        self.refresh_code()
        self.update_static_view()

    def _idle(self, idle: bool) -> None:
        """Offer to watch again, or not."""
        self.watch_button.layout.display = "" if idle else "none"


def _line(details: FineTuningJob, losses: Losses) -> str:
    return f'<p class="ftw-{status_text.kind(details.status)}">{escape(status_text.headline(details, losses))}</p>'


def _told(reading: Diagnosis | None) -> str:
    if reading is None:
        return "<p>There is no curve to read: the job has no measured steps.</p>"
    said = f"<strong>{_READ[0]}: {escape(reading.label)}.</strong> {escape(reading.text[0].upper() + reading.text[1:])}"
    return f'<p>{said}</p><p class="ftw-help">{_READ[1]}. {escape(reading.rule)}</p>'


def _scrolling(table: str, rows: int) -> str:
    """Let a long table scroll in a part of its own, in reach of the keyboard."""
    if rows <= _MOST_ROWS:
        return table
    style = "max-height:300px;overflow:auto"
    return f'<div class="ftw-tall" tabindex="0" role="region" aria-label="{_CAPTION}" style="{style}">{table}</div>'
