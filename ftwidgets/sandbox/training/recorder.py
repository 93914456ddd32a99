"""What a running job writes: an event for each step, a checkpoint for each of the last epochs, a state to resume from.

Events are committed a few times a second, in order; then, every few seconds, the trainer's whole state is saved. The
events are therefore never behind the saved state. Steps that are trained again after a crash come out the same to the
bit; they are known by their number and not written twice.
"""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING

from ftwidgets.sandbox.ids import base_of
from ftwidgets.sandbox.store.queries import last_step
from ftwidgets.sandbox.store.records import UNFINISHED, CheckpointRecord, EventRecord, JobRecord
from ftwidgets.sandbox.store.store import Store
from ftwidgets.sandbox.training.lifecycle import JobLifecycle
from ftwidgets.sandbox.training.step_times import StepTimes

if TYPE_CHECKING:
    from ftwidgets.engine import Run, StepMetrics
    from ftwidgets.sandbox.inference.catalog import Catalog

COMMIT_EVERY = 0.2  # seconds
SAVE_EVERY = 5.0
SAVE_AT_EPOCH_AFTER = 2.0  # at the end of an epoch sooner, but not after every short one: it takes a step or two
KEPT_EPOCHS = 3

_SHOWN = (
    "train_loss",
    "train_mean_token_accuracy",
    "valid_loss",
    "valid_mean_token_accuracy",
    "full_valid_loss",
    "full_valid_mean_token_accuracy",
)


class Recorder:
    """Records one run of a trainer; leaving the block records the rest, whatever the reason."""

    def __init__(self, store: Store, lifecycle: JobLifecycle, job: JobRecord, trainer: Run, catalog: Catalog) -> None:
        self._store = store
        self._lifecycle = lifecycle
        self._job = job
        self._trainer = trainer
        self._catalog = catalog
        self._pending: list[EventRecord] = []
        self._known_steps = last_step(store.db, job.id)
        self._known_epochs = {point.step for point in lifecycle.checkpoints(job.id)}
        validation_steps = trainer.n_validation / trainer.hyperparameters.batch_size
        self._times = StepTimes(trainer.total_steps, trainer.steps_per_epoch, validation_steps)
        self._clock = store.clock
        self._last_step = self._committed = self._saved = self._clock.monotonic()

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._commit()
        ended = self._lifecycle.status(self._job.id) not in UNFINISHED
        if not ended and error is None and self._trainer.step < self._trainer.total_steps:
            self._save()

    def step(self, metrics: StepMetrics) -> bool:
        """Record one step; say whether the job is still running."""
        if metrics.step > self._known_steps:
            self._pending.append(self._event(metrics))
        now = self._clock.monotonic()
        self._times.add(now - self._last_step, end_of_epoch=metrics.end_of_epoch)
        self._last_step = now
        if metrics.end_of_epoch or now - self._committed >= COMMIT_EVERY:
            running = self._commit()
            if metrics.end_of_epoch and (running or self._lifecycle.status(self._job.id) in UNFINISHED):
                self._keep_checkpoint(metrics)  # of a paused job too: it continues behind this step
            if not running:
                return False
            due = SAVE_AT_EPOCH_AFTER if metrics.end_of_epoch else SAVE_EVERY
            if now - self._saved >= due and metrics.step < metrics.total_steps:
                self._save()
            return True
        return self._lifecycle.status(self._job.id) == "running"

    def _commit(self) -> bool:
        """Write the pending events and when the job should be finished; say whether it is still running."""
        left = self._times.left(self._trainer.step)
        finish = None if left is None else int(self._clock.time() + left) + 1
        running = self._lifecycle.record_steps(self._job.id, self._pending, finish)
        self._pending = []
        self._committed = self._clock.monotonic()
        return running

    def _save(self) -> None:
        self._trainer.save(self._lifecycle.resume_path(self._job.id))
        self._saved = self._clock.monotonic()

    def _keep_checkpoint(self, metrics: StepMetrics) -> None:
        """Keep the model at the end of one of the last epochs; the last of them is the tuned model itself."""
        epochs_left = (metrics.total_steps - metrics.step) // self._trainer.steps_per_epoch
        if epochs_left >= KEPT_EPOCHS or metrics.step in self._known_epochs:
            return
        folder = f"{self._job.id}-step-{metrics.step}"
        path = self._store.model_folder(folder)
        if not path.exists():  # a process that died just here has written the very same weights
            self._trainer.model.save(path)
            self._catalog.note_base(path)
        name = self._store.ids.tuned_name(base_of(self._job.model), self._job.suffix)
        self._store.db.insert(
            CheckpointRecord(
                id=self._store.ids.new("ftckpt_"),
                job_id=self._job.id,
                created_at=int(self._clock.time()),
                step=metrics.step,
                metrics={"step": metrics.step, **_measured(metrics)},
                trained_tokens=metrics.trained_tokens,
                folder=folder,
                model=name if epochs_left == 0 else f"{name}:ckpt-step-{metrics.step}",
            )
        )

    def _event(self, metrics: StepMetrics) -> EventRecord:
        """Describe a step in the service's words."""
        message = f"Step {metrics.step}/{metrics.total_steps}: training loss={metrics.train_loss:.2f}"
        if metrics.valid_loss is not None:
            message += f", validation loss={metrics.valid_loss:.2f}"
        if metrics.full_valid_loss is not None:
            message += f", full validation loss={metrics.full_valid_loss:.2f}"
        return EventRecord(
            id=self._store.ids.new("ftevent-"),
            job_id=self._job.id,
            created_at=int(self._clock.time()),
            message=message,
            type="metrics",
            data={"step": metrics.step, "total_steps": metrics.total_steps, **_measured(metrics)},
            step=metrics.step,
        )


def _measured(metrics: StepMetrics) -> dict[str, float]:
    values = {name: getattr(metrics, name) for name in _SHOWN}
    return {**{name: value for name, value in values.items() if value is not None}, **metrics.extra}
