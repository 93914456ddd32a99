"""What code hands to a widget is checked in plain words, before ipywidgets rejects it in its own."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import openai
import pandas as pd
import pytest

import ftwidgets
from ftwidgets.widgets import ApiKey, BlindVote, DatasetPrep, JobLauncher, JobMonitor
from ftwidgets.widgets.shop import ShopForm
from tests.jobs.test_job import Service

SERVICE = Service(jobs={"data": [], "has_more": False})


def key(**given: Any) -> ApiKey:
    return ApiKey(**{"connect": ftwidgets.connect, **given})


def launcher(**given: Any) -> JobLauncher:
    return JobLauncher(**{"client": SERVICE.client(), **given})


def monitor(**given: Any) -> JobMonitor:
    return JobMonitor(**{"client": SERVICE.client(), **given})


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
    (ShopForm, {"greeting": None}, '"greeting" must be a text in quotes; it may be empty: None'),
]


@pytest.mark.parametrize(("make", "given", "words"), WRONG)
def test_a_wrong_argument_is_named_with_the_rule(
    make: Callable[..., Any], given: dict[str, Any], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A ValueError with the argument, the rule and the value; nothing about traits of other classes."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError) as raised:  # noqa: PT011 - the text is compared as it is
        make(**given)
    assert words in str(raised.value)
    assert "trait" not in str(raised.value)


def test_a_column_of_a_table_is_a_list_of_prompts() -> None:
    """As lesson 00 gives them; an iterator too."""
    column = pd.DataFrame({"Prompt": ["Hello?", "Where is it?"]}, index=[7, 9])["Prompt"]
    for prompts in (column, iter(column), tuple(column)):
        assert monitor(prompts=prompts).prompts.value == "Hello?\nWhere is it?"
    assert BlindVote(SERVICE.client(), ["a", "b"], column).prompts.value == "Hello?\nWhere is it?"
