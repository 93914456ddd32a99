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

from ftwidgets.sandbox.errors import ApiError, missing
from ftwidgets.sandbox.records import ModelRecord
from ftwidgets.sandbox.schemas import Body, model_body
from ftwidgets.sandbox.store import Store

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
        How many loaded models to keep (one takes about 20 MB).
    """

    def __init__(self, store: Store, *, room: int = 4) -> None:
        self._store = store
        self._room = room
        self._lock = threading.Lock()
        self._loaded: OrderedDict[str, Model] = OrderedDict()

    def bodies(self) -> list[Body]:
        """List every model as the API shows it, the base models first."""
        tuned = self._store.db.select(ModelRecord, newest=True)
        return [*map(_base_body, BASES), *map(model_body, tuned)]

    def body(self, name: str) -> Body:
        """Show one model."""
        return _base_body(name) if name in BASES else model_body(self.record(name))

    def record(self, name: str) -> ModelRecord:
        """Find a tuned model, or say that it does not exist and what does."""
        record = self._store.model(name)
        if record is None:
            raise _unknown(name)
        return record

    def knows(self, name: str) -> bool:
        """Tell whether a model of this name can be asked or tuned."""
        return name in BASES or self._store.model(name) is not None

    def folder(self, name: str) -> Path:
        """Tell where the files of a model lie; the untrained one borrows the other's shape and tokenizer."""
        if name in BASES:
            from ftwidgets.engine import NANO

            return NANO
        return self._store.model_folder(self.record(name).folder)

    def load(self, name: str) -> Model:
        """Give the model itself, ready to answer."""
        folder = self.folder(name)
        if not folder.is_dir():
            raise _unknown(name)
        with self._lock:
            model = self._loaded.pop(name, None) or _read(name, folder)
            self._loaded[name] = model
            if len(self._loaded) > self._room:
                self._loaded.popitem(last=False)
        return model

    def forget(self, name: str) -> None:
        """Remove a tuned model, its weights and what is in memory of it."""
        self._store.delete_model(self.record(name))
        with self._lock:
            self._loaded.pop(name, None)


def _unknown(name: str) -> ApiError:
    message = f"The model `{name}` does not exist or you do not have access to it. {HINT}"
    return missing(message, code="model_not_found")


def _read(name: str, folder: Path) -> Model:
    from ftwidgets.engine import Model

    model = Model.load(folder)
    return Model.random(model.config, model.tokenizer, UNTRAINED_SEED) if name == UNTRAINED else model


def _base_body(name: str) -> Body:
    return {"id": name, "object": "model", "created": BASE_CREATED, "owned_by": "ftwidgets"}
