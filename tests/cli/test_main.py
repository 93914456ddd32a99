"""The command line: the demo, the lessons, and that every failure is a sentence."""

import json
import os
import re
import signal
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest

import ftwidgets
from ftwidgets import datasets
from ftwidgets.cli import demo, main
from ftwidgets.cli.layout import format_columns, single_line
from ftwidgets.cli.progress import Progress
from ftwidgets.clients import _sandboxes
from ftwidgets.errors import FtwidgetsError
from ftwidgets.lessons import lab

ROOT = Path(__file__).parents[2]


def run(*arguments: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-m", "ftwidgets", *arguments]
    env = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=env, timeout=60)


def test_the_version() -> None:
    """`ftwidgets --version` names the package and its version."""
    done = run("--version")
    assert (done.returncode, done.stdout) == (0, f"ftwidgets {ftwidgets.__version__}\n")


def test_help_names_every_command() -> None:
    """`ftwidgets --help` shows what there is to type."""
    done = run("--help")
    assert done.returncode == 0
    assert {"demo", "lab", "--version"} <= set(re.findall(r"[\w-]+", done.stdout))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "required: COMMAND"),
        (["dmeo"], "invalid choice: 'dmeo'"),
        (["demo", "--hoem", "x"], "unrecognized arguments: --hoem x"),
        (["demo", "--epochs", "0"], "must be a whole number from 1 on: 0"),
        (["demo", "--out", __file__], "is a file, and a folder is needed"),
    ],
)
def test_a_mistyped_command_is_a_sentence(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, what was wrong, and how it is typed."""
    with pytest.raises(SystemExit) as ended:
        main.main(arguments)
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


def test_a_failure_is_a_sentence(tmp_path: Path) -> None:
    """A folder that cannot be used ends the demo with exit code 1 and its name, without a traceback."""
    (tmp_path / "file").write_text("")
    done = run("demo", "--home", str(tmp_path / "file"), "--out", str(tmp_path / "out"))
    assert done.returncode == 1
    assert done.stderr.startswith("ftwidgets: the sandbox cannot keep its state in")
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr + done.stdout


def test_an_unexpected_failure_is_a_sentence_too(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A mistake of ours says so and how to see where; an interrupt is polite."""

    def broken(_: object) -> None:
        raise ZeroDivisionError("division\nby zero")

    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(demo, "run", broken)
    assert main.main(["demo"]) == 1
    assert capsys.readouterr().err.startswith("ftwidgets: ZeroDivisionError: division by zero (unexpected; FTWIDGETS_TR")
    monkeypatch.setenv("FTWIDGETS_TRACEBACK", "1")
    with pytest.raises(ZeroDivisionError):
        main.main(["demo"])
    monkeypatch.setattr(demo, "run", interrupted)
    assert main.main(["demo"]) == 130
    assert capsys.readouterr().err == "\nStopped.\n"


@pytest.mark.skipif(os.name == "nt", reason="signals work differently on Windows")
def test_ctrl_c_in_the_middle_of_training_is_polite(tmp_path: Path, interruptible: list[str]) -> None:
    """The demo ends within seconds, says how its job goes on, and leaves no thread behind."""
    command = [*interruptible, "demo", "--home", str(tmp_path), "--out", "o"]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=tmp_path, env=env, **pipes) as process:  # type: ignore[call-overload]
        assert process.stdout is not None
        for line in process.stdout:
            if "ftjob-" in line:
                break
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert re.fullmatch(
        r"\nStopped\. The job keeps its progress\. To go on, type: ftwidgets jobs resume ftjob-\w+ --home \S+demo-\S+\n", said
    )


# The demo


def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the demo's data small: two topics to learn, a few questions to score."""
    load = datasets.load

    def few(name: str, split: str | None = None) -> pd.DataFrame:
        return load(name, split).head(16 if split == "train" else 8)

    monkeypatch.setattr(datasets, "load", few)
    monkeypatch.setattr(demo, "VALIDATION", 2)


