"""Alpaca rows, {"instruction", "input", "output"}, as chats.

The prompt is the instruction, and the input under it after an empty line where there is one. `system` and `history`
(earlier turns, pairs of texts) come along as in LLaMA-Factory's variant; `context` and `response` are Dolly's names.

Left out: Alpaca's printed prompt ("Below is an instruction …"), which a chat model does not need; its key `text` holds it.
"""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from ftwidgets.data.rows import Example, Fault
from ftwidgets.data.schema.chat import text_faults
from ftwidgets.data.schema.display import shown
from ftwidgets.data.schema.roles import is_blank


def read_alpaca(row: dict[str, Any]) -> tuple[Iterator[Fault], Example | None]:
    """Return the faults of an Alpaca row, and the chat that it is."""
    given = "context" if "context" in row and "input" not in row else "input"
    answer = "response" if "response" in row and "output" not in row else "output"
    faults = list(
        chain(
            text_faults(row, "instruction"),
            text_faults(row, given, may_be_missing=True),
            text_faults(row, answer),
            text_faults(row, "system", may_be_missing=True),
            _history_faults(row.get("history")),
        )
    )
    if faults:
        return iter(faults), None
    question = row["instruction"]
    if row.get(given) and not is_blank(row[given]):
        question = f"{question}\n\n{row[given]}"
    turns = [("system", row["system"])] if row.get("system") and not is_blank(row["system"]) else []
    for asked, answered in row.get("history") or ():
        turns += [("user", asked), ("assistant", answered)]
    turns += [("user", question), ("assistant", row[answer])]
    return iter(()), {"messages": [{"role": role, "content": text} for role, text in turns]}


def _history_faults(history: object) -> Iterator[Fault]:
    if history is None or history == []:
        return
    fix = 'Write [["question", "answer"], …], or leave it out.'
    if not isinstance(history, list):
        text = f'"history" is {shown(history)}; it must be a list of pairs.'
        yield Fault("content-not-text", "error", text, fix, "history")
        return
    for number, pair in enumerate(history, start=1):
        if not (
            isinstance(pair, list) and len(pair) == 2 and all(isinstance(said, str) and not is_blank(said) for said in pair)
        ):
            text = f'"history", number {number}, is no pair of texts.'
            yield Fault("content-not-text", "error", text, fix, "history")
