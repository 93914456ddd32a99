"""Parse a row of JSON: which format it has, what is wrong with it, the example that it is, and its texts.

Most rows of most files are plain chats ([system,] user, assistant, …; role and content, nothing else): those are recognised
quickly. Everything else is parsed with care, and each problem is reported.
"""

from dataclasses import replace
from itertools import islice
from typing import NamedTuple

from ftwidgets.data.findings import Finding
from ftwidgets.data.rows import Example
from ftwidgets.data.schema.conversation_text import excerpt_of, message_text, prompt_and_answer, prompt_text, split_system
from ftwidgets.data.schema.formats import not_an_object, to_service_format
from ftwidgets.data.schema.preference import OUTPUTS
from ftwidgets.data.schema.roles import is_blank

_MAX_FINDINGS = 20


class ParsedRow(NamedTuple):
    """A row of JSON, parsed: the example in the services' form (None where an error keeps it from use) and its texts.

    The example may share parts with the value that was read. The texts are as in `TrainingRow`, empty without an example.
    """

    format: str  # chat, preference, completion, alpaca, sharegpt, or unknown
    findings: list[Finding]  # 20 at most
    example: Example | None
    prompt: str = ""
    completion: str = ""
    system: str | None = None
    own_system: bool = False  # whether the system prompt is the row's own


_new = tuple.__new__  # half the time of ParsedRow(...), and most rows come this way


def parse_row(value: object, system: str | None = None) -> ParsedRow:
    """Return the value of a line of JSON as an example, with what is wrong with it; the value is never changed.

    `system` is the system prompt of rows that have none. There is no example if one of the findings is an error.
    """
    if type(value) is dict and len(value) == 1 and type(messages := value.get("messages")) is list:
        try:
            parsed = _parse_plain_chat(value, messages, system)
        except (KeyError, TypeError, IndexError, ValueError, AttributeError):
            parsed = None
        if parsed is not None:
            return parsed
    return _parse_carefully(value, system)


def _parse_plain_chat(value: Example, messages: list[dict[str, str]], system: str | None) -> ParsedRow | None:
    """Return a chat of role and content strings whose turns alternate; None where the row is anything else."""
    first = messages[0]
    own = first["role"] == "system"
    ask, answer = messages[own], messages[-1]
    if ask["role"] != "user" or answer["role"] != "assistant" or len(ask) != 2 or len(answer) != 2:
        return None
    prompt, completion, text = ask["content"], answer["content"], system
    if type(prompt) is not str or not prompt or prompt.isspace():
        return None
    if type(completion) is not str or not completion or completion.isspace():
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
        if len(turns) % 2:
            return None
        for message, role in zip(turns, ("user", "assistant") * (len(turns) // 2), strict=True):
            content = message["content"]
            if len(message) != 2 or message["role"] != role or type(content) is not str or not content or content.isspace():
                return None
        prompt = "\n".join([f"{message['role']}: {message['content']}" for message in turns[:-1]])
    return _new(ParsedRow, ("chat", [], value, prompt, completion, text, own))


def _parse_carefully(value: object, system: str | None) -> ParsedRow:
    if not isinstance(value, dict):
        return ParsedRow("unknown", [replace(not_an_object(value), excerpt=excerpt_of([value]))], None)
    name, all_findings, example = to_service_format(value)
    findings = list(islice(all_findings, _MAX_FINDINGS))
    if findings:
        excerpt = excerpt_of(value)
        findings = [replace(finding, excerpt=excerpt) for finding in findings]
    if example is None or any(finding.level == "error" for finding in findings):
        return ParsedRow(name, findings, None)
    if "messages" in example:
        own_system, messages = split_system(example["messages"])
        prompt, completion = prompt_and_answer(messages)
    else:
        own_system, messages = split_system(example["input"]["messages"])
        prompt, completion = prompt_text(messages), message_text(example[OUTPUTS[0]][0])
    if own_system is not None:
        return ParsedRow(name, findings, example, prompt, completion, own_system, True)
    if system is None or is_blank(system):
        return ParsedRow(name, findings, example, prompt, completion)
    return ParsedRow(name, findings, _with_system(example, system), prompt, completion, system)


def _with_system(example: Example, system: str) -> Example:
    if "input" in example:
        return {**example, "input": _with_system(example["input"], system)}
    return {**example, "messages": [{"role": "system", "content": system}, *example["messages"]]}
