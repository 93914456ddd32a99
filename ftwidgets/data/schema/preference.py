"""Preference rows: one input, a preferred answer and one that is not preferred.

Sources: OpenAI's published openapi.yaml, branch 2025-03-21, FineTunePreferenceRequestInput, and the guides, after which the
services read `preferred_output` and `non_preferred_output`: the schema's older `preferred_completion` is an error with a safe
fix, because services reject such a file. Hugging Face's {"prompt", "chosen", "rejected"} (TRL) is converted.
"""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from ftwidgets.data.findings import Finding, FindingType
from ftwidgets.data.rows import Example
from ftwidgets.data.schema.chat import repair_of_unknown_row_key, text_findings, to_messages
from ftwidgets.data.schema.conversation_text import message_text
from ftwidgets.data.schema.display import display, short_key
from ftwidgets.data.schema.messages import message_findings
from ftwidgets.data.schema.order import conversation_findings, list_findings
from ftwidgets.data.schema.roles import normalize_role
from ftwidgets.data.schema.shared_findings import RENAME_PREFERENCE_KEYS, UNKNOWN_KEY
from ftwidgets.data.schema.tools import TOOL_KEYS, tool_findings
from ftwidgets.data.text import quote

BAD_PREFERENCE = FindingType(
    "bad-preference", "error", title="A preference row has the wrong form",
    why="It has `input` with messages, and `preferred_output` and `non_preferred_output`, each with one answer of the "
        "assistant.",
    fix="Add or rename what is named.", optional_repairs=(RENAME_PREFERENCE_KEYS,),
)  # fmt: skip
SAME_PREFERENCE = FindingType(
    "same-preference", "error", title="The two answers of a preference row are the same",
    why="Then there is nothing to prefer.",
    fix="Write a worse answer, or delete the row.",
)  # fmt: skip

OUTPUTS = ("preferred_output", "non_preferred_output")
OLDER_OUTPUTS = {"preferred_completion": "preferred_output", "non_preferred_completion": "non_preferred_output"}
PREFERENCE_KEYS = ("input", *OUTPUTS)
INPUT_KEYS = ("messages", "tools", "parallel_tool_calls")


def has_empty_tools(row_input: dict[Any, Any], key: str) -> bool:
    """Tell whether a key of an input is an empty list of tools, which the example in OpenAI's guide to DPO has."""
    return key == "tools" and row_input.get(key) == []


def parse_preference(row: dict[str, Any]) -> tuple[Iterator[Finding], Example | None]:
    """Return what is wrong with a preference row, and the row as it is."""
    known = (*PREFERENCE_KEYS, *OLDER_OUTPUTS)
    renamed = [
        BAD_PREFERENCE(
            f"{quote(older)} is an older name; services read {quote(name)}.",
            f"Rename the key to {quote(name)}.",
            older,
            repair=RENAME_PREFERENCE_KEYS if name not in row else None,
        )
        for older, name in OLDER_OUTPUTS.items()
        if older in row
    ]
    unknown = (_unknown_key(row, key, PREFERENCE_KEYS, "The row") for key in row if key not in known)
    return chain(renamed, _input_findings(row), _output_findings(row), unknown), row


def _input_findings(row: dict[str, Any]) -> Iterator[Finding]:
    row_input = row.get("input")
    if not isinstance(row_input, dict):
        problem = f'"input" is {display(row_input)}' if "input" in row else 'The row has no "input"'
        yield BAD_PREFERENCE(f"{problem}; it must be an object.", 'Write {"messages": […]}.', "input")
        return
    messages = row_input.get("messages")
    if not isinstance(messages, list) or not messages:
        yield from list_findings(messages)
    else:
        yield from conversation_findings(messages, label="Input message", needs_answer=False)
        last = messages[-1]
        if isinstance(last, dict) and normalize_role(last.get("role"))[0] == "assistant":
            message = "The input ends with the assistant's message; the outputs are its answers, so another must speak last."
            yield BAD_PREFERENCE(message, "Move the message, or add the user's turn after it.", "input")
    yield from tool_findings(
        {key: row_input[key] for key in INPUT_KEYS if key in row_input and not has_empty_tools(row_input, key)}
    )
    for key in row_input:
        if key not in INPUT_KEYS:
            yield _unknown_key(row_input, key, INPUT_KEYS, "The input")


