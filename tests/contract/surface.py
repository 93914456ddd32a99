"""The surface of the API as data: every method of the client, an example of it, its parameters, and what shows it.

The tests call each example and send each parameter; `tools/coverage_table.py` makes a table of it for DIFFERENCES.md.
Left out: the whole of each parameter's effect, which the tests named in `shown` hold.
"""

import inspect
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import openai
from openai._resource import SyncAPIResource

from tests.contract.journey.traveller import Traveller, jsonl, lessons, question

AREAS = ("files", "uploads", "fine_tuning", "models", "chat", "responses")
ABOUT_THE_REQUEST = ("extra_headers", "extra_query", "extra_body", "timeout")
CHECK: Any = {
    "type": "string_check",
    "name": "same",
    "operation": "eq",
    "input": "{{sample.output_text}}",
    "reference": "Paris",
}


@dataclass(frozen=True)
class Call:
    """A method of the client.

    Parameters
    ----------
    name
        As one writes it after `client.`.
    http
        The operation behind it.
    example
        Calls it, with something to work on.
    shown
        The checks of the journey, or the test, that show what it does.
    source
        Where its rules come from: `spec`, `seen`, `ours`.
    not_served
        Why the sandbox does not have it; then the example is refused.
    """

    name: str
    http: str
    example: Callable[[Traveller], Any]
    shown: str
    source: str = "spec"
    not_served: str = ""


def methods() -> dict[str, list[str]]:
    """Find every method of the client in the areas of the sandbox, and its parameters."""
    with openai.OpenAI(api_key="any") as client:
        return {name: params for area in AREAS for name, params in _methods(getattr(client, area), area)}


def _methods(resource: SyncAPIResource, within: str) -> Iterator[tuple[str, list[str]]]:
    for name in sorted(dir(type(resource))):
        if name.startswith(("_", "with_")):
            continue
        found = getattr(resource, name)
        if isinstance(found, SyncAPIResource):
            yield from _methods(found, f"{within}.{name}")
        elif callable(found):
            params = inspect.signature(found).parameters
            yield f"{within}.{name}", [param for param in params if param not in ABOUT_THE_REQUEST]


def _new_upload(t: Traveller, size: int = 9) -> Any:
    return t.client.uploads.create(bytes=size, filename="a.jsonl", mime_type="text/jsonl", purpose="fine-tune")


def _completed_upload(t: Traveller) -> Any:
    upload = _new_upload(t)
    part = t.client.uploads.parts.create(upload.id, data=b'{"a": 1}\n')
    return t.client.uploads.complete(upload.id, part_ids=[part.id])


def _whole_upload(t: Traveller) -> Any:
    data = jsonl(lessons())
    return t.client.uploads.upload_file_chunked(
        file=data, filename="a.jsonl", bytes=len(data), mime_type="text/jsonl", purpose="fine-tune"
    )


def _new_job(t: Traveller) -> Any:
    return t.jobs.create(model=t.base, training_file=t.file.id, hyperparameters={"n_epochs": 50, "batch_size": 1})


def _cancelled(t: Traveller) -> Any:
    return t.jobs.cancel(_new_job(t).id)


def _paused(t: Traveller) -> Any:
    return t.lenient.fine_tuning.jobs.pause(_new_job(t).id)


def _resumed(t: Traveller) -> Any:
    jobs = t.lenient.fine_tuning.jobs
    job = jobs.resume(_paused(t).id)
    return jobs.cancel(job.id)


def _permitted(t: Traveller) -> Any:
    return t.client.fine_tuning.checkpoints.permissions.create(t.tuned, project_ids=["proj_surface"])


def _unpermitted(t: Traveller) -> Any:
    (made,) = t.client.fine_tuning.checkpoints.permissions.create(t.tuned, project_ids=["proj_other"])
    return t.client.fine_tuning.checkpoints.permissions.delete(made.id, fine_tuned_model_checkpoint=t.tuned)


def _chat(t: Traveller, **options: Any) -> Any:
    return t.ask(t.base, question(0), **options)


def _streamed_chat(t: Traveller) -> Any:
    asked: Any = {
        "model": t.base,
        "messages": [{"role": "user", "content": "Hi!"}],
        "max_completion_tokens": 60,
        "temperature": 0,
    }
    with t.client.chat.completions.stream(**asked) as stream:
        return stream.get_final_completion()


def _response(t: Traveller, **options: Any) -> Any:
    return t.client.responses.create(**{"model": t.base, "input": question(0), "max_output_tokens": 16, **options})


def _streamed_response(t: Traveller) -> Any:
    with t.client.responses.stream(model=t.base, input=question(0), max_output_tokens=16) as stream:
        return list(stream)


