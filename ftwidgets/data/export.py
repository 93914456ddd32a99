"""Write examples to a file: JSON Lines, or the form that a service or a library asks for.

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
import json
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from ftwidgets.data.rows import Example, TrainingRow
from ftwidgets.data.text import join_names
from ftwidgets.errors import DataError
from ftwidgets.paths import expand_home, require_path

_CSV_HEADER = ["System", "Prompt", "Completion"]

# Valid inside JSON, yet taken for line breaks by str.splitlines and some editors: written as escapes.
_LINE_BREAKS = str.maketrans({c: f"\\u{ord(c):04x}" for c in "\x85\u2028\u2029"})


def write_jsonl(examples: Iterable[Mapping[str, Any]], path: "str | os.PathLike[str]", *, bom: bool = False) -> Path:
    """Write `examples` to `path`, one JSON object a line, in UTF-8; return the path.

    The text goes to a file beside it that is renamed at the end, so a reader never sees half of it.

    Parameters
    ----------
    examples
        Objects that JSON can hold.
    path
        Where to; a file that is there is replaced.
    bom
        Begin with a byte order mark, as Azure's documentation asks for. Other readers may reject one.
    """
    with atomic_write(path) as file:
        if bom:
            file.write(codecs.BOM_UTF8)
        for example in examples:
            file.write(json_line(example))
    return expand_home(path)


def json_line(example: Mapping[str, Any]) -> bytes:
    """Return one example as a line of JSON, its line break included.

    A lone surrogate, which UTF-8 cannot hold, is escaped, and so is all non-ASCII text of its row.
    """
    try:
        return (json.dumps(example, ensure_ascii=False, allow_nan=False).translate(_LINE_BREAKS) + "\n").encode()
    except UnicodeEncodeError:
        return (json.dumps(example, allow_nan=False) + "\n").encode()


@contextmanager
def atomic_write(path: "str | os.PathLike[str]") -> Iterator[BinaryIO]:
    """Open a temporary file that replaces `path` at the end, or is deleted if an exception is raised.

    Raises DataError if the path is a folder, a device or a pipe.
    """
    target = require_path(path, "the file to write")
    if not target.name or (target.exists() and not target.is_file()):
        raise DataError(f"{str(target)!r} is no file and cannot be written. Give the name of a file.")
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        with temporary.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


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
    if form not in _FORMS:
        raise ValueError(f"there is no form {form!r}; there are {join_names(_FORMS)}")
    holder = "a CSV" if form == "csv" else f"the form {form!r}"
    with atomic_write(path) as file:
        if bom:
            file.write(codecs.BOM_UTF8)
        if form == "csv":
            file.write(csv_line(_CSV_HEADER))
        for number, example in enumerate(examples, start=1):
            converted = _FORMS[form](example)
            if isinstance(converted, str):
                raise DataError(f"example {number} {converted}, which {holder} cannot hold. Choose another form.")
            file.write(_csv_texts(converted) if form == "csv" else json_line(converted))
    return expand_home(path)


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


def to_pair(example: Example) -> Example | str:
    """Return prompt and completion as text; a system prompt has no place in that form."""
    turns = plain_turns(example)
    if isinstance(turns, str):
        return turns
    if "System" in turns:
        return "has a system prompt"
    return {"prompt": turns["Prompt"], "completion": turns["Completion"]}


def to_huggingface(example: Example) -> Example | str:
    """Return prompt and completion, or prompt, chosen and rejected answer, as lists of messages (TRL)."""
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
    "prompt-completion": to_pair,
    "huggingface": to_huggingface,
    "csv": plain_turns,
}


def csv_line(cells: Iterable[object]) -> bytes:
    """Return one row of a CSV, with its line break (CRLF, RFC 4180)."""
    text = io.StringIO(newline="")
    csv.writer(text).writerow(cells)
    return text.getvalue().encode("utf-8", "replace")


def _csv_texts(turns: Mapping[str, str]) -> bytes:
    return csv_line(turns.get(name, "") for name in _CSV_HEADER)


class TableWriter:
    """Makes the lines of a CSV with all columns of the source, or System, Prompt and Completion where it is no table.

    `header` and `columns` are the columns of the source, and which of them holds the prompt, the completion and the system
    prompt. If rows have a system prompt (`with_system`) and no column holds it, one is added.
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
        """Return a row's cells with its texts in their places; raise DataError if it is more than a question and its answer."""
        turns = plain_turns(row.example)
        if isinstance(turns, str):
            raise DataError(f"{row.row.where} {turns}, which a CSV cannot hold. Write JSON Lines (.jsonl) instead.")
        if self._texts_only:
            return _csv_texts(turns)
        cells = [*row.row.values, *[""] * (len(self._header) - len(row.row.values))]
        texts = {"prompt": row.prompt, "completion": row.completion, "system": row.system or ""}
        for part in texts.keys() & self._places.keys():
            cells[self._places[part]] = texts[part]
        return csv_line("" if cell is None else cell for cell in cells[: len(self._header)])
