"""What code gives to a widget by mistake is said in words: which argument, what it must be, and the value that came."""

from typing import Any

import openai
import pytest

from ftwidgets.widgets import BlindVote, Evaluation, PromptTester
from ftwidgets.widgets.guess import GuessField
from tests.widgets.service import Scripted

MODELS = ["alpha", "beta"]
CLIENT = '"client" must be an openai.OpenAI client, such as ftwidgets.connect() returns: '
MODEL_IDS = '"models" must be a model\'s id, a list of ids, or a mapping from what to call them to their ids: 5'
SETTINGS: list[tuple[dict[str, Any], str]] = [
    ({"system": 5}, '"system" must be a text in quotes; it may be empty: 5'),
    ({"temperature": "hot"}, "\"temperature\" must be a number from 0 to 2: 'hot'"),
    ({"temperature": True}, '"temperature" must be a number from 0 to 2: True'),
    ({"max_tokens": 2.5}, '"max_tokens" must be a whole number from 1: 2.5'),
    ({"seed": "x"}, "\"seed\" must be a whole number (None: no seed is sent): 'x'"),
]
TESTER: list[tuple[dict[str, Any], str]] = [
    *SETTINGS,
    ({"columns": "2"}, "\"columns\" must be 2, 3 or 4: '2'"),
    ({"columns": 2.0}, '"columns" must be 2, 3 or 4: 2.0'),
    ({"prompt": 5}, '"prompt" must be a text in quotes; it may be empty: 5'),
    ({"training_system": 5}, '"training_system" must be a text in quotes, or None: 5'),
]
VOTE: list[tuple[dict[str, Any], str]] = [
    *SETTINGS,
    ({"prompts": 5}, '"prompts" must be texts in a list, or one text with a prompt on each line: 5'),
    ({"prompts": ["a", 5]}, "\"prompts\" must be texts in a list, or one text with a prompt on each line: ['a', 5]"),
    ({"voters": 5}, '"voters" must be one name or two, such as "Ann, Ben" or ("Ann", "Ben"): 5'),
    ({"voters": "Ann,"}, '"voters": a name is missing beside a comma in \'Ann,\'. Give one name, or two: "Ann, Ben".'),
    ({"voters": ("Ann", "")}, "\"voters\": a name is missing in ('Ann', ''). Give one name, or two: \"Ann, Ben\"."),
    (
        {"voters": ("Lee, A", "Ben")},
        '"voters": a comma stands between two names and cannot be in one: "Lee, A". Leave it out.',
    ),
    ({"voters": ("Ann", "Ann ")}, 'one person votes, or two with different names: "Ann, Ann"'),
]
EVALUATION: list[tuple[dict[str, Any], str]] = [
    ({"limit": "x"}, "\"limit\" must be a whole number from 0 (0 or None: all examples): 'x'"),
    ({"limit": -1}, '"limit" must be a whole number from 0 (0 or None: all examples): -1'),
    ({"metric": ["exact_match"]}, "\"metric\" must be exact_match or token_f1: ['exact_match']"),
    ({"system": None}, '"system" must be a text in quotes; it may be empty: None'),
    ({"max_tokens": "many"}, "\"max_tokens\" must be a whole number from 1: 'many'"),
    ({"smallest": "little"}, "\"smallest\" must be a number from 0 to 1 (0 or None: leave it open): 'little'"),
    (
        {"examples": 5},
        "\"examples\" must be a file's path, a dataset's name, a DataFrame or a list of chat examples: 5",
    ),
    ({"train": 5}, "\"train\" must be a file's path, a dataset's name, a DataFrame or a list of chat examples: 5"),
]
CASES = [
    *[(PromptTester, given, words) for given, words in TESTER],
    *[(BlindVote, given, words) for given, words in VOTE],
    *[(Evaluation, given, words) for given, words in EVALUATION],
]


@pytest.mark.parametrize(("widget", "given", "words"), CASES)
def test_a_wrong_argument_is_said(widget: Any, given: dict[str, Any], words: str) -> None:
    """Nothing of the traits behind the form is in the message."""
    with pytest.raises(ValueError) as raised:  # noqa: PT011  # the whole message is compared
        widget(Scripted(alpha="one").client(), MODELS, **given)
    assert str(raised.value) == words


@pytest.mark.parametrize("widget", [PromptTester, BlindVote, Evaluation])
def test_models_and_client_are_checked_first(widget: Any) -> None:
    """A model in the place of the client is the mistake that beginners make; None is what a failed connect leaves."""
    for client in ("nano-2026-11", None):
        with pytest.raises(ValueError) as raised:  # noqa: PT011
            widget(client, MODELS)
        assert str(raised.value) == f"{CLIENT}{client!r}"
    with pytest.raises(ValueError) as raised:  # noqa: PT011
        widget(Scripted().client(), 5)
    assert str(raised.value) == MODEL_IDS


def test_a_question_is_a_text() -> None:
    """Of a field for a guess too."""
    with pytest.raises(ValueError, match=r'"question" must be a text in quotes; it may be empty: 5'):
        GuessField(5, "", lambda _text: "")  # type: ignore[arg-type]


def test_a_form_may_hold_what_code_gave_in_another_way() -> None:
    """One name alone, two in a list with blanks, none at all; a client that is a subclass, as Azure's."""
    client = Scripted(alpha="one").client()
    azure = openai.AzureOpenAI(azure_endpoint="https://a.test", api_key="k", api_version="1")
    assert BlindVote(azure, MODELS, voters="Ada").voters.value == "Ada"
    assert BlindVote(client, MODELS, voters=["Ada ", " Ben"]).voters.value == "Ada, Ben"
    assert BlindVote(client, MODELS, voters="").voters.value == ""
