"""Ask several models the same questions and score the answers, on any `openai` client.

Left out: judging by another model, and the service's own evals (they close in November 2026).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TYPE_CHECKING, Any, Literal

from ftwidgets.errors import FtwidgetsError
from ftwidgets.evaluation import Evaluation as Evaluation
from ftwidgets.examples import Question, read
from ftwidgets.intervals import paired_bootstrap as paired_bootstrap
from ftwidgets.intervals import wilson as wilson
from ftwidgets.metrics import exact_match as exact_match
from ftwidgets.metrics import token_f1 as token_f1

if TYPE_CHECKING:
    import openai

    from ftwidgets.examples import Examples

Metric = Callable[[str, str], float]
METRICS: dict[str, Metric] = {"exact_match": exact_match, "token_f1": token_f1}


def evaluate(
    client: openai.OpenAI,
    models: str | Sequence[str] | Mapping[str, str],
    examples: Examples,
    *,
    metric: Literal["exact_match", "token_f1"] | Metric = "exact_match",
    system: str | None = None,
    max_tokens: int = 64,
    temperature: float = 0.0,
    seed: int | None = None,
    workers: int = 4,
    on_answer: Callable[[int, int], object] | None = None,
) -> Evaluation:
    """Ask each model each question and compare the answers with the references.

    Parameters
    ----------
    client
        Any `openai` client.
    models
        Ids of models, the baseline first; or a mapping from the names to show to the ids:
        `{"base": "nano-2026-11", "tuned": job.model}`.
    examples
        Chat examples whose last message is the reference, the path of a JSONL file of them, or a DataFrame with
        Prompt and Completion. Take examples that no model was trained on.
    metric
        What `difference` and `verdict` are about: one of the two metrics that are always scored, or a function of the
        answer and the reference that gives a number, the larger the better; it is scored as well.
    system
        The system prompt for the rows of a DataFrame that bring none.
    max_tokens, temperature, seed
        Handed to the model. At temperature 0 it gives its likeliest answer.
    workers
        How many questions are asked at the same time.
    on_answer
        Called after every answer with the number of answers so far, and of all.

    Returns
    -------
    Evaluation
        The scores with intervals, the answers, and a verdict.

    Raises
    ------
    DataError
        If the examples cannot be read.
    openai.OpenAIError
        What the client raises: a model nobody knows, a wrong key, a service that is gone.
    """
    import openai

    named, questions = _named(models), read(examples, system=system)
    metrics, headline = _metrics(metric)
    options: dict[str, Any] = {"max_tokens": max_tokens, "temperature": temperature}
    options |= {} if seed is None else {"seed": seed}

    def ask(model: str, question: Question) -> str:
        messages: Any = question.messages
        try:
            completion = client.chat.completions.create(model=model, messages=messages, **options)
        except openai.APIStatusError as error:
            error.add_note(f"The model {model} was asked row {questions.index(question) + 1}: {question.prompt[:80]!r}")
            raise
        return (completion.choices[0].message.content if completion.choices else None) or ""

    asked = [(model, question) for model in named.values() for question in questions]
    answers = _all(ask, asked, workers, on_answer)
    n = len(questions)
    return _scored(questions, {name: answers[i * n : (i + 1) * n] for i, name in enumerate(named)}, metrics, headline)


def _named(models: str | Sequence[str] | Mapping[str, str]) -> dict[str, str]:
    if isinstance(models, str):
        models = [models]
    named = dict(models) if isinstance(models, Mapping) else {model: model for model in models}
    if not named or len(named) < len(models):
        raise ValueError(f'"models" must name at least one model, and each once: {models!r}')
    for name, model in named.items():
        if not isinstance(model, str) or not model:
            raise FtwidgetsError(f'the model "{name}" is {model!r}, not an id. Has its job succeeded? job.wait() tells.')
        if name in {"row", "prompt", "reference"}:
            raise ValueError(f'"{name}" is a column of the answers; give the model another name')
    return named


def _metrics(metric: str | Metric) -> tuple[dict[str, Metric], str]:
    if callable(metric):
        name = getattr(metric, "__name__", type(metric).__name__)
        return METRICS | {name: metric}, name
    if metric not in METRICS:
        raise ValueError(f'"metric" must be {" or ".join(METRICS)}, or a function: {metric!r}')
    return METRICS, metric


def _all(
    ask: Callable[[str, Question], str],
    asked: Sequence[tuple[str, Question]],
    workers: int,
    on_answer: Callable[[int, int], object] | None,
) -> list[str]:
    """Ask in several threads; the first error, or an interrupt, drops the questions that are still waiting."""
    with ThreadPoolExecutor(workers, thread_name_prefix="ftwidgets-evaluate") as pool:
        futures = [pool.submit(ask, *question) for question in asked]
        try:
            for done, future in enumerate(as_completed(futures), 1):
                future.result()
                if on_answer is not None:
                    on_answer(done, len(futures))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [future.result() for future in futures]


def _scored(
    questions: Sequence[Question], answers: Mapping[str, Sequence[str]], metrics: Mapping[str, Metric], headline: str
) -> Evaluation:
    import pandas as pd

    references = [question.reference for question in questions]
    table: dict[str, Sequence[object]] = {
        "row": range(1, len(questions) + 1),
        "prompt": [question.prompt for question in questions],
        "reference": references,
    }
    by_row = {
        name: pd.DataFrame(
            {
                model: [float(score(answer, reference)) for answer, reference in zip(given, references, strict=True)]
                for model, given in answers.items()
            }
        )
        for name, score in metrics.items()
    }
    return Evaluation(answers=pd.DataFrame(table | dict(answers)), by_row=by_row, metric=headline)
