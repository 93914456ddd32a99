"""`ftwidgets tune`: a file of one's own goes in, a tuned and scored model comes out; what is wrong is reported first."""

import json
import os
import re
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from ftwidgets import datasets
from ftwidgets.cli import main
from ftwidgets.sandbox import Sandbox

ROOT = Path(__file__).parents[2]

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command in this process, in a state folder of its own; return the exit code, stdout and stderr."""

    def run(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main.main(["tune", *arguments, "--home", "home"])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


def write_csv(name: str = "shop.csv", rows: int = 40) -> str:
    datasets.load("support_faq", "train").head(rows)[["Prompt", "Completion"]].to_csv(name, index=False)
    return name


def test_a_csv_goes_in_and_a_scored_model_comes_out(run: Run) -> None:
    """Every step is printed: rows, losses by epoch, scores with intervals, worst answers, what to type next."""
    code, out, err = run(write_csv(), "--epochs", "2")
    assert (code, err) == (0, "")
    assert "shop.csv: 40 rows, 40 usable examples; 1 warning." in out
    assert "warning: Fewer than fifty examples (1)" in out
    trained, held_out = map(int, re.findall(r"(\d+) rows to learn from, (\d+) held out", out)[0])
    assert trained + held_out == 40
    assert held_out in range(6, 9)  # a fifth, as far as groups of nearly equal prompts allow
    losses = re.findall(r"^ +\d +\d+ +(\d+\.\d\d) +(\d+\.\d\d)$", out, re.MULTILINE)
    assert len(losses) == 2
    assert float(losses[1][0]) < float(losses[0][0])  # it learned
    assert re.search(rf"tuned +{held_out} +\d\.\d\d \(\d\.\d\d to \d\.\d\d\)", out)
    model = re.findall(r"the new model: (ft:nano-2026-11:personal:shop:\w+)", out)[0]
    assert f"ftwidgets chat {model} --home home" in out
    assert out.index("expected") < out.index("got")
    assert "\r" not in out
    assert "\x1b" not in out
    with Sandbox("home", train=False) as sandbox, sandbox.client() as client:
        assert client.models.retrieve(model).id == model
        (job,) = client.fine_tuning.jobs.list()
        assert (job.status, job.seed, job.metadata) == (
            "succeeded",
            0,
            {"source": "shop.csv", "rows": str(trained), "suffix": "shop"},
        )


def test_held_out_rows_are_never_trained_on(run: Run) -> None:
    """The two files in the sandbox have no row in common, and together they are the file."""
    assert run(write_csv(rows=24), "--epochs", "1", "--validation", "0.3")[0] == 0
    with Sandbox("home", train=False) as sandbox, sandbox.client() as client:
        (job,) = client.fine_tuning.jobs.list()
        assert job.validation_file is not None
        parts = [client.files.content(id_).text.splitlines() for id_ in (job.training_file, job.validation_file)]
    prompts = [{json.loads(line)["messages"][0]["content"] for line in part} for part in parts]
    assert prompts[0] & prompts[1] == set()
    assert prompts[0] | prompts[1] == set(datasets.load("support_faq", "train").head(24)["Prompt"])


def test_json_is_one_document(run: Run) -> None:
    """With `--json`, stdout is one document with the model, the losses and the scores; the settings reached the job."""
    settings = [
        "--epochs",
        "1",
        "--batch-size",
        "8",
        "--learning-rate-multiplier",
        "0.5",
        "--seed",
        "3",
        "--name",
        "mine",
        "--score",
        "4",
    ]
    code, out, _ = run(write_csv(), *settings, "--json")
    found = json.loads(out)
    assert code == 0
    assert [row["model"] for row in found["scores"]] == ["base", "tuned"]
    assert {row["n"] for row in found["scores"]} == {4}
    assert [epoch["epoch"] for epoch in found["epochs"]] == [1]
    assert [finding["id"] for finding in found["findings"]] == ["few-rows"]
    assert found["model"].startswith("ft:nano-2026-11:personal:mine:")
    with Sandbox("home", train=False) as sandbox, sandbox.client() as client:
        job = client.fine_tuning.jobs.retrieve(found["job"])
        chosen = job.hyperparameters
        assert (chosen.n_epochs, chosen.batch_size, chosen.learning_rate_multiplier, job.seed) == (1, 8, 0.5, 3)


@pytest.mark.parametrize(
    ("text", "arguments", "code", "message"),
    [
        (None, [], 2, 'There is no file "'),
        ("", [], 2, '"shop.csv" is empty'),
        ("Question,Answer\na,b\n", [], 2, 'There is no column "Prompt"'),
        ("Prompt,Completion\na,b\nc,d\ne,f\n", [], 1, "shop.csv has errors, and nothing was trained"),
        ("rows", ["--validation", "0.9"], 1, "rows are held out, and"),
        ("rows", ["--validation", "shop.csv"], 1, "shop.csv has errors, and nothing was trained"),
        ("rows", ["--epochs", "100000"], 2, "Expected a value <= 50, but got 100000"),
        ("rows", ["--name", "a/b"], 2, "Invalid 'suffix': 'a/b'"),
        ("rows", ["--model", "nano-2026"], 2, "Did you mean nano-2026-11"),
        ("rows", ["--split-column", "Topic"], 2, "Topic"),
        ("rows", ["--full", "--lora-rank", "4"], 2, "--lora-rank is the size of an adapter, and --full trains all weights"),
        ("rows", ["--lora-rank", "500"], 2, "Expected a value <= 256, but got 500"),
    ],
    ids=[
        *("no file", "empty", "columns", "three rows", "share", "leaking", "epochs", "suffix", "model", "split column"),
        *("full and a rank", "rank 500"),
    ],
)
def test_what_is_wrong_is_said_before_training(
    text: str | None, arguments: list[str], code: int, message: str, run: Run
) -> None:
    """Exit code 1 for errors in the rows, 2 for a file that cannot be read or an option; no job, no uploaded file is left."""
    if text is not None:
        write_csv() if text == "rows" else Path("shop.csv").write_text(text)
    found, _, err = run("shop.csv", *arguments)
    assert (found, message in err) == (code, True), err
    with Sandbox("home", train=False) as sandbox, sandbox.client() as client:
        assert list(client.fine_tuning.jobs.list()) == []
        assert list(client.files.list()) == []


@pytest.mark.parametrize("value", ["nowhere.jsonl", "1.5", "-0.1"])
def test_a_wrong_validation_is_a_sentence(value: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What is neither a share below 1 nor a file that exists is rejected, with the value."""
    with pytest.raises(SystemExit) as ended:
        main.main(["tune", write_csv(), f"--validation={value}"])
    assert ended.value.code == 2
    assert value in capsys.readouterr().err


