"""The rows of a preference file: a conversation, a better answer and a worse one, one assistant message each.

    {"input": {"messages": [{"role": "user", "content": "…"}]},
     "preferred_output": [{"role": "assistant", "content": "…"}],
     "non_preferred_output": [{"role": "assistant", "content": "…"}]}

Left out: tools and images, which this base model cannot learn; they are rejected, never ignored.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ftwidgets.sandbox.training.training_file import Messages, parse_message, parse_rows, wrong_method

OUTPUTS = ("preferred_output", "non_preferred_output")
OLDER_KEYS = {"preferred_completion": OUTPUTS[0], "non_preferred_completion": OUTPUTS[1]}  # in the published schema of rows
EXPECTED = '{"input": {"messages": […]}, "preferred_output": […], "non_preferred_output": […]}'


@dataclass(frozen=True)
class Preference:
    """One row: a conversation, and the text of two answers to it."""

    messages: Messages
    preferred: str
    rejected: str


def read_pairs(path: Path, *, param: str = "training_file", file: str = "The file") -> list[Preference]:
    """Read a training or validation file of preference pairs.

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
    return parse_rows(path, lambda row, number: _parse_preference(row, number, file), param)


def _parse_preference(row: Any, number: int, file: str) -> Preference:
    """Check one row and return its pair; a ValueError says what is wrong with it."""
    where = f"Invalid file format. Example {number}"
    if not isinstance(row, dict):
        raise ValueError(f"{where} should be a dictionary: {EXPECTED}")
    if "input" not in row:
        _raise_other_format(row, file)
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


def _raise_other_format(row: dict[str, Any], file: str) -> None:
    """Raise a ValueError that names the format of a row without an input."""
    if "messages" in row:
        raise wrong_method(file, "fine-tune-chat", "supervised", "dpo")
    raise ValueError(f"Unexpected file format, expected preference pairs: {EXPECTED}.")
