"""What a studio remembers between cells, kernels and notebooks: a small JSON file in the sandbox's folder."""

from __future__ import annotations

import json
import os
import threading
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ftwidgets.clients import state_folder
from ftwidgets.errors import FtwidgetsError
from ftwidgets.lessons.files import make_folder, replace_file

if TYPE_CHECKING:
    import openai

STEPS = {"data": "Data", "train": "Train", "watch": "Watch", "try": "Try", "measure": "Measure"}
"""The steps of the path by name, with their labels."""

_FILE = "studio.json"
_saving = threading.Lock()  # forms that end at the same time report it in several threads
_SCORE = ("score", "low", "high", "n")


@dataclass
class StudioState:
    """Where somebody is on the path, and what the steps handed over.

    Attributes
    ----------
    step
        The step that is shown, one of `STEPS`.
    source
        What the data came from: a bundled dataset's name or a path; empty for a DataFrame, which no file can hold.
    columns
        The columns that were chosen, as arguments of `DatasetPrep`.
    train_file, validation_file
        The files that were written last; empty before, `validation_file` also if nothing was held out.
    n_train, n_validation
        How many rows they hold.
    job
        The id of the job that is watched, tried and measured.
    rows
        By job id, on how many rows it was trained.
    scores
        By model id, its last score: `score`, `low`, `high`, `n`, `metric`.
    code
        By step, the code that its form stood for when it was done.
    model
        The id of the job's model, once it was asked or measured.
    """

    step: str = "data"
    source: str = ""
    train_file: str = ""
    validation_file: str = ""
    n_train: int = 0
    n_validation: int = 0
    job: str = ""
    rows: dict[str, int] = field(default_factory=dict)
    scores: dict[str, dict[str, Any]] = field(default_factory=dict)
    code: dict[str, str] = field(default_factory=dict)
    model: str = ""
    columns: dict[str, str] = field(default_factory=dict)


def state_path(client: openai.OpenAI) -> Path:
    """Return where the state for a client's service is kept: in its sandbox's folder, else in a folder named by its host."""
    from ftwidgets.sandbox.sandbox import find_sandbox

    if (sandbox := find_sandbox(client)) is not None:
        return Path(sandbox.store.home) / _FILE
    host = urlsplit(str(client.base_url)).netloc.replace(":", "-")
    return state_folder() / "services" / host / _FILE


def load_state(path: Path) -> tuple[StudioState, str]:
    """Read a state; return it with a sentence about what was wrong with the file, which is empty if nothing was.

    A file that cannot be read is moved aside, and the state begins anew.
    """
    if (state := _read(path)) is not None:
        return state, ""
    aside = path.with_suffix(".unreadable.json")
    try:
        os.replace(path, aside)
    except OSError:
        aside = path
    return StudioState(), f"{path.name} could not be read, so this begins anew. The old file is kept: {aside}"


def _read(path: Path) -> StudioState | None:
    """Return the state in a file, a new one where there is no file; None if the file cannot be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return StudioState()
    except (OSError, ValueError, RecursionError):
        return None
    kinds = {part.name: type(getattr(StudioState(), part.name)) for part in fields(StudioState)}
    if not isinstance(found, dict) or not all(isinstance(found.get(name, kind()), kind) for name, kind in kinds.items()):
        return None
    state = StudioState(**{name: found[name] for name in kinds if name in found})
    return state if state.step in STEPS and _can_be_shown(state) else None


def _can_be_shown(state: StudioState) -> bool:
    """Return whether what the dictionaries hold is what they should."""
    numbers = [value for score in state.scores.values() if isinstance(score, dict) for value in map(score.get, _SCORE)]
    return (
        all(isinstance(score, dict) for score in state.scores.values())
        and all(isinstance(value, int | float) for value in [*numbers, *state.rows.values()])
        and all(isinstance(code, str) for code in state.code.values())
    )


def save_state(path: Path, state: StudioState) -> None:
    """Write a state whole or not at all; an FtwidgetsError says why it cannot be written.

    The rows and scores of another studio on the same file stay in it, and `state` gets them too.
    """
    make_folder(path.parent)
    try:
        with _saving:
            if (there := _read(path)) is not None:
                state.rows, state.scores = there.rows | state.rows, there.scores | state.scores
            replace_file(path, json.dumps(asdict(state), indent=1).encode())
    except OSError as error:
        raise FtwidgetsError(
            f"where you are could not be kept in {path}: {error.strerror}. The work itself is safe."
        ) from error
