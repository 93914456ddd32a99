import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from openai.types.fine_tuning import FineTuningJob, FineTuningJobEvent

from ftwidgets.errors import FtwidgetsError
from ftwidgets.jobs.diagnosis import Diagnosis, format_loss
from ftwidgets.jobs.job import Job, launch
from ftwidgets.jobs.labels import job_label
from ftwidgets.sandbox import Sandbox
from ftwidgets.widgets.monitor import JobMonitor, status_text
from ftwidgets.widgets.monitor.comparison import OtherJob
from ftwidgets.widgets.monitor.job_progress import JobSnapshot, Losses
from ftwidgets.widgets.prompt import PromptTester
from tests.jobs.test_job import Service, described, event, listed, statuses

LINE = '{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}\n'
NO_MORE = {"object": "list", "data": [], "has_more": False}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[openai.OpenAI]:
    """Give a client of a sandbox that really trains."""
    with Sandbox(tmp_path_factory.mktemp("home")) as home, home.client(max_retries=0) as made:
        yield made


def written(file: Path, n: int) -> Path:
    file.write_text(LINE * n)
    return file


@pytest.fixture(scope="module")
def done(client: openai.OpenAI, tmp_path_factory: pytest.TempPathFactory) -> Job:
    """Give a small job that has succeeded."""
    folder = tmp_path_factory.mktemp("data")
    train, valid = written(folder / "train.jsonl", 12), written(folder / "valid.jsonl", 3)
    return launch(client, train, model="nano-2026-11", validation_file=valid, n_epochs=3, batch_size=4).wait(60)


def text_of(html: str) -> str:
    return " ".join(re.sub("<[^>]+>", " ", html).split())


def until(seen: Callable[[], object]) -> None:
    end = time.monotonic() + 20
    while not seen() and time.monotonic() < end:
        time.sleep(0.01)


def steps_of(n: int, total: int) -> list[dict[str, Any]]:
    """Events of so many steps, newest first."""
    return [
        event(i, 100 + i, f"Step {i}/{total}: training loss={5 / i:.2f}", step=i, total_steps=total, train_loss=5 / i)
        for i in range(n, 0, -1)
    ]


def test_a_job_is_followed_to_its_end(client: openai.OpenAI, tmp_path: Path) -> None:
    """`wait` gives the job, and by then all is drawn: status, every step, a row an epoch, the reading, the buttons."""
    train, valid = written(tmp_path / "train.jsonl", 12), written(tmp_path / "valid.jsonl", 3)
    job = launch(client, train, model="nano-2026-11", validation_file=valid, n_epochs=3, batch_size=4)
    monitor = JobMonitor(client, job)
    assert monitor.wait(60) is monitor.job is job
    assert job.status == "succeeded"
    assert text_of(monitor._job_view.headline.html) == "The tuned model is ready."
    assert text_of(monitor._job_view.progress.html) == "step 9 of 9"
    assert '<progress aria-label="Steps" value="9" max="9">' in monitor._job_view.progress.html
    header = monitor._job_view.header.html
    assert text_of(header) == f"succeeded {job_label(job.details)} Copy id"
    assert f'data-copy-text="{job.id}"' in header
    assert monitor._job_view.table.html.count("<tr>") == 1 + 3
    assert monitor._job_view.chart.label.startswith("training")
    assert monitor.reading is not None
    assert f"What the curve says: {monitor.reading.verdict}." in text_of(monitor._job_view.diagnosis.html)
    assert monitor.steps == [0, 3, 6, 9]
    assert "The job has successfully completed" in monitor._job_view.events.html
    assert monitor.cancel_button.disabled


