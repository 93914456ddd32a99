"""Graders as requests describe them: a model for each type, checked whether or not it can run here.

What their templates and formulas say is checked by `templates` and `formula`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import FailFast, Field, ValidationInfo, field_validator

from ftwidgets.sandbox.api.graders.templates import LONGEST
from ftwidgets.sandbox.api.request_model import ParameterError, RequestModel, Unsupported, check_nested, one_of

MOST_SOURCE_BYTES = 256 * 1024  # of a Python grader (OpenAI's guide to graders)
MOST_GRADERS = 20  # in a multi grader
MOST_LABELS = 1000

Name = Annotated[str, Field(min_length=1)]
Labels = Annotated[list[str], Field(min_length=1, max_length=MOST_LABELS)]
TemplateText = Annotated[str, Field(max_length=LONGEST)]


class StringCheck(RequestModel):
    """Compares two texts as strings."""

    type: Literal["string_check"]
    name: Name
    operation: Literal["eq", "ne", "like", "ilike"]
    input: TemplateText
    reference: TemplateText


class TextSimilarity(RequestModel):
    """Compares two texts by a metric."""

    type: Literal["text_similarity"]
    name: Name
    pass_threshold: float | None = None  # in the guide, not in the schema: the reward does not depend on it
    evaluation_metric: Literal[
        "cosine", "fuzzy_match", "bleu", "gleu", "meteor", "rouge_1", "rouge_2", "rouge_3", "rouge_4", "rouge_5", "rouge_l"
    ]
    input: TemplateText
    reference: TemplateText


class PythonGrader(RequestModel):
    """Grades by a program, which this sandbox does not run."""

    type: Literal["python"]
    name: Name
    source: str
    image_tag: str | None = None

    @field_validator("source")
    @classmethod
    def _check_size(cls, source: str) -> str:
        size = len(source.encode())
        if size > MOST_SOURCE_BYTES:
            message = f"Invalid '{{path}}': string too long. Expected at most {MOST_SOURCE_BYTES} bytes, but got {size}."
            raise ParameterError(message, "string_above_max_length")
        return source


class _JudgeTextPart(RequestModel):
    type: str
    text: str
    prompt_cache_breakpoint: Unsupported = None


class _JudgeImagePart(RequestModel):
    type: str
    image_url: str
    detail: str | None = None


class _JudgeAudio(RequestModel):
    data: str
    format: Literal["mp3", "wav"]


class _JudgeAudioPart(RequestModel):
    type: str
    input_audio: _JudgeAudio = Field(default_factory=dict, validate_default=True)


class _JudgePartType(RequestModel, extra="ignore"):  # read first: it decides which model checks the part
    type: Literal["input_text", "output_text", "input_image", "input_audio"]


_PARTS: dict[str, type[RequestModel]] = {
    "input_text": _JudgeTextPart,
    "output_text": _JudgeTextPart,
    "input_image": _JudgeImagePart,
    "input_audio": _JudgeAudioPart,
}


class JudgeMessage(RequestModel):
    """A message that a model grader would send to its judge (`EvalItem` in the published schema)."""

    role: Literal["user", "assistant", "system", "developer"]
    type: Literal["message"] | None = None
    content: Annotated[Any, one_of(str, dict, list)]

    @field_validator("content")
    @classmethod
    def _check_content(cls, content: Any) -> Any:
        parts = [((place,), part) for place, part in enumerate(content)] if isinstance(content, list) else [((), content)]
        for at, part in parts:
            if not isinstance(part, str):
                check_nested(_PARTS[check_nested(_JudgePartType, part, *at).type], part, *at)
        return content


class _SamplingParams(RequestModel):
    seed: int | None = None
    top_p: float | None = None
    temperature: float | None = None
    max_completions_tokens: Annotated[int, Field(ge=1)] | None = None
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None = None


class ScoreModel(RequestModel):
    """Asks a judge for a score, which needs a model that is not here."""

    type: Literal["score_model"]
    name: Name
    model: str
    input: Annotated[list[JudgeMessage], FailFast()]
    pass_threshold: float | None = None
    sampling_params: _SamplingParams | None = None
    range: list[Any] | None = None

    @field_validator("range")
    @classmethod
    def _check_range(cls, bounds: list[Any]) -> list[Any]:
        if len(bounds) != 2 or not all(type(bound) in (int, float) and abs(bound) <= sys.float_info.max for bound in bounds):
            raise ParameterError("Invalid '{path}': expected two numbers, the lowest score and the highest.", "invalid_value")
        return bounds


class LabelModel(RequestModel):
    """Asks a judge for a label, which needs a model that is not here."""

    type: Literal["label_model"]
    name: Name
    model: str
    input: Annotated[list[JudgeMessage], FailFast()]
    labels: Labels
    passing_labels: Labels

    @field_validator("passing_labels")
    @classmethod
    def _check_labels(cls, passing: list[str], info: ValidationInfo) -> list[str]:
        for label in passing:
            if label not in info.data.get("labels", passing):
                raise ParameterError(f"Invalid '{{path}}': '{label:.60}' is not one of the labels.", "invalid_value")
        return passing


class _InnerType(RequestModel, extra="ignore"):  # within a multi grader; read first, as the type of a part is
    type: Literal["string_check", "text_similarity", "python", "score_model", "label_model"]


class _OuterType(RequestModel, extra="ignore"):
    type: Literal["string_check", "text_similarity", "python", "score_model", "multi"]


class MultiGrader(RequestModel):
    """Works out a formula of the rewards of other graders."""

    type: Literal["multi"]
    name: Name
    graders: dict[str, Any]
    calculate_output: str

    @field_validator("graders")
    @classmethod
    def _check_graders(cls, given: dict[str, Any]) -> dict[str, Any] | Grader:
        if isinstance(given.get("type"), str):  # the published schema: one grader, known by its own name
            return _check(given, _InnerType)
        if not 1 <= len(given) <= MOST_GRADERS:  # the guide, and what the service is seen to accept: graders by name
            message = f"Invalid '{{path}}': expected 1 to {MOST_GRADERS} graders, but got {len(given)} instead."
            raise ParameterError(message, "invalid_value")
        return {name: _check(inner, _InnerType, f"{name:.60}") for name, inner in given.items()}

    def inner(self, where: str) -> Iterator[tuple[str, str, Grader]]:
        """List the graders within: name, path, grader."""
        if isinstance(self.graders, RequestModel):
            yield self.graders.name, f"{where}.graders", self.graders
        else:
            for name, grader in self.graders.items():
                yield name, f"{where}.graders.{name:.60}", grader


Grader = StringCheck | TextSimilarity | PythonGrader | ScoreModel | LabelModel | MultiGrader

_MODELS: dict[str, type[Grader]] = {
    "string_check": StringCheck,
    "text_similarity": TextSimilarity,
    "python": PythonGrader,
    "score_model": ScoreModel,
    "label_model": LabelModel,
    "multi": MultiGrader,
}


class ValidateGraderRequest(RequestModel):
    """A grader to check."""

    grader: Any

    @field_validator("grader")
    @classmethod
    def _check_grader(cls, given: Any) -> Grader:
        return _check(given, _OuterType)


class RunGraderRequest(ValidateGraderRequest):
    """A grader to run on a sample."""

    item: dict[str, Any] = Field(default_factory=dict)
    model_sample: TemplateText


def without_nulls(value: Any) -> Any:
    """Copy a grader without its nulls, which mean nothing and which the published schema does not know everywhere."""
    if isinstance(value, Mapping):
        return {key: without_nulls(inner) for key, inner in value.items() if inner is not None}
    return [without_nulls(inner) for inner in value] if isinstance(value, list) else value


def _check(given: Any, types: type[_InnerType | _OuterType], *at: str) -> Grader:
    return check_nested(_MODELS[check_nested(types, given, *at).type], given, *at)
