"""JobMonitor: follow a fine-tuning job on a live chart, diagnose its curve, and ask its checkpoints the same prompts.

`chart.loss_chart` draws several jobs in one picture.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import openai

from ftwidgets.jobs.diagnosis import Diagnosis, diagnose
from ftwidgets.jobs.job import Job
from ftwidgets.providers import TERMINAL_STATUSES
from ftwidgets.widgets.base.background import BackgroundTask
from ftwidgets.widgets.base.fields import button, row
from ftwidgets.widgets.base.live import Live
from ftwidgets.widgets.base.panel import Panel
from ftwidgets.widgets.monitor import chart, status_text
from ftwidgets.widgets.monitor.job_progress import (
    VALIDATION,
    JobSnapshot,
    Losses,
    checkpoint_models,
    n_epochs,
    newest_job,
    poll,
)
from ftwidgets.widgets.monitor.probe_prompts import PROMPTS, ProbePrompts
from ftwidgets.widgets.monitor.scale import WIDTH

if TYPE_CHECKING:
    import ipywidgets
    import pandas as pd
    from openai.types.fine_tuning import FineTuningJob

_TIMEOUT = 30.0  # seconds for a request


class JobMonitor(Panel):
    """Follow a job to its end, in the background.

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
        The most tokens of an answer.

    Attributes
    ----------
    job
        The job.
    reading
        The diagnosis of the curve, once the job has ended; None before, and if there is no curve.

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
        self.job = job if isinstance(job, Job) else Job(client, job or newest_job(client))
        self.reading: Diagnosis | None = None
        self._losses = Losses()
        self._details: FineTuningJob | None = None
        self._models: dict[int, str] = {}  # by step
        self._probes = ProbePrompts(
            client, prompts, system=system, max_tokens=max_tokens, on_change=self._on_answers, on_error=self.show_error
        )
        self._task: BackgroundTask[None] = BackgroundTask("monitor", on_error=self.show_error)
        self._headline, self._progress, self._table, self._events = Live(role="status"), Live(), Live(), Live()
        self._diagnosis_view = Live(role="status")
        self._chart = chart.LiveChart("Press a step to ask the model as it was then.")
        self._chart.on_press(lambda step: self.catch_errors(lambda: self.ask_checkpoint(int(step)))())
        self._chart.layout.width, self._chart.layout.max_width = f"{WIDTH}px", "100%"
        self._chart.layout.margin = "2px 16px 2px 2px"
        self.cancel_button = button("Cancel the job", tooltip="Ask the service to stop the job")
        self.cancel_button.on_click(self.catch_errors(self.cancel))
        self.watch_button = button("Watch again", tooltip="Go on watching after an outage")
        self.watch_button.on_click(self.catch_errors(self.watch))
        self._offer_watching(False)
        top = [self._headline, self._progress, row(self.cancel_button, self.watch_button)]
        middle = row(self._chart, self._table)
        middle.layout.align_items = "flex-start"
        parts = [*top, middle, self._diagnosis_view, self._probes.table, self._probes.box, self._events]
        super().__init__(f"Job {self.job.id}", parts)
        self.watch()

    @property
    def prompts(self) -> ipywidgets.Textarea:
        """The field with the prompts for the checkpoints, a line each."""
        return self._probes.field

    def watch(self) -> None:
        """Start watching, or go on after an outage; nothing changes if it is watching already."""
        if not self._task.busy:
            self._stop.clear()
            self._offer_watching(False)
            self._task.start(self._watch)

    def wait(self, timeout: float | None = None) -> Job:
        """Wait until the job has ended, well or not, and everything is drawn.

        Parameters
        ----------
        timeout
            Seconds; None waits without a limit. The job goes on either way.

        Returns
        -------
        Job
            The job; `wait().status` tells how it ended.

        Raises
        ------
        TimeoutError
            If it had not ended.
        openai.OpenAIError
            If the service rejected the request, or did not answer for two minutes.
        """
        self._task.wait(timeout)
        self.update_static_view()
        return self.job

    def cancel(self) -> Job:
        """Ask the service to stop the job; the status line shows the outcome.

        Returns
        -------
        Job
            The job; it may have succeeded meanwhile.
        """
        self.show_status("Asking the service to stop the job ...")
        status = self.job.cancel().status
        outcomes = {"cancelled": "The service stopped the job.", "succeeded": "Too late: the job had succeeded already."}
        self.show_status(outcomes.get(status, f"The service was asked to stop the job, which is {status} now."), "ok")
        return self.job

    @property
    def steps(self) -> list[int]:
        """The steps whose models can be asked; 0 is the base model. Most services list checkpoints once a job has ended."""
        return sorted(self._models)

    def ask_checkpoint(self, step: int) -> None:
        """Ask the model as it was after a step all prompts, in the background; `answers` waits for them.

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
        if not self._probes.prompts:
            raise ValueError("there is no pinned prompt: write what to ask, one prompt per line.")
        self.show_status("Asking ...")
        self._probes.ask(step, self._models[step])

    def answers(self, timeout: float | None = None) -> pd.DataFrame:
        """Wait for all answers of the checkpoints and return them.

        Parameters
        ----------
        timeout
            Seconds; None waits without a limit.

        Returns
        -------
        pandas.DataFrame
            A row for each prompt, a column for each step.

        Raises
        ------
        TimeoutError
            If they did not come in time.
        openai.OpenAIError
            If the service rejected a request.
        """
        answers = self._probes.wait(timeout)
        self.update_static_view()
        return answers

    def close(self) -> None:
        """Stop watching and take the widget off the page. The job goes on."""
        self._stop.set()
        super().close()

    @property
    def code(self) -> str:
        """The code that does the same: wait, diagnose the curve, ask what was asked here."""
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
        return "\n".join(lines) + "\n" + self._probes.code()

    def static_text(self) -> str:
        """Return the status, the losses, the diagnosis and the answers, a line each."""
        if self._details is None:
            return "Nothing is known yet."
        lines = [status_text.headline(self._details, self._losses)]
        if self._losses.last:
            lines.append(chart.summary(self._losses.series()))
        if self.reading:
            lines += status_text.diagnosis_text(self.reading)
        lines += [f"step {step}, {prompt!r}: {answer!r}" for (step, prompt), answer in self._probes.answers.items()]
        return "\n".join(lines)

    def static_html(self) -> str:
        """Return the same with the chart as a picture and the tables."""
        if self._details is None:
            return super().static_html()
        parts = [f"<p>{escape(status_text.headline(self._details, self._losses))}</p>"]
        if self._losses.last:
            series = self._losses.series()
            picture = chart.loss_chart(series, last=self._losses.total, dots=[VALIDATION], marks=self.steps)
            parts += [picture, self._table.html]
        return "".join([*parts, self._diagnosis_view.html, self._probes.table.html])

    def _watch(self) -> None:
        job = Job(self._client.with_options(timeout=_TIMEOUT), self.job.id)
        done = False
        try:
            for snapshot in poll(job, self._stop):
                self._show(snapshot)
            if not self._stop.is_set():
                curve = job.curve
                if len(curve):
                    self._losses.replace(curve)
                    self.reading = diagnose(curve)
                self._models = checkpoint_models(job)
                self._show_losses()
                self._diagnosis_view.html = status_text.diagnosis_html(self.reading)
                self._progress.html = status_text.progress_html(job.details, self._losses)
                self.refresh_code()
                done = True
        finally:
            self._offer_watching(not done)
            if not self._stop.is_set():
                self.update_static_view()

    def _show(self, snapshot: JobSnapshot) -> None:
        details = snapshot.details
        if details is None:
            self.show_status(status_text.outage_text(snapshot.error), "wrong")
            return
        if self._details is None or self.status.html.startswith('<p class="ftw-wrong">'):
            self.show_status("")
        self._details = details
        self._losses.add(snapshot.events)
        self._headline.html = status_text.headline_html(details, self._losses)
        self._progress.html = status_text.progress_html(details, self._losses)
        self._events.html = status_text.events_html(snapshot.events)
        self.cancel_button.disabled = details.status in TERMINAL_STATUSES
        self._show_losses()

    def _show_losses(self) -> None:
        losses = self._losses
        if losses.last:
            self._chart.show(losses.series(), last=losses.total, dots=[VALIDATION], steps=self.steps)
            self._table.html = losses.table_html(n_epochs(self._details))

    def _on_answers(self) -> None:
        self.show_status("")
        self.refresh_code()
        self.update_static_view()

    def _offer_watching(self, offered: bool) -> None:
        self.watch_button.layout.display = "" if offered else "none"