def test_a_checkpoint_answers_in_the_background(client: openai.OpenAI, done: Job) -> None:
    """A press and the call do the same; the table has a row a prompt and a column a step, in the order of the steps."""
    monitor = JobMonitor(client, done.id, prompts=("hi", "ho <b>"), max_tokens=4)
    monitor.wait(60)
    monitor.ask_checkpoint(9)
    monitor._job_view.chart.press("0")
    answers = monitor.answers(60)
    assert (list(answers.index), list(answers.columns)) == (["hi", "ho <b>"], [0, 9])
    for step, model in ((0, "nano-2026-11"), (9, done.model or "")):
        reply = client.chat.completions.create(
            model=model, messages=[{"role": "user", "content": "hi"}], temperature=0, max_tokens=4
        )
        assert answers.loc["hi", step] == reply.choices[0].message.content
    shown = monitor._probes.table.html
    assert text_of(shown).startswith("What the checkpoints answer prompt base model epoch 3 hi")
    assert "ho &lt;b&gt;" in shown
    assert text_of(monitor.static_html()).endswith(text_of(shown))
    with pytest.raises(ValueError, match=r"no checkpoint was kept at step 4\. .* 0, 3, 6, 9\."):
        monitor.ask_checkpoint(4)
    monitor._job_view.chart.press("4")
    assert "No checkpoint was kept at step 4" in monitor.status.html


def test_other_prompts_are_asked_when_a_step_is_pressed_again(client: openai.OpenAI, done: Job) -> None:
    """The prompts stand in a field; only what has no answer yet is asked."""
    monitor = JobMonitor(client, done, prompts=("hi",), max_tokens=2)
    monitor.wait(60)
    monitor.ask_checkpoint(9)
    first = monitor.answers(60)
    monitor.prompts.value = "hi\n\n what is it? \n"
    monitor.ask_checkpoint(9)
    both = monitor.answers(60)
    assert list(both.index) == ["hi", "what is it?"]
    assert both.loc["hi", 9] == first.loc["hi", 9]
    assert both.loc["what is it?", 9] != ""


def test_a_model_that_was_deleted_meanwhile(client: openai.OpenAI, tmp_path: Path) -> None:
    """It is said in words and raised, is no part of the code or the table, and is not told any more after an answer."""
    job = launch(client, written(tmp_path / "train.jsonl", 12), model="nano-2026-11", n_epochs=1).wait(60)
    monitor = JobMonitor(client, job, prompts="hi there", max_tokens=2)
    monitor.wait(60)
    last = monitor.steps[-1]
    client.models.delete(str(job.model))
    monitor.ask_checkpoint(last)
    with pytest.raises(openai.NotFoundError):
        monitor.answers(60)
    assert "The service rejected the request (404)" in monitor.status.html
    assert "models = " not in monitor.code
    monitor.ask_checkpoint(0)
    answers = monitor.answers(60)
    assert (list(answers.index), list(answers.columns)) == (["hi there"], [0])
    assert monitor.status.html == ""
    exec(monitor.code, {"client": client, "print": lambda *_: None})
    monitor.prompts.value = " \n"
    with pytest.raises(ValueError, match="there is no question"):
        monitor.ask_checkpoint(0)


def test_its_code_does_what_it_did(client: openai.OpenAI, done: Job, capsys: pytest.CaptureFixture[str]) -> None:
    """Run as it is, the code gives the same reading and the same answers."""
    monitor = JobMonitor(client, done, prompts=("hi", "ho"), system="Be brief.", max_tokens=4)
    monitor.wait(60)
    monitor.ask_checkpoint(6)
    answers = monitor.answers(60)
    names: dict[str, Any] = {"client": client}
    exec(monitor.code, names)
    assert names["reading"] == monitor.reading
    assert names["answers"] == {(6, prompt): answers.loc[prompt, 6] for prompt in ("hi", "ho")}
    assert "The job has successfully completed" in capsys.readouterr().out


def test_the_newest_job_is_taken_where_none_is_named(client: openai.OpenAI, done: Job) -> None:
    """After a restart of the kernel one line finds it again, whichever way the service lists."""
    monitor = JobMonitor(client)
    assert monitor.job is not None
    assert monitor.job.id == client.fine_tuning.jobs.list(limit=1).data[0].id
    oldest_first = {**NO_MORE, "data": [described("succeeded", id="ftjob-old", created_at=1), described("succeeded")]}
    service = Service(
        jobs=lambda r: httpx2.Response(200, json=oldest_first if r.url.path.endswith("/jobs") else described("succeeded"))
    )
    service.routes |= {"events": NO_MORE, "checkpoints": NO_MORE}
    found = JobMonitor(service.client())
    assert found.wait(20).id == "ftjob-1"


