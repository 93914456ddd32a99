"""The axes of a loss chart of 480 by 260 units: from steps and losses to pixels, and the values to label."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Points = Sequence[tuple[float, float]]

WIDTH, HEIGHT = 480, 260
LEFT, RIGHT, TOP, BOTTOM = 64, 14, 36, 30  # the margins around the plot, with room for text that is large beside a small chart

MAX_DECADES = (
    5  # of a logarithmic scale: more would press the validation loss flat. What lies below is left out, and that is said
)
LOG_RATIO = 10.0  # from this ratio of the largest to the smallest loss on, the scale is logarithmic


@dataclass(frozen=True)
class Scale:
    """The scale of both axes: steps from 0 to `last`, losses from `low` to `high`."""

    last: float
    low: float
    high: float
    log: bool  # whether the losses are on a logarithmic scale

    def x(self, step: float) -> float:
        """Return the distance of a step from the left, in pixels."""
        return LEFT + (WIDTH - LEFT - RIGHT) * min(step, self.last) / self.last

    def y(self, loss: float) -> float:
        """Return the distance of a loss from the top, in pixels; one off the scale is at its edge."""
        loss = min(max(loss, self.low), self.high)
        share = math.log(loss / self.low) / math.log(self.high / self.low) if self.log else (loss - self.low) / self._span
        return TOP + (HEIGHT - TOP - BOTTOM) * (1 - share)

    def is_below(self, loss: float) -> bool:
        """Return whether a loss is below the scale."""
        return loss < self.low * (1 - 1e-9)

    @property
    def _span(self) -> float:
        return self.high - self.low

    def losses(self) -> list[float]:
        """Return the losses to label."""
        if not self.log:
            parts = next(n for n in (4, 3, 5) if float(f"{self._span / n:.0e}") == float(f"{self._span / n:.6g}"))
            return [i * self._span / parts for i in range(parts + 1)]
        decades = [10.0**i for i in range(round(math.log10(self.low)), round(math.log10(self.high)) + 1)]
        return decades if len(decades) > 3 else sorted(decades + [3 * decade for decade in decades[:-1]])

    def steps(self) -> list[float]:
        """Return a few round steps to label."""
        apart = _round_up(self.last / 6)
        return [step * apart for step in range(int(self.last / apart) + 1)]


def fit_scale(lines: Iterable[Points], last: float | None = None) -> Scale:
    """Return a scale that fits all lines, rounded so that it seldom changes while they grow.

    Losses that are not finite are ignored; `last` is the last step, if it is known already. A logarithmic scale begins with
    the decade of the smallest loss, and at most `MAX_DECADES` below its end.
    """
    drawn = list(lines)
    losses = [loss for line in drawn for _, loss in line if loss < math.inf]
    reached = max((line[-1][0] for line in drawn if line), default=1)
    last = max(last, reached) if last else _round_up(reached)
    high = max(losses, default=1.0)
    low = min((loss for loss in losses if loss > 0), default=high)  # on a logarithmic scale, 0 is infinitely far down
    if high < LOG_RATIO * low or not high:
        return Scale(last, 0.0, _round_up(high), log=False)
    end = math.ceil(math.log10(high) - 1e-9)
    begin = min(max(math.floor(math.log10(low) + 1e-9), end - MAX_DECADES), end - 1)
    return Scale(last, 10.0**begin, 10.0**end, log=True)


def _round_up(number: float) -> float:
    """Round up to 1, 2, 3, 5 or 8 times a power of ten."""
    if number <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(number))
    return next(leading * power for leading in (1, 2, 3, 5, 8, 10) if leading * power >= number * (1 - 1e-9))
