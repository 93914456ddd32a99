"""The routes under `/fine_tuning/jobs`: create, look, list, cancel; events and checkpoints.

Left out: pause and resume; tuning by preferences or reinforcement, which is refused by name.
"""

from __future__ import annotations

import re
import secrets
import time
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ftwidgets.sandbox.catalog import HINT, Catalog
from ftwidgets.sandbox.errors import missing, refused
from ftwidgets.sandbox.ids import new_id
from ftwidgets.sandbox.ledger import Ledger
from ftwidgets.sandbox.params import Params, Query, body_params
from ftwidgets.sandbox.records import UNFINISHED, CheckpointRecord, EventRecord, JobRecord
from ftwidgets.sandbox.runner import Runner
from ftwidgets.sandbox.schemas import bounded_page_body, checkpoint_body, event_body, job_body, page_body
from ftwidgets.sandbox.store import Store

MOST = 10000  # items on a page
LARGEST_SEED = 2**31 - 1
AUTO = dict.fromkeys(("n_epochs", "batch_size", "learning_rate_multiplier"), "auto")


class Jobs:
    """Fine-tuning jobs, as the API offers them."""

    def __init__(self, store: Store, ledger: Ledger, runner: Runner, catalog: Catalog) -> None:
        self._store = store
        self._ledger = ledger
        self._runner = runner
        self._catalog = catalog

    def routes(self) -> list[Route]:
        """List the routes."""
        jobs = "/fine_tuning/jobs"
        return [
            Route(jobs, self.create, methods=["POST"]),
            Route(jobs, self.list, methods=["GET"]),
            Route(jobs + "/{id}", self.retrieve, methods=["GET"]),
            Route(jobs + "/{id}/cancel", self.cancel, methods=["POST"]),
            Route(jobs + "/{id}/events", self.events, methods=["GET"]),
            Route(jobs + "/{id}/checkpoints", self.checkpoints, methods=["GET"]),
        ]

    async def create(self, request: Request) -> Response:
        """Take in a job."""
        job = _job(await body_params(request))
        return await run_in_threadpool(self._create, job)

    def _create(self, job: JobRecord) -> Response:
        if not self._catalog.knows(job.model):
            raise refused(
                f"Model {job.model} is not available for fine-tuning or does not exist. {HINT}",
                code="model_not_available",
            )
        for param in ("training_file", "validation_file"):
            self._check_file(getattr(job, param), param)
        try:
            self._ledger.create(job)
        except FileNotFoundError as error:  # deleted between the check and the copy
            message = f"A file of this job has just been deleted: {job.training_file}, {job.validation_file}."
            raise refused(message, code="file_not_found") from error
        self._runner.wake()
        return JSONResponse(job_body(job))

    def _check_file(self, id_: str | None, param: str) -> None:
        record = None if id_ is None else self._store.file(id_)
        if id_ is not None and record is None:
            raise refused(
                f"File '{id_}' does not exist. Upload it with purpose 'fine-tune' and use the id you get.",
                param=param,
                code="file_not_found",
            )
        if record is not None and record.purpose != "fine-tune":
            raise refused(
                f"File '{id_}' has the purpose '{record.purpose}'; a job needs one uploaded with purpose 'fine-tune'.",
                param=param,
                code="invalid_file_purpose",
            )

    def list(self, request: Request) -> Response:
        """List jobs, newest first, perhaps only those with certain metadata."""
        query = Query(request)
        after, limit = query.text("after"), query.whole("limit", 20, most=MOST)
        wanted, none_wanted = query.keyed("metadata"), query.choice("metadata", ("null",))
        query.done()
        where = "metadata IS NULL" if none_wanted else "1"
        values: list[Any] = []
        for pair in wanted.items():
            where += " AND EXISTS (SELECT 1 FROM json_each(jobs.metadata) WHERE key = ? AND value = ?)"
            values += pair
        if after is not None:
            self._find(after, "after")
        found, more = self._store.db.page(JobRecord, where, values, after=after, newest=True, limit=limit)
        return JSONResponse(page_body([job_body(job) for job in found], more))

    def retrieve(self, request: Request) -> Response:
        """Show one job."""
        job = self._find(request.path_params["id"])
        if job.status in UNFINISHED:
            self._runner.wake()  # whoever watches a job sees to it that somebody works on it
        return JSONResponse(job_body(job))

    def cancel(self, request: Request) -> Response:
        """Stop one job."""
        job = self._find(request.path_params["id"])
        if not self._ledger.cancel(job):
            status = self._ledger.status(job.id)
            raise refused(f"Job {job.id} cannot be cancelled: it is {status} already.", code="job_already_finished")
        return JSONResponse(job_body(self._find(job.id)))

    def events(self, request: Request) -> Response:
        """List the log of a job, newest line first."""
        job, query = self._find(request.path_params["id"]), Query(request)
        after, limit = query.text("after"), query.whole("limit", 20, most=MOST)
        query.done()
        self._check_after(EventRecord, after)
        found, more = self._store.db.page(EventRecord, "job_id = ?", (job.id,), after=after, newest=True, limit=limit)
        return JSONResponse(page_body([event_body(event) for event in found], more))

    def checkpoints(self, request: Request) -> Response:
        """List the checkpoints of a job that has succeeded, newest first."""
        job, query = self._find(request.path_params["id"]), Query(request)
        after, limit = query.text("after"), query.whole("limit", 10, most=MOST)
        query.done()
        self._check_after(CheckpointRecord, after)
        where = "job_id = ? AND published"
        found, more = self._store.db.page(CheckpointRecord, where, (job.id,), after=after, newest=True, limit=limit)
        return JSONResponse(bounded_page_body([checkpoint_body(point) for point in found], more, empty=None))

    def _find(self, id_: str, param: str = "fine_tune_id") -> JobRecord:
        job = self._ledger.get(id_)
        if job is None:
            raise missing(f"Could not find fine tune: {id_}", param=param, code="fine_tune_not_found")
        return job

    def _check_after(self, kind: type[EventRecord | CheckpointRecord], after: str | None) -> None:
        if after is not None and self._store.db.get(kind, after) is None:
            raise missing(f"Nothing in this list has the id {after}", param="after")


