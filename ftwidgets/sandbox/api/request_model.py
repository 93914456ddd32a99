"""Request bodies and queries as pydantic models, and OpenAI's wording of what is wrong with one.

A model lists its parameters in the order in which they are checked: the first error is the one that is reported.
"""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any, Literal, NoReturn, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from starlette.requests import Request

from ftwidgets.sandbox.api_errors import invalid_request

M = TypeVar("M", bound="RequestModel")

_JSON_TYPES = {
    type(None): "null",
    str: "a string",
    bool: "a boolean",
    int: "an integer",
    float: "a decimal",
    list: "an array",
    dict: "an object",
}

_TYPE = "Invalid type for '{path}': expected {expected}, but got {json_type} instead."
_RANGE = "Invalid '{path}': {number} {side} value. Expected a value {relation} {limit}, but got {value} instead."
_LENGTH = (
    "Invalid '{path}': {kind} too {side}. Expected {limit_text} {limit}, but got {kind_text} with length {length} instead."
)
_SHORT_STRING = {"kind": "string", "kind_text": "a string", "side": "short", "limit_text": "a string with minimum length"}
_LONG_STRING = {"kind": "string", "kind_text": "a string", "side": "long", "limit_text": "a string with maximum length"}
_SHORT_ARRAY = {"kind": "array", "kind_text": "an array", "side": "short", "limit_text": "an array with minimum length"}
_LONG_ARRAY = {"kind": "array", "kind_text": "an array", "side": "long", "limit_text": "an array with maximum length"}
_MANY = (
    "Invalid '{path}': too many properties. Expected an object with at most {limit}, "
    "but got an object with {length} properties instead."
)
_LONG_KEY = "Invalid property name in '{path}': '{value:.20}…' is longer than {limit} characters."

# pydantic's error type -> OpenAI's message, its code, and what else the message needs.
_WORDING: dict[str, tuple[str, str, dict[str, str]]] = {
    "missing": ("Missing required parameter: '{path}'.", "missing_required_parameter", {}),
    "extra_forbidden": ("Unknown parameter: '{path}'.", "unknown_parameter", {}),
    "string_type": (_TYPE, "invalid_type", {"expected": "a string"}),
    "bool_type": (_TYPE, "invalid_type", {"expected": "a boolean"}),
    "int_type": (_TYPE, "invalid_type", {"expected": "an integer"}),
    "float_type": (_TYPE, "invalid_type", {"expected": "a decimal or an integer"}),
    "list_type": (_TYPE, "invalid_type", {"expected": "an array"}),
    "dict_type": (_TYPE, "invalid_type", {"expected": "an object"}),
    "model_type": (_TYPE, "invalid_type", {"expected": "an object"}),
    "literal_error": ("Invalid value: '{value:.100}'. Supported values are: {expected}.", "invalid_value", {}),
    "greater_than": (_RANGE, "{number}_below_min_value", {"side": "below minimum", "relation": ">"}),
    "greater_than_equal": (_RANGE, "{number}_below_min_value", {"side": "below minimum", "relation": ">="}),
    "less_than": (_RANGE, "{number}_above_max_value", {"side": "above maximum", "relation": "<"}),
    "less_than_equal": (_RANGE, "{number}_above_max_value", {"side": "above maximum", "relation": "<="}),
    "finite_number": (_RANGE, "decimal_above_max_value", {"side": "above maximum", "relation": "<="}),
    "string_too_short": (_LENGTH, "string_below_min_length", _SHORT_STRING),
    "string_too_long": (_LENGTH, "string_above_max_length", _LONG_STRING),
    "too_short": (_LENGTH, "array_below_min_length", _SHORT_ARRAY),
    "too_long": (_LENGTH, "array_above_max_length", _LONG_ARRAY),
    "too_many_properties": (_MANY, "object_above_max_properties", {}),
    "key_too_long": (_LONG_KEY, "property_name_above_max_length", {}),
}


