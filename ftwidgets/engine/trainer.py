"""Fine-tuning: one optimizer step at a time, so that whoever drives it can watch, stop and go on.

Every random choice is a function of the seed and the place in the run, so that the same seed gives the same weights on the same
machine, and a run that was stopped and restored gives the weights it would have had.
Left out: preference tuning, adapters, gradient accumulation.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from ftwidgets.engine.adamw import AdamW, clip
from ftwidgets.engine.batches import Batch, Example, collate, epoch_order
from ftwidgets.engine.lanes import both
from ftwidgets.engine.llama import loss_and_gradients, loss_of
from ftwidgets.engine.model import Model
from ftwidgets.engine.params import Params
from ftwidgets.engine.recipe import BASE_RATE, CLIP, HIDDEN, WEIGHT_DECAY, Hyperparameters, rate_at

VALIDATIONS = 20  # a validation batch about this often in a run
WORTH_TWO_LANES = 64  # tokens in a batch from which two threads are faster than one


@dataclass(frozen=True)
class StepMetrics:
    """What one step showed. Losses in nats a token; accuracies are shares of trained tokens predicted right."""

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


class Trainer:
    """A fine-tuning run. Iterate it: each turn is one optimizer step.

    Parameters
    ----------
    model
        Where to start; it is copied, not changed.
    examples
        What to learn from; at least one with a trained token.
    hyperparameters
        Epochs, batch size, learning-rate multiplier.
    seed
        Decides the order of the examples.
    validation
        Examples that are only measured.

    Raises
    ------
    ValueError
        When there is nothing to train on, or a hyperparameter is out of range.
    """

    def __init__(
        self,
        model: Model,
        examples: Sequence[Example],
        *,
        hyperparameters: Hyperparameters,
        seed: int,
        validation: Sequence[Example] = (),
    ) -> None:
        for name, value in asdict(hyperparameters).items():
            if value <= 0:
                raise ValueError(f"{name} must be above 0: {value}.")
        self.examples = usable(examples)
        self.validation = usable(validation)
        if not self.examples:
            raise ValueError("No example has a token to train on; every example needs an assistant message.")
        self.model = model.copy()
        self.hyperparameters = hyperparameters
        self.seed = seed
        self.steps_per_epoch = -(-len(self.examples) // hyperparameters.batch_size)
        self.total_steps = self.steps_per_epoch * hyperparameters.n_epochs
        self.step = 0
        self.trained_tokens = 0
        self._optimizer = AdamW(len(self.model.params.flat))
        self._grads = Params(model.config)
        self._more_grads = Params(model.config)  # of the second lane

    def __iter__(self) -> Iterator[StepMetrics]:
        while self.step < self.total_steps:
            with np.errstate(all="ignore"):  # a run that diverges shows it by its loss, once, not by a hundred warnings
                metrics = self._next()
            yield metrics

    def _next(self) -> StepMetrics:
        """Take one optimizer step."""
        epoch, place = divmod(self.step, self.steps_per_epoch)
        size, params = self.hyperparameters.batch_size, self.model.params
        order = epoch_order(len(self.examples), self.seed, epoch)[place * size : (place + 1) * size]
        halves = in_halves([self.examples[i] for i in order])
        loss, accuracy = self._gradients(halves)
        clip(self._grads.flat, CLIP)
        rate = rate_at(self.step + 1, self.total_steps, BASE_RATE * self.hyperparameters.learning_rate_multiplier)
        self._optimizer.step(
            params.flat,
            self._grads.flat,
            step=self.step + 1,
            rate=rate,
            decay=WEIGHT_DECAY,
            n_decayed=params.n_matrix_weights,
        )
        self.step += 1
        self.trained_tokens += sum(batch.n_tokens for batch in halves)
        end_of_epoch = place + 1 == self.steps_per_epoch
        valid, full = self._validate(end_of_epoch)
        return StepMetrics(
            self.step,
            self.total_steps,
            epoch + 1,
            loss,
            accuracy,
            *valid,
            *full,
            learning_rate=rate,
            trained_tokens=self.trained_tokens,
            end_of_epoch=end_of_epoch,
        )

    def _gradients(self, halves: list[Batch]) -> tuple[float, float]:
        """Put the gradient into `_grads`; returns mean loss and mean token accuracy."""
        params, total = self.model.params, total_weight(halves)
        hide = [self._hidden(half, [self.seed, self.step, i]) for i, half in enumerate(halves)]
        if len(halves) == 1:
            loss, hits = loss_and_gradients(params, halves[0], self._grads, total, hide[0])
        else:
            (loss, hits), (more_loss, more_hits) = both(
                lambda: loss_and_gradients(params, halves[0], self._grads, total, hide[0]),
                lambda: loss_and_gradients(params, halves[1], self._more_grads, total, hide[1]),
            )
            add_up(self._grads.flat, self._more_grads.flat)
            loss, hits = loss + more_loss, hits + more_hits
        return loss, hits / sum(len(batch.targets) for batch in halves)

    def _hidden(self, batch: Batch, seed: list[int]) -> np.ndarray:
        """Which tokens to hide in this step: some of the prompt's, never a special one (word dropout, Iyyer et al. 2015).

        So the model learns to answer from the whole of a question and not from one word of it.
        """
        hide = np.random.default_rng(seed).random(len(batch.ids)) < HIDDEN
        hide[batch.predicts] = False
        hide[np.isin(batch.ids, self.model.tokenizer.special_ids)] = False
        return hide

    def _validate(self, end_of_epoch: bool) -> tuple[tuple[float | None, float | None], tuple[float | None, float | None]]:
        """Loss and accuracy on a validation batch, where one is due, and on all of validation at an epoch's end."""
        valid: tuple[float | None, float | None] = (None, None)
        full: tuple[float | None, float | None] = (None, None)
        if self.validation and (end_of_epoch or self.step % max(1, self.total_steps // VALIDATIONS) == 0):
            rng = np.random.default_rng([self.seed, self.step])
            size = min(len(self.validation), max(8, self.hyperparameters.batch_size))
            chosen = rng.choice(len(self.validation), size, replace=False)
            valid = measure(self.model, [self.validation[i] for i in chosen])
        if self.validation and end_of_epoch:
            full = measure(self.model, self.validation)
        return valid, full

    def _fingerprint(self) -> str:
        """What a checkpoint must agree with: the data, the settings and the shape of the model."""
        digest = hashlib.sha256(json.dumps([asdict(self.hyperparameters), self.seed, asdict(self.model.config)]).encode())
        for example in (*self.examples, *self.validation):
            digest.update(example.ids.tobytes())
            digest.update(example.weights.tobytes())
        return digest.hexdigest()

    def save(self, path: Path) -> None:
        """Write all that is needed to go on bit for bit: weights, moving averages, place. The file is whole or absent."""
        tensors = {"weights": self.model.params.flat, "sums": self._optimizer.sums, "squares": self._optimizer.squares}
        facts = {"step": str(self.step), "trained_tokens": str(self.trained_tokens), "fingerprint": self._fingerprint()}
        aside = path.with_name(f".{path.name}.{os.getpid()}")
        save_file(tensors, aside, metadata=facts)
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


def usable(examples: Sequence[Example]) -> list[Example]:
    """The examples that have a token to train on (the first token has no predecessor to predict it from)."""
    return [example for example in examples if example.weights[1:].any()]


def add_up(to: np.ndarray, more: np.ndarray) -> None:
    """`to += more`, in two lanes."""
    middle = len(to) // 2
    both(
        lambda: np.add(to[:middle], more[:middle], out=to[:middle]), lambda: np.add(to[middle:], more[middle:], out=to[middle:])
    )


def total_weight(batches: Sequence[Batch]) -> float:
    """The weight of all trained tokens."""
    return float(sum(batch.weights.sum() for batch in batches))


def in_halves(examples: Sequence[Example]) -> list[Batch]:
    """One batch, or two of about as many tokens each where there is work enough for two lanes."""
    if len(examples) < 2 or sum(len(example.ids) for example in examples) < WORTH_TWO_LANES:
        return [collate(examples)]
    by_length = sorted(examples, key=lambda example: len(example.ids))  # like with like: less padding in attention
    tokens = np.cumsum([len(example.ids) for example in by_length])
    middle = int(np.searchsorted(tokens, tokens[-1] / 2)) + 1
    middle = min(middle, len(examples) - 1)
    return [collate(by_length[:middle]), collate(by_length[middle:])]


def measure(model: Model, examples: Sequence[Example], *, batch_size: int = 16) -> tuple[float, float]:
    """Mean loss (nats) and mean token accuracy over all trained tokens of the examples."""
    ordered = sorted(examples, key=lambda example: len(example.ids))  # less padding in attention
    batches = [collate(ordered[at : at + batch_size]) for at in range(0, len(ordered), batch_size)]
    total = total_weight(batches)

    def part(some: Sequence[Batch]) -> tuple[float, int]:
        found = [loss_of(model.params, batch, total) for batch in some]
        return sum(loss for loss, _ in found), sum(hits for _, hits in found)

    (loss, hits), (more_loss, more_hits) = both(lambda: part(batches[::2]), lambda: part(batches[1::2]))
    return loss + more_loss, (hits + more_hits) / sum(len(batch.targets) for batch in batches)
