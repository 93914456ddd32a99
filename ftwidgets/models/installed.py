"""The folder of installed models: what is there, where, and removing.

models/
smollm2-135m/               config.json, tokenizer.json, tokenizer_config.json, model.safetensors, model_card.json
my-model/                   the same
.downloads/smollm2-135m/    what an interrupted download already has
"""

from __future__ import annotations

import difflib
import os
import re
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from ftwidgets.errors import ModelError
from ftwidgets.models.card import ModelCard
from ftwidgets.models.disk import full_disk_explained
from ftwidgets.models.known import ALIASES, KNOWN, NANO, NANO_FOLDER, nano_card
from ftwidgets.process_lock import process_lock

NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?")


@dataclass(frozen=True)
class ModelEntry:
    """A model that can be used, or could be once it is added.

    Attributes
    ----------
    name
        What to write as `model=`.
    card
        Its facts; of one that is not installed, what is known beforehand.
    folder
        Where its files are; None if it is not installed.
    problem
        What is wrong with its files, in words; empty if nothing is.
    """

    name: str
    card: ModelCard
    folder: Path | None = None
    problem: str = ""

    @classmethod
    def read(cls, folder: Path) -> ModelEntry:
        """Read an installed model's card, and compare the sizes of its files with it."""
        try:
            card = ModelCard.read(folder)
        except ModelError as error:
            unknown = ModelCard(folder.name, folder.name, "unknown", "unknown", 0, 0, 0)
            return cls(folder.name, unknown, folder, f"{error} {how_to_repair(folder.name)}")
        for name, facts in card.files.items():
            file = folder / name
            if not file.is_file() or file.stat().st_size != facts.size:
                state = f"has {file.stat().st_size:,} bytes and should have {facts.size:,}" if file.is_file() else "is missing"
                return cls(folder.name, card, folder, f"{file} {state}. {how_to_repair(folder.name)}")
        return cls(folder.name, card, folder)

    @property
    def installed(self) -> bool:
        """Whether it can be used as it is."""
        return self.folder is not None and not self.problem

    @property
    def bundled(self) -> bool:
        """Whether it came with the package."""
        return self.name == NANO


def how_to_add(name: str) -> str:
    """Return the command that adds a base model of this name: a known one, or one of the user's own."""
    return f"ftwidgets models add {name}" if name in KNOWN else f"ftwidgets models add PATH --as {name}"


def how_to_repair(name: str) -> str:
    """Say with which commands a damaged base model is put right."""
    return f"Remove the model and add it again: ftwidgets models remove {name}, then {how_to_add(name)}"


def default_folder() -> Path:
    """Return the folder of installed models: `FTWIDGETS_MODELS` in the environment, else the platform's folder for data."""
    chosen = os.environ.get("FTWIDGETS_MODELS")
    if chosen:
        try:
            return Path(chosen).expanduser().resolve()
        except (RuntimeError, ValueError) as error:  # "~nobody", a null byte
            raise ModelError(f"FTWIDGETS_MODELS is {chosen!r}, which no folder can be called ({error}).") from error
    import platformdirs

    return platformdirs.user_data_path("ftwidgets").resolve() / "models"


def list_models(folder: Path | None = None) -> list[ModelEntry]:
    """Return every model that is installed, beginning with the bundled one, and then those that can be added by name.

    Parameters
    ----------
    folder
        Of installed models; by default `default_folder()`.
    """
    folder = folder or default_folder()
    names = (
        sorted(path.name for path in folder.iterdir() if path.is_dir() and NAME.fullmatch(path.name)) if folder.is_dir() else []
    )
    entries = [ModelEntry(NANO, nano_card(), NANO_FOLDER)] + [ModelEntry.read(folder / name) for name in names if name != NANO]
    return entries + [ModelEntry(name, model.card) for name, model in KNOWN.items() if name not in names]


def show(name: str, folder: Path | None = None) -> ModelEntry:
    """Return one model: installed, or one that can be added by name.

    Parameters
    ----------
    name
        Of the model; `nano` is short for the bundled one.
    folder
        Of installed models; by default `default_folder()`.

    Raises
    ------
    ModelError
        If there is none of this name; the message lists those there are.
    """
    name = ALIASES.get(name, name)
    entries = {entry.name: entry for entry in list_models(folder)}
    if name not in entries:
        close = difflib.get_close_matches(name, entries, n=1, cutoff=0.4)
        hint = f' Did you mean "{close[0]}"?' if close else ""
        raise ModelError(f'no model is called "{name}".{hint} There are: {", ".join(entries)}.')
    return entries[name]


def model_folder(name: str, folder: Path | None = None) -> Path:
    """Return the folder with a model's files, ready to be loaded.

    Parameters
    ----------
    name, folder
        As for `show`.

    Raises
    ------
    ModelError
        If it is not installed or its files are damaged; the message has the command to type.
    """
    entry = show(name, folder)
    if entry.problem:
        raise ModelError(f'the model "{entry.name}" cannot be used: {entry.problem}')
    if entry.folder is None:
        raise ModelError(f'the model "{entry.name}" is not installed; type: ftwidgets models add {entry.name}')
    return entry.folder


def remove(name: str, folder: Path | None = None) -> int:
    """Delete an installed model, or what an interrupted download left; return how many bytes that freed.

    Parameters
    ----------
    name, folder
        As for `show`.

    Raises
    ------
    ModelError
        If it is the bundled one, is not there, or is being added at this moment.
    """
    folder = folder or default_folder()
    name = show(name, folder).name if name not in KNOWN else name
    if name == NANO:
        raise ModelError(f'"{NANO}" came with the package and cannot be removed.')
    left = [path for path in (folder / name, downloads(folder, name)) if path.exists()]
    if not left:
        raise ModelError(f'the model "{name}" is not installed, so there is nothing to remove.')
    freed = sum(path.stat().st_size for part in left for path in part.rglob("*") if path.is_file())
    with full_disk_explained(folder), process_lock(lock_path(folder, name)) as mine:
        if not mine:
            raise ModelError(f'the model "{name}" is being added by another process; wait for it, or stop it first.')
        for part in left:  # renamed first: from then on nobody finds half of it
            aside = folder / f".{name}-{secrets.token_hex(4)}.removed"
            os.rename(part, aside)
            shutil.rmtree(aside)
    return freed


def downloads(folder: Path, name: str) -> Path:
    """Return the folder in which a download of this model is collected."""
    return folder / ".downloads" / name


def lock_path(folder: Path, name: str) -> Path:
    """Return the lock that a process holds while it adds or removes a model of this name."""
    return folder / f".{name}.lock"
