"""The exercises of lesson 07: another rate, a fair comparison, and how many times fewer steps the pretrained start needed.

The checks read the jobs on the service and compute what is right from them.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ftwidgets.data.text import pluralize, quote
from ftwidgets.jobs.job import Job
from ftwidgets.lessons.exercises.answers import file_content, find_job, hyperparameter, parse_number
from ftwidgets.lessons.exercises.exercise import Exercise
from ftwidgets.lessons.exercises.outcome import Outcome, not_attempted, not_yet, right, untouched
from ftwidgets.lessons.exercises.own_job import not_succeeded

if TYPE_CHECKING:
    import openai
    import pandas as pd
    from openai.types.fine_tuning import FineTuningJob

TOLERANCE = 0.05  # relative error of an answer: enough for rounding, too little for a wrong column of the curve
RATE = "learning_rate_multiplier"
_SHELF = re.compile(r"Shelf [A-L]")  # an answer of the lesson's own rows
MIN_OWN = 10  # rows of the learner's own

# The settings of the second exercise, as the lesson shows them.
UNFAIR = {
    "pretrained": {"n_epochs": 6, "batch_size": 8, "seed": 1, RATE: 2},
    "random": {"n_epochs": 3, "batch_size": 8, "seed": 2, RATE: 2},
}


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
        if outcome := not_succeeded(details):
            return outcome.message
        jobs.append(details)
    first, second = jobs
    if first.model == second.model:
        return f"Both jobs started from {first.model}. The check needs one from each start."
    if other_setting := _other_setting(first, second):
        return f"The two jobs do not have the same {other_setting}. Only the model and its learning rate may differ."
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


def other_rate(client: openai.OpenAI, before: object, after: object, answer: object) -> Outcome:
    """Check a job that differs from another only in its learning rate, and which way its last held-out loss went.

    Parameters
    ----------
    client
        The client of the lesson.
    before, after
        The lesson's job and the learner's, or their ids.
    answer
        `"lower"` or `"higher"`: the learner's last `full_valid_loss` against the lesson's.
    """
    if untouched(after, answer):
        return not_attempted("Launch a job with another rate, wait for it, then fill in both answers.")
    jobs = [find_job(client, job) for job in (before, after)]
    if jobs[0] is None or jobs[1] is None:
        return not_yet("One of the two is not a job of this service. Hand in what ftwidgets.launch returned.")
    first, second = jobs[0], jobs[1]
    if first.id == second.id:
        return not_yet("That is the same job twice. Launch another one.")
    if outcome := not_succeeded(second):
        return outcome
    if first.model != second.model:
        return not_yet(f"Your job started from {second.model}. Change the rate only, and start from {first.model}.")
    if name := _other_setting(first, second):
        return not_yet(f"Your job has another {name} as well. Change the rate only.")
    if hyperparameter(first, RATE) == hyperparameter(second, RATE):
        return not_yet("Your job has the same rate as the one before. Give it another learning_rate_multiplier.")
    if answer not in ("lower", "higher"):
        return not_yet(f'The last answer is "lower" or "higher", and not {answer!r:.60}.')
    losses = [Job(client, job.id).curve["full_valid_loss"].dropna() for job in (first, second)]
    if losses[0].empty or losses[1].empty:
        return not_yet("The jobs have no validation losses. Launch them with a validation_file.")
    ends = [float(loss.iloc[-1]) for loss in losses]
    if answer != ("lower" if ends[1] < ends[0] else "higher"):
        return not_yet("The two last held-out losses say otherwise. Look at the last full_valid_loss of each curve.")
    return right(f"From {ends[0]:.2f} to {ends[1]:.2f}, with nothing changed but the rate.")


def fair_comparison(rates: pd.DataFrame, settings: object) -> Outcome:
    """Check that the settings of two jobs are the same, but for the rates, which are the best of each start's sweep.

    Parameters
    ----------
    rates
        The sweep: the columns `start`, `rate` and `loss`.
    settings
        For each start the keyword arguments of its job.
    """
    ordered = rates.sort_values("loss", ascending=False)  # so that of each start the best is the last one, and stays
    best = {str(start): float(rate) for start, rate in zip(ordered["start"], ordered["rate"], strict=True)}
    if untouched(settings) or (isinstance(settings, dict) and settings == UNFAIR):
        return not_attempted("Change the settings until only what should differ does.")
    if not isinstance(settings, dict) or set(settings) != set(best):
        return not_yet(f"The settings are a dictionary with the two starts: {', '.join(sorted(best))}.")
    if not all(isinstance(each, dict) and RATE in each for each in settings.values()):
        return not_yet(f"Each start has a dictionary of its own, with {RATE} in it.")
    one, two = ({name: value for name, value in each.items() if name != RATE} for each in settings.values())
    if set(one) != set(two):
        return not_yet(f"Only one of the two has {quote(min(set(one) ^ set(two)))}. Both need the same settings.")
    if different := [name for name in one if one[name] != two[name]]:
        return not_yet(
            f"Besides the rate, {pluralize(len(different), 'setting')} must still become the same: the first is {different[0]}."
        )
    given = {start: parse_number(each[RATE]) for start, each in settings.items()}
    if given == best:
        return right("Now only the start differs, and each start has its own best rate.")
    if len(set(given.values())) == 1:
        return not_yet("Both have the same rate. A rate that suits one start can be far too small for the other.")
    wrong = next(start for start in sorted(best) if given[start] != best[start])
    if given[wrong] not in set(rates.loc[rates["start"] == wrong, "rate"]):
        return not_yet(f"The sweep did not try the rate {settings[wrong][RATE]!r:.20} for {wrong}. Choose one from the table.")
    return not_yet(f"The rate of {wrong} is not the one with the lowest loss in its sweep.")


def own_saving(client: openai.OpenAI, pretrained: object, untrained: object, answer: object) -> Outcome:
    """Check the factor of `step_saving` for two jobs on rows that the learner wrote."""
    if untouched(pretrained, untrained, answer):
        return not_attempted("Write your rows, run the cell above, read the curves, then put your factor in.")
    job = find_job(client, pretrained)
    content = None if job is None else file_content(client, job.training_file)
    if content is not None:
        chats = [json.loads(line)["messages"] for line in content.decode().splitlines() if line.strip()]
        prompts = {chat[-2]["content"] for chat in chats}
        if all(_SHELF.fullmatch(chat[-1]["content"]) for chat in chats):
            return not_yet("These jobs trained on the lesson's rows. Use rows that you wrote yourself.")
        if len(prompts) < MIN_OWN:
            return not_yet(f"The training file has {pluralize(len(prompts), 'different prompt')}. Use {MIN_OWN} or more.")
    return step_saving(client, pretrained, untrained, answer)


def _other_setting(first: FineTuningJob, second: FineTuningJob) -> str:
    """Return the name of a setting, other than model and rate, in which two jobs differ; empty if there is none."""
    for name in ("training_file", "validation_file", "seed"):
        if getattr(first, name) != getattr(second, name):
            return name
    for name in ("n_epochs", "batch_size"):
        if hyperparameter(first, name) != hyperparameter(second, name):
            return name
    kinds = [job.method.type if job.method else "supervised" for job in (first, second)]
    return "" if kinds[0] == kinds[1] else "method"


def _near(given: float, other: float) -> bool:
    return abs(given - other) <= TOLERANCE * abs(other)


EXERCISES = (
    Exercise(
        "Another rate",
        other_rate,
        hints=(
            "Copy the launch call of step 5 for one job, and change a single number in it.",
            "job.curve has a column full_valid_loss. Its last value that is not empty is the loss at the end.",
        ),
        solution="""\
