"""Follow a fine-tuning job: poll it, gather its losses as they come in, find the models of its checkpoints."""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from statistics import fmean
from time import monotonic
from typing import TYPE_CHECKING, Any

import openai

from ftwidgets.jobs.diagnosis import SMALLEST_WRITTEN
from ftwidgets.jobs.job import Job
from ftwidgets.jobs.polling import OUTAGE, Backoff, raise_if_closed, transient_errors
from ftwidgets.jobs.times import seconds_of
from ftwidgets.providers import TERMINAL_STATUSES
from ftwidgets.widgets.base import markup
from ftwidgets.widgets.base.failures import explain_wrong_service

if TYPE_CHECKING:
    import pandas as pd
    from openai.types.fine_tuning import FineTuningJob, FineTuningJobEvent

TRAINING, VALIDATION, ON_BATCHES = "training", "validation", "validation (on batches)"
_LISTED = 20  # of the latest jobs
_ROWS = 10  # of the table, if neither the validation losses nor the number of epochs divide the run
_MAX_ROWS = 12  # of the table, before it scrolls
_CAPTION = "Loss by epoch (training: its mean)"
_HEADER = ("epoch", "to step", "training", "validation")


@dataclass(frozen=True)
class JobSnapshot:
    """What one poll found: the job and its events, oldest first, or why there was no answer."""

    details: FineTuningJob | None = None
    events: tuple[FineTuningJobEvent, ...] = ()
    error: Exception | None = None


def poll(job: Job, stop: threading.Event) -> Iterator[JobSnapshot]:
    """Poll a job until it has ended or `stop` is set, with the pauses of `ftwidgets.jobs.polling`.

    What the client raises comes at once where the service rejects the request, after two minutes where it does not answer.
    """
    backoff = Backoff()
    while not stop.is_set():
        asked = monotonic()
        try:
            with explain_wrong_service():
                details = job.details
                events = tuple(job.events)  # after the status: an ended job's events are all there
        except transient_errors() as error:
            raise_if_closed(error, job.id)
            if backoff.timed_out():
                error.add_note(f"No answer for {OUTAGE:.0f} s.")
                raise
            yield JobSnapshot(error=error)
        else:
            backoff.answered(monotonic() - asked)
            yield JobSnapshot(details, events)
            if details.status in TERMINAL_STATUSES:
                return
        stop.wait(backoff.next_pause())


def recent_jobs(client: openai.OpenAI) -> list[FineTuningJob]:
    """Return the latest jobs, the newest first, whether the service lists it first or last."""
    with explain_wrong_service():
        jobs = [job for job in client.fine_tuning.jobs.list(limit=_LISTED).data or () if job.id]
    return sorted(jobs, key=lambda job: seconds_of(job.created_at), reverse=True)


def checkpoint_models(job: Job) -> dict[int, str]:
    """Return the models that can be asked, by step: the base model as step 0, the checkpoints, the tuned model."""
    try:
        models = {point.step_number: point.fine_tuned_model_checkpoint for point in job.checkpoints}
    except openai.APIStatusError:  # a service without checkpoints
        models = {}
    if job.model and job.model not in models.values():
        steps = job.curve["step"]
        models[int(steps.iloc[-1]) if len(steps) else 1] = job.model
    return {0: job.details.model, **models} if models else {}


def n_epochs(details: FineTuningJob | None) -> int | None:
    """Return the number of epochs, where the service tells it."""
    method = details.method if details else None
    used = (method.supervised or method.dpo) if method else None
    chosen = (used.hyperparameters if used else None) or (details.hyperparameters if details else None)
    epochs = getattr(chosen, "n_epochs", None)
    return epochs if isinstance(epochs, int) else None


