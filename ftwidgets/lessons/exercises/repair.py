"""The exercise of lesson 02: repair a second messy table.

The expected rows are stored as digests, so this file does not give the answer away.
"""

from __future__ import annotations

import hashlib
from collections import Counter

from ftwidgets.data.text import normalize, pluralize, quote
from ftwidgets.lessons.exercises.answers import Rows, parse_rows
from ftwidgets.lessons.exercises.exercise import Exercise
from ftwidgets.lessons.exercises.outcome import Outcome, not_attempted, not_yet, right, untouched

# Digest of each expected row, and the line of notebooks/data/second_mess.csv on which it begins.
_EXPECTED: dict[str, int] = {
    "8adac25b76ca": 2,
    "35c61ed0997e": 3,
    "27237b435341": 6,
    "02b178894948": 7,
    "b8500cbc0b59": 8,
    "9888a243968f": 10,
    "f2770459961e": 12,
    "511d57f459aa": 13,
    "e004334e9447": 16,
    "db1dc146d4a9": 18,
    "55d05b12306d": 19,
    "665f928e5e60": 20,
}


def table_repaired(answer: object) -> Outcome:
    """Check the repaired table of lesson 02.

    Parameters
    ----------
    answer
        The DataFrame with the columns Prompt and Completion, or the path of the JSONL file written from it.

    Returns
    -------
    Outcome
        `right` if it has exactly the rows that can be recovered from the file; the order, the index, other columns,
        whitespace and the case of a prompt do not matter.
    """
    if untouched(answer):
        return not_attempted()
    rows = parse_rows(answer)
    if isinstance(rows, str):
        return not_yet(rows)
    if problem := _check_rows(rows):
        return problem
    found = {_digest(*row): row for row in rows}
    unexpected = [row for digest, row in found.items() if digest not in _EXPECTED]
    lines = sorted(line for digest, line in _EXPECTED.items() if digest not in found)
    n_right = f"{len(rows) - len(unexpected)} of your {pluralize(len(rows), 'row')} are right."
    if unexpected:  # the hint says where to look, not what is missing
        where = f" Look at line {lines[0]} of the file." if lines else ""
        return not_yet(f"{n_right} This one differs from the file: {quote(unexpected[0][0])}.{where}")
    if lines:
        lost = f"{pluralize(len(lines), 'row')} that can be used or repaired are missing"
        return not_yet(f"{n_right} {lost}: look at line {lines[0]} of the file.")
    return right("Every usable row of the file is there, once, with its newest answer.")


def _check_rows(rows: Rows) -> Outcome | None:
    """Check the rows by themselves: empty, duplicate or contradicting ones."""
    if not rows:
        return not_yet("The table is empty.")
    for prompt, completion in rows:
        if not prompt.strip() and not completion.strip():
            return not_yet("There is still an empty row.")
        if not completion.strip():
            return not_yet(f"The row {quote(prompt)} has no answer: nothing can be learned from it.")
        if any(text.strip()[:1] == '"' for text in (prompt, completion)):
            text = f"In the row {quote(prompt)} quotes of the file became part of the text."
            return not_yet(f"{text} Look for a blank before a quote.")
    digests = Counter(_digest(*row) for row in rows)
    if duplicates := [prompt for prompt, completion in rows if digests[_digest(prompt, completion)] > 1]:
        return not_yet(f"The row {quote(duplicates[0])} occurs more than once, with the same answer.")
    prompts = Counter(normalize(prompt) for prompt, _ in rows)
    if contradicted := [prompt for prompt, _ in rows if prompts[normalize(prompt)] > 1]:
        return not_yet(f"The table still has two answers to {quote(contradicted[0])}. Which of them is the newer one?")
    return None


def _digest(prompt: str, completion: str) -> str:
    """Hash a row, ignoring its whitespace and the case of its prompt."""
    text = "".join(normalize(prompt).split()) + "\0" + "".join(completion.split())
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:12]


EXERCISES = (Exercise("Repair a second table", table_repaired),)
