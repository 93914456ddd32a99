"""What code gives to a widget by mistake is said in plain words: which argument, what it must be, and the value that came."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import openai
import pandas as pd
import pytest

import ftwidgets
from ftwidgets.widgets import ApiKey, BlindVote, DatasetPrep, Evaluation, JobLauncher, JobMonitor, PromptTester
from ftwidgets.widgets.guess import GuessField
from ftwidgets.widgets.shop import ShopForm
from tests.jobs.test_job import Service
from tests.widgets.service import Scripted

SERVICE = Service(jobs={"data": [], "has_more": False})


MODELS = ["alpha", "beta"]
CLIENT = '"client" must be an openai.OpenAI client, such as ftwidgets.connect() returns: '
MODEL_IDS = '"models" must be a model\'s id, a list of ids, or a mapping from what to call them to their ids: 5'


def key(**given: Any) -> ApiKey:
    return ApiKey(**{"connect": ftwidgets.connect, **given})


def launcher(**given: Any) -> JobLauncher:
    return JobLauncher(**{"client": SERVICE.client(), **given})


def monitor(**given: Any) -> JobMonitor:
    return JobMonitor(**{"client": SERVICE.client(), **given})


def prompt_tester(**given: Any) -> PromptTester:
    return PromptTester(**{"client": Scripted(alpha="one").client(), "models": MODELS, **given})


def vote(**given: Any) -> BlindVote:
    return BlindVote(**{"client": Scripted(alpha="one").client(), "models": MODELS, **given})


def evaluation(**given: Any) -> Evaluation:
    return Evaluation(**{"client": Scripted(alpha="one").client(), "models": MODELS, **given})


SETTINGS: list[tuple[dict[str, Any], str]] = [
    ({"system": 5}, '"system" must be a text in quotes; it may be empty: 5'),
    ({"temperature": "hot"}, "\"temperature\" must be a number from 0 to 2: 'hot'"),
    ({"temperature": True}, '"temperature" must be a number from 0 to 2: True'),
    ({"max_tokens": 2.5}, '"max_tokens" must be a whole number from 1: 2.5'),
    ({"seed": "x"}, "\"seed\" must be a whole number (None: no seed is sent): 'x'"),
]
TESTER: list[tuple[dict[str, Any], str]] = [
    ({"columns": "2"}, "\"columns\" must be 2, 3 or 4: '2'"),
    ({"columns": 2.0}, '"columns" must be 2, 3 or 4: 2.0'),
    ({"prompt": 5}, '"prompt" must be a text in quotes; it may be empty: 5'),
    ({"training_system": 5}, '"training_system" must be a text in quotes, or None: 5'),
]
VOTE: list[tuple[dict[str, Any], str]] = [
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
WRONG = [
    (DatasetPrep, {"validation": "x"}, "\"validation\" must be a number, such as 0.2 or 50: 'x'"),
    (DatasetPrep, {"validation": True}, '"validation" must be a number, such as 0.2 or 50: True'),
    (DatasetPrep, {"prompt": 5}, '"prompt" must be a text in quotes, or None: 5'),
    (DatasetPrep, {"completion": 5}, '"completion" must be a text'),
    (DatasetPrep, {"system_column": 5}, '"system_column" must be a text'),
    (DatasetPrep, {"system": 5}, '"system" must be a text'),
    (DatasetPrep, {"folder": None}, '"folder" must be a path in quotes, such as "my_data": None'),
    (DatasetPrep, {"folder": "a\0b"}, '"folder" is no usable path: it holds a NUL character'),
    (DatasetPrep, {"seed": "x"}, "\"seed\" must be a whole number from 0: 'x'"),
    (DatasetPrep, {"seed": 1.5}, '"seed" must be a whole number from 0: 1.5'),
    (DatasetPrep, {"n_epochs": "x"}, '"n_epochs": "x" does not fit here. Write auto, or a whole number from 1 to 50.'),
    (DatasetPrep, {"n_epochs": 500}, '"n_epochs": "500" does not fit here.'),
    (DatasetPrep, {"model": 5}, '"model" must be a text'),
    (DatasetPrep, {"model": "gpt-4o-mini"}, '"model" must be a base model that is installed here ("nano-2026-11"'),
    (DatasetPrep, {"fix": ["nope"]}, 'there is no fix "nope"; there are "arguments-as-text", '),
    (DatasetPrep, {"fix": "nope"}, 'there is no fix "nope"; there are '),
    (DatasetPrep, {"fix": 5}, "a fix is called by its name in quotes, not 5; there are "),
    (DatasetPrep, {"source": 5}, "the data is a bundled dataset's name, the path of a file or a pandas DataFrame"),
    (launcher, {"client": None}, '"client" must be an openai.OpenAI client, such as ftwidgets.connect() returns: None'),
    (launcher, {"client": openai.AsyncOpenAI(api_key="k")}, '"client" must be an openai.OpenAI client'),
    (launcher, {"train_file": 5}, '"train_file" must be a path or the id of an uploaded file, in quotes: 5'),
    (launcher, {"validation_file": ["a"]}, '"validation_file" must be a path or the id'),
    (launcher, {"model": 5}, '"model" must be a text in quotes, or None: 5'),
    (launcher, {"suffix": 5}, '"suffix" must be a text in quotes, or None: 5'),
    (launcher, {"method": "x"}, 'Method: "x" is not in the menu.'),
    (monitor, {"client": "sandbox"}, '"client" must be an openai.OpenAI'),
    (monitor, {"job": 5}, '"job" must be a Job, its id such as "ftjob-...", or a list of them: 5'),
    (monitor, {"job": [5]}, '"job" must be a Job'),
    (monitor, {"compare": 5}, '"compare" must be a Job'),
    (monitor, {"prompts": 5}, '"prompts" must be a list of texts, such as ["Where is my order?"]: 5'),
    (monitor, {"prompts": [5]}, '"prompts" must be a list of texts'),
    (monitor, {"system": 5}, '"system" must be a text in quotes; it may be empty: 5'),
    (monitor, {"max_tokens": "x"}, "\"max_tokens\" must be a whole number from 1: 'x'"),
    (key, {"connect": None}, '"connect" must be a function; hand in ftwidgets.connect without parentheses: None'),
    (key, {"service": ["openai"]}, '"service" must be a text'),
    (key, {"base_url": None}, '"base_url" must be a text'),
    (ftwidgets.Studio, {"client": None}, '"client" must be an openai.OpenAI'),
    (ftwidgets.Studio, {"client": SERVICE.client(), "folder": 5}, '"folder" must be a path in quotes'),
    (
        GuessField,
        {"question": 5, "value": "", "on_keep": str},
        '"question" must be a text in quotes; it may be empty: 5',
    ),
    (ShopForm, {"greeting": None}, '"greeting" must be a text in quotes; it may be empty: None'),
    *[(make, given, words) for make in (prompt_tester, vote) for given, words in SETTINGS],
    *[(prompt_tester, given, words) for given, words in TESTER],
    *[(vote, given, words) for given, words in VOTE],
    *[(evaluation, given, words) for given, words in EVALUATION],
]


@pytest.mark.parametrize(("make", "given", "words"), WRONG)
def test_a_wrong_argument_is_named_with_the_rule(
    make: Callable[..., Any], given: dict[str, Any], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A ValueError with the argument, the rule and the value; nothing about traits of other classes."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError) as raised:  # noqa: PT011 - the text is compared as it is
        make(**given)
    assert str(raised.value).startswith(words)
    assert "trait" not in str(raised.value)


def test_a_column_of_a_table_is_a_list_of_prompts() -> None:
    """As lesson 00 gives them; an iterator too."""
    column = pd.DataFrame({"Prompt": ["Hello?", "Where is it?"]}, index=[7, 9])["Prompt"]
    for prompts in (column, iter(column), tuple(column)):
        assert monitor(prompts=prompts).prompts.value == "Hello?\nWhere is it?"
    assert BlindVote(SERVICE.client(), ["a", "b"], column).prompts.value == "Hello?\nWhere is it?"


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


def test_a_form_may_hold_what_code_gave_in_another_way() -> None:
    """One name alone, two in a list with blanks, none at all; a client that is a subclass, as Azure's."""
    client = Scripted(alpha="one").client()
    azure = openai.AzureOpenAI(azure_endpoint="https://a.test", api_key="k", api_version="1")
    assert BlindVote(azure, MODELS, voters="Ada").voters.value == "Ada"
    assert BlindVote(client, MODELS, voters=["Ada ", " Ben"]).voters.value == "Ada, Ben"
    assert BlindVote(client, MODELS, voters="").voters.value == ""
