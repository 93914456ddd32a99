"""What the commands print about a job while it trains and when it has: progress, losses, what the curve says."""

from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from ftwidgets.cli.progress import Progress
from ftwidgets.cli.training import losses_by_epoch, show_losses
from ftwidgets.jobs.curve import COLUMNS


def job(valid: list[float], *, steps_per_epoch: int = 4, done: int | None = None) -> Any:
    """Make a job with this validation loss at the end of each epoch, or one that has only taken so many steps."""
    total = len(valid) * steps_per_epoch
    rows = []
    for step in range(1, (done or total) + 1):
        loss = valid[step // steps_per_epoch - 1] if step % steps_per_epoch == 0 else float("nan")
        rows.append({"step": step, "train_loss": 2.0 / step, "full_valid_loss": loss})
    steps = [SimpleNamespace(data={"total_steps": total})]
    checkpoints = [
        SimpleNamespace(
            step_number=epoch * steps_per_epoch, fine_tuned_model_checkpoint=f"ft:ckpt-step-{epoch * steps_per_epoch}"
        )
        for epoch in range(1, len(valid))
    ]
    return SimpleNamespace(
        curve=pd.DataFrame(rows).reindex(columns=list(COLUMNS)),
        events=steps,
        model="ft:model",
        status="succeeded",
        checkpoints=checkpoints,
        details=SimpleNamespace(hyperparameters=SimpleNamespace(n_epochs=len(valid))),
    )


def test_losses_are_means_over_an_epoch() -> None:
    """The training loss of an epoch is the mean over its steps, the validation loss that of its end; half an epoch is none."""
    first, second = losses_by_epoch(job([1.5, 1.0]))
    assert first == {"epoch": 1, "step": 4, "train_loss": pytest.approx((2 + 1 + 2 / 3 + 1 / 2) / 4), "valid_loss": 1.5}
    assert (second["step"], second["valid_loss"]) == (8, 1.0)
    assert [epoch["epoch"] for epoch in losses_by_epoch(job([1.5, 1.0, 0.9], done=9))] == [1, 2]
    assert losses_by_epoch(job([float("nan")]))[0]["valid_loss"] is None


def test_of_many_epochs_ten_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """The first, the last and eight between; without a validation loss there is a dash."""
    show_losses(job([float("nan")] * 40))
    lines = capsys.readouterr().out.splitlines()
    rows = [line.split() for line in lines[1:11]]
    assert [int(row[0]) for row in rows] == [1, 5, 10, 14, 18, 23, 27, 31, 36, 40]
    assert {row[3] for row in rows} == {"-"}
    assert not lines[11].split()[0].isdecimal()


def test_the_best_checkpoint_of_an_overfitted_job_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """Where the validation loss has risen again, the model from before that is at hand; else nothing is said."""
    show_losses(job([1.5, 0.6, 1.2]))
    assert "The model of that step is kept too: ft:ckpt-step-8" in capsys.readouterr().out
    show_losses(job([1.5, 0.6, 0.3]))
    assert "kept too" not in capsys.readouterr().out


def test_the_rest_is_estimated_from_the_last_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps that come at once are a job's past and say nothing of its speed; then 10 steps a second leave 30 s for 300."""
    now = 100.0
    monkeypatch.setattr("ftwidgets.cli.progress.time.monotonic", lambda: now)
    progress = Progress()
    for done in range(1, 101):  # replayed, all in one moment
        assert progress._seconds_left(now, done, 500) is None
    for done in range(110, 201, 10):
        now += 1
        left = progress._seconds_left(now, done, 500)
    assert left == pytest.approx(30, abs=0.5)
