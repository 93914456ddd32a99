"""The rule about each row's texts alone: marks, mojibake, secrets, personal data, answers that repeat their prompt.

A quick look over the batch says which texts to read. Left out: what only the set shows (`set_texts`).
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from ftwidgets.data.findings import Finding, FindingType
from ftwidgets.data.rows import Batch, RowLookup
from ftwidgets.data.rules import mojibake, text_findings
from ftwidgets.data.rules.echo import candidates, repeated
from ftwidgets.data.rules.prefilter import look
from ftwidgets.data.text import printable

ANSWER_REPEATS_PROMPT = FindingType(
    "answer-repeats-prompt",
    "warning",
    title="The answer repeats the prompt",
    why="The model learns to say the question again before it answers.",
    todo="Write only what the model should say.",
)

Say = Callable[[str, str], Iterator[Finding]]

# What of the marks lies beyond ASCII: C1, invisible characters, lost ones, halves.
_BEYOND = re.compile(
    "[\x80-\x9f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufffd\ud800-\udfff\U000e0000-\U000e007f]"
)
_HOW = {
    "is": "The answer is the prompt again.",
    "begins with": "The answer begins with the whole prompt.",
    "contains": "The answer has the whole prompt in it.",
}


class RowTexts:
    """Rule over the texts of each row by themselves. A system prompt that all rows share is read once."""

    def __init__(self) -> None:
        self._shared: dict[str, None] = {}  # constant system prompts, seen once each

    def update(self, batch: Batch) -> Iterator[tuple[int, Finding]]:
        """Yield what is wrong with the texts of single rows."""
        items = batch.rows
        own = [index for index, item in enumerate(items) if item.own_system and item.system]
        if not own:
            shared = {item.system for item in items} - {None}
            self._shared.update((text, None) for text in shared if text)
        else:
            self._shared.update((item.system, None) for item in items if item.system and not item.own_system)
        texts = [*batch.prompts, *batch.completions, *(items[index].system or "" for index in own)]
        for place, fault in faults(texts, len(items)):
            yield (own[place - 2 * len(items)] if place >= 2 * len(items) else place % len(items)), fault
        yield from _repeats(batch)

    def finalize(self, lookup: RowLookup) -> Iterator[tuple[int | None, Finding]]:
        """Yield what is wrong with system prompts that rows share."""
        texts = list(self._shared)
        for _, fault in faults(texts, 0):
            yield None, fault


def faults(texts: Sequence[str], n_rows: int) -> Iterator[tuple[int, Finding]]:
    """Yield (place, fault) for texts that are the prompts of so many rows, their completions, then system prompts."""
    if not texts:
        return
    found = look(texts)
    for place in found.control:
        yield from _say((text_findings.of_control,), place, texts, n_rows)
    for place in sorted({*found.secret, *(place for place in found.at_sign if "://" in texts[place])}):
        yield from _say((text_findings.of_secrets,), place, texts, n_rows)
    for place in found.digits:
        yield from _say((text_findings.of_numbers,), place, texts, n_rows)
    for place in found.at_sign:
        yield from _say((text_findings.of_addresses,), place, texts, n_rows)
    for place in found.beyond_ascii:
        text = texts[place]
        mended = mojibake.mended(text)
        if mended != text:
            yield from _say((text_findings.of_mojibake,), place, texts, n_rows)
        if _BEYOND.search(mended):  # what mending takes away is not told of twice
            beyond = (text_findings.of_invisible, text_findings.of_lost, text_findings.of_halves)
            first = () if place in found.control else (text_findings.of_control,)
            for rule in (*first, *beyond):
                yield from ((place, fault) for fault in rule(mended, _field(place, n_rows)))


def _say(rules: Iterable[Say], place: int, texts: Sequence[str], n_rows: int) -> Iterator[tuple[int, Finding]]:
    for rule in rules:
        for fault in rule(texts[place], _field(place, n_rows)):
            yield place, fault


def _field(place: int, n_rows: int) -> str:
    return "prompt" if place < n_rows else "completion" if place < 2 * n_rows else "system"


def _repeats(batch: Batch) -> Iterator[tuple[int, Finding]]:
    for index in candidates(batch):
        how = repeated(batch.rows[index])
        if how is not None:
            fix = "Take the prompt out of the answer; the model would learn to say each question back before it answers."
            shown = printable(batch.rows[index].completion, 60)
            yield index, ANSWER_REPEATS_PROMPT(_HOW[how], fix, field="completion", excerpt=shown)