def test_errors_are_listed_and_the_repair_is_named(run: Run) -> None:
    """A file with errors trains nothing; its findings are printed with lines, and the command that repairs what it can."""
    code, out, err = run(str(datasets.path("broken_on_purpose.csv")))
    assert code == 1
    assert 'error    line 5: "Completion" is empty.' in out
    assert "--fix broken_on_purpose-corrected.jsonl" in err
    code, out, err = run(str(datasets.path("broken_on_purpose.csv")), "--json")
    assert code == 1
    assert {"error", "warning"} <= {finding["level"] for finding in json.loads(out)["findings"]}


def test_other_columns_a_validation_file_and_other_formats_are_read(run: Run) -> None:
    """Columns are named as for `check`; a validation file of one's own is scored in full; so are XLSX and JSON."""
    rows = datasets.load("support_faq", "train")[["Prompt", "Completion"]]
    rows.head(20).rename(columns={"Prompt": "Question", "Completion": "Answer"}).to_csv("q.csv", index=False)
    rows.iloc[20:23].rename(columns={"Prompt": "Question", "Completion": "Answer"}).to_excel("v.xlsx", index=False)
    names = ["--prompt", "Question", "--completion", "Answer", "--epochs", "1", "--json"]
    code, out, _ = run("q.csv", "--validation", "v.xlsx", *names)
    assert code == 0
    assert json.loads(out)["rows"] == {"training": 20, "validation": 3}
    assert json.loads(out)["scores"][0]["n"] == 3
    chats = [
        {"messages": [{"role": "user", "content": p}, {"role": "assistant", "content": c}]} for p, c in rows.head(12).values
    ]
    Path("chat.jsonl").write_text("".join(f"{json.dumps(chat)}\n" for chat in chats), encoding="utf-8")
    rows.head(12).to_json("rows.json", orient="records")
    for name in ("chat.jsonl", "rows.json"):
        code, out, err = run(name, "--validation", "0", "--epochs", "1")
        assert (code, err) == (0, "")
        assert "12 rows to learn from, 0 held out" in out
        assert "Nothing was held out, so there is no score." in out


