"""Answers that say the whole prompt again, which a model then learns to do.

Left out: answers that say it later with other capitals; answers that take up a part of
the prompt, as good answers do; prompts too short to tell from chance.
"""

from collections.abc import Iterator

from ftwidgets.data.rows import Batch, TrainingRow
from ftwidgets.data.text import normalize

FEWEST = 20  # characters of a folded prompt: shorter ones may well be in an answer
FEWEST_ASKED = 15  # where the answer begins with the question, its question mark included


def last_asked(item: TrainingRow) -> str:
    """Return what was asked last: of a conversation the last turn of the user, else the prompt."""
    prompt = item.prompt
    if item.source_example is None:
        return prompt
    _, mark, last = prompt.rpartition("\nuser: ")
    return last if mark else prompt.removeprefix("user: ")


def candidates(batch: Batch) -> Iterator[int]:
    """Yield the rows that may repeat their prompt: the answer is long enough and has two pieces of the prompt in it."""
    asked = batch.prompts
    if any(item.source_example is not None for item in batch.rows):
        asked = [last_asked(item) for item in batch.rows]
    for index, (prompt, completion) in enumerate(zip(asked, batch.completions, strict=True)):
        length = len(prompt)
        if length < FEWEST or length > 1.25 * len(completion) + 8:
            if prompt[-1:] == "?" and length >= FEWEST_ASKED and prompt in completion:
                yield index
            continue
        head, tail = prompt[3:11], prompt[-11:-3]
        if head in completion:
            if tail in completion or tail.casefold() in completion.casefold():
                yield index
        elif completion.isupper() or not head.islower() or completion[3:11].casefold() == head.casefold():
            folded = completion.casefold()
            if head.casefold() in folded and tail.casefold() in folded:
                yield index


def repeated(item: TrainingRow) -> str | None:
    """Return how the answer repeats the prompt: `is`, `begins with` or `contains`; None if it does not."""
    asked, answer = normalize(last_asked(item)), normalize(item.completion)
    bare = asked.rstrip(" .!?:")
    if len(bare) < FEWEST:
        begun = len(asked) >= FEWEST_ASKED and asked.endswith("?") and answer.startswith(asked)
        return "begins with" if begun and answer != asked else "is" if begun else None
    if bare not in answer:
        return None
    if answer.rstrip(" .!?:") == bare:
        return "is"
    at = answer.find(bare)
    while at != -1:
        around = answer[max(0, at - 1) : at] + answer[at + len(bare) : at + len(bare) + 1]
        if not any(map(str.isalnum, around)):  # else it is a part of a longer word
            return "contains" if at else "begins with"
        at = answer.find(bare, at + len(bare))
    return None
