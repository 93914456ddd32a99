"""The exercises of lesson 09; the second is here: write a retry loop, judged by its requests in four scripted outages.

Any loop passes that returns the answer, waits as long as the service asks, waits longer each time if the service does not
say, stops at an error that a retry cannot repair, and gives up in time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ftwidgets.data.text import pluralize
from ftwidgets.lessons.exercises.behaviour import BUDGET, Stopped, name_of
from ftwidgets.lessons.exercises.decisions import decisions
from ftwidgets.lessons.exercises.exercise import Exercise
from ftwidgets.lessons.exercises.orders import order_survives
from ftwidgets.lessons.exercises.outcome import Outcome, not_attempted, not_yet, right, untouched

if TYPE_CHECKING:
    import openai

    from ftwidgets.sandbox.faults import Faults

PATIENCE = 20.0  # seconds that one outage may take, many times the longest wait that the service asks for
_MAX_REQUESTS = 30  # then the loop is stopped; the outages end sooner

BRIEF_OUTAGE = ("429 retry-after=0.4", "drop", "409", "ok")
BAD_REQUEST = ("400",) * 20
QUOTA_USED_UP = ("quota",) * 20
ENDLESS_OUTAGE = ("503 retry-after=0.05",) * 20


@dataclass
class _Run:
    n_requests: int = 0
    answer: Any = None  # of the service
    returned: Any = None
    raised: BaseException | None = None


def retry_loop(client: openai.OpenAI, faults: Faults, answer: object) -> Outcome:
    """Run a function in four outages of the sandbox, and judge it by the journal of its requests.

    Parameters
    ----------
    client, faults
        The client of the lesson, and `ftwidgets.faults(client)`. Its rules are restored afterwards; the journal is cleared.
    answer
        The function. It takes `ask`, a function without arguments that sends one request and returns its answer or raises
        an exception of the `openai` package, and it returns the answer.

    Returns
    -------
    Outcome
        `right` if it returned the answer after a brief outage without failing the verdict, gave up at once on an error
        that lasts (a bad request, a used-up quota), and gave up in time on an endless outage.
    """
    if untouched(answer):
        return not_attempted("Replace the ... with the name of your function and run the cell again.")
    if not callable(answer):
        return not_yet(f"The answer is a {type(answer).__name__}; hand in the function itself: its name, without parentheses.")
    before = faults.to_json()
    try:
        outcome = (
            _judge_brief_outage(client, faults, answer)
            or _judge_lasting_error(client, faults, answer, BAD_REQUEST, "When the request itself was wrong (400)")
            or _judge_lasting_error(
                client,
                faults,
                answer,
                QUOTA_USED_UP,
                "When the quota was used up (429, like a rate limit; look at section 5)",
            )
            or _judge_endless_outage(client, faults, answer)
        )
    finally:
        faults.load(before)
        faults.journal.clear()
    return outcome or right("It got its answer, gave up when nothing would help, and never flooded the service.")


def _judge_brief_outage(client: openai.OpenAI, faults: Faults, answer: Callable[..., Any]) -> Outcome | None:
    """After three failures the request succeeds: the function must return the answer, and its waits must be right."""
    run = _run_in_outage(client, faults, answer, BRIEF_OUTAGE)
    where = "In a brief outage (too fast, a lost connection, a conflict, then all is well)"
    if outcome := _check_exception(run, where):
        return outcome
    if run.raised is not None:
        after = f"{pluralize(run.n_requests, 'request')} with {name_of(run.raised)}"
        return not_yet(f"{where} it gave up after {after}. Which of these errors are temporary?")
    if run.returned is not run.answer:
        return not_yet(f"{where} it had its answer and returned {name_of(run.returned)}. Return what ask() returns.")
    return _check_verdict(faults, where)


def _judge_lasting_error(
    client: openai.OpenAI, faults: Faults, answer: Callable[..., Any], script: tuple[str, ...], where: str
) -> Outcome | None:
    """The request can never succeed: the function must send it once, and raise the error."""
    run = _run_in_outage(client, faults, answer, script)
    if outcome := _check_exception(run, where):
        return outcome
    if run.n_requests > 1:
        sent = f"it sent {pluralize(run.n_requests, 'request')}"
        return not_yet(f"{where} {sent}. The same request gets the same answer, however long you wait.")
    return _check_raised(run, where)


def _judge_endless_outage(client: openai.OpenAI, faults: Faults, answer: Callable[..., Any]) -> Outcome | None:
    """The outage never ends: the function must stay within the budget, and raise the error."""
    run = _run_in_outage(client, faults, answer, ENDLESS_OUTAGE)
    where = "In an outage without end"
    if outcome := _check_exception(run, where):
        return outcome
    if run.n_requests > BUDGET:
        return not_yet(f"{where} it sent {pluralize(run.n_requests, 'request')}; {BUDGET} are the most for one answer.")
    if run.n_requests == 1:
        return not_yet(f"{where} it gave up after one request. It could not know yet that the outage would never end.")
    return _check_raised(run, where) or _check_verdict(faults, where)


def _check_exception(run: _Run, where: str) -> Outcome | None:
    """Report a function that was stopped, failed by itself, or sent nothing."""
    import openai

    if isinstance(run.raised, Stopped):
        return not_yet(f"{where} {run.raised}")
    if run.raised is not None and not isinstance(run.raised, openai.APIError):
        return not_yet(f"{where} your function failed: {type(run.raised).__name__}: {str(run.raised)[:200]}")
    if not run.n_requests:
        return not_yet(f"{where} your function never called ask().")
    return None


def _check_raised(run: _Run, where: str) -> Outcome | None:
    if run.raised is None:
        return not_yet(f"{where} it returned {name_of(run.returned)}, as if nothing were wrong. Its caller must get the error.")
    return None


def _check_verdict(faults: Faults, where: str) -> Outcome | None:
    for check in faults.verdict(max_calls=BUDGET).checks:
        if check.result == "failed":
            return not_yet(f'{where}, "{check.name}" failed: {check.evidence}')
    return None


def _run_in_outage(client: openai.OpenAI, faults: Faults, answer: Callable[..., Any], script: tuple[str, ...]) -> _Run:
    """Run the function in one outage, with a client that never retries by itself."""
    run, once, began = _Run(), client.with_options(max_retries=0), time.monotonic()

    def ask() -> Any:
        if time.monotonic() - began > PATIENCE:
            raise Stopped(f"it took more than {PATIENCE:.0f} s. The outages here are short: begin with tenths of a second.")
        if run.n_requests == _MAX_REQUESTS:
            raise Stopped(f"it sent {pluralize(_MAX_REQUESTS, 'request')} and went on asking; it was stopped.")
        run.n_requests += 1
        run.answer = once.models.retrieve("nano-2026-11")
        return run.answer

    faults.clear()
    faults.journal.clear()
    faults.script(script)
    try:
        run.returned = answer(ask)
    except (Stopped, Exception) as error:  # judged, not passed on
        run.raised = error
    return run


EXERCISES = (
    Exercise(
        "Decide about three errors",
        decisions,
        hints=(
            "Read the status first, then the code. Two of them look as if they were about the same request; they aren't.",
            "Ask of each: would the same request succeed later? And could it have arrived already?",
        ),
        solution='decisions = {"A": "pay", "B": "wait", "C": "look"}\nlesson.check(1, decisions)',
    ),
    Exercise(
        "Fix a retry loop",
        retry_loop,
        hints=(
            "Put a try around ask(), in a loop that counts. Which exceptions pass, and which one only looks as if it did?",
            "Work out the wait from the headers of error.response if there is a response; else from the number of tries.",
        ),
        solution="""
import time

def passes(error):
    if isinstance(error, openai.APIConnectionError):
        return True
    if error.code == "insufficient_quota":
        return False
    return error.status_code in (408, 409, 429) or error.status_code >= 500

def persistent(ask):
    for tried in range(6):
        try:
            return ask()
        except openai.APIError as error:
            if not passes(error) or tried == 5:
                raise
            response = getattr(error, "response", None)
            wait = response.headers.get("retry-after") if response is not None else None
            time.sleep(float(wait) if wait else 0.2 * 2**tried)

answer = persistent
lesson.check(2, client, faults, answer)
""",
    ),
    Exercise(
        "Your own data: an order that survives a lost answer",
        order_survives,
        hints=(
            "Only one kind of exception leaves you in doubt. Catch that one, and no other.",
            "When you are in doubt, find() knows more than you do. What does an empty list tell you?",
        ),
        solution="""
def order_once(place, find):
    for attempt in range(3):
        try:
            return place()
        except openai.APIConnectionError:
            found = find()
            if found:
                return found[0]
    return place()

my_order = order_once
lesson.check(3, client, faults, file.id, my_order)
""",
    ),
)