def test_without_a_job_it_says_what_to_do_and_finds_the_first_one() -> None:
    """No traceback: an empty state with a button, which looks by itself too, until a job is there; then it is followed."""
    none_yet = threading.Event()

    def jobs(request: httpx2.Request) -> httpx2.Response:
        if not request.url.path.endswith("/jobs"):
            return httpx2.Response(200, json=described("succeeded"))
        return httpx2.Response(200, json={**NO_MORE, "data": [described("succeeded")] if none_yet.is_set() else []})

    monitor = JobMonitor(Service(jobs=jobs, events=listed(steps_of(4, 4)), checkpoints=NO_MORE).client())
    assert monitor.job is None
    assert monitor.static_text().startswith("Nothing to watch: this service has no fine-tuning job of yours yet. Launch one")
    assert "Launch one" in monitor.static_html()
    assert (monitor._no_job.layout.display, monitor._top.layout.display) == ("", "none")
    for call in (lambda: monitor.wait(1), monitor.cancel, lambda: monitor.code):
        with pytest.raises(FtwidgetsError, match="no fine-tuning job of yours yet"):
            call()
    monitor._no_job.look_button.click()
    until(lambda: "There is no job yet." in monitor.status.html)
    none_yet.set()
    monitor._no_job.look_button.click()
    until(lambda: monitor.job)
    assert monitor.wait(20).status == "succeeded"
    assert (monitor._no_job.layout.display, monitor._top.layout.display) == ("none", "")
    assert monitor.reading is not None


def test_a_monitor_without_a_job_can_be_closed() -> None:
    """It looks no longer."""
    monitor = JobMonitor(Service(jobs=NO_MORE).client())
    monitor.close()
    until(lambda: not monitor._watch.busy)
    assert not monitor._watch.busy


def test_several_jobs_are_compared_in_one_chart(client: openai.OpenAI, done: Job, tmp_path: Path) -> None:
    """The first is followed; of each the validation loss is drawn, its lowest marked and told; a press takes one out."""
    train, valid = written(tmp_path / "train.jsonl", 12), written(tmp_path / "valid.jsonl", 3)
    other = launch(client, train, model="nano-2026-11", validation_file=valid, n_epochs=2, batch_size=4)
    bare = launch(client, train, model="nano-2026-11", n_epochs=1)
    monitor = JobMonitor(client, [done, other.id], compare=[bare])
    assert monitor.wait(60) is done
    assert other.status == bare.status == "succeeded"
    view = monitor._job_view
    legend = text_of(view.legend.html)
    for job in (done, other):
        low = min(job.curve["full_valid_loss"].dropna())
        assert f"lowest {format_loss(low)} after epoch" in legend
    assert "training loss, as no validation loss was measured" in legend
    assert sorted(key for key in view.chart.lines if key.endswith("o")) == ["0o", "1o"]
    assert len(view.legend.html.split("<li>")) == 1 + 3
    assert monitor.static_html().count(": lowest ") == 2

    monitor.compare_with.toggle.click()
    monitor.compare_with.wait(20)
    listed_jobs = monitor.compare_with.choices.html
    assert f'data-press="{done.id}"' not in listed_jobs
    assert f'data-press="{other.id}" aria-pressed="true"' in listed_jobs
    monitor.compare_with.choices.press(other.id)
    assert f'data-press="{other.id}" aria-pressed="false"' in monitor.compare_with.choices.html
    monitor.compare_with.choices.press(bare.id)
    assert re.match(r"training.* validation: lowest ", text_of(view.legend.html))


def test_a_chart_holds_six_jobs(client: openai.OpenAI, done: Job) -> None:
    """One more is refused in words; a job that nobody knows is taken out, in words too."""
    monitor = JobMonitor(client, done)
    monitor.wait(30)
    for number in range(5):
        monitor._comparison.jobs = {**monitor._comparison.jobs, f"ftjob-{number}": OtherJob(done, details=done.details)}
    monitor.compare_with.choices.press("ftjob-more")
    assert "A chart holds 6 jobs. Take one out before you add another." in monitor.status.html
    monitor.compare_with.choices.press("ftjob-4")
    monitor.compare_with.choices.press("ftjob-unknown")
    until(lambda: "(404)" in monitor.status.html)
    assert "ftjob-unknown" not in monitor._comparison.jobs


