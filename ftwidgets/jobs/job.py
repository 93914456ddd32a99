"""Upload a file, start a fine-tuning job and follow it to its end, on any `openai` client.

Everything here is a few lines over `client.files` and `client.fine_tuning.jobs`, written for what services really do:
they list events newest first (OpenAI, the sandbox) or oldest first (Nebius), leave a job in `validating_files` for a
while, invent statuses, and drop a request now and then. What only the service's address can tell (Foundry wants a
`trainingType`, Nebius takes the learning rate itself) is looked up in `ftwidgets.providers`.
Left out: checking the data (`ftwidgets.data`), reinforcement and preference methods, and anything that draws.
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
from ftwidgets.jobs import curve, listing
from ftwidgets.jobs.polling import OUTAGE, Pace
from ftwidgets.jobs.upload import file_id
from ftwidgets.jobs.upload import upload as upload

if TYPE_CHECKING:
    import openai
    import pandas as pd
    from openai.types import FileObject
    from openai.types.fine_tuning import FineTuningJob, FineTuningJobEvent
    from openai.types.fine_tuning.fine_tuning_job import Error
    from openai.types.fine_tuning.jobs import FineTuningJobCheckpoint

TERMINAL = frozenset({"succeeded", "failed", "cancelled"})
"""The statuses a job never leaves. Any other, known or not, means: ask again."""

DAY = 24 * 3600.0
"""How long `Job.wait` waits when it is given no timeout: longer than any job we know of."""

_REQUEST = 30.0  # seconds a single look may take
_LARGEST_TABLE = 64 * 2**20  # bytes
_HIGHEST_RATE = 0.05  # no published recipe for fine-tuning a language model comes near it; no useful factor is below it

Auto = Literal["auto"]


def passing() -> tuple[type[openai.OpenAIError], ...]:
    """Return the errors after which it is worth asking again."""
    import openai

    return openai.APIConnectionError, openai.InternalServerError, openai.RateLimitError


def launch(
    client: openai.OpenAI,
    training_file: str | Path,
    *,
    model: str,
    validation_file: str | Path | None = None,
    n_epochs: int | Auto = "auto",
    batch_size: int | Auto = "auto",
    learning_rate_multiplier: float | Auto = "auto",
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
        `"auto"` leaves the choice to the service. The last is a factor on the service's own rate; at Nebius it is the
        rate itself, such as 2e-5.
    seed, suffix
        Sent when given.
    extra_body
        What only this service knows, added to the request as it is. What `ftwidgets.providers` says that the service
        needs, Microsoft Foundry's `{"trainingType": "GlobalStandard"}`, is added unless you give another.

    Returns
    -------
    Job
        The handle of the job; it does not wait.

    Raises
    ------
    DataError
        If a file cannot be sent, or the rate would be far too high for a service that takes it as it is.
    """
    service = providers.at(str(client.base_url))
    _check_rate(service, learning_rate_multiplier)
    chosen = {"n_epochs": n_epochs, "batch_size": batch_size, "learning_rate_multiplier": learning_rate_multiplier}
    hyperparameters = {name: _plain(value) for name, value in chosen.items() if value != "auto"}
    request: dict[str, Any] = {"model": model, "training_file": file_id(client, training_file)}
    if validation_file is not None:
        request["validation_file"] = file_id(client, validation_file)
    if hyperparameters and service is not None and service.hyperparameters_in == "hyperparameters":
        request["hyperparameters"] = hyperparameters
    elif hyperparameters:
        request["method"] = {"type": "supervised", "supervised": {"hyperparameters": hyperparameters}}
    request |= {name: _plain(value) for name, value in (("seed", seed), ("suffix", suffix)) if value is not None}
    extras = {**(service.extra_body if service is not None else {}), **(extra_body or {})}
    created = client.fine_tuning.jobs.create(**request, extra_body=extras or None)
    return Job(client, created.id)


