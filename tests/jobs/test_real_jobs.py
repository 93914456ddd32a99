"""Jobs on the real sandbox: what the recorded services promise holds where a model is really trained."""

from pathlib import Path
from time import monotonic

import openai
import pytest

from ftwidgets.errors import JobCancelled, JobFailed, JobTimeout, SandboxClosed
from ftwidgets.jobs.curve import from_result_file
from ftwidgets.jobs.job import Job, launch
from ftwidgets.sandbox import Sandbox

LINE = '{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}\n'


def written(file: Path, n: int) -> Path:
    file.write_text(LINE * n)
    return file


def test_a_real_job_from_file_to_model(sandbox_client: openai.OpenAI, tmp_path: Path) -> None:
    """Launched from paths, told step by step, it ends in a model that answers; both sources give the same curve."""
    train, valid = written(tmp_path / "train.jsonl", 12), written(tmp_path / "valid.jsonl", 3)
    told: list[str] = []
    job = launch(sandbox_client, train, model="nano-2026-11", validation_file=valid, n_epochs=3, batch_size=4, suffix="x")
    assert job.wait(timeout=60, on_event=lambda e: told.append(e.message)) is job
    assert told[0].startswith("Created fine-tuning job")
    assert told[-1] == "The job has successfully completed"
    assert [e.created_at for e in job.events] == sorted(e.created_at for e in job.events)
    assert job.curve["step"].tolist() == list(range(1, 10))
    assert job.curve["train_loss"].iloc[-1] < job.curve["train_loss"].iloc[0]
    assert job.curve["full_valid_loss"].notna().tolist() == [False, False, True] * 3
    content = sandbox_client.files.content(job.details.result_files[0]).read()
    told_twice = from_result_file(content).dropna(axis="columns", how="all")
    assert len(told_twice) == 9
    shared = job.curve[told_twice.columns]
    assert shared.fillna(-1).to_numpy() == pytest.approx(told_twice.fillna(-1).to_numpy(), abs=1e-4)
    assert [checkpoint.step_number for checkpoint in job.checkpoints] == [3, 6, 9]
    assert job.model is not None
    assert job.checkpoints[-1].fine_tuned_model_checkpoint == job.model
    assert Job(sandbox_client, job.id).model == job.model
    said = sandbox_client.chat.completions.create(model=job.model, messages=[{"role": "user", "content": "hi"}], max_tokens=5)
    assert said.choices[0].message.content is not None
    assert job.cancel().status == "succeeded"


def test_a_real_job_is_cancelled(sandbox_client: openai.OpenAI, tmp_path: Path) -> None:
    """A wait for a long job gives up in time, and cancelling ends it."""
    job = launch(sandbox_client, written(tmp_path / "train.jsonl", 100), model="nano-2026-11", n_epochs=50)
    with pytest.raises(JobTimeout, match="it goes on"):
        job.wait(timeout=0.5)
    job.cancel()
    with pytest.raises(JobCancelled):
        job.wait(timeout=30)


def test_a_real_job_with_too_little_data_says_so(sandbox_client: openai.OpenAI, tmp_path: Path) -> None:
    """The service's own reason reaches the learner."""
    job = launch(sandbox_client, written(tmp_path / "train.jsonl", 7), model="nano-2026-11")
    with pytest.raises(JobFailed, match=r"invalid_n_examples: Training file has 7 example\(s\).*\(in training_file\)"):
        job.wait(timeout=30)


def test_a_wait_ends_when_the_sandbox_is_closed(tmp_path: Path) -> None:
    """At once, with the reason and what to do; opened again on the same folder, the job goes on to its end."""
    with Sandbox(tmp_path / "home") as home:
        job = launch(home.client(), written(tmp_path / "train.jsonl", 100), model="nano-2026-11", n_epochs=2)
    began = monotonic()
    with pytest.raises(SandboxClosed, match=f"{job.id} was closed. Open one on the same folder"):
        job.wait()
    assert monotonic() - began < 10  # the client itself tries three times
    with Sandbox(tmp_path / "home") as home, home.client() as client:
        assert Job(client, job.id).wait(timeout=60).model
