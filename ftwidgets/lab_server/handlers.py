"""The routes under `/ftwidgets`: for users who are logged in to Jupyter, the sandbox's API, passed on to the process beside it.

Jupyter Server checks who asks, and that it is no page of another origin. No page sees the key of the process beside it.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable
from contextlib import suppress
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

import tornado.iostream
import tornado.web
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.simple_httpclient import HTTPStreamClosedError, SimpleAsyncHTTPClient

from ftwidgets.lab_server.overview import Overview
from ftwidgets.lab_server.supervisor import ProcessError, Supervisor

TIMEOUT = 3600.0  # seconds for one answer, such as a long stream
MAX_ANSWER = 512 * 1024 * 1024  # bytes, of a file's content
CHANGES_EVERY = 1.0  # seconds between two looks for changes
PING_EVERY = 15.0  # seconds without a change after which a stream says that it is there: proxies close silent ones
_PASSED_ON = ("Content-Type", "Accept", "Idempotency-Key")
_PASSED_BACK = ("Content-Type", "Content-Disposition", "Retry-After", "X-Request-Id", "X-Should-Retry", "Openai-Processing-Ms")


class FtwidgetsHandler(APIHandler):
    """What the handlers have in common: who may ask, and the process beside the server."""

    auth_resource = "ftwidgets"
    _hung_up = False

    def on_connection_close(self) -> None:
        """Remember that the page is gone: nothing more is sent."""
        self._hung_up = True
        super().on_connection_close()

    @property
    def supervisor(self) -> Supervisor:
        """The process beside the server."""
        supervisor: Supervisor = self.settings["ftwidgets_supervisor"]
        return supervisor

    async def overview(self) -> dict[str, Any]:
        """Read the overview, with what an extension of another version has to know."""
        overview: Overview = self.settings["ftwidgets_overview"]
        found = await asyncio.to_thread(overview.read)
        return {"version": version("ftwidgets"), "home": str(self.supervisor.home)} | found


class StatusHandler(FtwidgetsHandler):
    """`GET /ftwidgets/status`: the version, the state folder, and whether the process beside the server is there."""

    @tornado.web.authenticated
    @authorized
    def get(self) -> None:
        """Answer without starting the process."""
        supervisor = self.supervisor
        self.finish({"version": version("ftwidgets"), "home": str(supervisor.home), "running": supervisor.is_running})


class OverviewHandler(FtwidgetsHandler):
    """`GET /ftwidgets/overview`: jobs with their curves, tuned models and files, read without the process."""

    @tornado.web.authenticated
    @authorized
    async def get(self) -> None:
        """Answer once."""
        self.finish(await self.overview())


class EventsHandler(FtwidgetsHandler):
    """`GET /ftwidgets/events`: the overview as a stream, at once and after every change; a page needs no other request."""

    @tornado.web.authenticated
    @authorized
    async def get(self) -> None:
        """Answer until the page hangs up, or the server stops."""
        self.set_header("Content-Type", "text/event-stream")
        self.set_header("Cache-Control", "no-cache")
        self.set_header("X-Accel-Buffering", "no")  # nginx, as in front of many hubs, would keep the answer back
        overview: Overview = self.settings["ftwidgets_overview"]
        seen: tuple[int, int] | None = None
        last = 0.0
        with suppress(tornado.iostream.StreamClosedError):
            while not self._hung_up:
                found = await asyncio.to_thread(overview.version)
                if found != seen:
                    self.write(f"event: overview\ndata: {json.dumps(await self.overview())}\n\n")
                elif time.monotonic() - last > PING_EVERY:
                    self.write(": nothing new\n\n")
                if found != seen or time.monotonic() - last > PING_EVERY:
                    await self.flush()
                    seen, last = found, time.monotonic()
                await asyncio.sleep(CHANGES_EVERY)


class ApiHandler(FtwidgetsHandler):
    """`/ftwidgets/v1/...`: the API of the sandbox. Answers are passed on piece by piece, so streams arrive as they come."""

    @tornado.web.authenticated
    @authorized
    async def get(self, path: str) -> None:
        """Read jobs, models, files."""
        await self._pass_on(path)

    @tornado.web.authenticated
    @authorized
    async def post(self, path: str) -> None:
        """Launch, cancel, upload, ask."""
        await self._pass_on(path)

    @tornado.web.authenticated
    @authorized
    async def delete(self, path: str) -> None:
        """Delete a file or a tuned model."""
        await self._pass_on(path)

    async def _pass_on(self, path: str) -> None:
        try:
            address = await self.supervisor.address()
        except ProcessError as error:
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, f"ftwidgets cannot start: {error}")
            return
        query = f"?{self.request.query}" if self.request.query else ""
        headers = {name: self.request.headers[name] for name in _PASSED_ON if name in self.request.headers}
        request = HTTPRequest(
            f"{address.url}/{path}{query}",
            method=self.request.method or "GET",
            headers=headers | {"Authorization": f"Bearer {address.key}"},
            body=self.request.body if self.request.method == "POST" else None,
            request_timeout=TIMEOUT,
            decompress_response=False,
            follow_redirects=False,
            header_callback=self._take_header,
            streaming_callback=self._take_piece,
        )
        try:
            client = SimpleAsyncHTTPClient(force_instance=True, max_body_size=MAX_ANSWER)
            await client.fetch(request, raise_error=False)
        except (HTTPStreamClosedError, HTTPClientError, OSError) as error:
            if self._headers_written:
                self.log.warning("ftwidgets: an answer was cut (%s).", error)
            else:
                self._refuse(HTTPStatus.BAD_GATEWAY, "The process of ftwidgets has ended; ask again, and another starts.")
                return
        if not (self._finished or self._hung_up):
            self.finish()

    def _take_header(self, line: str) -> None:
        if line.startswith("HTTP/"):
            self.set_status(int(line.split()[1]))
            return
        name, _, value = line.strip().partition(": ")
        if name.title() in _PASSED_BACK:
            self.set_header(name.title(), value)

    def _take_piece(self, piece: bytes) -> asyncio.Future[None] | None:
        if self._hung_up:  # what is still written for a page that is gone ends by itself, after some hundred tokens at most
            return None
        self.write(piece)
        return asyncio.ensure_future(_ended(self.flush()))  # newer tornado waits for it before it reads the next piece

    def _refuse(self, status: HTTPStatus, message: str) -> None:
        """Answer in the shape of the API's errors."""
        self.set_status(status)
        self.finish({"error": {"message": message, "type": "server_error", "param": None, "code": None}})


async def _ended(sending: Awaitable[None]) -> None:
    """Wait until a piece has been sent; it does not matter if the page has gone meanwhile."""
    with suppress(tornado.iostream.StreamClosedError):
        await sending
