"""How long, in what portions and how fast to train: the `auto` rules and the learning-rate schedule.

Rates and batch size were chosen by sweeps on the bundled training data; docs/recipe.md has the figures,
and how the hidden share was chosen.

Left out: schedules other than warm-up and cosine decay, rates per layer.
"""

import math
from dataclasses import dataclass
from typing import Any

from ftwidgets.engine.lora import LoraSettings
from ftwidgets.providers import SHORT_ANSWER, auto_epochs, nano_epochs  # there, since estimates are made without an engine

BASE_RATE = 5e-4  # AdamW's peak rate at multiplier 1
DPO_RATE = 1e-4  # the same for preference tuning
LORA_RATE, LORA_DPO_RATE = 1e-3, 2e-4  # the same where an adapter is trained: its few weights have to move farther
BETA, LARGEST_BETA = 0.1, 2.0  # preference tuning: the larger, the closer the model stays to where it started
# The same for all jobs.
WARM_UP = 0.1  # share of the steps on the way up to the peak
END = 0.1  # share of the peak rate at the last step
WEIGHT_DECAY = 0.01
CLIP = 1.0  # longest gradient
DROPPED = 0.15  # share of the prompt's tokens that a step does not see (word dropout)


@dataclass(frozen=True)
class Hyperparameters:
    """What a fine-tuning job lets one set."""

    n_epochs: int
    batch_size: int
    learning_rate_multiplier: float
    lora: LoraSettings | None = None  # train an adapter of this size, and not the model's own weights

    def by_name(self) -> dict[str, Any]:
        """Return the settings by their names in a job; those of an adapter as Nebius spells them."""
        # {"n_epochs": 3, "batch_size": 8, "learning_rate_multiplier": 1.0, "lora": True, "lora_r": 16, "lora_alpha": 32.0}
        flat = {name: value for name, value in vars(self).items() if name != "lora"}
        if self.lora:
            flat |= {"lora": True, "lora_r": self.lora.rank, "lora_alpha": self.lora.alpha}
            flat |= {"lora_dropout": self.lora.dropout} if self.lora.dropout else {}
        return flat


@dataclass(frozen=True)
class PreferenceHyperparameters(Hyperparameters):
    """What a preference-tuning job lets one set."""

    beta: float = BETA


def auto_batch_size(n_examples: int, lora: LoraSettings | None = None, answer_tokens: float = 0.0) -> int:
    """Examples a step: few examples need small batches to get enough steps out of three epochs.

    An adapter that learns labels needs few steps, and a larger batch shows it more of them at once.
    """
    # 50 examples: 13 steps an epoch with batches of 4, 7 with batches of 8.
    learns_labels = lora is not None and 0 < answer_tokens <= SHORT_ANSWER
    return 4 if n_examples < 100 and not learns_labels else 8


def auto_multiplier(lora: LoraSettings | None, answer_tokens: float, *, small: bool = True) -> float:
    """Learning-rate multiplier: an adapter and a small model learn sentences at a higher rate than labels.

    `answer_tokens` is the mean number of tokens that an example is trained on.
    """
    # A label is learned in a few steps, and after that a high rate only makes the model surer of what it gets wrong.
    if answer_tokens <= SHORT_ANSWER:
        return 1.0
    return 2.0 if lora else 4.0 if small else 1.0


def auto_hyperparameters(
    n_examples: int,
    *,
    n_epochs: int | None = None,
    batch_size: int | None = None,
    learning_rate_multiplier: float | None = None,
    lora: LoraSettings | None = None,
    answer_tokens: float = 0.0,
    small: bool = True,
) -> Hyperparameters:
    """Fill in what was left to `auto` (None).

    `answer_tokens` is the mean number of tokens that an example is trained on, and `small` says that the model is the bundled
    one: where all of its weights are trained, it needs more passes and a higher rate for sentences than a large model.
    """
    patient = small and not lora
    return Hyperparameters(
        n_epochs=n_epochs or (nano_epochs(n_examples, answer_tokens) if patient else auto_epochs(n_examples)),
        batch_size=batch_size or auto_batch_size(n_examples, lora, answer_tokens),
        learning_rate_multiplier=learning_rate_multiplier or auto_multiplier(lora, answer_tokens, small=small),
        lora=lora,
    )


def auto_preference_hyperparameters(
    n_pairs: int,
    *,
    n_epochs: int | None = None,
    batch_size: int | None = None,
    learning_rate_multiplier: float | None = None,
    beta: float | None = None,
    lora: LoraSettings | None = None,
) -> PreferenceHyperparameters:
    """Fill in what was left to `auto` (None), for a preference-tuning job."""
    found = auto_hyperparameters(
        n_pairs, n_epochs=n_epochs, batch_size=batch_size, learning_rate_multiplier=learning_rate_multiplier, lora=lora
    )
    return PreferenceHyperparameters(**vars(found), beta=beta or BETA)


def rate_at(step: int, total_steps: int, peak: float) -> float:
    """Learning rate of a step (1-based): linear warm-up, then cosine decay to a tenth of the peak."""
    # 100 steps, peak 0.0005: step 1 has 0.00005, step 10 the peak, step 55 0.000275, step 100 0.00005. A slow start because
    # Adam's averages know nothing yet; a slow end because small steps settle where large ones jump about.
    warm = max(1, round(WARM_UP * total_steps))
    if step <= warm:
        return peak * step / warm
    # cos falls from 1 to -1 over half a turn, so the bracket falls from 1 to END.
    done = (step - warm) / max(1, total_steps - warm)
    return peak * (END + (1 - END) * 0.5 * (1 + math.cos(math.pi * done)))
