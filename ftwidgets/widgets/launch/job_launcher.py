"""JobLauncher: a form that starts a fine-tuning job, with an estimate of its time, memory and cost before the button.

Methods other than supervised are not offered.
"""

from __future__ import annotations

import threading
import time
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import ipywidgets

from ftwidgets.errors import DataError
from ftwidgets.jobs import job
from ftwidgets.jobs.times import when
from ftwidgets.providers import TERMINAL_STATUSES
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
from ftwidgets.widgets.launch.service_options import ServiceOptions

if TYPE_CHECKING:
    import openai

READ = 1.0  # seconds to read a question in: a second press before that is a double click, and no answer


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
        self.job: job.Job | None = None
        self._client = client
        self._options = ServiceOptions(client)
        self._form = JobForm(self._options)
        self.fields, self.advanced = self._form.fields, self._form.advanced
        self._launch_lock = threading.Lock()
        self._starting = self._filling = False
        self._pressed = False  # before, an empty form is no mistake
        self._said = ("", "")  # what the last press led to, and its kind
        self._asked_at = 0.0  # when the button was pressed on a questionable form; 0 after a change of the form
        self._launched: JobSettings | None = None  # what `job` was made from,
        self._launched_texts: list[str] = []  # the texts of the fields then,
        self._label = ""  # and what it is called here
        self._work: BackgroundTask[job.Job] = BackgroundTask("launch", on_error=self._show_failure)
        self._estimate_view, self._help = EstimateView(self._options), Live()
        self._button = button("Launch the job", primary=True)
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

    def launch(self) -> job.Job:
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
            if self.job is not None and settings == self._launched and not self._has_no_model():
                self.show_status("Nothing was launched twice: this job exists. Change a field above to launch another.", "ok")
                return self.job
            self.job = job.launch(
                self._client,
                settings.training_file.source,
                model=settings.model,
                validation_file=settings.validation_file.source if settings.validation_file else None,
                seed=settings.seed,
                suffix=settings.suffix,
                **settings.hyperparameters,  # type: ignore[arg-type]  # their types are those of JobSettings
            )
            self._launched, self._launched_texts = settings, texts
            self._label = f"{f'{settings.suffix} ({base})' if settings.suffix else base}, {when(time.time())}"
            self._options.refresh_queue()
            self.show_status("")
            self._offer_monitor(self.job.id)
            self._estimate_view.show(self._try_estimate(), self.model)
            self._update_button()
            return self.job

    def wait(self, timeout: float | None = None) -> job.Job:
        """Wait for a launch that the button started (not for the end of the job), and return the job."""
        return self._work.wait(timeout)

    def refresh(self) -> None:
        """Request the models, files and jobs anew, and read the files again."""
        self._refresh_options(self.model)
        try:
            changed = self.settings() != self._launched
        except DataError:
            changed = True
        if self.job is not None and (changed or self._has_no_model()):
            self._launched_texts = []  # the same texts may be launched again
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
        return [*facts, ("Job", f"{self._label} ({self.job.id})" if self.job else "not launched")]

    def _refresh_options(self, model: str | None) -> None:
        """Request what there is to choose from and fill the menus; what is chosen stays."""
        self._filling = True
        try:
            self._options.refresh()
            self._form.fill_menus(model)
        finally:
            self._filling = False
        self._help.html = help_html(self.fields)

    def _has_no_model(self) -> bool:
        """Return whether the job ended without a model or is gone, so that the same settings may be tried again."""
        import openai

        try:
            return self.job is not None and self.job.status in TERMINAL_STATUSES - {"succeeded"}
        except openai.NotFoundError:
            return True

    def _exists(self) -> bool:
        """Return whether the form is that of the job that was launched."""
        return self.job is not None and self._form.texts == self._launched_texts

    def _offer_monitor(self, job_id: str) -> None:
        def monitor() -> Panel:
            from ftwidgets.widgets.monitor import JobMonitor

            return JobMonitor(self._client, job_id)

        code = f"from ftwidgets.widgets import JobMonitor\n\nmonitor = JobMonitor(client, {markup.literal(job_id)})\nmonitor"
        self.next_step.offer("see how the model learns, step by step.", "Watch it train", monitor, code)

    def _start_launch(self) -> None:
        if self._starting:  # the second of two fast clicks
            return
        self._pressed = True
        if self._form.questions() and not self._exists() and not self._confirmed():
            self.show_status("")
            self._update_button()
            return

        def launch() -> job.Job:
            try:
                return self.launch()
            finally:
                self._starting = False
                self._update_button()
                self.update_static_view()

        self._starting = True
        self._update_button()
        self.show_status("Uploading and launching ...")
        if not self._work.start(launch):  # the last launch is just ending
            self._starting = False
            self._update_button()

    def _show_failure(self, error: Exception) -> None:
        if isinstance(error, DataError) and self._form.problems():
            self.show_status("Nothing was launched.", "wrong")  # the mistakes are listed below that
        else:
            self.show_error(error)

    def _confirmed(self) -> bool:
        """Return whether this is the second press on the same questionable values, after a time in which one can read."""
        asked_at, now = self._asked_at, time.monotonic()
        self._asked_at = asked_at or now
        return bool(asked_at) and now - asked_at >= READ

    def _on_change(self) -> None:
        if self._filling:
            return
        self._asked_at = 0.0
        if not self._starting:
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
        for name, field in self.fields.items():
            field.mark(wrong=name in problems)
        if any(name not in MAIN for name in problems):
            self.advanced.show()
        said, kind = self._said
        parts = [f'<p class="ftw-wrong">{escape(self._options.error)}</p>'] if self._options.error else []
        parts += [f'<p class="ftw-{kind}">{escape(said)}</p>'] if said else []
        if self.job is not None:
            parts.append(
                f'<p class="ftw-ok">Launched: <strong>{escape(self._label)}</strong> {markup.identifier(self.job.id)} '
                "It runs on its own.</p>"
            )
        label = self._form.label
        parts.append(messages.listing("To be corrected:", label(problems), "wrong"))
        if not self._exists():
            ask = "Press again to launch it all the same:" if self._asked_at else "Are you sure?"
            parts.append(messages.listing(ask, label(questions), "warning"))
        parts.append(messages.listing("Look at this first:", label(self._form.notes()), "warning"))
        self.status.html = "".join(parts) or hint(self._try_estimate(), has_file=bool(self.train_file))

    def _try_estimate(self) -> Estimate | None:
        try:
            return self.estimate
        except (ValueError, OSError):  # the field that cannot be parsed has its own sentence
            return None

    def _update_button(self) -> None:
        exists = self._exists()
        words = "Launch another" if self.job else "Launch the job"
        words = "Launching ..." if self._starting else "Launched" if exists else "Launch anyway" if self._asked_at else words
        self._button.description = self._button.tooltip = words
        self._button.disabled = self._starting
        self._button.button_style = "" if self._starting or exists else "primary"