def test_preferences_are_not_for_this_command(run: Run) -> None:
    """A file of preference rows is named as such, before anything is trained."""
    rows = [
        {
            "input": {"messages": [{"role": "user", "content": f"Where is part {n}?"}]},
            "preferred_output": [{"role": "assistant", "content": f"On shelf {n}."}],
            "non_preferred_output": [{"role": "assistant", "content": f"No idea, not in hall {n}."}],
        }
        for n in range(60)
    ]
    Path("pairs.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    code, _, err = run("pairs.jsonl")
    assert code == 2
    assert "pairs.jsonl holds preferences" in err


def test_a_failed_job_ends_with_its_reason(run: Run) -> None:
    """A job that diverges is exit code 1 and the service's reason, on stderr and in the document."""
    code, out, err = run(write_csv(rows=20), "--learning-rate-multiplier", "1e9", "--json")
    assert code == 1
    assert "failed: training_diverged" in err
    found = json.loads(out)
    assert found["job"] in found["error"]
    assert "training_diverged" in found["error"]


def test_labels_are_shown_as_a_confusion_table(run: Run) -> None:
    """Where the answers are labels, it is counted what was answered where which label was expected."""
    datasets.load("sentiment", "train").head(60)[["Prompt", "Completion"]].to_csv("reviews.csv", index=False)
    code, out, _ = run("reviews.csv", "--epochs", "1", "--validation", "0.3")
    assert code == 0
    counts = [
        [int(n) for n in line] for line in re.findall(r"^ +(?:negative|positive) +(\d+) +(\d+) +(\d+)$", out, re.MULTILINE)
    ]
    assert len(counts) == 2
    n_scored = sum(map(sum, counts))
    assert f"on {n_scored} held-out rows" in out
    wrong = n_scored - counts[0][0] - counts[1][1]
    assert f"{wrong} of {n_scored} answers differ" in out
    assert "By token_f1" not in out


@pytest.mark.skipif(os.name == "nt", reason="signals work differently on Windows")
def test_ctrl_c_pauses_the_job_and_resume_ends_it(interruptible: list[str]) -> None:
    """SIGINT is exit code 130 and the command that goes on; that command ends the same job, scored, where it was."""
    write_csv(rows=48)
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    command = [*interruptible, "tune", "shop.csv", "--home", "home", "--epochs", "3"]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if re.search(r"\[#+ *\] \d+/\d+", line):
                break
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=120)
    assert process.returncode == 130
    (resume,) = re.findall(r"^Stopped\. The job keeps its progress\. To go on, type: ftwidgets (.*)$", err, re.MULTILINE)
    with Sandbox("home", train=False) as sandbox, sandbox.client() as client:
        (job,) = client.fine_tuning.jobs.list()
        steps = len([event for event in client.fine_tuning.jobs.list_events(job.id) if event.type == "metrics"])
    assert job.status == "paused"
    assert 0 < steps < 3 * 12
    done = subprocess.run([*interruptible, *resume.split()], env=env, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Score base and tuned model" in done.stdout
