"""Ask several models the same questions and score the answers, on any `openai` client.

Left out: judging by another model, and the service's own evals (they close in November 2026).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ftwidgets.evaluation.metrics import exact_match as exact_match
from ftwidgets.evaluation.metrics import token_f1 as token_f1
from ftwidgets.evaluation.result import Evaluation as Evaluation
from ftwidgets.evaluation.survey import Metric, MetricName, Models, Survey
from ftwidgets.statistics import paired_bootstrap as paired_bootstrap
from ftwidgets.statistics import wilson as wilson

if TYPE_CHECKING:
    import openai

    from ftwidgets.evaluation.examples import Examples


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
) -> Evaluation:
    """Ask each model each question and compare the answers with the references.

    Parameters
    ----------
    client
        Any `openai` client.
    models
        Ids of models, the baseline first; or a mapping from the names to show to the ids:
        `{"base": "nano-2026-11", "tuned": job.model}`. In the place of an id there may be a function from the messages
        to an answer: a baseline of `ftwidgets.evaluation.baselines`, or one of your own.
    examples
        Chat examples whose last message is the reference, the path of a JSONL file of them, or a DataFrame with
        Prompt and Completion. Take examples that no model was trained on.
    metric
        What `difference` and `verdict` are about: one of the two metrics that are always scored, or a function of the
        answer and the reference that gives a number, the larger the better; it is scored as well.
    system
        The system prompt for the rows of a DataFrame that bring none.
    limit
        Use only so many examples, from the first on.
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
    survey = Survey(
        client,
        models,
        examples,
        metric=metric,
        system=system,
        limit=limit,
        max_tokens=max_tokens,
        temperature=temperature,
        seed=seed,
    )
    survey.ask(workers=workers, on_answer=on_answer)
    return survey.result()
