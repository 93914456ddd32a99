"""What to call jobs and models where people read: short labels in place of ids."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openai.types.fine_tuning import FineTuningJob

_UNIQUE = 4  # characters of a model's last part, enough to tell models of one suffix apart


def model_label(model: str) -> str:
    """Return a short label of a model: its suffix, its base and what tells it from others of that suffix.

    `ft:nano-2026-11:ftwidgets:shop-voice:Ab3x9Qer:ckpt-step-12` becomes `shop-voice Ab3x at step 12 (nano-2026-11)`.
    A base model, and a name of another form, stays as it is.
    """
    kind, *parts = model.split(":")
    if kind != "ft" or len(parts) < 4:
        return model
    base, _owner, suffix, unique, *checkpoint = parts
    step = checkpoint[0].rpartition("-")[2] if checkpoint else ""
    return f"{suffix or 'tuned'} {unique[:_UNIQUE]}{f' at step {step}' if step else ''} ({base})"


def job_label(job: FineTuningJob) -> str:
    """Return a short label of a job: its tuned model or, before there is one, its base; and when it was made."""
    model = model_label(job.fine_tuned_model or job.model or job.id)
    return f"{model}, {time.strftime('%d %b %H:%M', time.localtime(job.created_at))}" if job.created_at else model
