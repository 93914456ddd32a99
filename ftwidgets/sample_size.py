"""How many examples a comparison needs.

Left out: exact tests, and several looks at growing data (each look is another chance to be wrong).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist, fmean, stdev

POWER = 0.8
"""How often an evaluation of that size should find a difference that is there: four times in five, by custom."""


def examples_needed(
    differences: Sequence[float],
    *,
    effect: float | None = None,
    power: float = POWER,
    confidence: float = 0.95,
) -> int | None:
    """Tell how many examples it takes until the interval of a difference keeps clear of zero.

    `n = ((z_confidence + z_power) * s / effect) ** 2`, where `s` is the standard deviation of the paired differences
    and `z_power` is 0 for a power of one half: then the interval is just as wide as the effect. This is the usual
    sample size of a paired comparison of means; for evaluations of language models see E. Miller, "Adding Error Bars to
    Evals", arXiv:2411.00640 (2024), section 5.

    Parameters
    ----------
    differences
        The score of one model minus the other's, one number an example, from a first evaluation.
    effect
        The difference to be found; by default the one observed. The observed one is itself unsure, and so is the
        answer: with few examples take the smallest difference that matters to you.
    power
        How often an evaluation of that size finds it, if it is there.
    confidence
        Of the interval.

    Returns
    -------
    int or None
        None where it cannot be told: fewer than two differences, all of them the same, or no effect at all.
    """
    if not 0 < power < 1:
        raise ValueError(f'"power" must lie between 0 and 1: {power}')
    if effect is not None and not abs(effect) > 0:  # not-a-number neither
        raise ValueError(f'"effect" must not be {effect}: no number of examples shows a difference of nothing')
    if len(differences) < 2:
        return None
    wanted, spread = abs(fmean(differences) if effect is None else effect), stdev(differences)
    if wanted < 1e-12 or spread < 1e-12:
        return None
    normal = NormalDist()
    z = normal.inv_cdf((1 + confidence) / 2) + normal.inv_cdf(power)
    return math.ceil((z * spread / wanted) ** 2)


def about(n: int) -> str:
    """Round up to two digits, as a person would say it: 327 is "about 330"."""
    step = 10 ** max(0, len(str(n)) - 2)
    return f"{math.ceil(n / step) * step:,}"
