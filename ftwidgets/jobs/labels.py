"""What to call jobs and models where people read: short labels in place of ids."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import TYPE_CHECKING

from ftwidgets.jobs.times import seconds_of, when

if TYPE_CHECKING:
    from openai.types.fine_tuning import FineTuningJob

_UNIQUE = 4  # characters of a model's last part, enough to tell models of one suffix apart
_DATE = re.compile(r"-\d{4}-\d\d(-\d\d)?$")  # of a base model's version


LONGEST_SUFFIX = 30
"""Characters of a suffix that is made from a file's name."""


def suffix_from(file: str) -> str | None:
    """Return a suffix for a model's name from the name of its training file; None if no character of it fits."""
    return re.sub("[^A-Za-z0-9._-]+", "-", PurePath(file).stem).strip("-")[:LONGEST_SUFFIX] or None


def model_label(model: str, made: object = None) -> str:
    """Return a short label of a model: its suffix or its base, and what tells it from others.

    That is the time when it was made, where that is known (`made`, in seconds since 1970), else a part of its id:
    `ft:nano-2026-11:ftwidgets::Ab3x9Qer` becomes `nano tuned 14:05` or `nano tuned Ab3x`, and
    `ft:nano-2026-11:ftwidgets:shop-voice:Ab3x9Qer:ckpt-step-12` becomes `shop-voice Ab3x at step 12 (nano-2026-11)`.
    A base model, and a name of another form, stays as it is.
    """
    kind, *parts = model.split(":")
    if kind != "ft" or len(parts) < 4:
        return model
    base, _owner, suffix, unique, *checkpoint = parts
    step = checkpoint[0].rpartition("-")[2] if checkpoint else ""
    name = suffix or f"{_DATE.sub('', base)} tuned"
    which = when(made) or unique[:_UNIQUE]
    return f"{name} {which}{f' at step {step}' if step else ''}{f' ({base})' if suffix else ''}"


def job_label(job: FineTuningJob) -> str:
    """Return a short label of a job: its tuned model; before there is one, its base and when the job was made."""
    if job.fine_tuned_model:
        return model_label(job.fine_tuned_model, seconds_of(job.finished_at) or job.created_at)
    suffix = getattr(job, "user_provided_suffix", None)  # the client's type does not name it
    name, made = suffix or model_label(job.model or job.id), when(job.created_at)
    return f"{name}, {made}" if made else name
