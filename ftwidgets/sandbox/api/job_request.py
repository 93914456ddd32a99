"""What a fine-tuning job is asked to be: the parameters of `POST /fine_tuning/jobs`, checked and made plain.

Left out: whether its files and its model exist (`jobs`), and what the files say (`runner`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ftwidgets.sandbox.api.params import Params
from ftwidgets.sandbox.api_errors import refused
from ftwidgets.sandbox.ids import LARGEST_SEED
from ftwidgets.sandbox.training.methods import METHODS

AUTO = dict.fromkeys(("n_epochs", "batch_size", "learning_rate_multiplier"), "auto")


@dataclass(frozen=True)
class JobRequest:
    """A checked request; a `seed` of None is to be drawn."""

    model: str
    training_file: str
    validation_file: str | None
    suffix: str | None
    seed: int | None
    method: str
    hyperparameters: dict[str, Any]
    metadata: dict[str, str] | None


def read_job_request(params: Params) -> JobRequest:
    """Check the parameters of a new job."""
    params.unsupported("integrations", [], instead="Read the job's events for its metrics.")
    method, hyperparameters = _method(params)
    request = JobRequest(
        model=str(params.text("model", required=True)),
        training_file=str(params.text("training_file", required=True)),
        validation_file=params.text("validation_file"),
        suffix=_suffix(params),
        seed=params.integer("seed", least=0, most=LARGEST_SEED),
        method=method,
        hyperparameters=hyperparameters,
        metadata=params.strings("metadata", pairs=16, key=64, value=512),
    )
    params.done()
    return request


def _suffix(params: Params) -> str | None:
    suffix = params.text("suffix", shortest=1, longest=64)
    if suffix is not None and not re.fullmatch(r"[A-Za-z0-9._-]+", suffix):
        raise refused(
            f"Invalid 'suffix': '{suffix}'. Use letters, digits, '-', '_' and '.' only; it becomes part of a name.",
            param="suffix",
            code="invalid_value",
        )
    return suffix


def _method(params: Params) -> tuple[str, dict[str, Any]]:
    """Read the method and its hyperparameters, which may also be where they were before there were methods."""
    method = params.inner("method")
    kind = method.choice("type", ("supervised", "dpo", "reinforcement")) or "supervised"
    if kind not in METHODS:
        raise refused(
            f"Unsupported value: 'method.type' is '{kind}'; this sandbox trains with 'supervised' and 'dpo' only.",
            param="method.type",
            code="unsupported_value",
        )
    for other in ("supervised", "dpo", "reinforcement"):
        if other != kind:
            method.unsupported(other, instead=f"This job's 'method.type' is '{kind}'.")
    chosen = method.inner(kind)
    new = _settings(chosen.inner("hyperparameters"), with_beta=kind == "dpo")
    chosen.done()
    method.done()
    if kind == "dpo":
        params.unsupported("hyperparameters", {}, instead="Give them in 'method.dpo.hyperparameters'.")
        return kind, {**AUTO, "beta": "auto", **new}
    old = _settings(params.inner("hyperparameters"))
    both = [name for name in old if name in new and old[name] != new[name]]
    if both:
        raise refused(
            f"Invalid 'hyperparameters': '{both[0]}' is {old[both[0]]!r} here and {new[both[0]]!r} in 'method'. "
            "Give it in 'method' only.",
            param=f"hyperparameters.{both[0]}",
        )
    return kind, {**AUTO, **old, **new}


def _settings(params: Params, *, with_beta: bool = False) -> dict[str, Any]:
    """Read what is given of the hyperparameters; each is "auto" or a number."""
    names = (*AUTO, "beta") if with_beta else tuple(AUTO)
    found: dict[str, Any] = {name: "auto" for name in names if params.auto(name)}
    numbers = {
        "n_epochs": params.integer("n_epochs", least=1, most=50),
        "batch_size": params.integer("batch_size", least=1, most=256),
        "learning_rate_multiplier": params.number("learning_rate_multiplier", more_than=0),
        "beta": params.number("beta", more_than=0, most=2) if with_beta else None,
    }
    params.done()
    return {**found, **{name: value for name, value in numbers.items() if value is not None}}
