"""One result for all who ask for the same: jobs with the same data, model, settings and seed train once.

A class that follows the same lesson starts mostly the same job. Training is exact (`ftwidgets.engine`), so the second one
would end in the same weights as the first; it is given a copy of its result instead, and its log says so.
Left out: jobs that differ in anything that matters; the suffix, the metadata and the owner do not.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ftwidgets.sandbox.ids import LARGEST_SEED, base_of
from ftwidgets.sandbox.store.records import CheckpointRecord, EventRecord, JobRecord
from ftwidgets.sandbox.store.store import Store
from ftwidgets.sandbox.training.lifecycle import Ledger
from ftwidgets.sandbox.training.recorder import KEPT_EPOCHS
from ftwidgets.sandbox.training.result_file import result_table

SHARED = (
    "The same job (files, model, hyperparameters, seed) has been trained here before; its result is shared with this one, "
    "which was not trained again"
)


def result_key(job: JobRecord, hyperparameters: Mapping[str, Any], *files: Path) -> str:
    """Say in one word what the result of a job depends on.

    Parameters
    ----------
    job
        Its model, method and seed count.
    hyperparameters
        The numbers it will be trained with.
    files
        Its copies of the training file and the validation file.
    """
    return _digest([job.model, job.method, job.seed, dict(hyperparameters)], *files)


def shared_seed(store: Store, job: JobRecord) -> int:
    """Return a seed for a job that was given none: the same for jobs that ask for the same, so that they share a result."""
    ids = [job.training_file] + ([job.validation_file] if job.validation_file else [])
    digest = _digest([job.model, job.method, job.hyperparameters], *map(store.blobs.path, ids))
    return int(digest[:16], 16) % (LARGEST_SEED + 1)


def twin_of(store: Store, job: JobRecord) -> JobRecord | None:
    """Find a job with the same key that trains or has been trained, if its model is still there."""
    if job.fault is not None:  # what shall go wrong with it is its own
        return None
    same = "key = ? AND id != ? AND status = ?"
    for other in store.db.select(JobRecord, same, (job.key, job.id, "succeeded"), newest=True):
        points = _points(store, other)
        if len(points) == _kept(other) and all(store.model_folder(point.folder).is_dir() for point in points):
            return other
    running = store.db.select(JobRecord, same, (job.key, job.id, "running"), limit=1)
    return running[0] if running else None


def share(store: Store, ledger: Ledger, job: JobRecord, twin: JobRecord) -> bool:
    """Give a job the result of its twin, which has succeeded.

    Returns
    -------
    bool
        Whether the job has it now; it has not if it was stopped meanwhile, or if a model of the twin was deleted. Then it
        is to be trained; what has been copied already is what training would have written.
    """
    if job.status == "queued" and not ledger.start(job, twin.hyperparameters):
        return False
    if not all(_copy_point(store, job, point) for point in _points(store, twin)) or len(_points(store, job)) < _kept(twin):
        return False
    if not store.db.select(EventRecord, "job_id = ? AND message = ?", (job.id, SHARED), limit=1):
        ledger.note(job.id, SHARED)  # once, though a process that died or a pause came between
    events = store.db.select(EventRecord, "job_id = ? AND step IS NOT NULL", (twin.id,))
    known, now = ledger.last_step(job.id), int(store.clock.time())
    copies = [
        replace(event, id=store.ids.new("ftevent-"), job_id=job.id, created_at=now)
        for event in events
        if event.step is not None and event.step > known
    ]
    ledger.append(job.id, copies, now)
    return ledger.succeed(job, result_table(ledger.metrics(job.id)))


def _copy_point(store: Store, job: JobRecord, point: CheckpointRecord) -> bool:
    """Copy a checkpoint under a name of the job's own, and tell whether it was still there.

    The weights are one file with two names where that can be.
    """
    if any(known.step == point.step for known in _points(store, job)):
        return True  # a process that died while it did this had come so far
    folder = f"{job.id}-step-{point.step}"
    target = store.model_folder(folder)
    if not target.exists():
        aside = target.with_name(f".{folder}-shared")
        shutil.rmtree(aside, ignore_errors=True)
        try:
            shutil.copytree(store.model_folder(point.folder), aside, copy_function=_link)
        except (FileNotFoundError, shutil.Error):  # the latter lists what could not be copied
            if store.db.get(CheckpointRecord, point.id) is not None:
                raise
        if store.db.get(CheckpointRecord, point.id) is None:  # its record goes before its files: the copy may lack some
            shutil.rmtree(aside, ignore_errors=True)
            return False
        os.utime(aside)  # it is as old as the other otherwise, and so might be swept away before it is known
        aside.rename(target)
    name = store.ids.tuned_name(base_of(job.model), job.suffix)
    store.db.insert(
        replace(
            point,
            id=store.ids.new("ftckpt_"),
            job_id=job.id,
            created_at=int(store.clock.time()),
            folder=folder,
            model=f"{name}:ckpt-step-{point.step}" if ":ckpt-step-" in point.model else name,
            published=0,
        )
    )
    return True


def _kept(job: JobRecord) -> int:
    """Tell how many checkpoints a job ended with; some may have been deleted since."""
    return min(KEPT_EPOCHS, int(job.hyperparameters["n_epochs"]))


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without links
        shutil.copyfile(source, target)


def _points(store: Store, job: JobRecord) -> list[CheckpointRecord]:
    return store.db.select(CheckpointRecord, "job_id = ?", (job.id,))


def _digest(facts: list[Any], *files: Path) -> str:
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    for path in files:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()
