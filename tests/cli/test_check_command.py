"""`ftwidgets check`: what it prints, writes and exits with."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ftwidgets.cli import main

GOOD = "".join(f"Where is part number {n}?,You find it on shelf {n} in the hall.\n" for n in range(60))
CLEAN = f"Prompt,Completion\n{GOOD}"
FAULTY = f"Prompt,Completion\n{GOOD}Where is the key?,\n"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def file(text: str | bytes, name: str = "a.csv") -> str:
    Path(name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return name


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = main.main(["check", *arguments])
    told = capsys.readouterr()
    return code, told.out, told.err


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (CLEAN, 0),
        (CLEAN.replace(GOOD, GOOD * 2), 0),
        (FAULTY, 1),
        ("Prompt,Completion\na,b\n", 1),
        ("", 2),
        ("Question,Answer\na,b\n", 2),
        (b"%PDF-1.7\n%\xe2\xe3\n", 2),
        (None, 2),
    ],
    ids=["clean", "warnings", "an error", "too few", "empty", "no such column", "a PDF", "no file"],
)
def test_exit_codes(text: str | bytes | None, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    """0 if nothing is at error level, 1 if something is, 2 if it cannot be read; in text and in JSON alike."""
    name = "a.csv" if text is None else file(text)
    assert run(capsys, name)[0] == code
    status, out, err = run(capsys, name, "--json")
    assert status == code
    assert bool([found for found in json.loads(out) if found["level"] == "error"]) == (code > 0)
    assert err == ""


def test_the_tokens_are_those_of_a_model_that_was_added(capsys: pytest.CaptureFixture[str], added: Path) -> None:
    """Its name in the report; a row longer than it reads is found; a known model that is not here is a sentence and code 2."""
    name = file(CLEAN + "Tell me all.," + "x " * 600 + "\n")
    code, out, _ = run(capsys, name, "--model", "tiny", "--markdown", "a.md")
    assert (code, "tiny reads the first 1,024" in out) == (0, True)
    assert "counted with tiny" in Path("a.md").read_text(encoding="utf-8")
    code, _, err = run(capsys, name, "--model", "smollm2-135m")
    assert code == 2
    assert err.endswith("type: ftwidgets models add smollm2-135m\n")


def test_json_is_a_list_of_objects_with_these_keys(capsys: pytest.CaptureFixture[str]) -> None:
    """Exactly `id, level, line, row, field, message, fix`, in words that are readable, and nothing else on stdout."""
    _, out, _ = run(capsys, file(FAULTY.replace("the key", "der Schlüssel")), "--json", "--html", "a.html")
    findings = json.loads(out)
    assert all(list(found) == ["id", "level", "line", "row", "field", "message", "fix"] for found in findings)
    empty = next(found for found in findings if found["id"] == "empty-cell")
    assert (empty["level"], empty["line"], empty["row"], empty["field"]) == ("error", 62, 61, "Completion")
    _, out, _ = run(capsys, file(CLEAN), "--json")
    assert json.loads(out) == []


def test_what_a_list_leaves_out_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """A thousand findings of a kind are listed; that there are more is said, and not on stdout."""
    _, out, err = run(capsys, file("Prompt,Completion\n" + "a,\n" * 1500), "--json")
    assert sum(found["id"] == "empty-cell" for found in json.loads(out)) == 1000
    assert err == "500 findings more: the list has the first of each kind.\n"


def test_the_report_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """Without options: the summary, and each finding with its line."""
    _, out, err = run(capsys, file(FAULTY))
    assert out.startswith("a.csv: 61 rows, 60 usable examples; 1 error.")
    assert "error    line 62: " in out
    assert err == ""


def test_annotations_for_github(capsys: pytest.CaptureFixture[str]) -> None:
    """`--format github` names the file as it was given, and the line."""
    Path("data").mkdir()
    code, out, _ = run(capsys, file(FAULTY, "data/a.csv"), "--format", "github")
    assert code == 1
    assert out.startswith("::error file=data/a.csv,line=62,title=empty-cell::")


def test_pages_are_written(capsys: pytest.CaptureFixture[str]) -> None:
    """`--html` and `--markdown` write, and say so; also where the file cannot be used."""
    code, out, _ = run(capsys, file(FAULTY), "--html", "out/a.html", "--markdown", "out/a.md")
    assert code == 1
    assert "Data check: a.csv</h1>" in Path("out/a.html").read_text(encoding="utf-8")
    assert Path("out/a.md").read_text(encoding="utf-8").startswith("# Data check: a.csv\n")
    assert out.endswith(f"Written: {Path('out/a.html')}\nWritten: {Path('out/a.md')}\n")
    assert run(capsys, "nowhere.csv", "--html", "b.html")[0] == 2
    assert "There is no such file" in Path("b.html").read_text(encoding="utf-8")


def test_a_mended_copy_is_written_with_its_log(capsys: pytest.CaptureFixture[str]) -> None:
    """`--fix` says what it changed and where the log is; what it wrote is without those faults; the file stays."""
    text = CLEAN + "Who wrote this?,It was ada.lovelace@analytical-engines.org who did.\n" + GOOD[: GOOD.index("\n") + 1]
    name = file(text)
    code, out, _ = run(capsys, name, "--fix", "mended.csv", "--fixes", "all")
    assert code == 0
    assert "Written: 61 examples to mended.csv; 1 row changed, 1 left out" in out
    log = Path(out.rpartition(" in ")[2].strip().rstrip("."))
    assert len(log.read_text(encoding="utf-8").splitlines()) == 2
    assert Path(name).read_text() == text
    findings = json.loads(run(capsys, "mended.csv", "--json")[1])
    assert not {"email-address", "duplicate-row"} & {found["id"] for found in findings}


def test_nothing_is_written_over(capsys: pytest.CaptureFixture[str]) -> None:
    """Not the file itself, whatever is said; another only with `--force`; and nothing is read before that is clear."""
    name = file(CLEAN)
    Path("there.html").write_text("mine")
    Path("log.jsonl.changes.jsonl").write_text("mine")
    for option in ("--html", "--markdown", "--fix"):
        code, out, err = run(capsys, name, option, name, "--force")
        assert (code, out) == (2, "")
        assert "would be lost" in err
        code, out, err = run(capsys, name, option, "there.html")
        assert (code, out) == (2, "")
        assert "--force" in err
    code, out, err = run(capsys, name, "--fix", "log.jsonl")
    assert (code, out) == (2, "")
    assert "log.jsonl.changes.jsonl" in err
    assert Path(name).read_text() == CLEAN
    assert Path("there.html").read_text() == Path("log.jsonl.changes.jsonl").read_text() == "mine"
    assert run(capsys, name, "--html", "there.html", "--fix", "log.jsonl", "--force")[0] == 0
    assert "mine" not in Path("there.html").read_text() + Path("log.jsonl.changes.jsonl").read_text()


def test_no_file_takes_the_place_of_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    """A device or a pipe is no place for a page or a copy, also with --force: it would be replaced by a file."""
    name = file(CLEAN)
    os.mkfifo("pipe")
    for option in ("--html", "--markdown", "--fix"):
        code, _, err = run(capsys, name, option, "pipe", "--force")
        assert code == 2
        assert "pipe is a device or a pipe" in err
        assert Path("pipe").is_fifo()


def test_the_options_reach_the_check(capsys: pytest.CaptureFixture[str]) -> None:
    """Columns, delimiter, encoding, system prompt, validation file and model are used."""
    rows = "".join(f"{i}|Wo ist das Straßenschild {i}?|An der Ecke {i}.|c{i}\n" for i in range(60))
    name = file(f"Nr|Frage|Antwort|Kunde\n{rows}".encode("cp1252"))
    held = file("Nr|Frage|Antwort|Kunde\n1|Ist es weit?|Nein, gar nicht.|c7\n".encode("cp1252"), "held.csv")
    options = ["--prompt", "Frage", "--completion", "Antwort", "--delimiter", "|", "--encoding", "cp1252"]
    options += ["--system", "Sei freundlich.", "--group", "Kunde", "--model", "gpt-4o-mini-2024-07-18"]
    assert run(capsys, name, *options)[0] == 0
    code, out, _ = run(capsys, name, *options, "--validation", held, "--json")
    assert code == 1
    errors = [found for found in json.loads(out) if found["level"] == "error"]
    assert [found["id"] for found in errors] == ["shared-group"]
    assert errors[0]["message"].startswith("held.csv: ")
    _, out, _ = run(capsys, name, *options, "--validation", held, "--format", "github")
    assert out.startswith("::error file=held.csv,line=2,title=shared-group::")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (None, 2),
        ("", 2),
        ("Question,Answer\na,b\n", 2),
        (b"%PDF-1.7\n", 2),
        (FAULTY, 1),
        ("Prompt,Completion\nIs it far?,No.\n", 0),
    ],
    ids=["no file", "empty", "no such column", "a PDF", "an error in a row", "fine"],
)
def test_a_validation_file_that_cannot_be_read_is_exit_code_2(
    text: str | bytes | None, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """As for the file itself, since nothing was compared; a mended copy of the file itself is written all the same."""
    held = "held.csv" if text is None else file(text, "held.csv")
    assert run(capsys, file(CLEAN), "--validation", held, "--fix", "mended.csv")[0] == code
    assert Path("mended.csv").exists()


def test_findings_name_the_options_of_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    """Not the arguments of Python; in text, in JSON and in annotations, for every kind of file."""
    name = file("Question,Answer,Side\na,b,c\n")
    for show in ([], ["--json"], ["--format", "github"]):
        out = run(capsys, name, *show)[1]
        assert "say which one it is: --prompt" in out
        assert "Say which one it is: --completion" in out
        assert "prompt=" not in out
    out = run(capsys, name, "--prompt", "question", "--completion", "answer", "--system", "side")[1]
    assert 'If the column was meant: --system-column "side".' in out
    out = run(capsys, file('{"question": "a", "answer": "b"}\n', "a.jsonl"))[1]
    assert 'Or say which of its keys they are: --prompt "...", --completion "...".' in out
    out = run(capsys, file("Prompt,Completion\nWo?,Straße\n".encode("cp1252")))[1]
    assert 'say how it is stored: --encoding "..."' in out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--model", "gpt-99"], "gpt-99"),
        (["--encoding", "klingon"], "klingon"),
        (["--delimiter", "::"], "delimiter"),
        (["--system", " "], "system is blank"),
    ],
)
def test_options_that_cannot_be_are_said(options: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2 and a sentence, as for a mistyped option."""
    code, out, err = run(capsys, file(CLEAN), *options)
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments", [[], ["a.csv", "--jsn"], ["a.csv", "--json", "--format", "github"], ["a.csv", "--format", "xml"]]
)
def test_a_mistyped_command_is_exit_code_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """As argparse says it."""
    with pytest.raises(SystemExit) as ended:
        main.main(["check", *arguments])
    assert ended.value.code == 2


def test_it_starts_without_pandas() -> None:
    """Checking a CSV loads no pandas, no widgets, no plots and no engine; `openai` comes with the package itself."""
    name = file(CLEAN)
    heavy = {"pandas", "ipywidgets", "matplotlib", "starlette", "ftwidgets.engine"}
    code = (
        "import sys; from ftwidgets.cli.main import main; code = main(['check', sys.argv[1]]);"
        f"print(sorted({heavy} & set(sys.modules)), file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", code, name], capture_output=True, text=True, env={**os.environ})
    assert done.returncode == 0
    assert done.stderr.strip() == "[]"
