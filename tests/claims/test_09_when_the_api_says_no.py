"""What lesson 09 says, held: what passes and what does not, what the client does by itself, and what a naive loop costs.

No effect here depends on a seed of training; what depends on time is measured by the journal.
"""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

import ftwidgets
from ftwidgets.clients import _sandboxes
from ftwidgets.providers import provider
from ftwidgets.sandbox.faults import Faults
from tests.notebooks.reading import minutes
from tests.notebooks.test_prose import NOTEBOOKS, prose

LESSON = next(path for path in NOTEBOOKS if path.stem == "09_when_the_api_says_no")
QUESTION: dict[str, Any] = {"model": "nano-2026-11", "max_tokens": 40, "temperature": 0}
QUESTION["messages"] = [{"role": "user", "content": "Where do you live?"}]
OUTAGE = ["429 retry-after=1", "500", "ok"]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[openai.OpenAI]:
    home: Path = tmp_path_factory.mktemp("home")
    yield ftwidgets.connect(home=home)
    _sandboxes.pop(home.resolve()).close()


@pytest.fixture
def plain(client: openai.OpenAI) -> openai.OpenAI:
    return client.with_options(max_retries=0)


@pytest.fixture
def faults(client: openai.OpenAI) -> Iterator[Faults]:
    found = ftwidgets.faults(client)
    found.clear()
    found.journal.clear()
    yield found
    found.clear()


def sources() -> str:
    cells = json.loads(LESSON.read_text(encoding="utf-8"))["cells"]
    return "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")


@pytest.mark.parametrize(
    ("ask", "status"),
    [
        (lambda it: it.with_options(api_key="not-the-key").models.list(), 401),
        (lambda it: it.models.retrieve("gpt-4o-mini"), 404),
        (lambda it: it.chat.completions.create(**QUESTION | {"temperature": 9}), 400),
    ],
    ids=["401", "404", "400"],
)
def test_what_stays_no_is_asked_once(
    client: openai.OpenAI, faults: Faults, ask: Callable[[openai.OpenAI], object], status: int
) -> None:
    """Also the client that asks again by itself does not, and three more tries bring the same."""
    faults.key_required("sandbox")
    for tries in range(1, 4):
        with pytest.raises(openai.APIStatusError) as caught:
            ask(client)
        assert caught.value.status_code == status
        assert len(faults.journal) == tries


RETRIED = {400: 1, 401: 1, 403: 1, 404: 1, 408: 3, 409: 3, 422: 1, 429: 3, 500: 3, 503: 3}
"""Ten errors, and how many requests the client as it comes sends."""


@pytest.mark.parametrize(("status", "requests"), RETRIED.items(), ids=str)
def test_which_errors_the_client_retries(client: openai.OpenAI, faults: Faults, status: int, requests: int) -> None:
    """Not by the first digit: 408, 409 and 429 pass, the other 4xx do not."""
    assert f"statuses = {list(RETRIED)}" in sources()
    faults.script([f"{status} retry-after=0.01"] * 3)
    with pytest.raises(openai.APIStatusError) as caught:
        client.models.list()
    assert caught.value.status_code == status
    assert len(faults.journal) == requests


def test_the_prose_names_every_exception_to_the_rule() -> None:
    """The rule "4xx is yours, except 429" was wrong: wherever the rule is told, the three exceptions stand beside it."""
    passing = [f"`{status}`" for status, requests in RETRIED.items() if requests > 1 and status < 500]
    assert passing == ["`408`", "`409`", "`429`"]
    told = [paragraph for paragraph in re.split(r"\n\n|\n- ", prose(LESSON)) if "yours to fix" in paragraph]
    assert len(told) == 2
    assert all(each in paragraph for paragraph in told for each in passing)
    drawing = (LESSON.parent / "images" / "09_errors.svg").read_text(encoding="utf-8")
    assert "400, 401, 403, 404, 422<" in drawing
    assert "408, 409, 429, 500 and above<" in drawing


def test_one_call_is_three_requests(client: openai.OpenAI, faults: Faults) -> None:
    """It waits as told after the first, by its own rule after the second, and gives up after the third."""
    assert f"faults.script({json.dumps(OUTAGE)})" in sources()
    faults.script(OUTAGE)
    client.chat.completions.create(**QUESTION)
    first, second, third = faults.journal.entries
    assert (first.status, second.status, third.status) == (429, 500, 200)
    assert 1.0 <= second.began - first.ended < 2
    assert third.began - second.ended > 0.3
    assert faults.verdict().ok
    faults.clear()
    faults.journal.clear()
    faults.script(["500 retry-after=0.01"] * 3)
    with pytest.raises(openai.InternalServerError):
        client.chat.completions.create(**QUESTION)
    assert len(faults.journal) == 3


@pytest.mark.claims
def test_the_naive_loop_sends_a_crowd_where_the_client_sends_two(
    client: openai.OpenAI, plain: openai.OpenAI, faults: Faults, hold: Any
) -> None:
    """Five times: the limit is used up, then one answer is asked for, by the loop of the lesson and by the client."""
    assert "requests_per_minute=20" in sources()
    crowds, polite = [], []
    for _ in range(5):
        faults.clear()
        faults.rate_limit(requests_per_minute=20)
        for _neighbour in range(20):
            plain.models.list()
        faults.journal.clear()
        answer = None
        while answer is None:
            try:
                answer = plain.models.list()
            except openai.APIError:
                continue
        crowds.append(len(faults.journal))
        assert faults.verdict()["waits as long as it is told"].result == "failed"
        faults.journal.clear()
        client.models.list()
        polite.append(len(faults.journal))
        assert faults.verdict().ok
    assert polite == [2] * 5
    hold(
        "09: requests for one answer, the naive loop over the client",
        [a - b for a, b in zip(crowds, polite, strict=True)],
        above=20,
    )


