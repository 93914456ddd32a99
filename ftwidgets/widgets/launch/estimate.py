"""Estimate how long a job will take, with the jobs before it, and what it will cost; each figure says where it comes from.

How much memory it takes is in `base_facts`. Other people's jobs and a busy computer are not in the formula.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from ftwidgets.data.cost import Price, cost, format_usd, prices
from ftwidgets.data.model_specs import tokenizer_name
from ftwidgets.data.text import pluralize
from ftwidgets.data.tokens.count import chat_counter
from ftwidgets.jobs.times import seconds_of
from ftwidgets.providers import SERVICES, TERMINAL_STATUSES, auto_epochs, facts, nano_epochs
from ftwidgets.widgets.launch.base_facts import BaseFacts, Memory

if TYPE_CHECKING:
    from openai.types.fine_tuning import FineTuningJob

LEAST_EXAMPLES = 10
SAMPLE = 2_000  # rows whose tokens are counted; the rest of a longer file is assumed to be like them
ANSWERS = 100  # rows whose answers are counted, as in the sandbox
SANDBOX_TOKENS_PER_SECOND = 3_000
"""Tokens of the bundled model a second in an idle sandbox: lesson 00's job, 48,955 tokens in 16 s on two cores."""


@dataclass(frozen=True)
class FileCount:
    """The examples and tokens of a training file, and the first thing that is wrong with it."""

    examples: int
    tokens: int  # that are trained on: what is longer than the context is cut
    warning: str = ""
    lengths: tuple[int, ...] = ()  # of the counted rows, at most the context
    answer_tokens: float = 0.0  # that a row is trained on, on average over the first hundred


@dataclass(frozen=True)
class TrainingSpeed:
    """Trained tokens a second, and where that figure comes from."""

    tokens_per_second: float
    source: str


@dataclass(frozen=True)
class Queue:
    """The jobs that a new one waits for, and how long they will take in seconds; None if that is not known."""

    n_jobs: int = 0
    seconds: float | None = 0.0


@dataclass(frozen=True)
class Estimate:
    """Time, memory and money for one job.

    `seconds` is the time of the training alone, None if the speed is not known; the wait for other jobs is in `queue`.
    `time`, `memory` and `money` are sentences; `memory` is empty if the need is not known. `basis` is what is trained on.
    """

    trained_tokens: int
    n_epochs: int
    seconds: float | None
    time: str
    money: str
    memory: str = ""
    queue: Queue = Queue()
    figures: tuple[tuple[str, str], ...] = ()  # the same in a word or two each, with a name
    basis: str = ""


def count_file(lines: Iterable[bytes], model: str = "nano", context: int | None = None) -> FileCount:
    """Count the examples and tokens of a JSONL file; beyond the first 2,000 examples, lines are counted and not read.

    Parameters
    ----------
    lines
        Of the file.
    model
        The base model whose tokenizer counts; of a model that is not on this computer, the bundled one's does.
    context
        How many tokens of an example the model reads; None: all.
    """
    counter = chat_counter(tokenizer_name(model))
    lengths: list[int] = []
    answers: list[int] = []
    examples = n_cut = 0
    warning = ""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        examples += 1
        if examples > SAMPLE:
            continue
        try:
            row = json.loads(line)
            length = counter.count(row)
            if len(answers) < ANSWERS:
                answers.append(counter.count_answers(row))
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
            warning = warning or f"Line {number} is not a chat in JSON; the service will reject the file or the job."
            continue
        n_cut += context is not None and length > context
        lengths.append(length if context is None else min(length, context))
    if examples < LEAST_EXAMPLES and not warning:
        warning = f"There {_are(examples, 'example')} in the file; a job needs at least {LEAST_EXAMPLES}."
    if n_cut and not warning:
        warning = f"There {_are(n_cut, 'example')} of more than {context:,} tokens; {model} does not read what is beyond."
    if not lengths:
        return FileCount(examples, 0, warning)
    tokens, answer_tokens = round(sum(lengths) / len(lengths) * examples), sum(answers) / len(answers)
    return FileCount(examples, tokens, warning, tuple(lengths), answer_tokens)


def training_speed(
    jobs: Iterable[FineTuningJob], model: str, *, sandbox: bool, base: BaseFacts | None = None, whole: bool = False
) -> TrainingSpeed | None:
    """Return how fast jobs on this model ran: the median of those that succeeded; None if nothing is known.

    Where no job on the model succeeded, it is what the sandbox expects of a base model that was added (`base`; `whole`: if
    all its weights are trained), or what was measured once on the bundled one.
    """
    ended = [job for job in jobs if seconds_of(job.finished_at)]
    speeds = [
        job.trained_tokens / _training_seconds(job, ended if sandbox else ())
        for job in ended
        if job.status == "succeeded" and job.model == model and job.trained_tokens
    ]
    if speeds:
        source = f"the median of your last {len(speeds)} here" if len(speeds) > 1 else "as your last job ran"
        return TrainingSpeed(median(speeds), source)
    if base is not None:
        source = "from how fast this machine multiplies matrices while nothing else runs; no job on this model has ended yet"
        return TrainingSpeed(base.speed(whole=whole), source)
    return TrainingSpeed(SANDBOX_TOKENS_PER_SECOND, "measured once on two idle cores; yours may differ") if sandbox else None


