import random
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import openai
import pytest

import ftwidgets.testing
from ftwidgets.lessons.exercises.behaviour import BUDGET
from ftwidgets.lessons.exercises.decisions import DECISIONS, decisions, three_errors
from ftwidgets.lessons.exercises.orders import order_survives
from ftwidgets.lessons.exercises.outcome import Outcome
from ftwidgets.lessons.exercises.retries import EXERCISES, retry_loop

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
    passing = (openai.APIConnectionError, openai.RateLimitError, openai.ConflictError, openai.InternalServerError)
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
        except (openai.APIConnectionError, openai.RateLimitError, openai.ConflictError, openai.InternalServerError) as error:
            if tried == BUDGET - 1:
                raise
            time.sleep(min(0.2, wait_for(error, tried)) if error.code == "insufficient_quota" else wait_for(error, tried))
    return None


def takes_every_4xx_but_429_for_its_own_fault(ask: Ask) -> Any:
    for tried in range(BUDGET):
        try:
            return ask()
        except (openai.APIConnectionError, openai.RateLimitError, openai.InternalServerError) as error:
            if error.code == "insufficient_quota" or tried == BUDGET - 1:
                raise
            time.sleep(wait_for(error, tried))
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
    "naive": (naive, "was to wait 0.4 s and was retried after"),
    "no loop": (no_loop, "gave up after 1 request with RateLimitError"),
    "always the same wait": (always_the_same_wait, "they do not grow"),
    "deaf": (deaf, "was to wait 0.4 s and was retried after 0."),
    "repeats what cannot succeed": (repeats_what_cannot_succeed, "When the request itself was wrong (400) it sent 6 requests"),
    "quota for a rate": (takes_the_quota_for_a_rate, "When the quota was used up (429"),
    "4xx but 429": (takes_every_4xx_but_429_for_its_own_fault, "gave up after 3 requests with ConflictError"),
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


# Exercise 1: three errors

RIGHT = {"A": "pay", "B": "wait", "C": "look"}


def test_the_three_errors_are_as_a_program_sees_them(client: openai.OpenAI) -> None:
    """A quota, a conflict, a lost answer; afterwards the rules of before are set again."""
    faults = ftwidgets.faults(client)
    faults.clear()
    faults.fail(500, route="GET /files")
    seen = three_errors(client, faults)
    assert "429 RateLimitError, code insufficient_quota" in seen["A"]
    assert "409 ConflictError, code conflict" in seen["B"]
    assert "order of a job: APIConnectionError" in seen["C"]
    assert [rule.rule for rule in faults.rules] == ["fail"]
    faults.clear()


@pytest.mark.parametrize("answer", [RIGHT, {"a": " Pay", "b": "WAIT", "c": "look"}])
def test_the_right_decisions_are_right(answer: object) -> None:
    """However they are written."""
    assert decisions(answer).state == "right"


@pytest.mark.parametrize("answer", [..., {"A": ..., "B": ..., "C": ...}, RIGHT | {"B": ...}])
def test_untouched_decisions_are_not_attempted(answer: object) -> None:
    """One `...` left is enough."""
    assert decisions(answer).state == "not attempted"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (RIGHT | {"A": "wait"}, 'A: not "wait". Read its code'),
        (RIGHT | {"B": "fix"}, 'B: not "fix". What did the client do'),
        (RIGHT | {"C": "wait"}, 'C: not "wait". What do you know about the job'),
        (RIGHT | {"B": "retry"}, "none of the four words"),
        ({"A": "pay"}, "no decision for error B"),
        (["pay", "wait", "look"], "a list"),
    ],
)
def test_wrong_decisions_are_told_where_to_look(answer: object, words: str) -> None:
    """Each mistake in words of its own; none names the right word."""
    outcome = decisions(answer)
    assert outcome.state == "not yet"
    assert words in outcome.message
    if 'not "' in words:
        assert not [word for word in DECISIONS if f'"{word}"' in outcome.message and f'not "{word}"' not in outcome.message]


# Exercise 3: an order that survives


@pytest.fixture(scope="module")
def file_id(client: openai.OpenAI, tmp_path_factory: pytest.TempPathFactory) -> str:
    faq = ftwidgets.datasets.load("support_faq", "train")
    data = ftwidgets.prepare(faq[:30], tmp_path_factory.mktemp("data"), validation=0)
    return ftwidgets.upload(client, data.train_file).id