def test_the_best_epoch_is_told(client: openai.OpenAI, done: Job) -> None:
    """In the legend, with epoch and step; also that its checkpoint was not kept."""
    monitor = JobMonitor(client, done)
    monitor.wait(30)
    curve = done.curve
    full = curve[["step", "full_valid_loss"]].dropna()
    at = int(full.loc[full["full_valid_loss"].idxmin(), "step"])
    text = text_of(monitor._job_view.legend.html)
    assert text.endswith(f"after epoch {at // 3} of 3 (step {at})")
    assert status_text.best_text(monitor._job_view.losses, 3, steps=[0, 4]).endswith("; no checkpoint was kept there")
    assert status_text.best_text(Losses(), 3) == ""


def test_the_legend_says_what_is_too_small_for_the_chart() -> None:
    """Words in place of a flat line, on the page and in the saved notebook."""
    events = [event(i, 100 + i, "step", step=i, total_steps=9, train_loss=10.0 ** (3 - 2 * i)) for i in range(9, 0, -1)]
    monitor = JobMonitor(Service(jobs=described("succeeded"), events=listed(events), checkpoints=NO_MORE).client(), "ftjob-1")
    monitor.wait(20)
    assert text_of(monitor._job_view.legend.html) == "training: below 0.0001 it is not drawn"
    assert "training: below 0.0001 it is not drawn." in monitor.static_html()


def test_after_success_the_next_step_asks_the_model(client: openai.OpenAI, done: Job) -> None:
    """Base and tuned model go over to the prompt tester; the code does the same. After a failure nothing is offered."""
    monitor = JobMonitor(client, done)
    monitor.wait(30)
    tester = monitor.next_step.go()
    assert isinstance(tester, PromptTester)
    assert tester.models == ("nano-2026-11", done.model)
    names: dict[str, Any] = {"client": client}
    exec(monitor.next_step.code, names)
    assert done.model in monitor.next_step.code


def test_cancel_can_be_pressed_only_while_there_is_something_to_cancel(client: openai.OpenAI, tmp_path: Path) -> None:
    """Not before the job is known, and not once it has ended."""
    job = launch(client, written(tmp_path / "train.jsonl", 100), model="nano-2026-11", n_epochs=50)
    monitor = JobMonitor(client, job)
    until(lambda: not monitor.cancel_button.disabled)
    assert job.status not in ("succeeded", "failed", "cancelled")
    monitor.cancel_button.click()
    monitor.wait(30)
    assert monitor.cancel_button.disabled
    assert JobMonitor(Service(jobs=NO_MORE).client()).cancel_button.disabled


def test_a_failed_job_shows_its_reason(client: openai.OpenAI, tmp_path: Path) -> None:
    """Waiting does not raise: that a job failed is a result. Nothing was measured, and that is said too."""
    monitor = JobMonitor(client, launch(client, written(tmp_path / "train.jsonl", 7), model="nano-2026-11"))
    assert monitor.wait(30).status == "failed"
    assert "There is no tuned model. invalid_n_examples: Training file has 7 example(s)" in monitor._job_view.headline.html
    assert "ftw-chip-wrong" in monitor._job_view.header.html
    assert monitor.next_step.code == ""
    assert monitor.reading is None
    assert "There is no curve to read" in monitor._job_view.diagnosis.html
    assert monitor.steps == []
    exec(monitor.code, {"client": client})


def test_a_job_is_cancelled_and_the_outcome_shown(client: openai.OpenAI, tmp_path: Path) -> None:
    """The button asks the service; the status line has the outcome, and the watching ends."""
    job = launch(client, written(tmp_path / "train.jsonl", 100), model="nano-2026-11", n_epochs=50)
    monitor = JobMonitor(client, job)
    with pytest.raises(TimeoutError, match="it goes on"):
        monitor.wait(0.3)
    monitor.cancel_button.click()
    assert "The service stopped the job." in monitor.status.html
    assert monitor.wait(30).status == "cancelled"
    assert "It was stopped before it had finished" in monitor._job_view.headline.html


def test_cancelling_too_late_says_so(client: openai.OpenAI, done: Job) -> None:
    """A job that was faster stays as it is."""
    monitor = JobMonitor(client, done)
    monitor.wait(30)
    assert monitor.cancel().status == "succeeded"
    assert "Too late: the job had succeeded already." in monitor.status.html