class Job:
    """A fine-tuning job on any service of OpenAI's shape.

    It holds nothing but the client and the id, so another kernel can pick the job up: `Job(client, "ftjob-...")`.
    A finished job is remembered; until then every look asks the service.
    """

    def __init__(self, client: openai.OpenAI, job_id: str) -> None:
        self.id = job_id
        self._client = client
        self._details: FineTuningJob | None = None
        self._seen_at = 0.0
        self._events: dict[str, FineTuningJobEvent] = {}  # oldest first

    def __repr__(self) -> str:
        if self._details is None:
            return f"Job({self.id!r})"
        finished = self._details.status in TERMINAL
        age = "" if finished else f", seen {timedelta(seconds=round(monotonic() - self._seen_at))} ago"
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
        """The name of the tuned model; None before success, and on services that hand out weights instead."""
        return self._fetch().fine_tuned_model or None

    @property
    def error(self) -> Error | None:
        """Why the job failed; None if it did not, also where the service writes an empty error."""
        error = self._fetch().error
        return error if error is not None and (error.message or error.code) else None

    @property
    def events(self) -> list[FineTuningJobEvent]:
        """What happened so far, oldest first."""
        return self._list_events()

    @property
    def curve(self) -> pd.DataFrame:
        """The losses and accuracies, one row per step.

        The columns are step, train_loss, train_accuracy, valid_loss, valid_accuracy, full_valid_loss and
        full_valid_accuracy; what was not measured at a step is NaN. Read from the metrics events, else from the result
        file, else from the checkpoints; empty where the service tells no losses at all.
        """
        table = curve.from_events(self.events)
        details = self._fetch()
        if len(table) or details.status not in TERMINAL:
            return table
        for name in details.result_files or []:
            file = self._client.files.retrieve(name)
            if _holds_metrics(file):
                return curve.from_result_file(self._client.files.content(name).read(), name=file.filename or name)
        return self._curve_of_checkpoints()

    def _curve_of_checkpoints(self) -> pd.DataFrame:
        import openai

        try:
            return curve.from_checkpoints(self.checkpoints)
        except (openai.NotFoundError, openai.BadRequestError):  # a service without checkpoints
            return curve.from_checkpoints(())

    @property
    def checkpoints(self) -> list[FineTuningJobCheckpoint]:
        """The models saved on the way, in the order of their steps."""
        found = listing.unseen(self._client.fine_tuning.jobs.checkpoints.list(self.id, limit=100))
        return sorted(found, key=lambda checkpoint: checkpoint.step_number or 0)

    def cancel(self) -> Job:
        """Ask the service to stop the job; on a finished job nothing happens.

        Returns
        -------
        Job
            This job. Its status tells the outcome: `succeeded` if the job was faster than the request.
        """
        import openai

        if self.status in TERMINAL:
            return self
        try:
            self._remember(self._client.fine_tuning.jobs.cancel(self.id))
        except (openai.BadRequestError, openai.ConflictError):
            if self.status not in TERMINAL:  # it did not just finish: the refusal is real
                raise
        return self

    def wait(
        self,
        timeout: float | None = None,
        on_event: Callable[[FineTuningJobEvent], object] | None = None,
    ) -> Job:
        """Wait until the job has succeeded.

        Parameters
        ----------
        timeout
            Give up after so many seconds (None: a day). The job itself goes on.
        on_event
            Called with every event from the job's first, in order, as they come in.

        Returns
        -------
        Job
            This job, so that `launch(...).wait().model` reads well.

        Raises
        ------
        JobFailed, JobCancelled
            If that is how it ended.
        JobTimeout
            If it was still going when the time was up.
        """
        limit = DAY if timeout is None else timeout
        until, pace = monotonic() + limit, Pace()
        told: set[str] = set()
        while True:
            events, finished = self._look(pace, until - monotonic(), with_events=on_event is not None)
            for event in events:
                if on_event is not None and event.id not in told:
                    told.add(event.id)
                    on_event(event)
            if finished:
                return self._outcome()
            left = until - monotonic()
            if left <= 0:
                raise JobTimeout(self._still_going(limit))
            sleep(min(pace.pause(), left))

    def _look(self, pace: Pace, left: float, *, with_events: bool) -> tuple[list[FineTuningJobEvent], bool]:
        """Ask once; a request that fails for a passing reason reads as "nothing new", unless that goes on too long."""
        asked, timeout = monotonic(), min(_REQUEST, max(1.0, left))
        try:
            status = self._fetch(timeout=timeout).status
            seconds = monotonic() - asked
            events = self._list_events(timeout=timeout) if with_events else []
        except passing() as error:
            if pace.silent():
                error.add_note(f"No answer for {OUTAGE:.0f} s. The job may go on: Job(client, {self.id!r}).wait()")
                raise
            return [], False
        pace.answered(seconds)
        return events, status in TERMINAL

    def _fetch(self, timeout: float | None = None) -> FineTuningJob:
        if self._details is None or self._details.status not in TERMINAL:
            return self._remember(self._client.fine_tuning.jobs.retrieve(self.id, **_within(timeout)))
        return self._details

    def _remember(self, details: FineTuningJob) -> FineTuningJob:
        self._details, self._seen_at = details, monotonic()
        return details

    def _list_events(self, timeout: float | None = None) -> list[FineTuningJobEvent]:
        first = self._client.fine_tuning.jobs.list_events(self.id, limit=100, **_within(timeout))
        self._events |= {event.id: event for event in listing.unseen(first, known=self._events)}
        return listing.in_order(self._events.values())

    def _outcome(self) -> Job:
        details = self._fetch()
        if details.status == "cancelled":
            raise JobCancelled(f"job {self.id} was cancelled before it finished. To train after all, launch it again.")
        if details.status == "failed":
            raise JobFailed(f"job {self.id} failed: {self._reason()}")
        return self

    def _reason(self) -> str:
        import openai

        error = self.error
        if error is not None:
            where = f" (in {error.param})" if error.param else ""
            return ": ".join(filter(None, (error.code, error.message))) + where
        told: list[str] = []
        with suppress(openai.OpenAIError):
            told = [event.message for event in self.events if event.level == "error"]
        return told[-1] if told else "the service gave no reason; the job's .events may hold one."

    def _still_going(self, limit: float) -> str:
        status = "without an answer" if self._details is None else f'"{self._details.status}"'
        if status == '"paused"':
            resume = f"client.fine_tuning.jobs.resume({self.id!r})"
            return f"job {self.id} was still {status} after {limit:g} s; it goes on after {resume}; .cancel() ends it."
        return f"job {self.id} was still {status} after {limit:g} s; it goes on. .wait() again, or .cancel() it."


def _plain(value: Any) -> Any:
    """Make a number of NumPy's a plain one: JSON knows no others."""
    return value.item() if hasattr(value, "item") else value


def _check_rate(service: providers.Provider | None, rate: float | Auto) -> None:
    """Stop a factor that a service would take for the learning rate itself: it would ruin the model, and be billed."""
    if service is not None and service.learning_rate_multiplier == "absolute" and rate != "auto" and rate > _HIGHEST_RATE:
        raise DataError(
            f"learning_rate_multiplier={rate:g}: {service.label} takes the learning rate itself there, such as 2e-5, "
            f'not a factor. Give the rate (at most {_HIGHEST_RATE:g}), or leave it "auto".'
        )


def _holds_metrics(file: FileObject) -> bool:
    """Tell a table of metrics from weights: some services list gigabytes of those among the results."""
    small = (file.bytes or 0) <= _LARGEST_TABLE
    return small and Path(file.filename or "").suffix.lower() in {"", ".csv"}


def _within(timeout: float | None) -> dict[str, Any]:
    """Return the argument for a request's own timeout, if it has one."""
    return {} if timeout is None else {"timeout": timeout}