class ParameterError(ValueError):
    """What a validator found wrong with a parameter, in the words of the API.

    The first `{path}` of the message becomes the parameter's name in full; `at` is where below that parameter the fault
    lies, such as `0, "role"`; `param` is another parameter to name as the error's `param`.
    """

    def __init__(self, message: str, code: str | None, *at: str | int, param: str | None = None) -> None:
        super().__init__(message)
        self.message, self.code, self.at, self.param = message, code, at, param


class RequestModel(BaseModel):
    """The parameters of a request: exact types, no unknown names, null the same as left out."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True)

    @model_validator(mode="before")
    @classmethod
    def _drop_nulls(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        return {name: value for name, value in values.items() if value is not None or name not in cls.model_fields}


class MetadataQuery(RequestModel):
    """A query that may select by metadata: `metadata[key]=value`, or `metadata=null` for what has none."""

    metadata_pairs: dict[str, str] = Field(default_factory=dict, alias="metadata[]")
    metadata: Literal["null"] | None = None

    @model_validator(mode="before")
    @classmethod
    def _gather_pairs(cls, values: dict[str, str]) -> dict[str, Any]:
        pairs = query_pairs(values, "metadata")
        rest = {key: value for key, value in values.items() if key not in pairs}
        return {**rest, "metadata[]": {key[len("metadata[") : -1]: value for key, value in pairs.items()}}


def query_pairs(values: dict[str, str], name: str) -> dict[str, str]:
    """Return those values of a query that are written `name[key]=value`."""
    return {key: value for key, value in values.items() if key.startswith(f"{name}[") and key.endswith("]")}


def json_type(value: Any) -> str:
    """Return the name of a value's JSON type, as messages have it."""
    return _JSON_TYPES.get(type(value), "something else")


def parse_json(text: str | bytes) -> Any:
    """Parse JSON; unlike Python, which reads NaN and Infinity too."""

    def reject(constant: str) -> NoReturn:
        raise ValueError(f"{constant} is not JSON")

    return json.loads(text, parse_constant=reject)


def wrong_type(value: Any, expected: str, *at: str | int) -> ParameterError:
    """Return the fault of a value whose type is none of the expected ones."""
    message = f"Invalid type for '{{path}}': expected {expected}, but got {json_type(value)} instead."
    return ParameterError(message, "invalid_type", *at)


def unsupported(instead: str = "", *at: str | int) -> ParameterError:
    """Return the error of a parameter that the sandbox does not have; `instead` says what to use."""
    message = f"Unsupported parameter: '{{path}}' is not supported by this sandbox. {instead}".rstrip()
    return ParameterError(message, "unsupported_parameter", *at)


def one_of(*types: type) -> AfterValidator:
    """Accept values of these types, and no others."""

    def check(value: Any) -> Any:
        if type(value) not in types:
            raise wrong_type(value, " or ".join(_JSON_TYPES[kind] for kind in types))
        return value

    return AfterValidator(check)


def only(*accepted: Any, instead: str = "") -> AfterValidator:
    """Accept a parameter that the sandbox does not have only with a value that asks for nothing."""

    def check(value: Any) -> Any:
        if not any(type(value) is type(item) and value == item for item in accepted):
            raise unsupported(instead)
        return value

    return AfterValidator(check)


def not_empty(values: list[Any]) -> list[Any]:
    """Reject an empty list."""
    if not values:
        message = "Invalid '{path}': empty array. Expected an array with minimum length 1, but got an empty array instead."
        raise ParameterError(message, "empty_array")
    return values


def whole_number(text: str) -> int:
    """Parse a parameter of a query as a number that is not negative."""
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        message = f"Invalid type for '{{path}}': expected an integer of at least 1, but got '{text}' instead."
        raise ParameterError(message, "invalid_type")
    return int(text)


