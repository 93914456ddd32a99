"""The formula of a multi grader, such as `0.5 * name + 0.5 * min(email, 1)`: parsed, then evaluated.

Numbers, the names of graders, `+ - * / ^`, brackets, and eight functions: what OpenAI's guide to graders lists. Every
number is a float, so that no formula can be slow: what grows too large ends in an error at once.
Left out: any other way to compute, `eval` above all.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence, Set
from functools import partial

LONGEST = 2000  # characters
DEEPEST = 50  # nested brackets, signs and powers

Number = Callable[[Mapping[str, float]], float]

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[A-Za-z_]\w*)|(?P<operator>[-+*/^(),]))", re.A
)

_OPERATORS = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}
_FUNCTIONS: dict[str, Callable[[float], float]] = {
    "abs": abs,
    "floor": lambda value: float(math.floor(value)),
    "ceil": lambda value: float(math.ceil(value)),
    "exp": math.exp,
    "sqrt": math.sqrt,
    "log": math.log,
}
_CHOICES: dict[str, Callable[[list[float]], float]] = {"min": min, "max": max}


class FormulaError(ValueError):
    """A formula that cannot be parsed; the message says where and why."""


class Formula:
    """A parsed formula of the graders with these names; a `FormulaError` if the text is none, or uses another name."""

    def __init__(self, text: str, names: Set[str]) -> None:
        if len(text) > LONGEST:
            raise FormulaError(f"the formula has {len(text)} characters; at most {LONGEST} are allowed")
        self._names = names
        self._tokens = _tokens(text)
        self._place = 0
        self._depth = 0
        self._value = self._sum()
        if self._peek():
            raise FormulaError(f"nothing was expected where {self._peek()!r} stands")

    def evaluate(self, values: Mapping[str, float]) -> float:
        """Return the value of the formula, given the value of each name.

        Raises `ArithmeticError` or `ValueError` if there is none: a division by zero, the logarithm of 0, an overflow.
        """
        value = self._value(values)
        if not math.isfinite(value):
            raise OverflowError(f"the formula gives {value}")
        return value

    def _peek(self) -> str:
        return self._tokens[self._place] if self._place < len(self._tokens) else ""

    def _next_token(self) -> str:
        token = self._peek()
        self._place += 1
        return token

    def _sum(self) -> Number:
        terms = [("+", self._product())]
        while self._peek() in ("+", "-"):
            terms.append((self._next_token(), self._product()))
        return partial(_evaluate, 0.0, terms)

    def _product(self) -> Number:
        factors = [("*", self._signed())]
        while self._peek() in ("*", "/"):
            factors.append((self._next_token(), self._signed()))
        return partial(_evaluate, 1.0, factors)

    def _signed(self) -> Number:
        """Parse `-x`; a power binds closer: `-x^2` is `-(x^2)`, as in mathematics."""
        self._depth += 1
        if self._depth > DEEPEST:
            raise FormulaError(f"brackets, signs and powers are more than {DEEPEST} deep")
        if self._peek() in ("+", "-"):
            value: Number = partial(_evaluate, 0.0, [(self._next_token(), self._signed())])
        else:
            value = self._power()
        self._depth -= 1
        return value

    def _power(self) -> Number:
        """Parse `x^y`, from the right: `x^y^z` is `x^(y^z)`, as in mathematics."""
        base = self._atom()
        if self._peek() != "^":
            return base
        self._next_token()
        exponent = self._signed()
        return lambda values: math.pow(base(values), exponent(values))

    def _atom(self) -> Number:
        token = self._next_token()
        if token == "(":
            value = self._sum()
            self._expect(")")
            return value
        if token[:1].isdigit() or token[:1] == ".":
            number = float(token)
            return lambda values: number
        if not (token[:1].isalpha() or token[:1] == "_"):
            raise FormulaError(f"a number or a name was expected, but {_shown(token)}")
        if self._peek() == "(":
            return self._call(token)
        if token not in self._names:
            raise FormulaError(f"there is no grader called '{token:.60}'; there are: {', '.join(sorted(self._names)):.200}")
        return lambda values: values[token]

    def _call(self, name: str) -> Number:
        self._expect("(")
        given = [self._sum()]
        while self._peek() == ",":
            self._next_token()
            given.append(self._sum())
        self._expect(")")
        if name in _CHOICES:
            choose = _CHOICES[name]
            return lambda values: choose([argument(values) for argument in given])
        if name not in _FUNCTIONS:
            raise FormulaError(f"there is no function '{name:.60}'; there are: {', '.join(sorted([*_FUNCTIONS, *_CHOICES]))}")
        if len(given) != 1:
            raise FormulaError(f"'{name}' takes one number, but {len(given)} are given")
        function = _FUNCTIONS[name]
        return lambda values: function(given[0](values))

    def _expect(self, token: str) -> None:
        found = self._next_token()
        if found != token:
            raise FormulaError(f"'{token}' was expected, but {_shown(found)}")


def _tokens(text: str) -> list[str]:
    found: list[str] = []
    place, text = 0, text.rstrip()
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise FormulaError(f"{text[place:].lstrip()[:20]!r} cannot be read")
        if match.group() == "*" and found[-1:] == ["*"]:
            raise FormulaError("'**' is not known here; a power is written '^'")
        found.append(match.group().strip())
        place = match.end()
    return found


def _evaluate(total: float, terms: Sequence[tuple[str, Number]], values: Mapping[str, float]) -> float:
    for symbol, term in terms:
        total = _OPERATORS[symbol](total, term(values))
    return total


def _shown(token: str) -> str:
    return f"{token!r} stands there" if token else "the formula ends there"
