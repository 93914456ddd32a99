"""A server of the Hub's shape: `resolve` redirects to another host that has the bytes and knows ranges."""

import hashlib
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Hub:
    """What the server has and how it misbehaves; what it was asked for."""

    repository: str
    revision: str
    files: dict[str, bytes]
    address: str = ""
    requests: list[tuple[str, str]] = field(default_factory=list)  # path, range
    cuts: list[int] = field(default_factory=list)  # bytes after which the next answers end
    statuses: list[int] = field(default_factory=list)  # of the next answers, in place of the right one
    sent: dict[str, bytes] = field(default_factory=dict)  # in place of a file's own bytes
    commit: str = ""  # in place of the revision
    digests: dict[str, str] = field(default_factory=dict)  # in place of a file's own
    ranges: bool = True


class _Handler(BaseHTTPRequestHandler):
    hub: Hub

    def do_GET(self) -> None:
        hub, asked = self.hub, self.headers.get("Range", "")
        hub.requests.append((self.path, asked))
        if hub.statuses and (status := hub.statuses.pop(0)):
            return self._answer(status, {"Retry-After": "7"} if status == 429 else {}, b"a page of HTML")
        found = re.fullmatch(rf"/{hub.repository}/resolve/{hub.revision}/(.+)", self.path)
        if found and found[1] in hub.files:
            return self._resolve(found[1])
        if self.path.startswith("/cdn/") and self.path[5:] in hub.files:
            return self._send(self.path[5:], asked)
        return self._answer(404, {}, b"Entry not found")

    def _resolve(self, name: str) -> None:
        """Small files come at once; large ones from the other host, with what the Hub knows of them."""
        digest = self.hub.digests.get(name) or hashlib.sha256(self.hub.files[name]).hexdigest()
        commit = {"X-Repo-Commit": self.hub.commit or self.hub.revision}
        if name.endswith(".json"):
            self._answer(200, {**commit, "ETag": '"0123456789012345678901234567890123456789"'}, self.hub.files[name])
        else:
            other_host = self.hub.address.replace("127.0.0.1", "localhost")
            size = str(len(self.hub.files[name]))
            known = {"X-Linked-ETag": f'"{digest}"', "X-Linked-Size": size, "Location": f"{other_host}/cdn/{name}"}
            self._answer(302, {**commit, **known}, b"")

    def _send(self, name: str, asked: str) -> None:
        content = self.hub.sent.get(name, self.hub.files[name])
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked and self.hub.ranges else 0
        if start >= len(content):
            return self._answer(416, {"Content-Range": f"bytes */{len(content)}"}, b"")
        extent = {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"} if start else {}
        return self._answer(206 if start else 200, extent, content[start:], self.hub.cuts.pop(0) if self.hub.cuts else None)

    def _answer(self, status: int, headers: dict[str, str], body: bytes, cut: int | None = None) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body if cut is None else body[:cut])
        self.close_connection = True

    def log_message(self, *args: object) -> None:
        """Print nothing."""


@contextmanager
def serve(hub: Hub) -> Iterator[Hub]:
    """Serve the hub on a free port as long as the block runs."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": hub}))
    hub.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
