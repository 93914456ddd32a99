"""The parameters of one request, taken one by one; what is wrong, out of range or left over is refused by name.

The messages and codes are those the service uses for the same mistake. Left out: what the parameters do.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from starlette.requests import Request

from ftwidgets.sandbox.api_errors import ApiError, refused

_NAMES = {
    str: "a string",
    bool: "a boolean",
    int: "an integer",
    float: "a decimal",
    list: "an array",
    dict: "an object",
}


def kind_of(value: Any) -> str:
    """Name the JSON type of a value as the messages do."""
    return "null" if value is None else _NAMES.get(type(value), "something else")


class Params:
    """The values given, by name; each `take` method checks one and crosses it off.

    Parameters
    ----------
    values
        What the request carries.
    within
        The path of the object they belong to, for messages: `method.supervised`.
    """

    def __init__(self, values: Mapping[str, Any], within: str = "") -> None:
        self._values = dict(values)
        self._within = within

    def path(self, name: str) -> str:
        """Name a parameter in full."""
        return f"{self._within}.{name}" if self._within else name

    def has(self, name: str) -> bool:
        """Tell whether a parameter was given, be it null."""
        return name in self._values

    def take(self, name: str, *kinds: type, required: bool = False) -> Any:
        """Take a value of one of these types; None where it is absent or null."""
        value = self._values.pop(name, None)
        if value is None:
            if required:
                raise refused(
                    f"Missing required parameter: '{self.path(name)}'.",
                    param=self.path(name),
                    code="missing_required_parameter",
                )
            return None
        if not any(type(value) is kind for kind in kinds):
            expected = " or ".join(_NAMES[kind] for kind in kinds)
            raise self._wrong_type(name, expected, value)
        return value

    def text(self, name: str, *, required: bool = False, shortest: int = 0, longest: int | None = None) -> str | None:
        """Take a string."""
        value: str | None = self.take(name, str, required=required)
        if value is not None and len(value) < shortest:
            self._bound(name, "string", "short", "minimum length", shortest, len(value), "string_below_min_length")
        if value is not None and longest is not None and len(value) > longest:
            self._bound(name, "string", "long", "maximum length", longest, len(value), "string_above_max_length")
        return value

    def choice(self, name: str, choices: Sequence[str], *, required: bool = False) -> str | None:
        """Take one of a few strings."""
        value = self.text(name, required=required)
        if value is not None and value not in choices:
            listed = ", ".join(repr(item) for item in choices)
            raise refused(
                f"Invalid value: '{value:.100}'. Supported values are: {listed}.",
                param=self.path(name),
                code="invalid_value",
            )
        return value

    def boolean(self, name: str) -> bool:
        """Take true or false (absent means false)."""
        return bool(self.take(name, bool))

    def integer(self, name: str, *, least: int | None = None, most: int | None = None, required: bool = False) -> int | None:
        """Take a whole number."""
        value: int | None = self.take(name, int, required=required)
        self._in_range(name, "integer", value, least, most)
        return value

    def number(
        self, name: str, *, least: float | None = None, most: float | None = None, more_than: float | None = None
    ) -> float | None:
        """Take a number, whole or not."""
        value: float | None = self.take(name, float, int)
        if value is not None and abs(value) > sys.float_info.max:  # JSON knows no infinity, but 1e999 reads as one
            self._limit(name, "decimal above maximum value", "<=", sys.float_info.max, value, "decimal_above_max_value")
        self._in_range(name, "decimal", value, least, most)
        if value is not None and more_than is not None and not value > more_than:
            self._limit(name, "decimal below minimum value", ">", more_than, value, "decimal_below_min_value")
        return None if value is None else float(value)

    def auto(self, name: str) -> bool:
        """Take the word "auto"; tell whether it was there."""
        if self._values.get(name) != "auto":
            return False
        del self._values[name]
        return True

    def inner(self, name: str) -> Params:
        """Take an object, as parameters of its own (empty where it is absent)."""
        return Params(self.take(name, dict) or {}, self.path(name))

    def strings(self, name: str, *, pairs: int, key: int, value: int) -> dict[str, str] | None:
        """Take an object of strings, such as metadata."""
        given: dict[str, Any] | None = self.take(name, dict)
        if given is None:
            return None
        if len(given) > pairs:
            raise refused(
                f"Invalid '{self.path(name)}': too many properties. Expected an object with at most {pairs}, "
                f"but got an object with {len(given)} properties instead.",
                param=self.path(name),
                code="object_above_max_properties",
            )
        inner = Params(given, self.path(name))
        for item in given:
            if len(item) > key:
                raise refused(
                    f"Invalid property name in '{self.path(name)}': '{item[:20]}…' is longer than {key} characters.",
                    param=self.path(name),
                    code="property_name_above_max_length",
                )
            if inner.text(item, longest=value) is None:
                raise inner._wrong_type(item, "a string", None)
        return dict(given)

    def texts(self, name: str, *, most: int, shortest: int = 0, longest: int | None = None) -> list[str]:
        """Take a list of strings that has to be there."""
        given: list[Any] = self.take(name, list, required=True)
        if not given:
            self._bound(name, "array", "short", "minimum length", 1, 0, "array_below_min_length")
        if len(given) > most:
            self._bound(name, "array", "long", "maximum length", most, len(given), "array_above_max_length")
        inner = Params({f"{name}[{place}]": item for place, item in enumerate(given)}, self._within)
        return [str(inner.text(item, required=True, shortest=shortest, longest=longest)) for item in list(inner._values)]

    def unsupported(self, name: str, *accepted: Any, instead: str = "") -> None:
        """Refuse a parameter of the service that the sandbox does not have, unless its value asks for nothing."""
        value = self._values.pop(name, None)
        if value is None or any(type(value) is type(item) and value == item for item in accepted):
            return
        advice = f" {instead}" if instead else ""
        raise refused(
            f"Unsupported parameter: '{self.path(name)}' is not supported by this sandbox.{advice}",
            param=self.path(name),
            code="unsupported_parameter",
        )

    def done(self) -> None:
        """Refuse what nobody has taken."""
        for name in self._values:
            raise refused(f"Unknown parameter: '{self.path(name)}'.", param=self.path(name), code="unknown_parameter")

    def _in_range(self, name: str, kind: str, value: float | None, least: float | None, most: float | None) -> None:
        if value is not None and least is not None and not value >= least:
            self._limit(name, f"{kind} below minimum value", ">=", least, value, f"{kind}_below_min_value")
        if value is not None and most is not None and not value <= most:
            self._limit(name, f"{kind} above maximum value", "<=", most, value, f"{kind}_above_max_value")

    def _limit(self, name: str, what: str, sign: str, limit: float, value: float, code: str) -> NoReturn:
        raise refused(
            f"Invalid '{self.path(name)}': {what}. Expected a value {sign} {limit}, but got {value} instead.",
            param=self.path(name),
            code=code,
        )

    def _bound(self, name: str, kind: str, how: str, what: str, limit: int, length: int, code: str) -> NoReturn:
        one = f"an {kind}" if kind[0] in "ao" else f"a {kind}"
        raise refused(
            f"Invalid '{self.path(name)}': {kind} too {how}. Expected {one} with {what} {limit}, "
            f"but got {one} with length {length} instead.",
            param=self.path(name),
            code=code,
        )

    def _wrong_type(self, name: str, expected: str, value: Any) -> ApiError:
        return refused(
            f"Invalid type for '{self.path(name)}': expected {expected}, but got {kind_of(value)} instead.",
            param=self.path(name),
            code="invalid_type",
        )


async def body_params(request: Request) -> Params:
    """Read the JSON body of a request."""
    raw = await request.body()
    try:
        body = json.loads(raw, parse_constant=_no_constants)
        json.dumps(body, ensure_ascii=False).encode()  # half of a surrogate pair cannot be stored or sent back
    except (ValueError, RecursionError) as error:
        raise refused(
            "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP "
            f"library correctly. The API expects a JSON payload, but what was sent was not valid JSON: {error}.)"
        ) from error
    if not isinstance(body, dict):
        raise refused(f"Invalid body: expected an object, but got {kind_of(body)} instead.", code="invalid_type")
    return Params(body)


class Query(Params):
    """The parameters in the address of a request, all of them text."""

    def __init__(self, request: Request) -> None:
        super().__init__(dict(request.query_params))

    def whole(self, name: str, default: int, *, most: int) -> int:
        """Take a whole number of at least one, written in digits."""
        text = self.text(name)
        if text is None:
            return default
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            raise refused(
                f"Invalid type for '{name}': expected an integer of at least 1, but got '{text}' instead.",
                param=name,
                code="invalid_type",
            )
        self._in_range(name, "integer", int(text), 1, most)
        return int(text)

    def keyed(self, name: str) -> dict[str, str]:
        """Take all of `name[key]=value`."""
        opening = f"{name}["
        found = [item for item in self._values if item.startswith(opening) and item.endswith("]")]
        return {item[len(opening) : -1]: self._values.pop(item) for item in found}


def _no_constants(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")
