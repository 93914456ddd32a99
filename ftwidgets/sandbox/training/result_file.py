"""The result file of a job: a CSV of what every step measured, in base64, as the service serves it.

After preference tuning it has more columns, behind the service's.
Left out: the losses over the whole validation set; the service's table does not have them, the events do.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence

_COLUMNS = ("train_loss", "train_mean_token_accuracy", "valid_loss", "valid_mean_token_accuracy")
_HEADER = "step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy"
_REWARDS = ("train_reward_accuracy", "train_reward_margin", "valid_reward_accuracy", "valid_reward_margin")


def result_csv(metrics: Sequence[Mapping[str, float]]) -> bytes:
    """Write the table: five decimals, empty where nothing was measured."""
    rewards = _REWARDS if any(name in row for row in metrics for name in _REWARDS) else ()
    lines = [",".join([_HEADER, *rewards])]
    for row in metrics:
        cells = [f"{row[name]:.5f}" if name in row else "" for name in (*_COLUMNS, *rewards)]
        lines.append(",".join([str(int(row["step"])), *cells]))
    return base64.b64encode("".join(f"{line}\n" for line in lines).encode())
