"""Whether a training run has run away: a loss that is no number, weights too large to store, a model worse than guessing.

Left out: a run that is merely bad. Its curve shows that, and seeing it is how one learns to choose a learning rate.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ftwidgets.sandbox.api_errors import JobFaultError

if TYPE_CHECKING:
    from ftwidgets.engine import Model, Run, StepMetrics

LARGEST = 65504.0  # the largest number in float16, in which weights are stored
LOOKED_AT = 16  # training examples that the finished model is measured on
NEARLY = 0.95  # a loss from this share of the guesser's on is no better than guessing


def check_step(metrics: StepMetrics, trainer: Run) -> None:
    """Stop where going on cannot lead anywhere; a JobFaultError says why."""
    losses = (metrics.train_loss, metrics.valid_loss or 0.0, metrics.full_valid_loss or 0.0)
    if not math.isfinite(sum(losses)):
        raise _diverged(f"the loss at step {metrics.step} is no number any more")
    if metrics.end_of_epoch:  # where the weights may be stored
        weights = trainer.model.params.flat
        if not -LARGEST < weights.min() <= weights.max() < LARGEST:
            raise _diverged(f"the weights after step {metrics.step} are too large to be stored")


def check_result(before: Model, trainer: Run) -> None:
    """Refuse a model that predicts its own training examples no better than chance, where the one it came from did."""
    import numpy as np

    from ftwidgets.engine import measure

    guessing = math.log(before.config.vocab_size)
    examples = trainer.examples[:LOOKED_AT]
    with np.errstate(all="ignore"):
        loss = measure(trainer.model, examples)[0]
        if loss < NEARLY * guessing or loss <= measure(before, examples)[0]:
            return
    raise _diverged(f"the model's loss on its own training examples is {loss:.2f}, and guessing gives {guessing:.2f}")


def _diverged(how: str) -> JobFaultError:
    message = f"The training diverged: {how}. Try a smaller learning_rate_multiplier."
    return JobFaultError("training_diverged", message, "hyperparameters")
