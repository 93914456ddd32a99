"""The training thread: takes jobs one after another, step by step, and leaves a trail it can be picked up from.

The thread starts when there is work. It validates files whenever some wait, and trains while it holds the lock of its
place and of the job, so of several processes on one state folder one trains and the others look on; when that one goes,
another goes on. A server's worker processes have a place each, and train as many jobs at once.
Left out: how a method trains (`methods`), which job comes next (`turns`), what a transition writes (`ledger`), what a step
writes (`recorder`), when a run has failed (`divergence`).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, TypeVar

from ftwidgets.sandbox.api_errors import ApiError, JobFaultError
from ftwidgets.sandbox.inference.catalog import Catalog
from ftwidgets.sandbox.store.lock import lease
from ftwidgets.sandbox.store.records import WORKING, JobRecord
from ftwidgets.sandbox.store.store import Store
from ftwidgets.sandbox.training.dedup import result_key, share, twin_of
from ftwidgets.sandbox.training.divergence import check_result, check_step
from ftwidgets.sandbox.training.job_faults import job_fault
from ftwidgets.sandbox.training.lifecycle import Ledger
from ftwidgets.sandbox.training.methods import METHODS, Rows
from ftwidgets.sandbox.training.queue import turns
from ftwidgets.sandbox.training.recorder import Recorder
from ftwidgets.sandbox.training.result_file import result_table

if TYPE_CHECKING:
    from ftwidgets.engine import Model, Run

T = TypeVar("T")

LOOK_AGAIN = 0.5  # seconds between two tries to get the lease
LONGEST_PAUSE = 10.0  # seconds between two tries where one after another fails: the disk is full, the folder has gone
LOOK_UP = 0.2  # seconds between two looks whether somebody still waits for some work

logger = logging.getLogger(__name__)


class Runner:
    """Works off the jobs of a store.

    Parameters
    ----------
    store, ledger, catalog
        The jobs, what happens to them, and the models they start from.
    place
        Which of the places where jobs are trained is this runner's; one runner at a time has it.
    share
        Whether jobs that would end in the same weights are trained once.
    look
        How many seconds to rest between two looks for work that others have brought; None: only `wake` brings work.
    most_tokens
        How many tokens a job may train in all its epochs; None: as many as it likes.
    """

    def __init__(
        self,
        store: Store,
        ledger: Ledger,
        catalog: Catalog,
        *,
        place: int = 0,
        share: bool = False,
        look: float | None = None,
        most_tokens: int | None = None,
    ) -> None:
        self._store = store
        self._clock = store.clock
        self._place = place
        self._share = share
        self._look = look
        self._most_tokens = most_tokens
        self._ledger = ledger
        self._catalog = catalog
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._work = threading.Event()
        self._closing = threading.Event()

    def wake(self) -> None:
        """Say that there may be work; cheap, and harmless where there is none."""
        with self._starting:
            if self._closing.is_set():
                return
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="ftwidgets-trainer", daemon=True)
                self._thread.start()
        self._work.set()

    def close(self) -> None:
        """Stop after the current step, keep the place, and wait for the thread to end."""
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
                waiting, pause = self._turn(), 0.0
            except Exception as error:
                pause = min(LONGEST_PAUSE, 2 * pause or LOOK_AGAIN)
                logger.warning("The training thread cannot go on (%r); it tries again in %g s.", error, pause)
                self._clock.wait(self._closing, pause)  # not cut short by whoever looks at a job meanwhile
                continue
            if not self._closing.is_set():
                rest = [seconds for seconds in (LOOK_AGAIN if waiting else None, self._look) if seconds is not None]
                self._clock.wait(self._work, min(rest, default=None))

    def _turn(self) -> bool:
        """Do what there is to do; tell whether there is work left that another process holds, or that is not ready yet."""
        self._validate()
        while not self._closing.is_set() and self._ledger.unfinished("queued", "running"):
            with lease(self._store.place(self._place)) as mine:
                if not mine or not self._train_next():
                    return True
        return False

    def _train_next(self) -> bool:
        """Train the job whose turn it is, unless somebody else does already; tell whether there was one."""
        for candidate in turns(self._store, share=self._share):
            with lease(self._ledger.lock_path(candidate.id)) as mine:
                job = self._ledger.get(candidate.id) if mine else None
                if job is not None and job.status in ("queued", "running"):  # not changed by somebody else meanwhile
                    self._train(job)
                    return True
        return False

    def _validate(self) -> None:
        """Check the files of every job that waits for it."""
        for job in self._ledger.unfinished("validating_files"):
            with self._failing(job, "validating_files"):
                self._go_wrong(job, "validation")
                training, validation = METHODS[job.method].read(job, *self._ledger.data_paths(job))
                chosen = METHODS[job.method].hyperparameters(job, len(training))
                lengths = self._lengths(job, training + validation)
                self._check_size(sum(lengths[: len(training)]), chosen.n_epochs)
                key = result_key(job, asdict(chosen), *self._ledger.data_paths(job))
                self._ledger.queue(job, key, _warnings(lengths, self._context(job)))

    def _check_size(self, tokens: int, n_epochs: int) -> None:
        """Fail a job that is larger than one may be here: it would hold up all others."""
        if self._most_tokens is not None and tokens * n_epochs > self._most_tokens:
            raise JobFaultError(
                "job_too_large",
                f"This job would train {tokens * n_epochs:,} tokens ({tokens:,} in each of {n_epochs} epochs), and a job may "
                f"train {self._most_tokens:,} here. Use fewer examples or fewer epochs.",
                "training_file",
            )

    def _go_wrong(self, job: JobRecord, stage: str, step: int = 0) -> None:
        """Fail where it has been asked for (`faults`)."""
        fault = job_fault(job, stage, step)
        if fault is not None:
            raise fault

    def _lengths(self, job: JobRecord, rows: Rows) -> list[int]:
        """Count the tokens of every row, up to one more than the context."""
        model, method, context = self._catalog.load(job.model), METHODS[job.method], self._context(job)
        return [method.length(model, row, context) for row in self._wanted(job, rows)]

    def _context(self, job: JobRecord) -> int:
        return self._catalog.load(job.model).config.max_position_embeddings

    def _train(self, job: JobRecord) -> None:
        with self._failing(job, "queued", "running"):
            twin = twin_of(self._store, job) if self._share else None
            if twin is not None and twin.status == "succeeded" and share(self._store, self._ledger, job, twin):
                return
            before = self._catalog.load(job.model)
            trainer = self._trainer(job, before)
            with Recorder(self._store, self._ledger, job, trainer) as recorder:
                for metrics in trainer:
                    check_step(metrics, trainer)
                    self._go_wrong(job, "training", metrics.step)
                    if not recorder.step(metrics) or self._closing.is_set():
                        break
                    self._validate()
            if trainer.step == trainer.total_steps and self._ledger.status(job.id) == "running":
                check_result(before, trainer)
                self._go_wrong(job, "safety")
                self._ledger.succeed(job, result_table(self._ledger.metrics(job.id)))
        if self._ledger.status(job.id) in ("cancelled", "failed"):
            self._ledger.clear(job)

    def _trainer(self, job: JobRecord, model: Model) -> Run:
        """Set the engine up for a job: at its beginning, or where an interrupted run left off."""
        method = METHODS[job.method]
        training, validation = method.read(job, *self._ledger.data_paths(job))
        chosen = method.hyperparameters(job, len(training))
        self._ledger.start(job, asdict(chosen))
        try:
            trainer = method.run(
                model,
                self._wanted(job, training),
                hyperparameters=chosen,
                seed=job.seed,
                validation=self._wanted(job, validation),
            )
        except ValueError as error:  # nothing is left to learn once every example is cut at the context
            message = f"The job failed due to an invalid training file. {error}"
            raise JobFaultError("invalid_training_file", message, "training_file") from error
        resume = self._ledger.resume_path(job.id)
        if resume.exists():
            try:
                trainer.restore(resume)
                logger.info("Job %s goes on after step %d.", job.id, trainer.step)
            except ValueError as error:
                logger.warning("Job %s starts over: %s", job.id, error)
        return trainer

    def _wanted(self, job: JobRecord, items: Iterable[T]) -> Iterator[T]:
        """Hand items on for as long as somebody waits for what comes of them."""
        looked = self._clock.monotonic()
        for item in items:
            if self._clock.monotonic() - looked > LOOK_UP:
                looked = self._clock.monotonic()
                if self._closing.is_set() or self._ledger.status(job.id) not in WORKING:
                    raise _Unwanted
            yield item

    @contextmanager
    def _failing(self, job: JobRecord, *statuses: str) -> Iterator[None]:
        """Make what goes wrong in the block the job's error, as long as it is in one of these statuses."""
        try:
            yield
        except _Unwanted:
            logger.info("Job %s was left where it was.", job.id)
        except JobFaultError as fault:
            self._ledger.fail(job, fault, only_if=statuses)
        except ApiError as error:  # the model it was to start from has been deleted
            gone = JobFaultError(error.code or "server_error", error.message, "model")
            self._ledger.fail(job, gone, only_if=statuses)
        except Exception as error:
            unknown = JobFaultError("server_error", f"The job failed due to an internal error: {error!r:.300}", None)
            if self._ledger.fail(job, unknown, only_if=statuses):
                logger.exception("Job %s failed.", job.id)


class _Unwanted(Exception):  # noqa: N818 - no error: the sandbox closes, or the job has been cancelled
    """Nobody waits for this work any more."""


def _warnings(lengths: Sequence[int], context: int) -> list[str]:
    """Say how many examples are longer than the context: their ends are not learned."""
    long = sum(length > context for length in lengths)
    return [f"{long} of {len(lengths)} examples are longer than {context} tokens and are cut there"] if long else []
