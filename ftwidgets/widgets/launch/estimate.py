"""Estimate how long a job will take and what it will cost; each figure says where it comes from.

A service's queue, other people's jobs and a busy computer are not in the formula.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from ftwidgets.data.cost import Price, cost, format_usd, prices
from ftwidgets.data.text import pluralize
from ftwidgets.data.tokens import count_tokens
from ftwidgets.providers import TERMINAL_STATUSES, auto_epochs

if TYPE_CHECKING:
    from openai.types.fine_tuning import FineTuningJob

LEAST_EXAMPLES = 10
SAMPLE = 2_000  # rows whose tokens are counted; the rest of a longer file is assumed to be like them
SANDBOX_TOKENS_PER_SECOND = 3_000
"""Trained tokens a second in an idle sandbox: lesson 00's job, 48,955 tokens in 16 s on two cores."""


@dataclass(frozen=True)
class FileCount:
    """The examples and tokens of a training file, and the first thing that is wrong with it."""

    examples: int
    tokens: int
    warning: str = ""


@dataclass(frozen=True)
class TrainingSpeed:
    """Trained tokens a second, and where that figure comes from."""

    tokens_per_second: float
    source: str


@dataclass(frozen=True)
class Estimate:
    """Time and money for one job; `seconds` is None if the speed is not known."""

    trained_tokens: int
    n_epochs: int
    seconds: float | None
    time: str
    money: str


def count_file(lines: Iterable[bytes]) -> FileCount:
    """Count the examples and tokens of a JSONL file; beyond the first 2,000 examples, lines are counted and not read."""
    examples = read = tokens = 0
    warning = ""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        examples += 1
        if examples > SAMPLE:
            continue
        try:
            tokens += sum(count_tokens([json.loads(line)]))
            read += 1
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
            warning = warning or f"Line {number} is not a chat in JSON; the service will refuse the file or the job."
    if examples < LEAST_EXAMPLES and not warning:
        warning = f"There {_are(examples, 'example')} in the file; a job needs at least {LEAST_EXAMPLES}."
    return FileCount(examples, round(tokens / read * examples) if read else 0, warning)


def training_speed(jobs: Iterable[FineTuningJob], model: str, *, sandbox: bool) -> TrainingSpeed | None:
    """Return how fast jobs on this model ran: the median of those that succeeded; None if nothing is known.

    The speed of the sandbox was measured once; that figure is returned where no job on its model succeeded.
    """
    speeds = [
        job.trained_tokens / max(1, job.finished_at - job.created_at)
        for job in jobs
        if job.status == "succeeded" and job.model == model and job.trained_tokens and job.finished_at
    ]
    if speeds:
        source = f"the median of your last {len(speeds)} here" if len(speeds) > 1 else "as your last job ran"
        return TrainingSpeed(median(speeds), source)
    return TrainingSpeed(SANDBOX_TOKENS_PER_SECOND, "measured once on two idle cores; yours may differ") if sandbox else None


def n_waiting(jobs: Iterable[FineTuningJob]) -> int:
    """Return the number of jobs that have not ended and are not paused: a new one waits behind them."""
    return sum(job.status not in {"paused", *TERMINAL_STATUSES} for job in jobs)


def estimate(
    count: FileCount, n_epochs: int | None, model: str, speed: TrainingSpeed | None, *, sandbox: bool, n_before: int = 0
) -> Estimate:
    """Estimate time and cost from tokens x epochs (None for auto); `n_before` jobs have to end first."""
    chosen = n_epochs or auto_epochs(count.examples)
    trained = count.tokens * chosen
    auto = " (auto, by OpenAI's published rule)" if n_epochs is None else ""
    product = f"{count.examples:,} examples with {count.tokens:,} tokens x {pluralize(chosen, 'epoch')}{auto}"
    seconds = None if speed is None else trained / speed.tokens_per_second
    if speed is None or seconds is None:
        time = f"Not known: no job of yours on this model has ended yet. {product}."
    else:
        time = f"{duration(seconds)}: {product}, at {speed.tokens_per_second:,.0f} tokens a second ({speed.source})."
    if n_before:
        time += f" There {_are(n_before, 'job')} before it in the queue."
    return Estimate(trained, chosen, seconds, time, _cost_text(count.tokens, chosen, model, sandbox=sandbox))


def duration(seconds: float) -> str:
    """Return a time in words, as precisely as an estimate deserves."""
    if seconds < 100:
        return f"About {max(1, round(seconds))} s"
    return f"About {round(seconds / 60)} minutes" if seconds < 5400 else f"About {round(seconds / 3600)} hours"


def _cost_text(tokens: int, n_epochs: int, model: str, *, sandbox: bool) -> str:
    known = prices()
    elsewhere = next(price for price in known if price.provider != "sandbox")
    if sandbox:
        same = f"The same on {elsewhere.provider}'s {elsewhere.model}: about {format_usd(cost(tokens, n_epochs, elsewhere))}"
        return f"Nothing here. {same} ({_dated(elsewhere)})."
    for price in known:
        if price.provider != "sandbox" and (model == price.model or model.startswith(f"ft:{price.model}:")):
            state = f"{price.availability()} " if price.expired() else ""
            return f"About {format_usd(cost(tokens, n_epochs, price))} ({_dated(price)}). {state}{price.note}"
    return "Not known: this kit has no price for this model. Look it up before you start."


def _dated(price: Price) -> str:
    return f"price as of {price.as_of}; its own tokens differ a little"


def _are(number: int, noun: str) -> str:
    return f"{'is' if number == 1 else 'are'} {pluralize(number, noun)}"
