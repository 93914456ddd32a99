"""How certain a score is: intervals for a share, a mean and the difference of two models, and how many examples it takes.

Left out: p-values, exact tests, and corrections for looking several times (each look is another chance to be wrong).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist, fmean, stdev
from typing import Any, NamedTuple

RESAMPLES = 10_000  # of a bootstrap; the ends of an interval then vary by about 1 % of its width from seed to seed
POWER = 0.8  # how often an evaluation should find a difference that exists: four times in five, by convention
_BATCH = 2_000_000  # random indices drawn at a time: 16 MB


class Interval(NamedTuple):
    """The lower and the upper end."""

    low: float
    high: float


class Difference(NamedTuple):
    """The mean of the differences over `n` examples, and its interval."""

    estimate: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        return f"{self.estimate:+.2f} (95 % interval {self.low:+.2f} to {self.high:+.2f}, n = {self.n})"

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        """Show the same in a notebook."""
        printer.text(str(self))


def wilson(successes: int, n: int, *, confidence: float = 0.95) -> Interval:
    """Return the score interval for a share (Wilson 1927), without continuity correction.

    Within 0 to 1, and never of zero width, even at 0 or `n` successes. For `n` = 0 it is 0 to 1.
    """
    if not 0 <= successes <= n:
        raise ValueError(f'"successes" must be between 0 and n = {n}: {successes}')
    if n == 0:
        return Interval(0.0, 1.0)
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share, shrink = successes / n, 1 + z * z / n
    middle = (share + z * z / (2 * n)) / shrink
    half = z / shrink * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return Interval(0.0 if successes == 0 else middle - half, 1.0 if successes == n else middle + half)


def bootstrap(values: Sequence[float], *, confidence: float = 0.95, resamples: int = RESAMPLES, seed: int = 0) -> Interval:
    """Return the percentile bootstrap interval (Efron 1979) for a mean; the same seed gives the same interval.

    NaN without values. Too narrow for fewer than about twenty values, and of zero width if all are equal.
    """
    import numpy as np

    numbers = np.asarray(values, dtype=float)
    if not len(numbers):
        return Interval(math.nan, math.nan)
    random, means, done = np.random.default_rng(seed), np.empty(resamples), 0
    while done < resamples:  # in batches, so that the indices stay small
        rows = min(max(1, _BATCH // len(numbers)), resamples - done)
        indices = random.integers(0, len(numbers), size=(rows, len(numbers)))
        means[done : done + rows] = numbers[indices].mean(axis=1)
        done += rows
    tail = (1 - confidence) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return Interval(float(low), float(high))


def paired_bootstrap(
    a: Sequence[float], b: Sequence[float], *, confidence: float = 0.95, resamples: int = RESAMPLES, seed: int = 0
) -> Difference:
    """Return the mean of `a - b` and its percentile bootstrap interval, resampling examples, not answers.

    Above 0 if `a` is better. Both have the scores of the same examples, in the same order. Pairing matters: an example that is
    hard for one model is usually hard for the other, so the difference is more certain than the two scores.
    """
    if len(a) != len(b):
        raise ValueError(f'"a" and "b" must be scores on the same examples: {len(a)} and {len(b)} of them')
    differences = [x - y for x, y in zip(a, b, strict=True)]
    low, high = bootstrap(differences, confidence=confidence, resamples=resamples, seed=seed)
    estimate = math.fsum(differences) / len(differences) if differences else math.nan
    return Difference(estimate, low, high, len(differences))


def examples_needed(
    differences: Sequence[float], *, effect: float | None = None, power: float = POWER, confidence: float = 0.95
) -> int | None:
    """Return how many examples it takes until the interval of a difference excludes zero.

    `n = ((z_confidence + z_power) * s / effect) ** 2`, where `s` is the standard deviation of the paired `differences`
    and `z_power` is 0 for a power of one half: then half the width of the interval is just the effect. This is the usual
    sample size for a paired comparison of means; for evaluations of language models see E. Miller, "Adding Error Bars to
    Evals", arXiv:2411.00640 (2024), section 5. The differences are one model's scores minus the other's in a first evaluation.

    The `effect` to find is by default the observed one. That is itself uncertain, and so is the answer: with few examples, use
    the smallest difference that matters to you. `power` is how often an evaluation of that size finds it, if it exists.

    None if it cannot be computed: fewer than two differences, all of them equal, or no effect.
    """
    if not 0 < power < 1:
        raise ValueError(f'"power" must lie between 0 and 1: {power}')
    if effect is not None and not abs(effect) > 0:  # nor NaN
        raise ValueError(f'"effect" must not be {effect}: no number of examples shows a difference of nothing')
    if len(differences) < 2:
        return None
    wanted, spread = abs(fmean(differences) if effect is None else effect), stdev(differences)
    if wanted < 1e-12 or spread < 1e-12:
        return None
    normal = NormalDist()
    z = normal.inv_cdf((1 + confidence) / 2) + normal.inv_cdf(power)
    return math.ceil((z * spread / wanted) ** 2)


def format_rounded_up(n: int) -> str:
    """Round up to two digits: 327 becomes "330"."""
    step = 10 ** max(0, len(str(n)) - 2)
    return f"{math.ceil(n / step) * step:,}"
