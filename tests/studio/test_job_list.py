"""The list of jobs and models."""

import pytest
from openai.types.fine_tuning import FineTuningJob

from ftwidgets.studio.job_list import JobEntry, jobs_html

BAD = '"><b>'


def entry(status: str, model: str | None) -> JobEntry:
    job = FineTuningJob.model_construct(
        id=f"ftjob{BAD}", status=status, model="nano-2026-11", fine_tuned_model=model, created_at=1_796_000_000
    )
    return JobEntry(job, 24, {"score": 0.75, "low": 0.5, "high": 0.9, "n": 24})


def test_names_are_escaped() -> None:
    """Nothing that a service says becomes markup, in text or in an attribute."""
    html = jobs_html([entry(f"odd{BAD}", f"ft:nano-2026-11:me:{BAD}:x1")])
    assert "<b>" not in html


def test_only_what_has_a_model_can_be_tried() -> None:
    """A job without one can be watched."""
    without, with_model = (
        jobs_html([entry("failed", None)]),
        jobs_html([entry("succeeded", "ft:nano-2026-11:me:shop:x1")]),
    )
    assert 'data-press="job:' in without
    assert 'data-press="model:' not in without
    assert 'data-press="model:' in with_model
    assert "0.75 (0.50 to 0.90), 24 held out" in with_model


def test_the_buttons_have_a_row_of_their_own() -> None:
    """They wrap over the whole width of the table; a saved page, without them, has one row a job."""
    job = entry("succeeded", "ft:nano-2026-11:me:shop:x1")
    assert '<tr><td colspan="5"' in jobs_html([job])
    assert jobs_html([job]).count("<tr") == 3  # with that of the header
    assert jobs_html([job], buttons=False).count("<tr") == 2


@pytest.mark.parametrize("made", [-5, 1e18, "yesterday", None])
def test_a_time_that_is_none_is_left_out(made: object) -> None:
    """A service may send anything; the job is in the list all the same."""
    odd = entry("succeeded", "ft:nano-2026-11:me::x1y2")
    odd.job.created_at = odd.job.finished_at = made  # type: ignore[assignment]
    assert odd.made == ""
    assert "nano tuned x1y2" in jobs_html([odd])


def test_an_empty_list_says_how_to_begin() -> None:
    """It names the steps."""
    assert "step 1" in jobs_html([])