def test_the_demo_does_the_main_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a small part of the data, for real: files, losses, answers side by side, scores, verdict, picture, next step."""
    n_rows = len(datasets.load("support_faq"))
    small(monkeypatch)
    out = tmp_path / "out"
    try:
        assert main.main(["demo", "--home", str(tmp_path), "--out", str(out), "--epochs", "3"]) == 0
    finally:
        while _sandboxes:
            _sandboxes.popitem()[1].close()
    said = capsys.readouterr().out
    assert f"support_faq.csv: {n_rows} rows" in said
    assert re.search(r"\[#{30}\] \d+/\d+ +loss", said)
    epochs = re.findall(r"^ +(\d) +\d+ +(\d+\.\d\d) +(\d+\.\d\d)$", said, re.MULTILINE)
    assert [epoch for epoch, _, _ in epochs] == ["1", "2", "3"]
    assert float(epochs[-1][1]) < float(epochs[0][1])  # it learned
    assert said.count("Question: ") == 4
    assert re.search(r"base +8 +\d\.\d\d \(\d\.\d\d to \d\.\d\d\)", said)
    assert "cannot tell yet: " in said  # eight questions are no evidence
    assert "ftwidgets lab" in said
    assert "\r" not in said
    assert (out / "curve.png").read_bytes().startswith(b"\x89PNG")
    rows = [json.loads(line) for line in (out / "train.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(rows) == 16
    assert all(len(line) < 120 or str(tmp_path) in line for line in said.splitlines())


# The lessons


RUN = {"cells": [{"cell_type": "code", "source": "1", "outputs": [{"output_type": "x"}], "execution_count": 1}]}
CLEARED = [{"cell_type": "code", "source": "1", "outputs": [], "execution_count": None}]


@pytest.mark.parametrize("originals", ["site/ftwidgets/_notebooks", "site/notebooks"])
def test_the_lessons_are_copied_cleared_and_never_overwritten(
    originals: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From an installed package and in a checkout; a second call leaves the learner's work alone."""
    source = tmp_path / originals
    for name in (lab.FIRST_LESSON, "use_cases/tone.ipynb", "my_data/old.jsonl", "00_start_here.yours-20260101-000000.ipynb"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(json.dumps(RUN))
    monkeypatch.setattr(lab, "_PACKAGE", tmp_path / "site" / "ftwidgets")
    monkeypatch.chdir(tmp_path)
    folder, where = lab.lay_out_lessons()
    assert where == f"Your lessons are in {tmp_path / 'ftwidgets-lessons'}."
    assert sorted(path.name for path in folder.rglob("*") if path.is_file()) == [lab.FIRST_LESSON, "tone.ipynb"]
    assert json.loads((folder / "use_cases" / "tone.ipynb").read_text())["cells"] == CLEARED
    (folder / lab.FIRST_LESSON).write_text('{"mine": 1}')
    (folder / "use_cases" / "tone.ipynb").unlink()
    monkeypatch.chdir(folder)  # from inside, no second folder is made
    again, where = lab.lay_out_lessons()
    assert again == folder
    assert "; 1 file was there already and stays as it is." in where
    assert (folder / lab.FIRST_LESSON).read_text() == '{"mine": 1}'
    assert json.loads((folder / "use_cases" / "tone.ipynb").read_text())["cells"] == CLEARED
    assert json.loads((source / lab.FIRST_LESSON).read_text()) == RUN


def test_missing_lessons_are_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both places that were searched are named."""
    monkeypatch.setattr(lab, "_PACKAGE", tmp_path / "ftwidgets")
    with pytest.raises(FtwidgetsError, match="lessons are missing"):
        lab.lay_out_lessons()


def test_a_missing_jupyterlab_is_a_sentence(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The message says what to type, and nothing was copied or announced before it."""
    monkeypatch.setattr(lab, "lay_out_lessons", lambda: pytest.fail("looked for the lessons first"))
    monkeypatch.setattr(lab.importlib.util, "find_spec", lambda name: None)
    assert main.main(["lab"]) == 1
    said = capsys.readouterr()
    assert 'pip install "ftwidgets[lab]"' in said.err
    assert said.out == ""


def test_the_lab_is_jupyterlab_on_the_first_lesson(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """JupyterLab starts in the lessons' folder at the first lesson's address, with further options; its exit code is ours."""
    stand_in = tmp_path / "jupyterlab.py"
    stand_in.write_text("import os, sys\nopen('seen', 'w').write(' '.join(sys.argv[1:]))\nsys.exit(7)\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(lab, "lay_out_lessons", lambda: (tmp_path, "Here."))
    assert main.main(["lab", "--no-browser", "--port", "9999"]) == 7
    assert (tmp_path / "seen").read_text() == f"--LabApp.default_url=/lab/tree/{lab.FIRST_LESSON} --no-browser --port 9999"


# The terminal


def test_the_help_of_lab_says_where_further_options_go(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """They are JupyterLab's; the help has an example in one line, and README the same."""
    monkeypatch.setenv("COLUMNS", "60")
    with pytest.raises(SystemExit):
        main.main(["lab", "--help"])
    said = capsys.readouterr().out
    example = "ftwidgets lab --no-browser --port 9999"
    assert said.startswith("usage: ftwidgets lab [-h] [OPTION OF JUPYTERLAB ...]")
    assert "Further options are passed on to JupyterLab" in said
    assert f"\n  {example} " in said
    assert f"`{example}`" in (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def test_what_a_model_writes_cannot_steer_the_terminal() -> None:
    """Control characters become blanks; letters of any script stay."""
    assert single_line("\x1b[2Jred\n\tÄpfel\r日本\u202e") == "[2Jred Äpfel 日本"


def test_columns_fit_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Long texts wrap in their own column, on a narrow terminal as well; nothing at all is said to be nothing."""
    monkeypatch.setenv("COLUMNS", "64")
    shown = format_columns({"base": "", "tuned": "word " * 30})
    lines = shown.splitlines()
    assert max(map(len, lines)) < 64
    assert len(lines) > 6
    assert lines[0].split() == ["base", "tuned"]
    assert "(nothing)" in shown


class Screen(StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Tell that somebody watches."""
        return True


def test_progress_moves_in_place_for_a_watcher_and_is_a_few_lines_for_a_file() -> None:
    """On a terminal one line is drawn over; in a file there are five lines for any number of steps."""
    screen, file = Screen(), StringIO()
    for stream in (screen, file):
        progress = Progress(stream)
        for done in range(1, 201):
            progress.update(done, 200)
        progress.done()
    assert screen.getvalue().count("\r") == 200
    assert screen.getvalue().count("\n") == 1
    assert file.getvalue().count("\n") == 5
    assert "200/200" in file.getvalue()
    assert "\r" not in file.getvalue()
