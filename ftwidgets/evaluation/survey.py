"""Put the same questions to several models and keep the answers, also those so far.

The questions are asked in blocks, every model a block at a time, so that whoever stops early has rows that all models
answered. Left out: retries (the `openai` client makes those) and scoring rules (`ftwidgets.evaluation.metrics`).
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from typing import TYPE_CHECKING, Any, Literal

from ftwidgets.errors import FtwidgetsError
from ftwidgets.evaluation.examples import Question, read
from ftwidgets.evaluation.metrics import exact_match, token_f1
from ftwidgets.evaluation.result import Evaluation

if TYPE_CHECKING:
    import openai

    from ftwidgets.evaluation.examples import Examples

Metric = Callable[[str, str], float]
MetricName = Literal["exact_match", "token_f1"]
METRICS: dict[str, Metric] = {"exact_match": exact_match, "token_f1": token_f1}

Answerer = Callable[[Sequence[Mapping[str, Any]]], str]
"""Something that answers without being a model: a function from the messages to the answer. A baseline is one."""

Models = str | Sequence[str] | Mapping[str, str | Answerer]

_BLOCK = 20  # questions a model is asked before it is the next one's turn: a sandbox keeps only a few models loaded


class Survey:
    """What is asked of whom, and what was answered so far.

    Parameters
    ----------
    client, models, examples, metric, system, limit, max_tokens, temperature, seed
        As for `ftwidgets.evaluate`. Everything is checked here, before anything is asked.
    """

    def __init__(
        self,
        client: openai.OpenAI,
        models: Models,
        examples: Examples,
        *,
        metric: MetricName | Metric = "exact_match",
        system: str | None = None,
        limit: int | None = None,
        max_tokens: int = 64,
        temperature: float = 0.0,
        seed: int | None = None,
    ) -> None:
        if limit is not None and limit < 1:
            raise ValueError(f'"limit" must be 1 or more, or None for all examples: {limit}')
        self._client = client
        self.models = _named(models)
        self.questions = read(examples, system=system)[:limit]
        self._metrics, self._headline = _metrics(metric)
        self._options: dict[str, Any] = {"max_tokens": max_tokens, "temperature": temperature}
        self._options |= {} if seed is None else {"seed": seed}
        self._answers: dict[tuple[str, int], str] = {}

    @property
    def total(self) -> int:
        """How many answers there will be."""
        return len(self.models) * len(self.questions)

    @property
    def done(self) -> int:
        """How many answers there are."""
        return len(self._answers)

    def ask(
        self,
        *,
        workers: int = 4,
        on_answer: Callable[[int, int], object] | None = None,
        stop: threading.Event | None = None,
    ) -> None:
        """Ask everything that has no answer yet, in several threads.

        Parameters
        ----------
        workers
            How many questions are asked at the same time.
        on_answer
            Called after every answer with the number of answers so far, and of all.
        stop
            Once it is set, no further question is asked; this returns when those under way are answered.

        Raises
        ------
        openai.OpenAIError
            The first error ends it. What was answered so far is kept.
        """
        with ThreadPoolExecutor(workers, thread_name_prefix="ftwidgets-evaluate") as pool:
            futures = {pool.submit(self._answer, *asked): asked for asked in self._open()}
            try:
                for future in as_completed(futures):
                    self._answers[futures[future]] = future.result()
                    if on_answer is not None:
                        on_answer(self.done, self.total)
                    if stop is not None and stop.is_set():
                        break
            finally:
                pool.shutdown(wait=True, cancel_futures=True)
                self._answers |= {asked: future.result() for future, asked in futures.items() if _good(future)}

    def result(self) -> Evaluation:
        """Score the examples that every model has answered.

        Raises
        ------
        FtwidgetsError
            If there is none yet.
        """
        import pandas as pd

        rows = [i for i in range(len(self.questions)) if all((name, i) in self._answers for name in self.models)]
        if not rows:
            raise FtwidgetsError("no example was answered by every model, so there is nothing to score.")
        references = [self.questions[i].reference for i in rows]
        given = {name: [self._answers[name, i] for i in rows] for name in self.models}
        table: dict[str, Sequence[object]] = {
            "row": [i + 1 for i in rows],
            "prompt": [self.questions[i].prompt for i in rows],
            "reference": references,
        }
        by_row = {
            metric: pd.DataFrame({name: _scores(metric, score, given[name], references) for name in given})
            for metric, score in self._metrics.items()
        }
        return Evaluation(answers=pd.DataFrame(table | given), by_row=by_row, metric=self._headline)

    def _open(self) -> list[tuple[str, int]]:
        n = len(self.questions)
        blocks = (range(start, min(start + _BLOCK, n)) for start in range(0, n, _BLOCK))
        asked = ((name, i) for block in blocks for name in self.models for i in block)
        return [question for question in asked if question not in self._answers]

    def _answer(self, name: str, i: int) -> str:
        model, question = self.models[name], self.questions[i]
        try:
            return self._said(model, question)
        except Exception as error:
            who = name if callable(model) else model
            error.add_note(f"The model {who} was asked row {i + 1}: {question.prompt[:80]!r}")
            raise

    def _said(self, model: str | Answerer, question: Question) -> str:
        if callable(model):
            answer: object = model(question.messages)
            if not isinstance(answer, str):
                raise TypeError(f"a function in the place of a model gives a text, not {answer!r:.60}")
            return answer
        messages: Any = question.messages
        completion = self._client.chat.completions.create(model=model, messages=messages, **self._options)
        return (completion.choices[0].message.content if completion.choices else None) or ""


def _good(future: Future[str]) -> bool:
    return future.done() and not future.cancelled() and future.exception() is None


def _scores(name: str, score: Metric, answers: Sequence[str], references: Sequence[str]) -> list[float]:
    return [_number(name, score(*pair), *pair) for pair in zip(answers, references, strict=True)]


def _number(name: str, value: Any, answer: str, reference: str) -> float:
    """Return what a metric gave as a number; one that is none would spoil every mean without a word."""
    found = math.nan if value is None or isinstance(value, str) else float(value)
    if not math.isfinite(found):
        raise ValueError(f'the metric "{name}" must give a number: {value!r:.60} for {answer!r:.60} and {reference!r:.60}')
    return found


def _named(models: Models) -> dict[str, str | Answerer]:
    if isinstance(models, str):
        models = [models]
    pairs = models.items() if isinstance(models, Mapping) else [(model, model) for model in models]
    named: dict[str, str | Answerer] = {str(name): model for name, model in pairs}
    if not named or len(named) < len(models):
        raise ValueError(f'"models" must name at least one model, and each once: {models!r}')
    for name, model in named.items():
        if not callable(model) and (not isinstance(model, str) or not model):
            raise FtwidgetsError(f'the model "{name}" is {model!r}, not an id. Has its job succeeded? job.wait() tells.')
        if name in {"row", "prompt", "reference"}:
            raise ValueError(f'"{name}" is a column of the answers; give the model another name')
    return named


def _metrics(metric: str | Metric) -> tuple[dict[str, Metric], str]:
    if callable(metric):
        name = getattr(metric, "__name__", type(metric).__name__)
        if name in {"model", "n"}:
            raise ValueError(f'"{name}" is a column of the scores; give the metric another name')
        return METRICS | {name: metric}, name
    if metric not in METRICS:
        raise ValueError(f'"metric" must be {" or ".join(METRICS)}, or a function: {metric!r}')
    return METRICS, metric
