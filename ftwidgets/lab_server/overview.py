"""The jobs, tuned models and files of a state folder in one answer, for the panel of the extension.

It is read with Python's own SQLite, so no process has to run for it, and Jupyter Server stays small. `PRAGMA data_version`
tells at almost no cost whether anything has changed since it was last read.
"""

from __future__ import annotations

import json
import math
import sqlite3
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from ftwidgets.jobs.labels import model_label
from ftwidgets.jobs.times import when

MOST_JOBS = 500  # listed; the API has them all
MOST_MODELS = 500
MOST_FILES = 200
POINTS = 60  # of a curve: a spark line is no wider
ENDED = ("succeeded", "failed", "cancelled")

_JOBS = "SELECT * FROM jobs WHERE owner = '' ORDER BY seq DESC LIMIT ?"
_BEFORE = """SELECT count(*) FROM jobs AS other
    WHERE other.status = 'running' OR (other.status = 'queued' AND other.seq < ?)"""
_STEPS = "SELECT step, data FROM events WHERE job_id = ? AND step IS NOT NULL ORDER BY step"
_MODELS = """SELECT models.*, jobs.model AS base, jobs.finished_at FROM models JOIN jobs ON jobs.id = models.job_id
    WHERE models.owner = '' AND models.id = jobs.fine_tuned_model ORDER BY models.seq DESC LIMIT ?"""
_FILES = "SELECT * FROM files WHERE owner = '' ORDER BY seq DESC LIMIT ?"


class Overview:
    """Reads the overview of a state folder; several threads may ask.

    Parameters
    ----------
    home
        The state folder; it may not be there yet.
    """

    def __init__(self, home: Path) -> None:
        self._records = home / "sandbox.sqlite"
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._inode = 0
        self._ended: dict[str, dict[str, Any]] = {}  # jobs that have ended do not change

    def version(self) -> tuple[int, int]:
        """Return what differs after every change of the records."""
        with self._lock:
            try:
                connection = self._connect()
                return (self._inode, connection.execute("PRAGMA data_version").fetchone()[0]) if connection else (0, 0)
            except sqlite3.Error:
                return (0, 0)

    def read(self) -> dict[str, Any]:
        """Return the newest jobs, tuned models and files, the newest first; empty lists where there is no state folder yet."""
        with self._lock:
            try:
                connection = self._connect()
                if connection is not None:
                    return self._read(connection)
            except (sqlite3.Error, ValueError):  # being made or repaired by a kernel: the next change brings it
                self._close()
            return {"jobs": [], "models": [], "files": []}

    def close(self) -> None:
        """Close the records."""
        with self._lock:
            self._close()

    def _connect(self) -> sqlite3.Connection | None:
        try:
            inode = self._records.stat().st_ino
        except OSError:
            inode = 0
        if inode != self._inode or self._connection is None:
            self._close()
            self._inode = inode
            if inode:
                address = f"{self._records.as_uri()}?mode=ro"
                self._connection = sqlite3.connect(address, uri=True, timeout=1, check_same_thread=False)
                self._connection.row_factory = sqlite3.Row
        return self._connection

    def _close(self) -> None:
        self._ended.clear()
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _read(self, connection: sqlite3.Connection) -> dict[str, Any]:
        jobs = [self._job(connection, row) for row in connection.execute(_JOBS, (MOST_JOBS,)).fetchall()]
        self._ended = {job["id"]: job for job in jobs if job["status"] in ENDED}
        return {
            "jobs": jobs,
            "models": [
                {
                    "id": row["id"],
                    "name": model_label(row["id"], row["finished_at"] or row["created_at"]),
                    "base": row["base"],
                    "created_at": row["created_at"],
                    "job_id": row["job_id"],
                }
                for row in connection.execute(_MODELS, (MOST_MODELS,))
            ],
            "files": [
                {name: row[name] for name in ("id", "filename", "bytes", "created_at", "purpose")}
                for row in connection.execute(_FILES, (MOST_FILES,))
            ],
        }

    def _job(self, connection: sqlite3.Connection, row: sqlite3.Row) -> dict[str, Any]:
        if row["id"] in self._ended:
            return self._ended[row["id"]]
        steps = [(step["step"], json.loads(step["data"] or "{}")) for step in connection.execute(_STEPS, (row["id"],))]
        train, valid = _curve(steps, "train_loss"), _curve(steps, "full_valid_loss")
        running = row["status"] == "running"
        left = max(0.0, row["estimated_finish"] - time.time()) if running and row["estimated_finish"] else None
        waiting = connection.execute(_BEFORE, (row["seq"],)).fetchone()[0] if row["status"] == "queued" else None
        return {
            "id": row["id"],
            "name": _name(row),
            "status": row["status"],
            "model": row["model"],
            "tuned_model": row["fine_tuned_model"],
            "created_at": row["created_at"],
            "finished_at": row["finished_at"],
            "step": steps[-1][0] if steps else 0,
            "total_steps": steps[-1][1].get("total_steps") if steps else None,
            "train_loss": train[-1][1] if train else None,
            "valid_loss": valid[-1][1] if valid else None,
            "train": _thinned(train),
            "valid": _thinned(valid),
            "seconds_left": left,
            "waiting": waiting,
            "error": _message(row["error"]),
        }


def _name(row: sqlite3.Row) -> str:
    """Name a job as `ftwidgets.jobs.labels.job_label` does."""
    if row["fine_tuned_model"]:
        return model_label(row["fine_tuned_model"], row["finished_at"] or row["created_at"])
    return f"{row['suffix'] or row['model']}, {when(row['created_at'])}"


def _curve(steps: list[tuple[int, dict[str, Any]]], name: str) -> list[list[float]]:
    """Return steps and losses; a loss that is no number any more, as in a run that diverges, has no place in JSON."""
    found = [(step, data.get(name)) for step, data in steps]
    return [[step, loss] for step, loss in found if isinstance(loss, int | float) and math.isfinite(loss)]


def _thinned(points: list[list[float]]) -> list[list[float]]:
    """Leave out points evenly until a spark line's are left; the first and the last stay."""
    if len(points) <= POINTS:
        return points
    return [points[round(number * (len(points) - 1) / (POINTS - 1))] for number in range(POINTS)]


def _message(error: str | None) -> str | None:
    with suppress(ValueError, TypeError, AttributeError):
        return json.loads(error or "null").get("message") or None
    return None
