"""The exercise of lesson 08: a function that asks again when it should, judged by what it did in four scripted outages.

Left out: taste. Any loop passes that gets its answer, waits as it is told, waits longer where it is told nothing, stops at
what cannot succeed, and gives up in time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ftwidgets.lessons.exercises.outcome import Outcome, not_attempted, not_yet, right, untouched

if TYPE_CHECKING:
    import openai

    from ftwidgets.sandbox.faults import Faults

BUDGET = 6
"""How many requests one answer may take."""

PATIENCE = 20.0
"""How many seconds one outage may take: the longest wait that is asked for is a small part of it."""

_FULL_STOP = 30  # requests after which the loop is broken off from outside; the outages are over before

BRIEF = ("429 retry-after=0.4", "drop", "500", "ok")
REFUSED = ("400",) * 20
UNPAID = ("quota",) * 20
ENDLESS = ("503 retry-after=0.05",) * 20


class _BrokenOff(BaseException):
    """Ends a loop that would not end; no `except Exception` of the learner's holds it up."""


@dataclass
class _Run:
    """What a function did in one outage."""

    asked: int = 0
    got: Any = None
    handed_back: Any = None
    raised: BaseException | None = None


def retry_loop(client: openai.OpenAI, faults: Faults, answer: object) -> Outcome:
    """Let a function ask through four outages of the sandbox, and judge it by the journal.

    Parameters
    ----------
    client, faults
        The client of the lesson, and `ftwidgets.faults(client)`. Rules that are set are set again afterwards; the journal
        is emptied.
    answer
        The function. It is given `ask`, a function of no arguments that sends one request and gives its answer or raises
        an exception of the `openai` package, and gives back the answer.

    Returns
    -------
    Outcome
        `right` if it got the answer through a brief outage as the verdict asks, gave up at once on what cannot succeed
        (a bad request, a used-up quota), and in time on an outage without end.
    """
    if untouched(answer):
        return not_attempted("Replace the ... with the name of your function and run the cell again.")
    if not callable(answer):
        return not_yet(
            f"The answer is a {type(answer).__name__}; hand in the function itself, by its name and without brackets."
        )
    before = faults.to_json()
    try:
        for judge in (_brief, _refused, _unpaid, _endless):
            if outcome := judge(client, faults, answer):
                return outcome
    finally:
        faults.load(before)
        faults.journal.clear()
    return right("It got its answer, gave up where nothing would help, and nobody was hammered.")


def _brief(client: openai.OpenAI, faults: Faults, answer: Callable[..., Any]) -> Outcome | None:
    """It passes after three failures: the answer must be handed back, and the waits must be right."""
    run = _run(client, faults, answer, BRIEF)
    where = "In a brief outage (too fast, a lost connection, an error of the service, then all is well)"
    if outcome := _strange(run, where):
        return outcome
    if run.raised is not None:
        return not_yet(f"{where} it gave up after {_requests(run.asked)} with {_name(run.raised)}. Which failures pass?")
    if run.handed_back is not run.got:
        return not_yet(f"{where} it had its answer and gave back {_name(run.handed_back)}. Give back what ask() gives.")
    return _misbehaved(faults, where)


def _refused(client: openai.OpenAI, faults: Faults, answer: Callable[..., Any]) -> Outcome | None:
    return _final(client, faults, answer, REFUSED, "When the request itself was wrong (400)")


def _unpaid(client: openai.OpenAI, faults: Faults, answer: Callable[..., Any]) -> Outcome | None:
    return _final(client, faults, answer, UNPAID, "When the quota was used up (429, as for too fast; look at section 5)")


def _final(
    client: openai.OpenAI, faults: Faults, answer: Callable[..., Any], script: tuple[str, ...], where: str
) -> Outcome | None:
    """It can never succeed: one request, and the caller must hear why."""
    run = _run(client, faults, answer, script)
    if outcome := _strange(run, where):
        return outcome
    if run.asked > 1:
        return not_yet(f"{where} it sent {_requests(run.asked)}. The same request gets the same answer, however long you wait.")
    return _silent(run, where)


def _endless(client: openai.OpenAI, faults: Faults, answer: Callable[..., Any]) -> Outcome | None:
    """It never passes: the budget holds, and the caller must hear why."""
    run = _run(client, faults, answer, ENDLESS)
    where = "In an outage without end"
    if outcome := _strange(run, where):
        return outcome
    if run.asked > BUDGET:
        return not_yet(f"{where} it sent {_requests(run.asked)}; {BUDGET} are the most for one answer.")
    if run.asked == 1:
        return not_yet(f"{where} it gave up after one request. It could not know yet that there was no end.")
    return _silent(run, where) or _misbehaved(faults, where)


def _strange(run: _Run, where: str) -> Outcome | None:
    """Say what went wrong with the function itself."""
    import openai

    if isinstance(run.raised, _BrokenOff):
        return not_yet(f"{where} {run.raised}")
    if run.raised is not None and not isinstance(run.raised, openai.APIError):
        return not_yet(f"{where} your function failed: {type(run.raised).__name__}: {str(run.raised)[:200]}")
    if not run.asked:
        return not_yet(f"{where} your function never called ask().")
    return None


def _silent(run: _Run, where: str) -> Outcome | None:
    if run.raised is None:
        return not_yet(
            f"{where} it gave back {_name(run.handed_back)}, as if all were well. Who called it must hear the error."
        )
    return None


def _misbehaved(faults: Faults, where: str) -> Outcome | None:
    """Turn the verdict's first complaint into a sentence."""
    for check in faults.verdict(max_calls=BUDGET).checks:
        if check.result == "failed":
            return not_yet(f'{where}, "{check.name}" failed: {check.evidence}')
    return None


def _run(client: openai.OpenAI, faults: Faults, answer: Callable[..., Any], script: tuple[str, ...]) -> _Run:
    """Let the function ask through one outage, with a client that never asks again by itself."""
    run, plain, began = _Run(), client.with_options(max_retries=0), time.monotonic()

    def ask() -> Any:
        if time.monotonic() - began > PATIENCE:
            raise _BrokenOff(f"it took more than {PATIENCE:.0f} s. The outages here are short: begin with tenths of a second.")
        if run.asked == _FULL_STOP:
            raise _BrokenOff(f"it sent {_requests(_FULL_STOP)} and went on asking; it was stopped.")
        run.asked += 1
        run.got = plain.models.retrieve("nano-2026-11")
        return run.got

    faults.clear()
    faults.journal.clear()
    faults.script(script)
    try:
        run.handed_back = answer(ask)
    except (_BrokenOff, Exception) as error:  # whatever a learner's function raises is looked at, not passed on
        run.raised = error
    return run


def _requests(number: int) -> str:
    return f"{number} request{'s' * (number != 1)}"


def _name(thing: object) -> str:
    """Name what came back, or what was raised, without asking it for its own words."""
    if thing is None:
        return "None"
    return type(thing).__name__ if isinstance(thing, BaseException) else f"a {type(thing).__name__}"
