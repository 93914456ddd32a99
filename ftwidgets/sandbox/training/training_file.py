"""The rows of a training file, read as the service reads them: the first error ends the job, in the service's words.

Of a supervised job, a chat:

    {"messages": [{"role": "user", "content": "…"}, {"role": "assistant", "content": "…", "weight": 1}]}

Of a preference job (DPO), a conversation, a better answer and a worse one, one assistant message each:

    {"input": {"messages": [{"role": "user", "content": "…"}]},
     "preferred_output": [{"role": "assistant", "content": "…"}],
     "non_preferred_output": [{"role": "assistant", "content": "…"}]}

Tools and images, which this base model cannot learn, are rejected, never ignored.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from ftwidgets.sandbox.api_errors import JobFaultError

MIN_EXAMPLES = 10
MAX_PARTS = 100  # of the content of one message of a request
ROLES = ("system", "developer", "user", "assistant")

OUTPUTS = ("preferred_output", "non_preferred_output")
OLDER_KEYS = {"preferred_completion": OUTPUTS[0], "non_preferred_completion": OUTPUTS[1]}  # in the published schema of rows
EXPECTED = '{"input": {"messages": […]}, "preferred_output": […], "non_preferred_output": […]}'

Messages = list[dict[str, Any]]
Row = TypeVar("Row")


@dataclass(frozen=True)
class Preference:
    """One row: a conversation, and the text of two answers to it."""

    messages: Messages
    preferred: str
    rejected: str


def read_rows(path: Path, *, param: str = "training_file", file: str = "The file") -> list[Messages]:
    """Read a training or validation file into chats whose contents are strings.

    Parameters
    ----------
    path
        A JSONL file.
    param
        `training_file` or `validation_file`: what it serves as.
    file
        What to call it in messages.

    Raises
    ------
    JobFaultError
        At the first row that cannot be learned from, or when there are too few.
    """
    return parse_rows(path, lambda row, number: _parse_chat(row, number, file), param)


def read_pairs(path: Path, *, param: str = "training_file", file: str = "The file") -> list[Preference]:
    """Read a training or validation file of preference pairs; its parameters and errors are those of `read_rows`."""
    return parse_rows(path, lambda row, number: _parse_preference(row, number, file), param)


def parse_rows(path: Path, parse: Callable[[Any, int], Row], param: str) -> list[Row]:
    """Parse a file line by line with `parse(row, number)`; a ValueError it raises becomes the error of the job."""
    kind = param.split("_")[0]
    rows: list[Row] = []
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                try:
                    rows.append(parse(json.loads(line), number))
                except (ValueError, RecursionError) as error:
                    raise JobFaultError(
                        f"invalid_{param}", f"The job failed due to an invalid {kind} file. {error}", param
                    ) from error
    least = MIN_EXAMPLES if kind == "training" else 1
    if len(rows) < least:
        raise JobFaultError(
            "invalid_n_examples",
            f"{kind.capitalize()} file has {len(rows)} example(s), but must have at least {least} examples",
            param,
        )
    return rows


def _parse_chat(row: Any, number: int, file: str) -> Messages:
    """Check one row and return its messages; a ValueError says what is wrong with it."""
    where = f"Invalid file format. Example {number}"
    if isinstance(row, dict) and "messages" not in row:
        _raise_other_format(row, file)
    messages = row.get("messages") if isinstance(row, dict) else None
    if not isinstance(messages, list):
        raise ValueError(f"{where}: 'messages' should be a list of messages")
    for key in row:
        if key != "messages":
            raise ValueError(f"{where} has the key '{key}', which cannot be trained on here; use 'messages' only")
    chat = [parse_message(message, f"{where}, message {place}") for place, message in enumerate(messages, start=1)]
    answers = [message for message in chat if message["role"] == "assistant"]
    if not answers:
        raise ValueError(f"{where} has no assistant message; there is nothing to learn from it")
    if all(message.get("weight") == 0 for message in answers):
        raise ValueError(f"{where}: every assistant message has weight 0; there is nothing to learn from it")
    return chat


def _parse_preference(row: Any, number: int, file: str) -> Preference:
    """Check one row and return its pair; a ValueError says what is wrong with it."""
    where = f"Invalid file format. Example {number}"
    if not isinstance(row, dict):
        raise ValueError(f"{where} should be a dictionary: {EXPECTED}")
    if "input" not in row:
        if "messages" in row:
            raise wrong_method(file, "fine-tune-chat", "supervised", "dpo")
        raise ValueError(f"Unexpected file format, expected preference pairs: {EXPECTED}.")
    for key in row:
        if key in OLDER_KEYS:
            raise ValueError(f"{where} has the key '{key}', an older name; use '{OLDER_KEYS[key]}'")
        if key not in ("input", *OUTPUTS):
            raise ValueError(f"{where} has the key '{key}', which cannot be trained on here; use {EXPECTED}")
    messages = _parse_input(row.get("input"), where)
    preferred, rejected = (_parse_output(row.get(name), f"{where}, '{name}'") for name in OUTPUTS)
    if preferred == rejected:
        raise ValueError(f"{where}: both outputs are the same; there is nothing to prefer")
    return Preference(messages, preferred, rejected)


def _parse_input(given: Any, where: str) -> Messages:
    """Check the conversation before the two answers and return its messages."""
    messages = given.get("messages") if isinstance(given, dict) else None
    if not isinstance(messages, list) or not messages:
        raise ValueError(f"{where}: 'input' should be a dictionary with a list of 'messages'")
    for key, value in given.items():
        is_empty = value == [] if key == "tools" else key == "parallel_tool_calls" and isinstance(value, bool)
        if key != "messages" and value is not None and not is_empty:
            raise ValueError(f"{where}: 'input' has the key '{key}', which this sandbox cannot train on; remove it")
    chat = [_parse_unweighted(message, f"{where}, input message {place}") for place, message in enumerate(messages, start=1)]
    if chat[-1]["role"] == "assistant":
        raise ValueError(f"{where}: 'input' ends with an assistant message; the outputs are the answers to somebody else's")
    return chat


def _parse_output(given: Any, where: str) -> str:
    """Check one of the two answers and return its text."""
    if not isinstance(given, list) or len(given) != 1:
        raise ValueError(f"{where} should be a list with one assistant message")
    message = _parse_unweighted(given[0], f"{where}, message 1")
    if message["role"] != "assistant":
        raise ValueError(f"{where} has a message of the role '{message['role']}'; it should be the assistant's")
    return str(message["content"])


def _parse_unweighted(message: Any, where: str) -> dict[str, Any]:
    found = parse_message(message, where)
    if "weight" in found:
        raise ValueError(f"{where} has a weight; in a preference pair the outputs are learned from, and nothing else")
    return found


def parse_message(message: Any, where: str) -> dict[str, Any]:
    """Check one message and return it with its content as one string; a ValueError says what is wrong with it."""
    if not isinstance(message, dict):
        raise ValueError(f"{where} should be a dictionary")
    if "role" not in message:
        raise ValueError(f"{where} Discriminator 'role' is missing in value")
    role = message["role"]
    if role not in ROLES:
        raise ValueError(f"{where} has the role {role!r}; this sandbox trains on {', '.join(ROLES)}")
    for key, value in message.items():
        if key not in ("role", "content", "weight") and value not in (None, []):
            raise ValueError(f"{where} has the key '{key}', which this sandbox cannot train on; remove it")
    found: dict[str, Any] = {"role": model_role(role), "content": content_text(message.get("content"), where)}
    weight = message.get("weight")
    if weight is not None:
        if role != "assistant" or weight not in (0, 1) or type(weight) is not int:
            raise ValueError(f"{where} has weight {weight!r}; only an assistant message may have one, and it is 0 or 1")
        found["weight"] = weight
    return found


def model_role(role: str) -> str:
    """Return the role as the base model knows it: it has no `developer`."""
    return "system" if role == "developer" else role


def content_text(content: Any, where: str) -> str:
    """Return a content as one string, its text parts joined; a ValueError says why it is not text."""
    if isinstance(content, list) and content:
        texts: list[str] = []
        for part in content:
            if not isinstance(part, Mapping) or part.get("type") != "text":
                kind = part.get("type") if isinstance(part, Mapping) else part
                raise ValueError(f"{where}: a content part has the type {kind!r:.40}; this model reads text only")
            text = part.get("text")
            texts.append(content_text(text if isinstance(text, str) else None, where))
        return "".join(texts)
    if not isinstance(content, str):
        raise ValueError(f"{where}: 'content' should be a string or a list of text parts, and is {content!r:.40}")
    try:
        content.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"{where}: 'content' holds half a surrogate pair at {error.start}") from error
    return content


def _raise_other_format(row: dict[str, Any], file: str) -> None:
    """Raise a ValueError that names the format of a row without messages."""
    if "preferred_output" in row or "preferred_completion" in row:
        raise wrong_method(file, "fine-tune-preference", "dpo", "supervised")
    if "prompt" in row and "completion" in row:
        raise ValueError(
            "Invalid file format. The file holds prompt/completion pairs, but the model learns from chat messages. "
            'Write each pair as {"messages": [{"role": "user", "content": prompt}, '
            '{"role": "assistant", "content": completion}]}.'
        )
    raise ValueError("Unexpected file format, expected either prompt/completion pairs or chat messages.")


def wrong_method(file: str, format_: str, needed: str, given: str) -> ValueError:
    """Make the error for a file of another training method, in the service's words."""
    return ValueError(
        f"Invalid file format. {file} is in the {format_} format, but the specified fine-tuning job is not using '{needed}' "
        f"as the training method (provided method={given})."
    )
