"""The settings of a job: parsed from the texts of the form, and written as `openai` calls.

The limits are those of OpenAI's published API (openapi.yaml: CreateFineTuningJobRequest); the settings of an adapter are those
of the sandbox and of Nebius.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path

from ftwidgets.jobs.upload import find_path
from ftwidgets.widgets.base import markup

MOST_EPOCHS, LARGEST_BATCH, LARGEST_RANK, LARGEST_SEED, LONGEST_SUFFIX = 50, 256, 256, 2**31 - 1, 64
METHODS = {
    "supervised": "Supervised: example answers",
    "dpo": "Preferences (DPO): not offered here",
    "reinforcement": "Reinforcement: not offered here",
}
TRAINED_WEIGHTS = {"": "The service chooses", "True": "An adapter (LoRA)", "False": "All weights"}


@dataclass(frozen=True)
class JobFile:
    """A file of a job: the id of an uploaded one, or a path with its size and the time of its last change."""

    name: str
    path: Path | None = None
    state: tuple[int, int] = (0, 0)  # bytes, nanoseconds: a changed file makes another job

    @property
    def source(self) -> str | Path:
        """What `ftwidgets.launch` takes for it."""
        return self.path or self.name

    def upload_code(self, variable: str) -> list[str]:
        """Return the lines that upload the file into a variable; none for an uploaded one."""
        if self.path is None:
            return []
        opening = f'with open({markup.literal(self.path.as_posix())}, "rb") as file:'
        return [opening, f'    {variable} = client.files.create(file=file, purpose="fine-tune")', ""]

    def id_code(self, variable: str) -> str:
        """Return the expression for the file's id."""
        return markup.literal(self.name) if self.path is None else f"{variable}.id"


@dataclass(frozen=True)
class JobSettings:
    """Everything that makes a job: two equal ones would make the same job twice. None leaves a choice to the service."""

    model: str
    training_file: JobFile
    validation_file: JobFile | None
    n_epochs: int | None
    batch_size: int | None
    learning_rate_multiplier: float | None
    lora: bool | None
    lora_r: int | None
    seed: int | None
    suffix: str | None

    @property
    def hyperparameters(self) -> dict[str, int | float | bool]:
        """The hyperparameters that were chosen."""
        chosen = {
            "n_epochs": self.n_epochs,
            "batch_size": self.batch_size,
            "learning_rate_multiplier": self.learning_rate_multiplier,
            "lora": self.lora,
            "lora_r": self.lora_r,
        }
        return {name: value for name, value in chosen.items() if value is not None}

    def code(self) -> str:
        """Return the plain `openai` calls that make the job; they need `client` and assign `job`."""
        files = {"training_file": self.training_file, "validation_file": self.validation_file}
        lines, arguments = [], []
        for name, file in files.items():
            if file is not None:
                lines += file.upload_code(name)
                arguments.append(f"    {name}={file.id_code(name)},")
        lines += ["job = client.fine_tuning.jobs.create(", f"    model={markup.literal(self.model)},", *arguments]
        if self.hyperparameters:
            lines += ["    method={", '        "type": "supervised",']
            chosen = ", ".join(f'"{name}": {value!r}' for name, value in self.hyperparameters.items())
            lines += [f'        "supervised": {{"hyperparameters": {{{chosen}}}}},', "    },"]
        if self.seed is not None:
            lines.append(f"    seed={self.seed},")
        if self.suffix is not None:
            lines.append(f"    suffix={markup.literal(self.suffix)},")
        return "\n".join([*lines, ")", "print(job.id, job.status)"])


# One function for each field of the form, for its text without whitespace around it. A ValueError says what to write instead.


def parse_training_file(text: str) -> JobFile:
    """Return the file that a path or an id names; it must not be empty."""
    file = parse_validation_file(text)
    if file is None:
        raise ValueError("there is no training file yet: type its path or choose one.")
    return file


def parse_validation_file(text: str) -> JobFile | None:
    """Return the file that a path or an id names; None for an empty text."""
    if not text:
        return None
    path = find_path(text)
    if path is None:
        return JobFile(text)
    stat = path.stat()
    return JobFile(text, path, (stat.st_size, stat.st_mtime_ns))


def parse_model(text: str) -> str:
    """Return the name of the base model; it must not be empty."""
    if not text:
        raise ValueError("there is no base model: the service lists none. Press Refresh, or give model=... in the code.")
    return text


def parse_method(text: str) -> str:
    """Return the method, which must be supervised."""
    if text != "supervised":
        raise ValueError("this kit trains from example answers only: choose supervised.")
    return text


def parse_trained_weights(text: str) -> bool | None:
    """Return whether an adapter is trained (True) or all weights (False); None leaves that to the service."""
    return {"True": True, "False": False}.get(text)


def parse_count(text: str, *, most: int) -> int | None:
    """Return a whole number from 1 to `most`; None for auto."""
    if text.lower() in ("", "auto"):
        return None
    value = _parse_digits(text)
    if value is None or not 1 <= value <= most:
        raise ValueError(f'"{text:.40}" does not fit here. Write auto, or a whole number from 1 to {most}.')
    return value


def parse_multiplier(text: str) -> float | None:
    """Return the learning-rate multiplier, a number above 0; None for auto."""
    if text.lower() in ("", "auto"):
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        hint = f" Write {text.replace(',', '.')}, with a point." if re.fullmatch(r"\d+,\d+", text) else ""
        raise ValueError(f'"{text:.40}" is not a multiplier.{hint} Write auto, or a number above 0 such as 0.5.')
    return value


def parse_seed(text: str) -> int | None:
    """Return the seed, a whole number; None for an empty text."""
    if not text:
        return None
    value = _parse_digits(text)
    if value is None or value > LARGEST_SEED:
        raise ValueError(f'"{text:.40}" is not a seed. Write a whole number from 0 to {LARGEST_SEED}, or nothing.')
    return value


def parse_suffix(text: str) -> str | None:
    """Return the suffix for the name of the new model; None for an empty text."""
    if not text:
        return None
    if len(text) > LONGEST_SUFFIX:
        raise ValueError(f"the suffix has {len(text)} characters; at most {LONGEST_SUFFIX} are allowed.")
    wrong = re.sub(r"[A-Za-z0-9._-]", "", text)
    if wrong:
        message = f'"{text:.40}" cannot be part of a model\'s name: "{wrong[0]}" is in it.'
        raise ValueError(f"{message} Use letters, digits, - _ and . only.")
    return text


def _parse_digits(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None
