"""The path from a table of one's own to a measured model, without code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import openai
import pandas as pd
import pytest

import ftwidgets
from ftwidgets.errors import FtwidgetsError
from ftwidgets.models.export import exported_model, replace_export
from ftwidgets.studio.export_form import ExportForm
from ftwidgets.studio.path_notebook import path_cells
from ftwidgets.studio.state import load_state
from ftwidgets.widgets import DatasetPrep, Evaluation, JobLauncher, JobMonitor, PromptTester

PATIENCE = 120.0


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the notebook is, with a table of 30 rows."""
    monkeypatch.chdir(tmp_path)
    rows = [f"What does part {n} cost?,Part {n} costs {n % 7 + 1} euros.\n" for n in range(30)]
    (tmp_path / "own.csv").write_text("Prompt,Completion\n" + "".join(rows), encoding="utf-8")
    return tmp_path


@pytest.fixture
def client(folder: Path) -> openai.OpenAI:
    """A client of a sandbox of its own."""
    return ftwidgets.connect(home=folder / "home")


def scores_of(result: ftwidgets.Evaluation) -> dict[str, Any]:
    """Return the score of each model by the metric of the result."""
    return {name: row[result.metric] for name, row in result.scores.set_index("model").iterrows()}


def walk(studio: ftwidgets.Studio) -> dict[str, Any]:
    """Go the whole path by what the buttons do, and return the scores by model."""
    studio.forms["data"].prepare()
    studio.forms["data"].next_step.button.click()
    studio.forms["train"].n_epochs = 2
    studio.forms["train"].launch()
    studio.forms["train"].next_step.button.click()
    studio.forms["watch"].wait(PATIENCE)
    studio.forms["watch"].next_step.button.click()
    studio.forms["try"].ask("What does part 3 cost?").wait(PATIENCE)
    studio.go("measure")
    studio.forms["measure"].run().wait(PATIENCE)
    return scores_of(studio.forms["measure"].result)


