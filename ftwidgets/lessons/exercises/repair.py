"""The exercise of lesson 01: a second messy table, repaired row for row.

Left out: how it was repaired. The rows that must be there are kept as digests, so that reading this gives nothing away.
"""

from __future__ import annotations

import hashlib
from collections import Counter

from ftwidgets.data.text import normalize, pluralize, quote
from ftwidgets.lessons.exercises.answers import Rows
from ftwidgets.lessons.exercises.answers import rows as handed_rows
from ftwidgets.lessons.exercises.outcome import Outcome, not_attempted, not_yet, right, untouched

# Digest of each row that must be there, and the line of notebooks/data/second_mess.csv on which it begins.
_WANTED: dict[str, int] = {
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
    """Check the repaired table of lesson 01.

    Parameters
    ----------
    answer
        The DataFrame with the columns Prompt and Completion, or the path of the JSONL file written from it.

    Returns
    -------
    Outcome
        `right` if it holds exactly the rows that can be made of the file; the order, the index, other columns, blanks
        and the case of a prompt do not matter.
    """
    if untouched(answer):
        return not_attempted()
    rows = handed_rows(answer)
    if isinstance(rows, str):
        return not_yet(rows)
    return _faults(rows) or _compare(rows)


def _faults(rows: Rows) -> Outcome | None:
    """Say what is wrong with the rows by themselves, whatever the file said."""
    if not rows:
        return not_yet("The table is empty.")
    for prompt, completion in rows:
        if not prompt.strip() and not completion.strip():
            return not_yet("A row with nothing in it is still there.")
        if not completion.strip():
            return not_yet(f"The row {quote(prompt)} has no answer: nothing can be learned from it.")
        if any(text.strip()[:1] == '"' for text in (prompt, completion)):
            text = f"In the row {quote(prompt)} quotes of the file became part of the text."
            return not_yet(f"{text} Look for a blank before a quote.")
    digests = Counter(_digest(*row) for row in rows)
    if twice := [prompt for prompt, completion in rows if digests[_digest(prompt, completion)] > 1]:
        return not_yet(f"The row {quote(twice[0])} is there more than once, with the same answer.")
    prompts = Counter(normalize(prompt) for prompt, _ in rows)
    if contradicted := [prompt for prompt, _ in rows if prompts[normalize(prompt)] > 1]:
        return not_yet(f"The table still has two answers to {quote(contradicted[0])}. Which of them is the newer one?")
    return None


def _compare(rows: Rows) -> Outcome:
    """Compare with the rows that must be there, and say where to look, not what is missing."""
    found = {_digest(*row): row for row in rows}
    strange = [row for digest, row in found.items() if digest not in _WANTED]
    lines = sorted(line for digest, line in _WANTED.items() if digest not in found)
    fine = f"{len(rows) - len(strange)} of your {pluralize(len(rows), 'row')} are right."
    if strange:
        where = f" Look at line {lines[0]} of the file." if lines else ""
        return not_yet(f"{fine} This one does not say what the file says: {quote(strange[0][0])}.{where}")
    if lines:
        lost = f"{pluralize(len(lines), 'row')} that can be used or repaired got lost"
        return not_yet(f"{fine} {lost}: look at line {lines[0]} of the file.")
    return right("Every row that the file can give is there, once, and with its newest answer.")


def _digest(prompt: str, completion: str) -> str:
    """Name a row, whatever its blanks and the case of its prompt."""
    text = "".join(normalize(prompt).split()) + "\0" + "".join(completion.split())
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:12]
