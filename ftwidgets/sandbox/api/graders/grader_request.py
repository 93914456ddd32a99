"""A grader as a request describes it: its parameters checked and made plain, whether or not it can run here.

Left out: what the templates and the formula in it say (`templates`, `formula`), and grading itself (`grading`).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ftwidgets.sandbox.api.graders.judge_messages import check_messages
from ftwidgets.sandbox.api.graders.templates import LONGEST
from ftwidgets.sandbox.api.params import Params, kind_of
from ftwidgets.sandbox.api_errors import refused

Details = dict[str, Any]  # the fields of a `Grader` that depend on its type

OPERATIONS = ("eq", "ne", "like", "ilike")
METRIC_NAMES = ("cosine", "fuzzy_match", "bleu", "gleu", "meteor", *(f"rouge_{n}" for n in range(1, 6)), "rouge_l")
INSIDE = ("string_check", "text_similarity", "python", "score_model", "label_model")  # what a multi grader may hold
ALONE = (*INSIDE[:4], "multi")
EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
LONGEST_SOURCE = 256 * 1024  # bytes of a Python grader (OpenAI's guide to graders)
MOST_GRADERS = 20  # in a multi grader
MOST_LABELS = 1000


@dataclass(frozen=True)
class Grader:
    """A checked grader.

    Attributes
    ----------
    type, name, where
        Its type, its name, and the path of its parameters.
    input, reference
        The two texts of a grader that compares, as templates.
    method
        Which way to compare: an operation or a metric.
    graders, formula
        The graders in a multi grader, by the names that its formula knows them by.
    """

    type: str
    name: str
    where: str
    input: str = ""
    reference: str = ""
    method: str = ""
    graders: Mapping[str, Grader] = field(default_factory=dict)
    formula: str = ""


def read_grader(given: Mapping[str, Any], where: str, types: tuple[str, ...] = ALONE) -> Grader:
    """Check a grader.

    Parameters
    ----------
    given
        The grader in the request.
    where
        The path of its parameters, for messages.
    types
        The types it may have.

    Returns
    -------
    Grader
        What it asks for.

    Raises
    ------
    ApiError
        It is not a grader of the published schema.
    """
    params = Params(given, where)
    type_ = str(params.choice("type", types, required=True))
    name = str(params.text("name", required=True, shortest=1))
    details = _READERS[type_](params)
    params.done()
    return Grader(type_, name, where, **details)


def plain(value: Any) -> Any:
    """Give a grader back without its nulls, which say nothing and which the published schema does not know everywhere.

    Parameters
    ----------
    value
        The grader, or anything in it.

    Returns
    -------
    Any
        A copy.
    """
    if isinstance(value, Mapping):
        return {key: plain(inner) for key, inner in value.items() if inner is not None}
    return [plain(inner) for inner in value] if isinstance(value, list) else value


def _string_check(params: Params) -> Details:
    return {"method": params.choice("operation", OPERATIONS, required=True), **_texts(params)}


def _text_similarity(params: Params) -> Details:
    params.number("pass_threshold")  # in the guide, not in the schema: the reward does not depend on it
    return {"method": params.choice("evaluation_metric", METRIC_NAMES, required=True), **_texts(params)}


def _texts(params: Params) -> Details:
    return {name: params.text(name, required=True, longest=LONGEST) for name in ("input", "reference")}


def _multi(params: Params) -> Details:
    where = params.path("graders")
    given: dict[str, Any] = params.take("graders", dict, required=True)
    formula = params.text("calculate_output", required=True)
    if isinstance(given.get("type"), str):  # the published schema: one grader, known by its own name
        only = read_grader(given, where, INSIDE)
        return {"graders": {only.name: only}, "formula": formula}
    # the guide, and what the service is seen to want: graders by name
    if not 1 <= len(given) <= MOST_GRADERS:
        raise refused(
            f"Invalid '{where}': expected 1 to {MOST_GRADERS} graders, but got {len(given)} instead.",
            param=where,
            code="invalid_value",
        )
    return {"graders": {key: _inside(inner, f"{where}.{key:.60}") for key, inner in given.items()}, "formula": formula}


def _inside(given: Any, where: str) -> Grader:
    if not isinstance(given, dict):
        raise refused(
            f"Invalid type for '{where}': expected an object, but got {kind_of(given)} instead.",
            param=where,
            code="invalid_type",
        )
    return read_grader(given, where, INSIDE)


def _python(params: Params) -> Details:
    source = str(params.text("source", required=True))
    params.text("image_tag")
    size = len(source.encode())
    if size > LONGEST_SOURCE:
        raise refused(
            f"Invalid '{params.path('source')}': string too long. Expected at most {LONGEST_SOURCE} bytes, but got {size}.",
            param=params.path("source"),
            code="string_above_max_length",
        )
    return {}


def _score_model(params: Params) -> Details:
    params.text("model", required=True)
    check_messages(params.take("input", list, required=True), params.path("input"))
    params.number("pass_threshold")
    sampling = params.inner("sampling_params")
    sampling.integer("seed")
    sampling.number("top_p")
    sampling.number("temperature")
    sampling.integer("max_completions_tokens", least=1)
    sampling.choice("reasoning_effort", EFFORTS)
    sampling.done()
    bounds = params.take("range", list)
    if bounds is not None and not (len(bounds) == 2 and all(map(_is_number, bounds))):
        raise refused(
            f"Invalid '{params.path('range')}': expected two numbers, the lowest score and the highest.",
            param=params.path("range"),
            code="invalid_value",
        )
    return {}


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) <= sys.float_info.max  # 1e999 reads as infinity


def _label_model(params: Params) -> Details:
    params.text("model", required=True)
    check_messages(params.take("input", list, required=True), params.path("input"))
    labels = params.texts("labels", most=MOST_LABELS)
    for label in params.texts("passing_labels", most=MOST_LABELS):
        if label not in labels:
            raise refused(
                f"Invalid '{params.path('passing_labels')}': '{label:.60}' is not one of the labels.",
                param=params.path("passing_labels"),
                code="invalid_value",
            )
    return {}


_READERS: dict[str, Callable[[Params], Details]] = {
    "string_check": _string_check,
    "text_similarity": _text_similarity,
    "multi": _multi,
    "python": _python,
    "score_model": _score_model,
    "label_model": _label_model,
}