def test_whoever_reads_slowly_sees_the_same() -> None:
    """A limit fills up and a job ends while somebody reads: the cells use it up anew, and cancel what may have ended."""
    cells = ["".join(cell["source"]) for cell in json.loads(LESSON.read_text(encoding="utf-8"))["cells"]]
    (crowd,) = [cell for cell in cells if cell.startswith("def crowded():")]
    assert "faults.clear()" in crowd
    assert sum(cell.startswith("crowded()\n") for cell in cells) == 2
    assert "ftwidgets.Job(client, each.id).cancel()" in sources()
    assert "jobs.cancel(" not in sources()


def test_a_used_up_quota_is_told_by_its_code_alone(client: openai.OpenAI, plain: openai.OpenAI, faults: Faults) -> None:
    """Two questions fit, the third is refused with the status of "too fast", and the client asks three times all the same."""
    assert "faults.quota(tokens=40)" in sources()
    faults.quota(tokens=40)
    for _ in range(2):
        plain.chat.completions.create(**QUESTION)
    with pytest.raises(openai.RateLimitError) as caught:
        plain.chat.completions.create(**QUESTION)
    assert caught.value.code == "insufficient_quota"
    assert "retry-after" not in caught.value.response.headers
    faults.journal.clear()
    with pytest.raises(openai.RateLimitError):
        client.chat.completions.create(**QUESTION)
    assert len(faults.journal) == 3


@pytest.mark.parametrize(("accident", "raised", "end"), [("ok", False, "stop"), ("cut 6", True, None), ("end 6", False, None)])
def test_an_early_end_raises_nothing(
    plain: openai.OpenAI, faults: Faults, accident: str, raised: bool, end: str | None
) -> None:
    """Whole, cut, ended too early: only the whole one has a finish_reason, and only the cut one an exception."""
    assert 'faults.script(["ok", "cut 6", "end 6"])' in sources()
    faults.script([accident])
    seen, reason, caught = "", None, False
    try:
        for chunk in plain.chat.completions.create(**QUESTION, stream=True):
            seen += chunk.choices[0].delta.content or ""
            reason = chunk.choices[0].finish_reason
    except openai.APIConnectionError:
        caught = True
    assert (caught, reason) == (raised, end)
    assert seen
    assert len(faults.journal) == 1


def test_a_stream_is_not_asked_for_again_by_the_client(client: openai.OpenAI, faults: Faults) -> None:
    """Once it has begun, the client's own retries do not help."""
    faults.script(["cut 6"])
    with pytest.raises(openai.APIConnectionError):
        list(client.chat.completions.create(**QUESTION, stream=True))
    assert len(faults.journal) == 1


@pytest.fixture(scope="module")
def uploaded(client: openai.OpenAI, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    faq = ftwidgets.datasets.load("support_faq", "train")
    data = ftwidgets.prepare(faq[faq["Topic"].isin(faq["Topic"].unique()[:4])], tmp_path_factory.mktemp("data"), seed=1)
    return data.train_file, ftwidgets.upload(client, data.train_file).id


def test_a_lost_answer_makes_two_jobs_of_one_order(
    client: openai.OpenAI, plain: openai.OpenAI, faults: Faults, uploaded: tuple[Path, str]
) -> None:
    """With the client as it comes; with one that asks once there is one, and its tag finds it."""
    for tag, who, expected in (("a", client, 2), ("b", plain, 1)):
        faults.drop(route="POST /fine_tuning/jobs", answered=True)
        order: dict[str, Any] = {"model": "nano-2026-11", "training_file": uploaded[1], "metadata": {"order": tag}}
        if who is client:
            who.fine_tuning.jobs.create(**order)
        else:
            with pytest.raises(openai.APIConnectionError):
                who.fine_tuning.jobs.create(**order)
        found = list(client.fine_tuning.jobs.list(metadata={"order": tag}))
        assert len(found) == expected
        for job in found:
            client.fine_tuning.jobs.cancel(job.id)
    assert faults.verdict()["starts no job twice"].result == "failed"


def test_a_spelling_mistake_is_refused_by_the_job_and_known_to_the_check(
    client: openai.OpenAI, faults: Faults, uploaded: tuple[Path, str], tmp_path: Path
) -> None:
    """Upload and order say yes; the job fails; `check` would have named the line."""
    lines = uploaded[0].read_text(encoding="utf-8").splitlines()
    lines[3] = lines[3].replace('"assistant"', '"asistant"')
    typo = tmp_path / "typo.jsonl"
    typo.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(ftwidgets.FtwidgetsError, match=r"invalid_training_file.*asistant"):
        ftwidgets.launch(client, typo, model="nano-2026-11").wait(timeout=120)
    assert all((entry.status or 500) < 300 for entry in faults.journal.entries)
    (finding,) = ftwidgets.check(typo).findings
    assert (finding.level, finding.line) == ("error", 4)


def test_the_shape_of_foundrys_errors_is_in_the_data() -> None:
    """Neither `type` nor `param`."""
    assert not {"type", "param"} & set(provider("foundry").error_fields)


def test_reading_takes_the_time_it_says() -> None:
    """To within five minutes."""
    assert minutes(LESSON) == pytest.approx(35, abs=5)


PROSE = {
    "Reading and exercises: 35 minutes": test_reading_takes_the_time_it_says,
}

# OpenAI counts rejected requests against the limit: its cookbook, How to handle rate limits ("unsuccessful requests contribute
# to your per-minute limit, so continuously resending a request won't work"). No number of it is told.
SOURCES: dict[str, str] = {}
