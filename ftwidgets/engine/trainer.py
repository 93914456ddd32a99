"""Fine-tuning on answers: the model learns to write what an assistant wrote.

Left out: preferences (`dpo`), what every run has (`run`).
"""

from collections.abc import Iterator, Sequence

import numpy as np

from ftwidgets.engine.batches import Batch, Example, collate, halves
from ftwidgets.engine.hyperparameters import BASE_RATE, HIDDEN, Hyperparameters
from ftwidgets.engine.llama import loss_and_gradients, loss_of
from ftwidgets.engine.model import Model
from ftwidgets.engine.parallel import both
from ftwidgets.engine.run import Array, Measured, Run, add_up


class Trainer(Run):
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
        self.examples = usable(examples)
        self.validation = usable(validation)
        super().__init__(
            model,
            sizes=[len(example.ids) for example in self.examples],
            n_validation=len(self.validation),
            hyperparameters=hyperparameters,
            seed=seed,
            base_rate=BASE_RATE,
        )
        if not self.examples:
            raise ValueError("No example has a token to train on; every example needs an assistant message.")

    def _learn(self, order: Array) -> Measured:
        """Put the gradient into `_grads`; mean loss and mean token accuracy of the step."""
        parts = in_halves([self.examples[i] for i in order])
        params, total = self.model.params, total_weight(parts)
        hide = [self._hidden(part, [self.seed, self.step, i]) for i, part in enumerate(parts)]
        if len(parts) == 1:
            loss, hits = loss_and_gradients(params, parts[0], self._grads, total, hide[0])
        else:
            (loss, hits), (more_loss, more_hits) = both(
                lambda: loss_and_gradients(params, parts[0], self._grads, total, hide[0]),
                lambda: loss_and_gradients(params, parts[1], self._more_grads, total, hide[1]),
            )
            add_up(self._grads.flat, self._more_grads.flat)
            loss, hits = loss + more_loss, hits + more_hits
        return Measured(loss, hits / sum(len(part.targets) for part in parts))

    def _hidden(self, batch: Batch, seed: list[int]) -> np.ndarray:
        """Which tokens to hide in this step: some of the prompt's, never a special one (word dropout, Iyyer et al. 2015).

        So the model learns to answer from the whole of a question and not from one word of it.
        """
        hide = np.random.default_rng(seed).random(len(batch.ids)) < HIDDEN
        hide[batch.predicts] = False
        hide[np.isin(batch.ids, self.model.tokenizer.special_ids)] = False
        return hide

    def _measure(self, chosen: Array) -> Measured:
        return Measured(*measure(self.model, [self.validation[i] for i in chosen]))

    def _data(self) -> Iterator[Array]:
        for example in (*self.examples, *self.validation):
            yield example.ids
            yield example.weights


def usable(examples: Sequence[Example]) -> list[Example]:
    """The examples that have a token to train on (the first token has no predecessor to predict it from)."""
    return [example for example in examples if example.weights[1:].any()]


def total_weight(batches: Sequence[Batch]) -> float:
    """The weight of all trained tokens."""
    return float(sum(batch.weights.sum() for batch in batches))


def in_halves(examples: Sequence[Example]) -> list[Batch]:
    """One batch, or two of about as many tokens each where there is work enough for two lanes."""
    return [collate(part) for part in halves(examples, lambda example: len(example.ids))]


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