def test_an_outage_is_said_and_survived() -> None:
    """While the service does not answer a sentence says so, once; afterwards it goes, and the job is followed to its end."""
    now: list[Any] = [described("running")]

    def jobs(_: httpx2.Request) -> httpx2.Response:
        if isinstance(now[0], Exception):
            raise now[0]
        return httpx2.Response(503) if now[0] is None else httpx2.Response(200, json=now[0])

    monitor = JobMonitor(Service(jobs=jobs, events=listed(steps_of(4, 4)), checkpoints=NO_MORE).client(), "ftjob-1")
    said: list[str] = []
    monitor.status.observe(lambda change: said.append(text_of(change["new"])), names="html")
    until(lambda: monitor._job_view.headline.html)
    now[0] = None
    until(lambda: said)
    now[0] = httpx2.ConnectError("gone")
    time.sleep(0.6)  # time for several looks
    now[0] = described("succeeded")
    assert monitor.wait(20).status == "succeeded"
    assert said == ["The service does not answer at the moment; the monitor keeps trying. The job is not affected.", ""]


def test_a_refusal_ends_the_watching_and_can_be_tried_again() -> None:
    """A job that nobody knows: said in words, raised by `wait`; the button watches again."""
    known = threading.Event()

    def jobs(_: httpx2.Request) -> httpx2.Response:
        if known.is_set():
            return httpx2.Response(200, json=described("succeeded"))
        return httpx2.Response(404, json={"error": {"message": "Could not find fine tune: ftjob-1", "type": "x"}})

    monitor = JobMonitor(Service(jobs=jobs, events=NO_MORE, checkpoints=NO_MORE).client(), "ftjob-1")
    with pytest.raises(openai.NotFoundError):
        monitor.wait(20)
    assert "The service rejected the request (404): Could not find fine tune: ftjob-1" in monitor.status.html
    assert monitor.watch_button.layout.display == ""
    known.set()
    monitor.watch_button.click()
    monitor.wait(20)
    assert monitor.status.html == ""
    assert monitor.watch_button.layout.display == "none"


def test_an_end_that_could_not_be_read_can_be_tried_again() -> None:
    """The connection drops after the job has succeeded: the button is there, and reads the end after all."""
    broken = threading.Event()
    broken.set()

    def checkpoints(_: httpx2.Request) -> httpx2.Response:
        if broken.is_set():
            raise httpx2.ConnectError("gone")
        return httpx2.Response(200, json=NO_MORE)

    service = Service(jobs=described("succeeded"), events=listed(steps_of(4, 4)), checkpoints=checkpoints)
    monitor = JobMonitor(service.client(), "ftjob-1")
    with pytest.raises(openai.APIConnectionError):
        monitor.wait(20)
    assert monitor.watch_button.layout.display == ""
    broken.clear()
    monitor.watch_button.click()
    monitor.wait(20)
    assert "What the curve says" in monitor._job_view.diagnosis.html
    assert monitor.watch_button.layout.display == "none"


def test_an_answer_that_is_no_answer_is_said() -> None:
    """A page of HTML, as at an address without /v1, is a sentence: without a job, and with one."""
    page = httpx2.Response(200, text="<html>", headers={"content-type": "text/html"})
    client = Service(jobs=page, events=page).client()
    for monitor in (JobMonitor(client), JobMonitor(client, "ftjob-1")):
        until(lambda shown=monitor: "Something answers at this address" in shown.status.html)
        with pytest.raises(FtwidgetsError, match="no API like OpenAI's"):
            monitor.wait(20)


def test_a_screen_reader_is_not_told_every_step() -> None:
    """A hundred looks at a hundred steps change the announced line with the status and every tenth, and no more."""
    at = iter([*range(1, 101), 100])
    now: list[int] = [0]

    def jobs(_: httpx2.Request) -> httpx2.Response:
        now[0] = next(at, 101)
        return httpx2.Response(200, json=described("running" if now[0] < 101 else "succeeded"))

    service = Service(jobs=jobs, events=lambda r: listed(steps_of(min(now[0], 100), 100))(r), checkpoints=NO_MORE)
    monitor = JobMonitor(service.client(), "ftjob-1")
    monitor.close()  # this test looks itself, as fast as it can
    lines: list[str] = []
    monitor._job_view.headline.observe(lambda change: lines.append(text_of(change["new"])), names="html")
    while now[0] < 101:
        job = Job(service.client(), "ftjob-1")
        monitor._show(JobSnapshot(job.details, tuple(job.events)))
    assert 10 <= len(lines) <= 13
    assert lines[-1] == "The tuned model is ready."


