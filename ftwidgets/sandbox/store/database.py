"""A SQLite file that holds records: insert, get, select, page, update, delete; transactions; migrations by `user_version`.

One connection, guarded by a lock, serves every thread of the process; other processes may open the same file.
Write-ahead logging lets them read while one writes. A condition is given as columns and values: `select(JobRecord, owner="ann",
status=("queued", "running"))`. Queries that need more stand in `queries`.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import Field
from dataclasses import fields as fields_of
from pathlib import Path
from typing import Any, TypeVar

from ftwidgets.sandbox.store.records import Record

R = TypeVar("R", bound=Record)

# One script a version; append, never edit. `seq` is the order in which things happened.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE files (
            seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, bytes INTEGER NOT NULL,
            created_at INTEGER NOT NULL, filename TEXT NOT NULL, purpose TEXT NOT NULL, expires_at INTEGER)""",
        """CREATE TABLE jobs (
            seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, created_at INTEGER NOT NULL,
            model TEXT NOT NULL, training_file TEXT NOT NULL, validation_file TEXT, suffix TEXT,
            seed INTEGER NOT NULL, hyperparameters TEXT NOT NULL, metadata TEXT, status TEXT NOT NULL, error TEXT,
            fine_tuned_model TEXT, finished_at INTEGER, estimated_finish INTEGER, result_file TEXT,
            trained_tokens INTEGER)""",
        "CREATE INDEX jobs_by_status ON jobs (status)",
        """CREATE TABLE events (
            seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, job_id TEXT NOT NULL REFERENCES jobs (id),
            created_at INTEGER NOT NULL, message TEXT NOT NULL, level TEXT NOT NULL, type TEXT NOT NULL, data TEXT,
            step INTEGER, UNIQUE (job_id, step))""",
        """CREATE TABLE checkpoints (
            seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, job_id TEXT NOT NULL REFERENCES jobs (id),
            created_at INTEGER NOT NULL, step INTEGER NOT NULL, metrics TEXT NOT NULL, trained_tokens INTEGER NOT NULL,
            folder TEXT NOT NULL, model TEXT NOT NULL, published INTEGER NOT NULL, UNIQUE (job_id, step))""",
        """CREATE TABLE models (
            seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, created_at INTEGER NOT NULL,
            job_id TEXT NOT NULL REFERENCES jobs (id), folder TEXT NOT NULL)""",
    ),
    (
        "ALTER TABLE files ADD COLUMN owner TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE models ADD COLUMN owner TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE jobs ADD COLUMN owner TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE jobs ADD COLUMN method TEXT NOT NULL DEFAULT 'supervised'",
        "ALTER TABLE jobs ADD COLUMN started_at REAL",
        "ALTER TABLE jobs ADD COLUMN fault TEXT",
        "ALTER TABLE jobs ADD COLUMN key TEXT",
        # Jobs that have been checked have a key, those that have begun a time; nothing shares the result of these.
        "UPDATE jobs SET key = id WHERE status IN ('queued', 'running')",
        "UPDATE jobs SET started_at = created_at WHERE status = 'running'",
        "CREATE INDEX jobs_by_owner ON jobs (owner, status)",
        "CREATE INDEX jobs_by_start ON jobs (owner, started_at)",
        "CREATE INDEX jobs_by_key ON jobs (key)",
        "CREATE INDEX files_by_owner ON files (owner)",
        """CREATE TABLE uploads (
            seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, bytes INTEGER NOT NULL,
            created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, filename TEXT NOT NULL, purpose TEXT NOT NULL,
            lifetime INTEGER, status TEXT NOT NULL, file_id TEXT)""",
        """CREATE TABLE parts (
            seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, upload_id TEXT NOT NULL REFERENCES uploads (id),
            bytes INTEGER NOT NULL, created_at INTEGER NOT NULL)""",
        """CREATE TABLE permissions (
            seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, created_at INTEGER NOT NULL,
            checkpoint TEXT NOT NULL, project_id TEXT NOT NULL, UNIQUE (owner, checkpoint, project_id))""",
        """CREATE TABLE completions (
            seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, created_at INTEGER NOT NULL,
            model TEXT NOT NULL, metadata TEXT, messages TEXT NOT NULL, body TEXT NOT NULL)""",
        "CREATE INDEX completions_by_owner ON completions (owner)",
        """CREATE TABLE responses (
            seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, created_at INTEGER NOT NULL,
            conversation TEXT NOT NULL, body TEXT NOT NULL)""",
        "CREATE INDEX responses_by_owner ON responses (owner)",
    ),
)


