"""Answers that repeat the whole prompt, which a model then learns to do.

Left out: answers that repeat it later with other capitals; answers that take up a part of the prompt, as good answers do;
prompts too short to tell an echo from chance.
"""

from collections.abc import Iterator

from ftwidgets.data.findings import Finding, FindingType
from ftwidgets.data.rows import RowBatch, TrainingRow
from ftwidgets.data.text import normalize, printable

ANSWER_REPEATS_PROMPT = FindingType(
    "answer-repeats-prompt",
    "warning",
    title="The answer repeats the prompt",
    why="The model learns to repeat the question before it answers.",
    todo="Write only what the model should answer.",
)

_HOW = {
    "is": "The answer is the prompt again.",
    "begins with": "The answer begins with the whole prompt.",
    "contains": "The answer has the whole prompt in it.",
}

_SHORTEST = 20  # characters of a normalized prompt: shorter ones may well be in an answer
_SHORTEST_QUESTION = 15  # where the answer begins with the question, its question mark included


def check_echo(batch: RowBatch) -> Iterator[tuple[int, Finding]]:
    """Yield (index, finding) for the answers that repeat their prompt."""
    for index in _candidates(batch):
        row = batch.rows[index]
        how = _repeats(row)
        if how is not None:
            fix = "Take the prompt out of the answer; the model would learn to say each question back before it answers."
            yield index, ANSWER_REPEATS_PROMPT(_HOW[how], fix, "completion", printable(row.completion, 60))


def _last_question(row: TrainingRow) -> str:
    """Return the last question: of a conversation the last turn of the user, else the prompt."""
    prompt = row.prompt
    if row.source_example is None:
        return prompt
    _, mark, last = prompt.rpartition("\nuser: ")
    return last if mark else prompt.removeprefix("user: ")


def _candidates(batch: RowBatch) -> Iterator[int]:
    """Yield the indices of rows that may repeat their prompt: the answer is long enough and contains two pieces of it."""
    questions = batch.prompts
    if any(row.source_example is not None for row in batch.rows):
        questions = [_last_question(row) for row in batch.rows]
    for index, (prompt, completion) in enumerate(zip(questions, batch.completions, strict=True)):
        length = len(prompt)
        if length < _SHORTEST or length > 1.25 * len(completion) + 8:
            if prompt[-1:] == "?" and length >= _SHORTEST_QUESTION and prompt in completion:
                yield index
            continue
        head, tail = prompt[3:11], prompt[-11:-3]
        if head in completion:
            if tail in completion or tail.casefold() in completion.casefold():
                yield index
        elif completion.isupper() or not head.islower() or completion[3:11].casefold() == head.casefold():
            lower = completion.casefold()
            if head.casefold() in lower and tail.casefold() in lower:
                yield index


def _repeats(row: TrainingRow) -> str | None:
    """Return how the answer repeats the prompt: `is`, `begins with` or `contains`; None if it does not repeat it."""
    asked, answer = normalize(_last_question(row)), normalize(row.completion)
    bare = asked.rstrip(" .!?:")
    if len(bare) < _SHORTEST:
        begun = len(asked) >= _SHORTEST_QUESTION and asked.endswith("?") and answer.startswith(asked)
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
