"""Diagnose a learning curve: still falling, flat, overfitting since step N, unstable or diverged.

A few rules of thumb are tried in order; a `Diagnosis` names the rule that applied and the figures it used. A difference
between two losses counts when it is more than a tenth of the smaller one and more than 0.02 nats: a smaller one is noise, or
does not change the answers.
Left out: statistics (one run has no error bars) and smoothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pandas as pd

Label = Literal["still falling", "flat", "overfitting", "unstable", "diverged", "too little to tell"]
Points = list[tuple[int, float]]

MIN_RATIO, MIN_NATS = 0.1, 0.02  # the smallest difference that counts: a share of the smaller loss, and nats
SMALLEST_WRITTEN = 0.001  # losses below it are written as "less than 0.001"
MIN_STEPS = 4  # shorter curves get no diagnosis
PARTS = 5  # a loss that was not measured on the whole validation set is averaged over this many parts of the run

_COUNTS = f"A difference counts when it is more than {MIN_RATIO:.0%} of the smaller loss and more than {MIN_NATS} nats."
_TRAINING = "training loss"


@dataclass(frozen=True)
class Diagnosis:
    """What a learning curve shows."""

    label: Label
    text: str  # one or two sentences with the figures
    rule: str  # the rule that applied, in words
    step: int  # with the lowest loss, if the label is `overfitting` or `unstable`; else the last
    healthy: bool = False  # the loss on held-out rows was measured, and it ended about as low as it ever was

    @property
    def verdict(self) -> str:
        """The diagnosis in a word or two: the label, after `healthy` if the curve is."""
        return f"healthy ({self.label})" if self.healthy else self.label

    def __str__(self) -> str:
        return f"{self.verdict}: {self.text}"


def diagnose(curve: pd.DataFrame) -> Diagnosis:
    """Diagnose a learning curve.

    Parameters
    ----------
    curve
        As `Job.curve` returns it: at least the columns step and train_loss; full_valid_loss and valid_loss if measured.

    Returns
    -------
    Diagnosis
        From the first rule that applies: diverged, overfitting or unstable, still falling, flat.
    """
    train = _points(curve, "train_loss", infinite=True)
    last = train[-1][0] if train else 0
    broken = [step for step, loss in train if not math.isfinite(loss)]
    if len(train) < MIN_STEPS and not broken:
        text = f"the curve has {len(train)} step{'' if len(train) == 1 else 's'}."
        return Diagnosis("too little to tell", text, f"A curve is diagnosed from {MIN_STEPS} steps on.", last)

    tenth = max(3, len(train) // 10)  # steps; a single step is one batch and says little
    began, ended = train[0][1], fmean(loss for _, loss in train[-tenth:])  # no update has touched the first loss
    if broken or is_above(ended, began):
        mean = f"{format_loss(ended)} at the end (the mean of the last {tenth} steps)"
        text = f"the training loss began at {format_loss(began)} and was {mean}."
        if broken:
            text = f"from step {broken[0]} on the training loss is not a finite number."
        text += " The model was pushed away from what it knew; the usual cause is a learning rate that is too high."
        rule = f"Diverged: the training loss of the last tenth of the steps is above that of the first step. {_COUNTS}"
        return Diagnosis("diverged", text, rule, last)

    points, name = _losses_to_judge(curve, train)
    lowest_at, lowest = min(points, key=lambda point: point[1])
    before, now = points[-2][1], points[-1][1]
    if is_above(now, lowest):
        near = sorted(train, key=lambda point: abs(point[0] - lowest_at))[:tenth]
        then = fmean(loss for _, loss in near)  # the training loss where the judged loss was lowest
        figures = f"the {name} was lowest, {format_loss(lowest)}, at step {lowest_at} and is {format_loss(now)} at the end."
        change = f"from {format_loss(then)} to {format_loss(ended)}."
        if name == _TRAINING or is_above(ended, then):
            text = f"{figures} The training loss rose as well, {change} A smaller learning rate may help."
            rule = "Unstable: the loss ended above its lowest value, by enough to count, and the training loss rose too."
            return Diagnosis("unstable", text, f"{rule} {_COUNTS}", lowest_at)
        text = (
            f"{figures} Meanwhile the training loss went {change} "
            f"Since step {lowest_at} the model has been learning its training examples by heart."
        )
        rule = (
            "Overfitting: the validation loss ended above its lowest value, by enough to count; the training loss did not rise."
        )
        return Diagnosis("overfitting", text, f"{rule} {_COUNTS}", lowest_at)

    unseen = " There was no validation loss, so overfitting cannot be seen here." if name == _TRAINING else ""
    if is_above(before, now):
        text = f"the {name} was still falling at the end: from {format_loss(before)} to {format_loss(now)}."
        text += f" More epochs may lower it further.{unseen}"
        rule = "Still falling: the last measured loss is below the one before it, by enough to count."
        return Diagnosis("still falling", text, f"{rule} {_COUNTS}", last, healthy=name != _TRAINING)
    text = f"the {name} moves little any more: {format_loss(before)}, then {format_loss(now)}."
    text += f" More of the same will hardly help.{unseen}"
    rule = "Flat: the last two measured losses differ by too little to count."
    return Diagnosis("flat", text, f"{rule} {_COUNTS}", last, healthy=name != _TRAINING)


def is_above(higher: float, lower: float) -> bool:
    """Return whether one loss is above another by enough to count."""
    return higher > lower * (1 + MIN_RATIO) and higher > lower + MIN_NATS


def format_loss(loss: float) -> str:
    """Write a loss with three digits, or as "less than 0.001"."""
    return f"{loss:.3g}" if loss >= SMALLEST_WRITTEN else f"less than {SMALLEST_WRITTEN}"


def _points(curve: pd.DataFrame, column: str, *, infinite: bool = False) -> Points:
    """Return the (step, loss) pairs of a column without its missing values; infinite ones are kept on request."""
    if column not in curve:
        return []
    found = [(int(step), float(loss)) for step, loss in zip(curve["step"], curve[column], strict=True)]
    return [(step, loss) for step, loss in found if math.isfinite(loss) or (infinite and math.isinf(loss))]


def _losses_to_judge(curve: pd.DataFrame, train: Points) -> tuple[Points, str]:
    """Choose the loss on the whole validation set, else on validation batches, else in training; return it with its name."""
    full = _points(curve, "full_valid_loss")
    if len(full) > 1:
        return full, "validation loss"
    batches = _points(curve, "valid_loss")
    if len(batches) >= 2 * PARTS:  # fewer are too few to average
        return _average_parts(batches), "validation loss (on batches)"
    return _average_parts(train), _TRAINING


def _average_parts(points: Points) -> Points:
    """Average over equal parts of the run; each part is labelled with its last step."""
    n_parts = min(PARTS, len(points) // 2)
    cuts = [round(i * len(points) / n_parts) for i in range(n_parts + 1)]
    parts = [points[a:b] for a, b in pairwise(cuts)]
    return [(part[-1][0], fmean(loss for _, loss in part)) for part in parts]
