"""Ask several models the same questions, on any `openai` client, and score the answers.

Left out: judging by another model, and OpenAI's own evals (they close in November 2026).
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, as_completed, wait
from time import monotonic
from typing import TYPE_CHECKING, Any, Literal

from ftwidgets.errors import FtwidgetsError
from ftwidgets.evaluation.examples import Question, read_examples
from ftwidgets.evaluation.metrics import exact_match, token_f1
from ftwidgets.evaluation.result import Evaluation
from ftwidgets.progress_line import ProgressLine, format_seconds

if TYPE_CHECKING:
    import openai

    from ftwidgets.evaluation.examples import Examples

Metric = Callable[[str, str], float]
MetricName = Literal["exact_match", "token_f1"]
METRICS: dict[str, Metric] = {"exact_match": exact_match, "token_f1": token_f1}

Answerer = Callable[[Sequence[Mapping[str, Any]]], str]
"""A function from the messages to an answer, used in place of a model: a baseline, for example."""

Models = str | Sequence[str] | Mapping[str, str | Answerer]

FIRST_REPORT_AFTER = 1.0  # seconds without an answer, or of an evaluation, until its line is shown
REPORT_EVERY = 0.2  # seconds
_BLOCK = 20  # questions for one model before the next model's turn: a sandbox keeps only a few models loaded


def evaluate(
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
    workers: int = 4,
    on_answer: Callable[[int, int], object] | None = None,
    progress: bool = True,
) -> Evaluation:
    """Ask each model each question and compare the answers with the references.

    Parameters
    ----------
    client
        Any `openai` client.
    models
        Ids of models, the baseline first; or a mapping from display names to ids:
        `{"base": "nano-2026-11", "tuned": job.model}`. Instead of an id it may hold a function from the messages to an
        answer: a baseline of `ftwidgets.evaluation.baselines`, or one of your own.
    examples
        Chat examples whose last message is the reference, the path of a JSONL file of them, or a DataFrame with
        Prompt and Completion. Use examples that no model was trained on.
    metric
        The metric for `difference` and `verdict`: one of the two that are always scored, or a function that takes the
        answer and the reference and returns a number, larger for a better answer; it is scored too.
    system
        The system prompt for rows of a DataFrame that have none.
    limit
        Use only the first so many examples.
    max_tokens, temperature, seed
        Passed to the model. At temperature 0 it returns its most likely answer.
    workers
        How many questions are asked at the same time.
    on_answer
        Called after every answer with the number of answers so far and the number of all; first with 0 if none has come
        after a second.
    progress
        Show how many answers there are and the time left, in one line that is updated in place, once the evaluation has
        taken a second; one sentence stays. Outside a notebook it goes to stderr. Without effect if `on_answer` is given.

    Returns
    -------
    Evaluation
        The scores with intervals, the answers, and a verdict.

    Raises
    ------
    DataError
        If the examples cannot be read.
    openai.OpenAIError
        What the client raises: an unknown model, a wrong key, a service that does not answer.
    """
    sampling: dict[str, Any] = {"max_tokens": max_tokens, "temperature": temperature}
    if seed is not None:
        sampling["seed"] = seed
    run = EvaluationRun(client, models, read_examples(examples, system=system, limit=limit), metric=metric, sampling=sampling)
    with ProgressLine(wanted=progress and on_answer is None, after=FIRST_REPORT_AFTER) as line:
        run.ask(workers=workers, on_answer=on_answer or EvaluationLine(line, run).update)
    return run.result()


class EvaluationRun:
    """An evaluation in progress: the questions, and the answers so far.

    The models take turns, a block of questions at a time, so a run that stops early has rows that every model answered.
    The `openai` client retries failed requests; nothing else does. `models` and `metric` are as for `evaluate`, and are checked
    at once; `sampling` holds options of every chat completion, such as `max_tokens`.
    """

    def __init__(
        self,
        client: openai.OpenAI,
        models: Models,
        questions: Sequence[Question],
        *,
        metric: str | Metric = "exact_match",
        sampling: Mapping[str, Any],
    ) -> None:
        self._client = client
        self.models = _check_models(models)
        self.questions = questions
        self._metrics, self._main_metric = _choose_metrics(metric)
        self._sampling = sampling
        self._answers: dict[tuple[str, int], str] = {}  # by the model's name and the question's index

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
        """Ask every question that has no answer yet, in several threads.

        Once `stop` is set, no more questions are asked; this returns when those under way are answered. The first error of the
        client ends the run and is raised; the answers so far are kept.
        """
        n = len(self.questions)
        blocks = (range(start, min(start + _BLOCK, n)) for start in range(0, n, _BLOCK))
        turns = ((name, i) for block in blocks for name in self.models for i in block)
        with ThreadPoolExecutor(workers, thread_name_prefix="ftwidgets-evaluate") as pool:
            futures = {pool.submit(self._answer, *turn): turn for turn in turns if turn not in self._answers}
            try:
                if on_answer is not None and not wait(futures, FIRST_REPORT_AFTER, FIRST_COMPLETED).done:
                    on_answer(self.done, self.total)  # a large model takes a while to load
                for future in as_completed(futures):
                    self._answers[futures[future]] = future.result()
                    if on_answer is not None:
                        on_answer(self.done, self.total)
                    if stop is not None and stop.is_set():
                        break
            finally:
                pool.shutdown(wait=True, cancel_futures=True)
                for future, turn in futures.items():
                    if future.done() and not future.cancelled() and future.exception() is None:
                        self._answers[turn] = future.result()

    def result(self) -> Evaluation:
        """Score the examples that every model has answered; raise an `FtwidgetsError` if there is none yet."""
        import pandas as pd

        rows = [i for i in range(len(self.questions)) if all((name, i) in self._answers for name in self.models)]
        if not rows:
            raise FtwidgetsError("no example was answered by every model, so there is nothing to score.")
        references = [self.questions[i].reference for i in rows]
        answers = {name: [self._answers[name, i] for i in rows] for name in self.models}
        table: dict[str, Sequence[object]] = {
            "row": [i + 1 for i in rows],
            "prompt": [self.questions[i].prompt for i in rows],
            "reference": references,
        }
        by_row = {
            name: pd.DataFrame({model: _score(name, metric, answers[model], references) for model in answers})
            for name, metric in self._metrics.items()
        }
        return Evaluation(answers=pd.DataFrame(table | answers), by_row=by_row, metric=self._main_metric)

    def _answer(self, name: str, i: int) -> str:
        model, question = self.models[name], self.questions[i]
        try:
            if callable(model):
                answer: object = model(question.messages)
                if not isinstance(answer, str):
                    raise TypeError(f"a function in place of a model must return a text, not {answer!r:.60}")
                return answer
            messages: Any = question.messages
            completion = self._client.chat.completions.create(model=model, messages=messages, **self._sampling)
            if not hasattr(completion, "choices"):
                raise FtwidgetsError("something answers at this address, but it has no API like OpenAI's.")
            return (completion.choices[0].message.content if completion.choices else None) or ""
        except Exception as error:
            who = name if callable(model) else model
            error.add_note(f"The model {who} was asked row {i + 1}: {question.prompt[:80]!r}")
            raise


class EvaluationLine:
    """What the line of an evaluation says."""

    def __init__(self, line: ProgressLine, run: EvaluationRun) -> None:
        names, n = [f'"{name}"' for name in run.models], len(run.questions)  # a name such as "all" would read as a word
        whom = " and ".join(names) if len(names) <= 2 else f"{len(names)} models"
        self._what = f"{whom} {n} {'question' if n == 1 else 'questions'}{' each' if len(names) > 1 else ''}"
        self._line = line
        self._began = self._next = monotonic()

    def update(self, done: int, total: int) -> None:
        """Show that so many of all answers are there; at the end leave a sentence, if the line was shown."""
        now = monotonic()
        if done == total:
            self._line.finish(f"Asked {self._what}: {total} {'answer' if total == 1 else 'answers'}.")
        elif now >= self._next and self._line.place != "file":
            self._next = now + REPORT_EVERY
            left = f", about {format_seconds((now - self._began) * (total - done) / done)} left" if done else ""
            self._line.show(f"Asking {self._what}: {done} of {total} answers{left}")


def _score(name: str, metric: Metric, answers: Sequence[str], references: Sequence[str]) -> list[float]:
    """Apply a metric to each answer; reject a score that is not a finite number, which would spoil the mean unnoticed."""
    scores = []
    for answer, reference in zip(answers, references, strict=True):
        value: Any = metric(answer, reference)
        score = math.nan if value is None or isinstance(value, str) else float(value)
        if not math.isfinite(score):
            where = f"for {answer!r:.60} and {reference!r:.60}"
            raise ValueError(f'the metric "{name}" must return a number: {value!r:.60} {where}')
        scores.append(score)
    return scores


def _check_models(models: Models) -> dict[str, str | Answerer]:
    if isinstance(models, str):
        models = [models]
    pairs = models.items() if isinstance(models, Mapping) else [(model, model) for model in models]
    named: dict[str, str | Answerer] = {str(name): model for name, model in pairs}
    if not named or len(named) < len(models):
        raise ValueError(f'"models" must name at least one model, and each once: {models!r}')
    for name, model in named.items():
        if not callable(model) and (not isinstance(model, str) or not model):
            raise FtwidgetsError(f'the model "{name}" is {model!r}, not an id. Has its job succeeded? job.wait() will tell.')
        if name in {"row", "prompt", "reference"}:
            raise ValueError(f'"{name}" is a column of the answers; give the model another name')
    return named


def _choose_metrics(metric: str | Metric) -> tuple[dict[str, Metric], str]:
    """Return the metrics to score by name, and the name of the main one."""
    if callable(metric):
        name = getattr(metric, "__name__", type(metric).__name__)
        if name in {"model", "n"}:
            raise ValueError(f'"{name}" is a column of the scores; give the metric another name')
        return METRICS | {name: metric}, name
    if metric not in METRICS:
        raise ValueError(f'"metric" must be {" or ".join(METRICS)}, or a function: {metric!r}')
    return METRICS, metric
