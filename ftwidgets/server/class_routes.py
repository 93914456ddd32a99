"""The routes under `/admin/class`: list the class and its usage, pause it, cancel a student's jobs, remove students.

They answer with JSON and need a teacher's key, as the API needs a key; to anybody else they do not exist. Removing a student
cancels their jobs first: a trainer notices that at its next step. If that takes too long, what it still writes is deleted the
next time the sandbox opens.
"""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ftwidgets.sandbox.api.auth import Authenticator
from ftwidgets.sandbox.api_errors import ApiError, not_found
from ftwidgets.sandbox.store.lock import process_lock
from ftwidgets.sandbox.store.owners import count_files, delete_owner, stored_bytes
from ftwidgets.sandbox.store.records import UNFINISHED, JobRecord
from ftwidgets.sandbox.store.store import Store
from ftwidgets.sandbox.training.lifecycle import JobLifecycle
from ftwidgets.server.quotas import Quotas
from ftwidgets.server.users import User, UserRegistry

CANCEL_TIMEOUT, POLL = 10.0, 0.05  # seconds; a training step takes a fraction of one


class ClassRoutes:
    """What a teacher can do with a class; the authenticator tells teachers from students."""

    def __init__(self, authenticator: Authenticator, users: UserRegistry, store: Store, quotas: Quotas) -> None:
        self._authenticator, self._users, self._store, self._quotas = authenticator, users, store, quotas

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/admin/class", self.show, methods=["GET"]),
            Route("/admin/class", self.remove_all, methods=["DELETE"]),
            Route("/admin/class/pause", self.pause, methods=["POST"]),
            Route("/admin/class/resume", self.resume, methods=["POST"]),
            Route("/admin/class/students/{owner}", self.remove, methods=["DELETE"]),
            Route("/admin/class/students/{owner}/cancel", self.cancel, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """List everybody in the class and what they use."""
        self._require_teacher(request)

        def list_students() -> list[dict[str, Any]]:
            return [
                {
                    "id": user.owner,
                    "name": user.name,
                    "admin": user.admin,
                    "has_key": user.digest is not None,
                    "created_at": user.since,
                    "files": count_files(self._store.db, user.owner),
                    "bytes": stored_bytes(self._store.db, user.owner),
                    "unfinished_jobs": self._quotas.unfinished_jobs(user.owner),
                    "tokens": self._quotas.tokens(user.owner),
                }
                for user in self._users.all()
            ]

        students = await run_in_threadpool(list_students)
        return JSONResponse({"object": "class", "paused": self._users.paused, "students": students})

    async def pause(self, request: Request) -> Response:
        """Stop everybody from making anything new; jobs go on."""
        return self._set_paused(request, True)

    async def resume(self, request: Request) -> Response:
        """End a pause."""
        return self._set_paused(request, False)

    async def remove(self, request: Request) -> Response:
        """Remove one student and everything they have."""
        student = self._find_student(request)
        return JSONResponse(await run_in_threadpool(self._remove, student))

    async def cancel(self, request: Request) -> Response:
        """Cancel one student's unfinished jobs; everything else stays."""
        student = self._find_student(request)

        def cancel_jobs() -> list[str]:
            lifecycle = JobLifecycle(self._store)
            jobs = self._store.db.select(JobRecord, owner=student.owner, status=UNFINISHED)
            return [job.id for job in jobs if lifecycle.cancel(job)]

        cancelled = await run_in_threadpool(cancel_jobs)
        return JSONResponse({"id": student.owner, "object": "student", "cancelled": cancelled})

    async def remove_all(self, request: Request) -> Response:
        """Remove all students and everything they have."""
        self._require_teacher(request)
        students = [user for user in self._users.all() if not user.admin]
        removed = [await run_in_threadpool(self._remove, student) for student in students]
        return JSONResponse({"object": "list", "data": removed})

    def _find_student(self, request: Request) -> User:
        """Find the student that the path names, for a teacher."""
        self._require_teacher(request)
        owner = request.path_params["owner"]
        user = self._users.get(owner)
        if user is None or user.admin:
            raise not_found(f"No student has the short name {owner}. GET /admin/class lists them.", param="owner")
        return user

    def _set_paused(self, request: Request, paused: bool) -> Response:
        self._require_teacher(request)
        self._users.set_paused(paused)
        return JSONResponse({"object": "class", "paused": paused})

    def _remove(self, user: User) -> dict[str, Any]:
        self._users.remove(user.owner)  # first, so that no new request comes in
        deleted = delete_user_data(self._store, user.owner)
        return {"id": user.owner, "object": "student", "deleted": True, "records": deleted}

    def _require_teacher(self, request: Request) -> None:
        caller = self._authenticator.authenticate(request.headers)
        request.scope["caller"] = caller
        if not caller.admin:
            raise ApiError(404, f"Invalid URL ({request.method} {request.url.path}). This sandbox does not serve it.")


def delete_user_data(store: Store, owner: str) -> int:
    """Cancel an owner's jobs, delete everything the owner has, and return the number of deleted records."""
    lifecycle = JobLifecycle(store)
    for job in store.db.select(JobRecord, owner=owner, status=UNFINISHED):
        lifecycle.cancel(job)
        deadline = store.clock.monotonic() + CANCEL_TIMEOUT
        while store.job_folder(job.id).is_dir() and store.clock.monotonic() < deadline:
            with process_lock(lifecycle.lock_path(job.id)) as acquired:
                if acquired:  # no trainer holds it any more
                    break
            store.clock.sleep(POLL)
        lifecycle.clean_up(job)
    return delete_owner(store, owner)
