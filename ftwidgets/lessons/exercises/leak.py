"""The exercises of lesson 08: keep near copies together, find a leak that no text shows, and split a table of one's own.

The groups of related letters are stored as digests, so this file hardly gives the answer away.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Hashable
from typing import TYPE_CHECKING

from ftwidgets.data.text import normalize, pluralize, quote
from ftwidgets.lessons.exercises.answers import parse_rows
from ftwidgets.lessons.exercises.exercise import Exercise
from ftwidgets.lessons.exercises.outcome import Outcome, not_attempted, not_yet, right, untouched

if TYPE_CHECKING:
    import pandas as pd

MIN_SHARE, MAX_SHARE = 0.1, 0.3  # of the rows, held out
MIN_OWN = 12  # rows of the learner's own table

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
    parts = _read_parts(answer)
    if isinstance(parts, Outcome):
        return parts
    train, held = ([prompt for prompt, _ in part] for part in parts)
    return _check_rows(train, held) or _check_groups(train, held) or right("Nothing leaks, and nothing was lost.")


def near_copies_together(table: pd.DataFrame, answer: object) -> Outcome:
    """Check a split of the lesson's reposts: every row once, and no near copy on the other side.

    Parameters
    ----------
    table
        The rows as they came.
    answer
        As for `leak_closed`.
    """
    parts = _read_parts(answer)
    if isinstance(parts, Outcome):
        return parts
    train, held = parts
    counts = Counter(prompt for prompt, _ in [*train, *held])
    if twice := [prompt for prompt, n in counts.items() if n > 1]:
        return not_yet(f"The row {quote(twice[0])} occurs more than once. Each row belongs in one part, once.")
    if missing := set(table["Prompt"]) - set(counts):
        return not_yet(
            f"{pluralize(len(missing), 'row')} of the table are in neither part. Move near copies; do not drop them."
        )
    if share := _share_problem(len(train), len(held)):
        return not_yet(share)
    if leaking := _near_copies(train, held):
        return not_yet(
            f"{pluralize(len(leaking), 'held-out row')} still have a near copy in training, such as {quote(leaking[0], 90)}. "
            "What decides which side a row goes to?"
        )
    return right("Each review and its near copies are on one side now.")


def own_groups(train: object, held: object, column: object) -> Outcome:
    """Check a grouped split of the learner's own table.

    Parameters
    ----------
    train, held
        The two parts, DataFrames with the columns Prompt and Completion.
    column
        The name of the column whose equal values belong together.
    """
    import pandas as pd

    if untouched(train, held, column):
        return not_attempted("Make a table of your own, split it, and hand in both parts and the column.")
    if not isinstance(train, pd.DataFrame) or not isinstance(held, pd.DataFrame):
        return not_yet("Both parts are DataFrames with the columns Prompt, Completion and one that names the group.")
    rows = [parse_rows(part) for part in (train, held)]
    if problem := next((found for found in rows if isinstance(found, str)), ""):
        return not_yet(problem)
    common = [name for name in train.columns if name in held.columns and name not in ("Prompt", "Completion")]
    if not isinstance(column, Hashable) or column not in common:
        there = ", ".join(map(str, train.columns))
        return not_yet(f"{column!r:.60} is not a column that could name the groups; there are: {there}.")
    if len(train) + len(held) < MIN_OWN:
        return not_yet(f"The table has {pluralize(len(train) + len(held), 'row')}. Write {MIN_OWN} or more.")
    if share := _share_problem(len(train), len(held)):
        return not_yet(share)
    if any(_digest(str(prompt)) in _MEMBERSHIPS for prompt in [*train["Prompt"], *held["Prompt"]]):
        return not_yet("These rows are the help desk's letters. Use a table of your own.")
    sides = [{normalize(str(value)).casefold().strip() for value in part[column]} for part in (train, held)]
    if len(sides[0] | sides[1]) == len(train) + len(held):
        return not_yet(f'Each row has its own "{column}", so the column keeps nothing together. Which rows share a source?')
    if shared := sides[0] & sides[1]:
        return not_yet(f'{pluralize(len(shared), "group")} of "{column}" are on both sides, such as {quote(min(shared))}.')
    if leaking := _near_copies(*(found for found in rows if not isinstance(found, str))):
        return not_yet(f"The groups are apart, but {quote(leaking[0], 90)} has a near copy on the other side.")
    return right("Each group is on one side. Your score will be about groups that the model has never met.")


def _read_parts(answer: object) -> tuple[list[tuple[str, str]], list[tuple[str, str]]] | Outcome:
    """Return prompts and completions of both parts, or the outcome that says why they cannot be read."""
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
    train, held = (parse_rows(part) for part in parts)
    if isinstance(train, str):
        return not_yet(f"In the training part: {train}")
    if isinstance(held, str):
        return not_yet(f"In the validation part: {held}")
    return train, held


def _near_copies(train: list[tuple[str, str]], held: list[tuple[str, str]]) -> list[str]:
    """Return the held-out prompts that the check finds in training too, or a near copy of them."""
    import pandas as pd

    from ftwidgets.data.check import check

    both = [pd.DataFrame(part, columns=["Prompt", "Completion"]) for part in (train, held)]
    findings = check(both[0], validation=both[1]).findings
    rows = sorted({found.row for found in findings if found.id.startswith("shared-") and isinstance(found.row, int)})
    return [held[row - 1][0] for row in rows]


def _share_problem(n_train: int, n_held: int) -> str:
    share = n_held / (n_train + n_held) if n_held else 0.0
    if MIN_SHARE <= share <= MAX_SHARE:
        return ""
    problem = "too few for a reliable score" if share < MIN_SHARE else "too many to take from training"
    return f"You hold out {pluralize(n_held, 'row')} of {n_train + n_held}, {problem}."


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
    share = _share_problem(len(train), len(held))
    return not_yet(share) if share else None


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


EXERCISES = (
    Exercise(
        "Keep near copies together",
        near_copies_together,
        hints=(
            "Which rows belong together here? A random draw does not know.",
            "Read what step 5 says about the default of ftwidgets.prepare.",
        ),
        solution='answer = ftwidgets.prepare(table, "my_data/leak-mine", seed=1)\nlesson.check(1, table, answer)',
    ),
    Exercise(
        "Close a leak that no text shows",
        leak_closed,
        hints=(
            "Sort the table by each of its columns in turn. Which one tells you the answer before you read the letter?",
            "A person can be written in more than one way. Make the spellings equal before you group by them.",
        ),
        solution="""\
tickets["Who"] = tickets["Customer"].str.casefold().str.replace(r"[^a-z]", "", regex=True)
answer = ftwidgets.prepare(tickets.drop(columns="Split"), "my_data/leak-tickets", group="Who")
lesson.check(2, answer)""",
    ),
    Exercise(
        "Split a table of your own",
        own_groups,
        hints=(
            "What do several of your rows share: a person, a day, a document, a place? Write it into a column.",
            "Choose whole groups for the held-out part, until it has a fifth of the rows or so. Then take their rows out.",
        ),
        solution="""\
rows = [(f"{dish} at {place}", "yes" if place == "home" else "no", place)
        for place in ("home", "work", "school", "the market", "grandmother's")
        for dish in ("Soup", "Rice and beans", "A slice of bread")]
mine = pd.DataFrame(rows, columns=["Prompt", "Completion", "Place"])
held = mine["Place"] == "work"
lesson.check(3, mine[~held], mine[held], "Place")""",
    ),
)
