"""The routes under `/models`: list, look, delete. Left out: nothing that the service has."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ftwidgets.sandbox.api.auth import owner_of
from ftwidgets.sandbox.api.bodies import deleted_body
from ftwidgets.sandbox.api.params import Query
from ftwidgets.sandbox.api_errors import ApiError
from ftwidgets.sandbox.inference.catalog import BASES, Catalog


class Models:
    """The models of a catalog, as the API offers them."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def routes(self) -> list[Route]:
        """List the routes; a name may hold a slash, which no model here has, but the answer should say so."""
        return [
            Route("/models", self.list, methods=["GET"]),
            Route("/models/{name:path}", self.retrieve, methods=["GET"]),
            Route("/models/{name:path}", self.delete, methods=["DELETE"]),
        ]

    async def list(self, request: Request) -> Response:
        """List every model, on one page."""
        Query(request).done()
        return JSONResponse({"object": "list", "data": self._catalog.bodies(owner_of(request))})

    async def retrieve(self, request: Request) -> Response:
        """Show one model."""
        return JSONResponse(self._catalog.body(request.path_params["name"], owner_of(request)))

    def delete(self, request: Request) -> Response:
        """Forget a tuned model; with the final one of a job its checkpoints."""
        name = request.path_params["name"]
        if name in BASES:
            message = f"You cannot delete {name}: it is a base model, and it is part of the package."
            raise ApiError(403, message, code="model_not_deletable")
        self._catalog.forget(name, owner_of(request))
        return JSONResponse(deleted_body(name, "model"))
