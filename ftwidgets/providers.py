"""The services that fine-tune, and how they differ: dated data from `providers.json`.

A `Provider` is what a client needs to talk to a service with an OpenAI-shaped API. A `Fact` is what a customer needs to know:
what training, hosting and asking cost, LoRA or full, the deployment; also of two services with an API of their own.

No request was made to any service. The data comes from published pages, and from outputs of real runs that others published;
each entry names its sources and what could not be verified. Prices to estimate with are in `ftwidgets.data.cost`.
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
    """A service: its address, its dates, and how its API differs from OpenAI's. Dates are YYYY-MM-DD, None if there is none."""

    name: str  # for `connect`
    label: str  # its full name
    base_url: str | None  # None if every customer has an address of their own, in the form of `address_form`
    address_form: str
    hosts: tuple[str, ...]  # one that begins with a dot matches every host that ends with it
    key_variable: str  # the environment variable with its key; empty if it needs none
    as_of: str  # when the sources were read
    closed_to_newcomers: str | None  # from then on new customers cannot train
    closed_to_inactive: str | None  # from then on only customers that asked a tuned model in the last 60 days can train
    no_new_jobs: str | None  # from then on nobody can start a job
    models_end: str | None  # then tuned models stop
    note: str  # the most important facts, in a sentence or two
    learning_rate_multiplier: Literal["factor", "absolute"]  # a factor on the service's own learning rate, or the rate itself
    hyperparameters_in: Literal["method", "hyperparameters"]  # their field in a request; the second is the older one
    lora: bool  # whether a job can ask for an adapter (`lora`, `lora_r`, `lora_alpha` among the hyperparameters)
    extra_body: Mapping[str, object]  # further fields that a request for a job must have
    events_order: Literal["newest first", "oldest first"]
    curve_from: Literal["events", "result file", "checkpoints"]
    result_file: Literal["base64 of a CSV", "plain CSV", "weights"]
    result_columns: tuple[str, ...]
    checkpoint_order: Literal["newest first", "oldest first"]
    checkpoints_kept: int | None  # None: all
    odd_statuses: tuple[str, ...]  # statuses of a job that are not in OpenAI's published list
    deploy: str  # what to do before a tuned model can be used; empty if nothing
    error_fields: tuple[str, ...]  # of the `error` in a response
    unverified: tuple[str, ...]  # what none of the sources confirms
    sources: tuple[str, ...]

    def takes_newcomers(self, today: datetime.date | None = None) -> bool:
        """Whether a new customer can fine-tune there, today or on another day."""
        return not (_past(self.closed_to_newcomers, today) or _past(self.no_new_jobs, today))

    @property
    def warning(self) -> str:
        """What is closed or will close, with the dates; empty if nothing."""
        closing = []
        if self.closed_to_newcomers:
            closing.append(f"From {self.closed_to_newcomers} on, {self.label} lets no new organisation fine-tune.")
        if self.closed_to_inactive:
            closing.append(f"From {self.closed_to_inactive} on, neither can one that asked no tuned model for 60 days.")
        if self.no_new_jobs:
            closing.append(f"From {self.no_new_jobs} on, nobody can start a job there.")
        if self.models_end:
            closing.append(f"On {self.models_end} the models tuned there stop.")
        return " ".join([*closing, "ftwidgets.connect() trains on this computer instead."]) if closing else ""


ABOUT = ("newcomers", "training", "hosting", "asking", "method", "deployment", "losses", "weights")
"""What is known of each service: can newcomers train, three prices, LoRA or full, what to do before it answers, which losses
it reports, whether the weights can be downloaded."""

SERVICES = {
    "sandbox": "Sandbox",
    "openai": "OpenAI",
    "nebius": "Nebius Token Factory",
    "foundry": "Microsoft Foundry",
    "together": "Together AI",
    "fireworks": "Fireworks AI",
}
"""The services of `facts`, with their full names; `connect` knows those with a `Provider`."""


@dataclass(frozen=True)
class Fact:
    """A fact of a service, its date and its source. Services change their prices: none is known after its date."""

    service: str  # a key of SERVICES
    about: str  # one of ABOUT
    says: str | None  # None: not verified; `source` says why
    as_of: str  # YYYY-MM-DD: of the page if it is dated, else the day on which a stored copy was read, which may be older
    source: str
    usd: float | None = None  # a price as a number
    per: str = ""  # what one pays `usd` for

    def __str__(self) -> str:
        return f"{self.says or 'not verified'} ({self.as_of})"


@cache
def facts(service: str | None = None) -> tuple[Fact, ...]:
    """Return what is known of all services, or of one."""
    entries: Any = json.loads(_DATA.read_text(encoding="utf-8"))["facts"]
    return tuple(Fact(**entry) for entry in entries if service in (None, entry["service"]))


def date_line(today: datetime.date | None = None) -> str:
    """Say how old the oldest price of `facts` is, today or on another day."""
    oldest = min(fact.as_of for fact in facts() if fact.usd)
    days = ((today or datetime.date.today()) - datetime.date.fromisoformat(oldest)).days
    return f"The oldest price here is of {oldest}, {days} days ago. Look at the service's own list before you pay."


@cache
def providers() -> tuple[Provider, ...]:
    """Return every service that `connect` knows, the sandbox first."""
    entries: Any = json.loads(_DATA.read_text(encoding="utf-8"))["profiles"]
    for entry in entries:
        entry |= {name: tuple(value) for name, value in entry.items() if isinstance(value, list)}
    return tuple(Provider(**entry) for entry in entries)


def provider(name: str) -> Provider:
    """Return the service called `"sandbox"`, `"openai"`, `"nebius"` or `"foundry"`.

    Raises an `FtwidgetsError` if there is none. The message does not repeat the name, which may be a key in the wrong place.
    """
    for known in providers():
        if known.name == name:
            return known
    names = ", ".join(f'"{known.name}"' for known in providers())
    raise FtwidgetsError(
        f"there is no service of that name; it is one of {names}, or an address that begins with http:// or https://. "
        "A key goes into the environment, or into api_key=..."
    )


SHORT_ANSWER = 4  # tokens, with the end mark: a label, and not a sentence
FEW_EXAMPLES = 500


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

    3; more for few examples, so that about 100 are seen, but at most 25; fewer for many, so that 25,000 are seen. The estimate
    of a job's cost is made with it, and the sandbox trains by it unless `nano_epochs` asks for more.
    """
    if 3 * n_examples < 100:
        return max(1, min(25, 100 // max(1, n_examples)))
    if 3 * n_examples > 25_000:
        return max(1, 25_000 // n_examples)
    return 3


def nano_epochs(n_examples: int, answer_tokens: float) -> int:
    """Return the epochs that "auto" stands for where all weights of the sandbox's small model are trained.

    Eight where few examples have answers of more than a label, else the published rule. `answer_tokens` is the mean number of
    tokens in the examples' answers, the end mark included. The sweep behind it is in docs/recipe.md.
    """
    # A small model needs more passes to learn a sentence; of 500 examples or more it has seen enough after three.
    published = auto_epochs(n_examples)
    return max(published, 8) if answer_tokens > SHORT_ANSWER and n_examples < FEW_EXAMPLES else published
