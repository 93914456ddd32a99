"""What lesson 09 says, held: what passes and what does not, what the client does by itself, and what a naive loop costs.

No effect here depends on a seed of training; what depends on time is measured by the journal.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

import ftwidgets
from ftwidgets.clients import _sandboxes
from ftwidgets.data.cost import cost, prices
from ftwidgets.providers import provider
from ftwidgets.sandbox.faults import Faults
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


def test_one_call_is_three_requests(client: openai.OpenAI, faults: Faults) -> None:
    """It waits as told after the first, by its own rule after the second, and gives up after the third."""
    assert f"outage = {json.dumps(OUTAGE)}" in sources()
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
        "08: requests for one answer, the naive loop over the client",
        [a - b for a, b in zip(crowds, polite, strict=True)],
        above=20,
    )


def test_whoever_reads_slowly_sees_the_same() -> None:
    """A limit fills up and a job ends while somebody reads: the cells use it up anew, and cancel what may have ended."""
    cells = ["".join(cell["source"]) for cell in json.loads(LESSON.read_text(encoding="utf-8"))["cells"]]
    (crowd,) = [cell for cell in cells if cell.startswith("def crowded():")]
    assert "faults.clear()" in crowd
    assert sum(cell.startswith("crowded()\n") for cell in cells) == 2
    assert "ftwidgets.Job(client, job.id).cancel()" in sources()
    assert "jobs.cancel(" not in sources()


def test_a_used_up_quota_is_told_by_its_code_alone(client: openai.OpenAI, plain: openai.OpenAI, faults: Faults) -> None:
    """Two questions fit, the third is refused with the status of "too fast", and the client asks three times all the same."""
    small = {name: value for name, value in QUESTION.items() if name != "temperature"}
    small["messages"] = [{"role": "user", "content": "What is your name?"}]
    assert "faults.quota(tokens=40)" in sources()
    faults.quota(tokens=40)
    for _ in range(2):
        plain.chat.completions.create(**small, temperature=0)
    with pytest.raises(openai.RateLimitError) as caught:
        plain.chat.completions.create(**small, temperature=0)
    assert caught.value.code == "insufficient_quota"
    assert "retry-after" not in caught.value.response.headers
    faults.journal.clear()
    with pytest.raises(openai.RateLimitError):
        client.chat.completions.create(**small)
    assert len(faults.journal) == 3


def test_the_prices_are_those_of_the_data() -> None:
    """The table of the lesson is tokens times epochs times price, and the sandbox's is nothing."""
    assert "cost(100_000, 3, p)" in sources()
    for price in prices():
        assert cost(100_000, 3, price) == pytest.approx(0.3 * price.usd_per_million_tokens)
    assert cost(100_000, 3, prices()[0]) == 0


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


def test_a_tuned_model_goes_with_its_base(
    client: openai.OpenAI, plain: openai.OpenAI, faults: Faults, uploaded: tuple[Path, str]
) -> None:
    """Announced, it tells the day and still answers; on the day it is gone, in the words of a 404."""
    tuned = ftwidgets.launch(client, uploaded[1], model="nano-2026-11", n_epochs=1).wait(timeout=300).model
    assert tuned is not None
    faults.shut_down("nano-2026-11", "2099-12-31")
    assert client.models.retrieve(tuned).to_dict()["shutdown_date"] == "2099-12-31"
    plain.chat.completions.create(**QUESTION | {"model": tuned})
    faults.shut_down("nano-2026-11", "2026-11-01")
    with pytest.raises(openai.NotFoundError, match="deprecated"):
        plain.chat.completions.create(**QUESTION | {"model": tuned})


def test_the_shutdown_is_in_the_data() -> None:
    """The days in the stored output are those of the data, and the addresses in the text are the profiles'."""
    stored = LESSON.read_text(encoding="utf-8")
    for day in (provider("openai").closed_to_newcomers, provider("openai").no_new_jobs, provider("openai").models_end):
        assert str(day) in stored
    assert provider("nebius").key_variable in stored
    assert provider("foundry").address_form in stored
    assert not {"type", "param"} & set(provider("foundry").error_fields)


def test_reading_takes_the_time_it_says() -> None:
    """At 200 words a minute, half a minute a cell and ten minutes for the exercise: 25 to 30 minutes."""
    cells = json.loads(LESSON.read_text(encoding="utf-8"))["cells"]
    code = sum(each["cell_type"] == "code" for each in cells)
    assert 25 <= len(prose(LESSON).split()) / 200 + code / 2 + 8 <= 30


PROSE = {
    "Reading and exercise: 30 minutes": test_reading_takes_the_time_it_says,
    "one call of ours, three requests": test_one_call_is_three_requests,
    "Two jobs, two bills, and no error anywhere": test_a_lost_answer_makes_two_jobs_of_one_order,
}

SOURCES = {
    "OpenAI counts refused requests against the limit too": (
        "OpenAI's cookbook, How to handle rate limits: unsuccessful requests contribute to the per-minute limit, so "
        "continuously resending a request does not work"
    ),
}
