"""How long a run still takes, from the steps it has taken; those at the end of an epoch take longer, for they validate."""

from __future__ import annotations

VALIDATION = 0.4  # of a training step on as many examples: the way forth without the way back


class StepTimes:
    """The seconds that the steps of a run took.

    Parameters
    ----------
    total_steps, steps_per_epoch
        Of the run.
    validation_steps
        How many training steps would see as many examples as the validation at the end of an epoch does.
    """

    def __init__(self, total_steps: int, steps_per_epoch: int, validation_steps: float) -> None:
        self._total, self._per_epoch = total_steps, steps_per_epoch
        self._validation_steps = validation_steps
        self._usual: list[float] = []
        self._at_epoch_ends: list[float] = []

    def add(self, seconds: float, *, end_of_epoch: bool) -> None:
        """Add the time of a step."""
        (self._at_epoch_ends if end_of_epoch else self._usual).append(seconds)

    def left(self, step: int) -> float | None:
        """Return the seconds that the run takes after a step; None before a step was measured.

        Until the first epoch has ended, its validation is taken to cost what the way forth through its examples does.
        """
        usual, ends = self._usual, self._at_epoch_ends
        if not usual and not ends:
            return None
        if not usual:  # every step is the end of an epoch
            return (self._total - step) * sum(ends) / len(ends)
        mean = sum(usual) / len(usual)
        extra = sum(ends) / len(ends) - mean if ends else VALIDATION * self._validation_steps * mean
        ends_left = self._total // self._per_epoch - step // self._per_epoch
        return (self._total - step) * mean + ends_left * max(0.0, extra)