def _training_seconds(job: FineTuningJob, others: Iterable[FineTuningJob]) -> float:
    """Return how long a job took, without its time in the queue: it was trained once the one before it had ended."""
    made = seconds_of(job.created_at)
    finished = seconds_of(job.finished_at) or made
    before = (seconds_of(other.finished_at) for other in others)
    began = max([made, *(end for end in before if made < end < finished)])
    return max(1.0, finished - began)


def waiting(jobs: Iterable[FineTuningJob]) -> list[FineTuningJob]:
    """Return the jobs that have not ended and are not paused: a new one waits behind them."""
    return [job for job in jobs if job.status not in {"paused", *TERMINAL_STATUSES}]


def epochs_of(count: FileCount, n_epochs: int | None, *, small: bool) -> int:
    """Return how many epochs a job takes; None is auto. `small`: all weights of the sandbox's own small model are trained."""
    return n_epochs or (nano_epochs(count.examples, count.answer_tokens) if small else auto_epochs(count.examples))


def estimate(
    count: FileCount,
    n_epochs: int | None,
    model: str,
    speed: TrainingSpeed | None,
    *,
    sandbox: bool,
    queue: Queue = Queue(),
    memory: Memory | None = None,
    small: bool = False,
) -> Estimate:
    """Estimate time and cost from tokens x epochs (None for auto); the jobs of `queue` have to end first.

    `small`: all weights of the sandbox's own small model are trained.
    """
    published, chosen = auto_epochs(count.examples), epochs_of(count, n_epochs, small=small)
    trained = count.tokens * chosen
    auto = "" if n_epochs else " (auto, by OpenAI's published rule)"
    if not n_epochs and chosen != published:
        auto = f" (auto; OpenAI's published rule says {published}, but this small model needs more to learn whole sentences)"
    product = f"{count.examples:,} examples with {count.tokens:,} tokens x {pluralize(chosen, 'epoch')}{auto}"
    seconds = None if speed is None else trained / speed.tokens_per_second
    if speed is None or seconds is None:
        time = f"Not known: no job of yours on this model has ended yet. {product}."
    else:
        time = f"{duration(seconds)}: {product}, at {speed.tokens_per_second:,.0f} tokens a second ({speed.source})."
    figure = "not known" if seconds is None else duration(seconds)
    name = "Time"
    if queue.n_jobs:
        name = f"Time, after {pluralize(queue.n_jobs, 'job')} before yours"
        time += f" There {_are(queue.n_jobs, 'job')} before yours in the queue"
        if queue.seconds is None or seconds is None:
            time += "; how long they take is not known."
        else:
            name = f"Time, with {pluralize(queue.n_jobs, 'job')} before yours"
            figure = duration(queue.seconds + seconds)
            time += f": {duration(queue.seconds).lower()}, so yours ends in {figure.lower()}."
    cost_figure, money = _cost(count.tokens, chosen, model, sandbox=sandbox)
    figures = [(name, figure), *([("Memory", memory.figure)] if memory else []), ("Cost", cost_figure)]
    return Estimate(trained, chosen, seconds, time, money, memory.text if memory else "", queue, tuple(figures), product)


def duration(seconds: float) -> str:
    """Return a time in words, as precisely as an estimate deserves."""
    if seconds < 100:
        return f"About {max(1, round(seconds))} s"
    return f"About {round(seconds / 60)} minutes" if seconds < 5400 else f"About {round(seconds / 3600)} hours"


def _cost(tokens: int, n_epochs: int, model: str, *, sandbox: bool) -> tuple[str, str]:
    """Return the cost in a word or two, and in sentences."""
    if sandbox:
        return "Free", f"Nothing here.{_elsewhere(tokens, n_epochs)}"
    for price in prices():
        if price.provider != "sandbox" and (model == price.model or model.startswith(f"ft:{price.model}:")):
            state = f"{price.availability()} " if price.expired() else ""
            usd = format_usd(cost(tokens, n_epochs, price))
            return f"About {usd}", f"About {usd} ({_dated(price)}). {state}{price.note}"
    return "not known", "Not known: this kit has no price for this model. Look it up before you start."


def _elsewhere(tokens: int, n_epochs: int) -> str:
    """Return in a sentence what the same costs at a service where a newcomer can train; empty if no price is known."""
    open_now = {SERVICES[fact.service] for fact in facts() if fact.about == "newcomers" and (fact.says or "").startswith("yes")}
    for price in prices():
        if price.provider in open_now and not price.expired():
            usd = format_usd(cost(tokens, n_epochs, price))
            return f" The same on {price.provider}, which takes newcomers ({price.model}): about {usd} ({_dated(price)})."
    return ""


def _dated(price: Price) -> str:
    return f"price as of {price.as_of}; its own tokens differ a little"


def _are(number: int, noun: str) -> str:
    return f"{'is' if number == 1 else 'are'} {pluralize(number, noun)}"
