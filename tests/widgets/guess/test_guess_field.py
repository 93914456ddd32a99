"""A field for a guess: what is typed is there at once, and kept when the learner has finished."""

import time

import pytest

from ftwidgets.widgets.base.panel import WIDGET
from ftwidgets.widgets.guess import GuessField, guess_field


def send(field: GuessField, kind: str, **content: str) -> None:
    field._input._received(field._input, {"type": kind, **content}, None)


def test_typing_and_keeping() -> None:
    """Each letter is in `value` at once; Enter or leaving keeps it, once; the status line says so."""
    kept: list[str] = []
    field = GuessField("How many?", "", lambda text: kept.append(text) or "")  # type: ignore[func-returns-value]
    send(field, "type", value="1")
    send(field, "type", value=" 12 ")
    assert (field.value, kept) == ("12", [])
    send(field, "keep", value="12")
    send(field, "keep", value="12")
    assert kept == ["12"]
    assert "Kept: 12" in field.status.html
    send(field, "keep", value="")
    assert kept == ["12", ""]
    assert "removed" in field.status.html
    assert field._input.value == ""


def test_what_cannot_be_kept_is_said() -> None:
    """As a sentence from where it is kept, or as the failure itself."""
    field = GuessField("How many?", "", lambda _text: "This is not kept.")
    send(field, "keep", value="<b>")
    assert "This is not kept." in field.status.html

    def fail(text: str) -> str:
        raise ValueError(f"no room for {text}")

    field = GuessField("How many?", "", fail)
    send(field, "keep", value="<b>")
    assert "No room for &lt;b&gt;" in field.status.html


def test_settling_keeps_what_was_typed_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a page it waits a moment, in which letters may still arrive; elsewhere it does not wait."""
    kept: list[str] = []
    field = GuessField("How many?", "7", lambda text: kept.append(text) or "")  # type: ignore[func-returns-value]
    began = time.monotonic()
    assert field.settle() == "7"
    assert time.monotonic() - began < guess_field.SETTLED
    send(field, "shown")
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 1:
            send(field, "type", value="75")
        monkeypatch.setattr(guess_field.time, "monotonic", lambda: began + 10 * len(slept))

    monkeypatch.setattr(guess_field.time, "sleep", sleep)
    assert field.settle() == "75"
    assert kept == ["75"]
    assert slept


def test_messages_that_are_none_are_ignored() -> None:
    """Whatever a page sends."""
    field = GuessField("How many?", "7", lambda _text: "")
    for content in ({}, {"type": "type"}, {"type": "type", "value": 3}, None, {"type": "other", "value": "x"}):
        field._input._received(field._input, content, None)
    assert field.value == "7"


def test_its_plain_form() -> None:
    """The question and the guess, or where to type one; small: no heading, no code."""
    field = GuessField("Is 1 < 2?", "", lambda _text: "")
    assert repr(field) == "GuessField: No guess yet. In JupyterLab there is a field for it here."
    send(field, "type", value="<yes>")
    shown = field._repr_mimebundle_()
    assert WIDGET in shown
    assert shown["text/plain"] == "Is 1 < 2?\nYour guess: <yes>"
    assert "&lt;yes&gt;" in shown["text/html"]
    assert field.code == "# Is 1 < 2? <yes>"
    assert len(field.children) == 3
