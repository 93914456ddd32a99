"""What one owner has is counted, and deleted, without what others have."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from ftwidgets.sandbox.store.owners import count_files, count_jobs_with_models, delete_owner, stored_bytes
from ftwidgets.sandbox.store.records import FileRecord, JobRecord, ModelRecord, PartRecord, UploadRecord
from ftwidgets.sandbox.store.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A store in which Ada and Bob have a file, a pending and a complete upload with a part each, and a job with two models."""
    opened = Store(tmp_path / "home")
    for owner in ("ada", "bob"):
        opened.add_file(io.BytesIO(b"12345"), "rows.jsonl", "fine-tune", owner=owner)
        for status in ("pending", "completed"):
            id_ = f"upload-{owner}-{status}"
            opened.db.insert(
                UploadRecord(
                    id=id_, owner=owner, bytes=9, created_at=1, expires_at=2, filename="a", purpose="fine-tune", status=status
                ),
                PartRecord(id=f"part-{owner}-{status}", upload_id=id_, bytes=7, created_at=1),
            )
        job = JobRecord(
            id=f"ftjob-{owner}",
            owner=owner,
            created_at=1,
            model="nano-2026-11",
            training_file="file-none",
            validation_file=None,
            suffix=None,
            seed=1,
            hyperparameters={},
            status="succeeded",
        )
        opened.db.insert(job)
        for name in ("final", "step"):
            opened.db.insert(
                ModelRecord(id=f"ft:{owner}:{name}", owner=owner, created_at=1, job_id=job.id, folder=f"{owner}-{name}")
            )
    yield opened
    opened.close()


def test_what_an_owner_has_is_counted(store: Store) -> None:
    """Pending uploads count as files, with the bytes of their parts; complete ones do not; two models of a job are one."""
    assert (count_files(store.db, "ada"), stored_bytes(store.db, "ada"), count_jobs_with_models(store.db, "ada")) == (2, 12, 1)
    assert (count_files(store.db, "eve"), stored_bytes(store.db, "eve"), count_jobs_with_models(store.db, "eve")) == (0, 0, 0)


def test_an_owner_is_deleted_alone(store: Store) -> None:
    """Records and bytes go, and the number of records is returned; Bob's stay."""
    assert delete_owner(store, "ada") == 6  # two models, a job, a file, two uploads
    for kind in (FileRecord, UploadRecord, JobRecord, ModelRecord):
        assert {record.owner for record in store.db.select(kind)} == {"bob"}
    assert [part.id for part in store.db.select(PartRecord)] == ["part-bob-pending", "part-bob-completed"]
    assert len(list((store.home / "files").iterdir())) == 1
    assert delete_owner(store, "ada") == 0