def _job(params: Params) -> JobRecord:
    """Read the parameters of a new job."""
    suffix = params.text("suffix", shortest=1, longest=64)
    if suffix is not None and not re.fullmatch(r"[A-Za-z0-9._-]+", suffix):
        raise refused(
            f"Invalid 'suffix': '{suffix}'. Use letters, digits, '-', '_' and '.' only; it becomes part of a name.",
            param="suffix",
            code="invalid_value",
        )
    seed = params.integer("seed", least=0, most=LARGEST_SEED)
    params.unsupported("integrations", [], instead="Read the job's events for its metrics.")
    job = JobRecord(
        id=new_id("ftjob-"),
        created_at=int(time.time()),
        model=str(params.text("model", required=True)),
        training_file=str(params.text("training_file", required=True)),
        validation_file=params.text("validation_file"),
        suffix=suffix,
        seed=secrets.randbelow(LARGEST_SEED + 1) if seed is None else seed,
        hyperparameters=_hyperparameters(params),
        metadata=params.strings("metadata", pairs=16, key=64, value=512),
    )
    params.done()
    return job


def _hyperparameters(params: Params) -> dict[str, Any]:
    """Read the hyperparameters from `method`, or from where they were before there were methods."""
    old = _settings(params.inner("hyperparameters"))
    method = params.inner("method")
    kind = method.choice("type", ("supervised", "dpo", "reinforcement"))
    method.unsupported("dpo")
    method.unsupported("reinforcement")
    if kind not in (None, "supervised"):
        raise refused(
            f"Unsupported value: 'method.type' is '{kind}'; this sandbox trains with 'supervised' only.",
            param="method.type",
            code="unsupported_value",
        )
    supervised = method.inner("supervised")
    new = _settings(supervised.inner("hyperparameters"))
    supervised.done()
    method.done()
    both = [name for name in old if name in new and old[name] != new[name]]
    if both:
        raise refused(
            f"Invalid 'hyperparameters': '{both[0]}' is {old[both[0]]!r} here and {new[both[0]]!r} in 'method'. "
            "Give it in 'method' only.",
            param=f"hyperparameters.{both[0]}",
        )
    return {**AUTO, **old, **new}


def _settings(params: Params) -> dict[str, Any]:
    """Read what is given of the three hyperparameters; each is "auto" or a number."""
    found = {name: "auto" for name in AUTO if params.auto(name)}
    numbers = {
        "n_epochs": params.integer("n_epochs", least=1, most=50),
        "batch_size": params.integer("batch_size", least=1, most=256),
        "learning_rate_multiplier": params.number("learning_rate_multiplier", more_than=0),
    }
    params.done()
    return {**found, **{name: value for name, value in numbers.items() if value is not None}}
