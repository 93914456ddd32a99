"""Preference tuning and jobs that start from a tuned model, killed hard: they end as if nothing had happened."""

import json
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from ftwidgets.sandbox import Sandbox

pytestmark = pytest.mark.slow

KERNEL = """
import sys, time
from pathlib import Path
from ftwidgets.sandbox import Sandbox
from ftwidgets.sandbox.training import recorder
recorder.SAVE_EVERY = recorder.SAVE_AT_EPOCH_AFTER = recorder.COMMIT_EVERY = 0.05
sandbox = Sandbox(Path(sys.argv[1]))
print("open", flush=True)
time.sleep(100)
"""
PAIRS = [
    {
        "input": {"messages": [{"role": "user", "content": f"What is {i}?"}]},
        "preferred_output": [{"role": "assistant", "content": f"Surely {i}."}],
        "non_preferred_output": [{"role": "assistant", "content": f"Look it up, {i}."}],
    }
    for i in range(10)
]
SETTINGS = {"n_epochs": 6, "batch_size": 5}
DPO: Any = {"type": "dpo", "dpo": {"hyperparameters": SETTINGS}}
SUPERVISED: Any = {"type": "supervised", "supervised": {"hyperparameters": SETTINGS}}
DROPOUT: Any = {"type": "supervised", "supervised": {"hyperparameters": {**SETTINGS, "lora": True, "lora_dropout": 0.2}}}


def prepare(home: Path, world: Any, *, tuned: bool, method: Any) -> None:
    """Make a folder in which one job waits, perhaps one that starts from a tuned model."""
    model = world.base
    if tuned:
        with Sandbox(home) as sandbox, world.client(sandbox) as client:
            file = world.upload(client, world.rows())
            first = client.fine_tuning.jobs.create(model=model, training_file=file, seed=3, hyperparameters={"n_epochs": 1})
            model = world.wait_for_end(client, first.id).fine_tuned_model
    with Sandbox(home, train=False) as sandbox, world.client(sandbox) as client:
        file = world.upload(client, PAIRS if method is DPO else world.rows())
        client.fine_tuning.jobs.create(model=model, training_file=file, validation_file=file, seed=4, method=method)


def outcome(home: Path, world: Any) -> Any:
    """See the job through: its metrics, its checkpoints, their weights, its tokens, the number of lines in its log."""
    with Sandbox(home) as sandbox, world.client(sandbox) as client:
        jobs = client.fine_tuning.jobs
        job = world.wait_for_end(client, jobs.list().data[0].id)
        assert job.status == "succeeded"
        events = list(jobs.list_events(job.id, limit=100))
        points = [(point.step_number, json.dumps(point.metrics.to_dict())) for point in jobs.checkpoints.list(job.id)]
        weights = [(home / "models" / f"{job.id}-step-{step}" / "model.safetensors").read_bytes() for step, _ in points]
        assert len(points) == 3
        metrics = [event.data for event in events if event.type == "metrics"]
        return metrics, points, weights, job.trained_tokens, len(events)


@pytest.mark.parametrize(("tuned", "method"), [(False, DPO), (True, DPO), (True, SUPERVISED), (True, DROPOUT)])
def test_killed_twice_it_ends_the_same(tmp_path: Path, world: Any, tally: list[str], *, tuned: bool, method: Any) -> None:
    """At random moments, three times two: the same metrics, checkpoints, weights, tokens and log."""
    prepare(tmp_path / "waiting", world, tuned=tuned, method=method)
    shutil.copytree(tmp_path / "waiting", tmp_path / "never")
    expected = outcome(tmp_path / "never", world)
    chance, waits = random.Random(7), []
    for number in range(3):
        home = tmp_path / str(number)
        shutil.copytree(tmp_path / "waiting", home)
        for _ in range(2):
            with subprocess.Popen([sys.executable, "-c", KERNEL, str(home)], stdout=subprocess.PIPE, text=True) as process:
                assert process.stdout is not None
                assert process.stdout.readline() == "open\n"
                waits.append(chance.uniform(0, 1.2))
                time.sleep(waits[-1])
                process.kill()
        assert outcome(home, world) == expected, f"killed after {waits[-2]:.2f} and {waits[-1]:.2f} s"
    tally.append(f"{method['type']} from a {'tuned' if tuned else 'base'} model: killed {len(waits)} times, the same weights")
