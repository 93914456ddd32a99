"""Read a learning curve in plain words: still falling, flat, overfitting since step N, unstable, diverged.

A few rules of thumb, tried in order; a `Reading` says which one spoke and with which figures. A difference between two
losses counts when it is more than a tenth of the smaller one and more than 0.02 nats: less is noise, or is too little
to hear in an answer.
Left out: statistics (one run has no error bars), smoothing, and any advice that the curve alone cannot give.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pandas as pd

Word = Literal["still falling", "flat", "overfitting", "unstable", "diverged", "too little to tell"]
Points = list[tuple[int, float]]

SHARE, NATS = 0.1, 0.02
"""The smallest difference that counts: this share of the smaller loss, and this many nats."""

SMALL = 0.001
"""Smaller losses are not written out."""

AT_LEAST = 4
"""Steps without which nothing is said."""

PARTS = 5
"""A loss that was not measured on the whole validation set is averaged over so many parts of the run."""


@dataclass(frozen=True)
class Reading:
    """What a curve says.

    Parameters
    ----------
    word
        `still falling`, `flat`, `overfitting`, `unstable`, `diverged` or `too little to tell`.
    text
        One or two sentences with the figures.
    rule
        The rule that was used, in words.
    step
        For `overfitting` and `unstable`, the step with the lowest loss; else the last step.
    """

    word: Word
    text: str
    rule: str
    step: int

    def __str__(self) -> str:
        return f"{self.word}: {self.text}"


def read(curve: pd.DataFrame) -> Reading:
    """Read a curve.

    Parameters
    ----------
    curve
        As `Job.curve` gives it: at least the columns step and train_loss; full_valid_loss and valid_loss where there are any.

    Returns
    -------
    Reading
        What the first rule that fits says: diverged, overfitting or unstable, still falling, flat.
    """
    train = _points(curve, "train_loss", infinite=True)
    last = train[-1][0] if train else 0
    broken = [step for step, loss in train if not math.isfinite(loss)]
    if len(train) < AT_LEAST and not broken:
        return _too_little(len(train), last)
    began, ended = _ends(train)
    if broken or counts(ended, began):
        return _diverged(began, ended, broken, last)
    points, name = _judged(curve, train)
    lowest_at, lowest = min(points, key=lambda point: point[1])
    now, before = points[-1][1], points[-2][1]
    if counts(now, lowest):
        figures = f"the {name} was lowest, {figure(lowest)}, at step {lowest_at} and is {figure(now)} at the end."
        then = _around(train, lowest_at)
        if name == _TRAINING or counts(ended, then):
            return _unstable(figures, lowest_at, then, ended)
        return _overfitting(figures, lowest_at, then, ended)
    blind = _BLIND if name == _TRAINING else ""
    if counts(before, now):
        text = f"the {name} fell to the last: from {figure(before)} to {figure(now)}. More epochs may lower it further.{blind}"
        return Reading("still falling", text, _FALLING, last)
    text = f"the {name} moves little any more: {figure(before)}, then {figure(now)}. More of the same will hardly help.{blind}"
    return Reading("flat", text, _FLAT, last)


def counts(higher: float, lower: float) -> bool:
    """Tell whether one loss is above another by enough to count."""
    return higher > lower * (1 + SHARE) and higher > lower + NATS


def figure(loss: float) -> str:
    """Write a loss with three digits; one near 0 is only said to be that."""
    return f"{loss:.3g}" if loss >= SMALL else f"less than {SMALL}"


_COUNT = f"A difference counts when it is more than {SHARE:.0%} of the smaller loss and more than {NATS} nats."
_TRAINING = "training loss"
_BLIND = " There was no validation loss, so overfitting cannot be seen here."
_FALLING = f"Still falling: the last measured loss is below the one before it, by enough to count. {_COUNT}"
_FLAT = f"Flat: the last two measured losses differ by too little to count. {_COUNT}"


def _too_little(steps: int, last: int) -> Reading:
    text = f"the curve has {steps} step{'' if steps == 1 else 's'}."
    return Reading("too little to tell", text, f"A curve is read from {AT_LEAST} steps on.", last)


def _diverged(began: float, ended: float, broken: Sequence[int], last: int) -> Reading:
    text = f"the training loss began at {figure(began)} and ended at {figure(ended)}."
    if broken:
        text = f"the training loss is no number any more from step {broken[0]} on."
    text += " The model was pushed away from what it knew; the usual cause is a learning rate that is too high."
    rule = f"Diverged: the training loss of the last tenth of the steps is above that of the first step. {_COUNT}"
    return Reading("diverged", text, rule, last)


def _overfitting(figures: str, since: int, then: float, ended: float) -> Reading:
    text = f"{figures} Meanwhile the training loss went from {figure(then)} to {figure(ended)}. "
    text += f"Since step {since} the model has been learning its training examples by heart."
    rule = "Overfitting: the validation loss ended above its lowest value, by enough to count; the training loss did not rise."
    return Reading("overfitting", text, f"{rule} {_COUNT}", since)


def _unstable(figures: str, since: int, then: float, ended: float) -> Reading:
    text = (
        f"{figures} The training loss rose as well, from {figure(then)} to {figure(ended)}. A smaller learning rate may help."
    )
    rule = "Unstable: the loss ended above its lowest value, by enough to count, and the training loss rose too."
    return Reading("unstable", text, f"{rule} {_COUNT}", since)


def _points(curve: pd.DataFrame, column: str, *, infinite: bool = False) -> Points:
    """The measured values of a column: a missing one was not measured, an infinite one was."""
    if column not in curve:
        return []
    found = [(int(step), float(loss)) for step, loss in zip(curve["step"], curve[column], strict=True)]
    return [(step, loss) for step, loss in found if math.isfinite(loss) or (infinite and math.isinf(loss))]


def _ends(train: Points) -> tuple[float, float]:
    """The training loss of the first step, which no update has touched, and of the last tenth (three steps or more)."""
    tail = [loss for _, loss in train[-max(3, len(train) // 10) :]]
    return train[0][1], fmean(tail)


def _around(train: Points, step: int) -> float:
    """The training loss about a step, over as many steps as at the end: one step is one batch, and tells little."""
    near = sorted(train, key=lambda point: abs(point[0] - step))[: max(3, len(train) // 10)]
    return fmean(loss for _, loss in near)


def _judged(curve: pd.DataFrame, train: Points) -> tuple[Points, str]:
    """The loss to judge by: on all of validation, else on batches of it, else in training; and what it is called."""
    full = _points(curve, "full_valid_loss")
    if len(full) > 1:
        return full, "validation loss"
    batches = _points(curve, "valid_loss")
    if len(batches) > PARTS:
        return _averaged(batches), "validation loss (on batches)"
    return _averaged(train), _TRAINING


def _averaged(points: Points) -> Points:
    """Average over parts of the run; each part is known by its last step."""
    parts = min(PARTS, len(points) // 2)
    cuts = [round(i * len(points) / parts) for i in range(parts + 1)]
    pieces = [points[a:b] for a, b in pairwise(cuts)]
    return [(piece[-1][0], fmean(loss for _, loss in piece)) for piece in pieces]
