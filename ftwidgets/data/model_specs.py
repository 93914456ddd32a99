"""The models that can be tuned: their tokenizer, their context length, their dates.

The data is dated and in `models.json` beside this file; of a base model that was added here, its own card has it. Prices are in
`ftwidgets.data.cost`.
"""

from __future__ import annotations

import datetime
import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ftwidgets.data.text import join_names, quote
from ftwidgets.models.installed import list_models, model_folder


@dataclass(frozen=True)
class TunableModel:
    """A base model, as far as it matters for training data; days are YYYY-MM-DD, or None for no such day."""

    name: str  # in full, with its date
    provider: str
    encoding: str  # `o200k_base`, `cl100k_base`, or the name of the sandbox's model that has the tokenizer
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
    """Return what is known of a model: one of `models`, or a base model that was added to the sandbox.

    Parameters
    ----------
    name
        In full (`gpt-4o-mini-2024-07-18`), without the date, or that of a model tuned from it (`ft:...`).

    Raises
    ------
    ValueError
        If nothing is known of it, or it is not installed; the message says what to do.
    """
    base = name.split(":")[1] if name.startswith("ft:") and name.count(":") > 1 else name
    for model in models():
        if base in (model.name, re.sub(r"-(\d{4}-\d\d-\d\d|\d{4}-\d\d|\d{4})$", "", model.name)):
            return model
    entries = {entry.name: entry for entry in list_models()}
    if base not in entries:
        known = join_names(dict.fromkeys([*(model.name for model in models()), *entries]))
        raise ValueError(f"No model is known here as {quote(name)}. The known models are {known}.")
    model_folder(base)  # raises if it is not installed, or damaged
    card = entries[base].card
    read = datetime.date.today().isoformat()
    return TunableModel(base, "sandbox", base, card.context, ends=None, retires=None, source=card.source, as_of=read)


def tokenizer_name(model: str) -> str:
    """Return the base model of the sandbox whose tokenizer counts for a model: its own if it is here, else the bundled one's.

    The second is an estimate: a model of another service, or of a class server.
    """
    try:
        found = find_model(model)
    except ValueError:
        return "nano"
    return found.encoding if found.provider == "sandbox" else "nano"


def sandbox_models() -> list[str]:
    """Return the names of the base models that can be tuned on this computer, the bundled one first."""
    return [entry.name for entry in list_models() if entry.installed]
