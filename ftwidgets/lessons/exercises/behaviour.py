"""What the checks that run a learner's function share: how it is stopped, and how its results are named."""

from __future__ import annotations

BUDGET = 6  # requests that one answer, or one order, may take


class Stopped(BaseException):
    """Ends a loop that does not end by itself; an `except Exception` of the learner does not catch it."""


def name_of(thing: object) -> str:
    """Name the type of a returned or raised object; its own text is not used."""
    if thing is None:
        return "None"
    return type(thing).__name__ if isinstance(thing, BaseException) else f"a {type(thing).__name__}"
