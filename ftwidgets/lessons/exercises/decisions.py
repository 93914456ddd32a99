"""The first exercise of lesson 09: decide what to do about three errors, from what a program sees of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ftwidgets.lessons.exercises.outcome import Outcome, not_attempted, not_yet, right, untouched

if TYPE_CHECKING:
    import openai

    from ftwidgets.sandbox.faults import Faults

DECISIONS = ("wait", "fix", "pay", "look")
"""What one can do about an error: wait and retry, fix the request, add credit, look before the request is sent again."""

_RIGHT = {"A": "pay", "B": "wait", "C": "look"}
_LOOK_AGAIN = {
    "A": "Read its code, too. Would the same request succeed in an hour? Section 5 has the same error.",
    "B": "What did the client do after this status, in the table of section 3?",
    "C": "What do you know about the job that was ordered: was it started or not? Section 7 has the same error.",
}


def three_errors(client: openai.OpenAI, faults: Faults) -> dict[str, str]:
    """Cause three errors in the sandbox, and return what a program sees of each, by its letter."""
    import openai

    once = client.with_options(max_retries=0)
    chat = {"model": "nano-2026-11", "messages": [{"role": "user", "content": "Hello"}]}
    requests: dict[str, tuple[str, str, Callable[[], object]]] = {
        "A": ("a question", "quota", lambda: once.chat.completions.create(**chat)),  # type: ignore[call-overload]
        "B": ("a list of models", "409", lambda: once.models.list()),
        "C": (
            "the order of a job",
            "drop",
            lambda: once.fine_tuning.jobs.create(model="nano-2026-11", training_file="file-none"),
        ),
    }
    before, seen = faults.to_json(), {}
    try:
        for letter, (what, fault, ask) in requests.items():
            faults.clear()
            faults.script([fault])
            try:
                ask()
            except openai.APIStatusError as error:
                message = error.body["message"] if isinstance(error.body, dict) else ""
                seen[letter] = f"{what}: {error.status_code} {type(error).__name__}, code {error.code}. {message}"
            except openai.APIConnectionError as error:
                seen[letter] = f"{what}: {type(error).__name__}. {error}"
    finally:
        faults.load(before)
        faults.journal.clear()
    return seen


def decisions(answer: object) -> Outcome:
    """Check what the learner would do about each of the three errors.

    Parameters
    ----------
    answer
        A mapping of the letters A, B and C to one of `DECISIONS`.
    """
    if untouched(answer) or (isinstance(answer, Mapping) and untouched(*answer.values())):
        return not_attempted("Put one of the four words in the place of each ... and run the cell again.")
    if not isinstance(answer, Mapping):
        return not_yet(f"The answer is a {type(answer).__name__}; a dict with the keys A, B and C is needed.")
    chosen = {str(letter).strip().upper(): word for letter, word in answer.items()}
    for letter, correct in _RIGHT.items():
        if letter not in chosen:
            return not_yet(f"There is no decision for error {letter}.")
        word = str(chosen[letter]).strip().lower()
        if word not in DECISIONS:
            return not_yet(f"{letter}: {str(chosen[letter])[:40]!r} is none of the four words {', '.join(DECISIONS)}.")
        if word != correct:
            return not_yet(f'{letter}: not "{word}". {_LOOK_AGAIN[letter]}')
    return right("Status, then code, then the question whether the request may have arrived.")
