"""What jobs and models are called on a page."""

import time

import pytest
from openai.types.fine_tuning import FineTuningJob

from ftwidgets.jobs.labels import job_label, model_label


@pytest.mark.parametrize(
    ("model", "label"),
    [
        ("nano-2026-11", "nano-2026-11"),
        ("ft:nano-2026-11:ftwidgets:shop-voice:Ab3x9Qer", "shop-voice Ab3x (nano-2026-11)"),
        ("ft:nano-2026-11:ftwidgets::Ab3x9Qer", "tuned Ab3x (nano-2026-11)"),
        ("ft:nano-2026-11:ftwidgets:shop-voice:Ab3x9Qer:ckpt-step-12", "shop-voice Ab3x at step 12 (nano-2026-11)"),
        ("ft:gpt-4o-mini-2024-07-18:acme::9xYz12ab", "tuned 9xYz (gpt-4o-mini-2024-07-18)"),
        ("accounts/acme/models/my-model", "accounts/acme/models/my-model"),
        ("ft:odd", "ft:odd"),
        ("", ""),
    ],
)
def test_a_model_has_a_short_label(model: str, label: str) -> None:
    """Its suffix, a few characters that tell it apart, its base; a name of another form stays as it is."""
    assert model_label(model) == label


def test_a_job_is_called_by_its_model_and_its_time() -> None:
    """By its base as long as there is no tuned model, by the tuned one then."""
    made = time.mktime((2026, 11, 30, 9, 5, 0, 0, 0, -1))
    job = FineTuningJob.model_construct(model="nano-2026-11", fine_tuned_model=None, created_at=int(made))
    assert job_label(job) == "nano-2026-11, 30 Nov 09:05"
    done = job.model_copy(update={"fine_tuned_model": "ft:nano-2026-11:ftwidgets:shop:Ab3x9"})
    assert job_label(done) == "shop Ab3x (nano-2026-11), 30 Nov 09:05"
