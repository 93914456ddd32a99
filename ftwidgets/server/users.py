"""The users of a server: who holds a key, how many tokens were written for them, and whether the class is paused.

The registry is `server.sqlite` in the state folder, beside the sandbox's own records, so everything survives a restart. It
holds digests of keys, never a key. What every request needs is in memory too, since one server has the folder at a time. What
users own is in the sandbox's store.
"""

from __future__ import annotations

import hmac
import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from starlette.datastructures import Headers

from ftwidgets.errors import FtwidgetsError
from ftwidgets.sandbox.api.auth import Caller, bearer_key
from ftwidgets.sandbox.api_errors import ApiError
from ftwidgets.sandbox.clock import Clock, SystemClock
from ftwidgets.sandbox.ids import Ids
from ftwidgets.server.keys import KeyLine, key_digest, make_key, normalize_name, shorten_key

NO_KEY = (
    "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth "
    "(i.e. Authorization: Bearer YOUR_KEY). The person who runs this server can give you one."
)
WRONG_KEY = (
    "Incorrect API key provided: {}. The person who runs this server can give you one; with a join code, get it at /join."
)

_TABLES = """
CREATE TABLE IF NOT EXISTS holders (
    owner TEXT PRIMARY KEY, name TEXT NOT NULL, folded TEXT NOT NULL UNIQUE, digest TEXT UNIQUE,
    source TEXT NOT NULL, admin INTEGER NOT NULL, since INTEGER NOT NULL, generated INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
_COLUMNS = "owner, name, digest, source, admin, since, generated"


@dataclass(frozen=True)
class User:
    """Somebody with a key."""

    owner: str  # the id under which their things are kept; it never changes and says nothing about the person
    name: str  # what they are called in class
    digest: str | None  # of their key; None once the keys file no longer names them
    source: str  # where the key comes from: "file", "join" or "start" (made for this run, kept in memory only)
    admin: bool  # whether they may use the admin routes: a teacher
    since: int  # when they were first seen here, in seconds since 1970
    generated: int = 0  # tokens written for them so far


class UserRegistry:
    """The users of one state folder, which is made if it is missing; at most `max_students` of them join by code."""

    def __init__(self, home: Path, *, max_students: int = 300, clock: Clock | None = None, ids: Ids | None = None) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self._clock, self._ids, self._max_students = clock or SystemClock(), ids or Ids(), max_students
        self._lock = threading.RLock()
        self._db = sqlite3.connect(home / "server.sqlite", isolation_level=None, check_same_thread=False)
        try:
            self._db.execute("PRAGMA journal_mode = WAL").fetchall()
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.executescript(_TABLES)
            rows = self._db.execute(f"SELECT {_COLUMNS} FROM holders ORDER BY since, owner").fetchall()
        except BaseException:
            self._db.close()
            raise
        users = (User(row[0], row[1], row[2], row[3], bool(row[4]), row[5], row[6]) for row in rows)
        self._users = {user.owner: user for user in users}
        self._by_digest = {user.digest: user.owner for user in self._users.values() if user.digest}
        paused = self._db.execute("SELECT value FROM settings WHERE name = 'paused'").fetchone()
        self.paused = paused is not None and paused[0] == "1"

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def find_by_key(self, key: str) -> User | None:
        """Return the user of a key. Digests are compared in constant time, so the delay of an answer reveals nothing."""
        digest = key_digest(key)
        owner = self._by_digest.get(digest)
        user = None if owner is None else self._users.get(owner)
        if user is None or user.digest is None or not hmac.compare_digest(user.digest, digest):
            return None
        return user

    def all(self) -> list[User]:
        """List all users, oldest first, without those who were added for this run only."""
        return [user for user in self._users.values() if user.source != "start"]

    def get(self, owner: str) -> User | None:
        """Return the user with this id."""
        return self._users.get(owner)

    def name_of(self, owner: str) -> str:
        """Return a user's name; empty if there is no such user."""
        user = self._users.get(owner)
        return user.name if user else ""

    def add_temporary(self, key: str, *, owner: str, name: str, admin: bool) -> None:
        """Add a user for this run only."""
        since, generated = int(self._clock.time()), self.tokens_written(owner)
        self._remember(User(owner, name, key_digest(key), "start", admin, since, generated))

    def join(self, text: str) -> str:
        """Add a student by name and return a new key, which cannot be read again later.

        Raises
        ------
        FtwidgetsError
            If the name is taken or invalid, or the class is full.
        """
        name = normalize_name(text)
        with self._lock:
            if self._find_by_name(name) is not None:
                raise FtwidgetsError(f'The name "{name}" is taken. Add the first letter of your family name, or a digit.')
            if sum(user.source == "join" for user in self._users.values()) >= self._max_students:
                raise FtwidgetsError(f"This class is full: it has room for {self._max_students}. Ask your teacher.")
            key = make_key(self._ids)
            self._save(User(self._new_owner(), name, key_digest(key), "join", False, int(self._clock.time())))
        return key

    def load_keys_file(self, lines: Sequence[KeyLine]) -> None:
        """Let in exactly the users of a keys file; those of an earlier file lose their keys, and a name keeps its things."""
        with self._lock:
            for user in self.all():
                if user.source == "file":
                    self._save(replace(user, digest=None))
            for line in lines:
                old = self._find_by_name(line.name)
                owner, since = (old.owner, old.since) if old else (self._new_owner(), int(self._clock.time()))
                generated = old.generated if old else 0
                self._save(User(owner, line.name, key_digest(line.key), "file", line.admin, since, generated))

    def remove(self, owner: str) -> bool:
        """Remove a user, whose key is worth nothing from now on; return whether there was one."""
        with self._lock:
            user = self._users.pop(owner, None)
            if user is None:
                return False
            if user.digest:
                self._by_digest.pop(user.digest, None)
            return self._db.execute("DELETE FROM holders WHERE owner = ?", (owner,)).rowcount == 1

    def tokens_written(self, owner: str) -> int:
        """Return how many tokens have been written for a user."""
        user = self._users.get(owner)
        return user.generated if user else 0

    def add_tokens(self, owner: str, tokens: int) -> None:
        """Add to the tokens that have been written for a user."""
        with self._lock:
            user = self._users.get(owner)
            if user is not None and tokens:
                self._users[owner] = replace(user, generated=user.generated + tokens)
                self._db.execute("UPDATE holders SET generated = generated + ? WHERE owner = ?", (tokens, owner))

    def set_paused(self, paused: bool) -> None:
        """Stop the class from making anything new, or let it go on."""
        with self._lock:
            self.paused = paused
            self._db.execute("INSERT OR REPLACE INTO settings VALUES ('paused', ?)", ("1" if paused else "0",))

    def _find_by_name(self, name: str) -> User | None:
        folded = name.casefold()
        return next((user for user in self.all() if user.name.casefold() == folded), None)

    def _new_owner(self) -> str:
        return self._ids.new("own_", 12)

    def _save(self, user: User) -> None:
        self._db.execute(
            f"INSERT OR REPLACE INTO holders ({_COLUMNS}, folded) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (user.owner, user.name, user.digest, user.source, user.admin, user.since, user.generated, user.name.casefold()),
        )
        self._remember(user)

    def _remember(self, user: User) -> None:
        old = self._users.get(user.owner)
        if old is not None and old.digest:
            self._by_digest.pop(old.digest, None)
        self._users[user.owner] = user
        if user.digest:
            self._by_digest[user.digest] = user.owner


class KeyAuthenticator:
    """Authenticates requests by the keys of the registry; each user is an owner of their own."""

    def __init__(self, users: UserRegistry) -> None:
        self._users = users

    def authenticate(self, headers: Headers) -> Caller:
        """Return the caller of a request, or raise the 401: there is no key, or no user has it."""
        key = bearer_key(headers)
        if not key:
            raise ApiError(401, NO_KEY)
        user = self._users.find_by_key(key)
        if user is None:
            raise ApiError(401, WRONG_KEY.format(shorten_key(key)), code="invalid_api_key")
        return Caller(user.owner, user.admin)
