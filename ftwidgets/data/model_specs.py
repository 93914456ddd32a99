"""The models that can be tuned: their tokenizer, their context length, their dates.

The data is dated and in `models.json` beside this file. Prices are in `ftwidgets.data.cost`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ftwidgets.data.text import join_names, quote


@dataclass(frozen=True)
class TunableModel:
    """A base model, as far as it matters for training data; days are YYYY-MM-DD, or None for no such day."""

    name: str  # in full, with its date
    provider: str
    encoding: str  # `o200k_base`, `cl100k_base`, or `nano` for the sandbox's own tokenizer
    limit: int  # tokens that it reads of an example; a service cuts off the rest silently
    ends: str | None  # the day from which nobody can start a job
    retires: str | None  # the day on which tuned models stop
    source: str  # where this was read, and when
    as_of: str


@cache
def models() -> tuple[TunableModel, ...]:
    """Return the known models, the sandbox's first."""
    data = Path(__file__).with_name("models.json").read_text(encoding="utf-8")
    return tuple(TunableModel(**entry) for entry in json.loads(data))


def find_model(name: str) -> TunableModel:
    """Return what is known of a model, or raise ValueError if nothing is.

    `name` is in full (`gpt-4o-mini-2024-07-18`), without the date, or that of a model tuned from it (`ft:...`).
    """
    base = name.split(":")[1] if name.startswith("ft:") and name.count(":") > 1 else name
    for model in models():
        if base in (model.name, re.sub(r"-(\d{4}-\d\d-\d\d|\d{4}-\d\d|\d{4})$", "", model.name)):
            return model
    known = join_names(model.name for model in models())
    raise ValueError(f"No model is known here as {quote(name)}. The known models are {known}.")
