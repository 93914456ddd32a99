import math

import pandas as pd
import pytest

from ftwidgets.jobs.diagnosis import Diagnosis, diagnose


def curve(train: list[float], full: dict[int, float] | None = None, batches: dict[int, float] | None = None) -> pd.DataFrame:
    steps = range(1, len(train) + 1)
    measured = {"full_valid_loss": full or {}, "valid_loss": batches or {}}
    columns = {name: [values.get(step, math.nan) for step in steps] for name, values in measured.items()}
    return pd.DataFrame({"step": steps, "train_loss": train, **columns})


def falling(n: int, to: float = 0.01, of: float = 5.0) -> list[float]:
    return [of * (to / of) ** (i / (n - 1)) for i in range(n)]


@pytest.mark.parametrize(
    ("word", "step", "given"),
    [
        ("still falling", 40, curve(falling(40), {10: 3.0, 20: 2.0, 30: 1.5, 40: 1.2})),
        ("flat", 40, curve(falling(40), {10: 3.0, 20: 0.5, 30: 0.31, 40: 0.30})),
        ("flat", 40, curve(falling(40), {10: 3.0, 20: 0.03, 30: 0.02, 40: 0.01})),  # a fall of 0.01 does not count
        ("overfitting", 20, curve(falling(40), {10: 0.6, 20: 0.3, 30: 0.5, 40: 1.7})),
        ("overfitting", 20, curve(falling(40), {10: 0.6, 20: 0.3, 30: 0.9, 40: 0.5})),  # better than the worst, yet worse
        ("flat", 40, curve(falling(40), {10: 0.6, 20: 0.30, 30: 0.31, 40: 0.32})),  # within a tenth
        ("unstable", 20, curve([*falling(20), *[2.0] * 20], {10: 3.0, 20: 0.3, 30: 1.8, 40: 1.9})),
        ("diverged", 40, curve([5.0, *[9.0] * 39], {20: 9.0, 40: 9.0})),
        ("diverged", 40, curve([5.0] * 30 + [math.inf] * 10)),
        ("diverged", 2, curve([5.0, math.inf])),
        ("diverged", 40, curve(falling(37) + [20.0] * 3, {20: 0.3, 40: 12.0})),  # at the very end
        ("still falling", 40, curve(falling(40))),
        ("flat", 40, curve([5.0, 4.0, 3.0, *[1.0] * 37])),
        ("unstable", 8, curve([5.0] * 2 + [1.0] * 6 + [3.0] * 32)),
        ("overfitting", 16, curve(falling(40), None, {step: abs(step - 10) / 10 + 0.5 for step in range(2, 41, 2)})),
        ("flat", 40, curve(falling(40), {40: 0.3}, dict.fromkeys(range(2, 41, 2), 0.3))),  # one epoch
        ("too little to tell", 3, curve([5.0, 4.0, 3.0])),
        ("too little to tell", 0, curve([])),
    ],
)
def test_a_curve_is_called_by_its_shape(word: str, step: int, given: pd.DataFrame) -> None:
    """Each shape gets its word, and overfitting the step with the lowest validation loss."""
    found = diagnose(given)
    assert (found.label, found.step) == (word, step), str(found)


def test_a_reading_holds_its_figures_and_its_rule() -> None:
    """What was seen and what it was held against can be checked by hand."""
    found = diagnose(curve(falling(40), {10: 0.6, 20: 0.3, 30: 0.5, 40: 1.7}))
    assert "lowest, 0.3, at step 20 and is 1.7 at the end" in found.text
    assert "Since step 20" in found.text
    assert "more than 10% of the smaller loss and more than 0.02 nats" in found.rule
    assert str(found) == f"overfitting: {found.text}"


def test_the_end_of_a_diverged_job_is_called_a_mean() -> None:
    """The last loss is another figure: it stands in the curve, and in the chart's caption."""
    found = diagnose(curve([5.0] * 36 + [9.0, 10.0, 11.0, 8.0]))
    assert "began at 5 and was 9.5 at the end (the mean of the last 4 steps)." in found.text


def test_a_loss_near_nothing_is_not_written_out() -> None:
    """1.86e-05 is no figure for a lesson."""
    assert "to less than 0.001." in diagnose(curve(falling(40, to=1e-5), {10: 0.3, 40: 0.9})).text


def test_without_validation_it_says_what_cannot_be_seen() -> None:
    """A training loss alone cannot show overfitting."""
    assert "There was no validation loss, so overfitting cannot be seen here." in diagnose(curve(falling(40))).text
    assert "cannot be seen" not in diagnose(curve(falling(40), {20: 1.0, 40: 0.5})).text


def test_missing_columns_are_no_trouble() -> None:
    """A table with steps and training losses only is a curve."""
    assert isinstance(diagnose(curve(falling(40))[["step", "train_loss"]]), Diagnosis)


def test_a_healthy_curve_is_called_so() -> None:
    """One that falls or has levelled off, where held-out rows were measured: the training loss alone cannot tell."""
    well = diagnose(curve(falling(40), {10: 3.0, 20: 0.5, 30: 0.31, 40: 0.30}))
    assert str(well) == f"healthy (flat): {well.text}"
    assert diagnose(curve(falling(40), {20: 1.0, 40: 0.5})).verdict == "healthy (still falling)"
    assert diagnose(curve(falling(40))).verdict == "still falling"
    assert diagnose(curve(falling(40), {10: 0.6, 20: 0.3, 30: 0.5, 40: 1.7})).verdict == "overfitting"


def test_six_steps_of_one_epoch_are_not_called_healthy() -> None:
    """So few measured batches say nothing about held-out rows: the training loss is judged, and said to be."""
    found = diagnose(curve([4.0, 3.0, 2.6, 2.4, 2.3, 2.3], full={6: 3.2}, batches=dict.fromkeys(range(1, 7), 3.2)))
    assert not found.healthy
    assert "training loss" in found.text
