"""How sure a score is: intervals for a share, for a mean, and for the difference of two models on the same examples.

Left out: p-values, and any correction for having looked many times.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RESAMPLES = 10_000
"""How often a bootstrap draws anew. The ends of an interval then move by about 1 % of its width from seed to seed."""

_CELLS = 2_000_000  # numbers drawn at a time: 16 MB


class Interval(NamedTuple):
    """From where to where."""

    low: float
    high: float


class Difference(NamedTuple):
    """The mean of the differences over `n` examples, and its interval."""

    estimate: float
    low: float
    high: float
    n: int


def wilson(successes: int, n: int, *, confidence: float = 0.95) -> Interval:
    """Give the score interval for a share (Wilson 1927), without continuity correction.

    Parameters
    ----------
    successes, n
        How many out of how many. Without any, everything is possible: 0 to 1.
    confidence
        How often such intervals hold the true share.

    Returns
    -------
    Interval
        Always within 0 to 1, and of some width even at 0 or `n` successes.
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
    """Give the percentile bootstrap interval (Efron 1979) for a mean.

    Parameters
    ----------
    values
        One number an example.
    confidence
        The share of the resampled means that lie inside.
    resamples, seed
        How often to draw anew, and from where; the same seed gives the same interval.

    Returns
    -------
    Interval
        Not-a-number without values. Too narrow below some twenty values, and of no width where all are the same.
    """
    import numpy as np

    numbers = np.asarray(values, dtype=float)
    if not len(numbers):
        return Interval(math.nan, math.nan)
    tail = (1 - confidence) / 2
    low, high = np.quantile(_means(numbers, resamples, np.random.default_rng(seed)), [tail, 1 - tail])
    return Interval(float(low), float(high))


def paired_bootstrap(
    a: Sequence[float],
    b: Sequence[float],
    *,
    confidence: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Difference:
    """Give the mean of `a - b` and its percentile bootstrap interval, drawing examples, not answers.

    Pairing matters: an example that is hard for one model is hard for the other, so the difference is surer than the
    two scores.

    Parameters
    ----------
    a, b
        The scores of two models on the same examples, in the same order.
    confidence, resamples, seed
        As for `bootstrap`.

    Returns
    -------
    Difference
        Above 0 where `a` is better.
    """
    if len(a) != len(b):
        raise ValueError(f'"a" and "b" must be scores on the same examples: {len(a)} and {len(b)} of them')
    differences = [x - y for x, y in zip(a, b, strict=True)]
    low, high = bootstrap(differences, confidence=confidence, resamples=resamples, seed=seed)
    estimate = math.fsum(differences) / len(differences) if differences else math.nan
    return Difference(estimate, low, high, len(differences))


def _means(values: NDArray[np.float64], resamples: int, random: np.random.Generator) -> NDArray[np.float64]:
    import numpy as np

    n, done = len(values), 0
    means = np.empty(resamples)
    while done < resamples:
        rows = min(max(1, _CELLS // n), resamples - done)
        means[done : done + rows] = values[random.integers(0, n, size=(rows, n))].mean(axis=1)
        done += rows
    return means
