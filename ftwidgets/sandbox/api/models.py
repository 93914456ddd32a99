"""The routes under `/models`: list, retrieve, delete."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ftwidgets.sandbox.api.auth import owner_of
from ftwidgets.sandbox.api.bodies import ORGANIZATION, Body, deleted_body
from ftwidgets.sandbox.api.request_model import check_no_query
from ftwidgets.sandbox.api_errors import ApiError
from ftwidgets.sandbox.inference.catalog import BASE_CREATED, BASES, Catalog
from ftwidgets.sandbox.store.records import ModelRecord


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
        data = [*map(self._base_body, BASES), *map(self._tuned_body, self._catalog.tuned_models(owner_of(request)))]
        return JSONResponse({"object": "list", "data": data})

    async def retrieve(self, request: Request) -> Response:
        """Return one model's body."""
        name = request.path_params["name"]
        if name in BASES:
            return JSONResponse(self._base_body(name))
        return JSONResponse(self._tuned_body(self._catalog.find(name, owner_of(request))))

    def delete(self, request: Request) -> Response:
        """Delete a tuned model; deleting the final model of a job deletes its checkpoints too."""
        name = request.path_params["name"]
        if name in BASES:
            message = f"You cannot delete {name}: it is a base model, and it is part of the package."
            raise ApiError(403, message, code="model_not_deletable")
        self._catalog.delete(name, owner_of(request))
        return JSONResponse(deleted_body(name, "model"))

    def _base_body(self, name: str) -> Body:
        return self._body(name, BASE_CREATED, "ftwidgets")

    def _tuned_body(self, record: ModelRecord) -> Body:
        return self._body(record.id, record.created_at, ORGANIZATION)

    def _body(self, name: str, created: int, owner: str) -> Body:
        body: Body = {"id": name, "object": "model", "created": created, "owned_by": owner}
        day = self._catalog.retirement.date(name)
        return body if day is None else {**body, "shutdown_date": day.isoformat()}
