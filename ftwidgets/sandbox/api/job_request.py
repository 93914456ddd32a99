"""The parameters of `POST /fine_tuning/jobs`. Whether the files and the model exist is checked in `jobs`."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationInfo, ValidatorFunctionWrapHandler, WrapValidator, field_validator

from ftwidgets.sandbox.api.request_model import Metadata, ParameterError, RequestModel, only, unsupported
from ftwidgets.sandbox.ids import LARGEST_SEED

AUTO = dict.fromkeys(("n_epochs", "batch_size", "learning_rate_multiplier"), "auto")


def _or_auto(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    return value if value == "auto" else validate(value)


def _check_suffix(suffix: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._-]+", suffix):
        message = f"Invalid '{{path}}': '{suffix}'. Use letters, digits, '-', '_' and '.' only; it becomes part of a name."
        raise ParameterError(message, "invalid_value")
    return suffix


class JobHyperparameters(RequestModel):
    """The settings of a supervised job; each may also be "auto"."""

    n_epochs: Annotated[int, Field(ge=1, le=50), WrapValidator(_or_auto)] | None = None
    batch_size: Annotated[int, Field(ge=1, le=256), WrapValidator(_or_auto)] | None = None
    learning_rate_multiplier: Annotated[float, Field(gt=0), WrapValidator(_or_auto)] | None = None

    def given(self) -> dict[str, Any]:
        """Return the settings that are not left to their defaults."""
        return {name: value for name, value in self if value is not None}


class DpoHyperparameters(JobHyperparameters):
    """The settings of a DPO job."""

    beta: Annotated[float, Field(gt=0, le=2), WrapValidator(_or_auto)] | None = None


class SupervisedMethod(RequestModel):
    """`method.supervised`."""

    hyperparameters: JobHyperparameters = JobHyperparameters()


class DpoMethod(RequestModel):
    """`method.dpo`."""

    hyperparameters: DpoHyperparameters = DpoHyperparameters()


class JobMethod(RequestModel):
    """A training method and its settings; settings of another method are rejected."""

    type: Literal["supervised", "dpo", "reinforcement"] = "supervised"
    supervised: SupervisedMethod = SupervisedMethod()
    dpo: DpoMethod = DpoMethod()
    reinforcement: Any = None

    @field_validator("type")
    @classmethod
    def _check_type(cls, type_: str) -> str:
        if type_ == "reinforcement":
            message = f"Unsupported value: '{{path}}' is '{type_}'; this sandbox trains with 'supervised' and 'dpo' only."
            raise ParameterError(message, "unsupported_value")
        return type_

    @field_validator("supervised", "dpo", "reinforcement", mode="wrap")
    @classmethod
    def _check_settings(cls, value: Any, validate: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
        chosen = info.data.get("type", info.field_name)
        if chosen != info.field_name:
            raise unsupported(f"This job's 'method.type' is '{chosen}'.")
        return validate(value)

    @property
    def hyperparameters(self) -> JobHyperparameters:
        """The settings of the chosen method."""
        return self.dpo.hyperparameters if self.type == "dpo" else self.supervised.hyperparameters


class JobRequest(RequestModel):
    """A new fine-tuning job; hyperparameters may also be where they were before there were methods."""

    integrations: Annotated[Any, only([], instead="Read the job's events for its metrics.")] = None
    method: JobMethod = JobMethod()
    hyperparameters: JobHyperparameters = JobHyperparameters()
    model: str
    training_file: str
    validation_file: str | None = None
    suffix: Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_check_suffix)] | None = None
    seed: Annotated[int, Field(ge=0, le=LARGEST_SEED)] | None = None
    metadata: Metadata | None = None

    @field_validator("hyperparameters", mode="wrap")
    @classmethod
    def _check_hyperparameters(cls, value: Any, validate: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
        method: JobMethod | None = info.data.get("method")
        if method is not None and method.type == "dpo" and value != {}:
            raise unsupported("Give them in 'method.dpo.hyperparameters'.")
        old: JobHyperparameters = validate(value)
        new = method.hyperparameters.given() if method is not None else {}
        for name, setting in old.given().items():
            if name in new and new[name] != setting:
                conflict = f"'{name}' is {setting!r} here and {new[name]!r} in 'method'. Give it in 'method' only."
                raise ParameterError(f"Invalid 'hyperparameters': {conflict}", None, name)
        return old

    @property
    def all_hyperparameters(self) -> dict[str, Any]:
        """Every setting of the method, "auto" where none is given."""
        beta = {"beta": "auto"} if self.method.type == "dpo" else {}
        return {**AUTO, **beta, **self.hyperparameters.given(), **self.method.hyperparameters.given()}