def _output_findings(row: dict[str, Any]) -> Iterator[Finding]:
    answers = []
    for older, name in OLDER_OUTPUTS.items():
        output = row.get(name, row.get(older))
        fix = 'Write [{"role": "assistant", "content": "…"}].'
        if name not in row and not row.get(older):
            yield BAD_PREFERENCE(f"The row has no {quote(name)}.", fix, name)
        elif not isinstance(output, list):
            yield BAD_PREFERENCE(f"{quote(name)} is {display(output)}; it must be a list with one message.", fix, name)
        elif len(output) != 1:
            message = f"{quote(name)} has {len(output):,} messages; it must have one, the assistant's."
            yield BAD_PREFERENCE(message, fix, name)
        else:
            where = f"The message of {quote(name)}"
            yield from message_findings(output[0], where, weighted=False)
            role = normalize_role(output[0].get("role"))[0] if isinstance(output[0], dict) else None
            if role is not None and role != "assistant":
                yield BAD_PREFERENCE(f"{where} is the {role}'s; it must be the assistant's.", fix, name)
        answer = output[0] if isinstance(output, list) and len(output) == 1 else None
        answers.append(message_text(answer).strip() if isinstance(answer, dict) and message_text(answer) else None)
    if answers[0] is not None and answers[0] == answers[1]:
        message = "The preferred answer and the other one say the same, so there is nothing to prefer."
        yield SAME_PREFERENCE(message, "Change one of them, or delete the row.", OUTPUTS[1])


def _unknown_key(row: dict[str, Any], key: Any, known: tuple[str, ...], label: str) -> Finding:
    message, fix = f"{label} has the unknown key {display(key)}.", "Delete the key; a service rejects what it does not know."
    return UNKNOWN_KEY(message, fix, short_key(key), repair=repair_of_unknown_row_key(row, key, known))


def parse_chosen(row: dict[str, Any]) -> tuple[Iterator[Finding], Example | None]:
    """Return what is wrong with a row with `chosen` and `rejected`, and the preference row that it is.

    Each of the two is an answer (a text, or a list of one message), or the whole conversation with its answer.
    """
    chosen, rejected, prompt = row.get("chosen"), row.get("rejected"), row.get("prompt")
    if not (isinstance(chosen, str | list) and isinstance(rejected, str | list) and isinstance(prompt, str | list | None)):
        keys = [("chosen", False), ("rejected", False), ("prompt", True)]
        findings = (text_findings(row, key, may_be_list=True, may_be_missing=may_be_missing) for key, may_be_missing in keys)
        return chain.from_iterable(findings), None
    preferred, other = to_messages(chosen, "assistant"), to_messages(rejected, "assistant")
    if not _are_equal(preferred[:-1], other[:-1]):
        message = '"chosen" and "rejected" differ before their last message; only the answer may differ.'
        return iter([BAD_PREFERENCE(message, "Give both the same conversation.", "rejected")]), None
    question = [] if prompt is None or prompt == "" else to_messages(prompt, "user")
    before = preferred[:-1]
    # A conversation that begins with the prompt holds it already; one beside a prompt in one text does, too (UltraFeedback).
    has_prompt = before and (isinstance(prompt, str) or _are_equal(before[: len(question)], question))
    tools = {key: row[key] for key in TOOL_KEYS if key in INPUT_KEYS and row.get(key) is not None}
    example = {
        "input": {"messages": before if has_prompt else question + before, **tools},
        OUTPUTS[0]: preferred[-1:],
        OUTPUTS[1]: other[-1:],
    }
    return parse_preference(example)[0], example


def _are_equal(some: list[Any], others: list[Any]) -> bool:
    try:
        return some == others
    except RecursionError:
        return False
