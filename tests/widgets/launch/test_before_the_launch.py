"""What the form for a job shows before the button, what it asks, and what it offers afterwards."""

import re
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import openai
import pytest

from ftwidgets import launch
from ftwidgets.data.cost import prices
from ftwidgets.errors import FtwidgetsError
from ftwidgets.providers import facts
from ftwidgets.sandbox import Sandbox
from ftwidgets.widgets.launch import JobLauncher, estimate, launch_button
from ftwidgets.widgets.launch.estimate import FileCount, Queue, TrainingSpeed
from ftwidgets.widgets.launch.job_settings import JobFile, JobSettings
from ftwidgets.widgets.launch.questions import unwise_values
from ftwidgets.widgets.monitor import JobMonitor

CHAT = '{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}\n'


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[openai.OpenAI]:
    """Give a client of the kit's own sandbox that sends each request once."""
    with sandbox.client(max_retries=0) as made:
        yield made


@pytest.fixture
def train(tmp_path: Path) -> Path:
    file = tmp_path / "train.jsonl"
    file.write_text(CHAT * 12)
    return file


def figures(launcher: JobLauncher) -> dict[str, str]:
    """The figures before the button, by their names."""
    return dict(re.findall(r"<dt>(.+?)</dt><dd>(.+?)</dd>", launcher._estimate_view.figures.html))


def place(launcher: JobLauncher, part: Any) -> int:
    return launcher.children.index(
        next(child for child in launcher.children if part in (child, *getattr(child, "children", ())))
    )


def test_the_order_on_the_page(client: openai.OpenAI, train: Path) -> None:
    """Three fields, the other settings folded, the estimate, the button, and only then every message."""
    launcher = JobLauncher(client, train)
    boxes = [launcher.fields[name].box for name in ("train_file", "validation_file", "model")]
    parts = [*boxes, launcher.advanced, launcher._estimate_view.figures, launcher._button, launcher.status]
    places = [place(launcher, part) for part in parts]
    assert places == sorted(places)
    assert len(set(places)) == len(places)
    assert figures(launcher) == {"Time": "About 1 s", "Memory": "0.2 GB", "Cost": "Free"}


def test_the_settings_open_when_one_is_set_or_wrong(client: openai.OpenAI, train: Path) -> None:
    """Folded as long as all are the usual ones; help is not on the form but in the tooltips and one folded table."""
    launcher = JobLauncher(client, train, n_epochs="auto", lora=None, seed=None)
    assert launcher.advanced.toggle.expanded == "false"
    launcher.n_epochs = 2
    assert launcher.advanced.toggle.expanded == "true"
    assert JobLauncher(client, train, suffix="x").advanced.toggle.expanded == "true"
    wrong = JobLauncher(client, train)
    wrong.fields["seed"].control.value = "-1"
    assert wrong.advanced.toggle.expanded == "true"
    assert all(field.control.tooltip == field.help_text for field in wrong.fields.values())
    assert wrong._help.html.startswith("<details><summary>What do these fields mean?</summary>")


