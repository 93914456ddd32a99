"""The services whose fine-tuning has OpenAI's shape, and how they differ: dated data, in `providers.json` beside this file.

No service was asked: the data comes from published pages and from the outputs that others published of real runs; each
entry names its sources and what could not be verified.
Left out: clients (`ftwidgets.connect` makes them), prices (`ftwidgets.data.cost`), and services of another shape.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from ftwidgets.errors import FtwidgetsError

TERMINAL_STATUSES = frozenset({"succeeded", "failed", "cancelled"})
"""The statuses a job never leaves, at every service. With any other status, known or not, keep polling."""

_DATA = Path(__file__).with_name("providers.json")


@dataclass(frozen=True)
class Provider:
    """A service, what it calls things, and what to know before one moves there.

    Parameters
    ----------
    name, label
        What `connect` calls it, and what people do.
    base_url, address_form
        Its address; where every customer has their own, None, and what it looks like.
    hosts
        The names of its computers; one that begins with a dot stands for all that end so.
    key_variable
        The variable of the environment that holds its key; empty if it takes none.
    as_of, sources, unverified
        When this was read (YYYY-MM-DD), where, and what no source confirmed.
    closed_to_newcomers, no_new_jobs, models_end
        The days from which newcomers cannot train, nobody can start a job, and tuned models stop; None: no such day.
    note
        What to know first, in a sentence or two.
    learning_rate_multiplier
        What that number means: a `"factor"` on a rate of the service's own, or the `"absolute"` rate.
    hyperparameters_in
        Where the request carries them: inside `"method"`, or in the older field `"hyperparameters"`.
    extra_body
        What a request for a job must carry besides.
    events_order, curve_from, result_file, result_columns
        How events are listed, where losses are told, and what the result files are.
    checkpoint_order, checkpoints_kept
        How checkpoints are listed, and how many are kept (None: all).
    odd_statuses
        Statuses of a job that OpenAI's published list does not have.
    deploy
        What to do before a tuned model answers; empty if nothing.
    error_fields
        What is inside the `error` of a refusal.
    """

    name: str
    label: str
    base_url: str | None
    address_form: str
    hosts: tuple[str, ...]
    key_variable: str
    as_of: str
    closed_to_newcomers: str | None
    no_new_jobs: str | None
    models_end: str | None
    note: str
    learning_rate_multiplier: Literal["factor", "absolute"]
    hyperparameters_in: Literal["method", "hyperparameters"]
    extra_body: Mapping[str, object]
    events_order: Literal["newest first", "oldest first"]
    curve_from: Literal["events", "result file", "checkpoints"]
    result_file: Literal["base64 of a CSV", "plain CSV", "weights"]
    result_columns: tuple[str, ...]
    checkpoint_order: Literal["newest first", "oldest first"]
    checkpoints_kept: int | None
    odd_statuses: tuple[str, ...]
    deploy: str
    error_fields: tuple[str, ...]
    unverified: tuple[str, ...]
    sources: tuple[str, ...]

    def takes_newcomers(self, today: datetime.date | None = None) -> bool:
        """Whether somebody who never trained there can begin.

        Parameters
        ----------
        today
            The day that is asked about; by default this one.
        """
        return not (_past(self.closed_to_newcomers, today) or _past(self.no_new_jobs, today))

    @property
    def warning(self) -> str:
        """Which doors are closed or closing, with the days; empty where none is."""
        told = []
        if self.closed_to_newcomers:
            told.append(f"From {self.closed_to_newcomers} on, {self.label} lets no new organisation fine-tune.")
        if self.no_new_jobs:
            told.append(f"From {self.no_new_jobs} on, nobody can start a job there.")
        if self.models_end:
            told.append(f"On {self.models_end} the models tuned there stop.")
        return " ".join([*told, "ftwidgets.connect() trains on this computer instead."]) if told else ""


@cache
def providers() -> tuple[Provider, ...]:
    """Give every service we know, the sandbox first."""
    return tuple(Provider(**_entry(entry)) for entry in json.loads(_DATA.read_text(encoding="utf-8")))


def provider(name: str) -> Provider:
    """Give the service of this name.

    Parameters
    ----------
    name
        `"sandbox"`, `"openai"`, `"nebius"` or `"foundry"`.

    Raises
    ------
    FtwidgetsError
        If there is none. The text does not repeat the name: it may be a key in the wrong place.
    """
    for known in providers():
        if known.name == name:
            return known
    names = ", ".join(f'"{known.name}"' for known in providers())
    raise FtwidgetsError(
        f"there is no service of that name; it is one of {names}, or an address that begins with http:// or https://. "
        "A key goes into the environment, or into api_key=..."
    )


def at(address: str) -> Provider | None:
    """Find the service that an address belongs to; None for one we do not know, such as a school's own server."""
    host = urlsplit(address).hostname or ""
    for known in providers():
        if any(host.endswith(own) if own.startswith(".") else host == own for own in known.hosts):
            return known
    return None


def _entry(entry: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in entry.items()}


def _past(day: str | None, today: datetime.date | None) -> bool:
    return day is not None and datetime.date.fromisoformat(day) <= (today or datetime.date.today())


def auto_epochs(n_examples: int) -> int:
    """Return the epochs that "auto" stands for, by the rule OpenAI published (cookbook: Chat_finetuning_data_prep).

    3; more for few examples, so that about 100 are seen, but at most 25; fewer for many, so that 25,000 are seen. The sandbox
    trains by it, and the estimate of a job's cost is made with it.
    """
    if 3 * n_examples < 100:
        return max(1, min(25, 100 // max(1, n_examples)))
    if 3 * n_examples > 25_000:
        return max(1, 25_000 // n_examples)
    return 3
