"""What jobs and models are called on a page."""

import time

import pytest
from openai.types.fine_tuning import FineTuningJob

from ftwidgets.jobs.labels import job_label, model_label

NO_TIMES = (-5, 0, 1e18, float("nan"), float("inf"), "yesterday", None, [1])
"""What a service may give in the place of a time."""


@pytest.mark.parametrize(
    ("model", "label"),
    [
        ("nano-2026-11", "nano-2026-11"),
        ("ft:nano-2026-11:ftwidgets:shop-voice:Ab3x9Qer", "shop-voice Ab3x (nano-2026-11)"),
        ("ft:nano-2026-11:ftwidgets::Ab3x9Qer", "nano tuned Ab3x"),
        ("ft:nano-2026-11:ftwidgets:shop-voice:Ab3x9Qer:ckpt-step-12", "shop-voice Ab3x at step 12 (nano-2026-11)"),
        ("ft:gpt-4o-mini-2024-07-18:acme::9xYz12ab", "gpt-4o-mini tuned 9xYz"),
        ("accounts/acme/models/my-model", "accounts/acme/models/my-model"),
        ("ft:odd", "ft:odd"),
        ("", ""),
    ],
)
def test_a_model_has_a_short_label(model: str, label: str) -> None:
    """Its suffix, a few characters that tell it apart, its base; a name of another form stays as it is."""
    assert model_label(model) == label


def test_a_model_without_a_suffix_is_told_apart_by_its_base_and_its_time() -> None:
    """The clock alone if it was made today, with the day and the year otherwise; a time that is none changes nothing."""
    model, now = "ft:nano-2026-11:ftwidgets::Ab3x9Qer", time.time()
    assert model_label(model, now) == f"nano tuned {time.strftime('%H:%M', time.localtime(now))}"
    long_ago = time.mktime((2019, 3, 4, 9, 5, 0, 0, 0, -1))
    assert model_label(model, long_ago) == "nano tuned 04 Mar 2019 09:05"
    assert model_label("ft:smollm2-135m:ftwidgets:shop:Ab3x9Qer", long_ago) == "shop 04 Mar 2019 09:05 (smollm2-135m)"
    assert model_label("nano-2026-11", long_ago) == "nano-2026-11"
    for nonsense in NO_TIMES:
        assert model_label(model, nonsense) == "nano tuned Ab3x"


def test_a_job_is_called_by_its_model_and_its_time() -> None:
    """By its base and when it was launched as long as there is no tuned model, by the tuned one then."""
    made = int(time.mktime((2019, 11, 30, 9, 5, 0, 0, 0, -1)))
    job = FineTuningJob.model_construct(model="nano-2026-11", fine_tuned_model=None, created_at=made, finished_at=None)
    assert job_label(job) == "nano-2026-11, 30 Nov 2019 09:05"
    done = job.model_copy(update={"fine_tuned_model": "ft:nano-2026-11:ftwidgets::Ab3x9", "finished_at": made + 120})
    assert job_label(done) == "nano tuned 30 Nov 2019 09:07"
    for nonsense in NO_TIMES:
        assert job_label(job.model_copy(update={"created_at": nonsense})) == "nano-2026-11"
