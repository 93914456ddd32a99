"""Whose turn it is."""

import time
from pathlib import Path

import pytest

from ftwidgets.sandbox.store.records import JobRecord
from ftwidgets.sandbox.store.store import Store
from ftwidgets.sandbox.training.queue import RECENT, runnable_jobs


class Fixed:
    """A clock that stands still."""

    now = 1e9

    def time(self) -> float:
        """Tell the time."""
        return self.now


def fill(store: Store, jobs: str, first: int = 0) -> None:
    """Put in jobs, oldest first: the owner's letter, then q(ueued), r(unning), b(egun lately and over), o(ver long since)."""
    for number, (owner, how) in enumerate((item.split(".") for item in jobs.split()), start=first):
        status = {"q": "queued", "r": "running", "b": "succeeded", "o": "succeeded"}[how]
        started = {"q": None, "r": Fixed.now - 10, "b": Fixed.now - 20, "o": Fixed.now - RECENT - 1}[how]
        store.db.insert(
            JobRecord(
                id=f"{number}{owner}",
                owner=owner,
                created_at=0,
                model="m",
                training_file="f",
                validation_file=None,
                suffix=None,
                seed=1,
                hyperparameters={},
                status=status,
                started_at=started,
            )
        )


def test_jobs_long_over_cost_nothing(tmp_path: Path) -> None:
    """With 20,000 of an owner's jobs over, finding whose turn it is takes about as long as with none (an index is used)."""
    store = Store(tmp_path, clock=Fixed())  # type: ignore[arg-type] # never waits here
    fill(store, "a.q a.q b.q")
    with store.db.transaction():
        fill(store, " ".join(["a.o"] * 20_000), first=10)
    began = time.perf_counter()
    assert [job.owner for job in runnable_jobs(store)] == ["a", "b", "a"]
    assert time.perf_counter() - began < 0.01
    store.close()


@pytest.mark.parametrize(
    ("jobs", "expected"),
    [
        ("a.q a.q a.q", "0a 1a 2a"),  # one owner: first come, first served
        ("a.q a.q b.q c.q", "0a 2b 3c 1a"),  # the first of each before the second of any
        ("a.r a.q b.q", "0a 2b 1a"),  # what runs (and was interrupted) goes first, and counts
        ("a.b a.q b.q", "2b 1a"),  # so does what has begun lately
        ("a.o a.q b.q", "1a 2b"),  # but not what is long over
        ("a.q a.q a.q b.q b.q c.q", "0a 3b 5c 1a 4b 2a"),  # round by round
    ],
)
def test_the_first_of_each_before_the_second_of_any(tmp_path: Path, jobs: str, expected: str) -> None:
    """In the order of the rounds, then of coming."""
    store = Store(tmp_path, clock=Fixed())  # type: ignore[arg-type] # never waits here
    fill(store, jobs)
    assert " ".join(job.id for job in runnable_jobs(store)) == expected
    store.close()
