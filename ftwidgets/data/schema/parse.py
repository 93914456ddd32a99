"""Read a row of JSON: which form it has, what is wrong with it, the example that it is, and its texts.

Most rows of most files are plain chats ([system,] user, assistant, …; role and content, nothing else): those are recognised at
once. Everything else is looked at with care, and each fault is named.

Left out: lines that are no JSON (the reader's), what the texts say (the rules'), more than 20 faults of one row.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any, NamedTuple

from ftwidgets.data.rows import Example, Fault
from ftwidgets.data.schema.alpaca import read_alpaca
from ftwidgets.data.schema.chat import read_chat, read_pair, read_sharegpt
from ftwidgets.data.schema.conversation_text import asked, beginning, spoken, two_texts, without_system
from ftwidgets.data.schema.formats import PREFERENCE, not_an_object, shape_of, unknown_faults
from ftwidgets.data.schema.preference import read_chosen, read_preference
from ftwidgets.data.schema.roles import is_blank

MOST_FAULTS = 20


class ParsedRow(NamedTuple):
    """What a row of JSON is.

    Parameters
    ----------
    format
        `chat`, `preference`, `completion`, `alpaca`, `sharegpt`, or `unknown`.
    faults
        What is wrong with it, 20 at most.
    example
        The chat or preference row, in the services' form; None where an error keeps it from use. It may share parts with the
        value that was read.
    prompt, completion, system
        Its texts, as in `TrainingRow`; empty where it is of no use.
    own_system
        Whether the system prompt is the row's own.
    """

    format: str
    faults: list[Fault]
    example: Example | None
    prompt: str = ""
    completion: str = ""
    system: str | None = None
    own_system: bool = False


_new = tuple.__new__  # half the time of ParsedRow(...), and most rows come this way


def parse_row(value: object, system: str | None = None) -> ParsedRow:
    """Return what a row of JSON is, with its faults.

    Parameters
    ----------
    value
        What the line of JSON says, or a record as a dict. It is never changed.
    system
        A system prompt for the rows that have none.

    Returns
    -------
    ParsedRow
        With an example in the services' form, unless a fault is an error.
    """
    if type(value) is dict and len(value) == 1 and type(messages := value.get("messages")) is list:
        try:
            form = _parse_plain_chat(value, messages, system)
        except (KeyError, TypeError, IndexError, ValueError, AttributeError):
            form = None
        if form is not None:
            return form
    return _parse_carefully(value, system)


def _parse_plain_chat(value: Example, messages: list[dict[str, str]], system: str | None) -> ParsedRow | None:
    """Return the form of a chat of role and content strings whose turns alternate; None where it is anything else."""
    first = messages[0]
    own = first["role"] == "system"
    ask, answer = messages[own], messages[-1]
    if ask["role"] != "user" or answer["role"] != "assistant" or len(ask) != 2 or len(answer) != 2:
        return None
    prompt, completion, text = ask["content"], answer["content"], system
    if (
        type(prompt) is not str
        or not prompt
        or prompt.isspace()
        or type(completion) is not str
        or not completion
        or completion.isspace()
    ):
        return None
    if own:
        text = first["content"]
        if len(first) != 2 or type(text) is not str or not text or text.isspace():
            return None
    elif system is not None:
        if not system or system.isspace():
            return None
        value = {"messages": [{"role": "system", "content": system}, *messages]}
    if len(messages) - own > 2:
        turns = messages[own:]
        for message, role in zip(turns, _alternating(len(turns)), strict=True):
            content = message["content"]
            if len(message) != 2 or message["role"] != role or type(content) is not str or not content or content.isspace():
                return None
        prompt = "\n".join([f"{message['role']}: {message['content']}" for message in turns[:-1]])
    return _new(ParsedRow, ("chat", [], value, prompt, completion, text, own))


def _alternating(n_turns: int) -> list[str]:
    """Return as many roles, user and assistant in turn; of an odd number the last is `odd`, which no message has."""
    return ["user", "assistant"] * (n_turns // 2) + ["odd"] * (n_turns % 2)


def _parse_carefully(value: object, system: str | None) -> ParsedRow:
    if not isinstance(value, dict):
        return ParsedRow("unknown", [replace(not_an_object(value), excerpt=beginning([value]))], None)
    kind, told, example = in_service_form(value)
    faults = list(islice(told, MOST_FAULTS))
    if faults:
        seen = beginning(value)
        faults = [replace(fault, excerpt=seen) for fault in faults]
    if example is None or any(fault.level == "error" for fault in faults):
        return ParsedRow(kind, faults, None)
    constant = None if system is None or is_blank(system) else system
    if "messages" in example:
        own, rest = without_system(example["messages"])
        prompt, completion = two_texts(rest)
    else:
        own, rest = without_system(example["input"]["messages"])
        prompt, completion = asked(rest), spoken(example[PREFERENCE[0]][0])
    if own is None and constant is not None:
        example = _led(example, constant)
    return ParsedRow(kind, faults, example, prompt, completion, constant if own is None else own, own is not None)


def in_service_form(row: dict[Any, Any]) -> tuple[str, Iterator[Fault], Example | None]:
    """Return the kind of a row, its faults as they are found, and the row as a service reads it (right or wrong)."""
    shape = shape_of(row)
    match shape:
        case "chat":
            return "chat", *read_chat(row)
        case "preference":
            return "preference", *read_preference(row)
        case "chosen":
            return "preference", *read_chosen(row)
        case "alpaca":
            return "alpaca", *read_alpaca(row)
        case "sharegpt":
            return "sharegpt", *read_sharegpt(row)
        case "pair":
            told, example, kind = read_pair(row)
            return kind, told, example
        case _:
            return "unknown", unknown_faults(row), None


def _led(example: Example, system: str) -> Example:
    """Return the example with a system message in front; the given one stays as it is."""
    if "input" in example:
        return {**example, "input": _led(example["input"], system)}
    return {**example, "messages": [{"role": "system", "content": system}, *example["messages"]]}
