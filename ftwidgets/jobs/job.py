"""Launch a fine-tuning job and follow it to its end, on any `openai` client.

Everything here is a few lines over `client.files` and `client.fine_tuning.jobs`, written for what services really do:
they list events newest first (OpenAI, the sandbox) or oldest first (Nebius), keep a job in `validating_files` for a while,
return statuses that nobody documents, and fail a request now and then. What depends on the service (Foundry needs a
`trainingType`, Nebius takes the learning rate itself) is looked up by its address in `ftwidgets.providers`.
Left out: reinforcement and preference methods.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, Literal

from ftwidgets import providers
from ftwidgets.errors import DataError, JobCancelled, JobFailed, JobTimeout
from ftwidgets.jobs import curve
from ftwidgets.jobs.polling import OUTAGE, Backoff, new_items, raise_if_closed, sort_by_time, transient_errors
from ftwidgets.jobs.upload import returned_id, upload_path
from ftwidgets.jobs.upload import upload as upload
from ftwidgets.jobs.wait_line import WaitLine
from ftwidgets.providers import TERMINAL_STATUSES

if TYPE_CHECKING:
    import openai
    import pandas as pd
    from openai.types.fine_tuning import FineTuningJob, FineTuningJobEvent
    from openai.types.fine_tuning.fine_tuning_job import Error
    from openai.types.fine_tuning.jobs import FineTuningJobCheckpoint

DAY = 24 * 3600.0  # seconds that `Job.wait` waits without a timeout: longer than any job we know of
_REQUEST_TIMEOUT = 30.0  # seconds
_MAX_TABLE_SIZE = 64 * 2**20  # bytes
_MAX_LEARNING_RATE = 0.05  # published fine-tuning recipes stay far below it, useful multipliers above

Auto = Literal["auto"]


def launch(
    client: openai.OpenAI,
    training_file: str | Path,
    *,
    model: str,
    validation_file: str | Path | None = None,
    n_epochs: int | Auto = "auto",
    batch_size: int | Auto = "auto",
    learning_rate_multiplier: float | Auto = "auto",
    lora: bool | None = None,
    lora_r: int | None = None,
    lora_alpha: float | None = None,
    lora_dropout: float | None = None,
    seed: int | None = None,
    suffix: str | None = None,
    extra_body: Mapping[str, object] | None = None,
) -> Job:
    """Start a supervised fine-tuning job.

    Parameters
    ----------
    client
        Any `openai` client.
    training_file, validation_file
        The id of an uploaded file, or a path, which is uploaded first.
    model
        The model to start from.
    n_epochs, batch_size, learning_rate_multiplier
        `"auto"` leaves the choice to the service. The last is a factor on the service's own learning rate; at Nebius it
        is the learning rate itself, such as 2e-5.
    lora, lora_r, lora_alpha, lora_dropout
        Whether to train an adapter (LoRA) in place of all weights, its rank, how much it counts, and which share of its input
        (0 to below 1) a training step drops. Sent only if given, to the sandbox, Nebius and services that are not known here;
        in the sandbox a model that was added gets an adapter of rank 16 and alpha 32 without dropout by itself.
    seed, suffix
        Sent only if given.
    extra_body
        Fields that only this service knows, added to the request unchanged. A field that `ftwidgets.providers` says the
        service needs, such as Microsoft Foundry's `{"trainingType": "GlobalStandard"}`, is added unless it is given here.

    Returns
    -------
    Job
        The handle of the job, at once; it does not wait for the training.

    Raises
    ------
    DataError
        If a file cannot be uploaded, the service takes the learning rate itself and it would be far too high, or the service
        lets nobody choose an adapter.
    """
    service = providers.provider_at(str(client.base_url))
    rate = learning_rate_multiplier
    absolute = service is not None and service.learning_rate_multiplier == "absolute"
    if service is not None and absolute and rate != "auto" and rate > _MAX_LEARNING_RATE:  # it would ruin the model
        raise DataError(
            f"learning_rate_multiplier={rate:g}: {service.label} takes the learning rate itself there, such as 2e-5, "
            f'not a factor. Give the rate (at most {_MAX_LEARNING_RATE:g}), or leave it "auto".'
        )
    of_adapter = {"lora": lora, "lora_r": lora_r, "lora_alpha": lora_alpha, "lora_dropout": lora_dropout}
    adapter = {name: value for name, value in of_adapter.items() if value is not None}
    if service is not None and adapter and not service.lora:
        raise DataError(f"{service.label} chooses by itself what a job trains: leave out {', '.join(adapter)}.")
    chosen = {"n_epochs": n_epochs, "batch_size": batch_size, "learning_rate_multiplier": learning_rate_multiplier, **adapter}
    hyperparameters = {name: _as_python(value) for name, value in chosen.items() if value != "auto"}
    request: dict[str, Any] = {"model": model, "training_file": upload_path(client, training_file)}
    if validation_file is not None:
        request["validation_file"] = upload_path(client, validation_file)
    if hyperparameters and service is not None and service.hyperparameters_in == "hyperparameters":
        request["hyperparameters"] = hyperparameters
    elif hyperparameters:
        request["method"] = {"type": "supervised", "supervised": {"hyperparameters": hyperparameters}}
    request |= {name: _as_python(value) for name, value in (("seed", seed), ("suffix", suffix)) if value is not None}
    extras = {**(service.extra_body if service is not None else {}), **(extra_body or {})}
    created = client.fine_tuning.jobs.create(**request, extra_body=extras or None)
    return Job(client, returned_id(created, "job"))


class Job:
    """A fine-tuning job on any service of OpenAI's shape.

    It needs only the client and the id, so another kernel can continue with the job: `Job(client, "ftjob-...")`.
    Every property requests the job from the service again, until the job has finished.
    """

    def __init__(self, client: openai.OpenAI, job_id: str) -> None:
        self.id = job_id
        self._client = client
        self._details: FineTuningJob | None = None
        self._fetched_at = 0.0
        self._events: dict[str, FineTuningJobEvent] = {}  # oldest first

    def __repr__(self) -> str:
        if self._details is None:
            return f"Job({self.id!r})"
        finished = self._details.status in TERMINAL_STATUSES
        age = "" if finished else f", seen {timedelta(seconds=round(monotonic() - self._fetched_at))} ago"
        return f"Job({self.id!r}, {self._details.status}{age})"

    @property
    def details(self) -> FineTuningJob:
        """The job as the service describes it."""
        return self._fetch()

    @property
    def status(self) -> str:
        """Where the job is: `validating_files`, `queued`, `running`, `succeeded`, `failed`, `cancelled`, or another."""
        return self._fetch().status

    @property
    def model(self) -> str | None:
        """The name of the tuned model; None until the job succeeds, and on services that return weights instead."""
        return self._fetch().fine_tuned_model or None

    @property
    def error(self) -> Error | None:
        """Why the job failed; None if it did not, even if the service returns an empty error."""
        error = self._fetch().error
        return error if error is not None and (error.message or error.code) else None

    @property
    def events(self) -> list[FineTuningJobEvent]:
        """The events so far, oldest first."""
        return self._list_events()

    @property
    def curve(self) -> pd.DataFrame:
        """The losses and accuracies, one row per step.

        The columns are step, train_loss, train_accuracy, valid_loss, valid_accuracy, full_valid_loss and
        full_valid_accuracy; a value not measured at a step is NaN. They come from the metrics events, else from the
        result file, else from the checkpoints; the table is empty if the service reports no losses at all.
        """
        table = curve.from_events(self.events)
        details = self._fetch()
        if len(table) or details.status not in TERMINAL_STATUSES:
            return table
        import openai

        for name in details.result_files or []:
            file = self._client.files.retrieve(name)
            # Some services list gigabytes of weights among the result files.
            if (file.bytes or 0) <= _MAX_TABLE_SIZE and Path(file.filename or "").suffix.lower() in {"", ".csv"}:
                return curve.from_result_file(self._client.files.content(name).read(), name=file.filename or name)
        try:
            return curve.from_checkpoints(self.checkpoints)
        except (openai.NotFoundError, openai.BadRequestError):  # a service without checkpoints
            return curve.from_checkpoints(())

    @property
    def checkpoints(self) -> list[FineTuningJobCheckpoint]:
        """The models saved during training, in the order of their steps."""
        found = new_items(self._client.fine_tuning.jobs.checkpoints.list(self.id, limit=100))
        return sorted(found, key=lambda checkpoint: checkpoint.step_number or 0)

    def cancel(self) -> Job:
        """Cancel the job; a finished job stays as it is.

        Returns
        -------
        Job
            This job. Its status is `succeeded` if it finished before the request arrived.
        """
        import openai

        if self.status in TERMINAL_STATUSES:
            return self
        try:
            self._remember(self._client.fine_tuning.jobs.cancel(self.id))
        except (openai.BadRequestError, openai.ConflictError):
            if self.status not in TERMINAL_STATUSES:  # else it finished just before the request
                raise
        return self

    def wait(
        self,
        timeout: float | None = None,
        on_event: Callable[[FineTuningJobEvent], object] | None = None,
        *,
        progress: bool = True,
    ) -> Job:
        """Wait until the job has succeeded.

        Parameters
        ----------
        timeout
            Give up after this many seconds (None: a day). The job itself goes on.
        on_event
            Called with every event from the job's first on, in order, as they arrive.
        progress
            Show one line with the place in the queue, the step, the losses and the time left. It is updated in place, and
            one sentence stays; outside a notebook it goes to stderr. Without effect if `on_event` is given.

        Returns
        -------
        Job
            This job, so that `launch(...).wait().model` reads well.

        Raises
        ------
        JobFailed, JobCancelled
            If the job failed or was cancelled.
        JobTimeout
            If it had not finished in time.
        SandboxClosed
            If the sandbox that trains it was closed.
        """
        limit = DAY if timeout is None else timeout
        deadline, backoff = monotonic() + limit, Backoff()
        reported: set[str] = set()
        with WaitLine(self._client, wanted=progress and on_event is None) as line:
            while True:
                events, finished = self._poll(backoff, deadline - monotonic(), with_events=on_event is not None)
                for event in events:
                    if on_event is not None and event.id not in reported:
                        reported.add(event.id)
                        on_event(event)
                if self._details is not None:
                    line.update(self._details)
                if finished:
                    break
                left = deadline - monotonic()
                if left <= 0:
                    raise JobTimeout(self._timeout_message(limit))
                sleep(min(backoff.next_pause(), left))
        if self.status == "cancelled":
            raise JobCancelled(f"job {self.id} was cancelled before it finished. To train after all, launch it again.")
        if self.status == "failed":
            raise JobFailed(f"job {self.id} failed: {self._failure_reason()}")
        return self

    def _poll(self, backoff: Backoff, left: float, *, with_events: bool) -> tuple[list[FineTuningJobEvent], bool]:
        """Request the status once, and the events; a transient error counts as "nothing new" until `OUTAGE` is over."""
        began, timeout = monotonic(), min(_REQUEST_TIMEOUT, max(1.0, left))
        try:
            status = self._fetch(timeout=timeout).status
            seconds = monotonic() - began
            events = self._list_events(timeout=timeout) if with_events else []
        except transient_errors() as error:
            raise_if_closed(error, self.id)
            if backoff.timed_out():
                error.add_note(f"No answer for {OUTAGE:.0f} s. The job may go on: Job(client, {self.id!r}).wait()")
                raise
            return [], False
        backoff.answered(seconds)
        return events, status in TERMINAL_STATUSES

    def _fetch(self, timeout: float | None = None) -> FineTuningJob:
        if self._details is None or self._details.status not in TERMINAL_STATUSES:
            return self._remember(self._client.fine_tuning.jobs.retrieve(self.id, **_timeout_option(timeout)))
        return self._details

    def _remember(self, details: FineTuningJob) -> FineTuningJob:
        self._details, self._fetched_at = details, monotonic()
        return details

    def _list_events(self, timeout: float | None = None) -> list[FineTuningJobEvent]:
        first = self._client.fine_tuning.jobs.list_events(self.id, limit=100, **_timeout_option(timeout))
        self._events |= {event.id: event for event in new_items(first, known=self._events)}
        return sort_by_time(self._events.values())

    def _failure_reason(self) -> str:
        import openai

        error = self.error
        if error is not None:
            where = f" (in {error.param})" if error.param else ""
            return ": ".join(filter(None, (error.code, error.message))) + where
        messages: list[str] = []
        with suppress(openai.OpenAIError):
            messages = [event.message for event in self.events if event.level == "error"]
        return messages[-1] if messages else "the service gave no reason; the job's .events may hold one."

    def _timeout_message(self, limit: float) -> str:
        status = "without an answer" if self._details is None else f'"{self._details.status}"'
        if status == '"paused"':
            resume = f"client.fine_tuning.jobs.resume({self.id!r})"
            return f"job {self.id} was still {status} after {limit:g} s; it goes on after {resume}; .cancel() ends it."
        return f"job {self.id} was still {status} after {limit:g} s; it goes on. .wait() again, or .cancel() it."


def _as_python(value: Any) -> Any:
    """Turn a NumPy number into a Python one, which JSON can hold."""
    return value.item() if hasattr(value, "item") else value


def _timeout_option(timeout: float | None) -> dict[str, Any]:
    return {} if timeout is None else {"timeout": timeout}
