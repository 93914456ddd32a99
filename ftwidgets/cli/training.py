"""Start a job from a terminal, follow it with a progress bar, and print its losses. Ctrl-C pauses it."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ftwidgets.cli.arguments import UsageError
from ftwidgets.cli.client import home_option, refusal
from ftwidgets.cli.layout import indent
from ftwidgets.cli.progress import Progress
from ftwidgets.errors import FtwidgetsError, JobTimeout
from ftwidgets.jobs import diagnose, launch, upload
from ftwidgets.providers import TERMINAL_STATUSES

if TYPE_CHECKING:
    import openai
    from openai.types.fine_tuning import FineTuningJobEvent

    from ftwidgets.data import Prepared
    from ftwidgets.jobs import Job

LOOK_EVERY = 2.0  # seconds between two looks whether the job is still being trained
MOST_EPOCHS_SHOWN = 10


def start(client: openai.OpenAI, files: Prepared, *, model: str, **settings: Any) -> Job:
    """Upload the files and launch a job, with the settings that `launch` takes; print the calls."""
    import openai

    print(indent('client.files.create(file=..., purpose="fine-tune")'))
    train = upload(client, files.train_file)
    valid = upload(client, files.validation_file) if files.validation_file else None
    print(indent(f"{train.id}" + (f" and {valid.id}" if valid else "")))
    print(indent(f'client.fine_tuning.jobs.create(model="{model}", training_file=..., ...)'))
    try:
        return launch(client, train.id, model=model, validation_file=valid.id if valid else None, **settings)
    except openai.BadRequestError as error:  # a setting that the service does not take
        for file in filter(None, (train, valid)):
            client.files.delete(file.id)
        raise UsageError(f"{refusal(error)} Nothing was trained.") from error


def is_waiting(status: str) -> bool:
    """Return whether a job of this status is trained now or as soon as its turn comes."""
    return status not in {"paused", *TERMINAL_STATUSES}


def train(client: openai.OpenAI, job: Job, home: Path | None) -> None:
    """Follow a job that this process trains to its end; Ctrl-C pauses it and says how it goes on.

    Raises `JobFailed` or `JobCancelled` if it ends without a model, and `FtwidgetsError` if somebody pauses it.
    """
    import openai

    resume = f"ftwidgets jobs resume {job.id}{home_option(home)}"

    def reject_paused() -> None:
        if job.status == "paused":
            raise FtwidgetsError(f"job {job.id} was paused. To go on, type: {resume}")

    try:
        print(indent(job.id), flush=True)
        earlier = [other.id for other in client.fine_tuning.jobs.list() if is_waiting(other.status) and other.id != job.id]
        if earlier:
            print(
                indent(f"Earlier jobs are trained first: {', '.join(reversed(earlier))}. (ftwidgets jobs cancel ID ends one.)")
            )
        watch(job, while_unfinished=reject_paused)
    except KeyboardInterrupt:
        with suppress(openai.BadRequestError):  # it has just ended
            client.fine_tuning.jobs.pause(job.id)
            raise KeyboardInterrupt(f"The job keeps its progress. To go on, type: {resume}") from None
        raise
    print(indent(f"the new model: {job.model}"))


def watch(job: Job, *, while_unfinished: Callable[[], None]) -> None:
    """Show the progress of a job until it has succeeded; every few seconds `while_unfinished` may raise to stop that."""
    progress, seen = Progress(), set[str]()

    def show(event: FineTuningJobEvent) -> None:
        if event.id not in seen:
            seen.add(event.id)
            progress.on_event(event)

    try:
        while True:
            try:
                job.wait(timeout=LOOK_EVERY, on_event=show)
                return
            except JobTimeout:
                while_unfinished()
    finally:
        progress.done()


def show_losses(job: Job) -> None:
    """Print both losses epoch by epoch, and of a job that has ended what the curve says."""
    epochs = losses_by_epoch(job)
    if epochs:
        print(indent("epoch    step   train loss   validation loss"))
    last, n_shown = len(epochs) - 1, min(len(epochs), MOST_EPOCHS_SHOWN)
    for i in range(n_shown):  # the first, the last, and some between
        row = epochs[round(i * last / max(1, n_shown - 1))]
        valid = "-" if row["valid_loss"] is None else f"{row['valid_loss']:.2f}"
        print(indent(f"{row['epoch']:5d}   {row['step']:5d}   {row['train_loss']:10.2f}   {valid:>15}"))
    if job.status not in TERMINAL_STATUSES:
        return
    found = diagnose(job.curve)
    print(indent(str(found)))
    if found.label == "overfitting" and job.model is not None:
        for checkpoint in job.checkpoints:
            if checkpoint.step_number == found.step:
                print(indent(f"The model of that step is kept too: {checkpoint.fine_tuned_model_checkpoint}"))


def losses_by_epoch(job: Job) -> list[dict[str, Any]]:
    """Return of each finished epoch its number, its last step, the mean training loss and the validation loss (or None)."""
    curve, n_epochs = job.curve, job.details.hyperparameters.n_epochs
    totals = [event.data["total_steps"] for event in job.events if isinstance(event.data, dict) and "total_steps" in event.data]
    if not isinstance(n_epochs, int) or not totals:
        return []
    epochs: list[dict[str, Any]] = []
    before = 0
    for epoch in range(1, n_epochs + 1):
        end = round(int(totals[-1]) * epoch / n_epochs)
        steps = curve[(curve["step"] > before) & (curve["step"] <= end)]
        if steps.empty or int(steps["step"].iloc[-1]) < end:
            break
        valid = float(steps["full_valid_loss"].iloc[-1])
        loss = float(steps["train_loss"].mean())
        epochs.append({"epoch": epoch, "step": end, "train_loss": loss, "valid_loss": None if math.isnan(valid) else valid})
        before = end
    return epochs
