"""A small HTTP client for load: prepared requests over kept connections, so that the one who asks is not the bottleneck.

Left out: everything a client for people has: redirects, retries, TLS, decoding.
"""

import asyncio
import json
import re
import time
from dataclasses import dataclass, field
from typing import Any, Self

A_TOKEN = re.compile(rb'"content": ?"[^"]')
Headers = dict[bytes, bytes]


@dataclass
class Answer:
    """What came back: the status, the body, the seconds to the first byte of the body and to its end."""

    status: int
    body: bytes
    first: float
    whole: float

    def json(self) -> Any:
        """Read the body."""
        return json.loads(self.body)


@dataclass
class Connection:
    """A kept connection; one request at a time."""

    host: str
    port: int
    key: str
    reader: asyncio.StreamReader = field(init=False)
    writer: asyncio.StreamWriter = field(init=False)

    async def open(self) -> Self:
        """Connect."""
        self.reader, self.writer = await asyncio.open_connection(self.host, self.port)
        return self

    async def close(self) -> None:
        """Hang up."""
        self.writer.close()
        await self.writer.wait_closed()

    def prepared(self, method: str, path: str, body: bytes = b"", kind: str = "application/json") -> bytes:
        """Write out a request."""
        head = f"{method} /v1{path} HTTP/1.1\r\nhost: {self.host}\r\nauthorization: Bearer {self.key}\r\n"
        if body:
            head += f"content-type: {kind}\r\ncontent-length: {len(body)}\r\n"
        elif method == "POST":
            head += "content-length: 0\r\n"
        return head.encode() + b"\r\n" + body

    async def ask(self, method: str, path: str, body: Any = None) -> Answer:
        """Send JSON, or nothing, and wait for the answer."""
        return await self.send(self.prepared(method, path, b"" if body is None else json.dumps(body).encode()))

    async def upload(self, rows: bytes) -> Answer:
        """Upload a training file."""
        mark = "----part"
        parts = (
            f'--{mark}\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nfine-tune\r\n'
            f'--{mark}\r\ncontent-disposition: form-data; name="file"; filename="rows.jsonl"\r\n\r\n'
        )
        body = parts.encode() + rows + f"\r\n--{mark}--\r\n".encode()
        return await self.send(self.prepared("POST", "/files", body, f"multipart/form-data; boundary={mark}"))

    async def send(self, request: bytes) -> Answer:
        """Send a prepared request and wait for the answer."""
        began = time.perf_counter()
        self.writer.write(request)
        head = await self.reader.readuntil(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        headers: Headers = dict(line.lower().split(b": ", 1) for line in lines[1:-2])
        if headers.get(b"transfer-encoding") == b"chunked":
            body, first = await self._chunks(began)
        else:
            body = await self.reader.readexactly(int(headers.get(b"content-length", b"0")))
            first = time.perf_counter() - began
        return Answer(int(lines[0].split()[1]), body, first, time.perf_counter() - began)

    async def _chunks(self, began: float) -> tuple[bytes, float]:
        """Read a chunked body; a stream's first token is the first chunk that has a content."""
        found, first = [], 0.0
        while size := int((await self.reader.readuntil(b"\r\n")), 16):
            chunk = (await self.reader.readexactly(size + 2))[:-2]
            found.append(chunk)
            if not first and A_TOKEN.search(chunk):
                first = time.perf_counter() - began
        await self.reader.readexactly(2)
        return b"".join(found), first or time.perf_counter() - began
