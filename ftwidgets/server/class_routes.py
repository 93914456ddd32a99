"""The routes under `/admin/class`: who is in it, what they use; pause it; cancel somebody's jobs; remove one, or all.

They take the teacher's key, as the API does, and answer with JSON; to anybody else they do not exist.
Left out: marks, lessons, who may come (`pages`).
"""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ftwidgets.sandbox.api.auth import Authenticator
from ftwidgets.sandbox.api_errors import ApiError, missing
from ftwidgets.sandbox.store.records import UNFINISHED, JobRecord
from ftwidgets.sandbox.store.store import Store
from ftwidgets.sandbox.training.lifecycle import Ledger
from ftwidgets.server.delete_user import remove_all
from ftwidgets.server.quotas import Usage
from ftwidgets.server.users import Holder, Register


class Classroom:
    """What a teacher can do.

    Parameters
    ----------
    authenticator
        Tells a teacher from others.
    register
        Who is in the class.
    store
        What they have.
    usage
        How much of it.
    """

    def __init__(self, authenticator: Authenticator, register: Register, store: Store, usage: Usage) -> None:
        self._authenticator, self._register, self._store, self._usage = authenticator, register, store, usage

    def routes(self) -> list[Route]:
        """List the routes."""
        return [
            Route("/admin/class", self.show, methods=["GET"]),
            Route("/admin/class", self.empty, methods=["DELETE"]),
            Route("/admin/class/pause", self.pause, methods=["POST"]),
            Route("/admin/class/resume", self.resume, methods=["POST"]),
            Route("/admin/class/students/{owner}", self.remove, methods=["DELETE"]),
            Route("/admin/class/students/{owner}/cancel", self.cancel, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """List everybody and what they use."""
        self._check(request)
        return await run_in_threadpool(self._show)

    async def pause(self, request: Request) -> Response:
        """Let nobody make anything new; jobs that are there go on."""
        return self._pause(request, True)

    async def resume(self, request: Request) -> Response:
        """Let everybody go on."""
        return self._pause(request, False)

    async def remove(self, request: Request) -> Response:
        """Remove one student and everything of theirs."""
        holder = self._student_of(request)
        return JSONResponse(await run_in_threadpool(self._remove, holder))

    async def cancel(self, request: Request) -> Response:
        """Cancel the jobs of one student that are not over; everything else stays."""
        holder = self._student_of(request)
        cancelled = await run_in_threadpool(self._cancel, holder.owner)
        return JSONResponse({"id": holder.owner, "object": "student", "cancelled": cancelled})

    async def empty(self, request: Request) -> Response:
        """Remove all students and everything of theirs."""
        self._check(request)
        students = [holder for holder in self._register.holders() if not holder.admin]
        removed = [await run_in_threadpool(self._remove, holder) for holder in students]
        return JSONResponse({"object": "list", "data": removed})

    def _student_of(self, request: Request) -> Holder:
        """Find the student that the path names, for a teacher."""
        self._check(request)
        owner = request.path_params["owner"]
        holder = self._register.get(owner)
        if holder is None or holder.admin:
            raise missing(f"No student has the short name {owner}. GET /admin/class lists them.", param="owner")
        return holder

    def _cancel(self, owner: str) -> list[str]:
        ledger = Ledger(self._store)
        jobs = self._store.db.select(JobRecord, "owner = ?", (owner,))
        return [job.id for job in jobs if job.status in UNFINISHED and ledger.cancel(job)]

    def _pause(self, request: Request, paused: bool) -> Response:
        self._check(request)
        self._register.pause(paused)
        return JSONResponse({"object": "class", "paused": paused})

    def _show(self) -> Response:
        students = [self._student(holder) for holder in self._register.holders()]
        return JSONResponse({"object": "class", "paused": self._register.paused, "students": students})

    def _student(self, holder: Holder) -> dict[str, Any]:
        owner, usage = holder.owner, self._usage
        return {
            "id": owner,
            "name": holder.name,
            "admin": holder.admin,
            "has_key": holder.digest is not None,
            "created_at": holder.since,
            "files": usage.files(owner),
            "bytes": usage.stored(owner),
            "unfinished_jobs": usage.jobs(owner),
            "tokens": usage.tokens(owner),
        }

    def _remove(self, holder: Holder) -> dict[str, Any]:
        self._register.forget(holder.owner)  # first, so that nothing new comes in
        return {"id": holder.owner, "object": "student", "deleted": True, "records": remove_all(self._store, holder.owner)}

    def _check(self, request: Request) -> None:
        caller = self._authenticator.authenticate(request.headers)
        request.scope["caller"] = caller
        if not caller.admin:
            raise ApiError(404, f"Invalid URL ({request.method} {request.url.path}). This sandbox does not serve it.")
