"""The training thread: it trains one job after another, step by step, and can be stopped and resumed at any step.

The thread starts when there is work. It validates files whenever some wait, and trains while it holds the lock of its slot
and the lock of the job. Of several processes on one state folder, therefore, one trains and the others watch; when it ends,
another takes over. A server's worker processes have a slot each, and train as many jobs at once.
Left out: how a method trains (`methods`), which job comes next (`queue`), what a transition writes (`lifecycle`), what a step
writes (`recorder`), when a run has failed (`divergence`).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from ftwidgets.sandbox.api_errors import ApiError, JobFaultError, ModelUnusableError
from ftwidgets.sandbox.inference.catalog import Catalog
from ftwidgets.sandbox.store.lock import process_lock, trainer_lock
from ftwidgets.sandbox.store.records import ACTIVE, JobRecord
from ftwidgets.sandbox.store.store import Store
from ftwidgets.sandbox.training.adapters import fit_into_memory
from ftwidgets.sandbox.training.dedup import copy_result, duplicate_job, fingerprint
from ftwidgets.sandbox.training.divergence import check_result, check_step
from ftwidgets.sandbox.training.job_faults import job_fault
from ftwidgets.sandbox.training.lifecycle import JobLifecycle
from ftwidgets.sandbox.training.methods import METHODS
from ftwidgets.sandbox.training.queue import runnable_jobs
from ftwidgets.sandbox.training.recorder import Recorder
from ftwidgets.sandbox.training.result_file import result_csv

if TYPE_CHECKING:
    from ftwidgets.engine import Model, Run

T = TypeVar("T")

RETRY_AFTER = 0.5  # seconds between two tries to get a lock
LONGEST_RETRY = 10.0  # seconds between two tries where all fail: the disk is full, the folder is gone
CHECK_EVERY = 0.2  # seconds between two checks whether a job is still wanted

logger = logging.getLogger(__name__)


class Runner:
    """Trains the jobs of a store in a thread of its own.

    Parameters
    ----------
    store, lifecycle, catalog
        The jobs, their transitions, and the models they start from.
    slot
        The number of the trainer; one runner at a time has it.
    share
        Whether jobs that would end in the same weights are trained once.
    poll_every
        Seconds between two looks for work that other processes have added; None: only `wake` brings work.
    most_tokens
        How many tokens a job may train in all its epochs; None: no limit.
    """

    def __init__(
        self,
        store: Store,
        lifecycle: JobLifecycle,
        catalog: Catalog,
        *,
        slot: int = 0,
        share: bool = False,
        poll_every: float | None = None,
        most_tokens: int | None = None,
    ) -> None:
        self._store = store
        self._clock = store.clock
        self._slot = slot
        self._share = share
        self._poll_every = poll_every
        self._most_tokens = most_tokens
        self._lifecycle = lifecycle
        self._catalog = catalog
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._work = threading.Event()
        self._closing = threading.Event()

    def wake(self) -> None:
        """Look for work now; cheap, and harmless where there is none."""
        with self._starting:
            if self._closing.is_set():
                return
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="ftwidgets-trainer", daemon=True)
                self._thread.start()
        self._work.set()

    def close(self) -> None:
        """Stop after the current step, save the job's state, and wait for the thread to end."""
        with self._starting:
            self._closing.set()
        self._work.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        pause = 0.0
        while not self._closing.is_set():
            self._work.clear()
            try:
                blocked, pause = self._train_all(), 0.0
            except Exception as error:
                pause = min(LONGEST_RETRY, 2 * pause or RETRY_AFTER)
                logger.warning("The training thread cannot go on (%r); it tries again in %g s.", error, pause)
                self._clock.wait(self._closing, pause)  # `wake` does not cut this short
                continue
            if not self._closing.is_set():
                rest = [seconds for seconds in (RETRY_AFTER if blocked else None, self._poll_every) if seconds is not None]
                self._clock.wait(self._work, min(rest, default=None))

    def _train_all(self) -> bool:
        """Train until nothing is left; return whether there is work that another process holds, or that is not ready yet."""
        self._validate()
        while not self._closing.is_set() and self._lifecycle.unfinished("queued", "running"):
            with process_lock(trainer_lock(self._store.home, self._slot)) as mine:
                if not mine or not self._train_next():
                    return True
        return False

    def _train_next(self) -> bool:
        """Train the next job that no other process trains; say whether there was one."""
        for candidate in runnable_jobs(self._store, share=self._share):
            with process_lock(self._lifecycle.lock_path(candidate.id)) as mine:
                job = self._lifecycle.get(candidate.id) if mine else None
                if job is not None and job.status in ("queued", "running"):  # another process may have changed it meanwhile
                    self._train(job)
                    return True
        return False

    def _validate(self) -> None:
        """Check the files of every new job."""
        for job in self._lifecycle.unfinished("validating_files"):
            with self._recording_errors(job, "validating_files"):
                self._raise_planned_fault(job, "validation")
                method = METHODS[job.method]
                training, validation = method.read(job, *self._lifecycle.data_paths(job))
                model = self._catalog.load(job.model)
                chosen = method.hyperparameters(job, model, training)
                context = model.config.max_position_embeddings
                lengths = [method.length(model, row, context) for row in self._while_wanted(job, training + validation)]
                self._check_size(sum(lengths[: len(training)]), chosen.n_epochs)
                key = fingerprint(job, chosen.by_name(), *self._lifecycle.data_paths(job))
                too_long = method.too_long(model, training, validation, lengths)
                left_out = method.left_out(model, training, validation, lengths)
                _, memory_is_short = fit_into_memory(model, chosen, lengths)
                warnings = [warning for warning in (too_long, *left_out, memory_is_short) if warning]
                self._lifecycle.enqueue(job, key, warnings)

    def _check_size(self, tokens: int, n_epochs: int) -> None:
        """Reject a job that is larger than the limit: it would hold up all others."""
        if self._most_tokens is not None and tokens * n_epochs > self._most_tokens:
            raise JobFaultError(
                "job_too_large",
                f"This job would train {tokens * n_epochs:,} tokens ({tokens:,} in each of {n_epochs} epochs), and a job may "
                f"train {self._most_tokens:,} here. Use fewer examples or fewer epochs.",
                "training_file",
            )

    def _raise_planned_fault(self, job: JobRecord, stage: str, step: int = 0) -> None:
        """Fail where a fault was planned (`job_faults`)."""
        fault = job_fault(job, stage, step)
        if fault is not None:
            raise fault

    def _train(self, job: JobRecord) -> None:
        with self._recording_errors(job, "queued", "running"), self._pausing(job):
            other = duplicate_job(self._store, job) if self._share else None
            if other is not None and other.status == "succeeded" and copy_result(self._store, self._lifecycle, job, other):
                return
            before = self._catalog.load(job.model)
            trainer = self._trainer(job, before)
            with Recorder(self._store, self._lifecycle, job, trainer, self._catalog) as recorder:
                for metrics in trainer:
                    check_step(metrics, trainer)
                    self._raise_planned_fault(job, "training", metrics.step)
                    if not recorder.step(metrics) or self._closing.is_set():
                        break
                    self._validate()
            if trainer.step == trainer.total_steps and self._lifecycle.status(job.id) == "running":
                check_result(before, trainer)
                self._raise_planned_fault(job, "safety")
                self._lifecycle.succeed(job, result_csv(self._lifecycle.metrics(job.id)))
        if self._lifecycle.status(job.id) in ("cancelled", "failed"):
            self._lifecycle.clean_up(job)

    def _trainer(self, job: JobRecord, model: Model) -> Run:
        """Set the engine up for a job, at its beginning or where an interrupted run stopped."""
        method = METHODS[job.method]
        training, validation = method.read(job, *self._lifecycle.data_paths(job))
        chosen = method.hyperparameters(job, model, training)
        self._lifecycle.start(job, chosen.by_name())
        try:
            trainer = method.run(
                model,
                self._while_wanted(job, training),
                hyperparameters=chosen,
                seed=job.seed,
                validation=self._while_wanted(job, validation),
            )
        except ValueError as error:  # nothing is left to learn once every example is cut at the context
            message = f"The job failed due to an invalid training file. {error}"
            raise JobFaultError("invalid_training_file", message, "training_file") from error
        resume = self._lifecycle.resume_path(job.id)
        if resume.exists():
            try:
                trainer.restore(resume)
                logger.info("Job %s goes on after step %d.", job.id, trainer.step)
            except ValueError as error:
                logger.warning("Job %s starts over: %s", job.id, error)
        return trainer

    def _while_wanted(self, job: JobRecord, items: Iterable[T]) -> Iterator[T]:
        """Pass items on until the sandbox closes or the job is stopped."""
        checked = self._clock.monotonic()
        for item in items:
            if self._clock.monotonic() - checked > CHECK_EVERY:
                checked = self._clock.monotonic()
                if self._closing.is_set() or self._lifecycle.status(job.id) not in ACTIVE:
                    raise _JobAbandoned
            yield item

    @contextmanager
    def _pausing(self, job: JobRecord) -> Iterator[None]:
        """Pause the job where somebody can put right what stops it: its base model is not there, the disk is full."""
        try:
            yield
        except FileNotFoundError:  # what is gone does not come back
            raise
        except (ModelUnusableError, OSError) as error:
            self._lifecycle.pause(
                job, f"{error} The job is paused and keeps what it has learned: put this right and resume it."
            )

    @contextmanager
    def _recording_errors(self, job: JobRecord, *statuses: str) -> Iterator[None]:
        """End the job with whatever error the block raises, if it is still in one of these statuses."""
        try:
            yield
        except _JobAbandoned:
            logger.info("Job %s was left where it was.", job.id)
        except JobFaultError as fault:
            self._lifecycle.fail(job, fault, only_if=statuses)
        except ApiError as error:  # the model it was to start from has been deleted
            missing_model = JobFaultError(error.code or "server_error", error.message, "model")
            self._lifecycle.fail(job, missing_model, only_if=statuses)
        except MemoryError:  # others have taken what was free when the job was validated
            message = "The computer ran out of memory. Use a smaller batch_size, shorter examples, or a smaller base model."
            self._lifecycle.fail(job, JobFaultError("insufficient_memory", message, "hyperparameters"), only_if=statuses)
        except Exception as error:
            unknown = JobFaultError("server_error", f"The job failed due to an internal error: {error!r:.300}", None)
            if self._lifecycle.fail(job, unknown, only_if=statuses):
                logger.exception("Job %s failed.", job.id)


class _JobAbandoned(Exception):  # noqa: N818 - no error: the sandbox closes, or the job was stopped
    """The rest of this work is not wanted any more."""