def _retrieved_permissions(t: Traveller) -> Any:
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        return t.client.fine_tuning.checkpoints.permissions.retrieve(t.tuned)


def _retrieved_content(t: Traveller) -> Any:
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        return t.client.files.retrieve_content(t.file.id)


_JOB = "/fine_tuning/jobs"
_ONE = _JOB + "/{id}"
_SHARED = "/fine_tuning/checkpoints/{model}/permissions"
_GRADERS = "/fine_tuning/alpha/graders"
_CHAT = "/chat/completions"

CALLS = [
    Call("files.content", "GET /files/{id}/content", lambda t: t.client.files.content(t.file.id), "a_file_reads_back"),
    Call("files.create", "POST /files", lambda t: t.upload(lessons()), "a_file_is_uploaded"),
    Call(
        "files.delete", "DELETE /files/{id}", lambda t: t.client.files.delete(t.upload(lessons()).id), "a_deleted_file_is_gone"
    ),
    Call("files.list", "GET /files", lambda t: t.client.files.list(), "files_are_listed_page_by_page"),
    Call("files.retrieve", "GET /files/{id}", lambda t: t.client.files.retrieve(t.file.id), "a_file_is_processed"),
    Call(
        "files.retrieve_content",
        "GET /files/{id}/content",
        _retrieved_content,
        "test_every_call_has_an_answer",
    ),
    Call(
        "files.wait_for_processing",
        "GET /files/{id}",
        lambda t: t.client.files.wait_for_processing(t.file.id),
        "a_file_is_processed",
    ),
    Call("uploads.create", "POST /uploads", _new_upload, "a_file_comes_in_parts"),
    Call("uploads.parts.create", "POST /uploads/{id}/parts", _completed_upload, "a_file_comes_in_parts"),
    Call("uploads.complete", "POST /uploads/{id}/complete", _completed_upload, "a_file_comes_in_parts"),
    Call(
        "uploads.cancel",
        "POST /uploads/{id}/cancel",
        lambda t: t.client.uploads.cancel(_new_upload(t).id),
        "a_cancelled_upload_takes_no_parts",
    ),
    Call("uploads.upload_file_chunked", "all of /uploads", _whole_upload, "the_client_cuts_a_file_into_parts"),
    Call(
        "fine_tuning.jobs.create",
        f"POST {_JOB}",
        _cancelled,
        "a_new_job_repeats_what_it_was_given",
    ),
    Call("fine_tuning.jobs.retrieve", f"GET {_ONE}", lambda t: t.jobs.retrieve(t.created.id), "statuses_come_in_order"),
    Call("fine_tuning.jobs.list", f"GET {_JOB}", lambda t: t.jobs.list(), "jobs_are_listed_newest_first"),
    Call(
        "fine_tuning.jobs.cancel",
        f"POST {_ONE}/cancel",
        _cancelled,
        "a_running_job_can_be_cancelled",
    ),
    Call(
        "fine_tuning.jobs.pause",
        f"POST {_ONE}/pause",
        _resumed,
        "a_job_pauses_and_resumes",
        "seen",
    ),
    Call("fine_tuning.jobs.resume", f"POST {_ONE}/resume", _resumed, "a_job_pauses_and_resumes", "seen"),
    Call(
        "fine_tuning.jobs.list_events",
        f"GET {_ONE}/events",
        lambda t: t.jobs.list_events(t.created.id),
        "the_log_tells_the_story",
        "seen",
    ),
    Call(
        "fine_tuning.jobs.checkpoints.list",
        f"GET {_ONE}/checkpoints",
        lambda t: t.jobs.checkpoints.list(t.created.id),
        "the_last_three_epochs_are_kept",
        "seen",
    ),
    Call("fine_tuning.checkpoints.permissions.create", f"POST {_SHARED}", _permitted, "a_checkpoint_is_shared_with_a_project"),
    Call(
        "fine_tuning.checkpoints.permissions.list",
        f"GET {_SHARED}",
        lambda t: t.client.fine_tuning.checkpoints.permissions.list(t.tuned),
        "a_checkpoint_is_shared_with_a_project",
    ),
    Call(
        "fine_tuning.checkpoints.permissions.retrieve",
        f"GET {_SHARED}",
        _retrieved_permissions,
        "test_every_call_has_an_answer",
    ),
    Call(
        "fine_tuning.checkpoints.permissions.delete",
        f"DELETE {_SHARED}/{{id}}",
        _unpermitted,
        "a_checkpoint_is_shared_with_a_project",
    ),
    Call(
        "fine_tuning.alpha.graders.run",
        f"POST {_GRADERS}/run",
        lambda t: t.client.fine_tuning.alpha.graders.run(grader=CHECK, model_sample="Paris"),
        "a_string_check_gives_one_or_nothing",
    ),
    Call(
        "fine_tuning.alpha.graders.validate",
        f"POST {_GRADERS}/validate",
        lambda t: t.client.fine_tuning.alpha.graders.validate(grader=CHECK),
        "a_grader_can_be_validated",
    ),
    Call("models.list", "GET /models", lambda t: t.client.models.list(), "the_tuned_model_is_listed"),
    Call("models.retrieve", "GET /models/{id}", lambda t: t.client.models.retrieve(t.base), "a_model_can_be_looked_at"),
    Call(
        "models.delete",
        "DELETE /models/{id}",
        lambda t: t.client.models.delete(t.train().fine_tuned_model or ""),
        "a_deleted_model_is_gone",
        "seen",
    ),
    Call("chat.completions.create", f"POST {_CHAT}", _chat, "an_answer_counts_its_tokens"),
    Call("chat.completions.stream", f"POST {_CHAT}", _streamed_chat, "a_stream_comes_in_chunks"),
    Call(
        "chat.completions.parse",
        f"POST {_CHAT}",
        lambda t: t.client.chat.completions.parse(
            model=t.base, messages=[{"role": "user", "content": "Hi!"}], max_completion_tokens=60, temperature=0
        ),
        "test_every_call_has_an_answer",
    ),
    Call(
        "chat.completions.list",
        f"GET {_CHAT}",
        lambda t: t.client.chat.completions.list(),
        "stored_answers_are_listed_by_metadata",
    ),
    Call(
        "chat.completions.retrieve",
        f"GET {_CHAT}/{{id}}",
        lambda t: t.client.chat.completions.retrieve(t.stored.id),
        "a_stored_answer_is_kept",
    ),
    Call(
        "chat.completions.update",
        f"POST {_CHAT}/{{id}}",
        lambda t: t.client.chat.completions.update(t.stored.id, metadata={"a": "b"}),
        "stored_answers_are_listed_by_metadata",
    ),
    Call(
        "chat.completions.delete",
        f"DELETE {_CHAT}/{{id}}",
        lambda t: t.client.chat.completions.delete(_chat(t, store=True).id),
        "a_stored_answer_can_be_deleted",
    ),
    Call(
        "chat.completions.messages.list",
        f"GET {_CHAT}/{{id}}/messages",
        lambda t: t.lenient.chat.completions.messages.list(t.stored.id),
        "the_question_is_kept_too",
    ),
    Call("responses.create", "POST /responses", _response, "a_response_answers"),
    Call("responses.stream", "POST /responses", _streamed_response, "a_response_streams_events"),
    Call(
        "responses.parse",
        "POST /responses",
        lambda t: t.client.responses.parse(model=t.base, input="Hi!", max_output_tokens=16),
        "test_every_call_has_an_answer",
    ),
    Call(
        "responses.retrieve",
        "GET /responses/{id}",
        lambda t: t.client.responses.retrieve(t.response.id),
        "a_response_is_kept_until_deleted",
    ),
    Call(
        "responses.delete",
        "DELETE /responses/{id}",
        lambda t: t.client.responses.delete(_response(t).id),
        "a_response_is_kept_until_deleted",
    ),
    Call(
        "responses.input_items.list",
        "GET /responses/{id}/input_items",
        lambda t: list(t.client.responses.input_items.list(t.response.id)),
        "test_every_call_has_an_answer",
    ),
    Call(
        "responses.cancel",
        "POST /responses/{id}/cancel",
        lambda t: t.client.responses.cancel(t.response.id),
        "test_what_is_not_served_is_refused",
        not_served="a response that can be named is finished; there is no background",
    ),
    Call(
        "responses.compact",
        "POST /responses/compact",
        lambda t: t.client.responses.compact(model=t.base, input="Hi!"),
        "test_what_is_not_served_is_refused",
        not_served="a conversation here is at most 512 tokens long",
    ),
    Call(
        "responses.input_tokens.count",
        "POST /responses/input_tokens",
        lambda t: t.client.responses.input_tokens.count(model=t.base, input="Hi!"),
        "test_what_is_not_served_is_refused",
        not_served="every response tells its `usage`",
    ),
    Call(
        "responses.connect",
        "WebSocket /responses",
        lambda t: t.client.get("/responses", cast_to=object),
        "test_what_is_not_served_is_refused",
        not_served="there are no WebSockets; use `stream=True`",
    ),
]