def test_each_step_hands_over_to_the_next(client: openai.OpenAI, folder: Path) -> None:
    """Files, job and models travel by themselves; where one is stands in the sandbox's folder; the path runs as a notebook."""
    studio = ftwidgets.Studio(client, "own.csv")
    scores = walk(studio)
    kinds = {name: type(form) for name, form in studio.forms.items()}
    assert kinds == {"data": DatasetPrep, "train": JobLauncher, "watch": JobMonitor, "try": PromptTester, "measure": Evaluation}

    job = studio.forms["train"].job
    state, note = load_state(studio.path)
    assert (note, state.step, state.source, state.job) == ("", "measure", str(folder / "own.csv"), job.id)
    assert (state.n_train, state.n_validation, state.rows) == (24, 6, {job.id: 24})
    assert state.scores[job.model]["score"] == scores["tuned"]
    assert (state.scores[job.model]["n"], state.scores[job.model]["metric"]) == (6, "token_f1")  # the answers are sentences

    studio.refresh()
    assert f"{scores['tuned']:.2f} (" in studio.jobs.html
    assert f'data-press="export:{job.id}"' in studio.jobs.html

    studio.notebook_name.value = "again"
    written = studio.save_notebook()
    cells = [cell["source"] for cell in json.loads(written.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]
    assert job.id not in "".join(cells)
    assert job.model not in "".join(cells)
    names: dict[str, Any] = {}
    for cell in cells:
        exec(cell.replace("ftwidgets.connect()", f"ftwidgets.connect(home={str(folder / 'home')!r})"), names)
    again = scores_of(names["result"])
    assert names["job"].id != job.id
    assert again == scores
    with pytest.raises(FtwidgetsError, match=r"again\.ipynb"):
        studio.save_notebook()


def test_the_path_is_in_the_learners_own_words(client: openai.OpenAI, folder: Path) -> None:
    """The model is called by the file, checkpoints answer held-out questions, each step gets its tick once it was used."""
    studio = ftwidgets.Studio(client, "own.csv")
    studio.forms["data"].prepare()
    held_out = [json.loads(line) for line in Path(studio.state.validation_file).read_text(encoding="utf-8").splitlines()]
    job = studio.go("train").launch()
    job.wait(PATIENCE)
    assert ":own:" in job.model
    asked = studio.go("watch").prompts.value.splitlines()
    assert asked == [chat["messages"][-2]["content"] for chat in held_out[:3]]

    tester = studio.go("try")
    tester.new_conversation()
    assert studio.status.html == ""  # nothing was asked, and that is no error
    assert "✓" not in studio._tabs["try"].description
    tester.ask("What does part 3 cost?").wait(PATIENCE)
    assert "✓" in studio._tabs["try"].description

    evaluation = studio.go("measure")
    evaluation.run().wait(PATIENCE)
    assert "word for word right: " in evaluation.summary.html
    assert evaluation.next_step.button.description == "Export the model"
    opened = evaluation.next_step.go()
    assert isinstance(opened, ExportForm)
    assert opened.model == job.model


def test_columns_and_score_come_back(client: openai.OpenAI, folder: Path) -> None:
    """Columns with names of one's own are kept with the file; the measuring step says what was measured before."""
    rows = "".join(f"Part {n} costs {n % 7 + 1} euros.;What does part {n} cost?\n" for n in range(30))
    (folder / "own.csv").write_text("We answer;Customer asks\n" + rows, encoding="utf-8")
    studio = ftwidgets.Studio(client, "own.csv")
    studio.forms["data"].columns.prompt.value, studio.forms["data"].columns.completion.value = "Customer asks", "We answer"
    studio.forms["data"].prepare()
    studio.state.scores["m"] = {"score": 0.5, "low": 0.25, "high": 0.75, "n": 6, "metric": "token_f1"}
    studio.state.model = "m"
    assert "Measured before: 0.50 (0.25 to 0.75) on 6" in studio._last_score()

    again = ftwidgets.Studio(client)
    assert again.forms["data"].columns.prompt.value == "Customer asks"
    assert again.forms["data"].columns.completion.value == "We answer"


def test_another_file_after_a_restart_has_its_own_columns(client: openai.OpenAI, folder: Path) -> None:
    """The columns that come back are those of the earlier file: another one is read by its own names, as before a restart."""
    rows = "".join(f"Part {n} costs {n % 7 + 1} euros.;What does part {n} cost?\n" for n in range(30))
    (folder / "shop.csv").write_text("We answer;Customer asks\n" + rows, encoding="utf-8")
    (folder / "same.csv").write_text("Customer asks;We answer\n" + "Is it open?;It is.\n" * 12, encoding="utf-8")
    prep = ftwidgets.Studio(client, "shop.csv").forms["data"]
    prep.columns.prompt.value, prep.columns.completion.value = "Customer asks", "We answer"
    prep.prepare()

    again = ftwidgets.Studio(client).forms["data"]
    again.source.path.value = "own.csv"
    assert (again.columns.prompt.value, again.columns.completion.value) == ("Prompt", "Completion")
    assert "All 30 rows will be used." in again.verdict.html
    again.source.path.value = "same.csv"  # a table of the same kind is read in the same way
    assert (again.columns.prompt.value, again.columns.completion.value) == ("Customer asks", "We answer")


def test_another_kernel_goes_on(client: openai.OpenAI, folder: Path) -> None:
    """A studio made anew, as after a restart, shows the same step with the same data, files and job."""
    studio = ftwidgets.Studio(client, "own.csv")
    studio.forms["data"].prepare()
    studio.go("train")
    job = studio.forms["train"].launch()
    job.wait(PATIENCE)
    studio.go("try")

    again = ftwidgets.Studio(client)
    assert again.state == studio.state
    assert isinstance(again.forms["try"], PromptTester)
    assert again.forms["try"].models == (job.details.model, job.model)
    assert again.go("data").source.path.value == "own.csv"
    assert again.go("train").train_file == "my_data/train.jsonl"


def test_a_step_too_early_says_what_is_missing(client: openai.OpenAI) -> None:
    """In the form, and as an error for code; the step that is shown stays."""
    studio = ftwidgets.Studio(client)
    for step, missing in (
        ("train", "training files"),
        ("watch", "choose a job"),
        ("try", "choose a job"),
        ("measure", "held out"),
    ):
        studio._tabs[step].click()
        assert missing in studio.status.html.lower()
        assert studio.state.step == "data"
        with pytest.raises(FtwidgetsError, match=missing):
            studio.go(step)
    with pytest.raises(ValueError, match='no step "fly"'):
        studio.go("fly")


def test_a_job_of_elsewhere_is_taken_up(client: openai.OpenAI, folder: Path) -> None:
    """One that code started: watched, tried and exported from the list."""
    prepared = ftwidgets.prepare("own.csv", "data")
    job = ftwidgets.launch(client, prepared.train_file, model="nano-2026-11", n_epochs=1).wait(PATIENCE)
    studio = ftwidgets.Studio(client)
    studio.refresh()
    studio.jobs.press(f"model:{job.id}")
    assert studio.forms["try"].models == ("nano-2026-11", job.model)
    form = studio.export(job.id)
    form.folder.value = "out"
    form.write.click()
    assert form.wait(PATIENCE) == folder / "out"
    assert (folder / "out" / "model.safetensors").is_file()

    assert '"ftw-ok">Written: out. The Python library transformers reads it' in form.status.html

    form.write.click()  # the same again: it is there already, and nothing is touched
    assert '"ftw-ok">out already holds this model, written ' in form.status.html
    assert (form.beside.layout.visibility, form.replace.layout.visibility) == ("hidden", "visible")
    form.format.value = "gguf"
    form.write.click()  # another format in the same folder: a question
    assert "ftw-warning" in form.status.html
    assert "out holds the model nano tuned " in form.status.html
    assert "(Whole model folder), written" in form.status.html
    assert (form.beside.layout.visibility, form.replace.layout.visibility) == ("visible", "visible")
    form.beside.click()
    assert form.wait(PATIENCE) == folder / "out-2"
    name = next((folder / "out-2").glob("*.gguf")).stem
    assert (
        f"Written: out-2. To chat with it in Ollama, run in a terminal: ollama create {name} -f out-2/Modelfile"
        in form.status.html
    )
    form.folder.value = "out"
    assert form.beside.layout.visibility == "hidden"
    form.write.click()
    form.replace.click()
    assert form.wait(PATIENCE) == folder / "out"
    assert not (folder / "out" / "model.safetensors").exists()
    assert list((folder / "out").glob("*.gguf"))

    (folder / "own").mkdir()
    (folder / "own" / "thesis.txt").write_text("mine", encoding="utf-8")
    form.folder.value = "own"
    form.write.click()
    assert (form.beside.layout.visibility, form.replace.layout.visibility) == ("visible", "hidden")
    form.export_again()  # from code, where no button protects it
    with pytest.raises(FtwidgetsError, match="holds other files than an exported model"):
        form.wait(PATIENCE)
    assert (folder / "own" / "thesis.txt").read_text(encoding="utf-8") == "mine"


def test_a_replacement_that_fails_leaves_the_earlier_model(folder: Path) -> None:
    """The earlier export is moved aside first, and back again."""
    (folder / "out").mkdir()
    (folder / "out" / "README.md").write_text("# m\nBase model: b.\n", encoding="utf-8")

    def fail() -> Path:
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        replace_export(folder / "out", fail)
    assert exported_model(folder / "out") == "m"
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []


def test_the_path_of_a_job_of_elsewhere_runs(client: openai.OpenAI, folder: Path) -> None:
    """Its notebook names that job and its model: there is no training in it, and none of another job."""
    prepared = ftwidgets.prepare("own.csv", "data")
    first, second = (ftwidgets.launch(client, prepared.train_file, model="nano-2026-11", n_epochs=1, seed=n) for n in (1, 2))
    second.wait(PATIENCE)
    studio = ftwidgets.Studio(client, "own.csv")
    studio.forms["data"].prepare()
    studio.go("train")
    studio.forms["train"].n_epochs = 1
    studio.forms["train"].launch().wait(PATIENCE)
    studio.open_job(first.id).wait(PATIENCE)
    assert "train" not in studio.state.code
    assert f"Job(client, {first.id!r})" in studio.code
    assert "Job(client, job.id)" not in studio.code


def test_only_the_trained_model_is_called_by_the_job() -> None:
    """A base that was tuned itself keeps its name, so that the two are not the same model."""
    base, tuned = "ft:nano:me:first:aaaa", "ft:nano:me:second:bbbb"
    code = {
        "train": "job = 1",
        "watch": 'Job(client, "ftjob-1")',
        "measure": f'models = {{"base": "{base}", "tuned": "{tuned}"}}',
    }
    cells = dict(path_cells("", code, tuned))
    assert f'models = {{"base": "{base}", "tuned": job.model}}' in cells.values()
    assert "Job(client, job.id)" in cells.values()
    assert 'Job(client, "ftjob-1")' in dict(path_cells("", {"watch": code["watch"]})).values()


@pytest.mark.parametrize("name", ["", " ", "..", "/", ".ipynb", "a\0b", "a\nb"])
def test_a_notebook_has_a_name(client: openai.OpenAI, folder: Path, name: str) -> None:
    """Else nothing is written, and it says so."""
    studio = ftwidgets.Studio(client)
    before = sorted(folder.iterdir())
    studio.notebook_name.value = name
    studio._save.click()
    assert "no name yet" in studio.status.html
    assert sorted(folder.iterdir()) == before


def test_a_table_from_the_code_is_no_dataset_of_the_kit(client: openai.OpenAI, folder: Path) -> None:
    """A bundled dataset that was chosen before it is not taken for the source later."""
    table = pd.read_csv("own.csv")
    studio = ftwidgets.Studio(client, table)
    studio.forms["data"].source.bundled.value = "support_faq"
    studio.forms["data"].prepare()
    assert studio.state.source == ""


def test_a_studio_says_that_its_folder_is_gone(client: openai.OpenAI, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel outlives its folder: one sentence that says what to do."""
    (folder / "gone").mkdir()
    monkeypatch.chdir(folder / "gone")
    (folder / "gone").rmdir()
    with pytest.raises(FtwidgetsError, match=r"the folder in which this notebook runs was deleted .* Restart the kernel"):
        ftwidgets.Studio(client)


def test_files_go_to_the_home_folder(client: openai.OpenAI, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`~` in the folder of the training files and in the name of the notebook; no folder of that name appears."""
    monkeypatch.setenv("HOME", str(folder / "me"))
    (folder / "me").mkdir()
    studio = ftwidgets.Studio(client, "own.csv", folder="~/files")
    studio.forms["data"].write.click()
    studio.notebook_name.value = "~/path.ipynb"
    studio.save_notebook()
    assert sorted(path.name for path in (folder / "me").iterdir()) == ["files", "path.ipynb"]
    assert not (folder / "~").exists()
