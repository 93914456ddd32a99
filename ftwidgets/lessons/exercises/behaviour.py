"""What the checks that run a learner's function share: how it is stopped, how its results are named, where it failed."""

from __future__ import annotations

BUDGET = 6  # requests that one answer, or one order, may take


class Stopped(BaseException):
    """Ends a loop that does not end by itself; an `except Exception` of the learner does not catch it."""


def name_of(thing: object) -> str:
    """Name the type of a returned or raised object; its own text is not used."""
    if thing is None:
        return "None"
    return type(thing).__name__ if isinstance(thing, BaseException) else f"a {type(thing).__name__}"


def line_of_the_learner(error: Exception) -> str:
    """Return the line of the notebook in which a function of the learner failed; empty if it was none of theirs.

    The functions of a notebook belong to the module `__main__`.
    """
    tb, place = error.__traceback__, ""
    while tb is not None:
        if tb.tb_frame.f_globals.get("__name__") == "__main__":
            place = f"line {tb.tb_lineno} of the cell with {tb.tb_frame.f_code.co_name}"
        tb = tb.tb_next
    return place