def test_a_service_without_metrics_and_checkpoints() -> None:
    """The curve comes from the result file at the end, and the tuned model can be asked all the same."""
    csv = b"step,train_loss,valid_loss\n" + b"".join(f"{i},{5 / i},{6 / i}\n".encode() for i in range(1, 11))
    answer = {
        "id": "c",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "<i>hello</i>"}}],
    }
    service = Service(
        jobs=described("succeeded", result_files=["file-9"]),
        events=listed([event(2, 102, "<script>alert(1)</script>"), event(1, 101)]),
        checkpoints=httpx2.Response(404, json={"error": {"message": "no such route"}}),
        files={
            "id": "file-9",
            "object": "file",
            "bytes": 99,
            "created_at": 1,
            "filename": "r.csv",
            "purpose": "x",
            "status": "x",
        },
        content=csv,
        create=answer,
    )
    monitor = JobMonitor(service.client(), "ftjob-1", prompts=["hi"])
    monitor.wait(20)
    assert monitor.steps == [0, 10]
    assert monitor._job_view.table.html.count("<tr>") == 1 + 3  # its hyperparameters tell three epochs
    monitor.ask_checkpoint(10)
    assert monitor.answers(20).loc["hi", 10] == "<i>hello</i>"
    assert "<script>" not in monitor._job_view.events.html
    assert "<i>" not in monitor.static_html()
    assert "&lt;i&gt;hello" in monitor.static_html()


@pytest.mark.parametrize(
    ("status", "says"), [("paused", "It waits until"), ("brewing", "The service says &quot;brewing&quot;.")]
)
def test_a_status_nobody_foresaw_is_shown_as_it_is(status: str, says: str) -> None:
    """An unknown status is no end: the monitor goes on asking, until it is closed."""
    monitor = JobMonitor(Service(jobs=statuses(status), events=NO_MORE).client(), "ftjob-1")
    until(lambda: monitor._job_view.headline.html)
    assert text_of(monitor._job_view.headline.html).startswith(says)
    assert monitor._watch.busy
    monitor.close()
    monitor._watch.wait(20)


def test_the_fallback_shows_the_chart_as_an_image(client: openai.OpenAI, done: Job) -> None:
    """Without scripts and without SVG in the page: an img with the curve in words, the table, the reading."""
    monitor = JobMonitor(client, done)
    assert monitor.static_text() == "Nothing is known yet." or "succeeded" in monitor.static_text()
    monitor.wait(30)
    page = monitor._repr_mimebundle_()["text/html"]
    assert '<img alt="training ' in page
    assert 'src="data:image/svg+xml;base64,' in page
    assert not re.search("<(svg|script|button|progress)", page)
    assert "Loss by epoch (training: its mean)" in page
    assert "<summary>The rule</summary>" in page
    assert monitor.static_text().splitlines()[0] == "succeeded: the tuned model is ready."
    assert repr(monitor).startswith("JobMonitor: succeeded")


