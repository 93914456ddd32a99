"""A training run, whatever it learns from: one optimizer step at a time, so that whoever drives it can watch, stop and go on.

Every random choice is a function of the seed and the place in the run, so that the same seed gives the same weights on the same
machine, and a run that was stopped and restored gives the weights it would have had.
Left out: what is learned (`trainer`: answers; `dpo`: preferences), adapters, gradient accumulation.
"""

import hashlib
import json
import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open

from ftwidgets.engine.adamw import AdamW, clip
from ftwidgets.engine.batches import Example, epoch_order
from ftwidgets.engine.hyperparameters import CLIP, WEIGHT_DECAY, Hyperparameters, rate_at
from ftwidgets.engine.model import Model
from ftwidgets.engine.parallel import run_two
from ftwidgets.engine.safetensors_file import write_tensors

Array = np.ndarray

VALIDATIONS = 20  # a validation batch about this often in a run


@dataclass(frozen=True)
class StepMetrics:
    """What one step showed. Losses in nats; accuracies are shares of trained tokens predicted right."""

    step: int  # 1-based
    total_steps: int
    epoch: int  # 1-based
    train_loss: float
    train_mean_token_accuracy: float
    valid_loss: float | None  # on one validation batch, at intervals
    valid_mean_token_accuracy: float | None
    full_valid_loss: float | None  # on the whole validation set, at the end of each epoch
    full_valid_mean_token_accuracy: float | None
    learning_rate: float
    trained_tokens: int  # so far, as a service bills them: every token of every example seen
    end_of_epoch: bool
    extra: Mapping[str, float] = field(default_factory=dict)  # what else this way of training measures, by name


@dataclass(frozen=True)
class Measured:
    """Mean loss and mean token accuracy over some examples, and what else a way of training measures."""

    loss: float
    accuracy: float
    extra: Mapping[str, float] = field(default_factory=dict)


