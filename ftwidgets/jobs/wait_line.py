"""Say in one line how far a job is while `Job.wait` waits for it: its place in the queue, step, losses, time left.

The line costs one or two requests each time it is updated; where one of them fails, the line stays as it is.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from statistics import fmean
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from ftwidgets.errors import JobTimeout
from ftwidgets.jobs.diagnosis import format_loss
from ftwidgets.jobs.polling import new_items, sort_by_time
from ftwidgets.jobs.times import seconds_of
from ftwidgets.progress_line import ProgressLine, format_seconds
from ftwidgets.providers import TERMINAL_STATUSES

if TYPE_CHECKING:
    import openai
    from openai.types.fine_tuning import FineTuningJob, FineTuningJobEvent


_TIMEOUT = 10.0  # seconds
_LISTED = 20  # of the newest jobs are searched for those that are ahead in the queue
_BEFORE_TRAINING = {"validating_files": "the service is checking the files", "running": "training starts"}
_ENDED = {"cancelled": "was cancelled"}


class WaitLine:
    """The line of one wait. It begins with the first `update` that finds the job unfinished."""

    def __init__(self, client: openai.OpenAI, *, wanted: bool) -> None:
        self._client = client
        self._line = ProgressLine(wanted=wanted)
        self._events: dict[str, FineTuningJobEvent] = {}  # oldest first
        self._began = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._began and self._line.place != "file" and isinstance(error, KeyboardInterrupt | JobTimeout):
            self._line.finish("Stopped waiting; the job goes on.")
        self._line.__exit__(kind, error, trace)

    def update(self, details: FineTuningJob) -> None:
        """Show how far the job is, or how it ended."""
        if self._line.place == "nowhere":
            return
        ended = details.status in TERMINAL_STATUSES
        if ended and self._began:
            figures = _training(details, self._metrics(details))
            self._line.finish(f"{_name(details)} {_ENDED.get(details.status, details.status)}{_colon(figures)}.")
        elif not ended:
            self._began = True
            if self._line.place != "file":
                self._line.show(self._describe(details))

    def _describe(self, details: FineTuningJob) -> str:
        status: str = details.status
        if status == "queued":
            return f"{details.id}: {_ahead(self._jobs(), details)}"
        if status == "paused":
            return f"{details.id} is paused. To go on: client.fine_tuning.jobs.resume({details.id!r})"
        figures = _training(details, self._metrics(details)) if status == "running" else []
        if figures and (end := seconds_of(details.estimated_finish)):
            figures.append(f"about {format_seconds(end - time.time())} left")
        return f"{details.id}{_colon(figures or [_BEFORE_TRAINING.get(status, status)])}"

    def _metrics(self, details: FineTuningJob) -> list[FineTuningJobEvent]:
        """Return the events so far, oldest first."""
        import openai

        with suppress(openai.OpenAIError):  # a service without events, or no answer just now
            first = self._quick.fine_tuning.jobs.list_events(details.id, limit=100)
            self._events |= {event.id: event for event in new_items(first, known=self._events)}
        return sort_by_time(self._events.values())

    def _jobs(self) -> Sequence[FineTuningJob]:
        import openai

        with suppress(openai.OpenAIError):
            return self._quick.fine_tuning.jobs.list(limit=_LISTED).data or ()
        return ()

    @cached_property
    def _quick(self) -> openai.OpenAI:
        """The client, which retries nothing here: the wait must not be held up by its line."""
        return self._client.with_options(max_retries=0, timeout=_TIMEOUT)


def _colon(figures: Sequence[str]) -> str:
    return f": {', '.join(figures)}" if figures else ""


def _name(details: FineTuningJob) -> str:
    """Name a job that has ended by the suffix in its model's name, `ft:gpt-4o:org:suffix:id`; ids differ in every run."""
    parts = (details.fine_tuned_model or "").split(":")
    return f'The job "{parts[3]}"' if len(parts) >= 5 and parts[3] else "The job"


def _ahead(jobs: Sequence[FineTuningJob], details: FineTuningJob) -> str:
    """Say which unfinished jobs were launched before this one; of one second, those that a service lists after it."""
    place = next((index for index, job in enumerate(jobs) if job.id == details.id), len(jobs))
    mine = (seconds_of(details.created_at), -place)
    ahead = [
        job
        for index, job in enumerate(jobs)
        if job.status not in {"paused", *TERMINAL_STATUSES}
        and job.id != details.id
        and (job.status == "running" or (seconds_of(job.created_at), -index) < mine)
    ]
    if not ahead:
        return "it is queued and waits for its turn"
    first = next((job for job in ahead if job.status == "running"), ahead[-1])
    age = format_seconds(time.time() - seconds_of(first.created_at))
    many = "1 job is" if len(ahead) == 1 else f"{len(ahead)} jobs are"
    return f"{many} ahead of it in the queue ({first.id}, launched {age} ago, is {first.status})"


def _training(details: FineTuningJob, events: Sequence[FineTuningJobEvent]) -> list[str]:
    """List the step, the training loss as a mean over as many steps as an epoch has, and the last validation loss."""
    rows: list[Mapping[str, Any]] = []
    total = 0
    for event in events:
        if isinstance(event.data, Mapping) and all(_is_number(event.data.get(name)) for name in ("step", "train_loss")):
            rows.append(event.data)
            matched = re.match(r"Step \d+/(\d+)", event.message or "")  # OpenAI's "Step 3/120: training loss=1.92"
            total = int(event.data.get("total_steps") or (matched[1] if matched else 0)) or total
    if not rows:
        return []
    last = int(rows[-1]["step"])
    n_epochs = details.hyperparameters.n_epochs if details.hyperparameters else None
    length = round(total / n_epochs) if isinstance(n_epochs, int) and n_epochs > 0 and total else 1
    losses = [float(row["train_loss"]) for row in rows[-max(1, length) :]]
    ended = details.status == "succeeded" or not total
    figures = [f"{last} steps" if ended else f"step {last} of {total}", f"training loss {format_loss(fmean(losses))}"]
    for name in ("full_valid_loss", "valid_loss"):  # the second is measured on a few examples only
        measured = [float(row[name]) for row in rows if _is_number(row.get(name))]
        if measured:
            return [*figures, f"validation loss {format_loss(measured[-1])}"]
    return figures


def _is_number(value: object) -> bool:
    """Return whether a service sent a finite number; some send null before the first step."""
    return isinstance(value, int | float) and math.isfinite(value)