def test_leaving_python_does_not_wait_for_the_job(tmp_path: Path) -> None:
    """A monitor on a job that never ends holds nothing up."""
    script = (
        "from tests.jobs.test_job import Service, statuses\n"
        "from ftwidgets.widgets.monitor import JobMonitor\n"
        "none = {'object': 'list', 'data': [], 'has_more': False}\n"
        "monitor = JobMonitor(Service(jobs=statuses('queued'), events=none).client(), 'ftjob-1')\n"
        "assert monitor._watch.busy\n"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_warning_is_always_among_the_events() -> None:
    """However much came after it, and in bold: that memory is short explains why a job is slow."""
    short = {**event(0, 100, "Memory is short (0.6 GB are free, and 1.0 GB would be used)"), "level": "warn"}
    others = [event(i, 100 + i) for i in range(1, 40)]
    events = [FineTuningJobEvent.model_validate(body) for body in (short, *others)]
    shown = status_text.events_html(events)
    assert "<strong>" in shown.rpartition("<li>")[2]
    assert "Memory is short" in shown.rpartition("<li>")[2]
    assert shown.count("<li>") == 13


@pytest.mark.parametrize(
    ("last", "left", "words"),
    [
        (0, None, "in its first step"),
        (1, 75.5, "step 1 of 24 , about 75 s left"),
        (23, 0.5, "step 23 of 24 , done any moment"),
        (20, -60, "step 20 of 24 , it takes longer than expected"),
        (24, -60, "step 24 of 24"),
    ],
)
def test_the_time_left_is_said_as_far_as_it_is_known(last: int, left: float | None, words: str) -> None:
    """Nothing before the first step is measured; an estimate that has passed is not repeated as if it still held."""
    finish = None if left is None else time.time() + left
    details = FineTuningJob.model_construct(**described("running") | {"estimated_finish": finish})
    losses = Losses()
    losses.add(FineTuningJobEvent.model_validate(body) for body in steps_of(last, 24))
    assert text_of(status_text.progress_html(details, losses)).endswith(words)


@pytest.mark.parametrize(
    ("error", "says"), [("no <credit>", "no <credit>"), (None, ""), ({"code": "x", "message": None, "param": None}, "x")]
)
def test_a_reason_of_any_form_is_told(error: object, says: str) -> None:
    """Some services send a text in place of an object."""
    details = FineTuningJob.construct(**{**described("failed"), "error": error})
    assert status_text.meaning(details, Losses()) == f"There is no tuned model. {says}".rstrip()


@pytest.mark.parametrize("made", [-5, 1e18, "yesterday"])
def test_a_time_that_is_none_stops_nothing(made: object) -> None:
    """A negative number, a year that no calendar has, a text: the job is followed and listed, without a time."""
    job = described("succeeded", created_at=made, finished_at=made, estimated_finish=made)
    said = {"id": "ftevent-1", "created_at": made, "level": "info", "message": "Job enqueued", "object": "o", "type": "message"}
    listed = {"data": [job, job | {"id": "ftjob-2", "created_at": 5}], "has_more": False}

    def jobs(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, json=listed if request.url.path.endswith("/jobs") else job)

    client = Service(jobs=jobs, events={"data": [said], "has_more": False}, checkpoints=NO_MORE).client()
    monitor = JobMonitor(client)
    assert monitor.wait(20).id == "ftjob-2"  # the one whose time is a time
    assert "ftw-wrong" not in monitor.status.html
    assert text_of(monitor._job_view.header.html) == "succeeded gpt-4o tuned abc Copy id"
    assert "Job enqueued" in monitor._job_view.events.html


def test_overfitting_comes_with_what_to_do() -> None:
    """Beside the word: fewer epochs, more rows, the best checkpoint's button if one was kept; nothing beside other verdicts."""
    losses = [(i, 4.0 / i, 1.0 + abs(i - 6) / 3 if i % 3 == 0 else None) for i in range(1, 13)]
    said = [
        event(i, 100 + i, "s", step=i, total_steps=12, train_loss=train, **({"full_valid_loss": valid} if valid else {}))
        for i, train, valid in reversed(losses)
    ]
    points = [
        {
            "id": f"ftckpt-{step}",
            "step_number": step,
            "fine_tuned_model_checkpoint": f"ft:m:o::x:ckpt-step-{step}",
            "metrics": {},
        }
        for step in (6, 12)
    ]
    job = described("succeeded", hyperparameters={"n_epochs": 4}, fine_tuned_model="ft:m:o::x:ckpt-step-12")
    for kept, words in (
        (points, ', or use the checkpoint of the lowest loss: its button under the chart says "epoch 2".'),
        ([], "."),
    ):
        service = Service(jobs=job, events=listed(said), checkpoints={"object": "list", "data": kept, "has_more": False})
        monitor = JobMonitor(service.client(), "ftjob-1")
        monitor.wait(20)
        shown = text_of(monitor._job_view.diagnosis.html).replace("&quot;", '"')
        assert shown.startswith(f"What the curve says: overfitting. What to do: train for fewer epochs, add rows{words}"), shown
    assert "What to do" not in status_text.diagnosis_html(Diagnosis("flat", "it is.", "a rule", 3))
