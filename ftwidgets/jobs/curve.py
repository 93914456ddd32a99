"""The learning curve of a job as one table, whichever way the service tells it.

Three sources are read: the events of type `metrics` (as the sandbox and OpenAI send them), the result file, which
OpenAI hands out as base64 of a CSV and Microsoft Foundry as plain CSV with other column names, and the checkpoints,
where Nebius tells the losses, once an epoch.
Left out: fetching anything (`ftwidgets.jobs` does), smoothing and drawing.
"""

from __future__ import annotations

import base64
import binascii
import csv
import io
import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ftwidgets.errors import DataError

if TYPE_CHECKING:
    import pandas as pd
    from openai.types.fine_tuning import FineTuningJobEvent
    from openai.types.fine_tuning.jobs import FineTuningJobCheckpoint

COLUMNS = (
    "step",
    "train_loss",
    "train_accuracy",
    "valid_loss",
    "valid_accuracy",
    "full_valid_loss",
    "full_valid_accuracy",
)

# What the services call the same thing: the long names in events and at Foundry, a mixture in OpenAI's result file.
_OTHER_NAMES = {
    "train_mean_token_accuracy": "train_accuracy",
    "valid_mean_token_accuracy": "valid_accuracy",
    "validation_loss": "valid_loss",
    "validation_mean_token_accuracy": "valid_accuracy",
    "full_valid_mean_token_accuracy": "full_valid_accuracy",
}


def from_events(events: Iterable[FineTuningJobEvent]) -> pd.DataFrame:
    """Read the curve out of a job's metrics events; no such events make an empty table."""
    data = (event.data for event in events)
    return _table(row for row in data if isinstance(row, Mapping) and "step" in row and "train_loss" in row)


def from_result_file(content: bytes, *, name: str = "the result file") -> pd.DataFrame:
    """Read the curve out of a result file, plain CSV or base64 of it.

    Parameters
    ----------
    content
        The bytes of the file, as `client.files.content(...).read()` gives them.
    name
        What to call the file if it cannot be read.

    Raises
    ------
    DataError
        If the file is neither a CSV with a `step` column nor base64 of one.
    """
    text = _plain_text(content)
    rows = csv.DictReader(io.StringIO(text))
    if "step" not in (rows.fieldnames or ()):
        start = text[:60].splitlines()[0] if text.strip() else ""
        raise DataError(f'{name} is not a table of metrics: no "step" column in its first line "{start}".')
    return _table(rows)


def from_checkpoints(checkpoints: Iterable[FineTuningJobCheckpoint]) -> pd.DataFrame:
    """Read the curve out of a job's checkpoints, in their order: a row for each that tells a training loss.

    A checkpoint that names no step counts as the next one.
    """
    rows: list[dict[str, Any]] = []
    for number, checkpoint in enumerate(checkpoints, start=1):
        metrics = checkpoint.metrics.to_dict() if checkpoint.metrics is not None else {}
        if metrics.get("train_loss") is not None:
            rows.append({**metrics, "step": checkpoint.step_number or metrics.get("step") or number})
    return _table(rows)


def _plain_text(content: bytes) -> str:
    if b"," in content:  # a CSV; the base64 alphabet has no comma
        return content.decode("utf-8-sig", errors="replace")
    try:
        return base64.b64decode(content, validate=False).decode("utf-8-sig")
    except (binascii.Error, UnicodeDecodeError):
        return content.decode("utf-8-sig", errors="replace")


def _table(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Make one row per step, in order; where a step is told twice, the later figures win and blanks erase nothing."""
    import pandas as pd

    steps: dict[int, dict[str, float]] = {}
    for row in rows:
        number = _figure(row["step"])
        if math.isnan(number):
            continue
        known = steps.setdefault(int(number), {})
        for name, value in row.items():
            figure = _figure(value)
            if not math.isnan(figure):
                known[_OTHER_NAMES.get(name, name)] = figure
    ordered = sorted(steps)
    columns: dict[str, Any] = {name: [steps[step].get(name, math.nan) for step in ordered] for name in COLUMNS[1:]}
    table = pd.DataFrame({"step": ordered, **columns}, columns=list(COLUMNS))
    return table.astype({name: "int64" if name == "step" else "float64" for name in COLUMNS})


def _figure(value: object) -> float:
    """Read a number; anything else, and the -1 that some services write for "not measured", is not-a-number."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return math.nan
    try:
        number = float(value)
    except ValueError:
        return math.nan
    return number if number >= 0 else math.nan
