"""The limits of one key: what an owner has of each, and the error for what would be too much.

What is on its way counts as if it were there already, so many requests at once get no further than one after another.
Generated tokens are counted when they have been written, trained ones when their job has ended: the last request or job may
exceed the limit, the next one is rejected. 413 and 429 with `insufficient_quota` are the service's; the codes
`storage_limit_exceeded` and `class_paused` are our own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ftwidgets.sandbox.api_errors import ApiError
from ftwidgets.sandbox.store.owners import count_files, count_jobs_with_models, stored_bytes
from ftwidgets.sandbox.store.records import UNFINISHED, JobRecord
from ftwidgets.sandbox.store.store import Store
from ftwidgets.server.users import UserRegistry

MEBI = 1 << 20

QUOTA = (
    "You exceeded your current quota, please check your plan and billing details. This server gives each key {limit} tokens, "
    "trained and written; {used} are used. Ask whoever runs it for more."
)
JOBS = (
    "This fine-tune request has been rate-limited. You have {used} unfinished jobs, and each key may have {limit} at a time. "
    "Wait until one has ended, or cancel one."
)
MODELS = (
    "You have the tuned models of {used} jobs, and each key may keep those of {limit}. Delete some: client.models.delete(...)."
)
FILES = (
    "You have {used} files, uploads that are not complete among them, and each key may have {limit}. "
    "Delete some: client.files.delete(...), or cancel an upload: client.uploads.cancel(...)."
)
BYTES = (
    "Your files have {used} bytes, this one would make it {total}, and each key may store {limit}. "
    "Delete some: client.files.delete(...)."
)
PAUSED = "The class is paused: you can look at what you have, but not make anything new. Wait until the class goes on."


@dataclass(frozen=True)
class Limits:
    """How much one key may have, and how large one request may be. None: no limit.

    Parameters
    ----------
    body
        Bytes of one request's body, if it uploads a file or a part of one.
    text
        Bytes of any other request's body.
    files, stored
        Files, and the bytes of all files and of the parts of pending uploads.
    models
        Jobs whose tuned models (one an epoch, at most three) are kept.
    jobs
        Unfinished jobs.
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


class Quotas:
    """Compares what each owner has with the limits.

    Parameters
    ----------
    store
        The sandbox's records.
    users
        Knows how many tokens were written for each user.
    limits
        What each key may have.
    """

    def __init__(self, store: Store, users: UserRegistry, limits: Limits) -> None:
        self._db = store.db
        self._users = users
        self.limits = limits
        self._incoming_files: Counter[str] = Counter()
        self._incoming_bytes: Counter[str] = Counter()
        self._incoming_jobs: Counter[str] = Counter()

    def files(self, owner: str) -> int:
        """Count an owner's files, and the pending uploads that may become one."""
        return count_files(self._db, owner)

    def stored_bytes(self, owner: str) -> int:
        """Add up the bytes of an owner's files and of the parts of pending uploads."""
        return stored_bytes(self._db, owner)

    def unfinished_jobs(self, owner: str) -> int:
        """Count an owner's jobs that have not ended."""
        return self._db.count(JobRecord, owner=owner, status=UNFINISHED)

    def tokens(self, owner: str) -> int:
        """Count the tokens trained and written for an owner."""
        return self._db.total(JobRecord, "trained_tokens", owner=owner) + self._users.tokens_written(owner)

    @contextmanager
    def reserve_storage(self, owner: str, size: int, *, makes_file: bool) -> Iterator[None]:
        """Reserve room for a file and for bytes that come in, or raise the 403."""
        used, limit = self.files(owner) + self._incoming_files[owner], self.limits.files
        if makes_file and limit is not None and used >= limit:
            raise _storage_limit_exceeded(FILES.format(used=used, limit=limit))
        used, limit = self.stored_bytes(owner) + self._incoming_bytes[owner], self.limits.stored
        if limit is not None and used + size > limit:
            raise _storage_limit_exceeded(BYTES.format(used=used, total=used + size, limit=limit))
        with _reserve(self._incoming_bytes, owner, size), _reserve(self._incoming_files, owner, int(makes_file)):
            yield

    @contextmanager
    def reserve_job(self, owner: str) -> Iterator[None]:
        """Reserve a place for a job, or raise the 429 or 403: too many jobs or models, or no tokens left."""
        self.check_tokens(owner)
        used, limit = self.unfinished_jobs(owner) + self._incoming_jobs[owner], self.limits.jobs
        if limit is not None and used >= limit:
            raise ApiError(429, JOBS.format(used=used, limit=limit), code="rate_limit_exceeded")
        kept, limit = count_jobs_with_models(self._db, owner), self.limits.models
        if limit is not None and kept + used >= limit:
            raise _storage_limit_exceeded(MODELS.format(used=kept, limit=limit))
        with _reserve(self._incoming_jobs, owner, 1):
            yield

    def check_tokens(self, owner: str) -> None:
        """Raise the 429 if an owner's tokens are used up."""
        if self.limits.tokens is None:
            return
        used = self.tokens(owner)
        if used >= self.limits.tokens:
            message = QUOTA.format(used=used, limit=self.limits.tokens)
            raise ApiError(429, message, code="insufficient_quota", kind="insufficient_quota")


def _storage_limit_exceeded(message: str) -> ApiError:
    return ApiError(403, message, code="storage_limit_exceeded")


@contextmanager
def _reserve(counter: Counter[str], owner: str, amount: int) -> Iterator[None]:
    """Count an amount for an owner while the request lasts."""
    counter[owner] += amount
    try:
        yield
    finally:
        counter[owner] -= amount
        if not counter[owner]:
            del counter[owner]
