"""The exercise of lesson 08: repair a split whose two files share something that no comparison of texts can detect.

The groups of related rows are stored as digests, so this file hardly gives the answer away.
"""

from __future__ import annotations

import hashlib
from collections import Counter

from ftwidgets.data.text import normalize, pluralize, quote
from ftwidgets.lessons.exercises.answers import parse_rows
from ftwidgets.lessons.exercises.exercise import Exercise
from ftwidgets.lessons.exercises.outcome import Outcome, not_attempted, not_yet, right, untouched

MIN_SHARE, MAX_SHARE = 0.1, 0.3  # of the rows, held out

# Digests of the prompts of notebooks/data/tickets.csv: one line per group of related rows, with a bar between spellings
# that a comparison letter by letter would take for different groups.
_GROUPS = """
59063f54|d5a75521 652ae780
c0ba2365 990e583f|04446fee
8f733524 6bda8746|42c12b8a
404a7bba 77289edb bd260ac8
57877bc3 67d2ecbc|2d517298
176824fe 9faef145|ef68fa6c
9dfc8788 a212c55d 8e4852f5
a2a2a2ea bef4182b f6084a07|e02007b7
c3ec30a0 f0abb95f 5d78f2ff
5944482c f2ead37f|1478feb7 98480efc
2a620afd d85b7d82|a677e4a2 6d877d31
ee64551a 2ff430b2 54785a05 d5f10b10
53371369 785dc986|9540314c
8eb1700d e18fd10d f5874607
4a3a6fd5 b08de58c 2c5e30d1
0236f134 d81fd0d2 fc1c7074
b62a082a|62d698a2 a498b28d
5debc84a 258723f6 c151f131
b3330063 a30accb0 a17345d9
f5f423b5|050b0173 7a57e5cf
"""


# By the digest of its prompt, the group of a row, which must not be split, and the number of its spelling within the group.
_MEMBERSHIPS = {
    digest: (group, spelling)
    for group, line in enumerate(_GROUPS.split("\n"))
    for spelling, digests in enumerate(line.split("|"))
    for digest in digests.split()
}


def leak_closed(answer: object) -> Outcome:
    """Check the repaired split of lesson 08.

    Parameters
    ----------
    answer
        The two parts, training first: DataFrames with the columns Prompt and Completion, or the paths of their JSONL
        files; or the result of `ftwidgets.prepare`.

    Returns
    -------
    Outcome
        `right` if each row of the file is in exactly one part, a sensible share of them is held out, and no group of
        related rows is split.
    """
    if untouched(answer):
        return not_attempted()
    files = [getattr(answer, name, None) for name in ("train_file", "validation_file")]
    parts = answer if any(file is None for file in files) else files
    needed = "the rows to train on, and those held out"
    if not isinstance(parts, tuple | list):
        return not_yet(f"The answer is a {type(parts).__name__}; a pair is needed: {needed}.")
    if len(parts) != 2:
        return not_yet(f"The answer has {pluralize(len(parts), 'thing')}; two are needed: {needed}.")
    if untouched(*parts):
        return not_attempted()
    read = [parse_rows(part) for part in parts]
    for name, found in zip(("training", "validation"), read, strict=True):
        if isinstance(found, str):
            return not_yet(f"In the {name} part: {found}")
    train, held = ([prompt for prompt, _ in found] for found in read if not isinstance(found, str))
    return _check_rows(train, held) or _check_groups(train, held) or right("Nothing leaks, and nothing was lost.")


def _check_rows(train: list[str], held: list[str]) -> Outcome | None:
    """Reject duplicate, unknown and missing rows, and too many or too few held-out ones."""
    counts = Counter(map(_digest, [*train, *held]))
    if duplicates := [prompt for prompt in held + train if counts[_digest(prompt)] > 1]:
        return not_yet(f"The row {quote(duplicates[0])} occurs more than once. Each row belongs in one part, once.")
    if unknown := [prompt for prompt in held + train if _digest(prompt) not in _MEMBERSHIPS]:
        return not_yet(f"The row {quote(unknown[0])} is not in the file. Split the rows as they are.")
    if missing := len(_MEMBERSHIPS) - len(counts):
        return not_yet(
            f"{pluralize(missing, 'row')} of the file are missing. Close a leak by moving rows, not by dropping them."
        )
    share = len(held) / (len(train) + len(held))
    if MIN_SHARE <= share <= MAX_SHARE:
        return None
    problem = "too few for a reliable score" if share < MIN_SHARE else "too many to take from training"
    return not_yet(f"{pluralize(len(held), 'row')} of {len(train) + len(held)} are held out, {problem}.")


def _check_groups(train: list[str], held: list[str]) -> Outcome | None:
    """Reject groups that are split; pairs of rows with the same spelling are reported first."""
    partners: dict[int, list[str]] = {}
    for prompt in train:
        partners.setdefault(_MEMBERSHIPS[_digest(prompt)][0], []).append(prompt)
    leaking = [(prompt, other) for prompt in held for other in partners.get(_MEMBERSHIPS[_digest(prompt)][0], [])]
    if not leaking:
        return None
    n = pluralize(len({prompt for prompt, _ in leaking}), "held-out row")
    obvious = [pair for pair in leaking if len({_MEMBERSHIPS[_digest(prompt)] for prompt in pair}) == 1]
    prompt, other = (obvious or leaking)[0]
    pair = f"Held out: {quote(prompt, 90)}. In training: {quote(other, 90)}."
    if obvious:
        question = "What do these two rows have in common, besides their answer?"
        return not_yet(f"{n} can be answered from the training rows. {pair} {question}")
    advice = "Compare these two rows column by column, letter by letter."
    return not_yet(f"{n} can still be answered from the training rows. {pair} {advice}")


def _digest(prompt: str) -> str:
    """Hash a row, ignoring its whitespace and case."""
    return hashlib.sha256("".join(normalize(prompt).split()).encode(errors="replace")).hexdigest()[:8]


EXERCISES = (Exercise("Close a leak", leak_closed),)
