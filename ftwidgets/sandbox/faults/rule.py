"""What every rule of what goes wrong has in common: its values are checked, it can be written as JSON, it may have a route.

`route` is a method and a path below `/v1`, such as `POST /chat/completions`; `*` stands for one part of a path
(`GET /fine_tuning/jobs/*`), alone for everything. Left out: the rules themselves (`rules`).
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, get_type_hints

EVERYTHING = "*"
_METHODS = ("GET", "POST", "DELETE", "PUT", "PATCH", "HEAD")


class RuleError(ValueError):
    """A rule that makes no sense; the message names the value and what is possible."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What all rules have in common."""

    rule: ClassVar[str]

    def __post_init__(self) -> None:
        for name, kind in get_type_hints(type(self)).items():
            if name == "rule":
                continue
            value = getattr(self, name)
            if not _fits(value, kind):
                raise RuleError(f'{self.rule}: "{name}" cannot be {value!r}; it is {_said(kind)}.')
        self._check()

    def _check(self) -> None:
        """Refuse values that make no sense."""

    def to_json(self) -> dict[str, Any]:
        """Write the rule as JSON: its name and every value."""
        return {"rule": self.rule, **{name: list(v) if isinstance(v, tuple) else v for name, v in asdict(self).items()}}

    @property
    def description(self) -> str:
        """What the rule does, in a line."""
        return (type(self).__doc__ or "").partition("\n")[0]

    def at_least(self, least: float, *names: str) -> None:
        """Refuse smaller values."""
        for name in names:
            value = getattr(self, name)
            if value is not None and value < least:
                raise RuleError(f'{self.rule}: "{name}" must be at least {least:g}: {value:g}')


@dataclass(frozen=True, kw_only=True)
class Routed(Rule):
    """A rule for the requests of a route."""

    route: str = EVERYTHING

    def __post_init__(self) -> None:
        super().__post_init__()
        method, _, path = self.route.partition(" ")
        if self.route != EVERYTHING and (method not in _METHODS or not path.startswith("/") or path.startswith("/v1")):
            raise RuleError(f'{self.rule}: "route" is a method and a path below /v1 ("POST /files"), or "*": {self.route!r}')

    def covers(self, method: str, path: str) -> bool:
        """Tell whether a request is one of these."""
        if self.route == EVERYTHING:
            return True
        wanted_method, _, wanted_path = self.route.partition(" ")
        pattern = re.escape(wanted_path).replace(r"\*", "[^/]+")
        return method == wanted_method and re.fullmatch(f"/v1{pattern}", path) is not None


@dataclass(frozen=True, kw_only=True)
class Sometimes(Routed):
    """A rule for some requests of a route: the first `times`, or every so manieth, or a share of them by chance."""

    times: int | None = None
    every: int | None = None
    rate: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self.at_least(1, "times", "every")
        if self.rate is not None and not 0 <= self.rate <= 1:
            raise RuleError(f'{self.rule}: "rate" is a share between 0 and 1: {self.rate:g}')
        if self.every is not None and self.rate is not None:
            raise RuleError(f'{self.rule}: give "every" or "rate", not both.')


def _fits(value: Any, kind: Any) -> bool:
    if kind == tuple[str, ...]:
        return isinstance(value, tuple) and all(isinstance(item, str) for item in value)
    kinds = kind.__args__ if hasattr(kind, "__args__") else (kind,)
    if float in kinds:
        kinds = (*kinds, int)
    return any(type(value) is item for item in kinds) and not (isinstance(value, float) and value - value != 0)


def _said(kind: Any) -> str:
    return {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}.get(kind) or (
        "a list of texts" if kind == tuple[str, ...] else _said(kind.__args__[0]) + " or nothing"
    )
