"""Read the questions and reference answers of an evaluation, from chat examples, a JSONL file or a table.

The first example that cannot be read raises an error; `ftwidgets.check` finds every problem of a file.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ftwidgets.errors import DataError
from ftwidgets.paths import require_path

if TYPE_CHECKING:
    import pandas as pd

    Examples = str | Path | pd.DataFrame | Iterable[Mapping[str, Any]]


@dataclass(frozen=True)
class Question:
    """The messages sent to a model, and the answer it should give."""

    messages: Sequence[Mapping[str, Any]]
    reference: str

    @property
    def prompt(self) -> str:
        """The text of the last message."""
        return str(self.messages[-1].get("content") or "")


def read_examples(examples: Examples, *, system: str | None = None, limit: int | None = None) -> list[Question]:
    """Read the examples, or the first `limit` of them.

    They are chats (`{"messages": [...]}`, the last message the assistant's), the path of a JSONL file of chats, or a table with
    the columns Prompt and Completion, and optionally System, in upper or lower case. `system` is the system prompt of rows
    without one. Raises a `DataError` that names the row if an example cannot be read.
    """
    import pandas as pd

    if limit is not None and limit < 1:
        raise ValueError(f'"limit" must be 1 or more, or None for all examples: {limit}')
    if not isinstance(examples, str | Path) and not hasattr(examples, "__iter__"):
        kind = type(examples).__name__
        raise DataError(f"examples of the type {kind} cannot be read; a table, a list of chats or a file's path is needed.")
    if isinstance(examples, str | Path):
        questions = _read_jsonl(require_path(examples, "the file of examples"))
    elif isinstance(examples, pd.DataFrame):
        questions = _read_table(examples, system)
    else:
        questions = [_parse_example(example, f"row {row}") for row, example in enumerate(examples, 1)]
    if not questions:
        raise DataError("there are no examples to evaluate on.")
    return questions[:limit]


def _read_jsonl(file: Path) -> list[Question]:
    if file.suffix.lower() == ".csv":
        raise DataError(f'"{file}" is a CSV; hand in ftwidgets.check("{file}").examples, or the JSONL that prepare() wrote.')
    if not _is_file(file):
        raise DataError(f'there is no file "{str(file)[:200]}".')
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f'"{file}" is not UTF-8 ({error}); save it in that encoding.') from error
    questions = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            example = json.loads(line)
        except json.JSONDecodeError as error:
            raise DataError(f"{file.name}, line {number}: not JSON ({error}).") from error
        questions.append(_parse_example(example, f"{file.name}, line {number}"))
    return questions


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # longer than a name may be
        return False


def _read_table(table: pd.DataFrame, system: str | None) -> list[Question]:
    names = {str(column).strip().lower(): column for column in table.columns}
    for needed in ("prompt", "completion"):
        if needed not in names:
            have = ", ".join(map(str, table.columns))
            raise DataError(f'the table has no column "{needed.capitalize()}"; it has: {have}.')
    read = [str(column).strip().lower() for column in table.columns]
    if twice := next((name for name in ("prompt", "completion", "system") if read.count(name) > 1), ""):
        raise DataError(f'the table has more than one column "{twice.capitalize()}"; rename or drop one.')
    questions = []
    for number, (_, row) in enumerate(table.iterrows(), 1):
        prompt, completion = row[names["prompt"]], row[names["completion"]]
        for name, cell in (("Prompt", prompt), ("Completion", completion)):
            if not isinstance(cell, str) or not cell.strip():
                raise DataError(f'row {number}: "{name}" is not a text: {cell!r}. Fill it in or drop the row.')
        own = row[names["system"]] if "system" in names else None
        instruction = own if isinstance(own, str) and own.strip() else system
        first = [{"role": "system", "content": instruction}] if instruction else []
        questions.append(Question([*first, {"role": "user", "content": prompt}], completion))
    return questions


def _parse_example(example: object, where: str) -> Question:
    messages = example.get("messages") if isinstance(example, Mapping) else None
    if not isinstance(messages, Sequence) or not all(isinstance(message, Mapping) for message in messages):
        raise DataError(f'{where}: no list of "messages"; an example looks like {{"messages": [...]}}.')
    if len(messages) < 2 or messages[-1].get("role") != "assistant":
        raise DataError(f"{where}: the last message must be the assistant's, with one before it; it is the reference.")
    reference = messages[-1].get("content")
    if not isinstance(reference, str):
        raise DataError(f"{where}: the assistant's last message has no text to compare with: {reference!r}.")
    # `weight` is for training; a chat completion would reject it.
    asked = [{key: value for key, value in message.items() if key != "weight"} for message in messages[:-1]]
    return Question(asked, reference)
