"""JobMonitor: follow a fine-tuning job on a live chart, diagnose its curve, ask its checkpoints, compare it with other jobs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING

import ipywidgets
import openai

from ftwidgets.jobs.diagnosis import Diagnosis, diagnose
from ftwidgets.jobs.job import Job
from ftwidgets.providers import TERMINAL_STATUSES
from ftwidgets.widgets.base.arguments import require_client, require_text, require_whole
from ftwidgets.widgets.base.failures import explain_wrong_service
from ftwidgets.widgets.base.fields import Fold, row
from ftwidgets.widgets.base.panel import Panel
from ftwidgets.widgets.monitor import job_view, status_text
from ftwidgets.widgets.monitor.compare_fold import CompareFold
from ftwidgets.widgets.monitor.comparison import Comparison, chosen_jobs
from ftwidgets.widgets.monitor.job_progress import JobSnapshot, checkpoint_models
from ftwidgets.widgets.monitor.job_watch import JobWatch
from ftwidgets.widgets.monitor.no_job import NO_JOB, NoJob
from ftwidgets.widgets.monitor.probe_prompts import PROMPTS, ProbePrompts

if TYPE_CHECKING:
    import pandas as pd


class JobMonitor(Panel):
    """Follow a job to its end, in the background.

    Parameters
    ----------
    client
        Any `openai` client.
    job
        The job or its id, also of a job that another kernel started or that has ended. A list: the first is followed, the
        others are compared with it in the chart. Without one: the newest job, or the first that is launched.
    prompts
        What to ask the checkpoints, a line each; three are a good number.
    system
        The system prompt to ask with; the one in the training data, if there was one.
    max_tokens
        The most tokens of an answer.
    compare
        Other jobs, or their ids, to compare with it: the chart then shows the validation loss of each.

    Attributes
    ----------
    job
        The job; None until there is one.
    reading
        The diagnosis of the curve, once the job has ended; None before, and if there is no curve.
    """

    def __init__(
        self,
        client: openai.OpenAI,
        job: Job | str | Sequence[Job | str] | None = None,
        *,
        prompts: Iterable[str] = PROMPTS,
        system: str = "",
        max_tokens: int = 60,
        compare: Sequence[Job | str] = (),
    ) -> None:
        require_client(client)
        require_text("system", system)
        require_whole("max_tokens", max_tokens, least=1)
        self._client = client
        followed, others = chosen_jobs(client, job, compare)
        self.reading: Diagnosis | None = None
        self._probes = ProbePrompts(
            client, prompts, system=system, max_tokens=max_tokens, on_change=self._on_answers, on_error=self.show_error
        )
        self._watch = JobWatch(
            client,
            followed,
            on_found=self._show_parts,
            on_look=self._show,
            on_end=self._show_end,
            on_stop=self._show_stop,
            on_error=self._show_failure,
            tell=self.show_status,
        )
        self._comparison = Comparison(on_change=self._draw, on_error=self.show_error)
        self._job_view = view = job_view.JobView()
        view.chart.on_press(lambda step: self.catch_errors(lambda: self.ask_checkpoint(int(step)))())
        self.watch_button, self.resume_button, self.cancel_button = view.watch_button, view.resume_button, view.cancel_button
        acts = {self.watch_button: self.watch, self.resume_button: self.resume, self.cancel_button: self.cancel}
        for press, act in acts.items():
            press.on_click(self.catch_errors(act))
        self.compare_with = CompareFold(
            client,
            self._comparison,
            watched=lambda: self.job.id if self.job else None,
            catch_errors=self.catch_errors,
            on_error=self.show_error,
        )
        self._no_job = NoJob(self.catch_errors(self.look_again))
        top = row(view.header, *acts)
        questions = Fold("Questions for the checkpoints", [self._probes.box])
        below = [
            view.legend,
            view.chart,
            view.diagnosis,
            self._probes.table,
            questions,
            self.compare_with,
            view.table,
            view.events,
        ]
        self._top, self._below = ipywidgets.VBox([top, view.progress, view.headline]), ipywidgets.VBox(below)
        super().__init__("Training job", [self._no_job, self._top], below_status=[self._below])
        if self.job is None:
            with suppress(Exception):  # the thread looks too, and tells what is wrong
                self._watch.find_newest()
        self._show_parts()
        for other in others:
            self._comparison.add(other)
        self.watch()

    @property
    def job(self) -> Job | None:
        """The job; None until there is one."""
        return self._watch.job

    @property
    def prompts(self) -> ipywidgets.Textarea:
        """The field with the prompts for the checkpoints, a line each."""
        return self._probes.field

    def watch(self) -> None:
        """Start watching, or go on after an outage; nothing changes if it is watching already."""
        if not self._watch.busy:
            self.watch_button.layout.display = "none"
            self._watch.start()

    def look_again(self) -> None:
        """Look for a job now; without one, the monitor looks every few seconds by itself."""
        self.show_status("Looking for a job ...")
        self._watch.look_now()
        self.watch()

    def wait(self, timeout: float | None = None) -> Job:
        """Wait until the job has ended, well or not, and everything is drawn; with other jobs to compare, until each has.

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
        FtwidgetsError
            If there is no job yet.
        TimeoutError
            If it had not ended.
        openai.OpenAIError
            If the service rejected the request, or did not answer for two minutes.
        """
        until = None if timeout is None else monotonic() + timeout
        job = self._watch.wait(timeout)
        self._comparison.wait(None if until is None else max(0.0, until - monotonic()))
        self.update_static_view()
        return job

    def cancel(self) -> Job:
        """Ask the service to stop the job; the status line shows the outcome.

        Returns
        -------
        Job
            The job; it may have succeeded meanwhile.
        """
        job = self._watch.require_job()
        self.show_status("Asking the service to stop the job ...")
        with explain_wrong_service():
            status = str(job.cancel().status)
        self.cancel_button.disabled = status in TERMINAL_STATUSES
        outcomes = {"cancelled": "The service stopped the job.", "succeeded": "Too late: the job had succeeded already."}
        self.show_status(outcomes.get(status, f"The service was asked to stop the job, which is {status} now."), "ok")
        return job

    def resume(self) -> Job:
        """Ask the service to go on with a paused job, and return it."""
        job = self._watch.require_job()
        self._client.fine_tuning.jobs.resume(job.id)
        self.show_status("The service was asked to go on with the job.", "ok")
        return job

    @property
    def steps(self) -> list[int]:
        """The steps whose models can be asked; 0 is the base model. Most services list checkpoints once a job has ended."""
        return sorted(self._probes.checkpoints)

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
        self._probes.require_askable(step)
        self.show_status("Asking ...")
        self._probes.ask(step, self._job_view.checkpoint_names([step])[step])

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
        if "_comparison" in vars(self):  # else an argument was rejected, and there is nothing to stop
            self._watch.stop()
            self._comparison.close()
        super().close()

    @property
    def code(self) -> str:
        """The code that does the same: wait, diagnose the curve, ask what was asked here."""
        return job_view.code(self._watch.require_job().id) + self._probes.code()

    def static_text(self) -> str:
        """Return the status, the losses, the diagnosis and the answers, a line each."""
        if self.job is None:
            return f"Nothing to watch: {NO_JOB}"
        lines = self._job_view.static_lines(self.reading)
        lines += [f"step {step}, {prompt!r}: {answer!r}" for (step, prompt), answer in self._probes.answers.items()]
        return "\n".join(lines) or "Nothing is known yet."

    def static_html(self) -> str:
        """Return the same with the chart as a picture and the tables."""
        if self._job_view.details is None:
            return super().static_html()
        return self._job_view.static_page(self.steps, self._comparison.jobs) + self._probes.table.html

    def _show_parts(self) -> None:
        """Show the job, or that there is none."""
        here = self.job is not None
        for part, shown in ((self._no_job, not here), (self._top, here), (self._below, here)):
            part.layout.display = "" if shown else "none"

    def _show(self, snapshot: JobSnapshot) -> None:
        details = snapshot.details
        if details is None:
            self.show_status(status_text.outage_text(snapshot.error), "wrong")
            return
        if self._job_view.details is None or self.status.html.startswith('<p class="ftw-wrong">'):
            self.show_status("")
        self._job_view.show(details, snapshot.events)
        self._draw()

    def _show_end(self, job: Job) -> None:
        """Show what is known once a job has ended: its curve, its checkpoints, its diagnosis, what comes next."""
        curve = job.curve
        if len(curve):
            self._job_view.losses.replace(curve)
            self.reading = diagnose(curve)
        self._probes.checkpoints = checkpoint_models(job)
        self._draw()
        self._job_view.show_diagnosis(self.reading, self.steps)
        self._job_view.show(job.details, job.events)
        if job.model:
            self._offer_asking(job.details.model, job.model)
        self.refresh_code()

    def _offer_asking(self, base: str, tuned: str) -> None:
        from ftwidgets.widgets.prompt import PromptTester

        models = {"base": base, "tuned": tuned}
        code = f"from ftwidgets.widgets import PromptTester\n\nPromptTester(client, {models!r})\n"
        sentence = "ask the tuned model and its base the same question, side by side."
        self.next_step.offer(sentence, "Ask it", lambda: PromptTester(self._client, models), code)

    def _draw(self) -> None:
        self._job_view.draw(self.steps, self._comparison.jobs)

    def _on_answers(self) -> None:
        self.show_status("")
        self.refresh_code()
        self.update_static_view()

    def _show_stop(self, ended: bool) -> None:
        self.watch_button.layout.display = "none" if ended else ""
        self.update_static_view()

    def _show_failure(self, error: Exception) -> None:
        self.show_error(error)
        self.update_static_view()
