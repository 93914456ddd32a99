"""The models that can be asked or tuned: the bundled base model, its untrained twin, and what was tuned from them here.

A few loaded models are kept, the ones used last; a tuned model is always served from its files, so it answers the
same before and after a restart. The twin is the same network before it has learned anything, for comparisons: its
weights are drawn, from a fixed seed, whenever it is loaded. Left out: base models brought along from elsewhere.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from ftwidgets.sandbox.api.bodies import Body, model_body
from ftwidgets.sandbox.api_errors import ApiError, missing
from ftwidgets.sandbox.inference.retirement import Shutdowns
from ftwidgets.sandbox.store.records import ModelRecord
from ftwidgets.sandbox.store.store import Store

if TYPE_CHECKING:
    from ftwidgets.engine import Model

BASE = "nano-2026-11"
UNTRAINED = "nano-untrained-2026-11"
BASES = (BASE, UNTRAINED)
BASE_CREATED = 1793491200  # 2026-11-01
UNTRAINED_SEED = 2026_11  # never to be changed: jobs that go on after a restart need the weights they began with
HINT = (
    f"This sandbox serves {BASE}, {UNTRAINED} (the same network with random weights) and the models tuned from "
    "them here; it never plays a model it is not."
)


class Catalog:
    """Finds models by name and keeps the last few in memory.

    Parameters
    ----------
    store
        Knows the tuned models.
    room
        How many loaded models to keep (one takes about 14 MB).
    most
        How many may be in memory at once, those in use included, before whoever asks another one waits (`crowded`).

    Attributes
    ----------
    shutdowns
        When which model is shut down; set a date there and it is.
    """

    def __init__(self, store: Store, *, room: int = 3, most: int = 8) -> None:
        self.shutdowns = Shutdowns(store.clock)
        self._store = store
        self._room = room
        self._lock = threading.Lock()
        self._loaded: OrderedDict[str, Model] = OrderedDict()
        self._most = most
        self._alive: WeakValueDictionary[str, Model] = WeakValueDictionary()  # in use, whether kept or not

    def bodies(self, owner: str = "") -> list[Body]:
        """List every model that an owner may ask as the API shows it, the base models first."""
        where = "owner = ? OR id IN (SELECT checkpoint FROM permissions WHERE project_id = ?)"
        tuned = self._store.db.select(ModelRecord, where, (owner, owner), newest=True)
        return [*map(self._base_body, BASES), *map(self._tuned_body, tuned)]

    def body(self, name: str, owner: str | None = None) -> Body:
        """Show one model."""
        return self._base_body(name) if name in BASES else self._tuned_body(self.record(name, owner))

    def record(self, name: str, owner: str | None = None) -> ModelRecord:
        """Find a tuned model (that this owner may use if one is named), or say that it does not exist and what does."""
        record = self._store.model(name)
        if record is None or not self._usable(record, owner):
            raise _unknown(name)
        return record

    def owned(self, name: str, owner: str) -> ModelRecord:
        """Find a tuned model of this owner's own, or say that it does not exist."""
        record = self._store.model(name, owner)
        if record is None:
            raise _unknown(name)
        return record

    def permitted(self, name: str, owner: str) -> bool:
        """Tell whether the owner of a tuned model lets somebody else use it (`permissions`)."""
        where = "SELECT 1 FROM permissions JOIN models ON models.id = checkpoint AND models.owner = permissions.owner"
        return self._store.db.value(f"{where} WHERE checkpoint = ? AND project_id = ?", (name, owner)) is not None

    def knows(self, name: str, owner: str | None = None) -> bool:
        """Tell whether a model of this name can be asked or tuned; one that is shut down cannot."""
        if self.shutdowns.is_over(name):
            return False
        record = self._store.model(name)
        return name in BASES or (record is not None and self._usable(record, owner))

    def folder(self, name: str, owner: str | None = None) -> Path:
        """Tell where the files of a model lie; the untrained one borrows the other's shape and tokenizer."""
        if name in BASES:
            from ftwidgets.engine import NANO

            return NANO
        return self._store.model_folder(self.record(name, owner).folder)

    def load(self, name: str, owner: str | None = None) -> Model:
        """Give the model itself, ready to answer; to a named owner only as long as it is not shut down."""
        folder = self.folder(name, owner)
        if not folder.is_dir():
            raise _unknown(name)
        if owner is not None:  # a job that has begun is not disturbed
            self.shutdowns.check(name)
        with self._lock:
            model = self._loaded.pop(name, None) or self._alive.get(name) or _read(name, folder)
            self._loaded[name] = self._alive[name] = model
            if len(self._loaded) > self._room:
                self._loaded.popitem(last=False)
        return model

    def has_in_memory(self, name: str) -> bool:
        """Tell whether a model need not be read from its files."""
        return name in self._alive

    def crowded(self, name: str) -> bool:
        """Tell whether to wait with loading this model until others are no longer in use."""
        with self._lock:
            return name not in self._alive and len(self._alive) >= self._most

    def forget(self, name: str, owner: str = "") -> None:
        """Remove a tuned model, its weights and what is in memory of it; with the final one of a job its checkpoints."""
        gone = self._store.delete_model(self.owned(name, owner))
        with self._lock:
            for record in gone:
                self._loaded.pop(record.id, None)

    def _usable(self, record: ModelRecord, owner: str | None) -> bool:
        return owner is None or record.owner == owner or self.permitted(record.id, owner)

    def _base_body(self, name: str) -> Body:
        created = {"id": name, "object": "model", "created": BASE_CREATED, "owned_by": "ftwidgets"}
        return {**created, **self._end(name)}

    def _tuned_body(self, record: ModelRecord) -> Body:
        return {**model_body(record), **self._end(record.id)}

    def _end(self, name: str) -> Body:
        """Give the key that tells when a model is shut down, where there is a date."""
        day = self.shutdowns.date(name)
        return {} if day is None else {"shutdown_date": day.isoformat()}


def _unknown(name: str) -> ApiError:
    message = f"The model `{name}` does not exist or you do not have access to it. {HINT}"
    return missing(message, code="model_not_found")


def _read(name: str, folder: Path) -> Model:
    from ftwidgets.engine import Model

    model = Model.load(folder)
    return Model.random(model.config, model.tokenizer, UNTRAINED_SEED) if name == UNTRAINED else model
