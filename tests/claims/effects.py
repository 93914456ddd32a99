"""How a lesson's claim is held: the effect of every seed, and an interval that keeps clear of zero."""

from collections.abc import Sequence
from statistics import fmean, stdev

# Student's t, two-sided 95 %, by degrees of freedom.
T = {4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262}

held: list[str] = []
"""A line a claim, for the end of the run."""


def hold(claim: str, effects: Sequence[float], *, above: float = 0.0) -> None:
    """Assert that an effect is real: five seeds or more, the 95 % interval of their mean above `above`."""
    assert len(effects) >= 5, "a claim is held over at least five seeds"
    mean, half = fmean(effects), T[len(effects) - 1] * stdev(effects) / len(effects) ** 0.5
    line = f"{claim}: {mean:+.2f} ({mean - half:+.2f} to {mean + half:+.2f}, {len(effects)} seeds)"
    held.append(line)
    assert mean - half > above, line
