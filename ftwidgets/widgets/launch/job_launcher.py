"""JobLauncher: a form that starts a fine-tuning job, with an estimate of its time and cost.

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
from ftwidgets.providers import TERMINAL_STATUSES
from ftwidgets.widgets.base import markup
from ftwidgets.widgets.base.background import BackgroundTask
from ftwidgets.widgets.base.fields import button, row
from ftwidgets.widgets.base.live import Live
from ftwidgets.widgets.base.panel import Panel
from ftwidgets.widgets.launch.base_facts import BUNDLED_MEMORY, bundled_text, usual_batch
from ftwidgets.widgets.launch.estimate import Estimate, estimate
from ftwidgets.widgets.launch.job_fields import FIELDS, FieldText, FormField
from ftwidgets.widgets.launch.job_settings import TRAINED_WEIGHTS, JobSettings
from ftwidgets.widgets.launch.service_options import ServiceOptions, base_of

if TYPE_CHECKING:
    import openai

SETTLED = 0.2  # seconds after the last change of a field, before a press counts
_GRID = {"flex_flow": "row wrap", "align_items": "flex-start", "overflow": "visible"}  # two columns where there is room


class JobLauncher(Panel):
    """Start a fine-tuning job; `.job` is then its `ftwidgets.Job`.

    Every parameter fills in a field, and each can be changed later, in the form or in code: `launcher.n_epochs = 4`.

    Parameters
    ----------
    client
        Any `openai` client.
    train_file, validation_file
        A path, or the id of an uploaded file. Without one, the form offers the client's uploaded files.
    model
        The model to start from; by default the first that the client lists.
    method
        `"supervised"`. The menu shows the others too, and choosing one explains that this kit does not offer it.
    n_epochs, batch_size, learning_rate_multiplier
        A number, or `"auto"`, which leaves the choice to the service.
    lora, lora_r
        Whether an adapter is trained (True) or all weights (False), and the adapter's rank; None leaves it to the service.
    seed, suffix
        Sent when given.
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
        self.job: job.Job | None = None
        self._client = client
        self._options = ServiceOptions(client)
        self._launch_lock = threading.Lock()
        self._starting = False
        self._changed_at = time.monotonic()
        self._launched: JobSettings | None = None  # what `job` was made from,
        self._launched_texts: list[str] = []  # and the texts of the fields then
        self._work: BackgroundTask[job.Job] = BackgroundTask("launch", on_error=self.show_error)
        self.fields = {name: FormField(*row) for name, row in FIELDS.items()}
        self._estimate_view = Live(role="status")
        self._button = button("Launch the job", primary=True)
        self._refresh_button = button("Refresh", tooltip="Look again at the files, the models and the jobs that have ended")
        grid = ipywidgets.HBox([field.box for field in self.fields.values()], layout=_GRID)
        super().__init__("Launch a job", [grid, self._estimate_view, row(self._button, self._refresh_button)])
        self._refresh_options(model)
        for name, file in (("train_file", train_file), ("validation_file", validation_file)):
            setattr(self, name, self.fields[name].name_of(file))
        self.method = method
        self.n_epochs, self.batch_size, self.seed, self.suffix = n_epochs, batch_size, seed, suffix
        self.learning_rate_multiplier, self.lora, self.lora_r = learning_rate_multiplier, lora, lora_r
        for field in self.fields.values():
            field.control.observe(self.catch_errors(self._on_change), names="value")
        self._button.on_click(self.catch_errors(self._start_launch))
        self._refresh_button.on_click(self.catch_errors(self.refresh))
        self._on_change()

    @property
    def estimate(self) -> Estimate | None:
        """The time and cost of the job; None if the training file cannot be counted from here.

        Raises
        ------
        ValueError
            If a field that it needs cannot be parsed.
        """
        file, n_epochs = self.fields["train_file"].value(), self.fields["n_epochs"].value()
        model = self.model
        count, facts = self._options.count(file, model), self._options.facts(model)
        if count is None or not count.tokens:
            return None
        lora, bundled = self.fields["lora"].value(), self._options.is_bundled(model)
        whole, small = lora is False, bundled and not lora
        memory = BUNDLED_MEMORY if bundled else ""
        if facts is not None:
            batch_size, rank = self.fields["batch_size"].value() or usual_batch(count.examples), self.fields["lora_r"].value()
            memory = facts.memory_text(count.lengths, batch_size=batch_size, rank=rank, whole=whole)
        sandbox, speed = self._options.is_sandbox(model), self._options.training_speed(model, whole=whole)
        n_before = self._options.n_waiting()
        return estimate(count, n_epochs, model, speed, sandbox=sandbox, n_before=n_before, memory=memory, small=small)

    def settings(self) -> JobSettings:
        """Return the settings that the form holds.

        Raises
        ------
        DataError
            That names each field which cannot be parsed, and says what to write instead.
        """
        problems = [f"{field.label}: {field.problem()}" for field in self.fields.values() if field.problem()]
        if problems:
            raise DataError(" ".join(problems))
        values = {name: field.value() for name, field in self.fields.items()}
        del values["method"]  # only one is offered
        return JobSettings(training_file=values.pop("train_file"), **values)

    def launch(self) -> job.Job:
        """Start the job, as the button does.

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
            texts, settings = self._texts(), self.settings()
            if self.job is not None and settings == self._launched and not self._has_no_model():
                self.show_status(f"This form was launched already, as {self.job.id}. Change it to start another job.", "ok")
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
            self.show_status(f"Started {self.job.id}. It is checked, queued and trained without this form.", "ok")
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
        """Return the fields, the estimate and the job, a line each."""
        return "\n".join(f"{name}: {text}" for name, text in self._facts())

    def static_html(self) -> str:
        """Return the same as a table."""
        return markup.table("The form and the job", ("field", "value"), self._facts())

    def _facts(self) -> list[tuple[str, str]]:
        facts = [(field.label, field.shown or "(empty)") for field in self.fields.values() if field.offered]
        try:
            estimated = self.estimate
        except (ValueError, OSError):
            estimated = None
        if estimated is not None:
            facts += self._estimate_facts(estimated)
        return [*facts, ("Job", self.job.id if self.job else "not launched")]

    def _estimate_facts(self, estimated: Estimate) -> list[tuple[str, str]]:
        base = self._options.facts(self.model) or (bundled_text() if self._options.is_bundled(self.model) else None)
        facts = [] if base is None else [(base_of(self.model), str(base))]
        facts.append(("Time", estimated.time))
        if estimated.memory:
            facts.append(("Memory", estimated.memory))
        return [*facts, ("Cost", estimated.money)]

    def _refresh_options(self, model: str | None) -> None:
        """Request what there is to choose from and fill the lists; what is chosen stays."""
        had_error = self._options.error
        self._options.refresh()
        self.fields["model"].control.options = self._options.models
        if chosen := model or next(iter(self._options.models), None):
            self.model = chosen
        for name in ("train_file", "validation_file"):
            self.fields[name].offer(self._options.files)
        for name in ("lora", "lora_r"):
            self.fields[name].offered = self._options.takes_lora
        self.fields["model"].show_note(
            " ".join(
                f"To have {name} in this list, type: ftwidgets models add {name} (where the sandbox runs), then press Refresh."
                for name in self._options.missing_models()
            )
        )
        if self._options.error:
            self.show_status(self._options.error, "wrong")
        elif had_error:
            self.show_status("")

    def _has_no_model(self) -> bool:
        """Return whether the job ended without a model, so that the same settings may be tried again."""
        return self.job is not None and self.job.status in TERMINAL_STATUSES - {"succeeded"}

    def _texts(self) -> list[str]:
        return [field.text for field in self.fields.values()]

    def _start_launch(self) -> None:
        if self._starting:  # the second of two fast clicks
            return

        def launch() -> job.Job:
            try:
                # JupyterLab brings messages to the kernel in two queues: a press may overtake the letters typed before it.
                while time.monotonic() - self._changed_at < SETTLED:
                    time.sleep(SETTLED / 4)
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

    def _on_change(self) -> None:
        self._changed_at = time.monotonic()
        for field in self.fields.values():
            field.show_error(field.problem())
        train, validation = self.fields["train_file"], self.fields["validation_file"]
        count = None if train.problem() else self._options.count(train.value(), self.model)
        if count is not None and count.warning:
            train.show_error(count.warning)
        if validation.text and validation.text == train.text:
            validation.show_error("This is the training file: its loss would only show how well the examples are remembered.")
        lora, rank = self.fields["lora"], self.fields["lora_r"]
        trains_all = lora.value() is False or (lora.value() is None and self._options.is_bundled(self.model))
        if not rank.problem() and rank.value() is not None and trains_all:
            rank.show_error(f'This job trains all weights. Choose "{TRAINED_WEIGHTS["True"]}" above, or leave the rank auto.')
        self._show_estimate()
        self._update_button()
        self.refresh_code()
        self._changed_at = time.monotonic()

    def _show_estimate(self) -> None:
        try:
            estimated = self.estimate
        except (ValueError, OSError):  # the field that cannot be parsed shows its own error
            self._estimate_view.html = ""
            return
        facts = [("Time and cost", "not known; the file could not be counted from here.")]
        if estimated is not None:
            facts = self._estimate_facts(estimated)
        self._estimate_view.html = "".join(f"<p><strong>{name}:</strong> {escape(text)}</p>" for name, text in facts)

    def _update_button(self) -> None:
        exists = self.job is not None and self._texts() == self._launched_texts
        text = "Launching ..." if self._starting else "The job exists" if exists else "Launch the job"
        self._button.description, self._button.disabled = text, self._starting or exists
        self._button.button_style = "" if self._button.disabled else "primary"
