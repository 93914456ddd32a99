import random
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import openai
import pytest

import ftwidgets.testing
from ftwidgets.lessons.exercises import retry_loop
from ftwidgets.lessons.exercises.retries import BUDGET

Ask = Callable[[], Any]


@pytest.fixture(scope="module")
def client() -> Iterator[openai.OpenAI]:
    with ftwidgets.testing.sandbox() as sandbox:
        yield sandbox.client()


def wait_for(error: openai.APIError, tried: int) -> float:
    """Tell how long to wait: as told, else longer each time, with some chance."""
    headers = error.response.headers if isinstance(error, openai.APIStatusError) else {}
    if told := headers.get("retry-after-ms"):
        return float(told) / 1000
    return float(0.1 * 2**tried * random.uniform(0.9, 1.1))


def hopeless(error: openai.APIError) -> bool:
    passing = (openai.APIConnectionError, openai.RateLimitError, openai.InternalServerError)
    return not isinstance(error, passing) or error.code == "insufficient_quota"


def solved(ask: Ask) -> Any:
    for tried in range(BUDGET):
        try:
            return ask()
        except openai.APIError as error:
            if hopeless(error) or tried == BUDGET - 1:
                raise
            time.sleep(wait_for(error, tried))
    return None


def whole_seconds(ask: Ask) -> Any:
    """Honour `retry-after` in whole seconds, as plenty of code does, and double from half a second."""
    for tried in range(4):
        try:
            return ask()
        except openai.APIStatusError as error:
            if hopeless(error) or tried == 3:
                raise
            time.sleep(float(error.response.headers.get("retry-after", 0.2 * 2**tried)))
        except openai.APIConnectionError:
            time.sleep(0.2 * 2**tried)
    raise AssertionError


@pytest.mark.parametrize("answer", [solved, whole_seconds])
def test_a_loop_that_does_it_well_is_right(client: openai.OpenAI, answer: Callable[[Ask], Any]) -> None:
    """More than one way is right; afterwards the rules of before are set again, and the journal is empty."""
    faults = ftwidgets.faults(client)
    faults.clear()
    faults.fail(500, route="GET /files")
    assert retry_loop(client, faults, answer).state == "right"
    assert [rule.rule for rule in faults.rules] == ["fail"]
    assert len(faults.journal) == 0
    faults.clear()


def test_the_untouched_cell_is_not_attempted(client: openai.OpenAI) -> None:
    """The `...` of the lesson is no wrong answer."""
    assert retry_loop(client, ftwidgets.faults(client), ...).state == "not attempted"


def naive(ask: Ask) -> Any:
    while True:
        try:
            return ask()
        except openai.APIError:
            continue


def no_loop(ask: Ask) -> Any:
    return ask()


def always_the_same_wait(ask: Ask) -> Any:
    for tried in range(BUDGET):
        try:
            return ask()
        except openai.APIError as error:
            if hopeless(error) or tried == BUDGET - 1:
                raise
            time.sleep(0.4)
    return None


def deaf(ask: Ask) -> Any:
    """Doubles its waits and never looks at what it is told."""
    for tried in range(BUDGET):
        try:
            return ask()
        except openai.APIError as error:
            if hopeless(error) or tried == BUDGET - 1:
                raise
            time.sleep(0.1 * 2**tried)
    return None


def repeats_what_cannot_succeed(ask: Ask) -> Any:
    for tried in range(BUDGET):
        try:
            return ask()
        except openai.APIError as error:
            if tried == BUDGET - 1:
                raise
            time.sleep(wait_for(error, tried))
    return None


def takes_the_quota_for_a_rate(ask: Ask) -> Any:
    for tried in range(BUDGET):
        try:
            return ask()
        except (openai.APIConnectionError, openai.RateLimitError, openai.InternalServerError) as error:
            if tried == BUDGET - 1:
                raise
            time.sleep(min(0.2, wait_for(error, tried)) if error.code == "insufficient_quota" else wait_for(error, tried))
    return None


def never_gives_up(ask: Ask) -> Any:
    tried = 0
    while True:
        try:
            return ask()
        except openai.APIError as error:
            if hopeless(error):
                raise
            time.sleep(wait_for(error, min(tried, 3)))
            tried += 1


def keeps_the_error_to_itself(ask: Ask) -> Any:
    for tried in range(BUDGET):
        try:
            return ask()
        except openai.APIError as error:
            if hopeless(error):
                return None
            time.sleep(wait_for(error, tried))
    return None


def keeps_the_answer_to_itself(ask: Ask) -> None:
    solved(ask)


def asks_for_ever(ask: Ask) -> None:
    while True:
        naive(ask)


def catches_everything(ask: Ask) -> Any:
    while True:
        with suppress(Exception):
            ask()


WRONG: dict[str, tuple[Callable[[Ask], Any], str]] = {
    "naive": (naive, "was told to wait 0.4 s and came again after"),
    "no loop": (no_loop, "gave up after 1 request with RateLimitError"),
    "always the same wait": (always_the_same_wait, "they do not grow"),
    "deaf": (deaf, "was told to wait 0.4 s and came again after 0."),
    "repeats what cannot succeed": (repeats_what_cannot_succeed, "When the request itself was wrong (400) it sent 6 requests"),
    "quota for a rate": (takes_the_quota_for_a_rate, "When the quota was used up (429"),
    "never gives up": (never_gives_up, "In an outage without end it sent 21 requests"),
    "error kept": (keeps_the_error_to_itself, "it returned None, as if nothing were wrong"),
    "answer kept": (keeps_the_answer_to_itself, "it had its answer and returned None"),
    "asks for ever": (asks_for_ever, "went on asking; it was stopped"),
    "catches everything": (catches_everything, "went on asking; it was stopped"),
}


@pytest.mark.parametrize("name", WRONG)
def test_plausible_wrong_loops_are_told_where_to_look(client: openai.OpenAI, name: str) -> None:
    """Each says in which outage, and what was seen; none says how to write it."""
    answer, words = WRONG[name]
    outcome = retry_loop(client, ftwidgets.faults(client), answer)
    assert outcome.state == "not yet"
    assert words in outcome.message
    assert not [told for told in ("retry-after-ms", "insufficient_quota", "raise", "sleep", "2**") if told in outcome.message]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (None, "a NoneType"),
        (3, "hand in the function itself"),
        ("persistent", "a str"),
        (lambda: None, "your function failed: TypeError"),
        (lambda ask: 1 / 0, "ZeroDivisionError"),
        (lambda ask: None, "never called ask()"),
        (lambda ask, client: ask(), "your function failed: TypeError"),
    ],
    ids=["None", "a number", "its name", "no parameter", "a mistake", "does nothing", "two parameters"],
)
def test_nonsense_is_answered_in_words(client: openai.OpenAI, answer: object, words: str) -> None:
    """Whatever is handed in: not yet, and why; never a traceback."""
    outcome = retry_loop(client, ftwidgets.faults(client), answer)
    assert outcome.state == "not yet"
    assert words in outcome.message


def test_a_loop_that_sleeps_too_long_is_stopped(client: openai.OpenAI, monkeypatch: pytest.MonkeyPatch) -> None:
    """Minutes of waiting are told as such; nobody sits before a cell that seems to hang for longer than one wait."""
    monkeypatch.setattr("ftwidgets.lessons.exercises.retries.PATIENCE", 0.3)
    assert "tenths of a second" in retry_loop(client, ftwidgets.faults(client), whole_seconds).message
