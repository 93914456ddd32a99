"""The routes under `/models` (list, retrieve, delete), and under `/fine_tuning/checkpoints/.../permissions`.

A permission lets a project use a tuned model. A project is a name here: on a server that of another student, who may then
retrieve, use and fine-tune that checkpoint; only its owner can delete it. The service requires an admin key; here the owner's
key is enough.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ftwidgets.sandbox.api.auth import owner_of
from ftwidgets.sandbox.api.bodies import ORGANIZATION, Body, bounded_page_body, deleted_body
from ftwidgets.sandbox.api.request_model import Count, RequestModel, check_no_query, read_body, read_query
from ftwidgets.sandbox.api_errors import ApiError, not_found
from ftwidgets.sandbox.inference.catalog import BASE_CREATED, BUNDLED, Catalog
from ftwidgets.sandbox.store.queries import find_owned, grant_permissions, permissions_page
from ftwidgets.sandbox.store.records import ModelRecord, PermissionRecord
from ftwidgets.sandbox.store.store import Store
from ftwidgets.sandbox.training.base_facts import base_facts

PERMISSION = "checkpoint.permission"
MOST = 100  # projects at once, and permissions on a page
LONGEST = 256  # characters in the name of a project


class Models:
    """The routes of models."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def routes(self) -> list[Route]:
        """Return the routes; `:path` also matches names with a slash, so that an unknown model is reported as one."""
        return [
            Route("/models", self.list, methods=["GET"]),
            Route("/models/{name:path}", self.retrieve, methods=["GET"]),
            Route("/models/{name:path}", self.delete, methods=["DELETE"]),
        ]

    async def list(self, request: Request) -> Response:
        """List every model, on one page."""
        check_no_query(request)
        bases = [await self._base_body(name) for name in self._catalog.bases()]
        data = [
            *bases,
            *map(self._tuned_body, self._catalog.tuned_models(owner_of(request))),
        ]
        return JSONResponse({"object": "list", "data": data})

    async def retrieve(self, request: Request) -> Response:
        """Return one model's body."""
        name = request.path_params["name"]
        if self._catalog.is_base(name):
            return JSONResponse(await self._base_body(name))
        return JSONResponse(self._tuned_body(self._catalog.find(name, owner_of(request))))

    def delete(self, request: Request) -> Response:
        """Delete a tuned model; deleting the final model of a job deletes its checkpoints too."""
        name = request.path_params["name"]
        if self._catalog.is_base(name):
            how = (
                "it is part of the package"
                if name in BUNDLED
                else f"the person who runs the sandbox can: ftwidgets models remove {name}"
            )
            message = f"You cannot delete {name}: it is a base model, and {how}."
            raise ApiError(403, message, code="model_not_deletable")
        self._catalog.delete(name, owner_of(request))
        return JSONResponse(deleted_body(name, "model"))

    async def _base_body(self, name: str) -> Body:
        body, added = self._body(name, BASE_CREATED, "ftwidgets"), self._catalog.added(name)
        if added is None:
            return body
        try:
            return {**body, "ftwidgets": await run_in_threadpool(base_facts, *added)}
        except (OSError, ValueError):  # its files are damaged or just being removed: a job on it says so
            return body

    def _tuned_body(self, record: ModelRecord) -> Body:
        return self._body(record.id, record.created_at, ORGANIZATION)

    def _body(self, name: str, created: int, owner: str) -> Body:
        body: Body = {"id": name, "object": "model", "created": created, "owned_by": owner}
        day = self._catalog.retirement.date(name)
        return body if day is None else {**body, "shutdown_date": day.isoformat()}


class _PermissionRequest(RequestModel):
    project_ids: Annotated[list[Annotated[str, Field(min_length=1, max_length=LONGEST)]], Field(min_length=1, max_length=MOST)]


class _PermissionsQuery(RequestModel):
    after: str | None = None
    project_id: str | None = None
    order: Literal["ascending", "descending"] = "descending"
    limit: Annotated[Count, Field(le=MOST)] = 10


class Permissions:
    """The routes of checkpoint permissions."""

    def __init__(self, store: Store, catalog: Catalog) -> None:
        self._store = store
        self._catalog = catalog

    def routes(self) -> list[Route]:
        """Return the routes; `:path` also matches names with a slash, so that an unknown model is reported as one."""
        permissions = "/fine_tuning/checkpoints/{name:path}/permissions"
        return [
            Route(permissions, self.create, methods=["POST"]),
            Route(permissions, self.list, methods=["GET"]),
            Route(permissions + "/{id}", self.delete, methods=["DELETE"]),
        ]

    async def create(self, request: Request) -> Response:
        """Let projects use a checkpoint; a project that already may keeps its permission."""
        projects = (await read_body(request, _PermissionRequest)).project_ids
        name, owner = self._checkpoint(request)
        now, ids = int(self._store.clock.time()), self._store.ids
        permissions = [
            PermissionRecord(id=ids.new("cp_"), owner=owner, created_at=now, checkpoint=name, project_id=project)
            for project in dict.fromkeys(projects)
        ]
        granted = await run_in_threadpool(grant_permissions, self._store.db, permissions)
        return JSONResponse(bounded_page_body(list(map(permission_body, granted)), False, empty=None))

    async def list(self, request: Request) -> Response:
        """List the permissions for a checkpoint, newest first by default."""
        name, owner = self._checkpoint(request)
        query = read_query(request, _PermissionsQuery)
        if query.after is not None:
            self._find(query.after, name, owner, "after")
        db, project, newest = self._store.db, query.project_id, query.order == "descending"
        found, more = permissions_page(db, owner, name, project_id=project, after=query.after, newest=newest, limit=query.limit)
        return JSONResponse(bounded_page_body([permission_body(record) for record in found], more, empty=None))

    def delete(self, request: Request) -> Response:
        """Delete a permission."""
        name, owner = self._checkpoint(request)
        record = self._find(request.path_params["id"], name, owner, "permission_id")
        self._store.db.delete(PermissionRecord, record.id)
        return JSONResponse(deleted_body(record.id, PERMISSION))

    def _checkpoint(self, request: Request) -> tuple[str, str]:
        """Return the name of the caller's checkpoint in the path, and its owner."""
        name, owner = request.path_params["name"], owner_of(request)
        return self._catalog.find_owned(name, owner).id, owner

    def _find(self, id_: str, name: str, owner: str, param: str) -> PermissionRecord:
        record = find_owned(self._store.db, PermissionRecord, id_, owner)
        if record is None or record.checkpoint != name:
            raise not_found(f"No such permission for {name}: {id_}", param=param)
        return record


def permission_body(record: PermissionRecord) -> Body:
    """Return the body of a permission."""
    return {"id": record.id, "object": PERMISSION, "created_at": record.created_at, "project_id": record.project_id}
