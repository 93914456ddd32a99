"""How much one key may have: the limits, what an owner has of each, and the refusal of what would be too much.

What is on its way counts as if it were there already, so many requests at once get no further than one after another.
Generated tokens are counted when they have been written, trained ones when their job is over: the last request or job may go
beyond the limit, the next one is refused. 413 and 429 with `insufficient_quota` are the service's, the codes
`storage_limit_exceeded` and `class_paused` our own. Left out: reading requests (`intake`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ftwidgets.sandbox.api_errors import ApiError
from ftwidgets.sandbox.store.store import Store
from ftwidgets.server.users import Register

MEBI = 1 << 20

QUOTA = (
    "You exceeded your current quota, please check your plan and billing details. This server gives each key {most} tokens, "
    "trained and written; {used} are used. Ask whoever runs it for more."
)
JOBS = (
    "This fine-tune request has been rate-limited. You have {used} unfinished jobs, and each key may have {most} at a time. "
    "Wait until one has ended, or cancel one."
)
MODELS = (
    "You have the tuned models of {used} jobs, and each key may keep those of {most}. Delete some: client.models.delete(...)."
)
FILES = (
    "You have {used} files, uploads that are not complete among them, and each key may have {most}. "
    "Delete some: client.files.delete(...), or cancel an upload: client.uploads.cancel(...)."
)
BYTES = (
    "Your files have {used} bytes, this one would make it {more}, and each key may store {most}. "
    "Delete some: client.files.delete(...)."
)
PAUSED = "The class is paused: what there is can be looked at, nothing new can be made. Wait until it goes on."

_OPEN = "owner = ? AND status = 'pending'"
_UNFINISHED = "status IN ('validating_files', 'queued', 'running', 'paused')"


@dataclass(frozen=True)
class Limits:
    """How much one key may have, and how large one request may be. None: as much as they like.

    Parameters
    ----------
    body
        Bytes of one request's body, where it uploads a file or a part of one.
    text
        Bytes of any other request's body.
    files, stored
        Files, and the bytes of all of them and of the parts of unfinished uploads.
    models
        Jobs whose tuned models (one an epoch, at most three) are kept.
    jobs
        Jobs that are not over.
    tokens
        Tokens trained and written, all together.
    job_tokens
        Tokens that one job trains in all its epochs; this one holds for a teacher too.
    at_once
        Requests that are being answered at the same time.
    requests
        Requests a minute.
    """

    body: int = 64 * MEBI
    text: int = 2 * MEBI
    files: int | None = 200
    stored: int | None = 256 * MEBI
    models: int | None = 30
    jobs: int | None = 10
    tokens: int | None = 20_000_000
    job_tokens: int | None = 1_000_000
    at_once: int | None = 16
    requests: int | None = None


class Usage:
    """What each owner has, held against the limits.

    Parameters
    ----------
    store
        The sandbox's records.
    register
        Who has a key, and how many tokens were written for them.
    limits
        What each key may have.
    """

    def __init__(self, store: Store, register: Register, limits: Limits) -> None:
        self._db = store.db
        self._register = register
        self.limits = limits
        self._coming_files: Counter[str] = Counter()
        self._coming_bytes: Counter[str] = Counter()
        self._coming_jobs: Counter[str] = Counter()

    def files(self, owner: str) -> int:
        """Count an owner's files, and the uploads that may still become one."""
        files = self._db.value("SELECT count(*) FROM files WHERE owner = ?", (owner,))
        return int(files) + int(self._db.value(f"SELECT count(*) FROM uploads WHERE {_OPEN}", (owner,)))

    def stored(self, owner: str) -> int:
        """Add up the bytes of an owner's files and of the parts of uploads that are not complete."""
        files = self._db.value("SELECT sum(bytes) FROM files WHERE owner = ?", (owner,))
        parts = self._db.value(
            f"SELECT sum(bytes) FROM parts WHERE upload_id IN (SELECT id FROM uploads WHERE {_OPEN})", (owner,)
        )
        return int(files or 0) + int(parts or 0)

    def jobs(self, owner: str) -> int:
        """Count an owner's jobs that are not over."""
        return int(self._db.value(f"SELECT count(*) FROM jobs WHERE owner = ? AND {_UNFINISHED}", (owner,)))

    def models(self, owner: str) -> int:
        """Count an owner's jobs of which at least one tuned model is kept."""
        return int(self._db.value("SELECT count(DISTINCT job_id) FROM models WHERE owner = ?", (owner,)))

    def tokens(self, owner: str) -> int:
        """Count the tokens trained and written for an owner."""
        trained = self._db.value("SELECT sum(trained_tokens) FROM jobs WHERE owner = ?", (owner,))
        return int(trained or 0) + self._register.generated(owner)

    @contextmanager
    def storing(self, owner: str, size: int, *, makes_file: bool) -> Iterator[None]:
        """Keep room for bytes that come in; refuse them where there is none."""
        used, most = self.files(owner) + self._coming_files[owner], self.limits.files
        if makes_file and most is not None and used >= most:
            raise _full(FILES.format(used=used, most=most))
        used, most = self.stored(owner) + self._coming_bytes[owner], self.limits.stored
        if most is not None and used + size > most:
            raise _full(BYTES.format(used=used, more=used + size, most=most))
        with _coming(self._coming_bytes, owner, size), _coming(self._coming_files, owner, int(makes_file)):
            yield

    @contextmanager
    def training(self, owner: str) -> Iterator[None]:
        """Keep a place for a job; refuse it where there is none, or no tokens are left."""
        self.check_tokens(owner)
        used, most = self.jobs(owner) + self._coming_jobs[owner], self.limits.jobs
        if most is not None and used >= most:
            raise ApiError(429, JOBS.format(used=used, most=most), code="rate_limit_exceeded")
        kept, most = self.models(owner), self.limits.models
        if most is not None and kept + used >= most:
            raise _full(MODELS.format(used=kept, most=most))
        with _coming(self._coming_jobs, owner, 1):
            yield

    def check_tokens(self, owner: str) -> None:
        """Refuse whoever has used up their tokens."""
        if self.limits.tokens is None:
            return
        used = self.tokens(owner)
        if used >= self.limits.tokens:
            message = QUOTA.format(used=used, most=self.limits.tokens)
            raise ApiError(429, message, code="insufficient_quota", kind="insufficient_quota")


def _full(message: str) -> ApiError:
    return ApiError(403, message, code="storage_limit_exceeded")


@contextmanager
def _coming(counter: Counter[str], owner: str, amount: int) -> Iterator[None]:
    counter[owner] += amount
    try:
        yield
    finally:
        counter[owner] -= amount
        if not counter[owner]:
            del counter[owner]