class Losses:
    """The losses measured so far, by step."""

    def __init__(self) -> None:
        self.total: int | None = None  # steps of the job, if known
        self.last = 0  # the last measured step
        self._columns: dict[str, dict[int, float]] = {"train_loss": {}, "valid_loss": {}, "full_valid_loss": {}}
        self._seen: set[str] = set()

    def add(self, events: Iterable[FineTuningJobEvent]) -> None:
        """Add what is new in a job's events."""
        for event in events:
            if event.id in self._seen:
                continue
            self._seen.add(event.id)
            data = event.data
            if isinstance(data, Mapping) and isinstance(data.get("step"), int | float) and "train_loss" in data:
                self._add_step(int(data["step"]), data)
                total = data.get("total_steps")
                if isinstance(total, int | float) and total >= 1:
                    self.total = int(total)
                elif match := re.match(r"Step \d+/(\d+)", event.message):  # OpenAI's "Step 3/120: training loss=1.92"
                    self.total = int(match[1]) or self.total

    def replace(self, curve: pd.DataFrame) -> None:
        """Replace all losses by the curve of a finished job."""
        self._columns = {name: {} for name in self._columns}
        for row in curve.to_dict("records"):
            self._add_step(int(row["step"]), row)

    def series(self) -> dict[str, list[tuple[float, float]]]:
        """Return the lines: training, and validation on the whole set once it was measured twice, else on batches of it."""
        train, batches, full = (sorted(column.items()) for column in self._columns.values())
        lines: dict[str, list[tuple[float, float]]] = {TRAINING: [*train]}
        if len(full) > 1 or (full and not batches):
            return lines | {VALIDATION: [*full]}
        return lines | ({ON_BATCHES: [*batches]} if batches else {})

    @property
    def to_compare(self) -> list[tuple[float, float]]:
        """The losses to compare with other jobs: on the validation set if it was measured, else in training."""
        lines = self.series()
        return lines.get(VALIDATION) or lines.get(ON_BATCHES) or lines[TRAINING]

    def lowest_validation(self) -> tuple[int, float] | None:
        """Return the step and the loss where the whole validation set was predicted best, the first of several."""
        full = self._columns["full_valid_loss"] if VALIDATION in self.series() else {}
        return min(full.items(), key=lambda point: (point[1], point[0]), default=None)

    def epoch_of(self, step: int, n_epochs: int | None) -> int | None:
        """Return the number of the epoch that a step ends, if it ends one and that can be known."""
        if not n_epochs or not self.total:
            return None
        epoch = step * n_epochs / self.total
        return round(epoch) if abs(round(epoch) * self.total / n_epochs - step) < 1 else None

    def rows(self, n_epochs: int | None = None) -> list[tuple[object, ...]]:
        """Return a row for each epoch: its number, its last step, the mean training loss in it, the validation loss after it.

        Where neither the validation loss nor the number of epochs shows where an epoch ends, the rows are parts of the run.
        """
        ends = sorted(self._columns["full_valid_loss"])
        if not ends:
            total, n = self.total or self.last, n_epochs or _ROWS
            ends = [end for end in sorted({round(i * total / n) for i in range(1, n + 1)}) if 0 < end <= self.last]
        found: list[tuple[object, ...]] = []
        begin = 0
        for number, end in enumerate(ends, 1):
            inside = [loss for step, loss in self._columns["train_loss"].items() if begin < step <= end]
            measured = self._columns["full_valid_loss"].get(end, self._columns["valid_loss"].get(end))
            found.append((number, end, _text(fmean(inside) if inside else None), _text(measured)))
            begin = end
        return found

    def table_html(self, n_epochs: int | None = None) -> str:
        """Return the rows as an HTML table; a long one scrolls in a region that the keyboard reaches."""
        rows = self.rows(n_epochs)
        table = markup.table(_CAPTION, _HEADER, rows, numbers=(0, 1, 2, 3))
        if len(rows) <= _MAX_ROWS:
            return table
        style = "max-height:300px;overflow:auto"
        return f'<div class="ftw-tall" tabindex="0" role="region" aria-label="{_CAPTION}" style="{style}">{table}</div>'

    def _add_step(self, step: int, values: Mapping[Any, Any]) -> None:
        self.last = max(self.last, step)
        for name, column in self._columns.items():
            value = values.get(name)
            if isinstance(value, int | float) and not math.isnan(value) and value >= 0:
                column[step] = float(value)


def _text(loss: float | None) -> str:
    return "" if loss is None else f"{loss:.3f}" if loss >= SMALLEST_WRITTEN or loss == 0 else f"below {SMALLEST_WRITTEN}"
