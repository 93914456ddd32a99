"""The locks of a state folder: which training slots are taken (`ftwidgets.process_lock` says how a lock works)."""

from __future__ import annotations

from pathlib import Path

from ftwidgets.process_lock import process_lock as process_lock


def trainer_lock(home: Path, slot: int) -> Path:
    """Return the lock of a training slot of this state folder; a process trains while it holds one."""
    return home / f"trainer-{slot}.lock"


def trainer_locks(home: Path) -> list[Path]:
    """Return the locks of all slots that have ever trained in this state folder."""
    return list(home.glob("trainer-*.lock"))
