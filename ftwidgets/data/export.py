"""Write examples in the form that a service or a library asks for.

| form | one row | who reads it |
|---|---|---|
| chat | `{"messages": [...]}` | OpenAI and services of its shape, Hugging Face TRL |
| preference | `{"input": ..., "preferred_output": [...], "non_preferred_output": [...]}` | services of that shape |
| prompt-completion | `{"prompt": "...", "completion": "..."}` | older services, TRL |
| huggingface | `{"prompt": [...], "completion": [...]}`, or `{"prompt", "chosen", "rejected"}` | TRL's conversational forms |
| csv | System, Prompt, Completion | spreadsheets, and `check` again |
"""

import codecs
import csv
import io
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from ftwidgets.data.jsonl import atomic_write, json_line
from ftwidgets.data.rows import Example, TrainingRow
from ftwidgets.data.text import join_names
from ftwidgets.errors import DataError

_CSV_HEADER = ["System", "Prompt", "Completion"]


def export(examples: Iterable[Example], path: "str | os.PathLike[str]", *, form: str = "chat", bom: bool = False) -> Path:
    """Write `examples` (such as `report.examples`) to `path` in a form; return the path.

    Parameters
    ----------
    examples
        Chat or preference examples.
    path
        Where to; an existing file is replaced once the new one is complete.
    form
        `chat`, `preference`, `prompt-completion`, `huggingface` or `csv`.
    bom
        Begin with a byte order mark: Azure's documentation asks for one, Excel needs one to read a CSV as UTF-8.

    Raises
    ------
    ValueError
        If there is no such form.
    DataError
        If an example does not fit into the form; nothing is written then.
    """
    if form != "csv" and form not in _FORMS:
        raise ValueError(f"there is no form {form!r}; there are {join_names([*_FORMS, 'csv'])}")
    with atomic_write(path) as file:
        if bom:
            file.write(codecs.BOM_UTF8)
        file.writelines(_csv_lines(examples) if form == "csv" else _json_lines(examples, form))
    return Path(path)


def _to_pair(example: Example) -> Example | str:
    """Return prompt and completion as text; a system prompt has no place in that form."""
    turns = plain_turns(example)
    if isinstance(turns, str):
        return turns
    if "System" in turns:
        return "has a system prompt"
    return {"prompt": turns["Prompt"], "completion": turns["Completion"]}


def _to_huggingface(example: Example) -> Example | str:
    if "input" in example:
        request = example["input"]
        more = {key: value for key, value in request.items() if key != "messages"}
        chosen, rejected = example["preferred_output"], example["non_preferred_output"]
        return {"prompt": request["messages"], "chosen": chosen, "rejected": rejected, **more}
    rest = {key: value for key, value in example.items() if key != "messages"}
    return {"prompt": example["messages"][:-1], "completion": example["messages"][-1:], **rest}


# Of each form the function that converts an example to it, or returns what keeps the example from fitting.
_FORMS: dict[str, Callable[[Example], Example | str]] = {
    "chat": lambda example: example if "messages" in example else "is a preference row",
    "preference": lambda example: example if "input" in example else "has no second, worse answer",
    "prompt-completion": _to_pair,
    "huggingface": _to_huggingface,
}


def _json_lines(examples: Iterable[Example], form: str) -> Iterator[bytes]:
    for number, example in enumerate(examples, start=1):
        converted = _FORMS[form](example)
        if isinstance(converted, str):
            raise DataError(f"example {number} {converted}, which the form {form!r} cannot hold. Choose another form.")
        yield json_line(converted)


def _csv_lines(examples: Iterable[Example]) -> Iterator[bytes]:
    yield csv_line(_CSV_HEADER)
    for number, example in enumerate(examples, start=1):
        turns = plain_turns(example)
        if isinstance(turns, str):
            raise DataError(f"example {number} {turns}, which a CSV cannot hold. Choose another form.")
        yield csv_line([turns.get(name, "") for name in _CSV_HEADER])


def csv_line(cells: Iterable[object]) -> bytes:
    """Return one row of a CSV, with its line break (CRLF, RFC 4180)."""
    text = io.StringIO(newline="")
    csv.writer(text).writerow(cells)
    return text.getvalue().encode("utf-8", "replace")


def plain_turns(example: Example) -> dict[str, str] | str:
    """Return the system prompt, prompt and completion of one plain exchange, or what keeps the example from being one."""
    if "messages" not in example:
        return "is a preference row"
    messages = example["messages"]
    roles = [message["role"] for message in messages]
    if roles not in (["user", "assistant"], ["system", "user", "assistant"]):
        return f"has the turns {', '.join(roles)}"
    if any(set(message) != {"role", "content"} or not isinstance(message["content"], str) for message in messages):
        return "has more than plain texts (a name, a weight, tool calls, pictures)"
    if set(example) != {"messages"}:
        return f"has {join_names(set(example) - {'messages'})}"
    names = {"system": "System", "user": "Prompt", "assistant": "Completion"}
    return {names[message["role"]]: message["content"] for message in messages}


class TableWriter:
    """Makes the lines of a CSV with all columns of the source, or System, Prompt and Completion where it is no table.

    Parameters
    ----------
    header, columns
        The columns of the source, and which of them holds the prompt, the completion and the system prompt.
    with_system
        Whether the rows have a system prompt; without a column for it, one is added.
    """

    def __init__(self, header: Sequence[str], columns: Mapping[str, str], *, with_system: bool) -> None:
        self._header = list(header)
        self._places = {part: self._header.index(name) for part, name in columns.items() if name in self._header}
        if with_system and header and "system" not in columns:
            self._header.append("System")
            self._places["system"] = len(self._header) - 1
        self._texts_only = not header or "conversation" in columns

    def header(self) -> bytes:
        """Return the first line."""
        return csv_line(_CSV_HEADER if self._texts_only else self._header)

    def line(self, row: TrainingRow) -> bytes:
        """Return a row: the cells of the source, with the texts of the row in their places.

        Raises
        ------
        DataError
            If the example is more than one question and its answer.
        """
        turns = plain_turns(row.example)
        if isinstance(turns, str):
            raise DataError(f"{row.row.where} {turns}, which a CSV cannot hold. Write JSON Lines (.jsonl) instead.")
        if self._texts_only:
            return csv_line([turns.get(name, "") for name in _CSV_HEADER])
        cells = [*row.row.values, *[""] * (len(self._header) - len(row.row.values))]
        texts = {"prompt": row.prompt, "completion": row.completion, "system": row.system or ""}
        for part in texts.keys() & self._places.keys():
            cells[self._places[part]] = texts[part]
        return csv_line("" if cell is None else cell for cell in cells[: len(self._header)])
