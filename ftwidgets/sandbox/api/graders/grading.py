"""Grading one sample: what is said without a sample, why a grader cannot run here, and the reward.

What is wrong in the form of a grader is refused everywhere. What its templates or formula get wrong is refused, with the
reason, by `validate`; a run answers with a reward of 0 and a flag, as the published response has them.
Left out: the shapes on the wire (`routes`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ftwidgets.sandbox.api.graders.formula import Formula, FormulaError
from ftwidgets.sandbox.api.graders.grader_request import Grader
from ftwidgets.sandbox.api.graders.similarity import METRICS
from ftwidgets.sandbox.api.graders.templates import SampleError, Scene, Template, TemplateError, TooLongError, VariableError
from ftwidgets.sandbox.api_errors import ApiError, refused

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


@dataclass(frozen=True)
class Grade:
    """What came of grading: the reward, those of the graders within, and the flags that are up."""

    reward: float
    within: dict[str, float] = field(default_factory=dict)
    flags: frozenset[str] = frozenset()


def validate(grader: Grader) -> None:
    """Check the templates and the formula of a grader, as far as they can be without a sample.

    Parameters
    ----------
    grader
        A grader whose form is right.

    Raises
    ------
    ApiError
        What is wrong, and where.
    """
    for inner in grader.graders.values():
        validate(inner)
    for name, text in (("input", grader.input), ("reference", grader.reference)):
        try:
            Template(text)
        except TemplateError as error:
            raise _invalid(f"{grader.where}.{name}", error) from error
    if grader.type == "multi":
        try:
            Formula(grader.formula, grader.graders.keys())
        except FormulaError as error:
            raise _invalid(f"{grader.where}.calculate_output", error) from error


def refuse_elsewhere(grader: Grader) -> None:
    """Refuse a grader that the service could run and this sandbox cannot.

    Parameters
    ----------
    grader
        A grader whose form is right.

    Raises
    ------
    ApiError
        It, or a grader within it, needs what is not here.
    """
    for inner in grader.graders.values():
        refuse_elsewhere(inner)
    if grader.type in _NOT_HERE:
        raise _unsupported(f"{grader.where}.type", grader.type, _NOT_HERE[grader.type])
    if grader.method in _NO_METRIC:
        raise _unsupported(f"{grader.where}.evaluation_metric", grader.method, _NO_METRIC[grader.method])


def grade(grader: Grader, scene: Scene) -> Grade:
    """Grade a sample.

    Parameters
    ----------
    grader
        A grader that can run here.
    scene
        The item and the sample.

    Returns
    -------
    Grade
        Its reward is 0 where a flag of its own is up.

    Raises
    ------
    ApiError
        A text is too long once it is filled in.
    """
    if grader.type == "multi":
        return _multi(grader, scene)
    try:
        text, reference = (_filled(grader, name, scene) for name in ("input", "reference"))
    except (TemplateError, VariableError):
        return Grade(0.0, flags=frozenset({"invalid_variable_error"}))
    except SampleError:
        return Grade(0.0, flags=frozenset({"sample_parse_error"}))
    compare = _CHECKS.get(grader.method) or METRICS[grader.method]
    return Grade(float(compare(text, reference)))


def _filled(grader: Grader, name: str, scene: Scene) -> str:
    try:
        return Template(getattr(grader, name)).fill(scene)
    except TooLongError as error:
        param = f"{grader.where}.{name}"
        raise refused(f"Invalid '{param}': {error}.", param=param, code="string_above_max_length") from error


def _multi(grader: Grader, scene: Scene) -> Grade:
    """Grade with each grader within, then work out the formula; one that could not grade counts 0."""
    grades = {name: grade(inner, scene) for name, inner in grader.graders.items()}
    within = {name: inner.reward for name, inner in grades.items()}
    flags = frozenset().union(*(inner.flags for inner in grades.values()))
    try:
        return Grade(Formula(grader.formula, within.keys()).work_out(within), within, flags)
    except FormulaError:
        return Grade(0.0, within, flags | {"formula_parse_error"})
    except (ArithmeticError, ValueError):  # no number: a division by zero, the root of -1
        return Grade(0.0, within, flags | {"other_error"})


def _invalid(param: str, error: Exception) -> ApiError:
    return refused(f"Invalid '{param}': {error}.", param=param, code="invalid_value")


def _unsupported(param: str, value: str, why: str) -> ApiError:
    return refused(f"Unsupported value: '{param}' is '{value}'. {why}", param=param, code="unsupported_value")