class Run(ABC):
    """A training run. Iterate it: each turn is one optimizer step.

    `sizes` are, of every example, the tokens that a service would bill for seeing it once; `n_validation` examples are only
    measured; `keep` is what a step keeps of each layer, `base_rate` the peak
    learning rate at multiplier 1. Raises ValueError when a hyperparameter is out of range.
    """

    examples: list[Example]  # what the model is to be able to say afterwards

    def __init__(
        self,
        model: Model,
        *,
        sizes: Sequence[int],
        n_validation: int,
        hyperparameters: Hyperparameters,
        seed: int,
        keep: str,
        base_rate: float,
    ) -> None:
        lora = hyperparameters.lora
        for name, value in {**vars(hyperparameters), **(vars(lora) if lora else {})}.items():
            if name not in ("lora", "dropout") and not value > 0:
                raise ValueError(f"{name} must be above 0: {value}.")
        if lora and not 0 <= lora.dropout < 1:
            raise ValueError(f"dropout must be at least 0 and below 1: {lora.dropout}.")
        # Every job starts from the same base model, so a run works on weights of its own.
        self.model = model.trainable(lora, seed)
        self.keep = keep
        self.hyperparameters = hyperparameters
        self.seed = seed
        # 50 examples in batches of 8 are 7 steps, the last one of 2 examples: -(-50 // 8) rounds up.
        self.steps_per_epoch = -(-len(sizes) // hyperparameters.batch_size)
        self.total_steps = self.steps_per_epoch * hyperparameters.n_epochs
        self.step = 0
        self.trained_tokens = 0
        self._sizes = np.array(sizes)
        self.n_validation = n_validation
        self._peak = base_rate * hyperparameters.learning_rate_multiplier
        self._optimizer = AdamW(len(self.model.params.flat))
        # As many gradients as trained weights: with an adapter one in twenty-eight of the model's.
        self._grads = self.model.params.gradients()
        self._more_grads = self.model.params.gradients()  # of the second thread

    @abstractmethod
    def compute_gradients(self, order: Array) -> Measured:
        """Put the gradient of the loss over these examples into `_grads`; return loss and accuracy on them."""

    @abstractmethod
    def measure_validation(self, chosen: Array) -> Measured:
        """Measure the model on these validation examples."""

    @abstractmethod
    def training_data(self) -> Iterable[Array]:
        """Give all that the run learns from, for its fingerprint."""

    def __iter__(self) -> Iterator[StepMetrics]:
        while self.step < self.total_steps:
            with np.errstate(all="ignore"):  # a run that diverges shows it by its loss, once, not by a hundred warnings
                metrics = self._take_step()
            yield metrics

    def _take_step(self) -> StepMetrics:
        # Forward, backward, clip, step: this is all that training is.
        epoch, place = divmod(self.step, self.steps_per_epoch)  # 12 steps an epoch: step 30 is the seventh of epoch 3
        # A new order in each epoch: in the same order every time, the model would learn the sequence as well.
        size = self.hyperparameters.batch_size
        order = epoch_order(len(self._sizes), self.seed, epoch)[place * size : (place + 1) * size]
        train = self.compute_gradients(order)
        clip(self._grads.flat, CLIP)  # before the optimizer sees it
        # All weights move at once, a little against their gradients.
        rate = rate_at(self.step + 1, self.total_steps, self._peak)
        self._optimizer.step(
            self.model.params.flat,
            self._grads.flat,
            step=self.step + 1,
            rate=rate,
            decay=WEIGHT_DECAY,
            n_decayed=self.model.params.n_matrix_weights,
        )
        self.step += 1
        self.trained_tokens += int(self._sizes[order].sum())
        end_of_epoch = place + 1 == self.steps_per_epoch
        valid, full = self._validate(end_of_epoch)
        found = {"train": train, "valid": valid, "full_valid": full}
        return StepMetrics(
            self.step,
            self.total_steps,
            epoch + 1,
            train.loss,
            train.accuracy,
            valid.loss if valid else None,
            valid.accuracy if valid else None,
            full.loss if full else None,
            full.accuracy if full else None,
            learning_rate=rate,
            trained_tokens=self.trained_tokens,
            end_of_epoch=end_of_epoch,
            extra={f"{of}_{name}": value for of, it in found.items() if it for name, value in it.extra.items()},
        )

    def _validate(self, end_of_epoch: bool) -> tuple[Measured | None, Measured | None]:
        """Measure a validation batch, where one is due, and all of validation at an epoch's end."""
        # A batch often, because it is cheap and shows the trend; all of it once an epoch, because a batch is noisy.
        valid = full = None
        if self.n_validation and (end_of_epoch or self.step % max(1, self.total_steps // VALIDATIONS) == 0):
            rng = np.random.default_rng([self.seed, self.step])
            size = min(self.n_validation, max(8, self.hyperparameters.batch_size))
            valid = self.measure_validation(rng.choice(self.n_validation, size, replace=False))
        if self.n_validation and end_of_epoch:
            full = self.measure_validation(np.arange(self.n_validation))
        return valid, full

    def _fingerprint(self) -> str:
        """What a checkpoint must agree with: the data, the settings and the shape of the model."""
        # A checkpoint restored into a run with other rows would go on without an error, and with wrong results.
        digest = hashlib.sha256(json.dumps([asdict(self.hyperparameters), self.seed, asdict(self.model.config)]).encode())
        for array in self.training_data():
            digest.update(array.tobytes())
        return digest.hexdigest()

    def save(self, path: Path) -> None:
        """Write all that is needed to go on bit for bit: weights, moving averages, place. The file is whole or absent."""
        # AdamW's two sums belong to the state: without them the first steps after a restart would be other ones. The order of
        # examples needs no saving, since it is a function of seed and epoch.
        tensors = {"weights": self.model.params.flat, "sums": self._optimizer.sums, "squares": self._optimizer.squares}
        facts = {"step": str(self.step), "trained_tokens": str(self.trained_tokens), "fingerprint": self._fingerprint()}
        aside = path.with_name(f".{path.name}.{os.getpid()}")
        write_tensors(aside, tensors, facts)
        os.replace(aside, path)

    def restore(self, path: Path) -> None:
        """Go on from a file that `save` wrote in a run with the same data and settings.

        Raises
        ------
        ValueError
            When the file cannot be read or belongs to another run.
        """
        try:
            with safe_open(path, framework="numpy") as stored:
                facts = stored.metadata() or {}
                if facts.get("fingerprint") != self._fingerprint():
                    raise ValueError(
                        f"{path} belongs to a run with other data or settings; start that run again from its beginning."
                    )
                self.model.params.flat[:] = stored.get_tensor("weights")
                self._optimizer.sums[:] = stored.get_tensor("sums")
                self._optimizer.squares[:] = stored.get_tensor("squares")
        except (SafetensorError, OSError) as error:
            raise ValueError(f"{path} cannot be read as a training checkpoint: {error}.") from error
        self.step = int(facts["step"])
        self.trained_tokens = int(facts["trained_tokens"])


def add_in_place(to: np.ndarray, more: np.ndarray) -> None:
    """`to += more`, on two threads."""
    middle = len(to) // 2
    run_two(
        lambda: np.add(to[:middle], more[:middle], out=to[:middle]), lambda: np.add(to[middle:], more[middle:], out=to[middle:])
    )
