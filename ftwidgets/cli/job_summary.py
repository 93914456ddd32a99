"""The facts of a job as `ftwidgets jobs` shows them: its status, its rows, its losses; as a line and in full."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ftwidgets.cli.client import home_option
from ftwidgets.cli.layout import format_age, format_duration, format_table, labelled, line_width
from ftwidgets.cli.training import is_waiting, losses_by_epoch, show_losses
from ftwidgets.jobs.times import clock, seconds_of
from ftwidgets.providers import TERMINAL_STATUSES

if TYPE_CHECKING:
    import openai
    from openai.types.fine_tuning import FineTuningJob

    from ftwidgets.jobs import Job
    from ftwidgets.sandbox import Sandbox

VALIDATION_TAKES = 20.0  # seconds, at most, as a rule
MOST_BYTES = 2**24  # of a training file whose rows are counted
RECENT_EVENTS = 20  # among which the last losses are
SHORT_ID = 4  # letters of an id that are shown where the line is narrow, or more if another job has the same


def status_of(sandbox: Sandbox, job: FineTuningJob) -> str:
    """Return the status of a job; `interrupted` for one that waits or was being trained, and no process is there to do it.

    A process that validates files holds no lock, so a new job is believed to be validated for a while.
    """
    new = job.status == "validating_files" and time.time() - seconds_of(job.created_at) < VALIDATION_TAKES
    if new or not is_waiting(job.status) or _is_trained(sandbox, job):
        return job.status
    return "interrupted"


def _is_trained(sandbox: Sandbox, job: FineTuningJob) -> bool:
    """Return whether some process trains this job, or, if it waits, any job of the same sandbox."""
    from ftwidgets.sandbox.store.lock import process_lock, trainer_lock, trainer_locks
    from ftwidgets.sandbox.training.lifecycle import JobLifecycle

    home = sandbox.store.home
    running = job.status == "running"
    paths = [JobLifecycle(sandbox.store).lock_path(job.id)] if running else [trainer_lock(home, 0), *trainer_locks(home)]
    for path in paths:
        with process_lock(path) as free:
            if not free:
                return True
    return False


def facts(sandbox: Sandbox, client: openai.OpenAI, job: FineTuningJob) -> dict[str, Any]:
    """Return what a job is about, for a line of the list and for JSON; None for what is not known."""
    chosen, error, name = job.hyperparameters, job.error, (job.fine_tuned_model or "").split(":")
    suffix = name[3] if len(name) > 4 else (job.metadata or {}).get("suffix")  # `ftwidgets tune` puts it into the metadata
    return {
        "id": job.id,
        "status": status_of(sandbox, job),
        "base": job.model,
        "suffix": suffix or None,
        "rows": _count_rows(client, job),
        "epochs": None if chosen.n_epochs == "auto" else chosen.n_epochs,
        **_last_metrics(client, job),
        "created_at": job.created_at,
        "finished_at": job.finished_at,
        "model": job.fine_tuned_model,
        "error": None if error is None or not error.message else error.message,
    }


def _count_rows(client: openai.OpenAI, job: FineTuningJob) -> int | None:
    """Return how many rows a job learns from; None if its file has been deleted, or is very large."""
    import openai

    rows = (job.metadata or {}).get("rows", "")
    if rows.isdecimal():
        return int(rows)
    try:
        if (client.files.retrieve(job.training_file).bytes or 0) > MOST_BYTES:
            return None
        return sum(bool(line.strip()) for line in client.files.content(job.training_file).read().split(b"\n"))
    except openai.NotFoundError:
        return None


def _last_metrics(client: openai.OpenAI, job: FineTuningJob) -> dict[str, float | None]:
    """Return how many steps are taken, of how many, the last training loss, and the validation loss if it is as new."""
    found: dict[str, float | None] = {"step": None, "steps": None, "train_loss": None, "valid_loss": None}
    keys = {"step": "step", "steps": "total_steps", "train_loss": "train_loss", "valid_loss": "full_valid_loss"}
    for event in client.fine_tuning.jobs.list_events(job.id, limit=RECENT_EVENTS).data:  # the newest first
        data = event.data if isinstance(event.data, Mapping) else {}
        for name, key in keys.items():
            if found[name] is None and key in data:
                found[name] = data[key]
    return found


def job_table(jobs: Sequence[Mapping[str, Any]], *, narrow: bool) -> str:
    """Format jobs as a table; where it must fit the terminal, ids are cut as far as is clear, then suffixes and bases."""
    header = ("id", "status", "base", "suffix", "rows x ep.", "loss", "valid", "age")
    ids = [str(job["id"]) for job in jobs]
    rows = []
    for job in jobs:
        id_, length = str(job["id"]), len("ftjob-") + SHORT_ID
        while narrow and sum(other.startswith(id_[:length]) for other in ids) > 1:
            length += 1
        size = f"{job['rows'] or '?'} x {job['epochs'] or 'auto'}"
        losses = ["-" if job[name] is None else f"{job[name]:.2f}" for name in ("train_loss", "valid_loss")]
        made = seconds_of(job["created_at"])
        age = format_age(time.time() - made) if made else "?"
        rows.append([id_[:length] if narrow else id_, job["status"], job["base"], job["suffix"] or "-", size, *losses, age])
    for column, least in (("suffix", 6), ("base", 10)) if narrow else ():
        excess = len(format_table(header, rows).partition("\n")[0]) + 3 - line_width()  # the header ends in "age", of 3 to 6
        place = header.index(column)
        widest = max(len(row[place]) for row in rows)
        for row in rows:
            length = max(least, widest - max(0, excess))
            row[place] = row[place] if len(row[place]) <= length else f"{row[place][: length - 1]}…"
    return format_table(header, rows)


def show_job(sandbox: Sandbox, client: openai.OpenAI, job: Job, home: Path | None) -> None:
    """Print everything about a job, its losses, and what can be typed next."""
    details = job.details
    known, chosen = facts(sandbox, client, details), details.hyperparameters
    source = (details.metadata or {}).get("source")
    print(labelled("job", job.id))
    print(labelled("status", known["status"]))
    print(labelled("base", details.model))
    print(labelled("rows", f"{'?' if known['rows'] is None else known['rows']}" + (f" of {source}" if source else "")))
    settings = f"epochs {chosen.n_epochs}, batch size {chosen.batch_size}, learning rate x {chosen.learning_rate_multiplier}"
    print(labelled("settings", f"{settings}, seed {details.seed}"))
    started = clock(details.created_at, "%Y-%m-%d %H:%M") or "?"
    made, ended_at = seconds_of(details.created_at), seconds_of(details.finished_at)
    took = f", ended after {format_duration(max(0.0, ended_at - made))}" if made and ended_at else ""
    print(labelled("started", started + took))
    log = [event for event in job.events if event.type != "metrics"]
    # A job is paused by somebody, or by what it then says: its base model is gone, the disk is full.
    reason = log[-2].message if known["status"] == "paused" and len(log) > 1 and log[-2].level == "error" else None
    for label, value in (("model", known["model"]), ("error", known["error"]), ("paused", reason)):
        if value:
            print(labelled(label, value))
    if known["steps"] is not None and details.status != "succeeded":
        print(labelled("progress", f"{known['step']} of {known['steps']} steps"))
    if details.status in TERMINAL_STATUSES or losses_by_epoch(job):
        print()
        show_losses(job)
    ended = {"succeeded": f"chat {job.model}", "failed": None, "cancelled": None}
    waiting = f"jobs {'resume' if known['status'] in ('paused', 'interrupted') else 'follow'} {job.id}"
    if todo := ended.get(known["status"], waiting):
        print(f"\nNext, type:\n   ftwidgets {todo}{home_option(home)}")
