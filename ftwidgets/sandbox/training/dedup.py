"""Duplicate jobs: jobs with the same data, model, settings and seed are trained once, and share the result.

A class that follows the same lesson starts mostly the same job. Training is exact (`ftwidgets.engine`), so the second one
would end in the same weights as the first; it gets a copy of its result instead, and its log says so.
Left out: jobs that differ in anything that matters; the suffix, the metadata and the owner do not.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ftwidgets.sandbox.ids import LARGEST_SEED, base_of
from ftwidgets.sandbox.store.queries import last_step, step_events
from ftwidgets.sandbox.store.records import CheckpointRecord, EventRecord, JobRecord
from ftwidgets.sandbox.store.store import Store
from ftwidgets.sandbox.training.lifecycle import JobLifecycle
from ftwidgets.sandbox.training.recorder import KEPT_EPOCHS
from ftwidgets.sandbox.training.result_file import result_csv

SHARED = (
    "The same job (files, model, hyperparameters, seed) has been trained here before; its result is shared with this one, "
    "which was not trained again"
)


def fingerprint(job: JobRecord, hyperparameters: Mapping[str, Any], *files: Path) -> str:
    """Hash everything that the result of a job depends on.

    Parameters
    ----------
    job
        Its model, method and seed count.
    hyperparameters
        The numbers it will be trained with.
    files
        Its copies of the training file and the validation file.
    """
    return _hash([job.model, job.method, job.seed, dict(hyperparameters)], files)


def shared_seed(store: Store, job: JobRecord) -> int:
    """Derive the seed of a job that names none from everything else it asks for, so equal jobs share a result."""
    files = [store.blobs.path(id_) for id_ in (job.training_file, job.validation_file) if id_]
    digest = _hash([job.model, job.method, job.hyperparameters], files)
    return int(digest[:16], 16) % (LARGEST_SEED + 1)


def duplicate_job(store: Store, job: JobRecord) -> JobRecord | None:
    """Find another job with the same fingerprint that has succeeded, with all its models, or is being trained."""
    if job.fault is not None or job.key is None:  # a planned fault is not shared
        return None
    for other in store.db.select(JobRecord, key=job.key, status="succeeded", newest=True):
        points = store.db.select(CheckpointRecord, job_id=other.id)
        if other.id != job.id and len(points) == _n_kept(other) and all(map(store.has_weights, points)):
            return other
    running = store.db.select(JobRecord, key=job.key, status="running")
    return next((other for other in running if other.id != job.id), None)


def copy_result(store: Store, lifecycle: JobLifecycle, job: JobRecord, trained: JobRecord) -> bool:
    """Give a job the result of its duplicate, which has succeeded.

    Returns
    -------
    bool
        Whether the job has it now; it has not if it was stopped meanwhile, or if a model of the other was deleted. Then it
        is to be trained; what has been copied already is what training would have written.
    """
    if job.status == "queued" and not lifecycle.start(job, trained.hyperparameters):
        return False
    points = store.db.select(CheckpointRecord, job_id=trained.id)
    if not all(_copy_checkpoint(store, job, point) for point in points):
        return False
    if store.db.count(CheckpointRecord, job_id=job.id) < _n_kept(trained):
        return False
    if not store.db.count(EventRecord, job_id=job.id, message=SHARED):
        lifecycle.log(job.id, SHARED)  # once, although a pause, or a process that died, came between
    known, now = last_step(store.db, job.id), int(store.clock.time())
    copies = [
        replace(event, id=store.ids.new("ftevent-"), job_id=job.id, created_at=now)
        for event in step_events(store.db, trained.id)
        if event.step is not None and event.step > known
    ]
    lifecycle.record_steps(job.id, copies, now)
    return lifecycle.succeed(job, result_csv(lifecycle.metrics(job.id)))


def _copy_checkpoint(store: Store, job: JobRecord, point: CheckpointRecord) -> bool:
    """Copy a checkpoint under a name of the job's own, and say whether it was still there.

    The weights are one file with two names where the file system allows that.
    """
    if store.db.count(CheckpointRecord, job_id=job.id, step=point.step):
        return True  # a process that died while it did this had come so far
    folder = f"{job.id}-step-{point.step}"
    target = store.model_folder(folder)
    if not target.exists():
        aside = target.with_name(f".{folder}-shared")
        shutil.rmtree(aside, ignore_errors=True)
        try:
            shutil.copytree(store.model_folder(point.folder), aside, copy_function=link_or_copy)
        except (FileNotFoundError, shutil.Error):  # the latter lists what could not be copied
            if store.db.get(CheckpointRecord, point.id) is not None:
                raise
        if store.db.get(CheckpointRecord, point.id) is None:  # its record goes before its files: the copy may lack some
            shutil.rmtree(aside, ignore_errors=True)
            return False
        os.utime(aside)  # as old as the original otherwise, so it could be swept before it has a record
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


def _n_kept(job: JobRecord) -> int:
    """Say how many checkpoints a job ended with; some may have been deleted since."""
    return min(KEPT_EPOCHS, int(job.hyperparameters["n_epochs"]))


def link_or_copy(source: str, target: str) -> None:
    """Give a file a second name; copy it where the file system has no such links."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _hash(facts: list[Any], files: Iterable[Path]) -> str:
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    for path in files:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()
