"""How long a run still takes, by the steps so far."""

import pytest

from ftwidgets.sandbox.training.step_times import StepTimes


def measured(total: int, per_epoch: int, *, usual: float, at_end: float, steps: int, validation: float = 0) -> StepTimes:
    times = StepTimes(total, per_epoch, validation)
    for step in range(1, steps + 1):
        end = step % per_epoch == 0
        times.add(at_end if end else usual, end_of_epoch=end)
    return times


def test_nothing_is_known_before_the_first_step() -> None:
    """No figure rather than a wrong one."""
    assert StepTimes(30, 10, 0).left(0) is None


@pytest.mark.parametrize("step", range(10, 31))
def test_after_an_epoch_the_validation_is_counted_as_it_was(step: int) -> None:
    """Equal steps, and an epoch's end that takes seven seconds: the seconds left are exact from the first end on."""
    times = measured(30, 10, usual=1.0, at_end=7.0, steps=step)
    truth = sum(7.0 if later % 10 == 0 else 1.0 for later in range(step + 1, 31))
    assert times.left(step) == pytest.approx(truth)


def test_before_an_epoch_has_ended_the_validation_is_guessed() -> None:
    """Ten steps' worth of examples, the way forth alone: four seconds at each of three ends."""
    times = measured(30, 10, usual=1.0, at_end=0.0, steps=3, validation=10)
    assert times.left(3) == pytest.approx(27 + 3 * 4)


def test_epochs_of_one_step() -> None:
    """Every step is an end, and its time is the only one there is."""
    assert measured(5, 1, usual=0, at_end=2.0, steps=2).left(2) == pytest.approx(6)
