"""Recorded runs: what a lesson shows of SmolLM2 where it is not installed."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace as Namespace
from typing import Any

import pandas as pd
import pytest

from ftwidgets.errors import FtwidgetsError
from ftwidgets.lessons import recorded
from ftwidgets.lessons.exercises import live_or_recorded

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
RECORDS = sorted((NOTEBOOKS / recorded.FOLDER).glob("*.json"))
NAME = re.compile(r"live_or_recorded\(\s*\\?[\"']([\w-]+)")

rows = pd.DataFrame({"Prompt": ["hi"], "Completion": ["Hello!"]})


def client_with(*models: str) -> Any:
    """A client that lists these models, and one more job with every look."""
    jobs: list[Any] = []

    def list_jobs(limit: int) -> list[Any]:
        supervised = Namespace(hyperparameters=Namespace(model_dump=lambda exclude_none: {"n_epochs": 3}))
        method = Namespace(supervised=supervised)
        jobs.insert(0, Namespace(id=f"j{len(jobs)}", model="m", training_file="f", method=method, seed=1, trained_tokens=9))
        return list(jobs)

    return Namespace(
        models=Namespace(list=lambda: [Namespace(id=model) for model in models]),
        fine_tuning=Namespace(jobs=Namespace(list=list_jobs)),
        files=Namespace(content=lambda file: Namespace(content=b"rows")),
    )


def live() -> Any:
    return {"answers": (rows["Completion"][0], 1)}


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A record of `live`, in the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(recorded.MODE, "write")
    live_or_recorded("hello", live, client_with("smollm2-135m"))
    monkeypatch.setenv(recorded.MODE, "")
    return tmp_path / "data" / "recorded" / "hello.json"


def test_the_record_holds_what_the_run_was_made_of(written: Path) -> None:
    """Date, seconds, cores, model, the jobs that the run started with their files' hash and settings, the result."""
    record = json.loads(written.read_text(encoding="utf-8"))
    assert set(record) == set(recorded.FACTS)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", record["date"])
    (job,) = record["jobs"]
    assert (job["hyperparameters"], job["seed"], job["trained_tokens"]) == ({"n_epochs": 3}, 1, 9)
    assert re.fullmatch(r"[0-9a-f]{64}", job["training_file_sha256"])
    assert record["result"] == {"answers": ["Hello!", 1]}


def test_without_the_model_the_record_is_shown_and_said(written: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Same result as live, with the day, the seconds, and how to run it."""
    capsys.readouterr()
    found = live_or_recorded("hello", live, client_with("nano-2026-11"))
    said = capsys.readouterr().out
    assert found == {"answers": ["Hello!", 1]}
    assert said.startswith("Recorded on ")
    assert "ftwidgets models add smollm2-135m" in said
    assert "changed" not in said


def test_with_the_model_it_runs_live_and_gives_the_same_types(written: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A tuple comes back as a list both ways, and the wait is announced."""
    capsys.readouterr()
    before = written.read_bytes()
    assert live_or_recorded("hello", live, client_with("smollm2-135m")) == {"answers": ["Hello!", 1]}
    assert capsys.readouterr().out.startswith("Live: smollm2-135m is installed. This took 0 s when we recorded it on ")
    assert written.read_bytes() == before


def test_changed_rows_are_said_and_fail_the_tests(
    written: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """To a learner it is a sentence; where the lessons are tested it is an error."""
    monkeypatch.setitem(globals(), "rows", rows.assign(Completion=["Bye!"]))
    live_or_recorded("hello", live, client_with())
    assert "You have changed the rows or the calls" in capsys.readouterr().out
    monkeypatch.setenv(recorded.MODE, "strict")
    with pytest.raises(FtwidgetsError, match="just record-smollm2"):
        live_or_recorded("hello", live, client_with())


def test_a_variable_called_like_an_attribute_is_no_part_of_the_fingerprint(monkeypatch: pytest.MonkeyPatch) -> None:
    """`answer.message` reads no variable `message`, so a loop of the lesson over messages changes nothing."""

    def run() -> Any:
        return Namespace(message=rows).message

    before = recorded.fingerprint(run)
    monkeypatch.setitem(globals(), "message", "the last one of a loop")
    assert recorded.fingerprint(run) == before


def test_the_fingerprint_follows_what_the_run_uses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A number, the content of a named file and a helper's text change it; the id of a job, new in each run, does not."""
    file = tmp_path / "rows.jsonl"
    file.write_text("a", encoding="utf-8")

    def of(path: Any, identity: Any, number: Any, helper: Any = live) -> str:
        return recorded.fingerprint(lambda: (path, identity, number, helper))

    first = of(str(file), "ftjob-1", 3)
    assert of(str(file), "ftjob-2", 3) == first
    assert of(str(file), "ftjob-1", 4) != first
    assert of(str(file), "ftjob-1", 3, names) != first
    file.write_text("b", encoding="utf-8")
    assert of(str(file), "ftjob-1", 3) != first


@pytest.mark.parametrize(
    ("content", "problem"),
    [(None, "missing"), ("{", "not JSON"), ("[]", "it has no model"), ('{"model": "m"}', "it has no date, seconds, cores")],
)
def test_a_missing_or_broken_record_says_what_to_do(written: Path, content: str | None, problem: str) -> None:
    """What is wrong, where, and how to get it back."""
    written.unlink()
    if content is not None:
        written.write_text(content, encoding="utf-8")
    with pytest.raises(FtwidgetsError, match=rf"{problem}.*ftwidgets reset|{problem}") as caught:
        live_or_recorded("hello", live, client_with())
    assert "hello.json" in str(caught.value)
    assert "ftwidgets reset" in str(caught.value)


def test_a_record_that_cannot_be_read_says_what_to_do(written: Path) -> None:
    """A folder with its name, or JSON that is nested without end: the file and the way back, no raw error."""
    written.write_text("[" * 100_000, encoding="utf-8")
    with pytest.raises(FtwidgetsError, match=r"hello\.json is broken: .*`ftwidgets reset` restores"):
        live_or_recorded("hello", live, client_with())
    written.unlink()
    written.mkdir()
    with pytest.raises(FtwidgetsError, match=r"hello\.json cannot be read \(.+\)\. `ftwidgets reset` restores"):
        live_or_recorded("hello", live, client_with())


def test_a_result_that_no_record_can_hold_is_named() -> None:
    """Not after a long run only where records are written: always."""
    with pytest.raises(TypeError, match="must return texts, numbers, lists and mappings"):
        live_or_recorded("x", lambda: object(), client_with("smollm2-135m"))


def test_recording_needs_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it nothing is overwritten."""
    monkeypatch.setenv(recorded.MODE, "write")
    with pytest.raises(FtwidgetsError, match="nothing to record"):
        live_or_recorded("x", live, client_with())


def names(notebooks: Callable[[str], Any]) -> set[str]:
    return {name for path in notebooks("*.ipynb") for name in NAME.findall(path.read_text(encoding="utf-8"))}


def test_each_recorded_run_of_a_lesson_exists_and_each_file_is_used() -> None:
    """That its rows and calls are still those of the record is held by running the lessons (`strict`)."""
    assert {path.stem for path in RECORDS} == names(NOTEBOOKS.rglob)
    for path in RECORDS:
        record = recorded.read(path)
        assert record["model"] == "smollm2-135m"
