"""Many jobs: listed, filtered, cancelled, paused; and who may come in at all."""

from typing import Any

import httpx2
import openai

from tests.contract.journey.checks import check, refusal
from tests.contract.journey.traveller import METADATA, Traveller


def long_job(t: Traveller, **options: Any) -> Any:
    """Create a job that takes its time."""
    return t.jobs.create(model=t.base, training_file=t.file.id, hyperparameters={"n_epochs": 50, "batch_size": 1}, **options)


@check("jobs")
def jobs_are_listed_newest_first(t: Traveller) -> None:
    """Pages of two give what one page gives, with the newest job at the top."""
    first, second = long_job(t), long_job(t)
    for job in (first, second):
        t.jobs.cancel(job.id)
    paged = [job.id for job in t.jobs.list(limit=2)]
    assert paged[:2] == [second.id, first.id]
    assert paged == [job.id for job in t.jobs.list(limit=100).data]


@check("jobs")
def jobs_are_found_by_their_metadata(t: Traveller) -> None:
    """The list can be limited to jobs with some metadata."""
    assert t.created.id in {job.id for job in t.jobs.list(metadata=METADATA)}
    assert list(t.jobs.list(metadata={"course": "another"})) == []


@check("jobs")
def an_unknown_job_is_a_404(t: Traveller) -> None:
    """A job that is not there is a 404 for every question about it."""
    for call in (t.jobs.retrieve, t.jobs.cancel, t.jobs.list_events, t.jobs.checkpoints.list):
        refusal(lambda call=call: call("ftjob-none"), openai.NotFoundError)  # type: ignore[misc]


@check("jobs")
def a_running_job_can_be_cancelled(t: Traveller) -> None:
    """Cancelled while it runs, a job stays cancelled and leaves no model."""
    job = long_job(t)
    t.wait(job.id, until=("running",))
    assert t.jobs.cancel(job.id).status == "cancelled"
    over = t.jobs.retrieve(job.id)
    assert (over.status, over.fine_tuned_model) == ("cancelled", None)


@check("jobs")
def a_cancelled_job_cannot_be_cancelled_again(t: Traveller) -> None:
    """What is over cannot be cancelled."""
    job = long_job(t)
    t.jobs.cancel(job.id)
    refusal(lambda: t.jobs.cancel(job.id), openai.BadRequestError, openai.ConflictError)


@check("jobs")
def a_job_pauses_and_resumes(t: Traveller) -> None:
    """Paused, a job does not go on; resumed, it does, to its end (the status is not in the client's list)."""
    jobs = t.lenient.fine_tuning.jobs
    job = jobs.create(model=t.base, training_file=t.file.id, hyperparameters={"n_epochs": 10, "batch_size": 4})
    t.wait(job.id, until=("running",), client=t.lenient)
    assert str(jobs.pause(job.id).status) == "paused"
    assert str(jobs.retrieve(job.id).status) == "paused"
    assert str(jobs.resume(job.id).status) in ("queued", "running")
    over = t.wait(job.id, client=t.lenient)[-1]
    assert over.status == "succeeded"
    steps = [event.data["step"] for event in jobs.list_events(job.id, limit=100) if event.type == "metrics"]  # type: ignore[index]
    assert sorted(steps) == list(range(1, len(steps) + 1))
    t.client.models.delete(over.fine_tuned_model)


@check("around")
def without_a_key_nobody_comes_in(t: Traveller) -> None:
    """A request without a key is a 401 in the envelope."""
    with t.target.http() as http:
        answer = http.get(f"{t.target.base_url}/models")
    assert answer.status_code == 401
    assert answer.json()["error"]["message"]


@check("around")
def with_a_wrong_key_nobody_comes_in(t: Traveller) -> None:
    """A request with a key that nobody has is a 401 `invalid_api_key`."""
    wrong = t.client.with_options(api_key="sk-wrong-000000000000")  # shares the connections, so it is not closed
    refusal(wrong.models.list, openai.AuthenticationError, code="invalid_api_key")


@check("around")
def an_error_has_the_four_keys(t: Traveller) -> None:
    """The envelope of an error has message, type, param and code, as published."""
    error = refusal(lambda: t.client.files.retrieve("file-none"), openai.NotFoundError)
    assert isinstance(error.body, dict)
    assert {"message", "type", "param", "code"} <= set(error.body)


@check("around")
def every_answer_has_a_request_id(t: Traveller) -> None:
    """Every answer, a refusal too, has an `x-request-id`, and no two have the same."""
    refused = refusal(lambda: t.client.files.retrieve("file-none"), openai.NotFoundError)
    ids = [refused.request_id, t.client.models.list()._request_id, t.client.models.list()._request_id]
    assert all(ids)
    assert len(set(ids)) == 3


@check("around")
def the_time_it_took_is_told(t: Traveller) -> None:
    """`openai-processing-ms` is a number."""
    assert t.client.models.with_raw_response.list().headers["openai-processing-ms"].isdigit()


@check("around")
def the_organisation_is_told(t: Traveller) -> None:
    """`openai-organization` is the organisation that the jobs belong to."""
    assert t.client.models.with_raw_response.list().headers["openai-organization"] == t.created.organization_id


@check("around")
def the_rate_limits_are_told(t: Traveller) -> None:
    """An answer to a chat has `x-ratelimit-` headers: limit and remaining, for requests and tokens."""
    answer = t.client.chat.completions.with_raw_response.create(
        model=t.base, messages=[{"role": "user", "content": "Hi!"}], max_completion_tokens=1
    )
    for name in ("requests", "tokens"):
        remaining, limit = (int(answer.headers[f"x-ratelimit-{what}-{name}"]) for what in ("remaining", "limit"))
        assert 0 <= remaining <= limit


@check("around")
def a_path_that_does_not_exist_is_a_404(t: Traveller) -> None:
    """An unknown path is a 404 in the envelope."""
    refusal(lambda: t.client.get("/no/such/path", cast_to=httpx2.Response), openai.NotFoundError)
