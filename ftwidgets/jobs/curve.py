"""Read the learning curve of a job as one table, from whatever the service provides.

There are three sources: the events of type `metrics` (the sandbox and OpenAI send them), the result file (OpenAI returns
it as base64 of a CSV, Microsoft Foundry as plain CSV with other column names), and the checkpoints, in which Nebius
reports the losses once an epoch.
"""

from __future__ import annotations

import base64
import binascii
import csv
import io
import math
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ftwidgets.errors import DataError

if TYPE_CHECKING:
    import pandas as pd
    from openai.types.fine_tuning import FineTuningJobEvent
    from openai.types.fine_tuning.jobs import FineTuningJobCheckpoint

COLUMNS = ("step", "train_loss", "train_accuracy", "valid_loss", "valid_accuracy", "full_valid_loss", "full_valid_accuracy")

# Events and Foundry use the long names, OpenAI's result file a mixture.
_ALIASES = {
    "train_mean_token_accuracy": "train_accuracy",
    "valid_mean_token_accuracy": "valid_accuracy",
    "validation_loss": "valid_loss",
    "validation_mean_token_accuracy": "valid_accuracy",
    "full_valid_mean_token_accuracy": "full_valid_accuracy",
}


def from_events(events: Iterable[FineTuningJobEvent]) -> pd.DataFrame:
    """Read the curve from a job's metrics events; without any the table is empty."""
    data = (event.data for event in events)
    return _build_table(row for row in data if isinstance(row, Mapping) and "step" in row and "train_loss" in row)


def from_result_file(content: bytes, *, name: str = "the result file") -> pd.DataFrame:
    """Read the curve from the bytes of a result file, plain CSV or base64 of it.

    Raises `DataError`, which calls the file `name`, if it is neither a CSV with a `step` column nor base64 of one.
    """
    text = content.decode("utf-8-sig", errors="replace")
    if b"," not in content:  # no CSV; the base64 alphabet has no comma
        with suppress(binascii.Error, UnicodeDecodeError):
            text = base64.b64decode(content, validate=False).decode("utf-8-sig")
    rows = csv.DictReader(io.StringIO(text))
    if "step" not in (rows.fieldnames or ()):
        start = text[:60].splitlines()[0] if text.strip() else ""
        raise DataError(f'{name} is not a table of metrics: no "step" column in its first line "{start}".')
    return _build_table(rows)


def from_checkpoints(checkpoints: Iterable[FineTuningJobCheckpoint]) -> pd.DataFrame:
    """Read the curve from a job's checkpoints, in their order: one row for each that reports a training loss.

    A checkpoint without a step number gets its position in the list.
    """
    rows: list[dict[str, Any]] = []
    for number, checkpoint in enumerate(checkpoints, start=1):
        metrics = checkpoint.metrics.to_dict() if checkpoint.metrics is not None else {}
        if metrics.get("train_loss") is not None:
            rows.append({**metrics, "step": checkpoint.step_number or metrics.get("step") or number})
    return _build_table(rows)


def _build_table(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Make one row per step, in order; if a step occurs twice, later values win, but missing ones replace nothing."""
    import pandas as pd

    steps: dict[int, dict[str, float]] = {}
    for row in rows:
        step = _parse_number(row["step"])
        if math.isnan(step):
            continue
        measured = steps.setdefault(int(step), {})
        for name, value in row.items():
            number = _parse_number(value)
            if not math.isnan(number):
                measured[_ALIASES.get(name, name)] = number
    ordered = sorted(steps)
    columns: dict[str, Any] = {name: [steps[step].get(name, math.nan) for step in ordered] for name in COLUMNS[1:]}
    table = pd.DataFrame({"step": ordered, **columns}, columns=list(COLUMNS))
    return table.astype({name: "int64" if name == "step" else "float64" for name in COLUMNS})


def _parse_number(value: object) -> float:
    """Parse a number; anything else is NaN, and so is the -1 that some services write for "not measured"."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return math.nan
    try:
        number = float(value)
    except ValueError:
        return math.nan
    return number if number >= 0 else math.nan
