import random
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import openai
import pytest

from ftwidgets.sandbox.clock import SystemClock
from ftwidgets.sandbox.faults import Faults, Verdict
from ftwidgets.sandbox.transport import LoopThread

from .conftest import ASK, FaultyApi

TOLD = "waits as long as it is told"
GROWS = "waits longer each time"
STOPS = "does not repeat what cannot succeed"
ONCE = "starts no job twice"
STREAM = "retries a broken stream"
ENDS = "knows when to stop"
BUDGET = "stays within its budget"

Loop = Callable[[openai.OpenAI, Callable[[float], None]], Any]


def naive(client: openai.OpenAI, sleep: Callable[[float], None]) -> Any:
    """Ask until it works."""
    while True:
        try:
            return client.chat.completions.create(**ASK)
        except openai.OpenAIError:
            pass


def steady(client: openai.OpenAI, sleep: Callable[[float], None]) -> Any:
    """Ask every second, at most 5 times, whatever is said."""
    for _ in range(5):
        try:
            return client.chat.completions.create(**ASK)
        except openai.OpenAIError:
            sleep(1)
    return None


def careful(client: openai.OpenAI, sleep: Callable[[float], None]) -> Any:
    """Wait as told, else longer each time; stop where nothing helps and after 5 tries."""
    for attempt in range(5):
        try:
            return client.chat.completions.create(**ASK)
        except openai.APIConnectionError:
            sleep(2**attempt * random.uniform(0.75, 1))
        except openai.APIStatusError as error:
            if error.code == "insufficient_quota" or (error.status_code < 500 and error.status_code not in (408, 409, 429)):
                return None
            wait = error.response.headers.get("retry-after-ms")
            sleep(float(wait) / 1000 if wait else 2**attempt * random.uniform(0.75, 1))
    return None


def run(api: FaultyApi, loop: Loop, answers: list[str]) -> Verdict:
    """Let a loop meet a scripted outage, in time that is turned by hand."""
    api.faults.script(answers)
    with api.client() as client:
        loop(client, api.clock.advance)
    return api.faults.verdict(max_calls=8)


OUTAGE = ["429 retry-after=2", "500", "503", "500", "ok"]


@pytest.mark.parametrize(
    ("loop", "answers", "failed", "passed"),
    [
        (naive, OUTAGE, {TOLD, GROWS}, {ENDS, BUDGET}),
        (naive, ["500"] * 12, {GROWS, ENDS, BUDGET}, set()),
        (naive, ["404", "404"], {STOPS}, {ENDS}),
        (naive, ["quota", "quota"], {STOPS}, {ENDS}),
        (steady, OUTAGE, {TOLD, GROWS}, {ENDS, BUDGET}),
        (steady, ["429 retry-after=1", "ok"], set(), {TOLD, ENDS}),
        (steady, ["429 retry-after=1.01", "ok"], {TOLD}, {ENDS}),
        (steady, ["400"], {STOPS}, {ENDS}),
        (careful, OUTAGE, set(), {TOLD, GROWS, ENDS, BUDGET}),
        (careful, ["drop", "500", "drop", "ok"], set(), {GROWS, ENDS}),
        (careful, ["500"] * 9, set(), {GROWS, ENDS, BUDGET}),
        (careful, ["400"], set(), {STOPS, ENDS}),
        (careful, ["401"], set(), {STOPS}),
        (careful, ["quota"], set(), {STOPS}),
    ],
)
def test_loops_are_told_apart(loop: Loop, answers: list[str], failed: set[str], passed: set[str], api: FaultyApi) -> None:
    """A loop without thought, one that sleeps a second, and one that does it well, each against an outage."""
    verdict = run(api, loop, answers)
    results = {check.name: check.result for check in verdict.checks}
    assert {name for name, result in results.items() if result == "failed"} == failed, verdict.text()
    assert {name for name, result in results.items() if result == "passed"} >= passed, verdict.text()
    assert verdict.ok == (not failed)


def test_the_evidence_is_named(api: FaultyApi) -> None:
    """Which request, how long it waited, how long it should have."""

    def hasty(client: openai.OpenAI, sleep: Callable[[float], None]) -> None:
        with pytest.raises(openai.RateLimitError):
            client.chat.completions.create(**ASK)
        sleep(0.2)
        client.chat.completions.create(**ASK)

    verdict = run(api, hasty, ["429 retry-after=2", "ok"])
    assert verdict[TOLD].evidence == ("request 1 (POST /chat/completions) was to wait 2 s and was retried after 0.2 s.")
    text = verdict.text()
    assert text.startswith(f"2 requests: 1 of 7 checks failed ({TOLD})")
    assert f"FAIL {TOLD}\n     request 1" in text
    assert verdict.to_json()["checks"][0] == {"name": TOLD, "result": "failed", "evidence": verdict[TOLD].evidence}
    with pytest.raises(KeyError, match="there are waits as long as it is told"):
        verdict["manners"]


@pytest.mark.parametrize(("failures", "evidence"), [(10, None), (11, "11 times in a row"), (12, "12 times in a row")])
def test_only_failures_are_counted_as_such(failures: int, evidence: str | None, api: FaultyApi) -> None:
    """Ten in a row are still no fault; the success at the end is not counted, and a later, shorter row hides nothing."""
    check = run(api, naive, ["500"] * failures + ["ok"])[ENDS]
    assert check.result == ("failed" if evidence else "passed")
    if evidence:
        assert evidence in check.evidence
        assert evidence in run(api, naive, ["500", "ok"])[ENDS].evidence


