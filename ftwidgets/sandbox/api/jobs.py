"""The routes under `/fine_tuning/jobs`: create, list, retrieve, cancel, pause, resume; events and checkpoints.

Routes that only read are `async`: a query takes less time than handing it to a thread.
The states of a job are in `training.lifecycle`, the work in `training.runner`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, ValidatorFunctionWrapHandler, WrapValidator, field_validator
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ftwidgets.sandbox.api.auth import owner_of
from ftwidgets.sandbox.api.bodies import bounded_page_body, checkpoint_body, event_body, job_body, page_body
from ftwidgets.sandbox.api.request_model import (
    Count,
    Metadata,
    MetadataQuery,
    ParameterError,
    RequestModel,
    only,
    read_body,
    read_query,
    unsupported,
)
from ftwidgets.sandbox.api_errors import invalid_request, not_found
from ftwidgets.sandbox.ids import LARGEST_SEED
from ftwidgets.sandbox.inference.catalog import Catalog, unknown_model
from ftwidgets.sandbox.store.queries import checkpoints_page, events_page, is_of_job, jobs_page
from ftwidgets.sandbox.store.records import ACTIVE, UNFINISHED, CheckpointRecord, EventRecord, JobRecord
from ftwidgets.sandbox.store.store import Store
from ftwidgets.sandbox.training.dedup import shared_seed
from ftwidgets.sandbox.training.lifecycle import JobLifecycle

MOST = 10000  # items on a page


def _or_auto(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    return value if value == "auto" else validate(value)


class JobHyperparameters(RequestModel):
    """The settings of a supervised job; each may also be "auto"."""

    n_epochs: Annotated[int, Field(ge=1, le=50), WrapValidator(_or_auto)] | None = None
    batch_size: Annotated[int, Field(ge=1, le=256), WrapValidator(_or_auto)] | None = None
    learning_rate_multiplier: Annotated[float, Field(gt=0), WrapValidator(_or_auto)] | None = None
    # An adapter in place of all weights, with the names that Nebius gave these settings.
    lora: bool | None = None
    lora_r: Annotated[int, Field(ge=1, le=256)] | None = None
    lora_alpha: Annotated[float, Field(gt=0, le=1024)] | None = None
    lora_dropout: Annotated[float, Field(ge=0, lt=1)] | None = None

    def given(self) -> dict[str, Any]:
        """Return the settings that are not left to their defaults."""
        return {name: value for name, value in self if value is not None}


class _DpoHyperparameters(JobHyperparameters):
    beta: Annotated[float, Field(gt=0, le=2), WrapValidator(_or_auto)] | None = None


class _SupervisedMethod(RequestModel):
    hyperparameters: JobHyperparameters = JobHyperparameters()


class _DpoMethod(RequestModel):
    hyperparameters: _DpoHyperparameters = _DpoHyperparameters()


class JobMethod(RequestModel):
    """A training method and its settings; settings of another method are rejected."""

    type: Literal["supervised", "dpo", "reinforcement"] = "supervised"
    supervised: _SupervisedMethod = _SupervisedMethod()
    dpo: _DpoMethod = _DpoMethod()
    reinforcement: Any = None

    @field_validator("type")
    @classmethod
    def _check_type(cls, type_: str) -> str:
        if type_ == "reinforcement":
            message = f"Unsupported value: '{{path}}' is '{type_}'; this sandbox trains with 'supervised' and 'dpo' only."
            raise ParameterError(message, "unsupported_value")
        return type_

    @field_validator("supervised", "dpo", "reinforcement", mode="wrap")
    @classmethod
    def _check_settings(cls, value: Any, validate: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
        chosen = info.data.get("type", info.field_name)
        if chosen != info.field_name:
            raise unsupported(f"This job's 'method.type' is '{chosen}'.")
        return validate(value)

    @property
    def hyperparameters(self) -> JobHyperparameters:
        """The settings of the chosen method."""
        return self.dpo.hyperparameters if self.type == "dpo" else self.supervised.hyperparameters


class JobRequest(RequestModel):
    """A new fine-tuning job; hyperparameters may also be where they were before there were methods."""

    integrations: Annotated[Any, only([], instead="Read the job's events for its metrics.")] = None
    method: JobMethod = JobMethod()
    hyperparameters: JobHyperparameters = JobHyperparameters()
    model: str
    training_file: str
    validation_file: str | None = None
    suffix: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    seed: Annotated[int, Field(ge=0, le=LARGEST_SEED)] | None = None
    metadata: Metadata | None = None

    @field_validator("suffix")
    @classmethod
    def _check_suffix(cls, suffix: str) -> str:
        if not re.fullmatch(r"[A-Za-z0-9._-]+", suffix):
            message = f"Invalid '{{path}}': '{suffix}'. Use letters, digits, '-', '_' and '.' only; it becomes part of a name."
            raise ParameterError(message, "invalid_value")
        return suffix

    @field_validator("hyperparameters", mode="wrap")
    @classmethod
    def _check_hyperparameters(cls, value: Any, validate: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
        method: JobMethod | None = info.data.get("method")
        if method is not None and method.type == "dpo" and value != {}:
            raise unsupported("Give them in 'method.dpo.hyperparameters'.")
        old: JobHyperparameters = validate(value)
        new = method.hyperparameters.given() if method is not None else {}
        for name, setting in old.given().items():
            if name in new and new[name] != setting:
                conflict = f"'{name}' is {setting!r} here and {new[name]!r} in 'method'. Give it in 'method' only."
                raise ParameterError(f"Invalid 'hyperparameters': {conflict}", None, name)
        return old

    @property
    def all_hyperparameters(self) -> dict[str, Any]:
        """Every setting of the method, "auto" where none is given."""
        new = self.method.hyperparameters
        named = [name for name in type(new).model_fields if not name.startswith("lora")]  # those only where a job names them
        return {**dict.fromkeys(named, "auto"), **self.hyperparameters.given(), **new.given()}


class _EventsQuery(RequestModel):
    after: str | None = None
    limit: Annotated[Count, Field(le=MOST)] = 20


class _CheckpointsQuery(RequestModel):
    after: str | None = None
    limit: Annotated[Count, Field(le=MOST)] = 10


class _JobsQuery(MetadataQuery, _EventsQuery):
    pass


class Jobs:
    """The routes of fine-tuning jobs.

    `wake` is called when there may be work; with `share`, jobs that ask for the same thing get the same seed, so that one
    result serves them all; `fault` decides, given the time, what shall go wrong with a new job (`faults`).
    """

    def __init__(
        self,
        store: Store,
        lifecycle: JobLifecycle,
        catalog: Catalog,
        wake: Callable[[], None],
        *,
        share: bool = False,
        fault: Callable[[float], dict[str, Any] | None] = lambda now: None,
    ) -> None:
        self._store = store
        self._lifecycle = lifecycle
        self._catalog = catalog
        self._wake = wake
        self._share = share
        self._fault = fault

    def routes(self) -> list[Route]:
        """Return the routes."""
        jobs = "/fine_tuning/jobs"
        return [
            Route(jobs, self.create, methods=["POST"]),
            Route(jobs, self.list, methods=["GET"]),
            Route(jobs + "/{id}", self.retrieve, methods=["GET"]),
            Route(jobs + "/{id}/cancel", self.cancel, methods=["POST"]),
            Route(jobs + "/{id}/pause", self.pause, methods=["POST"]),
            Route(jobs + "/{id}/resume", self.resume, methods=["POST"]),
            Route(jobs + "/{id}/events", self.events, methods=["GET"]),
            Route(jobs + "/{id}/checkpoints", self.checkpoints, methods=["GET"]),
        ]

    async def create(self, request: Request) -> Response:
        """Create a job."""
        return await run_in_threadpool(self._create, await read_body(request, JobRequest), owner_of(request))

    def _create(self, request: JobRequest, owner: str) -> Response:
        if not self._catalog.is_available(request.model, owner):
            raise self._catalog.damage(request.model) or invalid_request(
                f"Model {request.model} is not available for fine-tuning or does not exist. {unknown_model(request.model)}",
                code="model_not_available",
            )
        self._check_file(request.training_file, owner, "training_file")
        self._check_file(request.validation_file, owner, "validation_file")
        record = JobRecord(
            id=self._store.ids.new("ftjob-"),
            owner=owner,
            created_at=int(self._store.clock.time()),
            model=request.model,
            training_file=request.training_file,
            validation_file=request.validation_file,
            suffix=request.suffix,
            seed=self._store.ids.seed() if request.seed is None else request.seed,
            method=request.method.type,
            hyperparameters=request.all_hyperparameters,
            metadata=request.metadata,
            fault=self._fault(self._store.clock.time()),
        )
        if request.seed is None and self._share:
            record = replace(record, seed=shared_seed(self._store, record))
        try:
            job = self._lifecycle.create(record)
        except FileNotFoundError as error:  # deleted between the check and the copy
            message = f"A file of this job has just been deleted: {request.training_file}, {request.validation_file}."
            raise invalid_request(message, code="file_not_found") from error
        self._wake()
        return JSONResponse(job_body(job))

    def _check_file(self, id_: str | None, owner: str, param: str) -> None:
        record = None if id_ is None else self._store.file(id_, owner)
        if id_ is not None and record is None:
            raise invalid_request(
                f"File '{id_}' does not exist. Upload it with purpose 'fine-tune' and use the id you get.",
                param=param,
                code="file_not_found",
            )
        if record is not None and record.purpose != "fine-tune":
            raise invalid_request(
                f"File '{id_}' has the purpose '{record.purpose}'; a job needs one uploaded with purpose 'fine-tune'.",
                param=param,
                code="invalid_file_purpose",
            )

    async def list(self, request: Request) -> Response:
        """List jobs, newest first, optionally only those with certain metadata."""
        query = read_query(request, _JobsQuery)
        if query.after is not None:
            self._find(request, query.after, "after")
        metadata = None if query.metadata else query.metadata_pairs
        found, more = jobs_page(self._store.db, owner_of(request), metadata=metadata, after=query.after, limit=query.limit)
        return JSONResponse(page_body([job_body(job) for job in found], more))

    async def retrieve(self, request: Request) -> Response:
        """Return one job."""
        job = self._find(request)
        if job.status in ACTIVE:
            self._wake()  # whoever watches a job sees to it that somebody works on it
        return JSONResponse(job_body(job))

    async def cancel(self, request: Request) -> Response:
        """Cancel a job."""
        return await run_in_threadpool(self._move, self._find(request), self._lifecycle.cancel, "cancelled")

    async def pause(self, request: Request) -> Response:
        """Pause a job."""
        return await run_in_threadpool(self._move, self._find(request), self._lifecycle.pause, "paused")

    async def resume(self, request: Request) -> Response:
        """Resume a paused job."""
        return await run_in_threadpool(self._move, self._find(request), self._lifecycle.resume, "resumed")

    def _move(self, job: JobRecord, move: Callable[[JobRecord], bool], done: str) -> Response:
        if not move(job):
            status = self._lifecycle.status(job.id)
            over = status not in UNFINISHED
            raise invalid_request(
                f"Job {job.id} cannot be {done}: it is {status}{' already' if over else ''}.",
                code="job_already_finished" if over else "invalid_job_status",
            )
        self._wake()
        moved = self._lifecycle.get(job.id)
        assert moved is not None  # jobs are never deleted
        return JSONResponse(job_body(moved))

    async def events(self, request: Request) -> Response:
        """List the events of a job, newest first."""
        job, query = self._find(request), read_query(request, _EventsQuery)
        self._check_after(EventRecord, query.after, job)
        found, more = events_page(self._store.db, job.id, after=query.after, limit=query.limit)
        return JSONResponse(page_body([event_body(event) for event in found], more))

    async def checkpoints(self, request: Request) -> Response:
        """List the checkpoints of a job that has succeeded, newest first."""
        job, query = self._find(request), read_query(request, _CheckpointsQuery)
        self._check_after(CheckpointRecord, query.after, job)
        found, more = checkpoints_page(self._store.db, job.id, after=query.after, limit=query.limit)
        return JSONResponse(bounded_page_body([checkpoint_body(point) for point in found], more, empty=None))

    def _find(self, request: Request, id_: str | None = None, param: str = "fine_tune_id") -> JobRecord:
        """Find one of the caller's jobs: the one in the path, or the one with this id."""
        id_ = request.path_params["id"] if id_ is None else id_
        job = self._lifecycle.get(id_)
        if job is None or job.owner != owner_of(request):
            raise not_found(f"Could not find fine tune: {id_}", param=param, code="fine_tune_not_found")
        return job

    def _check_after(self, kind: type[EventRecord | CheckpointRecord], after: str | None, job: JobRecord) -> None:
        if after is not None and not is_of_job(self._store.db, kind, after, job.id):
            raise not_found(f"Nothing in this list has the id {after}", param="after")