Place = Callable[[], Any]
Find = Callable[[], list[Any]]


def orders_once(place: Place, find: Find) -> Any:
    try:
        return place()
    except openai.APIConnectionError:
        found = find()
        return found[0] if found else place()


def gives_up(place: Place, find: Find) -> Any:
    return place()


def orders_again(place: Place, find: Find) -> Any:
    for _ in range(5):
        with suppress(openai.APIConnectionError):
            return place()
    return None


def takes_a_rejection_for_a_loss(place: Place, find: Find) -> Any:
    try:
        return place()
    except openai.APIError:
        found = find()
        return found[0] if found else place()


def trusts_that_it_arrived(place: Place, find: Find) -> Any:
    try:
        return place()
    except openai.APIConnectionError:
        return find()[0]


def keeps_the_job(place: Place, find: Find) -> None:
    orders_once(place, find)


def keeps_the_rejection(place: Place, find: Find) -> Any:
    try:
        return orders_once(place, find)
    except openai.BadRequestError:
        return None


WRONG_ORDERS: dict[str, tuple[Callable[[Place, Find], Any], str]] = {
    "gives up": (gives_up, "the answer got lost, it gave up with"),
    "orders again": (orders_again, "the answer got lost, your function leaves 2 jobs; one was ordered"),
    "rejection for a loss": (takes_a_rejection_for_a_loss, "rejected (400), it ordered 2 times"),
    "trusts": (trusts_that_it_arrived, "before it arrived, your function failed: IndexError"),
    "job kept": (keeps_the_job, "it returned None. Its caller needs the job"),
    "rejection kept": (keeps_the_rejection, "as if nothing were wrong"),
    "nothing": (lambda place, find: None, "never called place()"),
}


def test_an_order_that_survives_is_right(client: openai.OpenAI, file_id: str) -> None:
    """In all four situations; no job of the check goes on, and the rules of before are set again."""
    faults = ftwidgets.faults(client)
    faults.clear()
    faults.fail(500, route="GET /files")
    faults.clear()
    assert order_survives(client, faults, file_id, orders_once).state == "right"
    assert len(faults.journal) == 0
    running = [job for job in client.fine_tuning.jobs.list() if job.status not in ("cancelled", "succeeded")]
    assert running == []


@pytest.mark.parametrize("name", WRONG_ORDERS)
def test_wrong_orders_are_told_what_happened(client: openai.OpenAI, file_id: str, name: str) -> None:
    """Each says in which situation, and what was seen; none says how to write it."""
    answer, words = WRONG_ORDERS[name]
    outcome = order_survives(client, ftwidgets.faults(client), file_id, answer)
    assert outcome.state == "not yet"
    assert words in outcome.message
    assert not [told for told in ("find()", "found[0]") if told in outcome.message]


def test_an_order_without_file_or_function_is_answered_in_words(client: openai.OpenAI, file_id: str) -> None:
    """No traceback for what a learner hands in."""
    faults = ftwidgets.faults(client)
    assert order_survives(client, faults, file_id, ...).state == "not attempted"
    assert "no training file 'file-none'" in order_survives(client, faults, "file-none", orders_once).message
    assert "a str" in order_survives(client, faults, file_id, "order_once").message


# All three


@pytest.mark.parametrize("number", [1, 2, 3])
def test_each_solution_is_right(client: openai.OpenAI, file_id: str, number: int) -> None:
    """The code that `lesson.solution` prints, run as a learner would paste it."""
    found: list[Outcome] = []

    class Handle:
        def check(self, exercise: int, *answers: Any) -> None:
            found.append(EXERCISES[exercise - 1].check(*answers))

    class File:
        id = file_id

    names = {"openai": openai, "client": client, "faults": ftwidgets.faults(client), "file": File, "lesson": Handle()}
    exec(EXERCISES[number - 1].solution, names)
    assert [outcome.state for outcome in found] == ["right"]


def test_no_hint_gives_an_answer_away() -> None:
    """Two for each, and no word of the solutions in them."""
    hints = [hint for exercise in EXERCISES for hint in exercise.hints]
    assert len(hints) == 6
    given = ("insufficient_quota", "retry-after", "APIConnectionError", "found[0]", "time.sleep", '"pay"', '"wait"', '"look"')
    assert [word for word in given for hint in hints if word in hint] == []
