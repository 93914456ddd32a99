"""Formulas: what they come to, what is refused with a reason, and that none of them can be slow."""

import contextlib
import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftwidgets.sandbox.api.graders.formula import DEEPEST, LONGEST, Formula, FormulaError

VALUES = {"name": 0.5, "email": 1.0, "_x1": 0.0}

WORTH = [
    ("(name + email) / 2", 0.75),
    ("0.5 * name + 0.5 * email", 0.75),
    ("1 - name - .25", 0.25),
    ("8 / 4 / 2", 1),
    ("2 + 3 * 4", 14),
    ("2^3^2", 512),
    ("-2^2", -4),
    ("2^-1", 0.5),
    ("--name", 0.5),
    ("+1e2", 100),
    ("3.", 3),
    ("min(name, email, 3)", 0.5),
    ("max(name)", 0.5),
    ("abs(name - email)", 0.5),
    ("floor(-1.5) + ceil(1.2)", 0),
    ("exp(_x1) + log(exp(2)) + sqrt(4)", 5),
    ("(100 - abs(name - email)) / 100", 0.995),
    (" \n max ( name ,email ) ", 1),
]

UNREADABLE = [
    ("", "a number or a name was expected, but the formula ends there"),
    ("name +", "the formula ends there"),
    ("name email", "nothing was expected where 'email' stands"),
    ("(name", r"'\)' was expected"),
    ("name)", "nothing was expected"),
    ("2 ** 3", "a power is written '\\^'"),
    ("nam", "no grader called 'nam'; there are: _x1, email, name"),
    ("cos(name)", "no function 'cos'; there are: abs, ceil"),
    ("abs(name, email)", "'abs' takes one number, but 2 are given"),
    ("min()", "a number or a name was expected"),
    ("name = 1", "'= 1' cannot be read"),
    ("'a'", "cannot be read"),
    ("٣", "cannot be read"),
    ("__import__('os')", "cannot be read"),
    ("name.real", "cannot be read"),
    ("(" * (DEEPEST + 1) + "1" + ")" * (DEEPEST + 1), "more than 50 deep"),
    ("-" * 1000 + "1", "more than 50 deep"),
    ("1^" * 900 + "1", "more than 50 deep"),
    ("1" * (LONGEST + 1), "at most 2000"),
]


@pytest.mark.parametrize(("text", "expected"), WORTH)
def test_a_formula_comes_to_its_value(text: str, expected: float) -> None:
    """By the rules of arithmetic: powers from the right and before signs, the rest from the left."""
    assert Formula(text, VALUES.keys()).evaluate(VALUES) == pytest.approx(expected)


@pytest.mark.parametrize(("text", "reason"), UNREADABLE)
def test_what_is_no_formula_is_refused_with_the_reason(text: str, reason: str) -> None:
    """Before anything is worked out."""
    with pytest.raises(FormulaError, match=reason):
        Formula(text, VALUES.keys())


@pytest.mark.parametrize("text", ["1 / _x1", "log(0)", "sqrt(-1)", "(-8)^0.5", "2^9^9", "exp(1e9)", "1e999", "1e999 - 1e999"])
def test_what_has_no_value_is_an_error_of_arithmetic(text: str) -> None:
    """At once, however large it would be."""
    began = time.perf_counter()
    with pytest.raises((ArithmeticError, ValueError)):
        Formula(text, VALUES.keys()).evaluate(VALUES)
    assert time.perf_counter() - began < 1


@pytest.mark.parametrize("text", ["1" + "+1" * 999, "1" + "*1" * 999, "(" * 49 + "1" + ")" * 49, "max(" * 49 + "1" + ")" * 49])
def test_the_longest_and_deepest_formulas_still_work(text: str) -> None:
    """No limit of Python is near."""
    assert Formula(text, VALUES.keys()).evaluate(VALUES) in (1, 1000)


@given(st.text(alphabet="0123456789.eE+-*/^(), nameil_x\n", max_size=80))
def test_any_text_is_a_finite_number_or_a_known_error(text: str) -> None:
    """Nothing else comes out of a formula."""
    with contextlib.suppress(ArithmeticError, ValueError):
        assert math.isfinite(Formula(text, VALUES.keys()).evaluate(VALUES))


@given(
    st.recursive(st.sampled_from(["name", "email", "2", "0.5"]), lambda inner: st.tuples(inner, st.sampled_from("+-*"), inner))
)
def test_plain_arithmetic_agrees_with_python(tree: object) -> None:
    """On any tree of sums and products, written with brackets."""

    def written(node: object) -> str:
        return node if isinstance(node, str) else "(" + " ".join(map(written, node)) + ")" if isinstance(node, tuple) else ""

    text = written(tree)
    if text.count("(") < DEEPEST:
        assert Formula(text, VALUES.keys()).evaluate(VALUES) == pytest.approx(eval(text, {}, VALUES))
