"""Grading: run a grader on one sample, or only check it.

Graders that need a judge model or run code are rejected by name. A fault in a template or a formula is a 400 of `validate`;
a run answers with a reward of 0 and a flag. Left out: reinforcement fine-tuning.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ftwidgets.sandbox.api.graders.formula import Formula, FormulaError
from ftwidgets.sandbox.api.graders.grader_request import (
    Grader,
    MultiGrader,
    StringCheck,
    TextSimilarity,
)
from ftwidgets.sandbox.api.graders.similarity import METRICS
from ftwidgets.sandbox.api.graders.templates import Sample, SampleError, Template, TemplateError, TooLongError, VariableError
from ftwidgets.sandbox.api_errors import ApiError, invalid_request

# The keys of `errors` in the published response: flags, and the details of some of them.
FLAGS = (
    "formula_parse_error",
    "sample_parse_error",
    "truncated_observation_error",
    "unresponsive_reward_error",
    "invalid_variable_error",
    "other_error",
    "python_grader_server_error",
    "python_grader_runtime_error",
    "model_grader_server_error",
    "model_grader_refusal_error",
    "model_grader_parse_error",
)
DETAILS = ("python_grader_server_error_type", "python_grader_runtime_error_details", "model_grader_server_error_details")
_NOT_HERE = {
    "python": "This sandbox runs nobody's code.",
    "score_model": "There is no judge model here.",
    "label_model": "There is no judge model here.",
}
_NO_METRIC = {
    "meteor": "It needs WordNet, which is not here.",
    "cosine": "It needs an embedding model, which is not here; the service has it for evals only.",
}
_CHECKS: dict[str, Callable[[str, str], bool]] = {
    "eq": lambda text, reference: text == reference,
    "ne": lambda text, reference: text != reference,
    "like": lambda text, reference: reference in text,
    "ilike": lambda text, reference: reference.casefold() in text.casefold(),
}


def run_body(grader: Grader, found: Grade, seconds: float) -> dict[str, Any]:
    """Return the published `RunGraderResponse`; `seconds` is how long grading took."""
    return {
        "reward": found.reward,
        "metadata": {
            "name": grader.name,
            "type": grader.type,
            "errors": {**{flag: flag in found.flags for flag in FLAGS}, **dict.fromkeys(DETAILS)},
            "execution_time": seconds,
            "scores": {},
            "token_usage": None,
            "sampled_model_name": None,
        },
        "sub_rewards": found.within,
        "model_grader_token_usage_per_model": {},
    }


@dataclass(frozen=True)
class Grade:
    """The result: the reward, the rewards of the graders within, and the flags that are set."""

    reward: float
    within: dict[str, float] = field(default_factory=dict)
    flags: frozenset[str] = frozenset()


def validate(grader: Grader, where: str) -> None:
    """Check the templates and the formula of a grader, as far as they can be without a sample; a wrong one is a 400.

    `where` is the grader's path in the request, here and below.
    """
    if isinstance(grader, MultiGrader):
        inner = list(grader.inner(where))
        for _, path, one in inner:
            validate(one, path)
        try:
            Formula(grader.calculate_output, {name for name, _, _ in inner})
        except FormulaError as error:
            raise _invalid(f"{where}.calculate_output", error) from error
    if isinstance(grader, StringCheck | TextSimilarity):
        for name in ("input", "reference"):
            try:
                Template(getattr(grader, name))
            except TemplateError as error:
                raise _invalid(f"{where}.{name}", error) from error


def check_can_run(grader: Grader, where: str) -> None:
    """Reject a grader that the service could run and this sandbox cannot, or that has such a one within it."""
    if isinstance(grader, MultiGrader):
        for _, path, inner in grader.inner(where):
            check_can_run(inner, path)
    if grader.type in _NOT_HERE:
        raise _unsupported(f"{where}.type", grader.type, _NOT_HERE[grader.type])
    if isinstance(grader, TextSimilarity) and grader.evaluation_metric in _NO_METRIC:
        metric = grader.evaluation_metric
        raise _unsupported(f"{where}.evaluation_metric", metric, _NO_METRIC[metric])


def grade(grader: Grader, where: str, sample: Sample) -> Grade:
    """Grade a sample with a grader that can run here; the reward is 0 where the grade has a flag of its own.

    A text that is too long once its variables are filled in is a 400.
    """
    if isinstance(grader, MultiGrader):
        return _grade_all(grader, where, sample)
    assert isinstance(grader, StringCheck | TextSimilarity)  # the others cannot run here
    texts: list[str] = []
    for name in ("input", "reference"):
        try:
            texts.append(Template(getattr(grader, name)).fill(sample))
        except (TemplateError, VariableError):
            return Grade(0.0, flags=frozenset({"invalid_variable_error"}))
        except SampleError:
            return Grade(0.0, flags=frozenset({"sample_parse_error"}))
        except TooLongError as error:
            param = f"{where}.{name}"
            raise invalid_request(f"Invalid '{param}': {error}.", param=param, code="string_above_max_length") from error
    text, reference = texts
    if isinstance(grader, StringCheck):
        return Grade(float(_CHECKS[grader.operation](text, reference)))
    return Grade(METRICS[grader.evaluation_metric](text, reference))


def _grade_all(grader: MultiGrader, where: str, sample: Sample) -> Grade:
    """Grade with each grader within, then work out the formula; one that could not grade counts 0."""
    grades = {name: grade(inner, path, sample) for name, path, inner in grader.inner(where)}
    within = {name: inner.reward for name, inner in grades.items()}
    flags = frozenset().union(*(inner.flags for inner in grades.values()))
    try:
        return Grade(Formula(grader.calculate_output, within.keys()).evaluate(within), within, flags)
    except FormulaError:
        return Grade(0.0, within, flags | {"formula_parse_error"})
    except (ArithmeticError, ValueError):  # no number: a division by zero, the root of -1
        return Grade(0.0, within, flags | {"other_error"})


def _invalid(param: str, error: Exception) -> ApiError:
    return invalid_request(f"Invalid '{param}': {error}.", param=param, code="invalid_value")


def _unsupported(param: str, value: str, why: str) -> ApiError:
    return invalid_request(f"Unsupported value: '{param}' is '{value}'. {why}", param=param, code="unsupported_value")
