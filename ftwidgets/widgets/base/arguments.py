"""Check what code gives to a widget: a wrong type is an error with its value and what to give, before any control sees it."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any


def require_text(name: str, value: object) -> str:
    """Return a text; it may be empty."""
    if not isinstance(value, str):
        raise ValueError(f'"{name}" must be a text in quotes; it may be empty: {value!r:.60}')
    return value


def require_text_or_none(name: str, value: object) -> str | None:
    """Return a text, or None."""
    if value is not None and not isinstance(value, str):
        raise ValueError(f'"{name}" must be a text in quotes, or None: {value!r:.60}')
    return value


def require_whole(name: str, value: object, *, least: int | None = None, meaning: str = "") -> int:
    """Return a whole number, `least` or more; `meaning` says what a special number stands for."""
    if isinstance(value, bool) or not isinstance(value, Integral) or (least is not None and int(value) < least):
        start = "" if least is None else f" from {least}"
        raise ValueError(f'"{name}" must be a whole number{start}{meaning and f" ({meaning})"}: {value!r:.60}')
    return int(value)


def require_number(name: str, value: object, *, least: float, most: float, meaning: str = "") -> float:
    """Return a number between two others, both included; `meaning` says what a special number stands for."""
    if isinstance(value, bool) or not isinstance(value, Real) or not least <= float(value) <= most:
        rule = f"a number from {least:g} to {most:g}{meaning and f' ({meaning})'}"
        raise ValueError(f'"{name}" must be {rule}: {value!r:.60}')
    return value if isinstance(value, int | float) else float(value)


def require_client(value: object) -> Any:
    """Return an `openai.OpenAI` client."""
    import openai

    if not isinstance(value, openai.OpenAI):
        raise ValueError(f'"client" must be an openai.OpenAI client, such as ftwidgets.connect() returns: {value!r:.60}')
    return value
