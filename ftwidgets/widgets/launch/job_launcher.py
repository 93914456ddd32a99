"""JobLauncher: a form that starts a fine-tuning job, with an estimate of its time, memory and cost before the button.

Methods other than supervised are not offered.
"""

from __future__ import annotations

import threading
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import ipywidgets

from ftwidgets.errors import DataError
from ftwidgets.jobs.job import Job
from ftwidgets.jobs.job import launch as launch_job
from ftwidgets.widgets.base import markup
from ftwidgets.widgets.base.arguments import require_client, require_text_or_none
from ftwidgets.widgets.base.background import BackgroundTask
from ftwidgets.widgets.base.fields import button
from ftwidgets.widgets.base.live import Live
from ftwidgets.widgets.base.panel import Panel
from ftwidgets.widgets.launch import messages
from ftwidgets.widgets.launch.estimate import Estimate
from ftwidgets.widgets.launch.estimate_view import EstimateView, hint
from ftwidgets.widgets.launch.job_fields import MAIN, FieldText, help_html
from ftwidgets.widgets.launch.job_form import JobForm
from ftwidgets.widgets.launch.job_settings import JobSettings
from ftwidgets.widgets.launch.launch_button import LaunchButton
from ftwidgets.widgets.launch.launched_job import LaunchedJob
from ftwidgets.widgets.launch.service_options import ServiceOptions

if TYPE_CHECKING:
    import openai


