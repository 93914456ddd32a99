"""A form that starts a fine-tuning job: what it will take is said before the button, and one form makes one job.

Left out: preparing the files (`DatasetPrep`), following the job (`JobMonitor`), methods other than supervised.
"""

from __future__ import annotations

import threading
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import ipywidgets

from ftwidgets.errors import DataError
from ftwidgets.jobs import job
from ftwidgets.widgets.base import fields, markup
from ftwidgets.widgets.base.background import BackgroundTask
from ftwidgets.widgets.base.live import Live
from ftwidgets.widgets.base.panel import Panel
from ftwidgets.widgets.launch.estimate import Estimate, estimate
from ftwidgets.widgets.launch.job_code import job_code
from ftwidgets.widgets.launch.job_fields import FieldText, ModelText, job_fields
from ftwidgets.widgets.launch.job_form import JobForm
from ftwidgets.widgets.launch.service_options import Offers

if TYPE_CHECKING:
    import openai

_GRID = {"flex_flow": "row wrap", "align_items": "flex-start", "overflow": "visible"}  # two columns where there is room


class JobLauncher(Panel):
    """Start a fine-tuning job; `.job` is then its `ftwidgets.Job`.

    Every parameter fills in a field, and each can be changed later, in the form or in code: `launcher.n_epochs = 4`.

    Parameters
    ----------
    client
        Any `openai` client.
    train_file, validation_file
        A path, or the id of an uploaded file. Left out, the form offers the client's uploaded files.
    model
        The model to start from; by default the first that the client lists.
    method
        `"supervised"`. The others stand in the menu and are refused in words.
    n_epochs, batch_size, learning_rate_multiplier
        A number, or `"auto"`, which leaves the choice to the service.
    seed, suffix
        Sent when given.
    """

    train_file, validation_file, model, method = FieldText(), FieldText(), ModelText(), FieldText()
    n_epochs, batch_size, learning_rate_multiplier = FieldText(), FieldText(), FieldText()
    seed, suffix = FieldText(), FieldText()

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
        seed: int | None = None,
        suffix: str | None = None,
    ) -> None:
        self.job: job.Job | None = None
        self._client = client
        self._offers = Offers(client)
        self._one = threading.Lock()  # one launch at a time
        self._starting = False
        self._launched: JobForm | None = None
        self._launched_texts: list[str] = []
        self._work: BackgroundTask[job.Job] = BackgroundTask("launch", on_error=self.show_error)
        self.entries = job_fields(self._offers)
        self._forecast = Live(role="status")
        self._button = fields.button("Launch the job", primary=True)
        self._again = fields.button("Refresh", tooltip="Look again at the files, the models and the jobs that have ended")
        grid = ipywidgets.HBox([entry.box for entry in self.entries.values()], layout=_GRID)
        super().__init__("Launch a job", [grid, self._forecast, fields.row(self._button, self._again)])
        self._ask(model)
        self.train_file, self.validation_file = self._offers.called(train_file), self._offers.called(validation_file)
        self.method = method
        self.n_epochs, self.batch_size, self.seed, self.suffix = n_epochs, batch_size, seed, suffix
        self.learning_rate_multiplier = learning_rate_multiplier
        for entry in self.entries.values():
            entry.control.observe(self.catch_errors(self._changed), names="value")
        self._button.on_click(self.catch_errors(self._clicked))
        self._again.on_click(self.catch_errors(self.refresh))
        self._changed()

    @property
    def estimate(self) -> Estimate | None:
        """What the job will take; None if the training file cannot be counted from here.

        Raises
        ------
        ValueError
            If a field that it needs cannot be read.
        """
        file, n_epochs = self.entries["train_file"].value(), self.entries["n_epochs"].value()
        found = self._offers.contents(file)
        if found is None or not found.tokens:
            return None
        sandbox, speed = self._offers.is_sandbox(self.model), self._offers.pace(self.model)
        return estimate(found, n_epochs, self.model, speed, sandbox=sandbox, before=self._offers.waiting())

    def form(self) -> JobForm:
        """Read the form.

        Raises
        ------
        DataError
            That names each field which cannot be read, and says what to write instead.
        """
        wrong = [f"{entry.name}: {entry.problem()}" for entry in self.entries.values() if entry.problem()]
        if wrong:
            raise DataError(" ".join(wrong))
        read = {name: entry.value() for name, entry in self.entries.items()}
        del read["method"]  # there is one only
        return JobForm(training_file=read.pop("train_file"), **read)

    def launch(self) -> job.Job:
        """Start the job, as the button does.

        The same form makes one job only: called again, also from another thread, it gives the job that exists. Another
        job is started once the form or a file has changed, or the job has failed or was cancelled.

        Returns
        -------
        Job
            The handle; it does not wait.

        Raises
        ------
        DataError
            If a field cannot be read.
        openai.OpenAIError
            If the service refuses a file or the job.
        """
        with self._one:
            texts, form = self._texts(), self.form()
            if self.job is not None and form == self._launched and not self._in_vain():
                self.show_status(f"This form was launched already, as {self.job.id}. Change it to start another job.", "ok")
                return self.job
            self.job = job.launch(
                self._client,
                form.training_file.source,
                model=form.model,
                validation_file=form.validation_file.source if form.validation_file else None,
                seed=form.seed,
                suffix=form.suffix,
                **form.hyperparameters,  # type: ignore[arg-type]  # their types are those of JobForm
            )
            self._launched, self._launched_texts = form, texts
            self.show_status(f"Started {self.job.id}. It is checked, queued and trained without this form.", "ok")
            self._show_button()
            return self.job

    def wait(self, timeout: float | None = None) -> job.Job:
        """Wait for a launch that the button began (not for the job), and give the job."""
        return self._work.wait(timeout)

    def refresh(self) -> None:
        """Ask the service anew for its models, files and jobs, and look at the files again."""
        self._ask(self.model)
        if self.job is not None and (self._in_vain() or self._form() != self._launched):
            self._launched_texts = []  # the same words may be launched again
        self._changed()

    @property
    def code(self) -> str:
        """The plain `openai` calls that the form stands for."""
        return job_code(self.form())

    def static_text(self) -> str:
        """Tell the form, what it will take, and the job."""
        return "\n".join(f"{name}: {text}" for name, text in self._facts())

    def static_html(self) -> str:
        """The same as a table."""
        return markup.table("The form and the job", ("field", "value"), self._facts())

    def _facts(self) -> list[tuple[str, str]]:
        facts = [(entry.name, entry.text or "(empty)") for entry in self.entries.values()]
        try:
            told = self.estimate
        except (ValueError, OSError):
            told = None
        if told is not None:
            facts += [("Time", told.time), ("Cost", told.money)]
        return [*facts, ("Job", self.job.id if self.job else "not launched")]

    def _ask(self, model: str | None) -> None:
        """Fill in what there is to choose from, keeping what is chosen."""
        troubled = self._offers.trouble
        self._offers.ask()
        self.entries["model"].control.options = self._offers.models
        if chosen := model or next(iter(self._offers.models), None):
            self.model = chosen
        for name in ("train_file", "validation_file"):
            self.entries[name].control.options = list(self._offers.files)
        if self._offers.trouble:
            self.show_status(self._offers.trouble, "wrong")
        elif troubled:
            self.show_status("")

    def _in_vain(self) -> bool:
        """Tell whether the job of this form ended without a model, so that the same may be tried again."""
        return self.job is not None and self.job.status in ("failed", "cancelled")

    def _form(self) -> JobForm | None:
        try:
            return self.form()
        except DataError:
            return None

    def _texts(self) -> list[str]:
        return [entry.text for entry in self.entries.values()]

    def _clicked(self) -> None:
        if self._starting:  # the second of two fast clicks
            return
        self._starting = True
        self._show_button()
        self.show_status("Uploading and launching ...")
        if not self._work.start(self._start):  # the last launch is just ending
            self._starting = False
            self._show_button()

    def _start(self) -> job.Job:
        try:
            return self.launch()
        finally:
            self._starting = False
            self._show_button()
            self.update_static_view()

    def _changed(self) -> None:
        """Bring everything that follows from the form up to date."""
        for entry in self.entries.values():
            entry.tell(entry.problem())
        self._warn()
        self._show_forecast()
        self._show_button()
        self.refresh_code()

    def _warn(self) -> None:
        """Say what is doubtful and yet allowed."""
        train, held = self.entries["train_file"], self.entries["validation_file"]
        found = None if train.problem() else self._offers.contents(train.value())
        if found is not None and found.warning:
            train.tell(found.warning)
        if held.text and held.text == train.text:
            held.tell("This is the training file: its loss would only show how well the examples are remembered.")

    def _show_forecast(self) -> None:
        try:
            told = self.estimate
        except (ValueError, OSError):  # a field cannot be read, which is said there
            self._forecast.html = ""
            return
        if told is None:
            self._forecast.html = "<p><strong>Time and cost:</strong> not known; the file could not be counted from here.</p>"
            return
        parts = (("Time", told.time), ("Cost", told.money))
        self._forecast.html = "".join(f"<p><strong>{name}:</strong> {escape(text)}</p>" for name, text in parts)

    def _show_button(self) -> None:
        exists = self.job is not None and self._texts() == self._launched_texts
        text = "Launching ..." if self._starting else "The job exists" if exists else "Launch the job"
        self._button.description, self._button.disabled = text, self._starting or exists
        self._button.button_style = "" if self._button.disabled else "primary"
