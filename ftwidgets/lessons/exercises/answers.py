"""Parse the answers of learners, in other forms too: a job instead of its id, "170" instead of 170."""

from __future__ import annotations

import json
import math
import os
import re
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING

import openai

from ftwidgets.data.text import normalize, quote

if TYPE_CHECKING:
    from openai.types.fine_tuning import FineTuningJob

Rows = list[tuple[str, str]]

_ID = re.compile(r"[\w-]{1,200}", re.ASCII)  # a longer one fits into no URL


def find_job(client: openai.OpenAI, answer: object) -> FineTuningJob | None:
    """Retrieve a job by its id, or by the job itself; None if there is none."""
    name = answer if isinstance(answer, str) else getattr(answer, "id", None)
    if not isinstance(name, str) or not _ID.fullmatch(name.strip()):  # anything else would change the URL
        return None
    try:
        return client.fine_tuning.jobs.retrieve(name.strip())
    except openai.NotFoundError:
        return None


def parse_number(answer: object) -> float | None:
    """Parse a number, also as a text or of NumPy; None if it is not a finite number."""
    if getattr(answer, "ndim", None) == 0:  # of NumPy: one number, in an array or not
        answer = answer.item()  # type: ignore[attr-defined]
    if isinstance(answer, bool) or not isinstance(answer, str | Real):
        return None
    try:
        found = float(answer)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def hyperparameter(job: FineTuningJob, name: str) -> object:
    """Return a hyperparameter of a job, from either field in which services put them."""
    supervised = job.method.supervised if job.method else None
    found = supervised.hyperparameters if supervised else None
    return getattr(found or job.hyperparameters, name)


def file_content(client: openai.OpenAI, file_id: str | None) -> bytes | None:
    """Return the content of a file of a job; None if there is none, or it was deleted since."""
    try:
        return None if file_id is None else client.files.content(file_id).read()
    except openai.NotFoundError:
        return None


def parse_training_file(content: bytes) -> Rows:
    """Return the prompts and completions of a training file; `ValueError`, `KeyError` or `TypeError` if it is none."""
    chats = [json.loads(line)["messages"] for line in content.decode("utf-8").splitlines()]
    contents = [{turn["role"]: turn["content"] for turn in chat} for chat in chats]
    return [(str(content["user"] or ""), str(content["assistant"] or "")) for content in contents]


def parse_rows(answer: object) -> Rows | str:
    """Return the prompts and completions of a table or a training file, or a sentence that says why they cannot be read."""
    import pandas as pd

    if isinstance(answer, str | os.PathLike):
        path = Path(answer)
        try:
            return parse_training_file(path.read_bytes())
        except OSError:
            return f"There is no file {str(path)!r:.60}. Hand in the DataFrame, or the path that was written."
        except (ValueError, KeyError, TypeError):
            return f"{quote(path.name)} is no training file: each line must be a chat with a user and an assistant."
    if not isinstance(answer, pd.DataFrame):
        return f"The answer is a {type(answer).__name__}; a DataFrame (or the path of a training file) is needed."
    names = {normalize(str(name)): place for place, name in enumerate(answer.columns)}
    if missing := {"prompt", "completion"} - set(names):
        return f"The table has no column for the {' and the '.join(sorted(missing))}; it has {list(answer.columns)}."
    cells = answer.iloc[:, [names["prompt"], names["completion"]]].astype(object)
    return [(str(p), str(c)) for p, c in cells.where(cells.notna(), "").itertuples(index=False, name=None)]