class JobLauncher(Panel):
    """Start a fine-tuning job; `.job` is then its `ftwidgets.Job`.

    Every parameter fills in a field, and each can be changed later, in the form or in code: `launcher.n_epochs = 4`.

    Parameters
    ----------
    client
        Any `openai` client.
    train_file, validation_file
        A path, or the id of an uploaded file. The form offers the files in this folder and the uploaded ones.
    model
        The model to start from; by default the first that the client lists.
    method
        `"supervised"`. The menu shows the others too, and choosing one explains that this kit does not offer it.
    n_epochs, batch_size, learning_rate_multiplier
        A number, or `"auto"`, which leaves the choice to the service.
    lora, lora_r
        Whether an adapter is trained (True) or all weights (False), and the adapter's rank; None leaves it to the service.
    seed, suffix
        Sent when given. The suffix becomes part of the new model's name.
    """

    train_file, validation_file, model, method = FieldText(), FieldText(), FieldText(), FieldText()
    n_epochs, batch_size, learning_rate_multiplier = FieldText(), FieldText(), FieldText()
    lora, lora_r, seed, suffix = FieldText(), FieldText(), FieldText(), FieldText()

    def __init__(
        self,
        client: openai.OpenAI,
        train_file: str | Path | None = None,
        validation_file: str | Path | None = None,
        *,
        model: str | None = None,
        method: str = "supervised",
        n_epochs: int | str = "auto",
        batch_size: int | str = "auto",
        learning_rate_multiplier: float | str = "auto",
        lora: bool | None = None,
        lora_r: int | str = "auto",
        seed: int | None = None,
        suffix: str | None = None,
    ) -> None:
        require_client(client)
        for name, file in (("train_file", train_file), ("validation_file", validation_file)):
            if file is not None and not isinstance(file, str | Path):
                raise ValueError(f'"{name}" must be a path or the id of an uploaded file, in quotes: {file!r:.60}')
        require_text_or_none("model", model)
        require_text_or_none("suffix", suffix)
        self._client = client
        self._options = ServiceOptions(client)
        self._form = JobForm(self._options)
        self.fields, self.advanced = self._form.fields, self._form.advanced
        self._launch_lock = threading.Lock()
        self._filling = False
        self._pressed = False  # before, an empty form is no mistake
        self._said = ("", "")  # what the last press led to, and its kind
        self._launched: LaunchedJob | None = None
        self._work: BackgroundTask[Job] = BackgroundTask("launch", on_error=self._show_failure)
        self._estimate_view, self._help = EstimateView(self._options), Live()
        self._button = LaunchButton()
        self._refresh_button = button("Refresh", tooltip="Look again at the files, the models and the jobs that have ended")
        self._refresh_button.layout.margin = "2px 2px 2px auto"  # where the other button's text does not move it
        buttons = ipywidgets.HBox([self._button, self._refresh_button], layout={"width": "100%"})
        parts = [*self._form.parts, self._estimate_view.figures, buttons]
        super().__init__("Launch a job", parts, below_status=[self._estimate_view.basis, self._help])
        self.status.layout.min_height = "104px"  # for four lines, so that what is below stays in its place
        self._refresh_options(model)
        self.train_file, self.validation_file, self.method = train_file, validation_file, method
        self.n_epochs, self.batch_size, self.seed, self.suffix = n_epochs, batch_size, seed, suffix
        self.learning_rate_multiplier, self.lora, self.lora_r = learning_rate_multiplier, lora, lora_r
        for field in self.fields.values():
            for control in field.controls:
                control.observe(self.catch_errors(self._on_change), names="value")
        self._button.on_click(self.catch_errors(self._start_launch))
        self._refresh_button.on_click(self.catch_errors(self.refresh))
        self._on_change()

    @property
    def job(self) -> Job | None:
        """The job that was launched last; None before."""
        return self._launched.job if self._launched is not None else None

    @property
    def estimate(self) -> Estimate | None:
        """The time, memory and cost of the job; None if the training file cannot be counted from here.

        Raises
        ------
        ValueError
            If a field that it needs cannot be parsed.
        """
        return self._form.estimate(self.job.id if self.job is not None and self._exists() else "")

    def settings(self) -> JobSettings:
        """Return the settings that the form holds.

        Raises
        ------
        DataError
            That names each field which cannot be parsed, and says what to write instead.
        """
        return self._form.settings()

    def launch(self) -> Job:
        """Start the job, as the button does, but without a question about unwise values.

        The same form makes one job only: called again, also from another thread, it returns the job that exists. It starts
        another one once the form or a file has changed, or the job has failed or was cancelled.

        Returns
        -------
        Job
            The handle; it does not wait.

        Raises
        ------
        DataError
            If a field cannot be parsed.
        openai.OpenAIError
            If the service rejects a file or the job.
        """
        with self._launch_lock:
            texts, settings, base = self._form.texts, self.settings(), self.fields["model"].shown
            launched = self._launched
            if launched is not None and settings == launched.settings and not launched.has_no_model():
                self.show_status("Nothing was launched twice: this job exists. Change a field above to launch another.", "ok")
                return launched.job
            made = launch_job(
                self._client,
                settings.training_file.source,
                model=settings.model,
                validation_file=settings.validation_file.source if settings.validation_file else None,
                seed=settings.seed,
                suffix=settings.suffix,
                **settings.hyperparameters,  # type: ignore[arg-type]  # their types are those of JobSettings
            )
            self._launched = LaunchedJob(made, settings, texts, base)
            self._options.refresh_queue()
            self.show_status("")
            self._offer_monitor(made.id)
            self._estimate_view.show(self._try_estimate(), self.model)
            self._update_button()
            return made

    def wait(self, timeout: float | None = None) -> Job:
        """Wait for a launch that the button started (not for the end of the job), and return the job."""
        return self._work.wait(timeout)

    def refresh(self) -> None:
        """Request the models, files and jobs anew, and read the files again."""
        self._refresh_options(self.model)
        if (launched := self._launched) is not None:
            try:
                changed = self.settings() != launched.settings
            except DataError:
                changed = True
            if changed or launched.has_no_model():
                launched.texts = []  # the same texts may be launched again
        self._on_change()

    @property
    def code(self) -> str:
        """The plain `openai` calls that the form stands for."""
        return self.settings().code()

    def static_text(self) -> str:
        """Return the fields that are set, the estimate and the job, a line each."""
        return "\n".join(f"{name}: {text}" for name, text in self._facts())

    def static_html(self) -> str:
        """Return the same with the names in bold."""
        return "".join(f"<p><strong>{escape(name)}:</strong> {escape(text)}</p>" for name, text in self._facts())

    def show_status(self, text: str, kind: str = "busy") -> None:
        """Show a sentence below the buttons, above what is wrong with the form."""
        self._said = text, kind
        self._show_messages()

    def _facts(self) -> list[tuple[str, str]]:
        offered = {name: field for name, field in self.fields.items() if field.offered}
        facts = [(field.label, field.shown or "none") for name, field in offered.items() if name in MAIN or field.is_set]
        if (estimated := self._try_estimate()) is not None:
            facts += self._estimate_view.facts(estimated, self.model)
        launched = self._launched
        return [*facts, ("Job", f"{launched.label} ({launched.job.id})" if launched is not None else "not launched")]

    def _refresh_options(self, model: str | None) -> None:
        """Request what there is to choose from and fill the menus; what is chosen stays."""
        self._filling = True
        try:
            self._options.refresh()
            self._form.fill_menus(model)
        finally:
            self._filling = False
        self._help.html = help_html(self.fields)

    def _exists(self) -> bool:
        """Return whether the form is that of the job that was launched."""
        return self._launched is not None and self._form.texts == self._launched.texts

    def _offer_monitor(self, job_id: str) -> None:
        def monitor() -> Panel:
            from ftwidgets.widgets.monitor import JobMonitor

            return JobMonitor(self._client, job_id)

        code = f"from ftwidgets.widgets import JobMonitor\n\nmonitor = JobMonitor(client, {markup.literal(job_id)})\nmonitor"
        self.next_step.offer("see how the model learns, step by step.", "Watch it train", monitor, code)

    def _start_launch(self) -> None:
        if self._button.starting:  # the second of two fast clicks
            return
        self._pressed = True
        if self._form.questions() and not self._exists() and not self._button.confirm():
            self.show_status("")
            self._update_button()
            return

        def launch() -> Job:
            try:
                return self.launch()
            finally:
                self._button.starting = False
                self._update_button()
                self.update_static_view()

        self._button.starting = True
        self._update_button()
        self.show_status("Uploading and launching ...")
        if not self._work.start(launch):  # the last launch is just ending
            self._button.starting = False
            self._update_button()

    def _show_failure(self, error: Exception) -> None:
        if isinstance(error, DataError) and self._form.problems():
            self.show_status("Nothing was launched.", "wrong")  # the mistakes are listed below that
        else:
            self.show_error(error)

    def _on_change(self) -> None:
        if self._filling:
            return
        self._button.forget()
        if not self._button.starting:
            self._said = ("", "")
        self._estimate_view.show(self._try_estimate(), self.model)
        self._show_messages()
        self._update_button()
        self.refresh_code()

    def _show_messages(self) -> None:
        """Show below the buttons: what the last press led to, the job, and what is wrong or questionable in the form."""
        problems, questions = self._form.problems(), self._form.questions()
        if not self._pressed and not self.train_file:
            problems.pop("train_file", None)
        self._form.mark(problems)
        label = self._form.label
        html = messages.status_html(
            said=[(self._options.error, "wrong"), self._said],
            launched=self._launched,
            problems=label(problems),
            questions=[] if self._exists() else label(questions),
            asked=self._button.asked,
            notes=label(self._form.notes()),
        )
        self.status.html = html or hint(self._try_estimate(), has_file=bool(self.train_file))

    def _try_estimate(self) -> Estimate | None:
        try:
            return self.estimate
        except (ValueError, OSError):  # the field that cannot be parsed has its own sentence
            return None

    def _update_button(self) -> None:
        self._button.show(exists=self._exists(), another=self._launched is not None)
