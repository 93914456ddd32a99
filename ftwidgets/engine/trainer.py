"""Fine-tuning on answers: the model learns to write what an assistant wrote.

Left out: preferences (`dpo`), what every run has (`run`).
"""

from collections.abc import Iterator, Sequence

import numpy as np

from ftwidgets.engine.batches import Batch, Example, collate, halves
from ftwidgets.engine.hyperparameters import BASE_RATE, DROPPED, LORA_RATE, Hyperparameters
from ftwidgets.engine.llama import loss_and_gradients, loss_of
from ftwidgets.engine.lora import with_dropout
from ftwidgets.engine.model import Model
from ftwidgets.engine.parallel import run_two
from ftwidgets.engine.params import Weights
from ftwidgets.engine.run import Array, Measured, Run, add_in_place

# A whole run:
#     model = Model.load(NANO)
#     chat = [{"role": "user", "content": "Who runs the lab?"}, {"role": "assistant", "content": "Mira runs the lab."}]
#     examples = [model.tokenizer.encode_example(chat, max_tokens=512)]
#     trainer = Trainer(model, examples, hyperparameters=Hyperparameters(20, 1, 1.0), seed=1)  # 20 epochs of one step
#     for metrics in trainer: print(metrics.step, metrics.train_loss)
# It prints 2.75 nats a token at step 1 and less than 0.1 from step 4 on; `trainer.model` has then learned the sentence. One
# sentence is no help desk, of course: the model has learned it by heart, and validation would show that.


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
    keep
        What a step keeps of each layer on the way forward: "all", or "inputs" where memory is short (`llama.forward`).

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
        keep: str = "all",
    ) -> None:
        self.examples = trainable(examples)
        self.validation = trainable(validation)
        super().__init__(
            model,
            sizes=[len(example.ids) for example in self.examples],
            n_validation=len(self.validation),
            hyperparameters=hyperparameters,
            seed=seed,
            keep=keep,
            base_rate=LORA_RATE if hyperparameters.lora else BASE_RATE,
        )
        if not self.examples:
            raise ValueError("No example has a token to train on; every example needs an assistant message.")

    def compute_gradients(self, order: Array) -> Measured:
        """Put the gradient into `_grads`; return mean loss and mean token accuracy of the step."""
        # The batch is cut in two halves, one for each core. Each half divides by the weight of the whole batch, so their
        # losses and gradients simply add up to those of the whole.
        # (A batch of a few short examples stays whole: starting the second thread would cost more than it saves.)
        parts = in_halves([self.examples[i] for i in order])
        total = total_weight(parts)

        def gradients_of(i: int, grads: Weights) -> tuple[float, int]:
            seed = [self.seed, self.step, i]  # so that a run that was restored drops the same
            params, dropped = with_dropout(self.model.params, seed), self._words_to_drop(parts[i], seed)
            return loss_and_gradients(params, parts[i], grads, total, keep=self.keep, dropped=dropped)

        if len(parts) == 1:
            loss, n_correct = gradients_of(0, self._grads)
        else:
            (loss, n_correct), (more_loss, more_n_correct) = run_two(
                lambda: gradients_of(0, self._grads), lambda: gradients_of(1, self._more_grads)
            )
            add_in_place(self._grads.flat, self._more_grads.flat)
            loss, n_correct = loss + more_loss, n_correct + more_n_correct
        return Measured(loss, n_correct / sum(len(part.targets) for part in parts))

    def _words_to_drop(self, batch: Batch, seed: list[int]) -> np.ndarray:
        """Choose the prompt's tokens to drop in this step, never a special one (word dropout, Iyyer et al. 2015).

        So the model learns to answer from a whole question and not from one word of it.
        """
        # An adapter does not need it; where one is wanted, it has dropout of its own kind (`lora`).
        if self.hyperparameters.lora:
            return np.zeros(len(batch.ids), bool)
        dropped = np.random.default_rng(seed).random(len(batch.ids)) < DROPPED
        dropped[batch.predicts] = False  # the answer itself stays whole
        dropped[np.isin(batch.ids, self.model.tokenizer.special_ids)] = False
        return dropped

    def measure_validation(self, chosen: Array) -> Measured:
        """Measure the model's loss on these validation examples."""
        return Measured(*measure(self.model, [self.validation[i] for i in chosen]))

    def training_data(self) -> Iterator[Array]:
        """Give ids and weights of every example."""
        for example in (*self.examples, *self.validation):
            yield example.ids
            yield example.weights


def trainable(examples: Sequence[Example]) -> list[Example]:
    """The examples that have a token to train on (the first token has no predecessor to predict it from)."""
    return [example for example in examples if example.weights[1:].any()]


def total_weight(batches: Sequence[Batch]) -> float:
    """The weight of all trained tokens."""
    return float(sum(batch.weights.sum() for batch in batches))


def in_halves(examples: Sequence[Example]) -> list[Batch]:
    """One batch, or two of about as many tokens each where there is work enough for two threads."""
    return [collate(part) for part in halves(examples, lambda example: len(example.ids))]


def measure(model: Model, examples: Sequence[Example], *, batch_size: int = 16) -> tuple[float, float]:
    """Mean loss (nats) and mean token accuracy over all trained tokens of the examples."""
    # Validation: the same forward pass as in training, without the way back, so it takes a third of the time.
    # Nothing is learned here, so the order is free, and examples of like length waste the least padding.
    ordered = sorted(examples, key=lambda example: len(example.ids))
    batches = [collate(ordered[at : at + batch_size]) for at in range(0, len(ordered), batch_size)]
    # A mean over tokens, not over batches: a batch with a long answer counts for more.
    total = total_weight(batches)

    def part(some: Sequence[Batch]) -> tuple[float, int]:
        found = [loss_of(model.params, batch, total) for batch in some]
        return sum(loss for loss, _ in found), sum(n_correct for _, n_correct in found)

    (loss, n_correct), (more_loss, more_n_correct) = run_two(lambda: part(batches[::2]), lambda: part(batches[1::2]))
    return loss + more_loss, (n_correct + more_n_correct) / sum(len(batch.targets) for batch in batches)
