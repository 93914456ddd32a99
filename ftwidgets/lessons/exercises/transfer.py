"""The exercise of lesson 07: how many times fewer steps the pretrained model needed, read from the learner's own curves.

The check computes the factor from the two jobs on the service.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ftwidgets.jobs.job import Job
from ftwidgets.lessons.exercises.answers import find_job, parse_number
from ftwidgets.lessons.exercises.exercise import Exercise
from ftwidgets.lessons.exercises.outcome import Outcome, not_attempted, not_yet, right, untouched

if TYPE_CHECKING:
    import openai

TOLERANCE = 0.05  # relative error of an answer: enough for rounding, too little for a wrong column of the curve
_SAME = ("training_file", "validation_file", "seed", "hyperparameters", "method")


@dataclass(frozen=True)
class _Steps:
    """The steps of the two jobs, and factors that a learner may compute by mistake."""

    pretrained_step: int  # the first with a `valid_loss` as low as the untrained job's last `full_valid_loss`
    untrained_step: int  # the untrained job's last step
    by_epochs: float  # the factor from the ends of the pretrained job's epochs
    by_losses: float  # the ratio of the last losses

    @property
    def factor(self) -> float:
        return self.untrained_step / self.pretrained_step


def step_saving(client: openai.OpenAI, pretrained: object, untrained: object, answer: object) -> Outcome:
    """Check the factor by which starting from a pretrained model shortened the training.

    Parameters
    ----------
    client
        The client of the lesson.
    pretrained, untrained
        Two jobs, or their ids, that differ only in their base model.
    answer
        The untrained job's steps, divided by the step at which the pretrained job's `valid_loss` first was as low as the
        untrained job's last `full_valid_loss`.
    """
    if untouched(answer):
        return not_attempted("Read the two curves of the cell above, then put your factor in the place of the ... .")
    given = parse_number(answer)
    if given is None:
        return not_yet(f"The answer is a number, such as 2.5, and not {answer!r:.80}.")
    steps = _read_jobs(client, pretrained, untrained)
    if isinstance(steps, str):
        return not_yet(steps)
    if _near(given, steps.factor):
        return right(
            "A step costs the same from either start, so this is the training time saved: for this loss, on these rows. "
            "For another loss the factor is different."
        )
    return not_yet(_hint(given, steps))


def _hint(given: float, steps: _Steps) -> str:
    """Guess how a wrong number was computed; the hint never contains the right one."""
    if given <= 0:
        return f"A factor is a number above 0: {given:g}. It says how many times fewer steps were needed."
    if _near(given, 1 / steps.factor):
        return "That is the division the other way round. Put the untrained job's steps on top."
    if given == steps.pretrained_step:
        return "That is the step itself. How many times does it fit into the untrained job's steps?"
    if given in (steps.untrained_step, steps.untrained_step - steps.pretrained_step):
        return f"{given:g} is a number of steps. The answer is a ratio: one number of steps divided by the other."
    if _near(given, steps.by_epochs):
        return "That comes from the ends of the epochs. Look at the column valid_loss: it is measured more often."
    if _near(given, steps.by_losses) or _near(given, 1 / steps.by_losses):
        return "That is one loss divided by another. Divide steps: how many did each job need to reach the same loss?"
    return (
        f"{given:g} does not fit the curves. Take the untrained job's last full_valid_loss; find the first step of the "
        "pretrained job whose valid_loss is not above it; divide the untrained job's last step by that step."
    )


def _read_jobs(client: openai.OpenAI, pretrained: object, untrained: object) -> _Steps | str:
    """Read the steps from both curves, or return a sentence that says why that is impossible."""
    jobs = []
    for name in (pretrained, untrained):
        details = find_job(client, name)
        if details is None:
            return f"There is no job {name!r:.80}. Run the cell that launches the jobs again."
        if details.status != "succeeded":
            return f"The job {details.id} is {details.status}. Wait until it has succeeded, and run this cell again."
        jobs.append(details)
    first, second = jobs
    if first.model == second.model:
        return f"Both jobs started from {first.model}. The check needs one from each start."
    for name in _SAME:
        if getattr(first, name) != getattr(second, name):
            return f"The two jobs do not have the same {name}. Only the model may differ, or the comparison means nothing."
    curve, other = Job(client, first.id).curve, Job(client, second.id).curve
    ends = other.dropna(subset=["full_valid_loss"])
    if ends.empty or curve["valid_loss"].isna().all():
        return "The jobs have no validation losses. Launch them with a validation_file."
    target, last = float(ends["full_valid_loss"].iloc[-1]), int(other["step"].iloc[-1])
    reached = curve.loc[curve["valid_loss"] <= target, "step"]
    at_ends = curve.loc[curve["full_valid_loss"] <= target, "step"]
    if reached.empty or at_ends.empty:
        return "The first job never reached the second one's last loss. Is the pretrained one the first of the two?"
    final = float(curve["full_valid_loss"].dropna().iloc[-1])
    return _Steps(int(reached.iloc[0]), last, last / int(at_ends.iloc[0]), target / final)


def _near(given: float, other: float) -> bool:
    return abs(given - other) <= TOLERANCE * abs(other)


EXERCISES = (Exercise("Compute the steps that transfer saved", step_saving),)
