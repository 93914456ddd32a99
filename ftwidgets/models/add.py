"""Add a model: download or open it, store it beside its place, and rename it when it is whole."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ftwidgets.errors import ModelError
from ftwidgets.models.card import FileFacts, ModelCard, sha256
from ftwidgets.models.disk import full_disk_explained, require_space
from ftwidgets.models.installed import NAME, ModelEntry, default_folder, downloads, lock_path, show
from ftwidgets.models.known import ALIASES, KNOWN, NANO, HubModel
from ftwidgets.paths import expand_home
from ftwidgets.process_lock import process_lock
from ftwidgets.progress_line import ProgressLine

if TYPE_CHECKING:
    from ftwidgets.models.convert import Checkpoint, OnProgress

STORED = ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")
CONTEXT = 1024  # tokens: at 8,192 the attention of one long example takes gigabytes
FIRST_REPORT_AFTER = 1.0  # seconds until the line is shown
SPARE = 20_000_000  # bytes beside the weights: the tokenizer, and some air


def add(
    model: str | Path,
    /,
    *,
    name: str | None = None,
    source: str | Path | None = None,
    context: int | None = None,
    folder: Path | None = None,
    hub: str | None = None,
    on_progress: OnProgress | None = None,
) -> ModelEntry:
    """Add a model to those that can be used here, and return it.

    Parameters
    ----------
    model
        A known model's name (`"smollm2-135m"`), or the path of a folder, a `.gguf` file or a wheel that holds one.
    name
        What to call a model that was given by its path: small letters, digits, `.`, `_` and `-`.
    source
        Where a known model is, in place of a download: a folder, a `.gguf` file or a wheel.
    context
        How many tokens are read here, at most as many as the model was made for. By default 1,024: the memory for a training
        example grows with the square of its length.
    folder
        Of installed models; by default `default_folder()`.
    hub
        The address of a mirror of the Hugging Face Hub.
    on_progress
        Called with bytes done, bytes in all, and what they are of. Without it, one line says how far it is; it is updated in
        place, and outside a notebook it goes to stderr.

    Raises
    ------
    ModelError
        If it cannot be added; the message says why and what to do. Nothing half is left in its place then, and an
        interrupted download goes on from where it stopped when it is added again.
    """
    folder = folder or default_folder()
    known = KNOWN.get(str(model))
    path: Path | None
    if known is None:
        if source is not None:
            raise ModelError(f'"{model}" is no known model; with a source, give one of these: {", ".join(KNOWN)}.')
        chosen, path = _check_name(model, name), expand_home(model)
    else:
        if name is not None:
            raise ModelError(f'"{model}" is a known model and keeps its name; leave out the other one.')
        chosen, path = known.card.name, expand_home(source) if source is not None else None
    with (
        ProgressLine(wanted=on_progress is None, after=FIRST_REPORT_AFTER) as line,
        _whole_or_nothing(folder, chosen) as aside,
    ):
        report = on_progress or _report_to(line)
        if path is None:
            assert known is not None
            from ftwidgets.models.hub import HUB, download

            path = downloads(folder, chosen)
            path.mkdir(parents=True, exist_ok=True)
            there = sum(file.stat().st_size for file in path.iterdir())
            # The weights are stored a second time, in the order in which they are computed with.
            require_space(folder, known.card.size - min(there, known.card.size) + 2 * known.card.parameters + SPARE)
            download(known, path, report, hub=hub or HUB)
        _store(path, aside, chosen, known, context, report)
        line.finish(f"Added {chosen}.")
    shutil.rmtree(downloads(folder, chosen), ignore_errors=True)
    return show(chosen, folder)


def _report_to(line: ProgressLine) -> OnProgress:
    def report(done: int, of: int, what: str) -> None:
        line.show(f"{what}: {done // 1_000_000:,} of {max(1, of // 1_000_000):,} MB")

    return report


def _check_name(model: str | Path, name: str | None) -> str:
    path = expand_home(model)
    if str(model) in ALIASES or str(model) == NANO:
        raise ModelError(f'"{model}" came with the package; there is nothing to add.')
    if not path.exists():
        raise ModelError(
            f'"{model}" is neither a known model ({", ".join(KNOWN)}) nor a folder or file that exists. Give one of these.'
        )
    if name is None:
        raise ModelError(f"{path} needs a name under which it can be used: ftwidgets models add {path} --as NAME")
    if not NAME.fullmatch(name):
        raise ModelError(
            f'"{name}" cannot be the name of a model: 1 to 64 small letters, digits, ".", "_" and "-", '
            "beginning and ending with a letter or digit."
        )
    if name in KNOWN or name in ALIASES or name.startswith("nano"):
        meant = f" If it is that model: ftwidgets models add {name} --from {path}" if name in KNOWN else ""
        raise ModelError(f'"{name}" is the name of a model that comes from elsewhere; choose another one.{meant}')
    return name


@contextmanager
def _whole_or_nothing(folder: Path, name: str) -> Iterator[Path]:
    """Give a folder to fill, and rename it to its place at the end; only one process does so for a name at a time."""
    with full_disk_explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with process_lock(lock_path(folder, name)) as mine:
            if not mine:
                raise ModelError(f'the model "{name}" is being added by another process; wait until that is done.')
            if (folder / name).exists():
                raise ModelError(f'the model "{name}" already exists. To replace it, first: ftwidgets models remove {name}')
            for left_over in folder.glob(f".{name}-????????.part"):  # of a process that was killed
                shutil.rmtree(left_over, ignore_errors=True)
            aside = folder / f".{name}-{secrets.token_hex(4)}.part"
            aside.mkdir()
            try:
                yield aside
                os.rename(aside, folder / name)
            finally:
                shutil.rmtree(aside, ignore_errors=True)


def _store(path: Path, aside: Path, name: str, known: HubModel | None, context: int | None, report: OnProgress) -> None:
    """Store the model in `aside`, with its card."""
    from ftwidgets.models.convert import open_checkpoint, store

    with open_checkpoint(path, aside) as checkpoint:
        for key, value in (known.shape if known else {}).items():
            if known and getattr(checkpoint.config, key) != value:
                raise ModelError(
                    f"{path} is not {known.repository}: its {key} is {getattr(checkpoint.config, key)}, not {value}. "
                    f"To add it under another name: ftwidgets models add {path} --as NAME"
                )
        card = _card(checkpoint, path, name, known)
        if context is not None and not 2 <= context <= card.max_context:
            raise ModelError(f"the context must be 2 to {card.max_context:,} tokens, for which the model was made: {context:,}")
        require_space(aside, 2 * checkpoint.parameters + SPARE)
        store(checkpoint, aside, report)
    files = {file: FileFacts((aside / file).stat().st_size, sha256(aside / file)) for file in STORED}
    replace(card, files=files, context=context or card.context).write(aside)


def _card(checkpoint: Checkpoint, path: Path, name: str, known: HubModel | None) -> ModelCard:
    if known is None:
        longest = checkpoint.config.max_position_embeddings
        return ModelCard(
            name=name,
            title=checkpoint.title,
            licence=checkpoint.licence,
            source=f"{path.resolve()} ({checkpoint.form})",
            parameters=checkpoint.parameters,
            context=min(CONTEXT, longest),
            max_context=longest,
        )
    if path.is_dir() and all(
        (path / file).is_file() and sha256(path / file) == facts.sha256 for file, facts in known.card.files.items()
    ):
        return replace(known.card, source=f"{known.card.source}, revision {known.revision}")
    exact = " Quantised weights are a little less exact than the original ones." if "GGUF" in checkpoint.form else ""
    return replace(known.card, source=f"{known.card.source}, by way of {path.name} ({checkpoint.form}).{exact}")
