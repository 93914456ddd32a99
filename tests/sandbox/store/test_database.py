"""Records in SQLite."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import openai
import pytest

from ftwidgets.sandbox import Sandbox
from ftwidgets.sandbox.store.database import MIGRATIONS, Database
from ftwidgets.sandbox.store.records import FileRecord, JobRecord


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    """Open an empty database."""
    opened = Database(tmp_path / "a.sqlite")
    yield opened
    opened.close()


def make_file(number: int) -> FileRecord:
    return FileRecord(id=f"file-{number}", bytes=number, created_at=1, filename="a", purpose="batch")


def make_job(number: int) -> JobRecord:
    return JobRecord(
        id=f"ftjob-{number}",
        created_at=1,
        model="m",
        training_file="f",
        validation_file=None,
        suffix=None,
        seed=0,
        hyperparameters={"n_epochs": "auto", "note": "naïve 東京"},
        metadata={"k": "v"},
    )


def test_a_record_comes_back_as_it_went_in(db: Database) -> None:
    """Plain fields and JSON fields, null and not."""
    db.insert(make_job(1))
    assert db.get(JobRecord, "ftjob-1") == make_job(1)
    assert db.get(JobRecord, "ftjob-2") is None


def test_pages_go_on_behind_the_last_record(db: Database) -> None:
    """In both directions, and they say whether there are more."""
    db.insert(*(make_file(number) for number in range(5)))
    found, more = db.page(FileRecord, "1", (), after="file-3", newest=True, limit=2)
    assert ([record.bytes for record in found], more) == ([2, 1], True)
    found, more = db.page(FileRecord, "bytes > ?", (1,), after="file-2", newest=False, limit=2)
    assert ([record.bytes for record in found], more) == ([3, 4], False)


def test_a_change_may_depend_on_the_status(db: Database) -> None:
    """Otherwise nothing is changed, and the caller is told."""
    db.insert(make_job(1))
    assert not db.update(JobRecord, "ftjob-1", only_if=("queued", "running"), status="failed")
    assert db.update(JobRecord, "ftjob-1", only_if=("validating_files",), status="queued", error={"code": "x"})
    changed = db.get(JobRecord, "ftjob-1")
    assert changed is not None
    assert (changed.status, changed.error) == ("queued", {"code": "x"})


def test_a_transaction_is_all_or_nothing(db: Database) -> None:
    """Also with another one inside."""

    def twice() -> None:
        with db.transaction():
            db.insert(make_file(1))
            db.insert(make_file(2), make_file(2))

    with pytest.raises(sqlite3.IntegrityError):
        twice()
    assert db.select(FileRecord) == []
    db.insert(make_file(3))
    assert len(db.select(FileRecord)) == 1


def test_a_transaction_that_cannot_be_committed_is_undone(db: Database) -> None:
    """And the next one is a transaction of its own, not a part of it."""
    db._connection.execute("PRAGMA foreign_keys = ON")
    db._connection.execute("CREATE TABLE late (id TEXT REFERENCES files (id) DEFERRABLE INITIALLY DEFERRED)")

    def late() -> None:
        with db.transaction():
            db.insert(make_file(1))
            db._connection.execute("INSERT INTO late VALUES ('file-none')")

    with pytest.raises(sqlite3.IntegrityError):
        late()
    assert db.select(FileRecord) == []
    db.insert(make_file(2))
    with sqlite3.connect(db.value("SELECT file FROM pragma_database_list")) as other:
        assert other.execute("SELECT count(*) FROM files").fetchone() == (1,)
    other.close()


def test_many_may_open_a_new_file_at_once(tmp_path: Path) -> None:
    """One of them sets it up; every one finds it ready, and all their writes are there."""
    path, errors = tmp_path / "a.sqlite", []
    start = threading.Barrier(8)

    def work(number: int) -> None:
        try:
            start.wait()
            opened = Database(path)
            for place in range(10):
                opened.insert(make_file(100 * number + place))
            opened.close()
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    opened = Database(path)
    assert len(opened.select(FileRecord)) == 80
    opened.close()


def test_a_file_from_the_future_is_left_alone(tmp_path: Path) -> None:
    """The error says what to do; the file keeps its version."""
    path = tmp_path / "a.sqlite"
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    connection.close()
    for _ in range(2):
        with pytest.raises(RuntimeError, match="newer ftwidgets"):
            Database(path)


def test_what_the_first_version_began_goes_on(tmp_path: Path, world: Any) -> None:
    """A job that trained and one that waited in a folder of version 1 are not checked or begun a second time."""
    first, waiting = "ftjob-1", "ftjob-2"
    with closing(sqlite3.connect(tmp_path / "sandbox.sqlite")) as connection, connection:
        for statement in MIGRATIONS[0]:
            connection.execute(statement)
        connection.execute("PRAGMA user_version = 1")
        for job_id, status in ((first, "running"), (waiting, "queued")):
            connection.execute(
                "INSERT INTO jobs (id, created_at, model, training_file, seed, hyperparameters, status) "
                "VALUES (?, 1, ?, ?, 1, ?, ?)",
                (job_id, world.base, "file-1", '{"n_epochs": 2, "batch_size": 5, "learning_rate_multiplier": 1}', status),
            )
            folder = tmp_path / "jobs" / job_id
            folder.mkdir(parents=True)
            (folder / "training.jsonl").write_text("".join(json.dumps(row) + "\n" for row in world.rows()), encoding="utf-8")
    with Sandbox(tmp_path, train=False) as sandbox, openai_client(sandbox) as client:
        for job_id in (first, waiting):
            client.fine_tuning.jobs.pause(job_id)
            assert client.fine_tuning.jobs.resume(job_id).status == "queued"
    with Sandbox(tmp_path) as sandbox, openai_client(sandbox) as client:
        for job_id, started in ((first, 0), (waiting, 1)):
            assert world.wait_for_end(client, job_id).status == "succeeded"
            said = [event.message for event in client.fine_tuning.jobs.list_events(job_id, limit=100)]
            assert said.count("Files validated, moving job to queued state") == 0
            assert said.count("Fine-tuning job started") == started


def openai_client(sandbox: Sandbox) -> openai.OpenAI:
    """Make a client that takes "paused", a status which the client's types lack."""
    return sandbox.client()
