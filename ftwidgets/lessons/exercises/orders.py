"""The third exercise of lesson 09: order a job once, although the answer may get lost.

Any function passes that ends with one job, or with the error of a job that was rejected.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ftwidgets.data.text import pluralize
from ftwidgets.lessons.exercises.behaviour import BUDGET, Stopped, name_of
from ftwidgets.lessons.exercises.outcome import Outcome, not_attempted, not_yet, right, untouched

if TYPE_CHECKING:
    import openai

    from ftwidgets.sandbox.faults import Faults


@dataclass
class _Order:
    """One run of the learner's order: how often it was placed, what came of it, which jobs there are."""

    n_placed: int = 0
    returned: Any = None
    raised: BaseException | None = None
    n_jobs: int = 0
    ids: tuple[str, ...] = ()


def order_survives(client: openai.OpenAI, faults: Faults, file_id: object, answer: object) -> Outcome:
    """Run an order in four situations of the sandbox, and judge it by the jobs that there are afterwards.

    Parameters
    ----------
    client, faults
        The client of the lesson, and `ftwidgets.faults(client)`. Its rules are restored afterwards; the journal is cleared.
    file_id
        The training file, or its id. The jobs of the check are cancelled at once.
    answer
        The function. It takes `place`, which orders the job once, and `find`, which returns the jobs with its tag; it returns
        the job.
    """
    if untouched(answer) or untouched(file_id):
        return not_attempted("Replace the ... with the name of your function and run the cell again.")
    if not callable(answer):
        return not_yet(f"The answer is a {type(answer).__name__}; hand in the function itself: its name, without parentheses.")
    file = file_id if isinstance(file_id, str) else str(getattr(file_id, "id", file_id))
    if (missing := _check_file(client, file)) is not None:
        return missing
    before = faults.to_json()
    try:
        outcome = (
            _judge_order(client, faults, file, answer, None, "When nothing went wrong")
            or _judge_order(client, faults, file, answer, True, "When the job was started and the answer got lost")
            or _judge_order(client, faults, file, answer, False, "When the order got lost before it arrived")
            or _judge_rejected_order(client, faults, file, answer)
        )
    finally:
        faults.load(before)
        faults.journal.clear()
    return outcome or right("One order, one job, whatever got lost on the way.")


def _check_file(client: openai.OpenAI, file: str) -> Outcome | None:
    import openai

    try:
        client.files.retrieve(file)
    except (openai.NotFoundError, ValueError):
        return not_yet(f"There is no training file {file[:60]!r} in this sandbox. Upload it, and hand in the id of the file.")
    return None


def _judge_order(
    client: openai.OpenAI, faults: Faults, file: str, answer: Callable[..., Any], lost: bool | None, where: str
) -> Outcome | None:
    """After the function there must be one job, and it must be the one that was returned."""
    faults.clear()
    if lost is not None:
        faults.drop(route="POST /fine_tuning/jobs", answered=lost)
    order = _run_order(client, file, answer)
    if outcome := _check_order(order, where):
        return outcome
    if order.raised is not None:
        return not_yet(f"{where}, it gave up with {name_of(order.raised)}. The caller must get a job.")
    if order.n_jobs != 1:
        return not_yet(
            f"{where}, your function leaves {pluralize(order.n_jobs, 'job') if order.n_jobs else 'no job'}; one was ordered."
        )
    if getattr(order.returned, "id", None) not in order.ids:
        return not_yet(f"{where}, it returned {name_of(order.returned)}. Its caller needs the job that was started.")
    return None


def _judge_rejected_order(client: openai.OpenAI, faults: Faults, file: str, answer: Callable[..., Any]) -> Outcome | None:
    """An order that is rejected must be placed once, and its error must reach the caller."""
    faults.clear()
    faults.script(["400"] * (BUDGET + 1), route="POST /fine_tuning/jobs")
    where = "When the order was rejected (400)"
    order = _run_order(client, file, answer)
    if outcome := _check_order(order, where):
        return outcome
    if order.n_placed > 1:
        return not_yet(f"{where}, it ordered {order.n_placed} times. Which exception says that an order may have got lost?")
    if order.raised is None:
        return not_yet(
            f"{where}, it returned {name_of(order.returned)}, as if nothing were wrong. Its caller must get the error."
        )
    return None


def _check_order(order: _Order, where: str) -> Outcome | None:
    """Report a function that was stopped, failed by itself, or ordered nothing."""
    import openai

    if isinstance(order.raised, Stopped):
        return not_yet(f"{where}, {order.raised}")
    if order.raised is not None and not isinstance(order.raised, openai.APIError):
        return not_yet(f"{where}, your function failed: {type(order.raised).__name__}: {str(order.raised)[:200]}")
    if not order.n_placed:
        return not_yet(f"{where}, your function never called place().")
    return None


def _run_order(client: openai.OpenAI, file: str, answer: Callable[..., Any]) -> _Order:
    """Run the function with an order that has a tag of its own; cancel what was started."""
    order, once = _Order(), client.with_options(max_retries=0)
    tag = {"order": f"exercise {uuid.uuid4().hex[:12]}"}
    method: Any = {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 1}}}

    def place() -> Any:
        if order.n_placed == BUDGET:
            raise Stopped(f"it ordered {BUDGET} times and went on; it was stopped.")
        order.n_placed += 1
        return once.fine_tuning.jobs.create(model="nano-2026-11", training_file=file, method=method, metadata=tag)

    def find() -> list[Any]:
        return list(client.fine_tuning.jobs.list(metadata=tag))

    try:
        order.returned = answer(place, find)
    except (Stopped, Exception) as error:  # judged, not passed on
        order.raised = error
    started = find()
    order.n_jobs, order.ids = len(started), tuple(job.id for job in started)
    for job in started:
        _cancel(client, job.id)
    return order


def _cancel(client: openai.OpenAI, job_id: str) -> None:
    import openai

    with suppress(openai.BadRequestError):  # it has ended meanwhile
        client.fine_tuning.jobs.cancel(job_id)
