"""The models that can be asked or tuned: the bundled base model, its untrained copy, others that were added, and tuned ones.

A few loaded models are kept in memory, the ones used last; a tuned model is always loaded from its files, so it answers the
same before and after a restart. The untrained model is the same network before it has learned anything, for comparisons: its
weights are drawn, from a fixed seed, whenever it is loaded. All adapters of a base model share its weights.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from ftwidgets.models.card import sha256
from ftwidgets.models.installed import NAME, ModelEntry, how_to_add, how_to_repair, list_models
from ftwidgets.models.known import KNOWN
from ftwidgets.sandbox.api_errors import ApiError, ModelUnusableError, not_found
from ftwidgets.sandbox.inference.retirement import Retirement
from ftwidgets.sandbox.store.queries import has_permission, usable_models
from ftwidgets.sandbox.store.records import ModelRecord
from ftwidgets.sandbox.store.store import Store

if TYPE_CHECKING:
    from ftwidgets.engine import Model

BASE = "nano-2026-11"
UNTRAINED = "nano-untrained-2026-11"
BUNDLED = (BASE, UNTRAINED)
BASE_CREATED = 1793491200  # 2026-11-01, in seconds since 1970
BASE_DIGEST = "base.sha256"  # beside an adapter: the digest of the weights that it was trained on
UNTRAINED_SEED = 2026_11  # never change it: jobs that continue after a restart need the weights they began with
HINT = (
    f"This sandbox serves {BASE}, {UNTRAINED} (the same network with random weights), base models that have been added "
    "(`ftwidgets models` lists them), and the models tuned from them here; it never plays a model it is not."
)
CARD = "model_card.json"  # beside the weights of an added model
CONTEXT = 1024  # tokens of an added model, unless its card says otherwise: attention over many thousands takes gigabytes


class Catalog:
    """Finds models by name and keeps the last few in memory.

    Parameters
    ----------
    store
        Knows the tuned models.
    models
        The folder of added base models, each in a folder of its name; None: there are none.
    n_kept
        How many loaded models to keep (one takes about 14 MB).
    n_loaded
        How many may be in memory at once, including those in use, before a request for another one waits (`is_full_for`).

    Attributes
    ----------
    retirement
        When which model is shut down; set a date there and it is.
    """

    def __init__(self, store: Store, *, models: Path | None = None, n_kept: int = 3, n_loaded: int = 8) -> None:
        self.retirement = Retirement(store.clock)
        self._store = store
        self._models = models
        self._n_kept = n_kept
        self._n_loaded = n_loaded
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Model] = OrderedDict()
        self._in_memory: WeakValueDictionary[str, Model] = WeakValueDictionary()  # kept, or in use by an answer or a job

    def bases(self) -> list[str]:
        """Return the names of the base models that can be used: the bundled ones, then those that have been added."""
        entries = [] if self._models is None else list_models(self._models)
        return [*BUNDLED, *(entry.name for entry in entries if entry.installed and entry.name not in BUNDLED)]

    def is_base(self, name: str) -> bool:
        """Say whether this is the name of a base model that can be used, and not of a tuned one."""
        return name in BUNDLED or self.added(name) is not None

    def added(self, name: str) -> tuple[Path, int] | None:
        """Return the folder of a base model that was added, and its context in tokens; None if it is none, or damaged."""
        entry = self._entry(name)
        return (entry.folder, _context(entry.folder)) if entry and entry.folder and entry.installed else None

    def damage(self, name: str) -> ApiError | None:
        """Return the error of an added base model with damaged files, card included; None for any other name."""
        entry = self._entry(name)
        return _damaged(name, entry.problem) if entry and entry.problem else None

    def _entry(self, name: str) -> ModelEntry | None:
        """What `ftwidgets models` knows of an added base model; None if none has this name."""
        if self._models is None or name in BUNDLED or not NAME.fullmatch(name) or not (self._models / name).is_dir():
            return None
        return ModelEntry.read(self._models / name)

    def tuned_models(self, owner: str) -> list[ModelRecord]:
        """List the tuned models that an owner may use, newest first."""
        return usable_models(self._store.db, owner)

    def find(self, name: str, owner: str | None = None) -> ModelRecord:
        """Find a tuned model (that this owner may use if one is named).

        A 404 says that it does not exist, and what does; a 500 that it is a base model with damaged files.
        """
        record = self._store.model(name)
        if record is None or not self._may_use(record, owner):
            raise self.damage(name) or _unknown(name)
        return record

    def find_owned(self, name: str, owner: str) -> ModelRecord:
        """Find a tuned model of this owner's own; a 404 says that it does not exist."""
        record = self._store.model(name, owner)
        if record is None:
            raise self.damage(name) or _unknown(name)
        return record

    def is_available(self, name: str, owner: str | None = None) -> bool:
        """Say whether a model of this name can be asked or tuned; one that is shut down cannot."""
        if self.retirement.is_retired(name):
            return False
        record = self._store.model(name)
        return self.is_base(name) or (record is not None and self._may_use(record, owner))

    def folder(self, name: str, owner: str | None = None) -> Path:
        """Name the folder with a model's files; the untrained one borrows the other's shape and tokenizer."""
        if name in BUNDLED:
            from ftwidgets.engine import NANO

            return NANO
        added = self.added(name)
        return added[0] if added else self._store.model_folder(self.find(name, owner).folder)

    def load(self, name: str, owner: str | None = None) -> Model:
        """Load a model, or find it in memory; for a named owner only as long as it is not shut down."""
        folder = self.folder(name, owner)
        if not folder.is_dir():
            raise _unknown(name)
        if owner is not None:  # a job that has begun is not disturbed
            self.retirement.check(name)
        base = self._base_of_adapter(folder) if name not in self._in_memory else None
        with self._lock:
            model = self._kept.pop(name, None) or self._in_memory.get(name) or _load(name, folder, base)
            self._kept[name] = self._in_memory[name] = model
            if len(self._kept) > self._n_kept:
                self._kept.popitem(last=False)
        return model

    def _base_of_adapter(self, folder: Path) -> Model | None:
        """Load the model that the adapter in a folder belongs to; None where the folder holds a whole model."""
        from ftwidgets.engine import adapter_base

        name = adapter_base(folder)
        if name is None:
            return None
        if not self.is_base(name):
            message = f"This model is an adapter to `{name}`. {_not_here(name)}"
            raise self.damage(name) or ModelUnusableError(404, message, code="model_not_found")
        noted = _noted_digest(folder)
        if noted and noted != _weights_digest(self.folder(name)):
            message = (
                f"This model is an adapter to `{name}`, and the weights of that name on this machine are other ones now. "
                "Add the earlier weights again, or repeat the job on the new ones."
            )
            raise ModelUnusableError(404, message, code="model_not_found")
        return self.load(name)

    def note_base(self, folder: Path) -> None:
        """Note beside an adapter which weights it was trained on, so that it is never put on others of the same name."""
        from ftwidgets.engine import adapter_base

        name = adapter_base(folder)
        if name is not None and self.is_base(name):
            (folder / BASE_DIGEST).write_text(_weights_digest(self.folder(name)), encoding="ascii")

    def is_loaded(self, name: str) -> bool:
        """Say whether a model need not be read from its files."""
        return name in self._in_memory

    def is_full_for(self, name: str) -> bool:
        """Say whether to wait with loading this model until others are no longer in use."""
        with self._lock:
            return name not in self._in_memory and len(self._in_memory) >= self._n_loaded

    def delete(self, name: str, owner: str = "") -> None:
        """Delete a tuned model, its weights and its copy in memory; with the final model of a job its checkpoints too."""
        deleted = self._store.delete_model(self.find_owned(name, owner))
        with self._lock:
            for record in deleted:
                self._kept.pop(record.id, None)

    def _may_use(self, record: ModelRecord, owner: str | None) -> bool:
        return owner is None or record.owner == owner or has_permission(self._store.db, record.id, owner)


