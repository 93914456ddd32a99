"""Divergence of a training run: a loss that is not a number, weights too large to store, a model worse than guessing.

A run that is merely bad does not fail: its curve shows that, and seeing it is how one learns to choose a learning rate.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ftwidgets.sandbox.api_errors import JobFaultError

if TYPE_CHECKING:
    from ftwidgets.engine import Model, Run, StepMetrics

LARGEST = 65504.0  # the largest number in float16, in which weights are stored
N_MEASURED = 16  # training examples that the finished model is measured on
AS_BAD_AS_GUESSING = 0.95  # a loss above this share of the guesser's


def check_step(metrics: StepMetrics, trainer: Run) -> None:
    """Raise a JobFaultError if the run cannot recover from this step."""
    losses = (metrics.train_loss, metrics.valid_loss or 0.0, metrics.full_valid_loss or 0.0)
    if not math.isfinite(sum(losses)):
        raise _diverged(f"the loss at step {metrics.step} is no number any more")
    if metrics.end_of_epoch:  # where the weights may be stored
        weights = trainer.model.params.flat
        if not -LARGEST < weights.min() <= weights.max() < LARGEST:
            raise _diverged(f"the weights after step {metrics.step} are too large to be stored")


def check_result(before: Model, trainer: Run) -> None:
    """Raise a JobFaultError for a model that predicts its own training examples no better than chance, if the base did."""
    import numpy as np

    from ftwidgets.engine import measure

    guessing_loss = math.log(before.config.vocab_size)
    examples = trainer.examples[:N_MEASURED]
    with np.errstate(all="ignore"):
        loss = measure(trainer.model, examples)[0]
        if loss < AS_BAD_AS_GUESSING * guessing_loss or loss <= measure(before, examples)[0]:
            return
    raise _diverged(f"the model's loss on its own training examples is {loss:.2f}, and guessing gives {guessing_loss:.2f}")


def _diverged(reason: str) -> JobFaultError:
    message = f"The training diverged: {reason}. Try a smaller learning_rate_multiplier."
    return JobFaultError("training_diverged", message, "hyperparameters")
