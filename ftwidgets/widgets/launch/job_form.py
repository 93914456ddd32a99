"""What stands in the form for a job: each field's text read into a value, or refused in a sentence.

The limits are those of OpenAI's published API (openapi.yaml: CreateFineTuningJobRequest).
Left out: the fields themselves, and asking the service what it thinks.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path

from ftwidgets.jobs.upload import find_path

AUTO = "auto"
MOST_EPOCHS, LARGEST_BATCH, LARGEST_SEED, LONGEST_SUFFIX = 50, 256, 2**31 - 1, 64
METHODS = {
    "supervised": "Supervised: learn from example answers",
    "dpo": "Preferences (DPO): not offered here",
    "reinforcement": "Reinforcement: not offered here",
}


@dataclass(frozen=True)
class File:
    """A file as the form names it: an id, or a path with the state of what lies there."""

    name: str
    path: Path | None = None
    state: tuple[int, int] = (0, 0)  # bytes, time of the last change: a changed file is another file

    @property
    def source(self) -> str | Path:
        """What `ftwidgets.launch` takes for it."""
        return self.path or self.name


@dataclass(frozen=True)
class JobForm:
    """Everything that makes a job; two equal ones would be the same job twice."""

    model: str
    training_file: File
    validation_file: File | None
    n_epochs: int | None  # None: auto
    batch_size: int | None
    learning_rate_multiplier: float | None
    seed: int | None
    suffix: str | None

    @property
    def hyperparameters(self) -> dict[str, int | float]:
        """Those that were chosen."""
        named = {
            "n_epochs": self.n_epochs,
            "batch_size": self.batch_size,
            "learning_rate_multiplier": self.learning_rate_multiplier,
        }
        return {name: value for name, value in named.items() if value is not None}


def training_file(text: str) -> File:
    """Read the field for the training file."""
    found = optional_file(text)
    if found is None:
        raise ValueError("there is no training file yet: type its path or choose one.")
    return found


def optional_file(text: str) -> File | None:
    """Read the field for the validation file."""
    text = text.strip()
    if not text:
        return None
    path = find_path(text)
    if path is None:
        return File(text)
    stat = path.stat()
    return File(text, path, (stat.st_size, stat.st_mtime_ns))


def model(text: str) -> str:
    """Read the field for the base model."""
    if not text:
        raise ValueError("there is no base model: the service lists none. Press Refresh, or give model=... in the code.")
    return text


def epochs(text: str) -> int | None:
    """Read the field for the epochs."""
    return _whole(text, MOST_EPOCHS)


def batch_size(text: str) -> int | None:
    """Read the field for the batch size."""
    return _whole(text, LARGEST_BATCH)


def multiplier(text: str) -> float | None:
    """Read the field for the learning-rate multiplier."""
    text = text.strip()
    if text.lower() in ("", AUTO):
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        hint = f" Write {text.replace(',', '.')}, with a point." if re.fullmatch(r"\d+,\d+", text) else ""
        raise ValueError(f"{_seen(text)} is not a multiplier.{hint} Write auto, or a number above 0 such as 0.5.")
    return value


def seed(text: str) -> int | None:
    """Read the field for the seed."""
    text = text.strip()
    if not text:
        return None
    value = _integer(text)
    if value is None or value > LARGEST_SEED:
        raise ValueError(f"{_seen(text)} is not a seed. Write a whole number from 0 to {LARGEST_SEED}, or nothing.")
    return value


def suffix(text: str) -> str | None:
    """Read the field for the suffix."""
    text = text.strip()
    if not text:
        return None
    if len(text) > LONGEST_SUFFIX:
        raise ValueError(f"the suffix has {len(text)} characters; at most {LONGEST_SUFFIX} are allowed.")
    wrong = re.sub(r"[A-Za-z0-9._-]", "", text)
    if wrong:
        told = f"{_seen(text)} cannot be part of a model's name: {_seen(wrong[0])} is in it."
        raise ValueError(f"{told} Use letters, digits, - _ and . only.")
    return text


def method(text: str) -> str:
    """Read the field for the method."""
    if text != "supervised":
        raise ValueError("this kit trains from example answers only: choose supervised.")
    return text


def _whole(text: str, most: int) -> int | None:
    text = text.strip()
    if text.lower() in ("", AUTO):
        return None
    value = _integer(text)
    if value is None or not 1 <= value <= most:
        raise ValueError(f"{_seen(text)} does not fit here. Write auto, or a whole number from 1 to {most}.")
    return value


def _integer(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None


def _seen(text: str) -> str:
    return f'"{text:.40}"'