Unsupported = Annotated[Any, only()]
NotEmpty = Annotated[list[Any], AfterValidator(not_empty)]
Metadata = Annotated[dict[Annotated[str, Field(max_length=64)], Annotated[str, Field(max_length=512)]], Field(max_length=16)]
Count = Annotated[int, BeforeValidator(whole_number), Field(ge=1)]  # in a query, where every value is text


async def read_body(request: Request, model: type[M]) -> M:
    """Read the JSON body of a request; what is not JSON, or the first parameter that is wrong, is a 400."""
    raw = await request.body()
    try:
        body = parse_json(raw)
        json.dumps(body, ensure_ascii=False).encode()  # a lone surrogate cannot be stored or sent back
    except (ValueError, RecursionError) as error:
        raise invalid_request(
            "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP "
            f"library correctly. The API expects a JSON payload, but what was sent was not valid JSON: {error}.)"
        ) from error
    if not isinstance(body, dict):
        raise invalid_request(f"Invalid body: expected an object, but got {json_type(body)} instead.", code="invalid_type")
    return check_parameters(model, body)


def read_query(request: Request, model: type[M]) -> M:
    """Read the query of a request; a name given several times counts once, with its last value."""
    return check_parameters(model, dict(request.query_params))


def check_no_query(request: Request) -> None:
    """Reject any query parameter."""
    read_query(request, RequestModel)


def check_parameters(model: type[M], values: dict[str, Any]) -> M:
    """Return the checked parameters; the first that is wrong is a 400 in OpenAI's words."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        fault = _first_fault(error)
    path = path_of(*fault.at)
    raise invalid_request(fault.message.replace("{path}", path, 1), param=fault.param or path, code=fault.code)


def check_nested(model: type[M], values: Any, *at: str | int) -> M:
    """Check a value that lies at this place below the parameter being validated: for use in validators."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        fault = _first_fault(error)
    raise ParameterError(fault.message, fault.code, *at, *fault.at, param=fault.param)


def path_of(*at: str | int) -> str:
    """Write a place in a body as messages do: `messages[0].content`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in at).removeprefix(".")


def _first_fault(error: ValidationError) -> ParameterError:
    """Put pydantic's first error into OpenAI's words."""
    first = error.errors(include_url=False)[0]
    at, context = first["loc"], first.get("ctx", {})
    if isinstance(fault := context.get("error"), ParameterError):
        return ParameterError(fault.message, fault.code, *at, *fault.at, param=fault.param)
    value = first["input"]
    type_ = _error_type(first["type"], value, at)
    if type_ == "key_too_long":
        at = at[:-2]
    limit = next(
        (context[name] for name in ("ge", "gt", "le", "lt", "min_length", "max_length") if name in context), sys.float_info.max
    )
    message, code, more = _WORDING[type_]
    words = {
        "path": "{path}",
        "value": value,
        "json_type": json_type(value),
        "length": len(value) if isinstance(value, str | list | dict) else 0,
        "number": "integer" if isinstance(limit, int) else "decimal",
        "limit": int(limit) if abs(limit) < sys.float_info.max else limit,
        "expected": context.get("expected", "").replace(" or ", ", "),
        **more,
    }
    return ParameterError(message.format(**words), code.format(**words), *at)


def _error_type(type_: str, value: Any, at: tuple[str | int, ...]) -> str:
    """Return the type of an error, split where OpenAI has two messages for one of pydantic's."""
    if type_ == "string_type" and value is None and at and isinstance(at[-1], int):
        return "missing"  # a null in a list of strings
    if type_ == "literal_error" and not isinstance(value, str):
        return "string_type"
    if type_ == "float_type" and type(value) is int:
        return "finite_number"
    if type_ == "too_long" and isinstance(value, dict):
        return "too_many_properties"
    if type_ == "string_too_long" and at[-1] == "[key]" and at[-2] == value:
        return "key_too_long"
    return type_