def test_the_openai_client_behaves_well() -> None:
    """Its own retries, in real time: it waits the milliseconds it is told, and repeats no 400."""
    loop, faults = LoopThread(), Faults()
    api = FaultyApi(faults, SystemClock(), loop)
    faults.script(["429 retry-after=0.02", "429 retry-after=0.03", "ok", "400", "401"])
    with api.client(max_retries=2) as client:
        client.chat.completions.create(**ASK)
        for temperature in (0, 1):
            with pytest.raises(openai.APIStatusError):
                client.chat.completions.create(**ASK, temperature=temperature)
    loop.close()
    verdict = faults.verdict(max_calls=5)
    assert verdict.ok, verdict.text()
    assert verdict[TOLD].result == verdict[STOPS].result == "passed"


def test_nothing_seen_is_not_passed(api: FaultyApi, faults: Faults) -> None:
    """A client that met no fault has shown nothing."""
    api.ask()
    verdict = faults.verdict()
    assert verdict.ok
    assert {check.result for check in verdict.checks} == {"not seen"}
    assert verdict.text().startswith("1 request: well behaved")


@pytest.mark.parametrize("again", [True, False])
def test_a_job_is_not_started_twice(again: bool, api: FaultyApi, faults: Faults) -> None:
    """The answer to the first try was lost; whoever sends the same again has two jobs."""
    faults.drop(route="POST /fine_tuning/jobs", answered=True)
    with api.client() as client:
        with pytest.raises(openai.APIConnectionError):
            client.fine_tuning.jobs.create(model="nano", training_file="file-1")
        if again:
            client.fine_tuning.jobs.create(model="nano", training_file="file-1")
    check = faults.verdict()[ONCE]
    assert check.result == ("failed" if again else "passed")
    if again:
        assert "request 1 (POST /fine_tuning/jobs) and request 2 started the same job" in check.evidence


def test_the_openai_client_starts_a_job_twice(api: FaultyApi, faults: Faults) -> None:
    """With its own retries, as it comes: there is no key of idempotency, so a lost answer costs a second job."""
    faults.drop(route="POST /fine_tuning/jobs", answered=True)
    with api.client(max_retries=1) as client:
        client.fine_tuning.jobs.create(model="nano", training_file="file-1")
    assert len(api.jobs) == 2
    assert faults.verdict()[ONCE].result == "failed"


def test_two_jobs_on_purpose_are_no_mistake(api: FaultyApi, faults: Faults) -> None:
    """The same job twice, both answered, is what somebody wanted."""
    with api.client() as client:
        for _ in range(2):
            client.fine_tuning.jobs.create(model="nano", training_file="file-1")
    assert faults.verdict()[ONCE].result == "not seen"


@pytest.mark.parametrize(("again", "result"), [(True, "passed"), (False, "not seen")])
def test_half_an_answer(again: bool, result: str, api: FaultyApi, faults: Faults) -> None:
    """Asked for again it is well; if not, the verdict says what it cannot see."""
    faults.stream(end_after=2)
    for _ in range(2 if again else 1):
        api.ask(stream=True)
    check = faults.verdict()[STREAM]
    assert check.result == result
    assert again or "cannot be seen from here" in check.evidence


def test_a_poll_that_finds_what_it_missed_is_right(api: FaultyApi, faults: Faults) -> None:
    """A GET may ask again after 404 and find it; one that never finds it may not."""
    faults.script(["404"])
    with api.raw() as http:
        assert [http.get("/v1/models/nano").status_code for _ in range(2)] == [404, 200]
        assert faults.verdict()[STOPS].result == "passed"
        assert [http.get("/v1/models/other").status_code for _ in range(2)] == [404, 404]
    assert faults.verdict()[STOPS].result == "failed"


@pytest.mark.parametrize(("spread", "result"), [(0.0, "failed"), (0.25, "passed")])
def test_clients_do_not_march_in_step(spread: float, result: str, api: FaultyApi, faults: Faults) -> None:
    """Three clients whose waits grow alike to the millisecond come back all at once; a little chance spreads them."""
    chance = random.Random(1)
    for key in ("a", "b", "c"):
        faults.script(["500", "500", "500"])
        api.ask(key)
        for attempt in range(3):
            api.clock.advance(2**attempt * (1 - spread * chance.random()))
            api.ask(key)
        faults.clear()
    check = faults.verdict()[GROWS]
    assert check.result == result, check.evidence
    assert (spread > 0) or "3 clients wait exactly as long as each other" in check.evidence


def test_one_client_can_be_looked_at_alone(api: FaultyApi, faults: Faults) -> None:
    """In a class, each student's verdict is about their own requests."""
    faults.script(["429 retry-after=2", "ok"])
    for _ in range(2):
        api.ask("hasty")
    api.ask("patient")
    assert not faults.verdict(owner="hasty").ok
    assert faults.verdict(owner="patient").ok
    assert (faults.verdict(owner="patient").calls, faults.verdict().calls) == (1, 3)


def test_waits_are_measured_from_the_end_of_an_answer(api: FaultyApi, faults: Faults) -> None:
    """The entries' own times are what the verdict counts with."""
    verdict = run(api, careful, OUTAGE)
    entries = faults.journal.entries
    waits = [after.began - before.ended for before, after in pairwise(entries)]
    assert waits[0] == 2
    assert waits == sorted(waits) or waits[1] < 2 < waits[-1]
    assert verdict.calls == len(entries) == 5