def test_an_empty_form_is_no_mistake(client: openai.OpenAI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what to do, without red; after a press the missing file is one."""
    monkeypatch.chdir(tmp_path)
    launcher = JobLauncher(client)
    assert "Choose a training file" in launcher.status.html
    assert figures(launcher) == {"Time": "-", "Memory": "-", "Cost": "-"}
    launcher._button.click()
    with pytest.raises(FtwidgetsError):
        launcher.wait(10)
    assert "There is no training file yet" in launcher.status.html
    assert "ftw-bad" in launcher.fields["train_file"].box._dom_classes


def test_files_here_and_uploaded_are_in_the_menu(client: openai.OpenAI, train: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By name, rows and time; a path that is in no menu can be typed, and what was listed keeps its place."""
    monkeypatch.chdir(train.parent)
    uploaded = client.files.create(file=train, purpose="fine-tune")
    launcher = JobLauncher(client)
    menu = launcher.fields["train_file"].control
    now = time.strftime("%H:%M", time.localtime(train.stat().st_mtime))
    assert [name for name, _value in menu.options][:2] == ["Choose a file", f"train.jsonl, 12 rows, today {now}"]
    assert [value for _name, value in menu.options][2] == uploaded.id
    (train.parent / "new.jsonl").write_text(CHAT * 11)
    launcher.train_file = "train.jsonl"
    launcher.refresh()
    assert launcher.train_file == "train.jsonl"
    assert [value for _name, value in menu.options][1:4] == ["train.jsonl", uploaded.id, "new.jsonl"]
    menu.label = "Another file, by its path or id"
    launcher.fields["train_file"].controls[1].value = str(train.parent / "new.jsonl")
    assert launcher.settings().training_file.path == train.parent / "new.jsonl"
    assert launcher.estimate is not None


def test_models_have_names_in_the_menu(client: openai.OpenAI, train: Path) -> None:
    """A tuned model by its suffix and base, the id behind it."""
    tuned = launch(client, train, model="nano-2026-11", n_epochs=1, suffix="shop-voice").wait(timeout=60).model
    assert tuned is not None
    names = {value: name for name, value in JobLauncher(client, train).fields["model"].control.options}
    assert re.fullmatch(r"shop-voice \d\d:\d\d \(nano-2026-11\)", names[tuned])


def test_the_wait_is_part_of_the_estimate(client: openai.OpenAI, train: Path, tmp_path: Path) -> None:
    """Jobs before this one count with their time; after the launch this one does not count as one before itself."""
    launcher = JobLauncher(client, train, n_epochs=2)
    alone = launcher.estimate
    assert alone is not None
    assert alone.queue == Queue(0, 0)
    long = tmp_path / "long.jsonl"
    long.write_text(CHAT * 400)
    before = [launch(client, long, model="nano-2026-11", n_epochs=50) for _ in range(3)]
    launcher.refresh()
    found = launcher.estimate
    assert found is not None
    assert found.seconds == alone.seconds
    assert found.queue.n_jobs == 3
    assert found.queue.seconds is not None
    assert found.queue.seconds > 2 * 25 * 400 / 12 * found.seconds  # of the two that have not begun
    assert next(iter(figures(launcher))) == "Time, with 3 jobs before yours"
    assert found.figures[0][1] == estimate.duration(found.queue.seconds + found.seconds)
    mine = launcher.launch()
    launcher.refresh()
    assert launcher.estimate is not None
    assert launcher.estimate.queue.n_jobs == 3
    launcher.n_epochs = 3  # another job would come after it
    assert launcher.estimate is not None
    assert launcher.estimate.queue.n_jobs == 4
    for job in (mine, *reversed(before)):
        job.cancel()


def test_a_wait_that_is_not_known_is_not_left_out() -> None:
    """The figure then says that it counts from the end of the others."""
    speed = TrainingSpeed(100.0, "as measured")
    found = estimate.estimate(FileCount(10, 1000), 2, "m", speed, sandbox=False, queue=Queue(2, None))
    assert found.figures[0] == ("Time, after 2 jobs before yours", "About 20 s")
    assert "There are 2 jobs before yours in the queue; how long they take is not known." in found.time
    known = estimate.estimate(FileCount(10, 1000), 2, "m", speed, sandbox=True, queue=Queue(1, 40.0))
    assert known.figures[0] == ("Time, with 1 job before yours", "About 60 s")
    assert "There is 1 job before yours in the queue: about 40 s, so yours ends in about 60 s." in known.time


def test_the_price_elsewhere_is_one_that_a_newcomer_can_pay(client: openai.OpenAI, train: Path) -> None:
    """The service named takes newcomers, by the kit's dated facts; the age of the prices stands beside it."""
    launcher = JobLauncher(client, train)
    assert launcher.estimate is not None
    named = re.search(r"The same on (.+?), which takes newcomers \((.+?)\)", launcher.estimate.money)
    assert named is not None
    price = next(price for price in prices() if (price.provider, price.model) == named.groups())
    assert price.as_of in launcher.estimate.money
    assert not price.expired()
    (newcomers,) = (fact for fact in facts("fireworks") if fact.about == "newcomers")
    assert named[1] == "Fireworks AI"
    assert str(newcomers.says).startswith("yes")
    assert "The oldest price here is of" in launcher._estimate_view.basis.html


def settings(**chosen: Any) -> JobSettings:
    usual: dict[str, Any] = dict.fromkeys(
        ("n_epochs", "batch_size", "learning_rate_multiplier", "lora", "lora_r", "seed", "suffix")
    )
    return JobSettings(model="m", training_file=JobFile("f"), validation_file=None, **(usual | chosen))


@pytest.mark.parametrize(
    ("name", "unwise", "sensible"),
    [
        ("learning_rate_multiplier", 1e9, 40.0),
        ("learning_rate_multiplier", 100.0, 99.0),
        ("learning_rate_multiplier", 0.0001, 0.01),
        ("n_epochs", 26, 25),
        ("batch_size", 13, 12),
    ],
)
def test_unwise_values_are_questioned(name: str, unwise: Any, sensible: Any) -> None:
    """Each with its value, and with what is usual; what somebody may well want is not."""
    count = FileCount(12, 100)
    (question,) = unwise_values(settings(**{name: unwise}), count, is_factor=True).values()
    assert f"{unwise:g}" in question
    assert unwise_values(settings(**{name: sensible}), count, is_factor=True) == {}


def test_where_the_multiplier_is_the_rate_itself_a_small_one_is_usual() -> None:
    """At Nebius 2e-5 is what everybody takes."""
    assert unwise_values(settings(learning_rate_multiplier=2e-5), None, is_factor=False) == {}


def test_an_unwise_value_takes_a_second_press(client: openai.OpenAI, train: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first press asks, a double click is no answer, a change takes the question back, the second press launches."""
    launcher = JobLauncher(client, train, n_epochs=1)
    launcher.fields["learning_rate_multiplier"].control.value = "1e9"
    assert "1e+09 times the usual rate?" in launcher.status.html
    for _ in range(2):  # a double click
        launcher._button.click()
    assert launcher._button.description == "Launch anyway"
    assert "Press again to launch it all the same" in launcher.status.html
    assert client.fine_tuning.jobs.list().data == []
    launcher.learning_rate_multiplier = 200
    assert launcher._button.description == "Launch the job"
    launcher._button.click()
    monkeypatch.setattr(launch_button, "READ", 0)
    launcher._button.click()
    job = launcher.wait(30)
    assert job.details.method.supervised.hyperparameters.learning_rate_multiplier == 200  # type: ignore[union-attr]
    job.cancel()


def test_after_the_launch_a_label_an_id_to_copy_and_the_next_step(client: openai.OpenAI, train: Path) -> None:
    """A calm line with what people call the job; its monitor, by a button and by code, also for a job that exists."""
    launcher = JobLauncher(client, train, n_epochs=1, suffix="shop-voice")
    with pytest.raises(FtwidgetsError, match="no next step yet"):
        launcher.next_step.go()
    for _ in range(2):
        job = launcher.launch()
        assert re.search(
            rf'class="ftw-ok">Launched: <strong>shop-voice \(nano-2026-11\), .+?data-copy-text="{job.id}"', launcher.status.html
        )
        assert "ftw-wrong" not in launcher.status.html
        monitor = launcher.next_step.go()
        assert isinstance(monitor, JobMonitor)
        assert monitor.job.id == job.id
        scope: dict[str, Any] = {"client": client}
        exec(launcher.next_step.code, scope)
        assert scope["monitor"].job.id == job.id
        for each in (monitor, scope["monitor"]):
            each.wait(60)
    assert f"({job.id})" in launcher.static_text()


def test_the_still_form_says_each_thing_once(client: openai.OpenAI, train: Path) -> None:
    """Fields that are set, prose aligned to the left, no buttons and no scripts."""
    launcher = JobLauncher(client, train, n_epochs=2)
    page = launcher.static_html()
    assert "Epochs:</strong> 2<" in page
    assert "Batch size" not in page
    assert not re.search(r"<(button|script|table)", page)
    assert page.count("2 epochs") == 1


def test_a_failed_request_for_the_queue_does_not_lose_the_job(
    client: openai.OpenAI, train: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job was made: it is kept, though the list of jobs could not be had."""
    launcher = JobLauncher(client, train, n_epochs=1)

    def lost(**_given: Any) -> Any:
        raise openai.APIConnectionError(request=SimpleNamespace())  # type: ignore[arg-type]

    monkeypatch.setattr(
        launcher._options, "_client", SimpleNamespace(files=SimpleNamespace(list=lost), base_url=client.base_url)
    )
    job = launcher.launch()
    assert launcher.job is job
    job.cancel()