mine = train_on("random", files[24], 2).wait(timeout=300)
ends = [job.curve["full_valid_loss"].dropna().iloc[-1] for job in (jobs["random", 24], mine)]
verdict = "lower" if ends[1] < ends[0] else "higher"
lesson.check(1, client, jobs["random", 24], mine, verdict)""",
    ),
    Exercise(
        "A fair comparison",
        fair_comparison,
        hints=(
            "Write the two lines one under the other. What differs besides the start?",
            "One difference is wanted: each start may have a rate of its own. The table says which.",
        ),
        solution="""\
best = rates_96.sort_values("loss").drop_duplicates("start").set_index("start")["rate"]
common = {"n_epochs": 6, "batch_size": 8, "seed": 1}
settings = {start: common | {"learning_rate_multiplier": best[start]} for start in ("pretrained", "random")}
lesson.check(2, rates_96, settings)""",
    ),
    Exercise(
        "Your own rows",
        own_saving,
        hints=(
            "Which loss does the untrained job reach in the end? Find the step where the pretrained one is that low.",
            "Use valid_loss for the pretrained job: it is measured every few steps. Then divide steps by steps.",
        ),
        solution="""\
towns = ["Oslo", "Lima", "Rome", "Cairo", "Paris", "Seoul", "Quito", "Delhi", "Accra", "Tunis", "Turin", "Bergen"]
my_table = pandas.DataFrame({"Prompt": [f"Can you ship to {town}?" for town in towns],
                             "Completion": [f"Yes, a parcel to {town} takes five days." for town in towns]})
made = ftwidgets.prepare(my_table, "my_data/transfer-mine", split="random", validation=0.25)
mine = {start: train_on(start, made, best[start, 24]) for start in STARTS}
curves = {start: job.wait(timeout=300).curve for start, job in mine.items()}
goal = curves["random"]["full_valid_loss"].dropna().iloc[-1]
there = curves["pretrained"].query("valid_loss <= @goal")["step"].iloc[0]
factor = curves["random"]["step"].iloc[-1] / there
lesson.check(3, client, mine["pretrained"], mine["random"], factor)""",
    ),
)