class Database:
    """The open file. Every write happens in a transaction, its own or the one it is called in."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        try:
            self._prepare(path)
        except BaseException:
            self._connection.close()
            raise

    def close(self) -> None:
        """Close the file; calling it twice does no harm."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; a transaction within a transaction is part of the outer one."""
        with self._lock:
            if self._connection.in_transaction:
                yield
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:  # SQLite ends it by itself where the disk is full
                    self._connection.execute("ROLLBACK")
                raise

    def insert(self, *records: Record) -> None:
        """Add records, in this order."""
        with self.transaction():
            for record in records:
                names = [item.name for item in fields(type(record))]
                sql = f"INSERT INTO {record.table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
                self._connection.execute(sql, [_stored(getattr(record, name)) for name in names])

    def get(self, kind: type[R], id_: str) -> R | None:
        """Find the record with this id."""
        found = self.select(kind, id=id_, limit=1)
        return found[0] if found else None

    def select(
        self,
        kind: type[R],
        where: str = "1",
        values: Sequence[Any] = (),
        *,
        newest: bool = False,
        limit: int = -1,
        order: str = "",
        order_values: Sequence[Any] = (),
        **equal: Any,
    ) -> list[R]:
        """List the records of a class that match, oldest first or newest first, at most `limit` (-1: all).

        `equal` are columns and the values they must have: one value, None, or a tuple of values of which one must match.
        Within this package, `where` adds a condition in SQL, and `order` is an SQL expression to sort by first.
        """
        where, values = _and_equal(where, values, equal)
        names = ", ".join(item.name for item in fields(kind))
        by = f"{order}{', ' if order else ''}seq {'DESC' if newest else 'ASC'}"
        sql = f"SELECT {names} FROM {kind.table} WHERE {where} ORDER BY {by} LIMIT ?"
        return [_record(kind, row) for row in self._rows(sql, (*values, *order_values, limit))]

    def page(
        self,
        kind: type[R],
        where: str = "1",
        values: Sequence[Any] = (),
        *,
        after: str | None,
        newest: bool,
        limit: int,
        **equal: Any,
    ) -> tuple[list[R], bool]:
        """List one page, starting behind the record with the id `after`, and say whether there are more (see `select`)."""
        if after is not None:
            where += f" AND seq {'<' if newest else '>'} (SELECT seq FROM {kind.table} WHERE id = ?)"
            values = (*values, after)
        found = self.select(kind, where, values, newest=newest, limit=limit + 1, **equal)
        return found[:limit], len(found) > limit

    def count(self, kind: type[Record], **equal: Any) -> int:
        """Count the records that match (see `select`)."""
        where, values = _and_equal("1", (), equal)
        return int(self.value(f"SELECT count(*) FROM {kind.table} WHERE {where}", values))

    def total(self, kind: type[Record], column: str, **equal: Any) -> int:
        """Add up a column of the records that match (see `select`)."""
        where, values = _and_equal("1", (), equal)
        return int(self.value(f"SELECT total({column}) FROM {kind.table} WHERE {where}", values))

    def update(self, kind: type[R], id_: str, *, only_if: Sequence[str] = (), **changes: Any) -> bool:
        """Change a record, only if its status is one of those given; say whether it was changed."""
        assignments = ", ".join(f"{name} = ?" for name in changes)
        sql = f"UPDATE {kind.table} SET {assignments} WHERE id = ?"
        values = [*map(_stored, changes.values()), id_]
        if only_if:
            sql += f" AND status IN ({', '.join('?' * len(only_if))})"
            values += only_if
        with self.transaction():
            return self._connection.execute(sql, values).rowcount == 1

    def delete(self, kind: type[Record], id_: str) -> bool:
        """Delete a record; say whether it was there."""
        return self.delete_all(kind, id=id_) == 1

    def delete_all(self, kind: type[Record], **equal: Any) -> int:
        """Delete the records that match (see `select`) and say how many there were."""
        where, values = _and_equal("1", (), equal)
        with self.transaction():
            return self._connection.execute(f"DELETE FROM {kind.table} WHERE {where}", values).rowcount

    def value(self, sql: str, values: Sequence[Any] = ()) -> Any:
        """Read the first column of the first row (None where there is no row); only within this package."""
        rows = self._rows(sql, values)
        return rows[0][0] if rows else None

    def _rows(self, sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    def _prepare(self, path: Path) -> None:
        """Bring the file to the newest version; two processes may try at once, one of them does it."""
        until = time.monotonic() + 30
        while True:  # switching to write-ahead logging does not wait for other processes by itself
            try:
                self._connection.execute("PRAGMA journal_mode = WAL").fetchall()
                break
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > until:
                    raise
                time.sleep(0.05)
        self._connection.execute("PRAGMA synchronous = NORMAL")
        with self.transaction():
            version = int(self.value("PRAGMA user_version"))
            if version > len(MIGRATIONS):
                raise RuntimeError(
                    f"{path} was written by a newer ftwidgets (version {version}, this one knows {len(MIGRATIONS)}). "
                    "Update ftwidgets, or choose another folder with FTWIDGETS_HOME."
                )
            for script in MIGRATIONS[version:]:
                for statement in script:
                    self._connection.execute(statement)
            if version < len(MIGRATIONS):
                self._connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")


_fields: dict[type[Any], tuple[Field[Any], ...]] = {}


def fields(kind: type[Any]) -> tuple[Field[Any], ...]:
    """List the columns of a kind of record; looked up once."""
    if kind not in _fields:
        _fields[kind] = fields_of(kind)
    return _fields[kind]


def _and_equal(where: str, values: Sequence[Any], equal: dict[str, Any]) -> tuple[str, Sequence[Any]]:
    """Add to an SQL condition that columns equal values."""
    for column, value in equal.items():
        if value is None:
            where += f" AND {column} IS NULL"
        elif isinstance(value, tuple):
            where += f" AND {column} IN ({', '.join('?' * len(value))})"
            values = (*values, *value)
        else:
            where += f" AND {column} = ?"
            values = (*values, value)
    return where, values


def _stored(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value


def _record(kind: type[R], row: tuple[Any, ...]) -> R:
    values = {
        item.name: json.loads(value) if item.metadata.get("json") and value is not None else value
        for item, value in zip(fields(kind), row, strict=True)
    }
    return kind(**values)
