"""What code gives to a widget is checked in words: the name, the rule, the value."""

from typing import Any

import numpy as np
import openai
import pytest

from ftwidgets.widgets.base.arguments import require_client, require_number, require_text, require_whole


def test_what_fits_is_returned() -> None:
    """NumPy's numbers count as numbers; an empty text is a text."""
    client = openai.OpenAI(base_url="http://s.test", api_key="k")
    assert require_text("system", "") == ""
    assert require_whole("limit", np.int64(3), least=0) == 3
    assert require_number("temperature", 2, least=0, most=2) == 2.0
    assert require_client(client) is client


@pytest.mark.parametrize("value", [None, 3, b"Ahoy", ["a"]])
def test_what_is_no_text_is_named(value: Any) -> None:
    """With the name of the argument and the value."""
    with pytest.raises(ValueError, match=r'"system" must be a text in quotes; it may be empty: '):
        require_text("system", value)


@pytest.mark.parametrize("value", [None, "3", 2.5, True, -1])
def test_what_is_no_whole_number_is_named(value: Any) -> None:
    """A text of digits, a part, a truth value and a number below the least are none."""
    with pytest.raises(ValueError, match=r'"limit" must be a whole number from 0 \(0: all\): '):
        require_whole("limit", value, least=0, meaning="0: all")


@pytest.mark.parametrize("value", [None, "1", True, 2.1, float("nan")])
def test_what_is_no_number_in_the_range_is_named(value: Any) -> None:
    """Not-a-number lies in no range."""
    with pytest.raises(ValueError, match='"temperature" must be a number from 0 to 2: '):
        require_number("temperature", value, least=0, most=2)


@pytest.mark.parametrize("value", [None, "nano-2026-11", openai.AsyncOpenAI(base_url="http://s.test", api_key="k")])
def test_what_is_no_client_is_named(value: Any) -> None:
    """A model's name in the first place, or an asynchronous client, which the forms cannot wait for."""
    with pytest.raises(ValueError, match=r'"client" must be an openai.OpenAI client, such as ftwidgets.connect\(\) returns: '):
        require_client(value)