def _noted_digest(folder: Path) -> str:
    """Return the digest of the weights that an adapter was trained on; empty for an adapter of an earlier version."""
    try:
        return (folder / BASE_DIGEST).read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""


def _weights_digest(folder: Path) -> str:
    file = folder / "model.safetensors"
    facts = file.stat()
    return _digest(file, facts.st_size, facts.st_mtime_ns)


@lru_cache(maxsize=8)
def _digest(file: Path, _size: int, _changed: int) -> str:
    return sha256(file)


def unknown_model(name: str) -> str:
    """Say of a name that is no model's what can be done."""
    return _not_here(name) if name in KNOWN else HINT


def _not_here(name: str) -> str:
    return f"That base model is not on this machine; type: {how_to_add(name)}"


def _damaged(name: str, problem: str) -> ModelUnusableError:
    message = f"The model `{name}` is damaged and cannot be loaded: {problem}"
    return ModelUnusableError(500, message, code="model_damaged", kind="server_error")


def _unknown(name: str) -> ApiError:
    message = f"The model `{name}` does not exist or you do not have access to it. {unknown_model(name)}"
    if name.startswith("ft:"):
        return not_found(message, code="model_not_found")
    return ModelUnusableError(404, message, code="model_not_found")  # a base model may be added at any time


def _load(name: str, folder: Path, base: Model | None) -> Model:
    """Read a model's files; what is wrong with them is an error that says so."""
    from ftwidgets.engine import NANO, Model

    try:
        if base is not None:
            return base.with_adapter(folder)
        if folder != NANO:
            base_name = "" if name.startswith("ft:") else name  # a tuned model may be deleted: no adapter relies on one
            return Model.load(folder, base=base_name, context=_context(folder))
        model = Model.load(folder, base=name)
        return Model.random(model.config, model.tokenizer, UNTRAINED_SEED, base=name) if name == UNTRAINED else model
    except (ValueError, OSError) as error:
        if isinstance(error, ValueError):
            added = name not in BUNDLED and not name.startswith("ft:")
            raise _damaged(name, f"{error} {how_to_repair(name)}" if added else str(error)) from error
        message = f"The model `{name}` cannot be loaded: {error}"
        raise ModelUnusableError(500, message, code="model_unreadable", kind="server_error") from error


def _context(folder: Path) -> int:
    """How many tokens an added model may read, by its card."""
    try:
        context = json.loads((folder / CARD).read_text(encoding="utf-8")).get("context")
    except (OSError, ValueError, AttributeError):
        context = None
    return context if isinstance(context, int) and context > 1 else CONTEXT
