"""The services with an OpenAI-shaped fine-tuning API, and how they differ: dated data from `providers.json`.

No request was made to any service. The data comes from published pages, and from outputs of real runs that others published;
each entry names its sources and what could not be verified. Prices are in `ftwidgets.data.cost`.
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
    """A service: its address, its dates, and how its API differs from OpenAI's.

    Parameters
    ----------
    name, label
        Its name for `connect`, and its full name.
    base_url, address_form
        Its address; if every customer has their own, None and the form of the address.
    hosts
        Its host names; one that begins with a dot matches every host that ends with it.
    key_variable
        The environment variable with its key; empty if it needs none.
    as_of, sources, unverified
        When the sources were read (YYYY-MM-DD), their addresses, and what none of them confirms.
    closed_to_newcomers, no_new_jobs, models_end
        The dates from which new customers cannot train, nobody can start a job, and tuned models stop; None if there is no
        such date.
    note
        The most important facts, in a sentence or two.
    learning_rate_multiplier
        The meaning of that parameter: a `"factor"` on the service's own learning rate, or the `"absolute"` learning rate.
    hyperparameters_in
        Their place in a request: inside `"method"`, or in the older field `"hyperparameters"`.
    extra_body
        Further fields that a request for a job must have.
    events_order, curve_from, result_file, result_columns
        The order of events, where the losses are, and the format of the result files.
    checkpoint_order, checkpoints_kept
        The order of checkpoints, and how many are kept (None: all).
    odd_statuses
        Statuses of a job that are not in OpenAI's published list.
    deploy
        What to do before a tuned model can be used; empty if nothing.
    error_fields
        The fields of the `error` in a response.
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
        """Whether a new customer can fine-tune there.

        Parameters
        ----------
        today
            The date to check; by default today.
        """
        return not (_past(self.closed_to_newcomers, today) or _past(self.no_new_jobs, today))

    @property
    def warning(self) -> str:
        """What is closed or will close, with the dates; empty if nothing."""
        closing = []
        if self.closed_to_newcomers:
            closing.append(f"From {self.closed_to_newcomers} on, {self.label} lets no new organisation fine-tune.")
        if self.no_new_jobs:
            closing.append(f"From {self.no_new_jobs} on, nobody can start a job there.")
        if self.models_end:
            closing.append(f"On {self.models_end} the models tuned there stop.")
        return " ".join([*closing, "ftwidgets.connect() trains on this computer instead."]) if closing else ""


@cache
def providers() -> tuple[Provider, ...]:
    """Return every known service, the sandbox first."""
    entries: Any = json.loads(_DATA.read_text(encoding="utf-8"))
    for entry in entries:
        entry |= {name: tuple(value) for name, value in entry.items() if isinstance(value, list)}
    return tuple(Provider(**entry) for entry in entries)


def provider(name: str) -> Provider:
    """Return the service of this name.

    Parameters
    ----------
    name
        `"sandbox"`, `"openai"`, `"nebius"` or `"foundry"`.

    Raises
    ------
    FtwidgetsError
        If there is none. The message does not repeat the name, which may be a key in the wrong place.
    """
    for known in providers():
        if known.name == name:
            return known
    names = ", ".join(f'"{known.name}"' for known in providers())
    raise FtwidgetsError(
        f"there is no service of that name; it is one of {names}, or an address that begins with http:// or https://. "
        "A key goes into the environment, or into api_key=..."
    )


def provider_at(address: str) -> Provider | None:
    """Return the service at an address; None for an unknown one, such as a school's own server."""
    host = urlsplit(address).hostname or ""
    for known in providers():
        if any(host.endswith(name) if name.startswith(".") else host == name for name in known.hosts):
            return known
    return None


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
