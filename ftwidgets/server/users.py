"""The register of a server: who holds a key, what they have had written, and whether the class is paused.

It lies beside the sandbox's own records in the state folder, as `server.sqlite`, so that a restart changes nothing for
anybody. Only digests of keys are in it. What is asked at each request is kept in memory too; one server has the folder.
Left out: what a holder owns (the sandbox's store), and asking for a key (`key_auth`, `page_routes`).
"""

from __future__ import annotations

import hmac
import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ftwidgets.errors import FtwidgetsError
from ftwidgets.sandbox.clock import Clock, SystemClock
from ftwidgets.sandbox.ids import Ids
from ftwidgets.server.keys import KeyLine, digest, new_key, plain_name

_TABLES = """
CREATE TABLE IF NOT EXISTS holders (
    owner TEXT PRIMARY KEY, name TEXT NOT NULL, folded TEXT NOT NULL UNIQUE, digest TEXT UNIQUE,
    source TEXT NOT NULL, admin INTEGER NOT NULL, since INTEGER NOT NULL, generated INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
_COLUMNS = "owner, name, digest, source, admin, since, generated"


@dataclass(frozen=True)
class Holder:
    """Somebody with a key.

    Parameters
    ----------
    owner
        The name their things are kept under; never changes, says nothing about the person.
    name
        What they are called in class.
    digest
        Of their key; None once a keys file no longer has it.
    source
        Where the key comes from: "file", "join" or "start" (made for this run, kept in memory only).
    admin
        Whether they may use the administration's routes.
    since
        When they were first seen here.
    generated
        Tokens written for them so far.
    """

    owner: str
    name: str
    digest: str | None
    source: str
    admin: bool
    since: int
    generated: int = 0


class Register:
    """The holders of keys of one state folder.

    Parameters
    ----------
    home
        The state folder; made where it is not there.
    most
        How many may join by code.
    """

    def __init__(self, home: Path, *, most: int = 300, clock: Clock | None = None, ids: Ids | None = None) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self._clock, self._ids, self._most = clock or SystemClock(), ids or Ids(), most
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
        held = (Holder(row[0], row[1], row[2], row[3], bool(row[4]), row[5], row[6]) for row in rows)
        self._holders = {holder.owner: holder for holder in held}
        self._by_digest = {holder.digest: holder.owner for holder in self._holders.values() if holder.digest}
        paused = self._db.execute("SELECT value FROM settings WHERE name = 'paused'").fetchone()
        self.paused = paused is not None and paused[0] == "1"

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def find(self, key: str) -> Holder | None:
        """Tell who holds a key. Digests are compared, in constant time, so an answer's delay tells nothing of a key."""
        wanted = digest(key)
        owner = self._by_digest.get(wanted)
        holder = None if owner is None else self._holders.get(owner)
        if holder is None or holder.digest is None or not hmac.compare_digest(holder.digest, wanted):
            return None
        return holder

    def holders(self) -> list[Holder]:
        """List everybody, the oldest first."""
        return [holder for holder in self._holders.values() if holder.source != "start"]

    def get(self, owner: str) -> Holder | None:
        """Find a holder by the name their things are kept under."""
        return self._holders.get(owner)

    def name(self, owner: str) -> str:
        """Tell what an owner is called."""
        holder = self._holders.get(owner)
        return holder.name if holder else ""

    def hold(self, key: str, *, owner: str, name: str, admin: bool) -> None:
        """Take in a key for this run only."""
        self._keep(Holder(owner, name, digest(key), "start", admin, int(self._clock.time()), self._used(owner)))

    def join(self, text: str) -> str:
        """Give somebody a fresh key, the only time it can be seen.

        Raises
        ------
        FtwidgetsError
            If the name is taken or cannot be used, or the class is full.
        """
        name = plain_name(text)
        with self._lock:
            if self._named(name) is not None:
                raise FtwidgetsError(f'The name "{name}" is taken. Add the first letter of your family name, or a digit.')
            if sum(holder.source == "join" for holder in self._holders.values()) >= self._most:
                raise FtwidgetsError(f"This class is full: it has room for {self._most}. Ask your teacher.")
            key = new_key(self._ids)
            self._store(Holder(self._new_owner(), name, digest(key), "join", False, int(self._clock.time())))
        return key

    def use_file(self, lines: Sequence[KeyLine]) -> None:
        """Let in whom a keys file names, and nobody else whom an earlier one has named; things are kept by name."""
        with self._lock:
            for holder in self.holders():
                if holder.source == "file":
                    self._store(replace(holder, digest=None))
            for line in lines:
                old = self._named(line.name)
                owner, since = (old.owner, old.since) if old else (self._new_owner(), int(self._clock.time()))
                used = old.generated if old else 0
                self._store(Holder(owner, line.name, digest(line.key), "file", line.admin, since, used))

    def forget(self, owner: str) -> bool:
        """Remove a holder; their key is worth nothing from now on. Tell whether they were there."""
        with self._lock:
            holder = self._holders.pop(owner, None)
            if holder is None:
                return False
            if holder.digest:
                self._by_digest.pop(holder.digest, None)
            return self._db.execute("DELETE FROM holders WHERE owner = ?", (owner,)).rowcount == 1

    def generated(self, owner: str) -> int:
        """Tell how many tokens have been written for an owner."""
        holder = self._holders.get(owner)
        return holder.generated if holder else 0

    def count(self, owner: str, tokens: int) -> None:
        """Add to the tokens that have been written for an owner."""
        with self._lock:
            holder = self._holders.get(owner)
            if holder is not None and tokens:
                self._holders[owner] = replace(holder, generated=holder.generated + tokens)
                self._db.execute("UPDATE holders SET generated = generated + ? WHERE owner = ?", (tokens, owner))

    def pause(self, paused: bool) -> None:
        """Stop the class from making anything new, or let it go on."""
        with self._lock:
            self.paused = paused
            self._db.execute("INSERT OR REPLACE INTO settings VALUES ('paused', ?)", ("1" if paused else "0",))

    def _named(self, name: str) -> Holder | None:
        folded = name.casefold()
        return next((holder for holder in self.holders() if holder.name.casefold() == folded), None)

    def _new_owner(self) -> str:
        return self._ids.new("own_", 12)

    def _used(self, owner: str) -> int:
        return self._holders[owner].generated if owner in self._holders else 0

    def _store(self, holder: Holder) -> None:
        values = (
            holder.owner,
            holder.name,
            holder.name.casefold(),
            holder.digest,
            holder.source,
            holder.admin,
            holder.since,
            holder.generated,
        )
        marks = ", ".join("?" * len(values))
        self._db.execute(
            f"INSERT OR REPLACE INTO holders (owner, name, folded, digest, source, admin, since, generated) VALUES ({marks})",
            values,
        )
        self._keep(holder)

    def _keep(self, holder: Holder) -> None:
        old = self._holders.get(holder.owner)
        if old is not None and old.digest:
            self._by_digest.pop(old.digest, None)
        self._holders[holder.owner] = holder
        if holder.digest:
            self._by_digest[holder.digest] = holder.owner
